"""The hub's side of sync, put together from a configuration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge.clock import Clock, SystemClock
from edge.config import Config
from edge.store.connection import Connection
from edge.store.village import VillageStore
from sync import rotation
from sync.identity import Identity
from sync.outbox import Outbox
from sync.peers import Peers
from sync.rotation import Rotation
from sync.sealer import Sealer, personal_opener


@dataclass(frozen=True, slots=True)
class Node:
    """What the sync process and the sync commands work with."""

    config: Config
    identity: Identity
    connection: Connection
    village: VillageStore
    outbox: Outbox
    peers: Peers
    sealer: Sealer
    clock: Clock


def identity_path(config: Config) -> Path:
    """Return where the hub's own key is kept."""
    return config.hub.keys / "hub.key"


def keys(config: Config, key: Identity) -> tuple[Rotation, ...]:
    """Return how the hub changed its key, the oldest change first.

    :raises FormatError: if the file with it is damaged.
    """
    return rotation.load(identity_path(config), key)


def rotate_key(node: Node) -> Rotation:
    """Change the hub's key from the next segment on; a running sync process follows.

    :raises SyncError: if the key cannot be changed.
    """
    path = identity_path(node.config)
    return node.outbox.rotate(lambda epoch, seq: rotation.change(path, epoch=epoch, seq=seq))


@contextmanager
def opened(config: Config) -> Iterator[Node]:
    """Open what the hub's side of sync needs, and close it at the end.

    :raises IdentityError: if the hub's key cannot be used.
    :raises StoreError: if village.db cannot.
    """
    identity = Identity.load_or_create(identity_path(config))
    with VillageStore(config.hub.village_db) as village:
        connection = village.connection
        outbox, peers = Outbox(connection, identity), Peers(connection)
        sealer = Sealer(
            outbox,
            peers,
            connection,
            personal_opener(config.hub.personal_db, config.personal.key_file),
            config.sync.seal_after_s,
            config.sync.retention_days,
        )
        yield Node(config, identity, connection, village, outbox, peers, sealer, SystemClock())

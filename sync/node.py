"""The hub's side of sync, put together from a configuration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge.clock import Clock, SystemClock
from edge.config import Config
from edge.store.connection import Connection
from edge.store.setup import care_public_key
from edge.store.village import VillageStore
from sync import epochs, got, rotation
from sync.custody_book import Book
from sync.got import Got
from sync.identity import Identity
from sync.inflow import Inflow
from sync.open_data import MAX_WORDS
from sync.open_telling import Publisher
from sync.outbox import Outbox, Position
from sync.peers import Peers
from sync.rotation import Rotation
from sync.sealer import Sealer, personal_opener
from sync.told_settings import heeded


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
    inflow: Inflow
    book: Book


def identity_path(config: Config) -> Path:
    """Return where the hub's own key is kept."""
    return config.hub.keys / "hub.key"


def parcels(config: Config) -> Path:
    """Return where parcels lie while buses fetch them."""
    return config.hub.state / "parcels"


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
    past = epochs.ended(node.connection)
    return node.outbox.rotate(
        lambda epoch, seq: rotation.change(path, epoch=epoch, seq=seq, past=past)
    )


def new_epoch(node: Node, after: int) -> Position:
    """Begin a new stream with what was sealed above ``after``; see `Outbox.begin_epoch`."""
    old = node.outbox.position()
    epochs.note(node.connection, old.epoch, old.last_seq)  # before: a stop in between harms nothing
    return node.outbox.begin_epoch(after)


def word(node: Node, county: bytes) -> bytes:
    """Return this hub's signed word how far it has a county's streams."""
    held = node.inflow.positions(county)
    care_key = care_public_key(node.config.hub) or ""
    now_ms = node.clock.stamp().wall_ms
    return got.encode(Got(node.identity.name, held, care_key, now_ms), node.identity)


def publisher(config: Config) -> Publisher:
    """Return where this hub serves its open data itself, and whom its catalogue names."""
    base = config.datasette.base_url
    address = f"https://{config.web.name}{base}" if config.web.name and base != "/" else ""
    said = (address, config.publish.publisher, config.publish.email)
    return Publisher(*(one if len(one) <= MAX_WORDS and one.isprintable() else "" for one in said))


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
            config.sync.care_seal_after_s,
            parcels(config),
            config.hub.public,
            publisher(config),
        )
        sealer.keep_to(heeded(config, village.settings()))  # commands prune, too
        inflow = Inflow(connection, identity.name, peers)
        book = Book(
            connection,
            concerns=lambda writer: writer == identity.name or peers.get(writer) is not None,
            key_of=lambda one: identity.public_key if one == identity.name else peers.key_of(one),
        )
        clock = SystemClock()
        yield Node(
            config, identity, connection, village, outbox, peers, sealer, clock, inflow, book
        )

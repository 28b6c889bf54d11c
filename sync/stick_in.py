"""What counties laid on a stick for this hub, taken; and what this hub lays there in return."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sync.carrier import delivery
from sync.carrier.base import CarrierError, disk_error
from sync.carrier.folder import ROOT
from sync.errors import SyncError
from sync.got import SUFFIX
from sync.identity import short_id
from sync.inflow import Inflow, Taken
from sync.peers import Peer

FOR_A_STICK = 200  # receipts laid on one: the newest, some 80 kB


def take(
    inflow: Inflow, folder: Path, hub: bytes, *, way: str, now_ms: int
) -> Iterator[tuple[Peer, Path, Taken | SyncError]]:
    """Take what confirmed counties laid in ``folder`` for all hubs and for ``hub``.

    One that is damaged or comes too early does not keep the others.

    :raises CarrierError: if the medium cannot be read.
    """
    for peer in inflow.counties():
        for to in (b"", hub):
            place = delivery.place_of(folder / ROOT, peer.public_key, to)
            for file, _, _ in delivery.bundles(place):
                try:
                    with file.open("rb") as stream:
                        found: Taken | SyncError = inflow.take(stream, way=way, now_ms=now_ms)
                except CarrierError:
                    raise
                except SyncError as error:
                    found = error
                except OSError as error:
                    raise disk_error(error, file) from error
                yield peer, file, found


def lay_word(folder: Path, hub: bytes, county: bytes, word: bytes, suffix: str = SUFFIX) -> None:
    """Lay the hub's word to a county beside its bundles: how far it has the county's streams.

    :raises CarrierError: if the medium is full, read-only or fails.
    """
    file = folder / ROOT / short_id(hub) / f"{short_id(county)}{suffix}"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        delivery.write(file, word)
    except CarrierError:
        raise
    except OSError as error:
        raise disk_error(error, file) from error

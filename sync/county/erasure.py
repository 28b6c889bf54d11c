"""What the county does with a hub's order to erase: everywhere it keeps what the order names.

Orders lie as the hub signed them in ``orders/<hub>/<epoch>/<number>.dhs`` until they were carried
out; doing it again is harmless. What comes later with an ordered body, from a stick that was away,
is erased as it arrives.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.clock import Stamp
from hardware.durable import flush
from sync import carried, county_words, erasing, parcel
from sync.carrier.folder import ROOT
from sync.county import disk
from sync.county.config import CountyConfig
from sync.county.hub import County
from sync.county.intake import SUFFIX, segment_of
from sync.county.lake import Lake, Stream
from sync.county.ledger import Hub
from sync.county.streams import Streams
from sync.county.upkeep import vacuum
from sync.erasing import Order
from sync.errors import FormatError
from sync.events import Event

_CHUNK = 1 << 20
BUSES = "buses"  # below the county's state: what was fetched from each bus


@dataclass(frozen=True, slots=True)
class Done:
    """What was erased: segments, the lake's rows, files that could not be taken apart."""

    segments: int = 0
    rows: int = 0
    files: int = 0


def ordered(streams: Streams, hub: str) -> frozenset[bytes]:
    """Return the bodies that a hub ordered to erase, at any time."""
    rows = streams.connection.rows("SELECT body FROM erased_body WHERE hub = ?", (hub,))
    return frozenset(body for (body,) in rows if isinstance(body, bytes))


def series(streams: Streams, hub: str) -> dict[str, int]:
    """Return the devices whose rows a hub ordered to erase, each with when (ms): later ones stay.

    Whatever brings older rows again, in a new stream or read late, brings what was erased.
    """
    found: dict[str, int] = {}
    for devices, at in streams.connection.rows(
        "SELECT devices, taken_at FROM erase_order WHERE hub = ? AND devices <> '[]'", (hub,)
    ):
        for name in json.loads(str(devices)):
            found[name] = max(found.get(name, 0), int(str(at)))
    return found


def carry_out(county: County, hub: Hub, stamp: Stamp) -> list[Done]:
    """Carry out the orders of a hub that the lake's position has passed; answer each.

    :raises LakeError: if the lake cannot be rewritten; the order waits for the next time.
    :raises OSError: if a file can be neither read nor written; likewise.
    """
    done = []
    for stream, file in list(_orders(county.config, hub.hub)):
        one = segment_of(file)
        if one is None or county.lake.positions([stream])[stream] < one.header.seq:
            continue
        with county.streams() as streams:
            for order in _whole(erasing.orders_in(one)):
                made = _carry_out(county, streams, hub, order, stamp)
                _answer(streams, hub, order, made, stamp)
                done.append(made)
        file.unlink()
        flush(file.parent)
    return done


def erase_series(lake: Lake, hub: str, devices: Collection[str]) -> int:
    """Take every row of these devices of a hub out of the lake, and the files that held them.

    Only the partitions with such rows are rewritten. Return how many rows went.

    :raises LakeError: if the lake cannot be read or written.
    """
    rows = sum(lake.erase(hub, device).rows for device in sorted(devices))
    vacuum(lake, keep_hours=0)
    return rows


def shred(file: Path, instead: bytes | None) -> None:
    """Overwrite a file's bytes where they lie, then put ``instead`` in its place, or nothing."""
    size = file.stat().st_size
    with file.open("r+b") as stream:
        for start in range(0, size, _CHUNK):
            stream.write(bytes(min(_CHUNK, size - start)))
        stream.flush()
        os.fsync(stream.fileno())
    if instead is None:
        file.unlink()
        flush(file.parent)
    else:
        disk.write(file, instead)


def _carry_out(county: County, streams: Streams, hub: Hub, order: Order, stamp: Stamp) -> Done:
    with streams.connection.transaction() as driver:
        driver.execute(
            'INSERT INTO erase_order (hub, "order", devices, taken_at) VALUES (?, ?, ?, ?)'
            " ON CONFLICT DO NOTHING",
            (hub.hub, order.id, json.dumps(sorted(order.devices)), stamp.wall_ms),
        )
        driver.executemany(
            'INSERT INTO erased_body (hub, body, "order") VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
            [(hub.hub, body, order.id) for body in order.bodies],
        )
    segments = _erase_segments(county.config, hub.hub, order.bodies)
    files = _erase_bundles(county.config, hub.hub, order.bodies)
    rows = erase_series(county.lake, hub.hub, order.devices) if order.devices else 0
    with streams.connection.transaction() as driver:
        driver.execute(
            "UPDATE erase_order SET segments = segments + ?, rows = rows + ?, files = files + ?,"
            ' done_at = ? WHERE hub = ? AND "order" = ?',
            (segments, rows, files, stamp.wall_ms, hub.hub, order.id),
        )
        (segments, rows, files) = driver.execute(
            'SELECT segments, rows, files FROM erase_order WHERE hub = ? AND "order" = ?',
            (hub.hub, order.id),
        ).fetchone()
    return Done(segments, rows, files)


def _answer(streams: Streams, hub: Hub, order: Order, made: Done, stamp: Stamp) -> None:
    remains = ["Sicherungen des Landkreises, falls es welche gibt: bis sie überschrieben werden"]
    data = {
        "order": order.id,
        "segments": made.segments,
        "rows": made.rows,
        "files": made.files,
        "remains": remains,
    }
    told = Event(stamp.wall_ms, int(stamp.quality), county_words.ERASED, data)
    streams.tell(hub.public_key, [told], stamp)


def _erase_segments(config: CountyConfig, hub: str, bodies: Collection[bytes]) -> int:
    """Take salt and body out of what is kept as single segments."""
    count = 0
    if not bodies:
        return 0
    revoked = config.quarantine / "revoked"
    for file in (
        *sorted((config.sealed / hub).glob(f"*/*{SUFFIX}")),
        *sorted((config.unread / hub).glob(f"*/*{SUFFIX}")),
        *sorted((config.plans / hub).glob(f"*/*{SUFFIX}")),
        *sorted((config.releases / hub).glob(f"*/*{SUFFIX}")),
        *sorted(revoked.glob(f"{hub}-*{SUFFIX}")),
    ):
        one = segment_of(file)
        if one is not None and not one.erased and erasing.body_id(one.body) in bodies:
            shred(file, one.erase().encode())
            count += 1
    return count


def _erase_bundles(config: CountyConfig, hub: str, bodies: Collection[bytes]) -> int:
    """Delete bundles with such a body, and those that nobody can take apart to see."""
    count = 0
    if not bodies:
        return 0
    waiting = (config.inbox / hub).glob("*.dhb*") if (config.inbox / hub).is_dir() else ()
    kept = config.quarantine.glob(f"*-{hub}-*.dhb") if config.quarantine.is_dir() else ()
    for file in (*sorted(waiting), *sorted(kept)):
        with file.open("rb") as stream:
            found = carried.holds(stream, bodies)
        if found:
            shred(file, None)
            count += 1
    for file in sorted((config.state / BUSES).glob(f"*/{ROOT}/{hub}/*{parcel.SUFFIX}*")):
        if _parcel_holds(config, file, bodies):  # fetched from a bus that drove away
            shred(file, None)
            count += 1
    return count


def _parcel_holds(config: CountyConfig, file: Path, bodies: Collection[bytes]) -> bool:
    opener, _ = parcel.parcel_key(config.parcel_file)
    try:
        found = parcel.opened(file.read_bytes(), opener)
    except FormatError:
        return True
    return carried.holds(io.BytesIO(found), bodies)


def _whole(orders: Sequence[Order]) -> list[Order]:
    """Join the events of one order."""
    found: dict[bytes, Order] = {}
    for one in orders:
        before = found.get(one.id, Order(one.id, frozenset(), frozenset()))
        found[one.id] = Order(one.id, before.bodies | one.bodies, before.devices | one.devices)
    return list(found.values())


def _orders(config: CountyConfig, hub: str) -> Iterator[tuple[Stream, Path]]:
    for file in sorted((config.orders / hub).glob(f"*/*{SUFFIX}")):
        if not file.name.startswith("."):
            yield Stream(hub, file.parent.name), file

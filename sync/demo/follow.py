"""One value on its whole road: bytes, journal, reading, published hour, segment, lake."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime

from edge.config import Config
from edge.store.journal import Journal
from edge.store.village import VillageStore
from edge.store.village_rows import Device, MeterRow
from hardware.mbus import telegram
from hardware.reading import Quantity, Register
from sync.demo.world import DemoError

BYTES_SHOWN = 24  # of some 130: enough to recognise the frame
LAKE_QUANTITY = "energy"

Ask = Callable[[str, int, str], Sequence[Mapping[str, object]]]


def follow(config: Config, ask: Ask, meter_id: str) -> list[str]:
    """Return the road of the meter's first energy reading, one line a room.

    ``ask`` gives the county's readings of a device, a moment (ms, UTC) and a quantity.

    :raises DemoError: if a room lost it or holds another number.
    """
    device, row = _first(config, meter_id)
    raw, decoded = _bytes(config, row)
    if decoded != row.energy_kwh:
        raise DemoError(f"gespeichert sind {row.energy_kwh} kWh, die Bytes sagen {decoded} kWh")
    found = ask(device.device_id, row.observed_at, LAKE_QUANTITY)
    values = [one["value"] for one in found]
    if values != [row.energy_kwh]:
        raise DemoError(f"der See hat {values} statt {row.energy_kwh} kWh")
    moment = datetime.fromtimestamp(row.observed_at / 1000, UTC)
    hour, energy = _published(config, device, moment)
    start = raw[:BYTES_SHOWN].hex(" ").upper()
    return [
        f"{row.energy_kwh} kWh, vom Zähler bis zum Kreis dieselbe Zahl",
        f"Bytes       {start} … ({len(raw)} Byte, Journal Nr. {row.journal_id})",
        f"Messwert    {row.energy_kwh} kWh um {moment:%H:%M:%S} UTC, {device.device_id}",
        f"Offen       Stunde ab {hour}: bisher {energy} kWh gemessen, in Datasette",
        f"Bündel      Segment {found[0]['seq']}, signiert vom Hub {found[0]['hub']}",
        f"See         {found[0]['value']} kWh im Datenspeicher des Kreises",
    ]


def _first(config: Config, meter_id: str) -> tuple[Device, MeterRow]:
    with VillageStore(config.hub.village_db) as village:
        number = village.device_of_meter(meter_id)
        device = next((one for one in village.devices() if one.device == number), None)
        rows = village.series(number, 0) if number is not None else []
    if device is None or not rows:
        raise DemoError(f"der Zähler {meter_id} hat noch nichts gesagt")
    return device, rows[0]


def _bytes(config: Config, row: MeterRow) -> tuple[bytes, float]:
    with Journal(config.hub.journal_db) as journal:
        entry = journal.entry(row.journal_id)
    if entry is None:
        raise DemoError(f"das Journal hat den Eintrag {row.journal_id} nicht")
    for record in telegram.decode(entry.payload).records:
        if record.quantity is Quantity.ENERGY and record.register == Register():
            return entry.payload, float(record.value)
    raise DemoError("das Telegramm enthält keine Energie")


def _published(config: Config, device: Device, moment: datetime) -> tuple[str, float]:
    newest = max(
        config.hub.public.glob("*.db"), key=lambda path: path.stat().st_mtime, default=None
    )
    if newest is None:
        raise DemoError("es ist nichts veröffentlicht")
    with closing(sqlite3.connect(f"file:{newest}?mode=ro&immutable=1", uri=True)) as snapshot:
        found = snapshot.execute(
            "SELECT ortszeit, energie_kwh FROM waerme_stunde WHERE site = ? AND beginn <= ?"
            " ORDER BY beginn DESC LIMIT 1",
            (device.site_id, f"{moment:%Y-%m-%dT%H:%M:%SZ}"),
        ).fetchone()
    if found is None:
        raise DemoError("die Stunde dieses Messwerts ist nicht veröffentlicht")
    return str(found[0]), float(found[1] or 0.0)

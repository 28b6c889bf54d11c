"""A street of encrypted meters, kept first and opened weeks later, when the supplier answers."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from edge.clock import Stamp, to_ms
from edge.config import load
from edge.keyring.file import read_keys
from edge.process.log import Log
from edge.store.journal import Arrival, Journal, entry_key
from edge.store.personal import PersonalStore
from edge.store.setup import create
from edge.store.village import VillageStore
from edge.worker.meter_drain import MeterDrain
from hardware.reading import TimeQuality
from hardware.sim.heat import HeatModel
from hardware.sim.street import MEASURES_EVERY, MOST_METERS, Sent, Street, Way
from hardware.wmbus.glance import glance
from hardware.wmbus.link import Checksums, parse

START = datetime(2026, 9, 21, 12, 0, tzinfo=UTC)
METERS = 20
TELEGRAMS = 400
SEED = 3


def arrivals(sent: list[Sent]) -> list[Arrival]:
    found = []
    for number, one in enumerate(sent):
        seen = glance(parse(one.transmission.telegram, Checksums.REMOVED))
        stamp = Stamp(to_ms(one.at), "boot", number, TimeQuality.SYNCHRONISED)
        key = entry_key("wmbus", number)
        raw = one.transmission.telegram
        found.append(Arrival("village", "turm", seen.device, "wmbus", key, raw, stamp))
    return found


def energy_of(one: Sent, since: datetime) -> float:
    """What the modelled building had used when its meter last measured."""
    number = int(one.meter.name[-8:]) - 40_000_000
    return HeatModel(SEED * MOST_METERS + number, START).at(since).energy_kwh


def test_the_history_of_a_street_appears_when_its_keys_come(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text('[hub]\nname = "Haus"\nvillage = "Dorf"\n')
    config = load(tmp_path / "hub.toml")
    create(config)
    street = Street(METERS, START, seed=SEED)
    sent = list(islice(street.air(), TELEGRAMS))
    plain = sum(one.meter.way is Way.PLAIN for one in sent)
    later = to_ms(START + timedelta(days=25))
    with (
        PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal,
        Journal(config.hub.journal_db) as journal,
        VillageStore(config.hub.village_db) as village,
    ):
        drain = MeterDrain(config, journal, village, Log())
        journal.append_many(arrivals(sent))
        done = drain.run(personal, later)
        assert done.village == plain
        assert done.kept == Counter(key_required=TELEGRAMS - plain)

        # the supplier's list, the keys of two meters mixed up
        lines = [f"{meter.name};{meter.key.hex()}" for meter in street.meters]
        first, second = [n for n, one in enumerate(street.meters) if one.way is Way.MODE_5][:2]
        swapped = list(lines)
        swapped[first] = f"{street.meters[first].name};{street.meters[second].key.hex()}"
        swapped[second] = f"{street.meters[second].name};{street.meters[first].key.hex()}"
        give(personal, swapped, later)
        drain.run(personal, later)
        names = {street.meters[first].name, street.meters[second].name}
        assert {one.message for one in journal.kept("wmbus")} == {f"WrongKey {n}" for n in names}

        give(personal, lines, later)
        drain.run(personal, later)
        drain.run(personal, later)  # what waited for a format that came behind it
        assert journal.kept("wmbus") == []
        assert journal.counts() == {("village", "decoded"): TELEGRAMS}
        rows = {
            (device.device_id.split("-", 2)[1], row.observed_at): row.energy_kwh
            for device in village.devices("meter")
            for row in village.series(device.device, 0)
        }
    assert len(rows) == TELEGRAMS
    measured: dict[str, datetime] = {}
    for one in sent:
        since = measured.get(one.meter.name)
        if since is None or one.at - since >= MEASURES_EVERY:
            since = measured[one.meter.name] = one.at
        read = rows[one.meter.name[-8:], to_ms(one.at)]
        assert read == energy_of(one, since)


def give(personal: PersonalStore, lines: list[str], at: int) -> None:
    found = read_keys("\n".join(lines).encode())
    assert not found.wrong
    keys = [(one.meter.manufacturer, one.meter.identification, one.key) for one in found.keys]
    personal.add_keys(keys, "Lieferant", at)

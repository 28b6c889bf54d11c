"""Write the databases of this version as SQL text: `python tests/edge/store/releases/make.py v0_2`.

Run once per released version, right before it is tagged; a folder that exists is never
written again, since it stands for databases that hubs in the field have.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from edge.clock import FixedClock
from edge.store.connection import Connection
from edge.store.journal import Journal, State, entry_key
from edge.store.personal import PersonalStore
from edge.store.personal_rows import CareRow, HouseholdRow, Number, Observation
from edge.store.village import VillageStore
from edge.store.village_rows import Exchange, MeterRow
from hardware.reading import TimeQuality

T = 1_790_000_000_000
HERE = Path(__file__).parent


def journal(folder: Path) -> Connection:
    clock = FixedClock(T)
    opened = Journal(folder / "journal.db")
    for name in ("a", "b", "c"):
        opened.append(
            "village", "serial:x", "mbus:a", "mbus", entry_key(name), b"\x68", clock.stamp()
        )
    opened.mark([1], State.DECODED)
    opened.mark([2], State.QUARANTINED, "FrameError")
    return opened._connection


def village(folder: Path) -> Connection:
    opened = VillageStore(folder / "village.db")
    with opened.connection.transaction() as driver:
        driver.execute("INSERT INTO site VALUES ('dgh', 'Dorfgemeinschaftshaus', 1)")
    meter = opened.device("mbus:a", label="Halle", site_id="dgh", meter_id="halle", seen_at=T)
    cuff = opened.device("ble:C0112233AABB", kind="ble", battery_percent=70)
    opened.add_round([MeterRow(T, meter, TimeQuality.SYNCHRONISED, 1, energy_kwh=5249.17)])
    opened.add_notice("Backhaus", "Samstag wird gebacken.", T)
    opened.add_ble_device("C0:11:22:33:AA:BB", cuff, "1810", "Cuff", T)
    opened.ask("pair", {"profile": "1810"}, T)
    opened.put_exchange(Exchange("county", "Landkreis", T))
    return opened.connection


def personal(folder: Path) -> Connection:
    key = folder / "personal.key"
    key.write_text("5a" * 32)
    opened = PersonalStore.open(folder / "personal.db", key)
    erna = opened.add_person("Erna Beispiel", T)
    opened.assign("ble:C0112233AABB", erna, T, 1)
    opened.give_consent(
        erna, purpose="care", data_kind="blood_pressure", sentence="Ja.", given_how="Papier", at=T
    )
    opened.add_care_round(
        [
            CareRow(
                T, "ble:C0112233AABB", erna, TimeQuality.DEVICE, T, 3, 121.0, 81.0, 94.0, 66.0, 0, 1
            )
        ]
    )
    opened.give_consent(
        erna, purpose="care", data_kind="weight", sentence="Ja.", given_how="Papier", at=T
    )
    scale = "ble:C0112233AACC"
    opened.assign(scale, erna, T)
    quality, values = TimeQuality.DEVICE, (Number("body_weight", 81.5),)
    opened.add_measured(
        [], [Observation(T, scale, "weight", erna, quality, T, 5, "2A9D", values=values)]
    )
    opened.add_sensor_key("ble:A4C138112233", bytes(range(16)), "von Hand", T)
    opened.add_keys([("KAM", "76348799", bytes(range(16)))], "Lieferung", T)
    opened.give_consent(
        erna, purpose="heat_cadastre", data_kind="heat", sentence="Ja.", given_how="Papier", at=T
    )
    home = opened.add_household("wmbus:KAM-76348799-1B-04", erna, T)
    device = opened.household_device(home, "mbus:KAM-76348799-1B-04")
    opened.add_household_round([HouseholdRow(T, device, TimeQuality.HELD, 4, energy_kwh=7001.5)])
    return opened.connection


def dump(connection: Connection) -> str:
    """Return the schema and all rows as SQL, whatever driver the connection has."""
    lines = []
    tables = []
    for name, kind, sql in connection.rows(
        "SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL"
        " AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
    ):
        lines.append(f"{sql};")
        if kind == "table":
            tables.append(str(name))
    for table in tables:
        columns = [str(row[1]) for row in connection.rows(f"PRAGMA table_info({table})")]
        quoted = " || ', ' || ".join(f"quote({column})" for column in columns)
        lines.extend(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({row[0]});"  # noqa: S608  # own tables
            for row in connection.rows(f"SELECT {quoted} FROM {table}")  # noqa: S608
        )
    return "\n".join(lines) + "\n"


def main(version: str) -> None:
    target = HERE / version
    target.mkdir()
    for make in (journal, village, personal):
        with tempfile.TemporaryDirectory() as folder:
            connection = make(Path(folder))
            (target / f"{make.__name__}.sql").write_text(dump(connection))
            connection.close()


if __name__ == "__main__":
    main(sys.argv[1])

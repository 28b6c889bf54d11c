"""Attack 7: a meter whose readings are one unique value, looked for in everything published."""

from __future__ import annotations

import asyncio
import base64
import gzip
import random
import sqlite3
import struct
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.config import Config, load
from edge.config.model import Meter
from edge.publish import build_current
from edge.publish.cube import Cube, all_cubes, cube_named
from edge.publish.release import current
from edge.publish.serve import create_datasette
from edge.store.village import VillageStore
from edge.store.village_rows import MeterRow
from hardware.reading import TimeQuality
from tests.attacks import marked, published
from tests.attacks.conftest import Careless
from tests.attacks.marked import KWH, LEAKS, NAME, VALUE
from tests.attacks.published import address, publish

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def disguises() -> dict[str, bytes]:
    """Return the canary as text, double, whole number, hex and base64."""
    plain = {
        "name": NAME.encode(),
        "address": address(77).encode(),
        "text": str(VALUE).encode(),
        "german": str(VALUE).replace(".", ",").encode(),
        "kwh": str(KWH).encode(),
        "double": struct.pack(">d", VALUE),
        "little double": struct.pack("<d", VALUE),
        "whole": struct.pack(">i", KWH),
        "little whole": struct.pack("<i", KWH),
        "kwh as double": struct.pack(">d", float(KWH)),
        "kwh as little double": struct.pack("<d", float(KWH)),
    }
    found = dict(plain)
    for name, one in plain.items():
        found[f"{name} in hex"] = one.hex().encode()
        for shift in range(3):  # wherever it stands in what was encoded
            code = base64.b64encode(bytes(shift) + one)
            found[f"{name} in base64, {shift}"] = code[4 if shift else 0 : -4]
    return {name: one for name, one in found.items() if len(one) >= 4}


def sightings(content: bytes) -> list[str]:
    texts = [content, content.lower()]
    if content[:2] == b"\x1f\x8b":
        texts.append(gzip.decompress(content))
    return [name for name, one in disguises().items() if any(one in text for text in texts)]


def everything(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.name, path.read_bytes()


PAGES = (
    "/", "/-/databases.json", "/-/dcat.ttl", "/-/sta/v1.1/Things", "/-/sta/v1.1/Observations",
    "/-/sta/v1.1/Datastreams", "/-/sta/umwelt/v1.1", "/-/ngsi-ld/v1/types",
    "/-/ngsi-ld/v1/entities?type=Building", "/-/ngsi-ld/v1/entities?type=DeviceMeasurement",
    "/-/downloads",
)  # fmt: skip
OF_ONE = {
    "umwelt": (
        "/-/sta/umwelt/v1.1/Things?$expand=Datastreams", "/-/sta/umwelt/v1.1/Observations",
        "/-/ngsi-ld/umwelt/v1/entities?type=WeatherObserved", "/-/ngsi-ld/umwelt/context.jsonld",
        "/-/ngsi-ld/umwelt/v1/temporal/entities?type=WeatherObserved&timerel=after&timeAt=2020-01-01",
    ),
    "waermekataster": ("/-/waermekataster",),
}  # fmt: skip
ENDINGS = ("", ".json?_size=max")


def pages_of(cubes: Iterable[Cube]) -> Iterator[str]:
    """Give every page that tells rows of these cubes, and those that tell of all."""
    yield from PAGES
    for cube in cubes:
        yield from OF_ONE.get(cube.name, ())
        yield from (f"/{cube.name}", f"/{cube.name}.json", f"/-/snapshots/{cube.name}")
        for table in cube.tables:
            yield from (f"/{cube.name}/{table.name}{ending}" for ending in ENDINGS)
        yield f"/{cube.name}/{cube.tables[0].name}.csv?_stream=on"


@pytest.fixture
def watched(tmp_path: Path) -> Config:
    """A hub with a hall, and a household whose meter says the canary."""
    (tmp_path / "hub.toml").write_text(
        '[hub]\nname = "x"\nvillage = "y"\n[[sites]]\nsite_id = "halle"\nname = "Halle"\n'
        'communal = true\n[[sites]]\nsite_id = "haus"\nname = "Haus"\ncommunal = false\n'
        '[[meters]]\nmeter_id = "halle-1"\nname = "H"\nsite_id = "halle"\n'
        'transport = "serial:/dev/ttyUSB0"\n'
    )
    config = load(tmp_path / "hub.toml")
    config.hub.state.mkdir()
    household = Meter(NAME, "K", "haus", "serial:/dev/ttyUSB1")
    return replace(config, meters=(*config.meters, household))


def read(config: Config, meter: str, start_kwh: float) -> None:
    with VillageStore(config.hub.village_db) as village:
        device = village.device(f"mbus:{meter}", meter_id=meter)
        village.sync_sites(config)
        begin = round(datetime(2026, 11, 21, tzinfo=UTC).timestamp() * 1000)
        village.add_round(
            [
                MeterRow(
                    begin + n * 900_000, device, TimeQuality.SYNCHRONISED, 1,
                    energy_kwh=start_kwh + (0 if meter == NAME else n),
                )
                for n in range(200)
            ]
        )  # fmt: skip


def served(config: Config, *names: str) -> list[tuple[str, bytes]]:
    """Return what is answered of the cubes by these names."""
    found: list[tuple[str, bytes]] = []

    async def session() -> None:
        datasette = create_datasette(config)
        try:
            for path in pages_of(map(cube_named, names)):
                answer = await datasette.client.get(path, follow_redirects=True)
                assert answer.status_code in {200, 503}, path
                found.append((path, answer.content))
        finally:
            await datasette.invoke_shutdown()

    asyncio.run(session())
    return found


def test_a_household_s_meter_is_in_nothing_that_is_public(watched: Config) -> None:
    read(watched, "halle-1", 1000)
    read(watched, NAME, VALUE)
    assert sightings(watched.hub.village_db.read_bytes())  # it is there to be found
    build_current(watched, NOW)
    public = [*everything(watched.hub.public), *served(watched, "kommunale-waerme")]
    assert len(public) > 15
    assert {name: seen for name, one in public if (seen := sightings(one))} == {}


def test_the_attack_finds_a_meter_at_a_communal_site(watched: Config) -> None:
    read(watched, "halle-1", VALUE)
    with VillageStore(watched.hub.village_db) as village, village.connection.transaction() as one:
        one.execute("UPDATE site SET name = ? WHERE site_id = 'halle'", (NAME,))
    said = replace(watched, sites=tuple(replace(s, name=NAME) for s in watched.sites))
    build_current(said, NOW)
    assert any("name" in sightings(one) for _, one in everything(said.hub.public))


def test_a_building_s_estimate_is_in_no_file_of_the_cadastre(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = published.village

    def with_canary(rng: random.Random, count: int) -> list[published.Part]:
        return [replace(o, kwh=KWH if o.building == 77 else o.kwh) for o in plain(rng, count)]

    monkeypatch.setattr(published, "village", with_canary)
    publish(config, random.Random(3), 90, 1)
    assert "kwh" in sightings(str(KWH).encode())
    content = [one for _, one in everything(config.hub.public)]
    assert content
    assert [sightings(one) for one in content if sightings(one)] == []


def test_the_canary_is_in_every_place_that_is_not_published(unpublished: Config) -> None:
    with VillageStore(unpublished.hub.village_db) as village:
        for table in (
            "site", "device", "heard_meter", "course_text", "season", "notice", "hub_day",
            "hub_part", "hub_heard_day",
        ):  # fmt: skip
            rows = village.connection.rows(f"SELECT * FROM {table}")  # noqa: S608
            assert NAME in str(rows), table
        for table, mark in (
            ("meter_reading", VALUE), ("learning_period", KWH), ("heat_building", address(77)),
            ("heat_estimate", KWH),
        ):  # fmt: skip
            rows = village.connection.rows(f"SELECT * FROM {table}")  # noqa: S608
            assert str(mark) in str(rows), table


def test_no_cube_tells_of_the_canary(everywhere: Config) -> None:
    names = [one.name for one in all_cubes()]
    assert [name for name in names if current(everywhere.hub.public, name) is None] == []
    files = list(everything(everywhere.hub.public))
    assert {name: seen for name, one in files if (seen := sightings(one))} == {}
    pages = served(everywhere, *names)
    assert len(pages) > 2 * sum(len(cube.tables) for cube in all_cubes())
    assert {name: seen for name, one in pages if (seen := sightings(one))} == {}


def test_every_cube_has_a_builder_that_leaks() -> None:
    assert set(LEAKS) == {cube.name for cube in all_cubes()}


@pytest.mark.parametrize("cube", LEAKS)
def test_the_attack_finds_what_a_cube_s_builder_leaks(
    cube: str,
    unpublished: Config,
    tmp_path: Path,
    careless: Careless,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = marked.copied(unpublished, tmp_path)
    careless()
    LEAKS[cube](monkeypatch)
    marked.published(config)
    found = {name for name, one in everything(config.hub.public) if sightings(one)}
    assert [name for name in found if name.startswith(f"{cube}-v")], found


@pytest.mark.parametrize("cube", [one.name for one in all_cubes()])
def test_the_attack_reads_the_free_pages_of_every_cube_s_file(
    cube: str, everywhere: Config, tmp_path: Path
) -> None:
    """What a builder wrote and erased again is in no table, and in the file all the same."""
    release = current(everywhere.hub.public, cube)
    assert release is not None
    copy = tmp_path / "left.db"
    copy.write_bytes(release.path.read_bytes())
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE TABLE roh (name TEXT)")
        connection.executemany("INSERT INTO roh VALUES (?)", [(NAME + " " * 300,)] * 50)
        connection.execute("DROP TABLE roh")
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
    assert ("roh",) not in tables
    assert "name" in sightings(copy.read_bytes())
    assert "name" not in sightings(release.path.read_bytes())


@pytest.mark.parametrize("name", disguises())
def test_every_disguise_is_seen_through(name: str) -> None:
    assert name in sightings(b"x" * 11 + disguises()[name] + b"y")

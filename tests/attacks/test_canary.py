"""Attack 7: a meter whose readings are one unique value, looked for in everything published."""

from __future__ import annotations

import asyncio
import base64
import gzip
import random
import struct
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.config import Config, load
from edge.config.model import Meter
from edge.publish import build_current
from edge.publish.serve import create_datasette
from edge.store.village import VillageStore
from edge.store.village_rows import MeterRow
from hardware.reading import TimeQuality
from tests.attacks import published
from tests.attacks.published import address, publish

NAME = "kanarie-4711"
VALUE = 7654.321987
KWH = 31_415_927
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
    *(
        f"/kommunale-waerme/{table}{ending}"
        for table in ("site", "waerme_stunde", "waerme_tag", "_about")
        for ending in ("", ".json?_size=max", ".csv?_stream=on")
    ),
)  # fmt: skip


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


def served(config: Config) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []

    async def session() -> None:
        datasette = create_datasette(config)
        try:
            for path in PAGES:
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
    public = [*everything(watched.hub.public), *served(watched)]
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


@pytest.mark.parametrize("name", disguises())
def test_every_disguise_is_seen_through(name: str) -> None:
    assert name in sightings(b"x" * 11 + disguises()[name] + b"y")

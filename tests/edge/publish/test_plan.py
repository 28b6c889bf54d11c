"""The heat cadastre from village.db to a release, and what the auditor refuses."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli import root
from edge.config import Config
from edge.heat.address import AddressKey
from edge.heat.said import Method, Said
from edge.publish import build_plan as module
from edge.publish.audit import audit
from edge.publish.build_plan import PlanPublished, build_plan
from edge.publish.cube import cube_named
from edge.publish.errors import AuditFailed, NothingEstimated, UnsupportedCube
from edge.publish.serve import create_datasette
from edge.publish.share import Rule
from edge.store.village import VillageStore
from edge.store.village_heat import NewBuilding
from edge.store.village_heat_runs import EstimateRow

CUBE = cube_named("waermekataster")
FIRST = datetime(2026, 12, 1, tzinfo=UTC)
MIDYEAR = datetime(2026, 12, 20, tzinfo=UTC)
NEXT = datetime(2027, 2, 1, tzinfo=UTC)
DAY = date(2026, 1, 1)


def said(value: float | str) -> Said:
    return Said(value, "ALKIS", DAY, Method.SURVEY)


def add(village: VillageStore, first: int, count: int, carrier: str = "gas") -> None:
    """Add houses of five homes, so that their carrier may be kept; ten a block, eight a section."""
    village.keep_buildings(
        [
            NewBuilding(
                AddressKey("holzheim", "weg", str(n)),
                f"Weg {n}",
                "Holzheim",
                {
                    "type": said("MFH"),
                    "units": said(6.0),
                    "year_built": said(1965.0),
                    "carrier": said(carrier if n % 2 else "oil"),
                },
                block=f"Block {n % 40 // 10}",
                section=f"Weg ({n % 40 // 8})",
            )
            for n in range(first, first + count)
        ],
        1,
    )


def estimate(village: VillageStore, seed: int = 1, **other: float) -> None:
    known = {
        one.number: random.Random(1000 * seed + one.number).uniform(30_000, 60_000)
        for one in village.cadastre()
    }
    known |= {int(name[1:]): kwh for name, kwh in other.items()}
    village.keep_run(
        1, "T", (0, 0), [EstimateRow(n, kwh, kwh, kwh, "typology") for n, kwh in known.items()], []
    )


@pytest.fixture
def planned(config: Config) -> Config:
    with VillageStore(config.hub.village_db) as village:
        add(village, 0, 80)
        for n in range(4):
            village.keep_place("block", f"Block {n}", {"hectares": said(2.0)}, 1)
        estimate(village)
    return config


def build(config: Config, now: datetime = FIRST) -> PlanPublished:
    return build_plan(config, config.hub.public, now)


def table(config: Config, number: int, sql: str) -> list[tuple[object, ...]]:
    path = config.hub.public / f"waermekataster-v{number:06d}.db"
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def test_blocks_sections_and_carriers_are_published(planned: Config) -> None:
    done = build(planned)
    assert (done.published.outcome, done.buildings, done.left_out) == ("published", 80, 0)
    assert done.published.release is not None
    verdict = audit(
        done.published.release.path, CUBE, {}, done.published.release.certificate(),
        planned.hub.village_db,
    )  # fmt: skip
    assert verdict.findings == ()
    blocks = table(planned, 1, "SELECT * FROM block")
    assert sum(int(str(row[2])) for row in blocks) == 80
    for _, names, _, area, heat, density, kind, age in blocks:
        assert area == 2.0 * len(str(names).split(", "))
        assert density == round(float(str(heat)) / float(str(area)), 1)
        assert (kind, age) == ("Mehrfamilienhaus", "1958-1968")
    sections = table(planned, 1, "SELECT laenge_m, liniendichte_kwh_m FROM abschnitt")
    assert sections
    assert set(sections) == {(None, None)}  # nobody said how long they are
    carriers = table(planned, 1, "SELECT traeger, sum(erzeuger) FROM traeger GROUP BY 1")
    assert dict(carriers) == {"Erdgas": 40, "Heizöl": 40}
    assert build(planned).published.outcome == "unchanged"


def test_datasette_serves_it_with_its_licence(planned: Config) -> None:
    build(planned)

    async def ask() -> None:
        datasette = create_datasette(planned)
        try:
            await datasette.client.get("/")
            for shown in CUBE.tables:
                page = await datasette.client.get(f"/{CUBE.name}/{shown.name}")
                assert page.status_code == 200
                assert CUBE.licence in page.text
                assert shown.title in page.text
        finally:
            await datasette.invoke_shutdown()

    asyncio.run(ask())


def test_what_is_published_has_a_page_without_a_map(planned: Config) -> None:
    build(planned)

    async def questions() -> None:
        datasette = create_datasette(planned)
        try:
            await datasette.invoke_startup()
            for layer, column in (
                ("bloecke", "waermedichte_mwh_ha"), ("strassen", "liniendichte_kwh_m")
            ):  # fmt: skip
                page = await datasette.client.get(f"/-/waermekataster?layer={layer}")
                assert page.status_code == 200
                assert "Umrisse sind nicht veröffentlicht" in page.text
                data = await datasette.client.get(f"/-/waermekataster/{layer}.geojson")
                features = data.json()["features"]
                assert page.text.count('id="cell-') == len(features) > 0
                assert {one["geometry"] for one in features} == {None}
                assert all(column in one["properties"] for one in features)
        finally:
            await datasette.invoke_shutdown()

    asyncio.run(questions())


def test_within_a_year_nobody_joins_and_a_single_value_waits(planned: Config) -> None:
    build(planned)
    with VillageStore(planned.hub.village_db) as village:
        add(village, 80, 40)
        estimate(village, b3=55_000.0)
    done = build(planned, MIDYEAR)
    assert (done.published.outcome, done.buildings, done.waiting) == ("unchanged", 80, 1)
    assert table(planned, 1, "SELECT sum(gebaeude) FROM block") == [(80,)]


def test_in_a_new_year_many_join_at_once_and_few_wait(planned: Config) -> None:
    build(planned)
    with VillageStore(planned.hub.village_db) as village:
        add(village, 80, 3)
        estimate(village)
    assert build(planned, NEXT).buildings == 80
    with VillageStore(planned.hub.village_db) as village:
        add(village, 80, 80)
        estimate(village, seed=2)
    done = build(planned, NEXT.replace(year=2028))
    assert done.buildings == 160
    assert table(planned, 2, "SELECT value FROM _about WHERE name = 'jahr'") == [("2028",)]


def test_a_house_that_is_gone_stays_in_the_sum_until_enough_are(planned: Config) -> None:
    build(planned)
    with VillageStore(planned.hub.village_db) as village:
        village.remove_building(5, 2)
        estimate(village)
    assert build(planned, NEXT).buildings == 80


def test_all_that_is_estimated_anew_is_shown(planned: Config) -> None:
    build(planned)
    with VillageStore(planned.hub.village_db) as village:
        estimate(village, seed=2)
    done = build(planned, MIDYEAR)
    assert done.published.outcome == "published"
    with VillageStore(planned.hub.village_db) as village:
        assert len({one.building for one in village.released() if one.release == 2}) > 60


def test_a_hall_that_outweighs_the_village_is_left_out(planned: Config) -> None:
    with VillageStore(planned.hub.village_db) as village:
        estimate(village, b7=30_000_000.0)
    assert (build(planned).buildings, build(planned).published.outcome) == (79, "unchanged")


def test_a_release_whose_file_is_not_there_is_written_again(planned: Config) -> None:
    first = build(planned).published.release
    assert first is not None
    content = first.path.read_bytes()
    for path in planned.hub.public.iterdir():
        path.unlink()
    with VillageStore(planned.hub.village_db) as village:  # said later: not of this release
        village.keep_place("block", "Block 0", {"hectares": said(7.0)}, 2**41)
    again = build(planned, MIDYEAR).published
    assert again.outcome == "published"
    assert again.release is not None
    assert again.release.path.read_bytes() == content


def test_four_houses_are_no_publication(config: Config) -> None:
    with VillageStore(config.hub.village_db) as village:
        add(village, 0, 4)
        estimate(village)
    done = build(config)
    assert (done.published.outcome, done.left_out) == ("nothing", 4)
    assert not list(config.hub.public.glob("*.db"))


def test_without_an_estimate_there_is_nothing(config: Config) -> None:
    with pytest.raises(NothingEstimated):
        build(config)


def careless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "rule_of", lambda _: Rule(1, 0, 100))


def test_the_auditor_refuses_what_a_careless_builder_makes(
    planned: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    careless(monkeypatch)
    with pytest.raises(AuditFailed) as refused:
        build(planned)
    assert "zusammen ergeben sie eine Summe von nur" in str(refused.value.findings)
    with VillageStore(planned.hub.village_db) as village:
        assert village.released() == []
        assert village.last_release() is None
    monkeypatch.undo()
    assert build(planned).published.outcome == "published"


def test_the_auditor_refuses_differences_between_releases(
    planned: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(planned)
    careless(monkeypatch)
    with VillageStore(planned.hub.village_db) as village:
        village.remove_building(5, 2)
        estimate(village, b9=31_000.0)
    with pytest.raises(AuditFailed) as refused:
        build(planned, NEXT)
    said_ = str(refused.value.findings)
    assert "der Unterschied zur vorigen zeigt die Änderung von nur 1 Gebäuden" in said_
    assert "alle Ausgaben" in said_
    monkeypatch.undo()
    assert build(planned, NEXT).published.outcome == "unchanged"


SPOILED: list[tuple[str, str]] = [
    ("UPDATE block SET gebaeude = gebaeude + 1", "es sind aber"),
    ("UPDATE block SET waerme_mwh = waerme_mwh + 1", "nicht die Summe"),
    ("UPDATE block SET waerme_mwh = waerme_mwh + 0.25", "zu genau"),
    ("UPDATE block SET waermedichte_mwh_ha = waermedichte_mwh_ha + 0.2", "die Dichte folgt nicht"),
    ("UPDATE block SET flaeche_ha = 9", "die Größe ist nicht"),
    ("UPDATE block SET flaeche_ha = NULL", "die Größe fehlt"),
    ("UPDATE block SET gebaeudetyp = 'Reihenhaus'", "nicht, was überwiegt"),
    ("UPDATE block SET baualtersklasse = 'ab 2016'", "nicht, was überwiegt"),
    ("UPDATE block SET bloecke = 'Weg 3'", "nennt nicht die Blöcke"),
    ("DELETE FROM abschnitt WHERE bereich = 'S1'", "nicht ausgelassen"),
    ("INSERT INTO block VALUES ('B99', 'X', 3, 1.0, 3.0, 3.0, 'gemischt', 'gemischt')", "nötig"),
    ("UPDATE traeger SET anteil_prozent = 3", "nicht der Anteil"),
    ("UPDATE traeger SET erzeuger = 1", "nicht einer je Gebäude"),
    ("UPDATE traeger SET traeger = 'Kernkraft' WHERE traeger = 'Erdgas'", "nötig"),
    ("UPDATE _about SET value = '7' WHERE name = 'ausgabe'", "kennt village.db nicht"),
    ("UPDATE _about SET value = '1999' WHERE name = 'jahr'", "stimmt nicht"),
    ("INSERT INTO _about VALUES ('namen', 'Erna Weber')", "nicht vorgesehen"),
]


@pytest.mark.parametrize(("sql", "why"), SPOILED)
def test_every_spoiled_cell_is_found(planned: Config, sql: str, why: str) -> None:
    build(planned)
    path = planned.hub.public / "waermekataster-v000001.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(sql)
    found = audit(path, CUBE, {}, None, planned.hub.village_db).findings
    assert any(why in str(one) for one in found), found


def test_without_village_db_nothing_of_it_is_passed(planned: Config, tmp_path: Path) -> None:
    build(planned)
    path = planned.hub.public / "waermekataster-v000001.db"
    with pytest.raises(UnsupportedCube):
        audit(path, CUBE, {}, None)
    (tmp_path / "x.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(Exception, match="cannot be read"):
        audit(path, CUBE, {}, None, tmp_path / "x.db")


Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    def call(config: Config, *arguments: str) -> Result:
        return CliRunner().invoke(root, ["--config", str(config.source), "publish", *arguments])

    return call


def test_the_command(planned: Config, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(planned, "heat")
    assert done.exit_code == 0, done.output
    assert "Veröffentlicht: " in done.output
    assert "80 Gebäude" in done.output
    assert run(planned, "heat").output.startswith("Unverändert: ")
    assert run(planned, "audit").output == "pass waermekataster-v000001.db\n"
    careless(monkeypatch)
    with VillageStore(planned.hub.village_db) as village:
        estimate(village, b9=31_000.0)
    refused = run(planned, "heat")
    assert refused.exit_code == 1
    assert "Nicht veröffentlicht: die Prüfung lehnt ab" in refused.output
    assert run(planned, "audit").output == "pass waermekataster-v000001.db\n"


def test_the_command_without_an_estimate(config: Config, run: Run) -> None:
    refused = run(config, "heat")
    assert refused.exit_code == 2
    assert "Zuerst: dorfhub heat estimate" in refused.output

"""`/zahlen`: only what was published and audited, kind words where nothing is."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from edge.clock import FixedClock
from edge.config import Config, load
from edge.publish import audit_health, build_current
from edge.publish.cube import all_cubes
from edge.publish.release import current
from edge.publish.served import Served
from edge.store.village import VillageStore
from edge.store.village_health import Look
from edge.web.app import create_app
from edge.web.tongue import TONGUES, speaking
from edge.web.village_numbers import AIR_DAYS, HEAT_DAYS, gather
from edge.web.village_rules import GUARDS, OFTEN, never, subjects
from edge.web.words import local
from hardware.reading import TimeQuality
from tests.furnish_numbers import publish

NOW = 1_795_443_840_000  # Monday, 23 November 2026, 15:24 in Wetterfeld
MISSING = 5
QUARTER = 900_000


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return releases of every cube but the cadastre's, built and audited."""
    folder = tmp_path_factory.mktemp("numbers")
    publish(folder / "hub", folder / "public", NOW, cold_hours=MISSING)
    return folder / "public"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "hub.toml"
    file.write_text('[hub]\nname = "Hub"\nvillage = "Holzheim"\n', "utf-8")
    found = load(file)
    found.hub.run.mkdir(parents=True)
    VillageStore(found.hub.village_db).close()
    return found


@pytest.fixture
def served(config: Config, public: Path) -> Config:
    """Return a hub that serves these releases; its own village.db is empty."""
    config.hub.public.mkdir()
    for one in public.iterdir():
        if one.is_file():
            (config.hub.public / one.name).write_bytes(one.read_bytes())
    return config


def client(config: Config, quality: TimeQuality = TimeQuality.SYNCHRONISED) -> FlaskClient:
    return create_app(config, FixedClock(NOW, quality=quality)).test_client()


def page(config: Config, quality: TimeQuality = TimeQuality.SYNCHRONISED) -> str:
    answer = client(config, quality).get("/zahlen")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_nothing_is_published_yet(config: Config) -> None:
    text = page(config)
    assert text.count("Davon ist noch nichts veröffentlicht.") == 4
    assert "Gerade ist kein öffentlicher Termin veröffentlicht." in text
    assert text.count("Noch nicht veröffentlicht.") == len(all_cubes())
    assert "Neue Zahlen gibt es" not in text
    assert "<svg viewBox" not in text.partition("<main")[2].partition('id="fragen"')[0].replace(
        'viewBox="0 0 24 24"', ""
    )


def test_pictures_say_what_was_published(served: Config) -> None:
    reader = Served(served.hub.public)
    found = gather(reader, local(NOW))
    heat = reader.heat(HEAT_DAYS)
    assert heat is not None
    assert found.heat is not None
    assert (len(heat.days), len(found.heat.bars), len(found.heat.rows)) == (28, 28, 28)
    assert [one.whole for one in heat.days] == [True] * 27 + [False]
    assert str(heat.days[-1].day) == "2026-11-23"
    assert found.heat.sentence.startswith(
        "2 Häuser der Gemeinde: in vier Wochen bis Montag, 23. November 2026 zusammen "
    )
    whole = sum(one.kwh for one in heat.days)
    assert whole == pytest.approx(sum(kwh for _, kwh in heat.buildings))
    assert [name for name, _ in heat.buildings] == ["Dorfgemeinschaftshaus", "Kindertagesstätte"]
    assert max(bar.height for bar in found.heat.bars) <= found.heat.height
    assert found.heat.rows[0][1].endswith("(unvollständig)")
    assert found.learning is not None
    assert found.learning.sentence == "Halbjahr 3: 144 Besuche. Kurse: 6, Termine: 24."
    assert [one.length for one in found.learning.strips] == [857, 1000, 714]
    assert found.dates is not None
    assert len(found.dates.lines) == 6
    assert ("Donnerstag, 26. November 2026, 19:00 Uhr", "Singkreis", "Saal") in found.dates.lines
    text = page(served)
    assert found.heat.sentence in text
    assert "Halbjahr 2" in text
    assert "Haus 7" not in text


def test_the_hub_s_days_are_told_by_steps(served: Config) -> None:
    hub = gather(Served(served.hub.public), local(NOW)).hub
    assert hub is not None
    assert (len(hub.bars), len(hub.rows)) == (HEAT_DAYS, HEAT_DAYS)
    assert hub.sentence == (
        "Vom Montag, 26. Oktober 2026 bis Sonntag, 22. November 2026 lief der Hub mindestens 98 %"
        " der Zeit. Neustarts: 3."
    )
    assert [one.whole for one in hub.bars].count(False) == 2
    assert ("Montag, 9. November 2026", "mindestens 70 %", "0") in hub.rows
    assert ("Dienstag, 10. November 2026", "100 %", "1") in hub.rows
    assert hub.note.startswith("Gestrichelt")
    assert hub.sentence in page(served)


def test_a_day_of_very_many_starts_makes_their_sum_a_least_one(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.fromtimestamp(NOW / 1000, UTC)
    begin = NOW // QUARTER - 2 * 96
    with VillageStore(config.hub.village_db) as village:
        village.note_looks(
            [
                Look(
                    f"{local((begin + n) * QUARTER):%Y-%m-%d}", begin + n, "held", "1.0", 50,
                    f"boot {n}", {"web": 1}, {},
                )
                for n in (*range(13), 96, 97)
            ]
        )  # fmt: skip
    monkeypatch.setattr(audit_health, "now", lambda: now)
    build_current(config, now)
    hub = gather(Served(config.hub.public), local(NOW)).hub
    assert hub is not None
    assert hub.sentence.endswith("Neustarts: mindestens 12.")
    assert [row[2] for row in hub.rows] == ["2", "mindestens 10"]
    assert "Neustarts: mindestens 12." in page(config)


def test_a_missing_hour_parts_the_line(served: Config) -> None:
    yard, hall = gather(Served(served.hub.public), local(NOW)).air
    assert (yard.name, hall.name) == (
        "Hof, Dorfgemeinschaftshaus",
        "Saal, Dorfgemeinschaftshaus",
    )
    assert (len(yard.lines), len(hall.lines)) == (2, 1)
    assert len(yard.rows) == AIR_DAYS
    assert "°C (Montag, 23. November 2026, 14:00 Uhr)" in yard.sentence
    assert yard.axis == ("Di", "Mi", "Do", "Fr", "Sa", "So", "Mo")
    ends = [float(point.split(",")[0]) for line in hall.lines for point in line.split()]
    assert 0 <= min(ends) < max(ends) <= hall.width


def test_the_hubs_own_stores_are_not_asked(served: Config) -> None:
    before = page(served)
    served.hub.village_db.unlink()
    found = gather(Served(served.hub.public), local(NOW))
    assert found.heat is not None
    assert found.heat.sentence in before


@pytest.mark.parametrize("what", ["snapshot", "certificate", "pointer"])
def test_what_the_auditor_did_not_pass_is_not_shown(served: Config, what: str) -> None:
    release = current(served.hub.public, "kommunale-waerme")
    assert release is not None
    if what == "snapshot":
        content = bytearray(release.path.read_bytes())
        content[-1] ^= 1
        release.path.write_bytes(content)
    elif what == "certificate":
        release.certificate_path.unlink()
    else:
        (served.hub.public / "kommunale-waerme.current").write_text("../village.db\n")
    found = gather(Served(served.hub.public), local(NOW))
    assert found.heat is None
    assert found.learning is not None
    assert page(served).count("Davon ist noch nichts veröffentlicht.") == 1


def test_a_laxer_rule_is_not_shown(served: Config) -> None:
    release = current(served.hub.public, "lernstatistik")
    assert release is not None
    paper = release.certificate_path
    laxer = paper.read_text("utf-8").replace('"k": 5', '"k": 2')
    assert laxer != paper.read_text("utf-8")
    paper.write_text(laxer, "utf-8")
    assert Served(served.hub.public).seasons(6) == ()


def test_a_new_release_is_seen(served: Config, tmp_path: Path) -> None:
    reader = Served(served.hub.public)
    before = reader.heat(HEAT_DAYS)
    for name in served.hub.public.glob("kommunale-waerme*"):
        name.unlink()
    assert reader.heat(HEAT_DAYS) is None
    publish(tmp_path / "again", served.hub.public, NOW - 86_400_000)
    after = reader.heat(HEAT_DAYS)
    assert before is not None
    assert after is not None
    assert str(after.days[-1].day) == "2026-11-22"


def test_without_a_clock_nothing_is_next(served: Config) -> None:
    text = page(served, TimeQuality.UNKNOWN)
    assert "Die Uhr ist nicht gestellt" in text
    assert "Als Nächstes:" not in text


def test_every_cube_says_whom_it_may_tell_of_and_how_often(config: Config) -> None:
    cubes = all_cubes()
    assert {one.kind for one in cubes} == set(GUARDS)
    assert {one.catalogue.frequency for one in cubes} == set(OFTEN)
    for key in TONGUES:
        with speaking(TONGUES[key]):
            found = {one.name: one for one in subjects(Served(config.hub.public))}
            assert len(never()) == 6
        for cube in cubes:
            assert (str(cube.disclosure.k) in found[cube.name].guard) == (cube.disclosure.k > 1)


def test_a_question_is_a_call_with_its_subject(config: Config) -> None:
    visitor = client(config)
    link = re.search(
        r'href="(/hilfe\?[^"]*worum=zahlen[^"]*)"', visitor.get("/zahlen").get_data(as_text=True)
    )
    assert link is not None
    asked = visitor.get(link[1].replace("&amp;", "&")).get_data(as_text=True)
    assert 'value="Frage zu: Unser Dorf in Zahlen"' in asked
    assert "Frage zu" not in visitor.get("/hilfe?worum=anderes").get_data(as_text=True)

"""The scenarios' page: what is missing is said, and what is drawn are the numbers of the files."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from edge.access.role import Role
from edge.cadastre.apart import ApartError
from edge.clock import FixedClock
from edge.config import load
from edge.config.model import Config
from edge.heat.scenario.reading import loads
from edge.store.setup import create
from edge.store.village import VillageStore
from edge.web.app import create_app
from edge.web.scenario import KINDS, WIDE, scenario_picture
from edge.web.scenario_run import KEPT_MS, RETRY_MS, Answer, Reckoner
from tests.edge.web.desk.conftest import words
from tests.edge.web.test_heat_quality import HOUSE, NOW_MS, stand
from tests.signed_in import sign_in

ROOT = Path(__file__).parents[3]
FURNISHINGS = ROOT / "tests" / "furnishings" / "heat"
PLAN = (FURNISHINGS / "scenario.toml").read_text("utf-8").replace(
    "kd_per_decade = -100", "kd_per_decade = 0"
)  # fmt: skip
EXAMPLE = (ROOT / "docs" / "heat-scenario.example.toml").read_text("utf-8")
PAGE = "/kataster/szenario"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "hub.toml").write_text(
        '[hub]\nname = "Hub"\nvillage = "Holzheim"\n', encoding="utf-8"
    )
    found = load(tmp_path / "hub.toml")
    create(found)
    return found


def client_of(config: Config, role: Role = Role.OFFICIAL) -> FlaskClient:
    return sign_in(create_app(config, FixedClock(NOW_MS)).test_client(), role)


def write(config: Config, name: str, text: str) -> None:
    folder = config.source.parent / "szenarien"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.toml").write_text(text, "utf-8")


def typology(config: Config) -> None:
    text = (FURNISHINGS / "typology.toml").read_text("utf-8")
    (config.source.parent / "typology.toml").write_text(text, "utf-8")


def answered(client: FlaskClient, path: str = PAGE) -> TestResponse:
    """Ask until the page is no longer one that loads itself anew."""
    until = time.monotonic() + 60
    while True:
        found = client.get(path)
        if "wird gerechnet" not in found.text or time.monotonic() > until:
            return found
        time.sleep(0.1)


def test_only_officials_and_administrators_see_it(config: Config) -> None:
    assert create_app(config, FixedClock(NOW_MS)).test_client().get(PAGE).status_code != 200
    assert client_of(config, Role.VOLUNTEER).get(PAGE).status_code == 403
    assert client_of(config, Role.ADMINISTRATOR).get(PAGE).status_code == 200


def test_without_a_file_the_page_says_what_to_do(config: Config) -> None:
    said = words(client_of(config).get(PAGE).text)
    assert "Noch kein Szenario" in said
    assert "docs/heat-scenario.example.toml" in said
    assert "Die Typologie fehlt" in said


def test_what_is_missing_is_listed_with_what_to_do_of_factors(config: Config) -> None:
    write(config, "sanierung", EXAMPLE)
    said = words(client_of(config).get(PAGE).text)
    assert "Gerechnet wird erst, wenn nichts mehr fehlt." in said
    assert "Faktoren der Träger [carrier] Wärmenetz (Primärenergie), Wärmenetz (CO2)" in said
    assert "Für ein Wärmenetz nennt sie der Betreiber." in said
    without = PLAN[: PLAN.index("[carrier.")]
    write(config, "sanierung", without)
    said = words(client_of(config).get(PAGE).text)
    assert "Die Faktoren des Gebäudeenergiegesetzes (Anlagen 4 und 9) stehen" in said
    assert "data-neu" not in client_of(config).get(PAGE).text


def test_a_file_that_is_none_is_told_and_no_path_leads_out(config: Config) -> None:
    write(config, "kaputt", "[about")
    (config.source.parent / "hub2.toml").write_text("x = 1", "utf-8")
    client = client_of(config)
    assert "Diese Datei ist noch kein Szenario." in words(client.get(PAGE).text)
    for name in ("../hub", "../hub2", "hub"):
        assert "hub.toml" not in client.get(PAGE, query_string={"datei": name}).text
    assert client.get(f"{PAGE}/hub2/zahlen.json").status_code == 302


def test_the_page_draws_what_the_files_say(config: Config) -> None:
    write(config, "plan", PLAN)
    typology(config)
    with VillageStore(config.hub.village_db) as village:
        stand(village, "Mitte", 12, HOUSE)
    client = client_of(config)
    first = client.get(PAGE)
    assert "wird gerechnet" in first.text
    assert 'data-neu="2"' in first.text
    page = answered(client)
    said = words(page.text)
    assert "Werte dieses Szenarios oder der Typologie sind erfunden." in said
    assert "12 Gebäude; von 0 ist die Heizung bekannt" in said
    numbers = client.get(f"{PAGE}/plan/zahlen.json")
    assert numbers.headers["Content-Disposition"] == "attachment; filename=szenario-plan.json"
    found = json.loads(numbers.text)
    last = found["years"][-1]["amount"]
    assert last["heat"]["value"] < found["base"]["amount"]["heat"]["value"]
    picture = scenario_picture(found)
    assert picture.summary in said
    for panel, kind in zip(picture.panels, KINDS, strict=True):
        assert len(panel.bars) == 5
        for bar in panel.bars:
            assert 0 <= bar.low <= sum(one.length for one in bar.parts) <= bar.high <= WIDE
            assert bar.said in said
        assert panel.bars[0].change == ""
        assert panel.same == pytest.approx(sum(one.length for one in panel.bars[0].parts), abs=0.5)
        assert kind.title in said
    table = client.get(f"{PAGE}/plan/zahlen.csv")
    rows = list(csv.DictReader(io.StringIO(table.data.decode("utf-8-sig")), delimiter=";"))
    co2 = [one for one in rows if one["groesse"] == "CO2"]
    assert [one["jahr"] for one in co2] == ["2025", "2030", "2035", "2040", "2045"]
    assert float(co2[-1]["wert"].replace(",", ".")) == pytest.approx(last["co2"]["value"], abs=1e-3)
    assert float(co2[-1]["unveraendert"].replace(",", ".")) == pytest.approx(
        found["base"]["amount"]["co2"]["value"], abs=1e-3
    )
    carriers = [one for one in rows if one["traeger"] and one["jahr"] == "2045"]
    assert sum(float(one["wert"].replace(",", ".")) for one in carriers) == pytest.approx(
        last["final"]["value"], rel=1e-6
    )
    for factor in loads(PLAN).factors.values():
        assert factor.source in said


def test_too_few_buildings_are_said(config: Config) -> None:
    write(config, "plan", PLAN)
    typology(config)
    with VillageStore(config.hub.village_db) as village:
        stand(village, "Mitte", 4, HOUSE)
    client = client_of(config)
    assert "Das Szenario war nicht zu rechnen." in words(answered(client).text)
    assert client.get(f"{PAGE}/plan/zahlen.csv").status_code == 302


def test_answers_are_kept_a_while_and_errors_are_tried_again() -> None:
    asked: list[int] = []

    def ask(work: Callable[[], dict[str, object]], now: int) -> Answer:
        until = time.monotonic() + 10
        while (found := reckoner.ask("a", work, now)) is None and time.monotonic() < until:
            time.sleep(0.01)
        assert found is not None
        return found

    def fails() -> dict[str, object]:
        asked.append(0)
        raise ApartError("too slow", "Zu langsam.")

    def works() -> dict[str, object]:
        asked.append(1)
        return {"x": 1}

    reckoner = Reckoner(lambda: 0.0)
    assert ask(fails, 0).hint == "Zu langsam."
    assert ask(works, RETRY_MS - 1).hint == "Zu langsam."
    assert ask(works, RETRY_MS).found == {"x": 1}
    assert ask(works, RETRY_MS + KEPT_MS - 1).found == {"x": 1}
    assert asked == [0, 1]
    ask(works, RETRY_MS + KEPT_MS)
    assert asked == [0, 1, 1]


def test_what_failed_slowly_is_told_once_it_failed() -> None:
    seconds = [0.0]
    asked: list[int] = []

    def fails() -> dict[str, object]:
        asked.append(0)
        seconds[0] += 600
        raise ApartError("too slow", "Zu langsam.")

    reckoner = Reckoner(lambda: seconds[0])
    assert reckoner.ask("a", fails, 0) is None
    until = time.monotonic() + 10
    while seconds[0] == 0.0 and time.monotonic() < until:
        time.sleep(0.01)
    while (found := reckoner.ask("a", fails, 602_000)) is None and time.monotonic() < until:
        time.sleep(0.01)
    assert found is not None
    assert (found.hint, found.at, asked) == ("Zu langsam.", 600_000, [0])

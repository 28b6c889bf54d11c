"""The page of the county's heat: what stands on it, and what it says when there is nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask.testing import FlaskClient

from edge.process.log import Log
from sync import heat_plan
from sync.county import hub as county_hub
from sync.county import keeping
from sync.county.config import load
from sync.county.web import heat_view
from sync.county.web.app import create_app
from sync.county.web.officials import Officials
from sync.heat_plan import Generator
from sync.segment import StreamClass
from tests.furnish_county_heat import HOUR, ahead, body, place, plan, run, season

if TYPE_CHECKING:
    from tests.sync.county.conftest import Office, Writer

NOW = 1_795_000_000_000
NAME, PASSWORD = "Frau Becker", "vier lange Wörter hier"


@pytest.fixture
def county_folder(tmp_path: Path) -> Path:
    config = county_hub.create(tmp_path / "kreis", "Landkreis Gießen")
    Officials(config.officials).set(NAME, PASSWORD)
    return tmp_path / "kreis"


def client_of(office: Office) -> FlaskClient:
    config = load(office.county.config.source)
    app = create_app(config, now_ms=lambda: NOW, log=Log("county"))
    app.testing = True
    client = app.test_client()
    token = re.search(r'name="token" value="([^"]+)"', client.get("/anmelden").text)
    assert token
    form = {"name": NAME, "password": PASSWORD, "token": token[1]}
    assert client.post("/anmelden", data=form).status_code == 303
    return client


def test_nobody_reads_it_without_a_login(office: Office) -> None:
    app = create_app(office.county.config, now_ms=lambda: NOW, log=Log("county"))
    assert app.test_client().get("/waerme").status_code == 303


def test_an_empty_county_says_what_is_to_be_done(office: Office) -> None:
    page = client_of(office).get("/waerme")
    assert page.status_code == 200
    assert "Noch ist in keiner Gemeinde ein Hub bestätigt." in page.text
    assert "dorfhub county heat forecast" in page.text
    assert "dorfhub county heat season" in page.text
    assert "jeden Tag ab 05:30 Uhr" in page.text


def test_the_table_and_a_place_s_forecast_stand_there(office: Office, writer: Writer) -> None:
    told = replace(plan(), generators=(Generator("B0", "Erdgas", "Heizkessel", 6),))
    writer.add(stream=StreamClass.EVENT, schema=heat_plan.SCHEMA, body=body(told, NOW))
    office.know(writer)
    office.pull(writer)
    file = office.county.config.source
    file.write_text(f'{file.read_text()}\n[county.places]\n"{writer.id}" = "Laubach"\n')
    keeping.write(office.county.config.heat_ahead, ahead(NOW - HOUR))
    client = client_of(office)
    text = client.get("/waerme").text
    assert sum(one.mwh for one in told.blocks) == 1950
    for said in (
        "Laubach",
        "1.950",
        "1.658 bis 2.340",
        "Erdgas 55\N{NO-BREAK SPACE}%",
        "Wärmeerzeuger im Landkreis: Heizkessel 6.",
        "1 von 1 Dörfern",
    ):
        assert said in text, said
    assert "gemeinsame Fehler 1,24-mal" in text
    assert "Seit 20 Tagen ist nichts gekommen." in text
    assert "Ohne Hub: Allendorf (Lumda), Biebertal" in text
    lich = client.get("/waerme?ort=Lich").text
    assert "<h3>Lich</h3>" in lich
    assert "alle irren zur selben Seite" in lich
    assert "<h3>Landkreis Gießen</h3>" in client.get("/waerme?ort=Nirgends").text


def test_how_the_morning_went_and_the_season_stand_there(office: Office, writer: Writer) -> None:
    office.know(writer)
    config = office.county.config
    keeping.write(config.heat_run, run(NOW - HOUR))
    keeping.write(config.heat_ahead, ahead(NOW - HOUR))
    keeping.write(config.heat_season, season(NOW - HOUR))
    text = client_of(office).get("/waerme").text
    for said in (
        "Von selbst gerechnet am 18.11.2026 11:06, in 41,7 s.",
        f"{writer.name} (kein Zähler)",
        "66687aadf862bd77 (1 von 2 Zählern)",
        "7d0000000000000a (3 Zähler)",
        "Heizzeit 01.10.2026 bis 30.04.2027",
        "68,3 bis 96,7",
        "2 von 3 Dörfern; ohne Band",
        "Dörfer ohne veröffentlichtes Kataster: Lardenbach",
        "Dörfer ohne Zähler im Datenspeicher: Ettingshausen",
        "Gemessen sind erst 40 Tage.",
    ):
        assert said in text, said
    assert "Wetterfeld</th>" not in text  # municipalities alone
    failed = replace(run(NOW - HOUR), state="failed", why="Der Speicher reicht nicht.")
    keeping.write(config.heat_run, failed)
    text = client_of(office).get("/waerme").text
    assert re.search(r'class="bad mark">Die Rechnung [^<]* Der Speicher reicht nicht\.', text)
    old = replace(season(NOW - 37 * HOUR), lines=(), why_areas="Es fehlt etwas.")
    keeping.write(config.heat_season, old)
    text = client_of(office).get("/waerme").text
    assert "Es fehlt etwas." in text
    assert text.count("älter als anderthalb Tage") == 1


def test_an_old_forecast_is_said_to_be_one(office: Office) -> None:
    keeping.write(office.county.config.heat_ahead, ahead(NOW - 37 * HOUR))
    assert "älter als anderthalb Tage" in client_of(office).get("/waerme").text


def test_the_picture_stays_within_its_frame_and_leaves_out_what_nobody_knows() -> None:
    for level in (0.0, 0.01, 3.0, 80.0, 12_345.0):
        made = heat_view.picture(place("Lich", NOW, level, 2, 1.0))
        assert len(made.naive) == 2  # an hour lacks
        for points in (made.band, made.expected, *made.naive):
            for pair in points.split():
                x, y = map(float, pair.split(","))
                assert 0 <= x <= heat_view.WIDTH
                assert 0 <= y <= heat_view.HEIGHT
        assert len({mark.text for mark in made.across}) == len(made.across) <= 6
        assert [mark.text for mark in made.down] == sorted(
            {mark.text for mark in made.down}, key=[mark.text for mark in made.down].index
        )
    alone = replace(place("Lich", NOW, 3.0, 1, 1.0), hours=place("x", NOW, 3.0, 1, 1.0).hours[:1])
    assert heat_view.picture(alone).down == ()

"""`/karte/haus/N/vergleich`: a house beside the typology's, for its owner alone."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from edge.access.sessions import Bearer
from edge.cadastre.own_house import FILE
from edge.clock import FixedClock
from edge.config import Config, load
from edge.desk.register import card_hash
from edge.store.setup import create
from edge.web.access import COOKIE, sessions_of
from edge.web.app import create_app
from hardware.reading import TimeQuality
from tests.furnish_home import CARD, FRESH_CARD, furnish_home
from tests.hall import NOW_MS, furnished

PAGE = "/karte/haus/1/vergleich"
HOUSE = {"type": "EFH", "year_built": "1962", "area": "125", "units": "1", "refurbishment": "none"}
HEATING = {"heating": "condensing", "carrier": "gas", "hot_water": "yes"}
GAS = {"unit": "gas_kwh", "amount": "27.750", "first": "1.1.2025", "last": "31.12.2025"}


def _street(config: Config, now_ms: int) -> None:
    create(config)
    furnish_home(config, now_ms)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a furnished street, to be copied."""
    return furnished(tmp_path_factory.mktemp("street"), (_street,)).source.parent


@pytest.fixture
def config(made: Path, tmp_path: Path) -> Config:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return load(tmp_path / "hub.toml")


@pytest.fixture
def owner(config: Config) -> FlaskClient:
    return _client(config, CARD)


@pytest.fixture
def fresh(config: Config) -> FlaskClient:
    return _client(config, FRESH_CARD)


def _client(config: Config, card: str) -> FlaskClient:
    app = create_app(config, FixedClock(NOW_MS, TimeQuality.SYNCHRONISED))
    client = app.test_client()
    token = sessions_of(app).begin(FixedClock(0).monotonic_ns / 1e9, Bearer(card=card_hash(card)))
    client.set_cookie(COOKIE, token)
    return client


def _plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def enter(client: FlaskClient, *, house: dict[str, str], heating: dict[str, str],
          bill: dict[str, str] | None) -> str:  # fmt: skip
    """Enter number 3 as somebody would, and return its comparison."""

    def send(step: str, form: dict[str, str]) -> None:
        assert client.post(f"/karte/haus/{step}", data=form).status_code == 303

    send("neu", {})
    send("adresse", {"street": "Lindenstr.", "number": "3"})
    send("gebaeude", house)
    send("heizung", heating)
    if bill is not None:
        send("rechnungen", bill)
    send("pruefen", {"agreed": "1"})
    return _plain(client.get("/karte/haus/3/vergleich").text)


def test_an_owner_sees_their_house_beside_the_typologys(owner: FlaskClient) -> None:
    assert PAGE in owner.get("/karte/haus").text
    html = owner.get(PAGE).text
    page = _plain(html)
    # 24,000, 25,000 and 26,000 kWh of oil (one a leap year's), with 3100, 3000, 3300 K d of 3400
    assert "Ihr Haus 223 kWh je m² im Jahr" in page
    assert "Häuser wie Ihres zwischen 99 und 292 kWh je m² im Jahr" in page
    assert "ungefähr so viel wie die meisten" in page
    assert "das Mittel der Jahre 2023, 2024, 2025, umgerechnet auf normales Wetter" in page
    assert "Einfamilienhaus oder Zweifamilienhaus, gebaut 1958–1968" in page
    assert "Nach einer vollen Sanierung" in page
    assert "Quelle: erfunden für Tests" in page
    assert "erfunden und nur zum Ausprobieren" in page
    assert "1,11" not in page
    assert html.count("<svg") > 3


def test_anothers_house_is_not_compared(fresh: FlaskClient) -> None:
    answer = fresh.get(PAGE)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/karte/haus#")


def test_without_a_typology_there_is_no_comparison(config: Config, owner: FlaskClient) -> None:
    values = config.source.parent / FILE
    values.write_text("[about]\n", encoding="utf-8")
    assert "gerade nicht lesbar" in owner.get(PAGE).text
    values.write_bytes(b"\xff\xfe\xff")
    assert "gerade nicht lesbar" in owner.get(PAGE).text
    values.unlink()
    page = owner.get(PAGE).text
    assert "noch keine Kennwerte von Häusern hinterlegt" in page
    assert "Woher die Zahlen sind" not in page


def test_gas_says_by_what_it_was_divided(fresh: FlaskClient) -> None:
    page = enter(fresh, house=HOUSE, heating=HEATING, bill=GAS)
    # 27,750 / 1.11 = 25,000 kWh; with 15 % hot water, and 3300 K d of 3400
    assert "Ihr Haus 205 kWh je m² im Jahr" in page
    assert "durch 1,11 geteilt, wie es HeizkostenV § 9 sagt" in page
    assert "Gedämmt oder neue Fenster? nein" in page


def test_without_area_and_bill_the_page_says_so(fresh: FlaskClient) -> None:
    page = enter(fresh, house={"type": "RH"}, heating={}, bill=None)
    assert "Ohne die Wohnfläche" in page
    assert "Ohne eine Rechnung" in page
    assert "Baujahr nicht bekannt" in page
    assert "Häuser wie Ihres mal dem" in page
    assert "im Jahr weniger" not in page


def test_without_a_type_there_are_no_houses_like_it(fresh: FlaskClient) -> None:
    page = enter(fresh, house={"area": "125"}, heating={"hot_water": "no"}, bill=GAS)
    assert "fehlt die Art des Hauses" in page
    assert "Das warme Wasser macht nicht Ihre Heizung" in page
    assert "Sanierung" not in page


@pytest.mark.parametrize("heating", [{"heating": "heat_pump"}, {}])
def test_electricity_that_may_be_a_heat_pumps_is_not_compared(
    fresh: FlaskClient, heating: dict[str, str]
) -> None:
    power = {**GAS, "unit": "power_kwh", "amount": "6.000"}
    page = enter(fresh, house=HOUSE, heating=heating, bill=power)
    assert "Ihre Rechnungen zählen Strom" in page
    assert "Ihr Haus 4" not in page


def test_electricity_of_storage_heaters_is_heat(fresh: FlaskClient) -> None:
    power = {**GAS, "unit": "power_kwh", "amount": "20.000"}
    page = enter(
        fresh, house={**HOUSE, "refurbishment": "full"}, heating={"heating": "storage_heater"},
        bill=power,
    )  # fmt: skip
    assert "Ihr Haus 164 kWh je m² im Jahr" in page
    assert "schon so weit saniert" in page

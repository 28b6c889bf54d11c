"""`/karte/haus`: a household enters its own house by card, and takes it back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from edge.access.sessions import Bearer
from edge.cadastre.household import InSums, in_sums
from edge.care.consent import HEAT_BILLS, HEAT_SUMS
from edge.clock import FixedClock
from edge.config import Config, load
from edge.desk.register import card_hash
from edge.desk.vault import Vault
from edge.heat.sums import Formed, HouseholdSum
from edge.store.personal import PersonalStore
from edge.store.personal_homes import ADDRESS, NEW
from edge.store.setup import create
from edge.web.access import COOKIE, sessions_of
from edge.web.app import create_app
from hardware.reading import TimeQuality
from tests.furnish_home import CARD, FRESH_CARD, furnish_home
from tests.hall import NOW_MS, furnished
from tests.signed_in import sign_in

HOUSE = {"type": "EFH", "year_built": "1962", "area": "125,5", "units": "1"}
HEATING = {"heating": "boiler", "carrier": "oil", "hot_water": "yes", "generator_year": "2004"}
BILL = {"unit": "oil_l", "amount": "2.400", "first": "1.1.2024", "last": "31.12.2024"}


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


@pytest.fixture(scope="module")
def patient(made: Path) -> FlaskClient:
    """A browser from which nothing is ever kept, so that tests can share it."""
    return _client(load(made / "hub.toml"), FRESH_CARD)


@pytest.fixture
def client(config: Config) -> FlaskClient:
    return _client(config, FRESH_CARD)


@pytest.fixture
def personal(config: Config) -> Iterator[PersonalStore]:
    with Vault.of(config) as vault, vault.open() as store:
        yield store


def _client(config: Config, card: str) -> FlaskClient:
    app = create_app(config, FixedClock(NOW_MS, TimeQuality.SYNCHRONISED))
    client = app.test_client()
    token = sessions_of(app).begin(FixedClock(0).monotonic_ns / 1e9, Bearer(card=card_hash(card)))
    client.set_cookie(COOKIE, token)
    return client


def send(client: FlaskClient, step: str, **form: str) -> TestResponse:
    return client.post(f"/karte/haus/{step}", data=form)


def enter(client: FlaskClient, number: str = "3", **more: str) -> None:
    assert send(client, "neu").status_code == 303
    done = send(client, "adresse", street="Lindenstr.", number=number, **more)
    assert done.status_code == 303, done.text
    assert send(client, "gebaeude", **HOUSE).status_code == 303
    assert send(client, "heizung", **HEATING).status_code == 303
    assert send(client, "rechnungen", **BILL).status_code == 303


def test_a_house_is_kept_as_it_was_entered(client: FlaskClient, personal: PersonalStore) -> None:
    enter(client)
    page = client.get("/karte/haus/pruefen").text
    assert "meines Hauses Lindenstraße 3 hier im Dorf" in page
    assert personal.homes() == {1: [personal.find_person("Inge Roth").person]}  # type: ignore[union-attr]
    assert send(client, "pruefen", agreed="1").status_code == 303
    oleh = personal.find_person("Oleh Bondar").person  # type: ignore[union-attr]
    facts = personal.home_facts_of(oleh, 3)
    assert {name: one.value for name, one in facts.items()} == {
        "type": "EFH",
        "year_built": 1962.0,
        "area": 125.5,
        "area_kind": "living",
        "units": 1.0,
        "heating": "boiler",
        "carrier": "oil",
        "hot_water": "yes",
        "generator_year": 2004.0,
        "bill:1": "oil_l|2400.0|2024-01-01|2024-12-31",
        "year:2024": pytest.approx(24_000 * 365 / 366),
    }
    bill = facts["year:2024"]
    assert (bill.day, bill.method.name) == (date(2024, 12, 31), "BILL")
    assert "10 kWh/l, HeizkostenV § 9" in bill.source
    (consent,) = [one for one in personal.consents(oleh) if one.data_kind == HEAT_BILLS]
    assert consent.sentence.startswith("Ich bin damit einverstanden")
    assert consent.given_how == "selbst am Terminal, mit der eigenen Karte"
    page = client.get("/karte/haus").text
    assert "Heizöl in Litern: 2.400 · 1.1.2024 – 31.12.2024" in page


def test_what_is_corrected_leaves_nothing_of_before(
    config: Config, personal: PersonalStore
) -> None:
    client = _client(config, CARD)
    inge = personal.find_person("Inge Roth").person  # type: ignore[union-attr]
    assert send(client, "1/aendern").headers["Location"] == "/karte/haus/gebaeude#inhalt"
    assert 'value="1965"' in client.get("/karte/haus/gebaeude").text
    assert send(client, "rechnungen/1/weg").status_code == 303
    assert send(client, "pruefen", agreed="1").status_code == 303
    assert "year:2023" not in personal.home_facts_of(inge, 1)
    assert {"year:2024", "year:2025", "bill:1", "bill:2"} <= set(personal.home_facts_of(inge, 1))
    versions = [one.version for one in personal.consents(inge) if one.data_kind == HEAT_BILLS]
    assert versions == [1, 2]  # other words than before
    send(client, "1/aendern")
    send(client, "pruefen", agreed="1")
    assert len([one for one in personal.consents(inge) if one.data_kind == HEAT_BILLS]) == 2


@pytest.mark.parametrize(
    ("step", "form", "field", "says"),
    [
        ("adresse", {"street": "", "number": "3"}, "street", "Bitte die Straße eintragen"),
        ("adresse", {"street": "12", "number": "3"}, "street", "Bitte die Straße eintragen"),
        ("adresse", {"street": "x" * 119, "number": "3"}, "street", "Bitte die Straße eintragen"),
        ("adresse", {"street": "Linde", "number": "drei"}, "number", "Bitte die Hausnummer"),
        ("gebaeude", {"year_built": "65"}, "year_built", "mit vier Ziffern"),
        ("gebaeude", {"year_built": "2031"}, "year_built", "mit vier Ziffern"),
        ("gebaeude", {"area": "groß"}, "area", "Bitte eine Zahl von 10"),
        ("gebaeude", {"area": "99999999"}, "area", "Bitte eine Zahl von 10"),
        ("gebaeude", {"type": "Zelt"}, "type", "Bitte wählen Sie eines aus."),
        ("heizung", {"generator_kw": "-3"}, "generator_kw", "Bitte eine Zahl von 1"),
        ("rechnungen", {**BILL, "unit": ""}, "unit", "Bitte wählen Sie, was"),
        ("rechnungen", {**BILL, "amount": ""}, "amount", "Bitte eine Zahl eintragen"),
        ("rechnungen", {**BILL, "amount": "7"}, "amount", "So viel kann ein Haus"),
        ("rechnungen", {**BILL, "first": "gestern"}, "first", "Bitte einen Tag"),
        ("rechnungen", {**BILL, "last": "30.2.2024"}, "last", "Bitte einen Tag"),
        ("rechnungen", {**BILL, "last": "31.12.2027"}, "last", "in der Zukunft"),
        ("rechnungen", {**BILL, "last": "31.3.2024"}, "last", "11 bis 13 Monate"),
        ("rechnungen", {**BILL, "last": "31.12.2023"}, "last", "vor dem ersten"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(
    patient: FlaskClient, step: str, form: dict[str, str], field: str, says: str
) -> None:
    client = patient
    send(client, "adresse", street="Lindenstr.", number="3")
    done = send(client, step, **form)
    assert done.status_code == 422
    assert says in done.text
    assert f'id="{field}-fehler"' in done.text
    for text in form.values():
        if text and text not in {"Zelt", "oil_l"}:
            assert f'value="{text}"' in done.text


def test_the_same_bill_twice_is_said(client: FlaskClient) -> None:
    enter(client)
    done = send(client, "rechnungen", **{**BILL, "first": "1.3.2024", "last": "28.2.2025"})
    assert "Für diese Zeit haben Sie schon eine Rechnung" in done.text


def test_other_scripts_digits_are_digits(client: FlaskClient) -> None:
    send(client, "adresse", street="Lindenstr.", number="٣")
    assert "Lindenstraße 3" in client.get("/karte/haus/gebaeude").text
    digits = {"amount": "٢٤٠٠", "first": "١.١.٢٠٢٤", "last": "٣١.١٢.٢٠٢٤"}
    assert send(client, "rechnungen", **{**BILL, **digits}).status_code == 303


def test_a_new_address_waits_for_somebody_of_the_office(
    client: FlaskClient, personal: PersonalStore
) -> None:
    asked = send(client, "adresse", street="Am Neubau", number="1")
    assert asked.status_code == 200
    assert "steht noch nicht im Verzeichnis" in asked.text
    enter(client, "77", building=str(NEW))
    assert "Jemand vom Amt darf sie ansehen" in client.get("/karte/haus/pruefen").text
    send(client, "pruefen", agreed="1")
    oleh = personal.find_person("Oleh Bondar").person  # type: ignore[union-attr]
    assert personal.new_homes() == [(oleh, "Lindenstr. 77")]
    assert "Jemand vom Amt prüft die Adresse noch." in client.get("/karte/haus").text
    assert personal.place_home(oleh, 5)
    assert not personal.place_home(oleh, 5)
    facts = personal.home_facts_of(oleh, 5)
    assert facts["carrier"].value == "oil"
    assert ADDRESS not in facts
    assert personal.homes()[5] == [oleh]
    assert "Lindenstraße 5" in client.get("/karte/haus").text


def test_nothing_is_kept_without_agreeing(client: FlaskClient, personal: PersonalStore) -> None:
    enter(client)
    done = send(client, "pruefen")
    assert done.status_code == 422
    assert "Ohne Ihr Einverständnis speichern wir nichts." in done.text
    oleh = personal.find_person("Oleh Bondar").person  # type: ignore[union-attr]
    assert (personal.consents(oleh), personal.homes_of(oleh)) == ([], [])


def test_taking_it_back_erases_it(config: Config, personal: PersonalStore) -> None:
    client = _client(config, CARD)
    inge = personal.find_person("Inge Roth").person  # type: ignore[union-attr]
    assert client.get("/karte/haus/loeschen").status_code == 200
    assert send(client, "loeschen").status_code == 303
    assert personal.connection.rows("SELECT * FROM heat_home_fact_sealed") == []
    assert personal.homes_of(inge) == []
    page = client.get("/karte/haus?getan=geloescht").text
    assert "Lindenstraße" not in page
    assert client.get("/karte/haus/loeschen").status_code == 303


def test_fertig_forgets_what_was_typed(client: FlaskClient) -> None:
    enter(client)
    client.post("/fertig")
    assert client.get("/karte/haus/pruefen").headers["Location"] == "/karte"


def test_at_a_volunteer_s_desk_another_card_finds_nothing_of_the_one_before(
    config: Config,
) -> None:
    app = create_app(config, FixedClock(NOW_MS, TimeQuality.SYNCHRONISED))
    desk = sign_in(app.test_client())
    assert desk.post("/karte", data={"nummer": FRESH_CARD}).status_code == 303
    enter(desk)
    assert "2.400" in desk.get("/karte/haus/pruefen").text
    assert desk.post("/karte", data={"nummer": CARD}).status_code == 303
    assert desk.get("/karte/haus/pruefen").location.endswith("/karte/haus/adresse")
    assert "Weiter eintragen" not in desk.get("/karte/haus").text


def test_another_card_finds_nothing_of_the_one_before(client: FlaskClient) -> None:
    enter(client)
    assert client.post("/karte", data={"nummer": CARD}).status_code == 303
    assert client.get("/karte/haus/pruefen").headers["Location"] == "/karte/haus/adresse"


def test_a_locked_hub_says_so_before_anybody_types(config: Config, client: FlaskClient) -> None:
    enter(client)
    key = config.personal.key_file.read_text()
    config.personal.key_file.unlink()
    for step in ("", "/adresse", "/gebaeude", "/rechnungen", "/pruefen"):
        page = client.get(f"/karte/haus{step}")
        assert page.status_code == 503
        assert "gerade verschlossen" in page.text
    assert send(client, "pruefen", agreed="1").status_code == 503
    config.personal.key_file.write_text(key)
    assert "2.400" in client.get("/karte/haus/pruefen").text  # nothing typed is lost


def test_who_may_not(config: Config) -> None:
    assert _client(config, "DHK1-" + "9F" * 16).get("/karte/haus").status_code == 409
    client = create_app(config, FixedClock(NOW_MS, TimeQuality.SYNCHRONISED)).test_client()
    for step in ("", "/adresse", "/pruefen", "/loeschen"):
        assert client.get(f"/karte/haus{step}").headers["Location"] == "/karte"
    assert client.post("/karte/haus/loeschen").headers["Location"] == "/karte"


def test_whoever_comes_too_early_is_led_to_the_beginning(client: FlaskClient) -> None:
    for step in ("gebaeude", "heizung", "rechnungen", "pruefen"):
        for done in (client.get(f"/karte/haus/{step}"), send(client, step, agreed="1")):
            assert done.headers["Location"] == "/karte/haus/adresse"
    assert send(client, "9/aendern").headers["Location"] == "/karte/haus#inhalt"


def test_six_bills_are_enough(client: FlaskClient) -> None:
    send(client, "adresse", street="Lindenstr.", number="3")
    for n in range(6):
        year = 2025 - n
        days = {"first": f"1.1.{year}", "last": f"31.12.{year}"}
        done = send(client, "rechnungen", **{**BILL, **days}, weiter="mehr")
    assert done.headers["Location"] == "/karte/haus/pruefen#inhalt"
    assert "Mehr Rechnungen brauchen wir nicht." in client.get("/karte/haus/rechnungen").text


def test_the_card_says_where_the_house_is(config: Config) -> None:
    page = _client(config, CARD).get("/karte").text
    assert 'href="/karte/haus"' in page
    assert "Lindenstraße" not in page


def test_other_tongues_read_the_sentence_beside_the_german(
    client: FlaskClient, personal: PersonalStore
) -> None:
    client.post("/anzeige", data={"sprache": "en", "zurueck": "/karte/haus"})
    enter(client)
    page = client.get("/karte/haus/pruefen").text
    assert '<blockquote class="sentence" lang="en"' in page
    assert '<blockquote class="sentence" lang="de"' in page
    send(client, "pruefen", agreed="1")
    oleh = personal.find_person("Oleh Bondar").person  # type: ignore[union-attr]
    (consent,) = personal.consents(oleh)
    assert "I agree" in consent.sentence
    assert "Ich bin damit einverstanden" in consent.sentence


def test_helping_with_a_sum_is_off_until_somebody_ticks_it(
    config: Config, personal: PersonalStore
) -> None:
    client = _client(config, CARD)
    inge = personal.find_person("Inge Roth").person  # type: ignore[union-attr]
    assert 'href="/karte/haus/summe#inhalt"' in client.get("/karte/haus").text
    page = client.get("/karte/haus/summe").text
    assert "in eine Summe mit mindestens vier anderen Häusern" in page
    assert "checked" not in page
    refused = send(client, "summe")
    assert refused.status_code == 422
    assert "Bitte setzen Sie das Häkchen" in refused.text
    assert not in_sums(personal, inge).agrees
    assert send(client, "summe", agreed="1").location.startswith("/karte/haus?getan=mitgeholfen")
    send(client, "summe", agreed="1")
    (consent,) = [one for one in personal.consents(inge) if one.data_kind == HEAT_SUMS]
    assert consent.sentence.startswith("Ich bin damit einverstanden, dass der Verbrauch")
    assert "Von mir steht nichts mehr darin." in consent.sentence
    for where in ("/karte/haus/summe", "/karte/haus?getan=mitgeholfen"):
        page = client.get(where).text
        assert "sobald genug Häuser zusammen sind und alles Nötige bekannt ist" in page
        assert "alle im Haus müssen zustimmen" in page
    done = send(client, "summe/nicht-mehr")
    assert done.location.startswith("/karte/haus?getan=nicht-mehr")
    assert "kommt in keine Summe mehr" in client.get("/karte/haus?getan=nicht-mehr").text
    assert not in_sums(personal, inge).agrees
    assert personal.homes_of(inge) == [1]


def test_who_was_in_a_sum_reads_so_and_is_asked_no_more(
    config: Config, personal: PersonalStore
) -> None:
    client = _client(config, CARD)
    inge = personal.find_person("Inge Roth").person  # type: ignore[union-attr]
    send(client, "summe", agreed="1")
    told = HouseholdSum("EFH", "E", 5, 100, 150.0)
    personal.form_sums(lambda homes, *_: [Formed(told, (homes[0].building,))])
    assert "Ihr Haus ist in einer Summe." in client.get("/karte/haus").text
    page = client.get("/karte/haus/summe").text
    assert "Die Summe, die es schon gibt, bleibt." in page
    send(client, "summe/nicht-mehr")
    page = client.get("/karte/haus/summe").text
    assert "Ihr Haus war schon in einer Summe." in page
    assert "<blockquote" not in page
    # erasing what was said of the house takes back both, and says what stays
    stays = "Nur dass Ihr Haus schon in einer Summe war, bleibt verschlüsselt vermerkt."
    assert stays in client.get("/karte/haus/loeschen").text
    assert stays in client.get(send(client, "loeschen").location).text
    assert in_sums(personal, inge) == InSums(agrees=False, counted=True)


def test_erasing_the_house_takes_back_the_sum_as_well(
    config: Config, personal: PersonalStore
) -> None:
    client = _client(config, CARD)
    inge = personal.find_person("Inge Roth").person  # type: ignore[union-attr]
    send(client, "summe", agreed="1")
    assert "schon in einer Summe" not in client.get("/karte/haus/loeschen").text
    assert "schon in einer Summe" not in client.get(send(client, "loeschen").location).text
    assert in_sums(personal, inge) == InSums(agrees=False, counted=False)
    assert client.get("/karte/haus/summe").headers["Location"] == "/karte/haus#inhalt"
    done = send(client, "summe", agreed="1")
    assert not in_sums(personal, inge).agrees
    assert "Danke" not in client.get(done.location).text


def test_the_sum_s_sentence_stands_beside_the_german(config: Config) -> None:
    client = _client(config, CARD)
    client.post("/anzeige", data={"sprache": "tr", "zurueck": "/karte/haus"})
    page = client.get("/karte/haus/summe").text
    assert '<blockquote class="sentence" lang="tr"' in page
    assert '<blockquote class="sentence" lang="de"' in page


def test_without_a_card_and_locked_the_sum_is_closed(config: Config) -> None:
    client = create_app(config, FixedClock(NOW_MS, TimeQuality.SYNCHRONISED)).test_client()
    for done in (
        client.get("/karte/haus/summe"),
        send(client, "summe", agreed="1"),
        send(client, "summe/nicht-mehr"),
    ):
        assert done.headers["Location"] == "/karte"
    config.personal.key_file.unlink()
    assert _client(config, CARD).get("/karte/haus/summe").status_code == 503

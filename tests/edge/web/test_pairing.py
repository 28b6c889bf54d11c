"""The volunteers' pages: what a person sees at each step, and what is sent on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from edge.clock import FixedClock
from edge.collect.ble.silence import TALK_MS
from edge.config import Config, load
from edge.process.heartbeat import Heartbeat, Part, Status
from edge.store.village import VillageStore
from edge.store.village_rows import Request
from edge.web.app import create_app
from edge.web.pairing_page import UNSERVED_MS
from tests.signed_in import sign_in

NOW_MS = 1_795_447_440_000
A = "C0:00:00:00:A1:B2"
HOME = "/geraete/koppeln"
BUTTON, DAY_MS = "ble:C0000000A1B2", 86_400_000


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "hub.toml"
    file.write_text(
        '[hub]\nname = "Haus"\nvillage = "Holzheim"\n[radio]\nkind = "bluez"\n', "utf-8"
    )
    config = load(file)
    config.hub.run.mkdir(parents=True)
    with VillageStore(config.hub.village_db):
        return config


@pytest.fixture
def client(config: Config) -> FlaskClient:
    return sign_in(create_app(config, FixedClock(NOW_MS)).test_client())


def words(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def sent(client: FlaskClient, path: str, **form: str) -> str:
    answer = client.post(path, data=form)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"]


def asked(config: Config, number: int) -> Request:
    with VillageStore(config.hub.village_db) as village:
        request = village.request(number)
    assert request is not None
    return request


def answered(config: Config, path: str, *, done: bool | None, **result: object) -> None:
    number = int(path.rsplit("/", 1)[1])
    with VillageStore(config.hub.village_db) as village:
        if done is None:
            village.progress(number, result)
        else:
            village.finish(number, done=done, at=NOW_MS, result=result)


def enrol(config: Config, *, battery: int | None = None, name: str = "Manschette") -> None:
    with VillageStore(config.hub.village_db) as village:
        number = village.device("ble:C0000000A1B2", kind="ble", battery_percent=battery)
        village.add_ble_device(A, number, "1810", name, NOW_MS - 86_400_000)


def test_the_first_page_says_what_to_do(client: FlaskClient) -> None:
    html = words(client, HOME)
    assert "Noch ist keines gekoppelt." in html
    assert "Das Sammeln der Messwerte steht still." in html
    assert 'http-equiv="refresh"' not in html
    assert HOME in words(client, "/")


def test_the_list_is_live_until_somebody_stops_it(client: FlaskClient, config: Config) -> None:
    path = sent(client, f"{HOME}/suche")
    assert asked(config, int(path.rsplit("/", 1)[1])).kind == "look"
    html = words(client, path)
    assert 'http-equiv="refresh" content="4"' in html
    assert "Noch ist kein Gerät zu hören" in html
    near = {"address": A, "name": "", "kind": "Waage", "bars": 3, "distance": "nah"}
    button = near | {"kind": "BTHome-Sensor", "name": "<b>Knopf", "advert": True}
    answered(config, path, done=None, stage="looking", found=[near, button])
    html = words(client, path)
    assert "<strong>Waage</strong>" in html
    assert "bars-3" in html
    assert "&lt;b&gt;Knopf" in html
    assert html.count("ist ein Rufknopf") == 1
    assert 'http-equiv="refresh"' not in words(client, f"{path}?halt=1")
    answered(config, path, done=True, stage="looking", found=[])
    assert "Die Suche ist zu Ende" in words(client, path)


def test_without_a_radio_the_search_says_so(client: FlaskClient, config: Config) -> None:
    path = sent(client, f"{HOME}/suche")
    answered(config, path, done=False, error="x", hint="Bitte den Adapter anstecken.")
    assert "Bitte den Adapter anstecken." in words(client, path)


def test_from_choosing_to_the_name(client: FlaskClient, config: Config) -> None:
    path = sent(client, f"{HOME}/neu", address=A.lower(), sos="1")
    request = asked(config, int(path.rsplit("/", 1)[1]))
    assert (request.kind, request.arguments["address"]) == ("pair", A)
    assert request.arguments["sos"] is True
    assert 'content="2"' in words(client, path)
    answered(config, path, done=None, stage="connecting", name="BPM")
    assert "Der Hub spricht mit BPM" in words(client, path)
    answered(config, path, done=None, stage="passkey")
    html = words(client, path)
    assert 'class="digits"' in html
    assert 'content="30"' in html
    assert sent(client, f"{path}/code", code="12345").endswith("falsch=1")
    assert "genau sechs Ziffern" in words(client, f"{path}?falsch=1")
    assert sent(client, f"{path}/code", code="012 345") == path
    with VillageStore(config.hub.village_db) as village:
        [typed] = village.open_requests("passkey")
    assert typed.arguments == {"pairing": request.request, "passkey": 12_345}
    enrol(config)
    answered(config, path, done=True, address=A, name="BPM", battery=87, blinked=True)
    html = words(client, path)
    assert "Gekoppelt: BPM" in html
    assert "noch 87 %" in html
    assert "geblinkt" in html
    assert "ersten Werte sind" not in html
    with VillageStore(config.hub.village_db) as village:
        village.sensors_gave({A: NOW_MS - 1})  # under an earlier pairing
    assert "ersten Werte sind" not in words(client, path)
    with VillageStore(config.hub.village_db) as village:
        village.sensors_gave({A: NOW_MS})
    assert "Seine ersten Werte sind angekommen." in words(client, path)
    assert sent(client, f"{HOME}/name", address=A, name=" Stube\x07 ", stunden="96") == HOME
    with VillageStore(config.hub.village_db) as village:
        assert village.ble_devices()[0].name == "Stube"
        assert village.sensor_lives()[A].expected_s == 96 * 3600


def test_a_failure_says_what_to_do(client: FlaskClient, config: Config) -> None:
    path = sent(client, f"{HOME}/neu", address=A)
    answered(config, path, done=False, hint="Bitte die Batterie wechseln.")
    html = words(client, path)
    assert 'role="alert">Bitte die Batterie wechseln.' in html
    assert 'http-equiv="refresh"' not in html


@pytest.mark.parametrize("start", ["suche", "neu", "loesen"])
def test_who_waits_is_told_when_nobody_serves(config: Config, start: str) -> None:
    clock = FixedClock(NOW_MS)
    client = sign_in(create_app(config, clock).test_client())
    path = sent(client, f"{HOME}/{start}", address=A)
    assert 'http-equiv="refresh"' in words(client, path)
    clock.advance(UNSERVED_MS)
    html = words(client, path)
    assert 'role="alert"' in html
    assert "steht still" in html
    assert "dorfhub doctor" in html
    assert 'http-equiv="refresh"' not in html
    _beat(config)  # the collector works, at somebody else's pairing
    assert 'http-equiv="refresh"' in words(client, path)


def test_a_sensor_that_gave_values_was_heard(client: FlaskClient, config: Config) -> None:
    enrol(config)
    assert "noch nicht" in words(client, HOME)
    with VillageStore(config.hub.village_db) as village:
        village.sensors_gave({A: NOW_MS - 60_000})
    assert "noch nicht" not in words(client, HOME)


def test_unpairing_asks_first(client: FlaskClient, config: Config) -> None:
    enrol(config)
    assert "Manschette wirklich lösen?" in words(client, f"{HOME}/loesen/{A}")
    with VillageStore(config.hub.village_db) as village:
        assert not village.open_requests()
    path = sent(client, f"{HOME}/loesen", address=A)
    answered(config, path, done=True, bond="kept", device_forgot=False, known=True)
    html = words(client, path)
    assert "Adapter nicht antwortet" in html
    assert "Die Messwerte bleiben erhalten." in html
    assert "Es gehört jetzt niemandem mehr" in html


def test_signs_of_life_without_a_moment(client: FlaskClient, config: Config) -> None:
    enrol(config, battery=12)
    with VillageStore(config.hub.village_db) as village:
        village.sensors_heard({A: (NOW_MS - 60_000, -60)})
        village.tell_sensor(A, "ble:C0000000A1B2", "silent", NOW_MS, NOW_MS - 3 * 86_400_000)
        village.add_sensor_event("ble:gone", "sos", NOW_MS - 120_000)
    with _beat(config):
        html = words(client, HOME)
    assert "heute, nah" in html
    assert "12 %" in html
    assert "keine seit" in html
    assert "keine Werte mehr" in html
    assert "Ruf vor 2 Minuten" in html
    assert "A1:B2" in html
    assert A not in re.sub(r'(href|value)="[^"]*"', "", html)


def _beat(config: Config) -> Heartbeat:
    beat = Heartbeat(config.hub.run, "collector")
    beat.beat(Status("ok", "", (Part("radio", "ok"),)))
    return beat


@pytest.mark.parametrize("path", ["/suche", "/neu", "/name", "/loesen"])
def test_another_sites_form_is_refused(client: FlaskClient, config: Config, path: str) -> None:
    for origin in ("http://evil.example", "null"):
        answer = client.post(HOME + path, data={"address": A}, headers={"Origin": origin})
        assert answer.status_code == 403
    with VillageStore(config.hub.village_db) as village:
        assert not village.open_requests()
    assert client.get(HOME).headers["Referrer-Policy"] == "same-origin"
    own = client.post(f"{HOME}/suche", headers={"Origin": "http://localhost"})
    assert own.status_code == 303


@pytest.mark.parametrize("address", ["", "x", "C0:00:00:00:A1"])
def test_what_is_no_address_is_refused(client: FlaskClient, address: str) -> None:
    for path in ("/neu", "/loesen", "/name"):
        assert client.post(HOME + path, data={"address": address}).status_code == 400


def test_what_is_not_there(client: FlaskClient) -> None:
    for path in ("/suche/9", "/vorgang/9", f"/loesen/{A}"):
        words(client, HOME + path, 404)
    assert client.post(f"{HOME}/name", data={"address": A}).status_code == 404


def test_every_form_has_labels_and_buttons_by_name(client: FlaskClient, config: Config) -> None:
    enrol(config)
    path = sent(client, f"{HOME}/neu", address=A)
    answered(config, path, done=True, address=A, name="BPM")
    for page in (HOME, path, f"{HOME}/loesen/{A}"):
        html = words(client, page)
        fields = set(re.findall(r'<(?:input|select)[^>]* id="(\w+)"', html))
        assert fields == set(re.findall(r'<label[^>]* for="(\w+)"', html))
        assert not re.findall(r"<(?:style|iframe)", html)
        ids = re.findall(r' id="([^"]+)"', html)
        assert len(ids) == len(set(ids))


def test_a_call_button_says_when_it_was_pressed_and_wants_a_probe(
    client: FlaskClient, config: Config
) -> None:
    with VillageStore(config.hub.village_db) as village:
        number = village.device(BUTTON, kind="ble", battery_percent=12)
        village.add_ble_device(A, number, "sos", "Rufknopf", NOW_MS - 40 * DAY_MS)
        html = words(client, HOME)
        assert "noch nie" in html
        assert "zur Probe drücken" in html
        assert "12 %" in html
        village.add_sensor_event(BUTTON, "sos", NOW_MS)
        html = words(client, HOME)
        assert "zur Probe" not in html
        village.sensors_heard({A: (NOW_MS + TALK_MS + 1, -60)})
        assert "spricht auch ohne Druck" in words(client, HOME)


def test_values_that_do_not_count_are_told(client: FlaskClient, config: Config) -> None:
    with VillageStore(config.hub.village_db) as village:
        number = village.device(BUTTON, kind="ble")
        village.add_ble_device(A, number, "advert", "Tür", NOW_MS - 40 * DAY_MS)
        village.sensors_gave({A: NOW_MS})
        assert "Batterie gewechselt?" not in words(client, HOME)
        village.sensor_restarted(A, BUTTON, NOW_MS, NOW_MS - 3 * DAY_MS)
    html = words(client, HOME)
    assert "zählen gerade nicht" in html
    assert "Batterie gewechselt?" in html
    assert "Werte zählen nicht, Schlüssel noch einmal eingeben" in html


def test_after_pairing_a_call_button_wants_a_press(client: FlaskClient, config: Config) -> None:
    path = sent(client, f"{HOME}/neu", address=A, sos="1")
    answered(config, path, done=True, address=A, name="Knopf", kind="Rufknopf")
    html = words(client, path)
    assert "Knopf jetzt zur Probe drücken" in html
    assert "einmal messen" not in html

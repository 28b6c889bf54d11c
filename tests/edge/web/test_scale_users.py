"""The pages of a scale's users: what a volunteer sees, and that no code stands there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from edge.clock import FixedClock
from edge.config import Config, load
from edge.store.scale_data import data_file
from edge.store.scale_users import ScaleUser, ScaleUsers, UserState
from edge.store.village import VillageStore
from edge.store.village_rows import Request
from edge.web.app import create_app
from tests.signed_in import sign_in

NOW_MS = 1_795_447_440_000
A = "C0:00:00:00:A1:B2"
HOME = "/geraete/koppeln"
USERS = f"{HOME}/benutzer/{A}"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "hub.toml"
    file.write_text(
        '[hub]\nname = "Haus"\nvillage = "Holzheim"\n[radio]\nkind = "bluez"\n', "utf-8"
    )
    config = load(file)
    config.hub.run.mkdir(parents=True)
    with VillageStore(config.hub.village_db) as village:
        number = village.device("ble:C0000000A1B2", kind="ble")
        village.add_ble_device(A, number, "181B", "Waage Flur", NOW_MS)
    return config


@pytest.fixture
def users(config: Config) -> ScaleUsers:
    users = ScaleUsers(config.hub.scale_users)
    users.announce(A)
    return users


@pytest.fixture
def client(config: Config) -> FlaskClient:
    return sign_in(create_app(config, FixedClock(NOW_MS)).test_client())


def words(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def sent(client: FlaskClient, path: str, **form: str) -> str:
    answer = client.post(f"{HOME}/benutzer/{path}", data={"address": A, **form})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"]


def asked(config: Config, path: str) -> Request:
    with VillageStore(config.hub.village_db) as village:
        request = village.request(int(path.rsplit("/", 1)[1]))
    assert request is not None
    return request


def answered(config: Config, path: str, *, done: bool, **result: object) -> None:
    with VillageStore(config.hub.village_db) as village:
        village.finish(int(path.rsplit("/", 1)[1]), done=done, at=NOW_MS, result=result)


def test_a_scale_without_users_is_offered_none(client: FlaskClient) -> None:
    assert "Benutzer" not in words(client, HOME)
    words(client, USERS, 404)
    words(client, f"{HOME}/benutzer/x", 404)


def test_a_scale_with_users_is_offered_them(client: FlaskClient, users: ScaleUsers) -> None:
    html = words(client, HOME)
    assert "noch keiner angemeldet" in html
    assert USERS in html
    html = words(client, USERS)
    assert "Der Hub kennt noch keinen Code." in html
    assert "Einen Code vergessen" not in html
    users.put(A, ScaleUser(7391, 1, 1, UserState.OK))
    users.put(A, ScaleUser(7392, 2, 1, UserState.STOPPED_CODE))
    html = words(client, USERS)
    assert "der Code stimmt nicht" in html
    assert "Der Hub versucht es nicht noch einmal" in html
    assert not re.search("739[12]", html)
    assert "mit einem Code stimmt etwas nicht" in words(client, HOME)
    users.enter(A, 2, 7392, 1)
    assert "wird beim nächsten Wiegen ausprobiert" in words(client, USERS)


def test_from_the_button_to_the_number(
    client: FlaskClient, config: Config, users: ScaleUsers
) -> None:
    path = sent(client, "neu")
    request = asked(config, path)
    assert request.kind == "user"
    assert request.arguments == {"action": "register", "address": A, "wait_s": 120}
    html = words(client, path)
    assert "Bitte jetzt auf die Waage steigen" in html
    assert 'http-equiv="refresh" content="3"' in html
    answered(config, path, done=True, index=0, registered=True)
    html = words(client, path)
    assert "Angemeldet: Benutzer 0" in html
    assert "dorfhub care assign ble:C0000000A1B2 PERSON --user-index 0" in html
    assert 'http-equiv="refresh"' not in html
    users.put(A, ScaleUser(7391, None, 1, UserState.PENDING))
    assert "Die letzte Anmeldung ist unklar" in words(client, USERS)
    assert "Neue Person anmelden" not in words(client, USERS)
    assert asked(config, sent(client, "neu", nummer="3")).arguments["index"] == 3
    assert asked(config, sent(client, "neu", keiner="1")).arguments["anew"] is True
    assert sent(client, "neu", nummer="x").endswith("falsch=1")


def test_a_code_is_in_the_file_and_nowhere_else(
    client: FlaskClient, config: Config, users: ScaleUsers
) -> None:
    path = sent(client, "code", nummer="1", code="7391")
    assert asked(config, path).arguments == {
        "action": "try",
        "address": A,
        "index": 1,
        "wait_s": 120,
    }
    assert users.user(A, 1) == ScaleUser(7391, 1, NOW_MS)
    for file in config.hub.village_db.parent.glob("village.db*"):
        assert b"7391" not in file.read_bytes()
    answered(config, path, done=False, hint="Der Code stimmt nicht.")
    html = words(client, path)
    assert "Der Code ging nicht" in html
    assert "Der Code stimmt nicht." in html
    for wrong in ({"nummer": "255", "code": "1"}, {"nummer": "1", "code": "12345"}, {"code": "1"}):
        location = sent(client, "code", **wrong)
        assert location.endswith("falsch=1")
        assert "keine gültige Eingabe" in words(client, location)
    assert sent(client, "vergessen", nummer="1") == USERS
    assert users.users(A) == ()
    answer = client.post(f"{HOME}/benutzer/vergessen", data={"address": A, "nummer": "1"})
    assert answer.status_code == 404


def test_what_a_scale_is_told_lies_in_memory_for_a_moment(
    client: FlaskClient, config: Config, users: ScaleUsers
) -> None:
    assert "Der Waage etwas über die Person sagen" not in words(client, USERS)
    users.enter(A, 1, 7391, 1)
    html = words(client, USERS)
    assert "Der Waage etwas über die Person sagen" in html
    path = sent(client, "angaben", nummer="1", geboren="1948-03-09", geschlecht="w", groesse="163")
    arguments = asked(config, path).arguments
    lies = config.hub.run / data_file(str(arguments.pop("file")))
    assert arguments == {"action": "data", "address": A, "index": 1, "wait_s": 120}
    assert json.loads(lies.read_text()) == {"born": "1948-03-09", "sex": 1, "height_cm": 163}
    assert lies.stat().st_mode & 0o777 == 0o600
    for file in config.hub.village_db.parent.glob("village.db*"):
        assert b"1948" not in file.read_bytes()
    assert "Bitte jetzt auf die Waage steigen" in words(client, path)
    assert lies.exists()
    answered(config, path, done=True, index=1, written=True)
    assert "Auf der Waage eingetragen: Benutzer 1" in words(client, path)
    assert not lies.exists()
    path = sent(client, "angaben", nummer="1", geboren="09.03.1948", geschlecht="", groesse="")
    answered(config, path, done=False, hint="Die Waage war nicht zu hören.")
    assert "Nicht eingetragen" in words(client, path)
    assert list(config.hub.run.glob("scale-data-*")) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"geschlecht": "x"},
        {"groesse": "49"},
        {"groesse": "x"},
        {"geboren": "morgen"},
        {"geboren": "2948-03-09"},
        {"geboren": "1500-03-09"},
        {"groesse": "163", "nummer": "2"},
        {"groesse": "163", "nummer": ""},
    ],
)
def test_what_cannot_be_right_is_not_sent(
    client: FlaskClient, config: Config, users: ScaleUsers, wrong: dict[str, str]
) -> None:
    users.enter(A, 1, 7391, 1)
    location = sent(client, "angaben", **{"nummer": "1", **wrong})
    assert location.endswith("falsch=angaben")
    assert "mindestens eine Angabe" in words(client, location)
    assert list(config.hub.run.glob("scale-data-*")) == []


def test_strangers_and_other_requests_get_nothing(
    client: FlaskClient, config: Config, users: ScaleUsers
) -> None:
    assert users.devices() == {A}
    form = {"address": A, "nummer": "1", "code": "1"}
    answer = client.post(
        f"{HOME}/benutzer/code", data=form, headers={"Origin": "http://elsewhere.example"}
    )
    assert answer.status_code == 403
    assert users.users(A) == ()
    with VillageStore(config.hub.village_db) as village:
        look = village.ask("look", {}, NOW_MS)
        gone = village.ask("user", {"action": "try", "address": "C0:00:00:00:00:09"}, NOW_MS)
    words(client, f"{HOME}/benutzer/vorgang/{look}", 404)
    words(client, f"{HOME}/benutzer/vorgang/{gone}", 404)


def test_codes_that_cannot_be_read_hide_no_other_sensor(
    client: FlaskClient, config: Config, users: ScaleUsers
) -> None:
    config.hub.scale_users.unlink()
    config.hub.scale_users.mkdir()
    html = words(client, HOME)
    assert "Waage Flur" in html
    assert "Codes nicht lesbar" in html
    assert "dorfhub doctor" in words(client, USERS, 503)
    assert users is not None


def test_a_spoiled_file_is_set_aside(
    client: FlaskClient, config: Config, users: ScaleUsers
) -> None:
    config.hub.scale_users.write_text("{")
    assert "Waage Flur" in words(client, HOME)
    assert users.aside.exists()

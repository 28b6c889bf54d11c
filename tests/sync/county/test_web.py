"""The officials' pages as a browser meets them: login, forms with a token, what they say."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask.testing import FlaskClient

from edge.process.heartbeat import Part, Status
from edge.process.log import Log
from sync import custody, words
from sync.county import hub as county_hub
from sync.county.config import load
from sync.county.errand import book_of
from sync.county.ledger import Contact
from sync.county.municipalities import TILES
from sync.county.web.app import create_app
from sync.county.web.officials import OfficialError, Officials
from sync.identity import Identity

if TYPE_CHECKING:
    from tests.sync.county.conftest import Office, Writer

NOW = 1_795_000_000_000
NAME, PASSWORD = "Frau Becker", "vier lange Wörter hier"


@pytest.fixture
def county_folder(tmp_path: Path) -> Path:
    config = county_hub.create(tmp_path / "kreis", "Landkreis Gießen")
    Officials(config.officials).set(NAME, PASSWORD)
    return tmp_path / "kreis"


@pytest.fixture
def client(office: Office) -> FlaskClient:
    return client_of(office)


_CUT = "cut after 9 of 20 bytes"


def client_of(office: Office, **more: Any) -> FlaskClient:
    config = load(office.county.config.source)
    app = create_app(config, now_ms=lambda: NOW + 60_000, log=Log("county"), **more)
    app.testing = True
    return app.test_client()


def token(client: FlaskClient, path: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', client.get(path).text)
    assert found
    return found[1]


def log_in(client: FlaskClient, name: str = NAME, password: str = PASSWORD) -> Any:
    form = {"name": name, "password": password, "token": token(client, "/anmelden")}
    return client.post("/anmelden", data=form)


def send(client: FlaskClient, page: str, path: str, **form: str) -> Any:
    return client.post(path, data=form | {"token": token(client, page)})


def text(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_nothing_is_shown_before_the_login(
    client: FlaskClient, office: Office, writer: Writer
) -> None:
    office.know(writer)
    for path in (
        "/",
        f"/hub/{writer.id}",
        f"/hub/{writer.id}/code.svg",
        "/verzeichnis",
        "/anmeldung",
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/anmelden"), path
    assert client.get("/anmelden").status_code == 200
    assert log_in(client).headers["Location"] == "/"
    assert "Wetterfeld" in text(client, "/")
    send(client, "/", "/abmelden")
    assert client.get("/").status_code == 303


def test_a_wrong_password_lets_nobody_in_and_guessing_waits(office: Office) -> None:
    now = [0.0]
    officials = Officials(office.county.config.officials, clock=lambda: now[0])
    for _ in range(5):
        assert officials.admit(NAME, "falsch geraten ist das") is None
    assert officials.admit(NAME, PASSWORD) is None  # right, but too soon
    assert officials.waiting_s() > 0
    now[0] = 31.0
    mark = officials.admit(NAME, PASSWORD)
    assert mark is not None
    assert officials.still(NAME, mark)
    assert officials.admit("niemand", PASSWORD) is None
    officials.set(NAME, "fünf ganz andere Wörter")
    assert not officials.still(NAME, mark)


def test_the_login_page_says_what_is_wrong(client: FlaskClient) -> None:
    answer = log_in(client, password="falsch geraten ist das")
    assert answer.status_code == 403
    assert "stimmen nicht" in answer.text
    assert client.get("/").status_code == 303


def test_passwords_are_not_kept_and_short_ones_refused(office: Office) -> None:
    file = office.county.config.officials
    assert file.stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in file.read_text()
    for name, password in (("Frau Becker", "zu kurz"), ("", PASSWORD), ("a\nb", PASSWORD)):
        with pytest.raises(OfficialError):
            Officials(file).set(name, password)
    with pytest.raises(OfficialError):
        Officials(file).remove("niemand")


def test_who_is_removed_is_out_at_once(client: FlaskClient, office: Office) -> None:
    log_in(client)
    assert client.get("/").status_code == 200
    Officials(office.county.config.officials).remove(NAME)
    assert client.get("/").status_code == 303


def test_a_form_without_the_token_or_from_elsewhere_changes_nothing(
    client: FlaskClient, office: Office, writer: Writer
) -> None:
    office.know(writer, confirmed=False)
    log_in(client)
    path, form = f"/hub/{writer.id}/bestaetigen", {"verglichen": "ja"}
    good = token(client, f"/hub/{writer.id}")
    for data in (form, form | {"token": ""}, form | {"token": "x" * 32}):
        assert client.post(path, data=data).status_code == 403
    stranger = {"Origin": "http://elsewhere.example"}
    assert client.post(path, data=form | {"token": good}, headers=stranger).status_code == 403
    assert office.hub(writer).state == "pending"
    own = {"Origin": "http://localhost"}
    assert client.post(path, data=form | {"token": good}, headers=own).status_code == 303
    assert office.hub(writer).state == "confirmed"


def test_every_form_refuses_without_a_session(client: FlaskClient, writer: Writer) -> None:
    app = client.application
    posts = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    assert len(posts) >= 6
    for rule in posts:
        path = rule.rule.replace("<hub>", writer.id)
        assert client.post(path, data={"token": ""}).status_code == 403, path


def test_the_desk_shows_what_to_compare_and_confirms(
    client: FlaskClient, office: Office, writer: Writer
) -> None:
    office.know(writer, confirmed=False)
    log_in(client)
    assert "Wetterfeld" in text(client, "/anmeldung")
    assert words.spoken(office.county.identity.name) in text(client, "/anmeldung")
    page = text(client, f"/hub/{writer.id}")
    assert words.spoken(writer.identity.name) in page
    code = client.get(f"/hub/{writer.id}/code.svg")
    assert (code.mimetype, b"<svg" in code.data) == ("image/svg+xml", True)
    answer = send(client, f"/hub/{writer.id}", f"/hub/{writer.id}/bestaetigen")
    assert answer.status_code == 303
    assert "ankreuzen" in text(client, f"/hub/{writer.id}")
    assert office.hub(writer).state == "pending"
    send(client, f"/hub/{writer.id}", f"/hub/{writer.id}/bestaetigen", verglichen="ja")
    assert office.hub(writer).state == "confirmed"
    writer.add(2)
    assert office.pull(writer).code == "ok"


def test_a_refused_hub_brings_nothing(client: FlaskClient, office: Office, writer: Writer) -> None:
    office.know(writer, confirmed=False)
    log_in(client)
    send(client, f"/hub/{writer.id}", f"/hub/{writer.id}/ablehnen")
    assert office.hub(writer).state == "quarantined"
    writer.add(2)
    assert office.pull(writer).code == "quarantined"
    assert office.rows() == []
    page = text(client, f"/hub/{writer.id}")
    assert "Sperre aufheben" in page


def test_a_hub_is_revoked_up_to_a_number(
    client: FlaskClient, office: Office, writer: Writer
) -> None:
    office.know(writer)
    writer.add(4)
    office.pull(writer)
    log_in(client)
    for wrong in ("", "drei", "-1", "²"):
        send(client, f"/hub/{writer.id}", f"/hub/{writer.id}/sperren", nummer=wrong)
        assert "eingeben" in text(client, f"/hub/{writer.id}")
    assert len(office.rows()) == 12
    send(client, f"/hub/{writer.id}", f"/hub/{writer.id}/sperren", nummer="3")
    page = text(client, f"/hub/{writer.id}")
    assert "Gesperrt ab Nummer 4" in page
    assert {seq for _, seq, _ in office.rows()} == {1, 2, 3}


def test_the_pages_say_why_something_is_missing(
    office: Office, new_writer: Callable[..., Writer]
) -> None:
    good, cut, forked = new_writer(name="Lauter"), new_writer(name="Treis"), new_writer(name="Lich")
    for one in (good, cut, forked):
        one.add(1)
        office.know(one)
        office.pull(one)
    ledger = office.county.ledger
    ledger.add_contact(Contact(cut.id, NOW + 1000, "http://192.0.2.1:1", "cut", _CUT))
    ledger.quarantine(forked.id, reason="fork")
    source = office.county.config.source
    source.write_text(source.read_text() + f'\n[county.places]\n"{good.id}" = "Laubach"\n')
    status = Status(
        "ok", "", (Part("pull", "ok", "2 von 3 Hubs"), Part("vacuum", "failed", "voll"))
    )
    client = client_of(office, jobs=lambda: status)
    log_in(client)
    page = text(client, "/")
    assert "Die Verbindung ist mitten in der Übertragung abgerissen." in page
    assert "Dieser Hub ist gesperrt" in page
    assert "Ohne Gemeinde: 2" in page
    assert "in Ordnung: 2 von 3 Hubs" in page
    assert "gescheitert: voll" in page
    tiles = client.get("/").text
    assert all(html.escape(name) in tiles for name in TILES)
    assert 'aria-label="Laubach: 1 Hub, alles kommt an"' in tiles
    assert "abgerissen nach 9 von 20 Bytes" in text(client, f"/hub/{cut.id}")
    ledger_page = text(client, "/verzeichnis")
    assert "Treis" in ledger_page
    assert "Nichts wurde abgewiesen." in ledger_page


def test_an_address_where_nobody_answers_is_told(client: FlaskClient, office: Office) -> None:
    log_in(client)
    for address, said in (("127.0.0.1:9", "läuft dort nicht"), ("http://", "keine Adresse")):
        send(client, "/anmeldung", "/anmeldung", adresse=address)
        assert said in text(client, "/anmeldung"), address
    assert office.county.ledger.hubs() == []


def test_names_from_a_hub_are_text(client: FlaskClient, office: Office, new_writer: Any) -> None:
    nasty = new_writer(name="<script>alert(1)</script>")
    office.know(nasty, confirmed=False)
    log_in(client)
    for path in ("/", "/anmeldung", f"/hub/{nasty.id}"):
        page = client.get(path).text
        assert "<script" not in page
        assert "&lt;script&gt;" in page


def test_pages_load_nothing_from_elsewhere_and_are_not_kept(client: FlaskClient) -> None:
    log_in(client)
    for path in ("/", "/anmeldung", "/verzeichnis"):
        answer = client.get(path)
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', answer.text)
        assert "<script" not in answer.text
        assert " style=" not in answer.text
    assert client.get("/stil/board.css").mimetype == "text/css"
    assert client.get("/hub/0000000000000000").status_code == 404
    cookie = log_in(client).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_every_municipality_has_a_tile_of_its_own() -> None:
    assert len(TILES) == 18
    assert len(set(TILES.values())) == 18


def test_a_hubs_page_says_who_carried_what_and_what_was_erased(
    client: FlaskClient, office: Office, writer: Writer
) -> None:
    hub = office.know(writer)
    log_in(client)
    assert "Wer etwas getragen hat" not in text(client, f"/hub/{writer.id}")
    cargo = custody.Cargo(writer.identity.name, writer.epoch, 3, 7, bytes(32))
    signed = custody.sign(
        Identity.generate(),
        cargo,
        kind=custody.Kind.BUS,
        name="Bus <3>",
        act=custody.Act.TAKEN,
        at_ms=NOW,
        time_quality=0,
    )
    with office.county.streams() as streams:
        book_of(office.county, streams).add([signed.raw], NOW)
        with streams.connection.transaction() as driver:
            driver.execute(
                'INSERT INTO erase_order (hub, "order", devices, taken_at, done_at, segments)'
                " VALUES (?, ?, '[]', ?, ?, 2)",
                (hub.hub, bytes(16), NOW, NOW),
            )
            driver.execute(
                'INSERT INTO erase_order (hub, "order", devices, taken_at) VALUES (?, ?, ?, ?)',
                (hub.hub, bytes([1] * 16), '["mbus:A"]', NOW),
            )
    page = text(client, f"/hub/{writer.id}")
    assert "Bus „Bus <3>“" in page
    assert "Sendungen 3 bis 7 mitgenommen" in page
    assert "2 Sendungen" in page
    assert "noch offen (dazu 1 Messreihe)" in page

"""Taking in at the desk: from a stick, from a computer, edited by two, refused and said why."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from edge.clock import FixedClock
from edge.config import Config
from edge.desk import materials
from edge.desk.uploads import PIECE_BYTES
from edge.material import sticks
from edge.material.errors import MediumError
from edge.material.shelf import Shelf, gone, shelf_of
from edge.store.village import VillageStore
from edge.store.village_materials import Material
from edge.web.app import create_app
from tests.edge.material import makers
from tests.furnish_materials import HIDDEN, PDF
from tests.hall import NOW_MS, furnished
from tests.signed_in import sign_in

DESK = "/pult/lernmaterial"
PACK = """
version = 1
source = "Landkreis Gießen"
[[material]]
file = "Notruf-Karte.pdf"
language = "de"
licence = "CC-BY-4.0"
subject = "gesundheit"
title = { de = "Notruf 112", en = "Emergency 112" }
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return furnished(tmp_path)


@pytest.fixture
def app(config: Config) -> Flask:
    return create_app(config, FixedClock(NOW_MS))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return sign_in(app.test_client())


@pytest.fixture
def stick(config: Config) -> Path:
    return config.sync.sticks[0] / "LERNSTICK"


@pytest.fixture
def known(config: Config) -> Iterator[Callable[[], dict[str, Material]]]:
    with VillageStore(config.hub.village_db) as village:
        yield lambda: {one.said("de")[1].title: one for one in village.materials()}


def text(answer: TestResponse, status: int = 200) -> str:
    page = unescape(answer.get_data(as_text=True))
    assert answer.status_code == status, page[:3000]
    return page


def taken(client: FlaskClient, *paths: str, **more: str) -> str:
    """Let what is ticked be taken from the stick, and return the page at the end."""
    begun = client.post(f"{DESK}/stick", data={"stick": "LERNSTICK", "datei": list(paths), **more})
    assert begun.status_code == 303, text(begun, begun.status_code)
    for _ in range(600):
        page = text(client.get(f"{DESK}/lauf"))
        if "Noch einen Stick" in page:
            return page
        assert "stecken lassen" in page or "Sie dürfen den Stick herausziehen" in page
        time.sleep(0.05)
    raise AssertionError("the intake never ends")


def test_only_volunteers_come_in(app: Flask) -> None:
    stranger = app.test_client()
    for path in ("", "/stick", "/lauf", f"/{PDF}", f"/{PDF}/entfernen"):
        assert stranger.get(DESK + path).status_code in (302, 303, 403)
    for path in ("/stick", "/hochladen", f"/{PDF}", f"/{PDF}/entfernen", "/abgelehnt/leeren"):
        assert stranger.post(DESK + path).status_code in (302, 303, 403)


def test_a_stick_is_taken_in_and_shown_to_everybody(
    app: Flask, client: FlaskClient, stick: Path, known: Callable[[], dict[str, Material]]
) -> None:
    page = text(client.get(f"{DESK}/stick"))
    assert "Notruf-Karte.pdf" in page
    assert "Das ist ein Programm" in page
    page = taken(
        client, "Notruf-Karte.pdf", "Filme/Brot.wav",
        language="de", licence="own", subject="heimat", source="Wir", zeigen="1",
    )  # fmt: skip
    assert "Sie dürfen den Stick herausziehen" in page
    for name in ("Brot.wav", "Notruf-Karte.pdf"):
        assert f"{name}: übernommen, zu sehen" in page
    bread = known()["Brot"]
    assert (bread.licence, bread.language, bread.subject, bread.hidden) == (
        "own", "de", "heimat", False,
    )  # fmt: skip
    assert list(bread.tracks) == ["de"]
    assert "Brot" in text(app.test_client().get("/lernen"))
    again = taken(client, "Notruf-Karte.pdf", "Filme/Brot.wav")
    for name in ("Brot.wav", "Notruf-Karte.pdf"):
        assert f"{name}: war schon da" in again
    assert len(known()) == 8
    assert sorted(one.name for one in stick.rglob("*.*")) == [
        "Brot.de.vtt", "Brot.wav", "Notruf-Karte.pdf", "spiel.exe",
    ]  # fmt: skip


def test_what_nobody_knows_the_licence_of_is_kept_and_shown_to_nobody(
    client: FlaskClient, known: Callable[[], dict[str, Material]]
) -> None:
    page = taken(client, "Notruf-Karte.pdf", language="de", licence="unknown", zeigen="1")
    assert "es fehlt: Erlaubnis" in page
    assert known()["Backhaus"].hidden


def test_a_pack_says_itself_what_it_is(
    client: FlaskClient, stick: Path, known: Callable[[], dict[str, Material]]
) -> None:
    (stick / "material.toml").write_text(PACK)
    taken(client, "Notruf-Karte.pdf", licence="unknown", zeigen="1")
    one = known()["Notruf 112"]
    assert (one.source, one.hidden, one.words["en"].title) == (
        "Landkreis Gießen", False, "Emergency 112",
    )  # fmt: skip


def test_a_file_that_is_not_the_one_in_the_pack_is_refused(
    client: FlaskClient, stick: Path
) -> None:
    (stick / "material.toml").write_text(PACK + f'sha256 = "{"0" * 64}"\n')
    assert "vertauscht" in taken(client, "Notruf-Karte.pdf")
    assert "vertauscht" in text(client.get(DESK))
    client.post(f"{DESK}/abgelehnt/leeren")
    assert "vertauscht" not in text(client.get(DESK))


def test_hostile_files_are_refused_and_nothing_of_them_stays(
    client: FlaskClient, stick: Path, config: Config
) -> None:
    held = sorted(shelf_of(config).held())
    (stick / "a.pdf").write_bytes(makers.pdf(change=makers.with_script))
    (stick / "b.h5p").write_bytes(makers.h5p(**{"../../../x.json": b"{}"}))
    (stick / "c.mp4").write_bytes(makers.mp4_shell()[:60])
    (stick / "d.docx").write_bytes(
        makers.zipped({"[Content_Types].xml": b"", "vbaProject.bin": b""})
    )
    page = taken(client, "a.pdf", "b.h5p", "c.mp4", "d.docx")
    assert page.count("nicht genommen") == 4
    assert "JavaScript" in page
    assert "Makros" in page
    assert sorted(shelf_of(config).held()) == held
    assert list(shelf_of(config).staging.iterdir()) == []


def test_only_what_is_on_the_stick_can_be_asked_for(
    client: FlaskClient, stick: Path, tmp_path: Path
) -> None:
    (tmp_path / "geheim.pdf").write_bytes(makers.pdf())
    (stick / "link.pdf").symlink_to(tmp_path / "geheim.pdf")
    for path in ("../../geheim.pdf", "/etc/passwd", "link.pdf", "spiel.exe", "nichts.pdf"):
        answer = client.post(f"{DESK}/stick", data={"stick": "LERNSTICK", "datei": path})
        assert "mindestens eine Datei" in text(answer, 422)
    answer = client.post(f"{DESK}/stick", data={"stick": "../..", "datei": "x"})
    assert "nicht mehr da" in text(answer, 422)


def test_a_stick_pulled_half_way_is_said_and_what_came_is_kept(
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    known: Callable[[], dict[str, Material]],
    config: Config,
) -> None:
    real, calls = Shelf.stage, []

    def pulled(self: Shelf, *arguments: object) -> tuple[Path, str]:
        calls.append(1)
        if len(calls) == 3:
            raise gone()
        return real(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Shelf, "stage", pulled)
    page = taken(client, "Filme/Brot.wav", "Notruf-Karte.pdf")
    assert "bevor alles kopiert war" in page
    assert "Nicht alles hat geklappt" in page
    assert "Brot" in known()
    assert list(shelf_of(config).staging.iterdir()) == []


def test_a_full_disk_is_said_before_anything_is_copied(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Shelf, "room", lambda _: 10)
    answer = client.post(f"{DESK}/stick", data={"stick": "LERNSTICK", "datei": "Notruf-Karte.pdf"})
    assert "nicht genug Platz" in text(answer, 422)
    monkeypatch.setattr(Shelf, "room", lambda _: 0)
    assert "fast voll" in text(client.get(DESK))


def test_a_second_intake_waits_for_the_first(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = materials.MaterialDesk.take

    def slow(self: materials.MaterialDesk, *arguments: object) -> materials.Taken:
        time.sleep(0.5)
        return real(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(materials.MaterialDesk, "take", slow)
    for _ in range(2):  # a double click
        client.post(f"{DESK}/stick", data={"stick": "LERNSTICK", "datei": "Notruf-Karte.pdf"})
    assert "gerade etwas geholt" in text(client.get(DESK))
    assert "übernommen" in taken_to_the_end(client)


def taken_to_the_end(client: FlaskClient) -> str:
    for _ in range(600):
        page = text(client.get(f"{DESK}/lauf"))
        if "Noch einen Stick" in page:
            return page
        time.sleep(0.05)
    raise AssertionError("the intake never ends")


def test_without_a_stick_one_is_asked_for(
    client: FlaskClient, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: Path) -> sticks.Found:
        raise MediumError("gone", "Der Stick ist weg.")

    monkeypatch.setattr("edge.web.material_desk.look", away)
    assert "Der Stick ist weg" in text(client.get(f"{DESK}/stick"), 422)
    stick.rename(stick.parents[1] / "weg")
    assert "Den Stick einstecken" in text(client.get(f"{DESK}/stick"))


def upload(client: FlaskClient, name: str, data: bytes) -> TestResponse:
    begun = client.post(f"{DESK}/hochladen", data={"name": name, "size": str(len(data))})
    assert begun.status_code == 200, begun.get_data(as_text=True)
    key, at = begun.get_json()["key"], 0
    while at < len(data):
        piece = data[at : at + PIECE_BYTES]
        for _ in range(2):  # sent twice, kept once
            at_end = client.post(f"{DESK}/hochladen/{key}?an={at}", data=piece)
            assert at_end.status_code == 200, at_end.get_data(as_text=True)
        at = at_end.get_json()["have"]
    return client.post(f"{DESK}/hochladen/{key}/fertig")


def test_a_file_is_sent_piece_by_piece(
    client: FlaskClient, known: Callable[[], dict[str, Material]]
) -> None:
    data = makers.wav(30)
    assert len(data) > 3 * PIECE_BYTES
    done = upload(client, "../Lied <b>.wav", data)
    number = known()["Lied b"].material
    assert done.get_json() == {"to": f"{DESK}/{number}"}
    assert "Das sieht nur das Pult" in text(client.get(done.get_json()["to"]))
    assert upload(client, "anders.wav", data).get_json()["to"] == f"{DESK}/{number}?getan=da"


def test_a_wrong_upload_is_refused(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = upload(client, "x.mp4", b"<html><script>")
    assert (refused.status_code, "Internetseite" in refused.get_json()["reason"]) == (422, True)
    key = client.post(f"{DESK}/hochladen", data={"name": "a", "size": "5"}).get_json()["key"]
    assert client.post(f"{DESK}/hochladen/{key}?an=0", data=b"123456").status_code == 422
    assert client.post(f"{DESK}/hochladen/{key}/fertig").status_code == 422
    assert client.post(f"{DESK}/hochladen/{key}?an=x", data=b"1").status_code == 400
    assert client.post(f"{DESK}/hochladen/nichts?an=0", data=b"1").status_code == 422
    assert client.post(f"{DESK}/hochladen", data={"name": "a", "size": "viel"}).status_code == 422
    for _ in range(3):
        client.post(f"{DESK}/hochladen", data={"name": "a", "size": "5"})
    busy = client.post(f"{DESK}/hochladen", data={"name": "a", "size": "5"})
    assert "schon mehrere" in busy.get_json()["reason"]
    monkeypatch.setattr(Shelf, "room", lambda _: 3)
    full = client.post(f"{DESK}/hochladen", data={"name": "a", "size": "5"})
    assert "zu voll" in full.get_json()["reason"]


def test_uploads_together_leave_the_databases_their_room(
    client: FlaskClient, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begin(size: int) -> TestResponse:
        return client.post(f"{DESK}/hochladen", data={"name": "a", "size": str(size)})

    monkeypatch.setattr(Shelf, "room", lambda _: 100)
    key = begin(70).get_json()["key"]
    assert "zu voll" in begin(31).get_json()["reason"]
    assert begin(30).status_code == 200
    monkeypatch.setattr(Shelf, "room", lambda _: 9)  # a database grew
    late = client.post(f"{DESK}/hochladen/{key}?an=0", data=b"1234567890")
    assert "zu voll" in late.get_json()["reason"]
    assert len(list(shelf_of(config).staging.iterdir())) == 1
    assert client.post(f"{DESK}/hochladen/{key}?an=0", data=b"1").status_code == 422


def form(one: Material, **changes: str) -> dict[str, str]:
    return {
        "title-de": one.said("de")[1].title, "language": one.language, "licence": one.licence,
        "subject": one.subject, "source": one.source, "course": "", "rev": str(one.rev), **changes,
    }  # fmt: skip


def test_a_material_is_described_and_shown(
    client: FlaskClient, known: Callable[[], dict[str, Material]]
) -> None:
    one = known()["Aufnahme 12"]
    path = f"{DESK}/{HIDDEN}"
    lacking = client.post(path, data=form(one, zeigen="1"))
    assert "muss die Sprache feststehen" in text(lacking, 422)
    lacking = client.post(path, data=form(one, zeigen="1", language="de"))
    assert "muss die Erlaubnis" in text(lacking, 422)
    title = "Das <script>alert(1)</script> Glockenläuten ☃"
    good = client.post(
        path, data={**form(one, zeigen="1", language="de", licence="own"), "title-de": title}
    )
    assert good.status_code == 303
    shown = client.get("/lernen").get_data(as_text=True)
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert client.post(f"{path}/verbergen").status_code == 303
    assert "Glockenläuten" not in text(client.get("/lernen"))


def test_wrong_entries_are_marked_and_kept(
    client: FlaskClient, known: Callable[[], dict[str, Material]]
) -> None:
    one = known()["Unser Backhaus"]
    for changes, expected in (
        ({"title-de": "ä" * 10_000}, "höchstens 120 Zeichen"),
        ({"title-de": "  "}, "wie es heißt"),
        ({"summary-de": "ä" * 10_000}, "höchstens 1000 Zeichen"),
        ({"licence": "GPL"}, "Bitte wählen"),
        ({"course": "999"}, "Diesen Kurs gibt es nicht"),
        ({"course": "x"}, "keine Zahl"),
    ):
        page = text(client.post(f"{DESK}/{PDF}", data={**form(one), **changes}), 422)
        assert expected in page
    assert known()["Unser Backhaus"].rev == one.rev


def test_two_who_edit_at_once_lose_nothing(
    client: FlaskClient, known: Callable[[], dict[str, Material]]
) -> None:
    one = known()["Unser Backhaus"]
    client.post(f"{DESK}/{PDF}", data=form(one, source="Erste"))
    late = text(client.post(f"{DESK}/{PDF}", data=form(one, source="Zweite")), 409)
    assert "Jemand anderes" in late
    assert "Erste" in late
    assert 'value="Zweite"' in late
    assert known()["Unser Backhaus"].source == "Erste"
    now = known()["Unser Backhaus"]
    client.post(f"{DESK}/{PDF}", data=form(now, source="Zweite"))
    assert known()["Unser Backhaus"].source == "Zweite"


def test_a_material_is_removed_with_its_file(client: FlaskClient, config: Config) -> None:
    with VillageStore(config.hub.village_db) as village:
        one = village.material(PDF)
    assert "wird vom Hub gelöscht" in text(client.get(f"{DESK}/{PDF}/entfernen"))
    for _ in range(2):
        client.post(f"{DESK}/{PDF}/entfernen")
    assert not shelf_of(config).path(one.sha256, "pdf").exists()
    text(client.get(f"{DESK}/{PDF}"), 404)
    assert client.get(f"/lernen/{PDF}").status_code == 404

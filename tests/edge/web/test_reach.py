"""What is in reach on every page, without a script: choices, help, reading aloud, and the end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from edge.web.display import Display, display_of
from edge.web.farewell import on_farewell
from edge.web.tongue import TONGUES
from tests.hall import PAGES, hall_app
from tests.signed_in import prepare, sign_in


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return hall_app(tmp_path_factory.mktemp("hall"))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def html(client: FlaskClient, path: str = "/", status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


@pytest.mark.parametrize("path", PAGES.values())
def test_the_bar_is_on_every_page(client: FlaskClient, path: str) -> None:
    page = prepare(client, path).get(path).get_data(as_text=True)
    bar = page.partition('<nav class="reach"')[2].partition("</nav>")[0]
    for word in ("Vorlesen", "Größer", "Sprache", "Leichte Sprache", "Hilfe holen", "Fertig"):
        assert f">{word}" in bar


def test_a_choice_comes_back_to_the_page_and_stays(client: FlaskClient) -> None:
    answer = client.post("/anzeige", data={"groesse": "gross", "zurueck": "/stick?halt=1"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/stick?halt=1")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "expires" not in cookie.lower()
    assert 'data-groesse="gross"' in html(client)
    client.post("/anzeige", data={"sprache": "ar"})
    page = html(client)
    assert 'lang="ar" dir="rtl" data-groesse="gross"' in page
    assert "جديد في القرية" in page
    assert "Noch niemand" not in page


@pytest.mark.parametrize(
    "target",
    ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere", "javascript:x", "",
     "/gibt-es-nicht", "/anzeige", "/" + "a" * 600, "/\nX: y"],
)  # fmt: skip
def test_nobody_is_sent_elsewhere(client: FlaskClient, target: str) -> None:
    answer = client.post("/anzeige", data={"groesse": "gross", "zurueck": target})
    assert answer.headers["Location"] == "/"


def test_a_form_of_another_site_is_refused(client: FlaskClient) -> None:
    origin = {"Origin": "https://elsewhere.example"}
    for path in ("/anzeige", "/fertig"):
        assert client.post(path, headers=origin).status_code == 403


def test_what_was_the_default_leaves_no_cookie(client: FlaskClient) -> None:
    client.post("/anzeige", data={"groesse": "gross"})
    client.post("/anzeige", data={"groesse": "normal"})
    assert client.get_cookie("anzeige") is None


@pytest.mark.parametrize(
    "cookie", ["", "x", "xx.gross.hell", "de.<b>.hell", "de.gross", "a" * 5000]
)
def test_a_cookie_that_is_not_understood_is_not_a_choice(cookie: str) -> None:
    assert display_of(cookie).light in {"wie-geraet", "hell"}
    assert display_of(cookie).size == "normal" or cookie.startswith("xx")


def test_a_display_survives_its_cookie() -> None:
    for tongue in TONGUES.values():
        display = Display(tongue, "riesig", "dunkel")
        assert display_of(display.cookie()) == display


def test_pages_of_volunteers_say_that_they_are_german(client: FlaskClient) -> None:
    client.post("/anzeige", data={"sprache": "tr"})
    page = html(sign_in(client), "/geraete/koppeln")
    assert "Bu sayfa yalnızca Almanca olarak var." in page
    assert 'class="page" lang="de" dir="ltr"' in page
    assert "Sensoren für die Gesundheit" in page
    assert "Sesli oku" in page


def test_a_translation_that_nobody_checked_says_so(client: FlaskClient) -> None:
    assert "niemand geprüft" not in html(client)
    client.post("/anzeige", data={"sprache": "uk"})
    assert "ще не перевірив ніхто" in html(client)
    assert re.search(
        r"Українська</a></span> <span class=\"how\">\d+ ungeprüft", html(client, "/sprachen")
    )


def test_errors_speak_the_visitors_language(client: FlaskClient) -> None:
    client.post("/anzeige", data={"sprache": "en"})
    assert "This page does not exist" in html(client, "/gibt-es-nicht", 404)


def test_one_request_does_not_speak_for_the_next(app: Flask) -> None:
    turkish, german = app.test_client(), app.test_client()
    turkish.post("/anzeige", data={"sprache": "tr"})
    assert "Köyden yeni haberler" in html(turkish)
    assert "Neu im Dorf" in html(german)


class TestAloud:
    def test_the_page_is_read_and_no_other_text(self, client: FlaskClient) -> None:
        page = html(client, "/vorlesen?seite=/hilfe")
        assert "Sie können hier nichts kaputt machen." in page
        assert 'src="/vorlesen/ton?seite=/hilfe"' in page
        sound = client.get("/vorlesen/ton?seite=/hilfe&text=Unfug")
        assert sound.mimetype == "audio/wav"
        assert len(sound.data) > 100_000

    @pytest.mark.parametrize("path", ["/vorlesen", "//x.example/", "/static/x/face.css", "/gesund"])
    def test_what_cannot_be_read_is_said(self, client: FlaskClient, path: str) -> None:
        answer = client.get(f"/vorlesen/ton?seite={path}")
        assert answer.status_code == 404 or b"".join(answer.response)[:4] == b"RIFF"
        assert client.get(f"/vorlesen?seite={path}").status_code == 200

    def test_it_is_read_as_the_visitor_sees_it(self, client: FlaskClient) -> None:
        client.post("/anzeige", data={"sprache": "tr"})
        assert "Köyden yeni haberler" in html(client, "/vorlesen?seite=/")
        assert "Sesli oku" in html(client, "/vorlesen?seite=/")

    def test_without_the_program_the_button_says_so(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("edge.web.speech.shutil.which", lambda _: None)
        client = hall_app(tmp_path).test_client()
        assert "Vorlesen geht nicht" in html(client)
        assert "apt install espeak-ng" in html(client, "/vorlesen?seite=/")
        assert client.get("/vorlesen/ton?seite=/").status_code == 404


class TestFarewell:
    def test_everything_goes(self, tmp_path: Path) -> None:
        app = hall_app(tmp_path)
        open_visits = {"v1"}
        on_farewell(app, lambda: open_visits.discard(request.cookies.get("besuch", "")))
        client = app.test_client()
        client.set_cookie("besuch", "v1")
        client.post("/anzeige", data={"groesse": "gross"})
        answer = client.post("/fertig")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/fertig")
        assert not open_visits
        assert client.get_cookie("besuch") is None
        assert client.get_cookie("anzeige") is None
        assert "Clear-Site-Data" not in answer.headers
        page = html(client, "/fertig")
        assert "data-besuch" not in page
        for said in ("Alles ist gelöscht", "Everything is deleted", "Усе стерто", "تم حذف كل شيء"):
            assert said in page

    def test_a_secure_connection_clears_the_rest_too(self, app: Flask) -> None:
        answer = app.test_client().post("/fertig", base_url="https://hub.lan")
        assert answer.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'

"""The committed nginx configuration, checked by nginx and by requests through it, TLS too."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener, urlopen

import pytest
from flask import Flask
from playwright.sync_api import expect

from edge.web.access import COOKIE
from edge.web.headers import HEADERS
from edge.web.village.pages import live_of
from tests.behind_nginx import CONF, Front, before
from tests.edge.web.browser.conftest import NAME, Open
from tests.edge.web.browser.test_kiosk import nothing_is_left, visit
from tests.edge.web.browser.test_sign_in import test_done_ends_a_signed_in_visit as done_ends
from tests.ports import free_port
from tests.signed_in import token_for


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Front]:
    with before(tmp_path_factory.mktemp("nginx"), pages=port, data=free_port()) as front:
        yield front


def test_pages_come_through_with_their_own_headers(front: Front) -> None:
    with urlopen(f"http://127.0.0.1:{front.http}/") as answer:
        page = answer.read().decode()
        assert "Holzheim" in page
        assert answer.headers.get_all("Content-Security-Policy") == [
            HEADERS["Content-Security-Policy"]
        ]
        assert answer.headers["Server"] == "nginx"
    style = re.search(r'href="(/static/\w+/face.css)"', page)
    assert style is not None
    for _ in range(2):
        ask = Request(
            f"http://127.0.0.1:{front.http}{style[1]}", headers={"Accept-Encoding": "gzip"}
        )
        with urlopen(ask) as answer:  # noqa: S310  # nginx above
            assert "immutable" in answer.headers["Cache-Control"]
            assert answer.headers["Content-Encoding"] == "gzip"
    with urlopen(f"http://127.0.0.1:{front.http}{style[1]}") as answer:
        assert answer.headers["Content-Encoding"] is None  # the packed one is not for everybody


def test_what_is_for_the_hub_alone_and_what_is_too_large_stays_out(front: Front) -> None:
    for path, body, status in (("/gesund", None, 404), ("/anzeige", b"x" * 200_000, 413)):
        with pytest.raises(HTTPError) as caught:
            urlopen(f"http://127.0.0.1:{front.http}{path}", body)
        assert caught.value.code == status
        caught.value.close()


@pytest.mark.parametrize("path", ["/pflege/faelle/1/bild", "/pflege/faelle/antwort"])
def test_a_picture_of_a_case_comes_through_and_there_alone(front: Front, path: str) -> None:
    for where, size, refused in (
        (path, 2 << 20, False),
        (path, (18 << 20) + 1, True),
        ("/pflege/faelle/neu", 200_000, True),
        ("/pflege/menschen", 200_000, True),
    ):
        with pytest.raises(HTTPError) as caught:  # nobody is signed in
            build_opener(_Stay).open(f"http://127.0.0.1:{front.http}{where}", b"x" * size)
        assert (caught.value.code == 413) is refused, (where, caught.value.code)
        assert caught.value.code != 502
        caught.value.close()


def test_nothing_of_anybody_waits_in_a_file_of_nginx() -> None:
    text = (CONF / "dorfhub.conf").read_text("utf-8")
    assert "client_body_buffer_size 192k;" in text
    assert "proxy_max_temp_file_size 0;" in text.split("server {")[0]
    larger = re.findall(r"client_max_body_size [0-9]+m;\s+(.*)", text)
    assert larger == ["proxy_request_buffering off;"] * 2


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def test_a_secure_visit_is_known_as_one(front: Front) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    ask = Request(f"https://127.0.0.1:{front.https}/fertig", data=b"", method="POST")
    with urlopen(ask, context=context) as answer:  # noqa: S310  # nginx above
        assert answer.status == 200
    # a phone cannot claim it: nginx says what is so
    ask = Request(
        f"http://127.0.0.1:{front.http}/anzeige", data=b"groesse=gross",
        headers={"X-Forwarded-Proto": "https"},
    )  # fmt: skip

    with pytest.raises(HTTPError) as caught:
        build_opener(_Stay).open(ask)
    assert "Secure" not in caught.value.headers["Set-Cookie"]
    caught.value.close()


def test_what_is_followed_live_comes_as_it_is_made(front: Front, app: Flask) -> None:
    desk, _ = live_of(app)
    ask = Request(
        f"http://127.0.0.1:{front.http}/pult/hilfe/strom",
        headers={"Cookie": f"{COOKIE}={token_for(app)}"},
    )
    with urlopen(ask, timeout=60) as answer:  # noqa: S310  # nginx above
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        said = (line for line in answer if line.startswith(b"data:"))
        first = next(said)
        desk.call("", "")
        assert next(said) != first  # it would wait for the end of the stream if it was kept back


def test_done_leaves_nothing_behind_on_https(opened: Open, front: Front) -> None:
    home = f"https://hub.lan:{front.https}"
    context = opened(ignore_https_errors=True, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    visit(page, home)
    (cookie,) = context.cookies()
    assert cookie["secure"]
    page.get_by_role("button", name="Fertig – alles löschen").click()
    expect(page.get_by_role("heading", name="Alles ist gelöscht")).to_be_visible()
    assert NAME not in json.dumps(context.storage_state())
    nothing_is_left(page, context)


def test_a_signed_in_visit_ends_on_https(opened: Open, app: Flask, front: Front) -> None:
    done_ends(opened(ignore_https_errors=True), app, f"https://hub.lan:{front.https}")


def test_a_terminal_cannot_say_that_it_is_another(front: Front) -> None:
    """Wrong tries are counted where they are made, whatever a phone claims."""
    ask = Request(f"http://127.0.0.1:{front.http}/woher", headers={"X-Forwarded-For": "192.0.2.66"})
    with urlopen(ask) as answer:  # noqa: S310  # nginx above
        assert answer.read() == b"127.0.0.1"

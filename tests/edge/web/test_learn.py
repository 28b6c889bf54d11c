"""The learning pages: what everybody may see, files in parts, strange programs kept apart."""

from __future__ import annotations

import hashlib
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from edge.access.sessions import Bearer
from edge.clock import FixedClock
from edge.config import Config
from edge.desk.register import card_hash
from edge.material.shelf import shelf_of
from edge.store.personal import PersonalStore
from edge.store.personal_attendance import erase_learner
from edge.store.personal_progress import NoSuchCard
from edge.store.village import VillageStore
from edge.store.village_materials import Words
from edge.web.access import COOKIE, sessions_of
from edge.web.app import create_app
from tests.edge.material import makers
from tests.furnish_materials import AUDIO, BOOK, EXERCISE, FILM, HIDDEN, PDF, TALE, put
from tests.hall import NOW_MS, furnished, served
from tests.signed_in import sign_in

CARD = "DHK1-" + "A" * 32
HOME = "http://localhost/"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return furnished(tmp_path_factory.mktemp("hall"))


@pytest.fixture(scope="module")
def app(config: Config) -> Flask:
    return create_app(config, FixedClock(NOW_MS))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def with_card(app: Flask) -> FlaskClient:
    """Return somebody whose card was read."""
    client = app.test_client()
    client.set_cookie(COOKIE, sessions_of(app).begin(0.0, Bearer(card=card_hash(CARD))))
    return client


@pytest.fixture
def learner(config: Config) -> Iterator[PersonalStore]:
    """Somebody with a card."""
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        with personal.connection.transaction() as driver:
            driver.execute(
                "INSERT OR IGNORE INTO learner (name, same_name, card_hash, created_at,"
                " delete_after) VALUES ('Erna', 'erna', ?, 0, 1)",
                (card_hash(CARD),),
            )
        yield personal


def text(answer: TestResponse, status: int = 200) -> str:
    assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
    return answer.get_data(as_text=True)


def test_the_shelf_shows_what_is_shown_and_nothing_else(client: FlaskClient) -> None:
    page = text(client.get("/lernen"))
    assert "Unser Backhaus" in page
    assert "Aufnahme 12" not in page
    page = text(client.get("/lernen?sprache=uk"))
    assert "Wikipedia auf Ukrainisch" in page
    assert "Unser Backhaus" not in page
    assert "noch nichts" in text(client.get("/lernen?thema=schule"))
    assert "Unser Backhaus" in text(client.get("/lernen?thema=%3Cscript%3E&kurs=x"))


def test_titles_are_said_in_the_visitors_language(client: FlaskClient) -> None:
    client.set_cookie("anzeige", "uk.normal.wie-geraet")
    page = text(client.get("/lernen"))
    assert "Наша пекарня" in page
    assert "Ein Foto verschicken" in page  # where nobody translated, German, and marked so


def test_a_hidden_material_is_the_desks_alone(app: Flask, client: FlaskClient) -> None:
    for path in (
        f"/lernen/{HIDDEN}",
        f"/lernen/{HIDDEN}/datei",
        "/lernen/999",
        "/lernen/999/datei",
    ):
        text(client.get(path), 404)
    volunteer = sign_in(app.test_client())
    assert "Pult" in text(volunteer.get(f"/lernen/{HIDDEN}"))
    assert volunteer.get(f"/lernen/{HIDDEN}/datei").status_code == 200


def test_a_file_comes_whole_in_part_and_only_when_it_changed(client: FlaskClient) -> None:
    path, data = f"/lernen/{AUDIO}/datei", makers.wav(3)
    whole = client.get(path)
    assert (whole.data, whole.mimetype, whole.headers["Accept-Ranges"]) == (
        data, "audio/wav", "bytes",
    )  # fmt: skip
    tag = whole.headers["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    for asked, expected in (
        ("bytes=0-99", data[:100]),
        ("bytes=1000-", data[1000:]),
        ("bytes=-50", data[-50:]),
        ("bytes=40-99999999", data[40:]),
    ):
        part = client.get(path, headers={"Range": asked})
        assert part.status_code == 206
        assert part.data == expected
        assert part.headers["Content-Range"].endswith(f"/{len(data)}")
        assert int(part.headers["Content-Length"]) == len(expected)
    stale = client.get(path, headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (stale.status_code, stale.data) == (200, data)
    fresh = client.get(path, headers={"Range": "bytes=0-9", "If-Range": tag})
    assert (fresh.status_code, fresh.data) == (206, data[:10])
    beyond = client.get(path, headers={"Range": f"bytes={len(data)}-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(data)}")
    for odd in ("bytes=9-2", "bytes=0-1,5-6", "pages=1-2", "bytes=x"):
        assert client.get(path, headers={"Range": odd}).data == data
    head = client.head(path)
    assert (head.data, int(head.headers["Content-Length"])) == (b"", len(data))


def test_a_file_that_is_gone_is_said_to_be(config: Config, client: FlaskClient) -> None:
    with VillageStore(config.hub.village_db) as village:
        one = village.material(FILM)
    place = shelf_of(config).path(one.sha256, one.ending)
    away = place.rename(place.with_suffix(".away"))
    text(client.get(f"/lernen/{FILM}/datei"), 404)
    away.rename(place)


def test_captions_lie_beside_and_name_their_language(client: FlaskClient) -> None:
    page = text(client.get(f"/lernen/{AUDIO}"))
    assert 'srclang="de"' in page
    answer = client.get(f"/lernen/{AUDIO}/untertitel/de")
    assert (answer.mimetype, answer.get_data(as_text=True)) == ("text/vtt", makers.VTT)
    text(client.get(f"/lernen/{AUDIO}/untertitel/uk"), 404)
    text(client.get(f"/lernen/{AUDIO}/untertitel/../../x"), 404)


def test_a_booklet_is_read_large_page_by_page(client: FlaskClient) -> None:
    page = text(client.get(f"/lernen/{PDF}/lesen/1"))
    assert TALE[0].split("\n")[1] in page
    assert f"/lernen/{PDF}/lesen/2" in page
    text(client.get(f"/lernen/{PDF}/lesen/3"), 404)
    text(client.get(f"/lernen/{PDF}/lesen/0"), 404)
    text(client.get(f"/lernen/{AUDIO}/lesen/1"), 404)
    aloud = text(client.get(f"/vorlesen?seite=/lernen/{PDF}/lesen/1"))
    assert TALE[0].split("\n")[1] in aloud


def test_an_exercise_has_no_origin_and_reaches_its_own_files_alone(client: FlaskClient) -> None:
    frame = client.get(f"/lernen/{EXERCISE}/uebung")
    policy = frame.headers["Content-Security-Policy"]
    assert policy.endswith("sandbox allow-scripts")
    assert "allow-same-origin" not in policy
    assert f"connect-src {HOME}lernen/{EXERCISE}/uebung/ {HOME}lernen/h5p/;" in policy
    assert 'sandbox="allow-scripts"' in text(client.get(f"/lernen/{EXERCISE}"))
    about = client.get(f"/lernen/{EXERCISE}/uebung/h5p.json")
    assert about.get_json()["mainLibrary"] == "H5P.Begruessung"
    assert about.headers["Access-Control-Allow-Origin"] == "*"
    script = client.get(f"/lernen/{EXERCISE}/uebung/H5P.Begruessung-1.0/gruss.js")
    assert script.mimetype == "text/javascript"
    assert script.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    for away in ("../../hub.toml", "..%2f..%2fhub.toml", "etc/passwd", "content", "nichts.json"):
        text(client.get(f"/lernen/{EXERCISE}/uebung/{away}"), 404)
    text(client.get(f"/lernen/{AUDIO}/uebung"), 404)
    assert client.get("/lernen/h5p/styles/h5p.css").mimetype == "text/css"
    text(client.get("/lernen/h5p/SOURCES.toml"), 404)
    text(client.get("/lernen/h5p/..%2fface.css"), 404)


def test_nothing_of_an_exercise_may_send_a_form(client: FlaskClient) -> None:
    answer = client.post(f"/lernen/{PDF}/merken", headers={"Origin": "null"})
    assert answer.status_code == 403


def test_a_book_without_a_server_says_so(client: FlaskClient) -> None:
    assert "kiwix-serve" in text(client.get(f"/lernen/{BOOK}"))
    text(client.get("/lernen/buch/" + "a" * 64), 404)
    text(client.get("/lernen/buch/search?content=other&pattern=x"), 404)
    text(client.get("/lernen/buch/catalog/v2/root.xml"), 404)


def test_without_a_card_nothing_is_kept(client: FlaskClient, learner: PersonalStore) -> None:
    client.post(f"/lernen/{AUDIO}/merken", data={"stelle": "1500", "still": "1"})
    text(client.get(f"/lernen/{PDF}/lesen/2"))
    assert learner.progress(card_hash(CARD)) == {}
    assert "data-merken" not in text(client.get(f"/lernen/{AUDIO}"))


def test_with_a_card_one_goes_on_where_one_stopped(app: Flask, learner: PersonalStore) -> None:
    client = with_card(app)
    silent = client.post(f"/lernen/{AUDIO}/merken", data={"stelle": "1500", "still": "1"})
    assert silent.status_code == 204
    assert 'data-stelle="1500"' in text(client.get(f"/lernen/{AUDIO}"))
    text(client.get(f"/lernen/{PDF}/lesen/2"))
    assert "Weiterlesen auf Seite 2" in text(client.get(f"/lernen/{PDF}"))
    done = client.post(f"/lernen/{PDF}/merken", data={"fertig": "1"})
    assert done.status_code == 303
    assert "Das haben Sie fertig" in text(client.get(f"/lernen/{PDF}"))
    assert "Fertig" in text(client.get("/lernen"))
    card = text(client.get("/karte"))
    assert "Sie waren bei 0:01." in card
    client.post(f"/lernen/{PDF}/merken", data={"fertig": "0"})
    assert "Das habe ich fertig" in text(client.get(f"/lernen/{PDF}"))
    for wrong in ({"stelle": "-5"}, {"stelle": "9" * 40}, {"fertig": "vielleicht"}, {}):
        client.post(f"/lernen/{PDF}/merken", data=wrong)
    places = {one.place for one in learner.progress(card_hash(CARD)).values()}
    assert places == {1500, 2}


def test_while_names_are_locked_learning_goes_on(app: Flask, config: Config) -> None:
    client = with_card(app)
    away = config.personal.key_file.rename(config.personal.key_file.with_suffix(".away"))
    try:
        text(client.get("/lernen"))
        text(client.get(f"/lernen/{PDF}/lesen/1"))
        assert client.post(f"/lernen/{PDF}/merken", data={"fertig": "1"}).status_code == 303
    finally:
        away.rename(config.personal.key_file)


def test_progress_goes_with_the_name_the_card_and_the_time(learner: PersonalStore) -> None:
    digest = "ab" * 32
    learner.note_progress(card_hash(CARD), digest, 1000, place=3)
    assert learner.progress(card_hash(CARD))[digest].place == 3
    assert learner.forget_progress(1000 + 180 * 86_400_000) >= 1
    assert digest not in learner.progress(card_hash(CARD))
    learner.note_progress(card_hash(CARD), digest, NOW_MS, done=True)
    (number,) = learner.connection.row("SELECT max(learner) FROM learner") or (0,)
    learner.forget_names([int(str(number))], NOW_MS)
    assert learner.connection.rows("SELECT * FROM learning_progress") == []


def test_progress_goes_with_an_erasure(learner: PersonalStore) -> None:
    other = card_hash("DHK1-" + "C" * 32)
    with learner.connection.transaction() as driver:
        driver.execute(
            "INSERT INTO learner (name, same_name, card_hash, created_at, delete_after)"
            " VALUES ('Jan', 'jan', ?, 0, 1)",
            (other,),
        )
        number = driver.execute("SELECT max(learner) FROM learner").fetchone()[0]
    learner.note_progress(other, "cd" * 32, NOW_MS, place=7)
    with learner.connection.transaction() as driver:
        assert erase_learner(driver, number) == 0
    assert learner.connection.rows("SELECT * FROM learning_progress WHERE place = 7") == []
    with pytest.raises(NoSuchCard):
        learner.note_progress(other, "cd" * 32, NOW_MS, place=7)


def test_many_slow_readers_hold_no_page_back(app: Flask, config: Config) -> None:
    data = makers.wav(1) + bytes(30_000_000)
    with VillageStore(config.hub.village_db) as village:
        one = put(village, shelf_of(config), data, "wav", words={"de": Words("Lang")})
    slow: list[socket.socket] = []
    with served(app, threads=8) as port:
        try:
            for _ in range(24):
                line = socket.create_connection(("127.0.0.1", port), 10)
                ask = f"GET /lernen/{one.material}/datei HTTP/1.1\r\nHost: a\r\n\r\n"
                line.sendall(ask.encode())
                slow.append(line)
            for line in slow:
                line.settimeout(20)
                assert line.recv(12) == b"HTTP/1.1 200"
            for _ in range(10):
                with urlopen(f"http://127.0.0.1:{port}/lernen", timeout=10) as answer:
                    assert answer.status == 200
            whole = slow[0].makefile("rb")
            while whole.readline().strip():
                pass
            assert hashlib.sha256(whole.read(len(data))).hexdigest() == one.sha256
            whole.close()
        finally:
            for line in slow:
                line.close()
        for _ in range(200):  # the server notices, and closes the file too
            if one.sha256 not in _opened():
                break
            time.sleep(0.05)
        else:
            raise AssertionError("the file stays open")


def _opened() -> str:
    """Return the paths of all files that this process holds open."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.append(str(entry.readlink()))
    return " ".join(found)


def test_a_film_is_never_read_aloud_as_a_page(client: FlaskClient) -> None:
    page = text(client.get(f"/vorlesen?seite=/lernen/{AUDIO}/datei"))
    assert "RIFF" not in page
    assert "Diese Seite gibt es nicht" in page

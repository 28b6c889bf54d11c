"""The pages of cases: from the question to the answer, bad input, and who may not."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from edge.care.case_consent import PURPOSE
from edge.care.case_key import new_pair
from edge.care.people import ContactRole
from edge.clock import FixedClock
from edge.desk.vault import Vault
from edge.web.access import COOKIE, Role, sessions_of
from edge.web.app import create_app
from hardware.reading import TimeQuality
from tests.edge.ward.case_desk import CaseDesk, picture
from tests.furnish_access import furnish_access
from tests.furnish_ward import be_nurse, furnish_ward
from tests.hall import NOW_MS, furnished
from tests.signed_in import sign_in

CODE = re.compile(r'call-code"[^>]*>(\d{3} \d{3})<')
PRACTICE = new_pair(b"q" * 32)


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    config = furnished(tmp_path, (furnish_access, furnish_ward))
    made = create_app(config, FixedClock(NOW_MS, TimeQuality.SYNCHRONISED))
    made.extensions["hall"] = config
    with Vault.of(config) as vault, vault.open() as personal:
        personal.add_contact("Praxis Dr. Grün", ContactRole.PRACTICE, NOW_MS)
    return made


@pytest.fixture
def carer(app: Flask) -> Iterator[FlaskClient]:
    with app.test_client() as client:
        sign_in(client, Role.CARER)
        cookie = client.get_cookie(COOKIE)
        assert cookie is not None
        bearer = sessions_of(app).bearer(cookie.value, FixedClock(0).monotonic_ns / 1e9)
        assert bearer is not None
        assert bearer.account is not None
        be_nurse(app.extensions["hall"], bearer.account)
        yield client


def practice_number(app: Flask) -> int:
    with Vault.of(app.extensions["hall"]) as vault, vault.open() as personal:
        return next(one.contact for one in personal.contacts() if one.name == "Praxis Dr. Grün")


def draft(app: Flask, carer: FlaskClient, question: str = "Ist das rot?") -> str:
    form = {"person": "1", "praxis": str(practice_number(app)), "frage": question}
    answer = carer.post("/pflege/faelle/neu", data=form)
    assert answer.status_code == 303, answer.text
    return answer.location


def stamp(carer: FlaskClient, path: str) -> str:
    found = re.search(r'name="stand" value="(\d+)"', carer.get(path).text)
    assert found is not None
    return found[1]


def test_from_the_question_to_the_answer(app: Flask, carer: FlaskClient) -> None:
    path = draft(app, carer)
    page = carer.get(path).text
    assert "Einwilligung von Erna Weber" in page
    assert "/versiegeln" not in page
    assert carer.post(f"{path}/einwilligung").status_code == 303
    assert "ankreuzen" in carer.get(path).text
    carer.post(f"{path}/einwilligung", data={"gesagt": "1"})
    assert "Schlüssel der Praxis" in carer.get(path).text
    key = {"praxis": str(practice_number(app)), "schluessel": str(PRACTICE.address)}
    assert carer.post("/pflege/faelle/praxen", data={**key, "schluessel": "x"}).status_code == 200
    carer.post("/pflege/faelle/praxen", data={**key, "verglichen": "1"})
    assert PRACTICE.address.groups in carer.get("/pflege/faelle/praxen").text
    upload = {"bild": (io.BytesIO(picture()), "IMG_0001.jpg")}
    carer.post(f"{path}/bild", data=upload, content_type="multipart/form-data")
    page = carer.get(path).text
    image = re.search(r'src="([^"]+/bild/\d+)"', page)
    assert image is not None
    shown = carer.get(image[1])
    assert shown.data[:2] == b"\xff\xd8"
    assert shown.headers["Cache-Control"] == "no-store"
    carer.post(path, data={"stand": stamp(carer, path), "frage": "Ist das rot?", "ueber": "E. W."})
    carer.post(f"{path}/versiegeln", data={"stand": stamp(carer, path)})
    assert "Versiegelt" in carer.get(path).text
    taken = carer.post(f"{path}/mitnehmen")
    assert "attachment" in taken.headers["Content-Disposition"]
    desk = CaseDesk.__new__(CaseDesk)
    desk.practice = PRACTICE
    asked = desk.read(taken.data)
    assert asked.question == "Ist das rot?"
    assert "Unterwegs" in carer.get(path).text

    def bring(data: bytes) -> str:
        form = {"datei": (io.BytesIO(data), "a.dhfall")}
        carer.post("/pflege/faelle/antwort", data=form, content_type="multipart/form-data")
        return carer.get("/pflege/faelle").text

    assert "Neue Antwort" in bring(desk.answer(asked, "Kühlen & <b>hochlegen</b>."))
    assert "schon da" in bring(desk.answer(asked, "Kühlen & <b>hochlegen</b>."))
    assert "Abgelehnt" in bring(desk.answer(asked, "Falsch.", by=new_pair(b"z" * 32)))
    assert "Nicht angenommen" in carer.get("/pflege/faelle").text
    carer.post("/pflege/faelle/abgelehnt")
    assert "Nicht angenommen" not in carer.get("/pflege/faelle").text
    assert "beschädigt" in bring(b"rubbish")
    page = carer.get(path).text
    assert "Kühlen &amp; &lt;b&gt;hochlegen&lt;/b&gt;." in page
    assert "Neue Antwort" not in carer.get("/pflege/faelle").text
    carer.post(f"{path}/abschliessen")
    assert "Abgeschlossen" in carer.get(path).text


@pytest.mark.parametrize(
    "question", ["x" * 10_000, "<script>alert(1)</script>", "Ünïcödé 🩺 خديجة", "\x00\ud83d"]
)
def test_odd_questions(app: Flask, carer: FlaskClient, question: str) -> None:
    form = {"person": "1", "praxis": str(practice_number(app))}
    text = question.encode("utf-8", "surrogatepass")
    answer = carer.post("/pflege/faelle/neu", data={**form, "frage": text})
    assert answer.status_code in {200, 303}
    if answer.status_code == 303:
        page = carer.get(answer.location).text
        assert "<script>alert" not in page
    else:
        assert "höchstens 4000" in answer.text


def test_forms_that_are_not_as_they_should_be(app: Flask, carer: FlaskClient) -> None:
    new = "/pflege/faelle/neu"
    assert "eine Person wählen" in carer.post(new, data={"person": "99999999999999999999"}).text
    assert "die Frage schreiben" in carer.post(new, data={"person": "1", "frage": " "}).text
    assert "Praxis" in carer.post(new, data={"person": "1", "frage": "?", "praxis": "0"}).text
    path = draft(app, carer)
    old = stamp(carer, path)
    carer.post(path, data={"stand": old, "frage": "Die erste."})
    carer.post(path, data={"stand": old, "frage": "Die zweite."})
    page = carer.get(path).text
    assert "inzwischen weiter" in page
    assert "Die erste." in page
    for data in (b"", b"%PDF-1.7", picture()[:200]):
        form = {"bild": (io.BytesIO(data), "../../a.jpg")}
        carer.post(f"{path}/bild", data=form, content_type="multipart/form-data")
        assert "kern-alert--warning" in carer.get(path).text
    assert carer.post(f"{path}/bild", data={"bild": "kein Bild"}).status_code == 303
    assert carer.get(f"{path}/bild/77").status_code == 404
    carer.post(f"{path}/bild/77")
    assert carer.post(f"{path}/mitnehmen").status_code == 303
    assert "nicht versiegelt" in carer.get(path).text
    carer.post(f"{path}/verwerfen")
    assert carer.get(path).status_code == 404
    assert carer.get("/pflege/faelle/999").status_code == 404


def test_whoever_may_read_nothing_of_somebody_sees_no_case(app: Flask, carer: FlaskClient) -> None:
    path = draft(app, carer)
    config = app.extensions["hall"]
    with Vault.of(config) as vault, vault.open() as personal:
        personal.withdraw_consent(1, NOW_MS, purpose="care")
        before = personal.audit_count(1)
    assert carer.get(path).status_code == 404
    assert "Ist das rot?" not in carer.get("/pflege/faelle").text
    with Vault.of(config) as vault, vault.open() as personal:
        assert personal.audit_count(1) == before + 1


def test_while_the_people_are_locked_the_pages_say_so(app: Flask, carer: FlaskClient) -> None:
    key_file = app.extensions["hall"].personal.key_file
    key_file.rename(key_file.with_name("away"))
    for path in ("", "/neu", "/praxen", "/1"):
        answer = carer.get(f"/pflege/faelle{path}")
        assert answer.status_code == 503
        assert "Schlüssel" in answer.text


def test_a_call_takes_consent_and_a_code(app: Flask, carer: FlaskClient) -> None:
    calls = "/pflege/gespraech"
    assert carer.post(calls, data={"person": "1"}).status_code == 404
    carer.post(f"{calls}/ja", data={"person": "1"})
    assert "ankreuzen" in carer.get(calls).text
    carer.post(f"{calls}/ja", data={"person": "1", "gesagt": "1"})
    assert carer.post(calls, data={"person": "77"}).status_code == 404
    answer = carer.post(calls, data={"person": "1"})
    assert answer.location.endswith("/pflege/gespraech/raum")
    room = carer.get(answer.location)
    assert "camera=(self)" in room.headers["Permissions-Policy"]
    assert "camera=()" in carer.get(calls).headers["Permissions-Policy"]
    found = CODE.search(room.text)
    assert found is not None
    villager = app.test_client()
    assert "wartet gerade niemand" in villager.post("/gespraech", data={"code": "1"}).text
    assert villager.get("/gespraech/post?nach=0").status_code == 410
    joined = villager.post("/gespraech", data={"code": found[1]})
    assert joined.status_code == 303
    assert "möchte mit Ihnen sprechen" in villager.get(joined.location).text
    assert villager.post("/gespraech/post", json={"kind": "ready", "text": ""}).status_code == 200
    heard = carer.get("/gespraech/post?nach=0").json
    assert heard == {"here": True, "said": [["ready", ""]]}
    for bad in ({}, [], {"kind": "bye", "text": ""}, {"kind": "offer", "text": 5},
                {"kind": "offer", "text": "x"}):  # fmt: skip
        assert carer.post("/gespraech/post", json=bad).status_code == 400
    big = {"kind": "offer", "text": "v=0" + "x" * 100_000}
    assert carer.post("/gespraech/post", json=big).status_code in {400, 413}
    assert carer.get("/gespraech/post?nach=-1").status_code == 410
    config = app.extensions["hall"]
    with Vault.of(config) as vault, vault.open() as personal:
        personal.withdraw_consent(1, NOW_MS, purpose=PURPOSE)
    assert carer.get("/gespraech/post?nach=0").status_code == 410  # at once, for both
    assert villager.get("/gespraech/post?nach=0").status_code == 410
    assert villager.get("/gespraech/raum").location.endswith("/gespraech/ende")


def test_hanging_up_and_being_done_end_it_for_both(app: Flask, carer: FlaskClient) -> None:
    carer.post("/pflege/gespraech/ja", data={"person": "1", "gesagt": "1"})
    for end in ("/gespraech/ende", "/fertig"):
        carer.post("/pflege/gespraech", data={"person": "1"})
        found = re.search(
            r'call-code"[^>]*>(\d{3} \d{3})<', carer.get("/pflege/gespraech/raum").text
        )
        assert found is not None
        villager = app.test_client()
        assert villager.post("/gespraech", data={"code": found[1]}).status_code == 303
        villager.post(end)
        assert carer.get("/gespraech/post?nach=0").status_code == 410


def test_without_encryption_the_pages_say_that_there_is_no_camera(
    app: Flask, carer: FlaskClient
) -> None:
    villager = app.test_client()
    assert "nicht verschlüsselt" in villager.get("/gespraech", base_url="http://hub.lan/").text
    assert "nicht verschlüsselt" not in villager.get("/gespraech", base_url="https://hub.lan/").text
    assert "nicht verschlüsselt" not in villager.get("/gespraech").text  # loopback
    del carer

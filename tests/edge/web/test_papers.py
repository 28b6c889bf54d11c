"""Printing, certificates and checking one, by requests as a browser makes them."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
import segno
from flask.testing import FlaskClient

from edge.access.role import Role
from edge.badges.compact import Shown, packed
from edge.clock import FixedClock
from edge.config import Config
from edge.desk import Vault
from edge.desk.awards import Awards
from edge.paper import printer
from edge.store.village import VillageStore
from edge.web.access import COOKIE
from edge.web.app import create_app
from hardware.reading import TimeQuality
from tests.furnish_papers import COURSE, PAPER_PAGES
from tests.hall import ADMINISTRATORS, NOW_MS, furnished
from tests.signed_in import sign_in


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return furnished(tmp_path_factory.mktemp("hall"))


@pytest.fixture
def anyone(config: Config) -> FlaskClient:
    return create_app(config, FixedClock(NOW_MS, TimeQuality.SYNCHRONISED)).test_client()


@pytest.fixture
def desk(anyone: FlaskClient) -> FlaskClient:
    return sign_in(anyone)


@pytest.fixture
def village(tmp_path: Path) -> Config:
    """A village of one's own, for what changes it."""
    return furnished(tmp_path)


def text_of(client: FlaskClient, path: str, code: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == code, answer.text[:500]
    return answer.text


def proof_text(config: Config, kind: str = "digcomp") -> tuple[str, str]:
    """Return the text of a code that holds, and whose it is."""
    clock = FixedClock(NOW_MS, TimeQuality.SYNCHRONISED)
    with VillageStore(config.hub.village_db) as store, Vault.of(config) as vault:
        given = Awards.at(config, store, vault, clock).given(COURSE)
        award = next(one.award for one in given if one.award.kind == kind and not one.is_revoked)
        return packed(Shown(award.token, award.name)), award.name


@pytest.mark.parametrize("path", sorted(PAPER_PAGES.values()))
def test_pages_of_the_desk_are_for_volunteers(anyone: FlaskClient, path: str) -> None:
    answer = anyone.get(path)
    if path.startswith("/pult"):
        assert answer.status_code in (302, 303, 403)
        sign_in(anyone, Role.ADMINISTRATOR if path in ADMINISTRATORS else Role.VOLUNTEER)
        assert anyone.get(path).status_code == 200
    else:
        assert answer.status_code in (200, 303)
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    [
        *(f"/pult/druck/kurs/{COURSE}/{what}.pdf" for what in ("liste", "unterschriften")),
        f"/pult/druck/kurs/{COURSE}/aushang.pdf", "/pult/druck/bericht.pdf",
        "/pult/druck/dienste.pdf", "/pult/druck/dank/2/2026.pdf",
        f"/pult/bescheinigungen/{COURSE}/alle.pdf", "/pult/bescheinigungen/einzeln/1.pdf",
    ],
)  # fmt: skip
def test_every_paper_is_a_pdf(desk: FlaskClient, path: str) -> None:
    if path.startswith("/pult/druck/dank"):  # of somebody else: for who coordinates
        sign_in(desk, Role.ADMINISTRATOR)
    answer = desk.get(path)
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF")
    assert "no-store" in answer.headers["Cache-Control"]
    assert "dorfhub-" in answer.headers["Content-Disposition"]
    desk.delete_cookie(COOKIE)
    assert desk.get(path).status_code in (302, 303, 403)


def test_the_slip_in_hand_is_a_paper(desk: FlaskClient) -> None:
    assert desk.get("/pult/druck/zettel").status_code == 303
    path = f"/pult/kurse/{COURSE + 1}/liste/anmelden"
    page = text_of(desk, path)
    token = re.search(r'name="token" value="(\w+)"', page)
    dates = re.search(r'name="dates" value="(\d+)"', page)
    assert token
    assert dates
    form = {"name": "Zoë Öz", "party": "1", "token": token[1], "dates": dates[1]}
    assert desk.post(path, data=form).status_code == 303
    assert "Anmelde-Zettel" in text_of(desk, "/pult/druck/zettel")
    assert desk.get("/pult/druck/zettel.pdf").data.startswith(b"%PDF")


def test_what_is_not_there_is_not_found(desk: FlaskClient) -> None:
    for path in (
        f"/pult/druck/kurs/{COURSE}/torte", f"/pult/druck/kurs/{COURSE}/torte.pdf",
        "/pult/druck/kurs/4711", "/pult/bescheinigungen/4711",
    ):  # fmt: skip
        assert desk.get(path).status_code == 404
    told = text_of(desk, "/pult/bescheinigungen/einzeln/4711", 503)
    assert "gibt es hier nicht mehr" in told


def test_without_the_typesetting_pages_are_printed(
    desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.paper.press.importlib.util.find_spec", lambda _: None)
    page = text_of(desk, f"/pult/druck/kurs/{COURSE}/aushang")
    assert "nicht installiert" in page
    assert ".pdf" not in page
    told = text_of(desk, f"/pult/druck/kurs/{COURSE}/aushang.pdf", 503)
    assert "Strg und P" in told


def test_printing_without_a_printer_is_told(desk: FlaskClient) -> None:
    assert "kein Drucker" in text_of(desk, "/pult/druck")
    answer = desk.post(f"/pult/druck/kurs/{COURSE}/aushang", data={"drucker": "Flur"})
    assert answer.status_code == 503
    assert "Stick" in answer.text


def test_a_printer_gets_the_paper(desk: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[bytes, str]] = []
    monkeypatch.setattr(printer, "printers", lambda: ("Flur", "Büro"))
    monkeypatch.setattr(printer, "send", lambda pdf, name: sent.append((pdf, name)))
    page = text_of(desk, f"/pult/druck/kurs/{COURSE}/aushang")
    assert '<option value="Büro">' in page
    for path in (f"/pult/druck/kurs/{COURSE}/aushang", "/pult/druck/bericht"):
        answer = desk.post(path, data={"drucker": "Flur"}, follow_redirects=True)
        assert "beim Drucker" in answer.text
    for path in (f"/pult/bescheinigungen/{COURSE}/alle", "/pult/bescheinigungen/einzeln/1"):
        assert desk.post(path, data={"drucker": "Flur"}).status_code == 303
    assert [name for _, name in sent] == ["Flur"] * 4
    assert all(pdf.startswith(b"%PDF") for pdf, _ in sent)


def test_certificates_are_given_at_the_desk(village: Config) -> None:
    app = create_app(village, FixedClock(NOW_MS, TimeQuality.SYNCHRONISED))
    client = sign_in(app.test_client())
    path = f"/pult/bescheinigungen/{COURSE}"
    page = text_of(client, path)
    key = re.search(r'id="wer-(\d+-1)" name="wer-\d+-1" value="1" checked', page)
    assert key
    form = {
        f"wer-{key[1]}": "1",
        f"name-{key[1]}": '<b>#read("/etc/passwd")</b>',
        "art": "attendance",
    }
    for _ in range(2):  # a double click
        assert client.post(path, data=form).status_code == 303
    page = text_of(client, path)
    assert page.count("&lt;b&gt;#read(&#34;/etc/passwd&#34;)&lt;/b&gt;</bdi>") == 1
    assert "bestätigt von Amsel" in text_of(client, f"{path}/alle")
    assert client.get(f"{path}/alle.pdf").data.startswith(b"%PDF")
    answer = client.post(path, data={**form, "art": "digcomp", "kompetenz": ["9.9"]})
    assert answer.status_code == 422
    assert "Diese Kompetenz" in answer.text
    assert client.post(path, data={f"wer-{key[1]}": "1", "art": "meister"}).status_code == 422
    for share, code in (("101", 422), ("x", 422), ("100", 303)):
        assert client.post(f"{path}/grenze", data={"percent": share}).status_code == code
    page = text_of(client, path)
    assert "Noch war niemand oft genug da" in page
    assert client.post(path, data=form).status_code == 422


def test_one_is_taken_back(village: Config) -> None:
    app = create_app(village, FixedClock(NOW_MS, TimeQuality.SYNCHRONISED))
    client = sign_in(app.test_client())
    text, _ = proof_text(village, "attendance")
    path = "/pult/bescheinigungen/einzeln/1/zuruecknehmen"
    assert "Zurücknehmen?" in text_of(client, path)
    for _ in range(2):
        assert client.post(path).status_code == 303
    answer = client.post("/pruefen", data={"text": text}, follow_redirects=True)
    assert "zurückgenommen" in answer.text
    assert client.get("/pult/bescheinigungen/einzeln/1.json").mimetype == "application/json"


def test_locked_nothing_is_given_and_proofs_are_checked(village: Config) -> None:
    text, name = proof_text(village)
    key_file = village.personal.key_file
    app = create_app(village, FixedClock(NOW_MS, TimeQuality.SYNCHRONISED))
    client = sign_in(app.test_client())
    key_file.rename(key_file.with_name("away"))
    for path in (f"/pult/bescheinigungen/{COURSE}", f"/pult/druck/kurs/{COURSE}/liste"):
        assert "verschlossen" in text_of(client, path, 503)
    assert client.get(f"/pult/druck/kurs/{COURSE}/aushang.pdf").status_code == 200
    answer = client.post("/pruefen", data={"text": text}, follow_redirects=True)
    assert "Diese Bescheinigung ist echt." in answer.text
    assert name in answer.text


def test_anybody_checks_one(anyone: FlaskClient, config: Config) -> None:
    text, name = proof_text(config)
    answer = anyone.post("/pruefen", data={"text": f" {text.lower()} \n"})
    assert (answer.status_code, answer.location) == (303, "/pruefen/ergebnis")
    page = text_of(anyone, "/pruefen/ergebnis")
    for said in (
        "Diese Bescheinigung ist echt.",
        name,
        "Sicher im Netz",
        "DigComp 3.0, 4.1",
        "Dorfhub Holzheim",
    ):
        assert said in page
    anyone.post("/fertig")
    assert anyone.get("/pruefen/ergebnis").status_code == 303


def test_a_picture_or_a_file_is_checked(anyone: FlaskClient, config: Config) -> None:
    text, name = proof_text(config)
    code = io.BytesIO()
    segno.make(text, error="m", micro=False).save(code, kind="png", scale=6)
    picture = {"datei": (io.BytesIO(code.getvalue() + b"\0" * 400_000), "x.png")}
    answer = anyone.post("/pruefen", data=picture, follow_redirects=True)
    assert name in answer.text
    document = sign_in(anyone).get("/pult/bescheinigungen/einzeln/1.json").data
    answer = anyone.post("/pruefen", data={"datei": (io.BytesIO(document), "n.json")})
    assert answer.status_code == 303
    page = text_of(anyone, "/pruefen/ergebnis")
    assert "Für wen ist sie?" in page
    assert name not in page
    wrong = anyone.post("/pruefen/ergebnis", data={"name": "<script>alert(1)</script>"})
    assert wrong.status_code == 422
    assert "<script>alert" not in wrong.text
    assert anyone.post("/pruefen/ergebnis", data={"name": name}).status_code == 303
    assert name in text_of(anyone, "/pruefen/ergebnis")


@pytest.mark.parametrize(
    "data",
    [
        {}, {"text": "  "}, {"text": "Guten Tag"}, {"text": "DHZ1-ABC"}, {"text": "x" * 10_000},
        {"text": "https://example.org/?q=1"}, {"text": "DHK1-0123456789ABCDEF"},
        {"text": '{"id": 7}'},
    ],
)  # fmt: skip
def test_what_is_no_proof_is_told(anyone: FlaskClient, data: dict[str, str]) -> None:
    answer = anyone.post("/pruefen", data=data)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "Set-Cookie" not in answer.headers


def test_a_changed_sign_is_told(anyone: FlaskClient, config: Config) -> None:
    text, _ = proof_text(config)
    at = len(text) // 2
    changed = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
    assert "verändert" in anyone.post("/pruefen", data={"text": changed}).text


def test_files_that_are_none_are_told(anyone: FlaskClient) -> None:
    for content, code in ((b"\x89PNG\r\n\x1a\n" + b"\0" * 99, 422), (b"\xff\xfe\0", 422)):
        answer = anyone.post("/pruefen", data={"datei": (io.BytesIO(content), "x.png")})
        assert answer.status_code == code
    large = b"--x\r\n" + b"\xff" * 9_500_000  # Werkzeug's own client would leave a file open
    kind = "multipart/form-data; boundary=x"
    assert anyone.post("/pruefen", data=large, content_type=kind).status_code == 413
    # elsewhere a form is a form
    assert anyone.post("/anzeige", data={"sprache": "x" * 400_000}).status_code == 413


def test_the_list_of_revoked_ones_is_public(anyone: FlaskClient) -> None:
    answer = anyone.get("/pruefen/gesperrt.jwt")
    assert answer.mimetype == "application/vc+jwt"
    assert answer.text.count(".") == 2


def test_of_another_hub_it_says_so(anyone: FlaskClient, village: Config) -> None:
    text, _ = proof_text(village)
    answer = anyone.post("/pruefen", data={"text": text}, follow_redirects=True)
    assert "nicht von diesem Hub" in answer.text


def test_in_other_languages_it_is_said_too(anyone: FlaskClient, config: Config) -> None:
    text, _ = proof_text(config)
    anyone.set_cookie("anzeige", "ar.normal.wie-geraet")
    page = anyone.post("/pruefen", data={"text": text}, follow_redirects=True).text
    assert "هذه الشهادة أصلية." in page
    assert 'dir="rtl"' in page

"""Certificates by the command line, as a volunteer types it."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
import segno

from edge.clock import FixedClock
from tests.edge.commands.test_learning import course, hub, run, slip_in

__all__ = ["course", "hub"]


@pytest.fixture
def attended(hub: Path, course: str, monkeypatch: pytest.MonkeyPatch) -> str:
    # where tests run, nobody may have set the clock
    now = FixedClock(time.time_ns() // 1_000_000)
    monkeypatch.setattr("edge.clock.SystemClock", lambda: now)
    slip_in(run(hub, "signup", "add", course, "Ayşe Yılmaz", "--party", "2"))
    for session in ("1", "2", "3"):
        run(hub, "attendance", "tick", session, "1")
    run(hub, "attendance", "tick", "3", "1", "--count", "1")
    return course


def test_from_the_list_to_the_proof_and_back(hub: Path, attended: str, tmp_path: Path) -> None:
    told = run(hub, "badge", "list", attended)
    assert re.search(r"ja +1-1  3 von 3  Ayşe Yılmaz", told)
    assert re.search(r"nein +1-2  2 von 3", told)
    assert "Nr. 1: Teilnahme-Bescheinigung" in run(hub, "badge", "issue", attended, "--by", "Petra")
    told = run(
        hub, "badge", "issue", attended, "1-2=Öykü", "--percent", "60", "--digcomp", "--competence",
        "4.2",
    )  # fmt: skip
    assert "Nr. 2: DigComp-Nachweis" in told
    text = run(hub, "badge", "export", "1").strip()
    code = tmp_path / "code.png"
    segno.make(text, error="m", micro=False).save(str(code), scale=5)
    for shown in (run(hub, "badge", "verify", str(code)), run(hub, "badge", "verify", typed=text)):
        assert shown.startswith("ECHT")
        assert "Ayşe Yılmaz" in shown
    document, pdf = tmp_path / "n.json", tmp_path / "n.pdf"
    run(hub, "badge", "export", "2", "--json", str(document), "--pdf", str(pdf))
    assert pdf.read_bytes().startswith(b"%PDF")
    assert json.loads(document.read_text())["type"] == "EnvelopedVerifiableCredential"
    shown = run(hub, "badge", "verify", str(document), "--name", "Öykü")
    assert "DigComp 3.0 4.2 Daten und Privatsphäre schützen (basic)" in shown
    assert "nicht für diesen Namen" in run(
        hub, "badge", "verify", str(document), "--name", "Erna", code=1
    )
    assert "Zurückgenommen: Sicher im Netz" in run(hub, "badge", "revoke", str(code))
    assert "ZURÜCKGENOMMEN" in run(hub, "badge", "verify", typed=text, code=3)
    assert "War schon" in run(hub, "badge", "revoke", "1")
    assert "(zurückgenommen)" in run(hub, "badge", "list", attended)


def test_a_key_is_changed_or_was_stolen(hub: Path, attended: str, tmp_path: Path) -> None:
    first = run(hub, "badge", "key").strip()
    run(hub, "badge", "issue", attended)
    text = run(hub, "badge", "export", "1").strip()
    second = run(hub, "badge", "key", "--rotate")
    assert first not in second.splitlines()[0]
    assert f"früher: {first}, gewechselt" in second
    assert run(hub, "badge", "verify", typed=text).startswith("ECHT")
    run(hub, "badge", "key", "--stolen", code=2)
    assert "gestohlen" in run(hub, "badge", "key", "--rotate", "--stolen")
    listed = tmp_path / "gesperrt.jwt"
    run(hub, "badge", "key", "--revoked", str(listed))
    assert listed.read_text().count(".") == 2
    run(hub, "badge", "key", "--revoked", str(tmp_path / "none" / "x"), code=1)


def test_what_cannot_be_is_told(hub: Path, attended: str, tmp_path: Path) -> None:
    assert "gibt es hier nicht" in run(hub, "badge", "issue", attended, "9-1", code=1)
    assert "zu selten" in run(hub, "badge", "issue", attended, "1-2=Öykü", code=1)
    assert "1 bis 100" in run(hub, "badge", "issue", attended, "--percent", "0", code=1)
    assert "gibt es hier nicht mehr" in run(hub, "badge", "export", "7", code=1)
    assert "keine Bescheinigung" in run(hub, "badge", "verify", typed="Guten Tag", code=1)
    assert "nicht lesen" in run(hub, "badge", "verify", str(tmp_path / "none"), code=1)
    noise = tmp_path / "bild.png"
    noise.write_bytes(b"\x89PNG\xff\xfe")
    assert "kein QR-Code" in run(hub, "badge", "verify", str(noise), code=1)
    run(hub, "badge", "issue", attended)
    assert "schreiben" in run(
        hub, "badge", "export", "1", "--json", str(tmp_path / "x" / "y"), code=1
    )
    key = hub.parent / "state" / "keys" / "personal.key"
    if key.exists():
        key.rename(key.with_name("away"))
        run(hub, "badge", "list", attended, code=75)

"""The page on the terminal, over what setting up really wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config import Config
from edge.unlock import pin, tang
from edge.unlock.installing import Installing
from edge.unlock.opener import Opener
from edge.web.app import create_app
from tests.edge.unlock.conftest import Tang

PIN = "271828"


def test_the_pin_opens_and_wrong_ones_must_wait(
    hub: Config, stick: Path, tang_server: Tang, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pin, "MEMORY_KIB", 64)
    plain = hub.hub.keys / "personal.key"
    client = create_app(hub).test_client()
    assert 'name="pin"' not in client.get("/entsperren").text  # not set up
    with tang_server.serving() as url:
        work = Installing(Opener.of(hub), bytes.fromhex(plain.read_text().strip()))
        work.use_tang(url, tang.thumbprints(url)[0])
        work.use_token(stick)
        work.use_pin(PIN)
        work.draft()
        assert work.attempt(lambda: PIN) == {}
        work.finish(plain)
    assert 'name="pin"' not in client.get("/entsperren").text  # open
    Opener.of(hub).lock()
    assert 'name="pin"' in client.get("/entsperren").text

    (token,) = stick.glob("*.key")
    away = stick.parent.parent / "away"
    token.rename(away)
    assert "fehlt noch der Stick" in client.post("/entsperren", data={"pin": PIN}).text
    away.rename(token)
    for _ in range(3):
        wrong = client.post("/entsperren", data={"pin": "999999"})
        assert (wrong.status_code, "stimmt nicht" in wrong.text) == (422, True)
        assert "999999" not in wrong.text
    waits = client.post("/entsperren", data={"pin": PIN})
    assert (waits.status_code, "Zu viele falsche Versuche" in waits.text) == (422, True)
    assert Opener.of(hub).is_locked

    Opener.of(hub).tries_path.unlink()
    assert client.post("/entsperren", data={"pin": PIN}).status_code == 303
    assert not Opener.of(hub).is_locked

"""A hub with somebody who agreed to be seen, served as it is, and peers that talk like browsers."""

from __future__ import annotations

import json
import re
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

from flask import Flask

from edge.care.case_consent import PURPOSE, VIDEO
from edge.care.consent import HUB
from edge.clock import FixedClock
from edge.desk.vault import Vault
from edge.web.access import COOKIE
from edge.web.app import create_app
from hardware.reading import TimeQuality
from tests.furnish_access import furnish_access
from tests.furnish_ward import furnish_ward
from tests.hall import NOW_MS, furnished
from tests.signed_in import visit_for

CALLS = "/pflege/gespraech"


def talking_app(folder: Path) -> Flask:
    """Return a hub where Erna Weber agreed to be seen."""
    config = furnished(folder, (furnish_access, furnish_ward))
    app = create_app(config, FixedClock(NOW_MS, TimeQuality.SYNCHRONISED))
    app.extensions["hall"] = config
    with Vault.of(config) as vault, vault.open() as personal:
        personal.give_consent(
            1, purpose=PURPOSE, data_kind=VIDEO, sentence="Ja.", given_how="", at=NOW_MS - 1,
            recipient=HUB,
        )  # fmt: skip
    return app


class Peer:
    """A browser's side of the signalling, over the real line."""

    def __init__(self, home: str) -> None:
        self._home = home
        self._jar = CookieJar()
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(self._jar))
        self._read = 0
        self._cookie = ""

    def call(self, app: Flask) -> str:
        """Be the carer, call, and return the code."""
        token = visit_for(app, CALLS)
        assert token is not None
        self._cookie = f"{COOKIE}={token}"
        page = self._ask(CALLS, urlencode({"person": 1}).encode())
        found = re.search(r'call-code"[^>]*>(\d{3} \d{3})<', page)
        assert found is not None
        return found[1]

    def accept(self, code: str) -> None:
        """Be who is called."""
        assert "Annehmen" in self._ask("/gespraech", urlencode({"code": code}).encode())

    def say(self, kind: str, text: str = "") -> None:
        self._ask("/gespraech/post", json.dumps({"kind": kind, "text": text}).encode(), True)

    def hear(self) -> list[list[str]] | None:
        """Return what is new, None once it is over."""
        try:
            told = json.loads(self._ask(f"/gespraech/post?nach={self._read}"))
        except HTTPError as error:
            assert error.code == 410  # noqa: PT017 - nothing else may be said
            error.close()
            return None
        said: list[list[str]] = told["said"]
        self._read += len(said)
        return said

    def hang_up(self) -> None:
        assert "beendet" in self._ask("/gespraech/ende", b"")

    def _ask(self, path: str, data: bytes | None = None, is_json: bool = False) -> str:  # noqa: FBT001, FBT002
        headers = {"Cookie": self._cookie} if self._cookie else {}
        if is_json:
            headers["Content-Type"] = "application/json"
        with self._opener.open(Request(self._home + path, data, headers)) as answer:  # noqa: S310
            text: str = answer.read().decode()
            return text

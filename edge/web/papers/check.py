"""`/pruefen`: whether a certificate is genuine; for everybody, without a network.

What is scanned, typed or brought goes into the visit, never into an address.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from edge.badges.compact import Shown, packed
from edge.badges.errors import TooEarly, Unreadable
from edge.badges.proof import read
from edge.clock import Clock
from edge.config import Config
from edge.desk.awards import Awards
from edge.desk.vault import Vault
from edge.paper.scanner import MAX_PICTURE_BYTES, NoCode, NoScanner, can_scan, scan
from edge.store.errors import StoreError
from edge.store.village import VillageStore
from edge.web.access import Role, open_blueprint, visit
from edge.web.papers.check_page import result
from edge.web.tongue import later, say

KEPT = "pruefen"  # the packed proof, in pieces: a visit keeps short values
NAME = "pruefen-name"
_PIECE = 380
_MAX_PIECES = 30
_MAX_BODY = MAX_PICTURE_BYTES + 64 * 1024
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8", b"BM")

_NOTHING = later("Bitte den QR-Code lesen, den Text eintippen oder eine Datei wählen.")
_NO_PROOF = later(
    "Das ist keine Bescheinigung eines Dorfhubs, oder sie wurde verändert. Bitte noch einmal "
    "versuchen. Klappt es wieder nicht, gilt sie nicht."
)
_NO_CODE = later(
    "Auf dem Bild ist kein QR-Code zu erkennen. Bitte nah und bei gutem Licht fotografieren."
)
_NO_SCANNER = later("Bilder kann dieser Hub gerade nicht lesen. Bitte das Lesegerät benutzen.")
_TOO_EARLY = later(
    "Die Bescheinigung trägt ein Datum, das noch nicht war. Wahrscheinlich geht die Uhr des Hubs "
    "falsch."
)
_WRONG_NAME = later(
    "Die Unterschrift gilt, aber nicht für diesen Namen. Ist er genau so geschrieben wie auf dem "
    "Papier?"
)
_BROKEN = later("Das geht gerade nicht. Bitte versuchen Sie es gleich noch einmal.")


def check_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/pruefen`."""
    pages = Blueprint("check", __name__, url_prefix="/pruefen")
    open_blueprint(pages, Role.VILLAGER)
    views = _Views(config, clock)
    for rule, method, view in (
        ("", "GET", views.form),
        ("", "POST", views.check),
        ("/ergebnis", "GET", views.result),
        ("/ergebnis", "POST", views.name),
        ("/gesperrt.jwt", "GET", views.revoked),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    return pages


class _Views:
    """The views."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock

    def form(self) -> str:
        return _form()

    def check(self) -> AnyResponse | tuple[str, int]:
        """Take what is shown; a picture may be larger than other forms."""
        request.max_content_length = _MAX_BODY
        try:
            shown = _shown()
            with self._awards() as awards:
                awards.check(packed(shown))
        except NoCode:
            return _form(say(_NO_CODE)), HTTPStatus.UNPROCESSABLE_ENTITY
        except NoScanner:
            return _form(say(_NO_SCANNER)), HTTPStatus.SERVICE_UNAVAILABLE
        except TooEarly:
            return _form(say(_TOO_EARLY)), HTTPStatus.UNPROCESSABLE_ENTITY
        except Unreadable as error:
            text = say(_NOTHING) if str(error) == "nothing" else say(_NO_PROOF)
            return _form(text), HTTPStatus.UNPROCESSABLE_ENTITY
        except StoreError:
            return _form(say(_BROKEN)), HTTPStatus.SERVICE_UNAVAILABLE
        _keep(shown)
        return redirect(url_for(".result"), HTTPStatus.SEE_OTHER)

    def result(self) -> str | AnyResponse | tuple[str, int]:
        return self._result()

    def name(self) -> str | AnyResponse | tuple[str, int]:
        """Compare a name with the one that was signed."""
        typed = request.form.get("name", "")[:300]
        found = self._result(typed)
        if isinstance(found, str) and typed.strip():
            visit().drop(NAME)
            visit().keep(NAME, typed)
            return redirect(url_for(".result"), HTTPStatus.SEE_OTHER)
        return found

    def revoked(self) -> Response | tuple[str, int]:
        """Return the signed list of what was taken back, for who checks elsewhere."""
        try:
            with self._awards() as awards:
                token = awards.revocation_list()
        except StoreError:
            return _form(say(_BROKEN)), HTTPStatus.SERVICE_UNAVAILABLE
        response = Response(token, mimetype="application/vc+jwt")
        response.headers["Content-Disposition"] = 'attachment; filename="dorfhub-gesperrt.jwt"'
        return response

    def _result(self, typed: str = "") -> str | AnyResponse | tuple[str, int]:
        text = "".join(visit().kept(KEPT))
        if not text:
            return redirect(url_for(".form"), HTTPStatus.SEE_OTHER)
        name = typed or "".join(visit().kept(NAME))
        try:
            with self._awards() as awards:
                proof = awards.check(text)
                if proof.name is None and name.strip():
                    try:
                        proof = awards.check(text, name)
                    except Unreadable:
                        page = render_template(
                            "check_result.html", found=result(proof), error=say(_WRONG_NAME)
                        )
                        return page, HTTPStatus.UNPROCESSABLE_ENTITY
        except StoreError:
            return _form(say(_BROKEN)), HTTPStatus.SERVICE_UNAVAILABLE
        return render_template("check_result.html", found=result(proof), error="")

    @contextmanager
    def _awards(self) -> Iterator[Awards]:
        config = self._config
        with VillageStore(config.hub.village_db) as village, Vault.of(config) as vault:
            yield Awards.at(config, village, vault, self._clock)


def _form(error: str = "") -> str:
    return render_template("check.html", error=error, can_scan=can_scan())


def _shown() -> Shown:
    """Return what the form brings: a file, else what was typed.

    :raises Unreadable: if it is no proof; ``nothing`` if there is none.
    """
    file = request.files.get("datei")
    data = file.read(MAX_PICTURE_BYTES + 1) if file is not None else b""
    if data.startswith(_PICTURES):
        return read(scan(data))
    if data:
        return read(data[:100_000].decode("utf-8", "replace"))
    typed = request.form.get("text", "")
    if not typed.strip():
        raise Unreadable("nothing")
    return read(typed)


def _keep(shown: Shown) -> None:
    text = packed(shown)
    here = visit()
    here.drop(KEPT)
    here.drop(NAME)
    for at in range(0, min(len(text), _PIECE * _MAX_PIECES), _PIECE):
        here.keep(KEPT, text[at : at + _PIECE])

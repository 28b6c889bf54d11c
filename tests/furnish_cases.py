"""A practice, a draft with a picture, an answered case, and something that was refused."""

from __future__ import annotations

from flask import Flask

from edge.care.case_consent import KIND, PURPOSE, VIDEO
from edge.care.case_key import new_pair
from edge.care.consent import BLOOD_PRESSURE, CARE, HUB
from edge.care.people import ContactRole
from edge.clock import FixedClock
from edge.config import Config
from edge.desk.vault import Vault
from edge.store.personal_cases_rows import StoredAnswer
from edge.ward.case import Consultation
from edge.web.care.video_rooms import Rooms
from tests.edge.ward.case_desk import picture

CASE_PAGES = {
    "pflege-faelle": "/pflege/faelle",
    "pflege-fall-neu": "/pflege/faelle/neu",
    "pflege-fall-entwurf": "/pflege/faelle/2",
    "pflege-fall-beantwortet": "/pflege/faelle/1",
    "pflege-fall-ohne-einwilligung": "/pflege/faelle/3",
    "pflege-praxen": "/pflege/faelle/praxen",
    "pflege-gespraech": "/pflege/gespraech",
    "pflege-gespraech-raum": "/pflege/gespraech/raum",
    "gespraech": "/gespraech",
    "gespraech-raum": "/gespraech/raum",
    "gespraech-ende": "/gespraech/ende",
}
CASE_KEPT: dict[str, dict[str, tuple[str, ...]]] = {
    "/pflege/gespraech/raum": {"gespraech": ("hall-caller",)},
    "/gespraech/raum": {"gespraech": ("hall-callee",)},
}
_QUESTION = (
    "Frau Weber hat seit drei Tagen eine gerötete Stelle am linken Knöchel, etwa so groß wie ein "
    "Zwei-Euro-Stück. Sie ist warm, tut aber nicht weh.\nSoll sie kommen, oder reicht Kühlen?"
)
_ANSWER = (
    "Danke für das gute Bild. Bitte hochlegen und kühlen, nicht massieren.\n"
    "Wird die Stelle größer als eine Handfläche oder kommt Fieber dazu: bitte gleich anrufen."
)


def furnish_cases(config: Config, now_ms: int) -> None:
    """Let a practice be asked about two people; after `furnish_ward`."""
    clock = FixedClock(now_ms - 3_600_000)
    with Vault.of(config) as vault:
        desk = Consultation(vault, clock, config.hub.village)
        with vault.open() as personal:
            practice = personal.add_contact("Praxis Dr. Grün", ContactRole.PRACTICE, now_ms)
            personal.add_contact("Praxis Müller-Lüdenscheidt", ContactRole.DOCTOR, now_ms)
            for purpose, kind, to in (
                (CARE, BLOOD_PRESSURE, HUB),
                (CARE, BLOOD_PRESSURE, f"contact:{practice}"),
                (PURPOSE, KIND, f"contact:{practice}"),
                (PURPOSE, VIDEO, HUB),
            ):
                personal.give_consent(
                    1, purpose=purpose, data_kind=kind, sentence="Ja.", given_how="mündlich",
                    at=now_ms - 10**9, recipient=to,
                )  # fmt: skip
        desk.note_practice(practice, str(new_pair(b"p" * 32).address), compared=True)
        for person, kinds in ((1, [BLOOD_PRESSURE]), (1, [BLOOD_PRESSURE]), (2, [])):
            number = desk.draft(
                person, practice, about="Frau W., Jahrgang 1941" if person == 1 else "",
                question=_QUESTION, kinds=kinds, days=7,
            )  # fmt: skip
            desk.add_file(number, picture((640, 480)))
        desk.seal(1, desk.opened(1).case.changed_at)
        desk.packet(1)
        with vault.open() as personal:
            answer = StoredAnswer(0, now_ms, now_ms, "Praxis Dr. Grün", _ANSWER)
            personal.add_case_answer(1, answer, bytes(16))
            personal.refuse_letter(bytes(32), "a letter that does not open", 900, now_ms)


def call_somebody(app: Flask) -> None:
    """Let a carer and Erna Weber meet, for the pages of both."""
    tokens = iter(("hall-caller", "hall-callee"))
    rooms = Rooms(lambda _: 471_108, lambda: next(tokens))
    seat = rooms.open(1, "Schwester Amira Nowak", 0.0)
    assert seat is not None
    assert rooms.join(seat.code, 0.0) is not None
    app.extensions["dorfhub-video"] = rooms

"""What a person agrees to before a practice is asked about them, and whether they did. Pure.

Two consents it takes: that this practice is asked at all (question, pictures, clip), and for each
kind of values that goes along, that this practice may read it (`edge.care.permission`).
"""

from __future__ import annotations

from collections.abc import Iterable

from edge.care.consent import Consent, standing
from edge.care.people import ContactRole, recipient_of

PURPOSE = "consultation"
KIND = "case"  # a question with pictures; values go by their own consents
VIDEO = "video"  # seeing and speaking to each other; nothing of it is kept
ASKED = frozenset((ContactRole.PRACTICE, ContactRole.DOCTOR))

_CASE = (
    "Ich bin damit einverstanden, dass der Dorfhub Fragen zu meiner Gesundheit mit Bildern und "
    "kurzen Filmen versiegelt an {name} schickt und die Antworten hier verschlüsselt aufbewahrt. "
    "Ich kann das jederzeit widerrufen."
)
_VIDEO = (
    "Ich bin damit einverstanden, dass meine Betreuung mit mir über Bild und Ton spricht. Nichts "
    "davon wird aufgezeichnet. Ich kann das jederzeit widerrufen."
)


def case_sentence(name: str) -> str:
    """Return what somebody agrees to who lets a practice be asked about them."""
    return _CASE.format(name=name)


def video_sentence() -> str:
    """Return what somebody agrees to who lets others see them."""
    return _VIDEO


def may_ask(consents: Iterable[Consent], contact: int) -> bool:
    """Tell whether a practice may be asked about the person whose consents these are."""
    return standing(consents, PURPOSE, KIND, recipient_of(contact)) is not None


def may_see_live(consents: Iterable[Consent]) -> bool:
    """Tell whether the person whose consents these are agreed to speak over video."""
    return standing(consents, PURPOSE, VIDEO) is not None

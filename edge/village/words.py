"""What people write on the board, tidied and held within bounds.

What is shown to everybody holds no telephone number and no e-mail address unless a volunteer says
that it is an office's or a club's: a person's own is kept apart (:mod:`edge.village.market`).
"""

from __future__ import annotations

from edge.learning.course import many_lines, one_line, reaches_somebody
from edge.learning.errors import LearningError

MAX_TITLE = 80  # one line at the terminal's size
MAX_TEXT = 1000  # a notice, not a newspaper
MAX_PLACE = 120
MAX_REASON = 300
_ANY = 1 << 30


class Refused(LearningError):
    """What was entered cannot be taken. ``code`` says why, for pages in other languages.

    ``bound`` is the number that was crossed, where there is one.
    """

    def __init__(self, code: str, hint: str, field: str = "", *, bound: int = 0) -> None:
        super().__init__(code, hint=hint, field=field)
        self.code = code
        self.bound = bound


def line(text: str, field: str, most: int, *, needed: bool = False) -> str:
    """Return one line, tidied.

    :raises Refused: `empty` or `long`.
    """
    return _bounded(one_line(text, field, _ANY), field, most, needed=needed)


def lines(text: str, field: str, most: int = MAX_TEXT) -> str:
    """Return a text of lines, tidied.

    :raises Refused: `long`.
    """
    return _bounded(many_lines(text, field, _ANY), field, most, needed=False)


def nobodys(text: str, field: str) -> None:
    """Return if a text may be shown to everybody.

    :raises Refused: `reach`, if it holds a telephone number or an e-mail address.
    """
    if reaches_somebody(text):
        raise Refused(
            "reach",
            "Bitte keine Telefonnummer und keine E-Mail-Adresse in den Text schreiben: Jeder im "
            "Dorf kann ihn lesen.",
            field,
        )


def _bounded(tidy: str, field: str, most: int, *, needed: bool) -> str:
    if needed and not tidy:
        raise Refused("empty", "Hier fehlt noch etwas.", field)
    if len(tidy) > most:
        raise Refused(
            "long", f"Hier passen {most} Zeichen hinein; es sind {len(tidy)}.", field, bound=most
        )
    return tidy

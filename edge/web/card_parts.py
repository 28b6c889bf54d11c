"""What else stands on somebody's own card: loans, certificates, progress, one part each.

Whoever keeps something by card registers a part (:func:`on_card`); it is shown on `/karte` below
the courses, in the order of registration, and only where it has something to say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from flask import Flask

from edge.web.page import Line

_KEY = "dorfhub-card-parts"


@dataclass(frozen=True, slots=True)
class CardPart:
    """One part: ``key`` is its id in the page, ``rows`` are lines of `parts.lines`.

    ``endpoint`` is where more of it is, with ``more`` as its words. ``is_first``: something is
    asked of whoever has the card, so it stands above the courses.
    """

    key: str
    title: str
    rows: Sequence[Line]
    endpoint: str = ""
    more: str = ""
    is_first: bool = False


# Gets what is kept of the card (`edge.desk.register.card_hash`); None or no rows: nothing is shown.
MakePart = Callable[[bytes], CardPart | None]


def on_card(app: Flask, make: MakePart) -> None:
    """Show what ``make`` returns on everybody's own card. A StoreError of it hides that part."""
    app.extensions.setdefault(_KEY, []).append(make)


def makers(app: Flask) -> Sequence[MakePart]:
    """Return what was registered."""
    return cast("list[MakePart]", app.extensions.get(_KEY, []))

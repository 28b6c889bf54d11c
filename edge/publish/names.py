"""Names that the operator gave, as they may stand in open data. Pure.

A sensor named by its serial number, or a season by its months, is no telephone number of anybody;
yet the auditor cannot know of the first. So the builder publishes another name where it would
refuse, and is never less careful: else nothing of the cube could be published until somebody
renamed it.
"""

from __future__ import annotations

import re

from edge.learning.course import reaches_somebody
from edge.village.open_data import DOUBTFUL

_MONTH = r"(?:0[1-9]|1[0-2])"
_DATE = rf"(?:20\d\d-{_MONTH}(?:-[0-3]\d)?|(?:[0-3]\d/)?{_MONTH}/(?:20)?\d\d)"
_DATED = re.compile(rf"((?:\D*[^\d+(/–-])?){_DATE}(?: ?[-–/] ?{_DATE})?(\D*)")


def sensor_name(name: str, where: str) -> str:
    """Return a sensor's name, or one that says ``where`` it is if that is none to be published."""
    return f"Fühler {where}" if not name.strip() or _doubtful(name) else name


def season_name(name: str, first: str, last: str) -> str:
    """Return a season's name, or one of its first and last day.

    One that says from when to when (`09/2026-02/2027`), with no other number in it, is kept.
    """
    dated = _DATED.fullmatch(name)
    beside = "x".join(dated.groups()) if dated else name
    return f"{first} bis {last}" if not name.strip() or _doubtful(beside) else name


def _doubtful(words: str) -> bool:
    return bool(reaches_somebody(words) or DOUBTFUL.search(words))

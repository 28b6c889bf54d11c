"""What somebody types of their own house, step by step, from the form to the answers; no Flask.

A draft is what was typed, by field, and is kept in the visit as lines `field=text`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from edge.cadastre.household import NUMBERS, WORDS, Answers
from edge.heat.address import MAX_STREET_CHARACTERS, house_number, street_key
from edge.heat.bill import MOST_BILLS, UNITS, Bill, BillError, beside, checked, read
from edge.heat.building import AGE_CLASSES
from edge.heat.errors import CadastreError
from edge.heat.intake.cells import CellError
from edge.heat.intake.cells import number as read_number
from edge.heat.intake.fields import Field
from edge.learning.entered import read_day
from edge.web.home_words import CHOICES

HOUSE = ("type", "year_built", "age_class", "area", "units", "refurbishment")
HEATING = ("heating", "carrier", "generator_year", "generator_kw", "hot_water")
BILL_FIELDS = ("unit", "amount", "first", "last")
MAX_TYPED = 120
_LIMITS = {
    "year_built": Field("", "", "", 1000, 2100, whole=True),
    "area": Field("", "", "m²", 10, 10_000),
    "units": Field("", "", "", 1, 500, whole=True),
    "generator_year": Field("", "", "", 1950, 2100, whole=True),
    "generator_kw": Field("", "", "kW", 1, 1000),
    "amount": Field("", "", "", 0.1, 1e9),
}
_YEARS = ("year_built", "generator_year")

Draft = dict[str, str]


class Wrong(Exception):
    """A field that cannot be so; ``code`` says why, empty if that is plain (`home_words.wrong`)."""

    def __init__(self, field: str, code: str = "") -> None:
        super().__init__(f"{field} {code}".strip())
        self.field = field
        self.code = code


@dataclass(frozen=True, slots=True)
class Step:
    """Where one is: ``key`` is the address's end, ``number`` counts from 1."""

    key: str
    number: int


STEPS = {
    key: Step(key, number)
    for number, key in enumerate(("adresse", "gebaeude", "heizung", "rechnungen", "pruefen"), 1)
}


def lines(draft: Mapping[str, str]) -> list[str]:
    """Return a draft as the visit keeps it."""
    return [f"{name}={text}" for name, text in draft.items() if text]


def draft_of(kept: Iterable[str]) -> Draft:
    """Return the draft of lines that the visit kept."""
    return {name: text for name, _, text in (one.partition("=") for one in kept)}


def address(typed: Mapping[str, str]) -> tuple[str, str]:
    """Return street and house number as typed.

    :raises Wrong: if one of them is none.
    """
    street, number = (_bare(typed.get(name, "")) for name in ("street", "number"))
    try:
        if len(street) > MAX_STREET_CHARACTERS:
            raise Wrong("street")
        street_key(street)
    except CadastreError:
        raise Wrong("street") from None
    try:
        house_number(_digits(number))
    except CadastreError:
        raise Wrong("number") from None
    return street, _digits(number)


def answered(names: Iterable[str], typed: Mapping[str, str], today: date) -> Draft:
    """Return what was typed into some fields, each one checked; empty ones as well.

    :raises Wrong: at the first that cannot be so.
    """
    found: Draft = {}
    for name in names:
        text = _bare(typed.get(name, ""))
        if name in _LIMITS:
            _number(name, text, today)
        elif text and text not in _codes(name):
            raise Wrong(name)
        found[name] = text
    return found


def bill(typed: Mapping[str, str], before: Iterable[Bill], today: date) -> Bill | None:
    """Return the bill that was typed, None if nothing was.

    :raises Wrong: if it cannot be so, or not beside those ``before``.
    """
    texts = {name: _bare(typed.get(name, "")) for name in BILL_FIELDS}
    if not any(texts.values()):
        return None
    if texts["unit"] not in UNITS:
        raise Wrong("unit")
    amount = _number("amount", texts["amount"], today)
    if amount is None:
        raise Wrong("amount")
    days: list[date] = []
    for name in ("first", "last"):
        day = read_day(_digits(texts[name]))
        if day is None:
            raise Wrong(name)
        days.append(day)
    try:
        found = checked(Bill(texts["unit"], amount, *days), today)
        return beside(found, list(before))
    except BillError as error:
        raise Wrong(error.field, error.code) from None


def bills(draft: Mapping[str, str]) -> list[Bill]:
    """Return the bills of a draft."""
    names = sorted(name for name in draft if name.startswith("bill:"))
    return [read(draft[name]) for name in names]


def with_bills(draft: Draft, now: list[Bill]) -> Draft:
    """Return a draft with these bills and no others."""
    rest = {name: text for name, text in draft.items() if not name.startswith("bill:")}
    given = now[:MOST_BILLS]
    return {**rest, **{f"bill:{number}": one.text for number, one in enumerate(given, 1)}}


def answers(draft: Mapping[str, str], today: date) -> Answers:
    """Return what a draft says.

    :raises Wrong: if a field cannot be so.
    """
    numbers: dict[str, float] = {}
    for name in NUMBERS:
        found = _number(name, draft.get(name, ""), today)
        if found is not None:
            numbers[name] = found
    said = {name: draft[name] for name in WORDS if draft.get(name)}
    if "year_built" in numbers:
        said.pop("age_class", None)  # the year says more
    return Answers(said, numbers, bills(draft), today)


def _codes(name: str) -> set[str]:
    return set(AGE_CLASSES) if name == "age_class" else {key for key, _ in CHOICES[name]}


def _number(name: str, text: str, today: date) -> float | None:
    try:
        found = read_number(_digits(text), _LIMITS[name], ",")
    except CellError:
        raise Wrong(name) from None
    if found is not None and name in _YEARS and found > today.year:
        raise Wrong(name)
    return found


def _bare(text: str) -> str:
    return " ".join(text.split())[:MAX_TYPED]


def _digits(text: str) -> str:
    """Return a text with its digits, of whatever script, as `0` to `9`."""
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in text)

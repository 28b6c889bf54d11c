"""What people type into forms: days, times, numbers and amounts of money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

from edge.learning.errors import Refused

MAX_SHOWN = 40  # of what was typed, in the sentence that says what is wrong with it
_MAX_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Entered:
    """A form as it was sent: every name with all its values. A name that was not sent is empty."""

    values: Mapping[str, Sequence[str]]

    def text(self, name: str) -> str:
        """Return what was typed, as it is."""
        found = self.values.get(name) or ("",)
        return found[0]

    def many(self, name: str) -> Sequence[str]:
        """Return all that was ticked."""
        return self.values.get(name) or ()

    def has(self, name: str) -> bool:
        """Say whether something was ticked or pressed."""
        return bool(self.values.get(name))

    def number(self, name: str, *, empty: int = 0) -> int:
        """Return a whole number, ``empty`` if nothing was typed.

        :raises Refused: if it is none.
        """
        text = self.text(name).strip()
        if not text:
            return empty
        if not (text.isascii() and text.isdecimal()) or len(text) > _MAX_DIGITS:
            raise _wrong(name, text, "Das ist keine Zahl", "12")
        return int(text)

    def cents(self, name: str) -> int:
        """Return an amount in euros, such as `12,50`, in cents.

        :raises Refused: if it is none.
        """
        text = self.text(name)
        whole, _, rest = text.strip().removesuffix("€").strip().replace(".", ",").partition(",")
        digits = whole + rest
        if not digits:
            return 0
        if not (digits.isascii() and digits.isdecimal() and whole) or len(rest) > 2:
            raise _wrong(name, text, "Das ist kein Betrag", "12,50")
        if len(whole) > _MAX_DIGITS:
            raise _wrong(name, text, "Das ist zu viel", "12,50")
        return int(whole) * 100 + int(rest.ljust(2, "0"))

    def day(self, name: str) -> date:
        """Return a day, written as `24.12.2026`, `24.12.26` or `2026-12-24`.

        :raises Refused: if it is none.
        """
        found = read_day(self.text(name))
        if found is None:
            raise _wrong(name, self.text(name), "Das ist kein Tag", "24.12.2026")
        return found

    def days(self, name: str) -> frozenset[date]:
        """Return days that stand one after another, with spaces, commas or lines between.

        :raises Refused: at the first that is none.
        """
        words = self.text(name).replace(",", " ").replace(";", " ").split()
        found = set()
        for word in words:
            one = read_day(word)
            if one is None:
                raise _wrong(name, word, "Das ist kein Tag", "24.12.2026")
            found.add(one)
        return frozenset(found)

    def time(self, name: str) -> time:
        """Return a time on the wall, typed as `18:30`, `18.30` or `18`.

        :raises Refused: if it is none.
        """
        text = self.text(name).strip()
        hours, _, minutes = text.replace(".", ":").partition(":")
        digits = hours + minutes
        try:
            if digits.isascii() and digits.isdecimal() and hours and len(digits) <= 4:
                return time(int(hours), int(minutes or "0"))
        except ValueError:
            pass
        raise _wrong(name, text, "Das ist keine Uhrzeit", "18:30")


def read_day(text: str) -> date | None:
    """Return the day that is written, None if it is none."""
    text = text.strip()
    parts = text.split("-") if "-" in text else text.rstrip(".").split(".")[::-1]
    if len(parts) != 3 or not all(one.isascii() and one.isdecimal() for one in parts):
        return None
    if len(parts[0]) not in (2, 4) or max(len(parts[1]), len(parts[2])) > 2:
        return None
    year, month, day = map(int, parts)
    try:
        return date(year + 2000 * (len(parts[0]) == 2), month, day)
    except ValueError:
        return None


def _wrong(name: str, text: str, what: str, example: str) -> Refused:
    typed = f": „{text.strip()[:MAX_SHOWN]}“" if text.strip() else ""
    return Refused(f"{name} cannot be read", hint=f"{what}{typed}. Beispiel: {example}", field=name)

"""Addresses as they are written, and the one key they are found by.

"Hauptstr. 12 a", "HAUPTSTRASSE 12A" and "Haupt-Straße 12a" are one address. A street that was
renamed keeps its old key as an alias (:class:`Streets`), so that older files find their houses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from edge.heat.errors import CadastreError

MAX_STREET_CHARACTERS = 100
_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_NUMBER = re.compile(r"(\d{1,4})\s*([a-z]?)(?:\s*(?:-|–|/|\+|bis|und)\s*(\d{1,4})\s*([a-z]?))?")
_WHOLE = re.compile(r"(?P<street>.*?\D)[\s,]+(?P<number>\d{1,4}\s*[a-zA-Z]?(?:\s*[-–/+]\s*\d.*)?)")
_SHORT = re.compile(r"str(?:\.|asse)?$|str\.(?=\s)")


def plain(text: str) -> str:
    """Return a text without case, umlauts, accents and punctuation, words set apart by a blank."""
    lower = unicodedata.normalize("NFC", text).casefold().translate(_LETTERS)
    bare = unicodedata.normalize("NFKD", lower)
    kept = "".join(
        one if one.isascii() and one.isalnum() else " " for one in bare if ord(one) < 768
    )
    return " ".join(kept.split())


def street_key(text: str) -> str:
    """Return what a street is found by: `hauptstrasse` for "Hauptstr.", "Haupt-Straße".

    :raises CadastreError: if nothing is left, or it is longer than a street's name.
    """
    lower = unicodedata.normalize("NFC", text).strip().casefold().translate(_LETTERS)
    key = plain(_SHORT.sub("strasse", lower)).replace(" ", "")
    if not key or key.isdecimal() or len(text) > MAX_STREET_CHARACTERS:
        raise CadastreError(
            "no name of a street",
            hint=f"Eine Straße hat einen Namen mit höchstens {MAX_STREET_CHARACTERS} Zeichen.",
        )
    return key


def house_number(text: str) -> str:
    """Return a house number as it is found by: `12a`, `12-14`.

    :raises CadastreError: if it is none.
    """
    lower = text.strip().casefold().removesuffix(".0")  # a spreadsheet's number
    found = _NUMBER.fullmatch(lower)
    if found is None or int(found[1]) == 0:
        raise CadastreError(
            "no house number", hint="Eine Hausnummer ist zum Beispiel 12, 12a oder 12-14."
        )
    first = f"{int(found[1])}{found[2]}"
    return first if found[3] is None else f"{first}-{int(found[3])}{found[4]}"


def split_address(text: str) -> tuple[str, str]:
    """Return street and house number of "Hauptstraße 12 a".

    :raises CadastreError: if there is no house number at the end.
    """
    found = _WHOLE.fullmatch(text.strip())
    if found is None:
        raise CadastreError(
            "no house number in the address",
            hint="Die Adresse braucht eine Hausnummer am Ende, zum Beispiel „Hauptstraße 12a“.",
        )
    return found["street"].strip(" ,"), found["number"]


@dataclass(frozen=True, slots=True)
class AddressKey:
    """Where a building stands; equal for all ways to write it. All three as keys."""

    municipality: str
    street: str
    number: str

    def __str__(self) -> str:
        return f"{self.municipality}/{self.street}/{self.number}"


class Streets:
    """The streets that are called otherwise today. ``aliases`` maps old key to new key.

    A key is a street's, wherever it is, or `municipality/street` for one municipality's; the first
    is a table's own spelling and is looked up first.

    :raises CadastreError: if names lead in a circle.
    """

    def __init__(self, aliases: Mapping[str, str] | None = None) -> None:
        self._now: dict[str, str] = {}
        known = dict(aliases or {})
        for old in known:
            seen, at = {old}, old
            while at in known:
                at = known[at]
                if at in seen:
                    raise CadastreError(
                        f"{old} is renamed in a circle",
                        hint=f"Die Straße „{old}“ heißt über Umwege wieder so. Bitte die Liste der "
                        "Umbenennungen berichtigen.",
                    )
                seen.add(at)
            self._now[old] = at

    def key(self, municipality: str, street: str, number: str) -> AddressKey:
        """Return the key of an address as it is called today.

        :raises CadastreError: if street or number are none.
        """
        key = street_key(street)
        place, key = plain(municipality), self._now.get(key, key)
        now = self._now.get(f"{place}/{key}", key).removeprefix(f"{place}/")
        return AddressKey(place, now, house_number(number))

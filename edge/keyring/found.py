"""What a supplier's file gave: keys, and what was wrong in which line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from edge.keyring.words import KeyFileError, MeterName, key_bytes, manufacturer_of, meter_name

# Names of columns, elements and attributes, the best first, as `plain` makes them.
SERIAL_FIELDS = (
    "serialno", "serialnumber", "seriennummer", "seriennr", "zaehlernummer", "zaehlernr",
    "geraetenummer", "geraetenr", "meterserialnumber", "meterserialno", "meterserial",
    "deviceserialnumber", "deviceserialno", "deviceserial", "serial", "fabriknummer", "fabriknr",
    "fabrikationsnummer", "identificationnumber", "identification", "identifikationsnummer",
    "identnummer", "identnr", "funkadresse", "radioaddress", "radioid", "wmbusid", "mbusid",
    "meternumber", "meterno", "meterid", "deviceid", "zaehlerid", "geraeteid",
    "secondaryaddress", "sekundaeradresse", "dinnumber", "herstellernummer", "nummer", "id",
)  # fmt: skip
KEY_FIELDS = (
    "dek", "aeskey", "aesschluessel", "encryptionkey", "wmbuskey", "omskey", "omsschluessel",
    "funkschluessel", "radiokey", "aes128key", "aes128", "individualkey", "userkey",
    "decryptionkey", "datenschluessel", "entschluesselungsschluessel", "geraeteschluessel",
    "schluesselwert", "keyvalue", "schluessel", "aes", "key",
)  # fmt: skip
MANUFACTURER_FIELDS = (
    "manufacturer", "manufacturercode", "manufacturerid", "hersteller", "herstellercode",
    "herstellerkennung", "herstellerkuerzel", "vendorid", "vendor", "flagid", "flag", "mfr", "man",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FoundKey:
    """One key and the line of the file where it stands."""

    line: int
    meter: MeterName
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class WrongLine:
    """A line that gave no key, and why, in German. ``text`` never holds a key."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class KeyFile:
    """All that a file gave, in its order. Every line that meant a key is in one of the two."""

    keys: tuple[FoundKey, ...]
    wrong: tuple[WrongLine, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What a line says of one meter, unread; ``trouble`` is what is wrong before one reads."""

    line: int
    serial: str
    key: str = field(repr=False)
    manufacturer: str = ""
    trouble: str = ""


def key_file(lines: Iterable[Said]) -> KeyFile:
    """Read what lines say. Two keys of one meter are both wrong: nobody knows which one it is."""
    keys: list[FoundKey] = []
    wrong: list[WrongLine] = []
    for said in lines:
        if said.trouble:
            wrong.append(WrongLine(said.line, said.trouble))
            continue
        try:
            meter = meter_name(said.serial, manufacturer_of(said.manufacturer))
            keys.append(FoundKey(said.line, meter, key_bytes(said.key)))
        except KeyFileError as error:
            wrong.append(WrongLine(said.line, str(error)))
    sure = _without_conflicts(keys, wrong)
    return KeyFile(tuple(sure), tuple(sorted(wrong, key=lambda one: one.line)))


def plain(name: str) -> str:
    """Return a field's name as the tuples above hold it: lower case, letters and digits."""
    text = name.strip().lower()
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        text = text.replace(umlaut, letters)
    return "".join(letter for letter in text if letter.isascii() and letter.isalnum())


def rank(name: str, fields: Sequence[str]) -> int | None:
    """Return how good a name is for a field, 0 being the best; None if it is none of them."""
    said = plain(name)
    return fields.index(said) if said in fields else None


def _without_conflicts(keys: list[FoundKey], wrong: list[WrongLine]) -> list[FoundKey]:
    by_meter: dict[MeterName, list[FoundKey]] = {}
    for one in keys:
        by_meter.setdefault(one.meter, []).append(one)
    sure: list[FoundKey] = []
    for meter, said in by_meter.items():
        if len({one.key for one in said}) == 1:
            sure.append(said[0])
            continue
        lines = ", ".join(str(one.line) for one in said)
        wrong.extend(
            WrongLine(one.line, f"{meter} hat verschiedene Schlüssel in den Zeilen {lines}")
            for one in said
        )
    return sorted(sure, key=lambda one: one.line)

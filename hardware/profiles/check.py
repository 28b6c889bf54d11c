"""All that is wrong with a profile, said so that a volunteer can put it right.

The profile is read as the program reads it: whole, and then each of its entries by itself, so
that a first mistake does not hide the others.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hardware.errors import DecodeError, FrameError
from hardware.profiles.interpret import Interpreted
from hardware.profiles.load import read
from hardware.profiles.message import decode_message
from hardware.profiles.model import Example, Profile
from hardware.profiles.registry import STANDARD, Registry
from hardware.profiles.toml_kinds import ProfileError, Table
from hardware.reading import Function, Quantity, Record, Unit
from hardware.wmbus.formats import FormatStore

_MOST_NAMES = 12  # named to whoever misspelt one
_SAME = 1e-9  # two numbers that differ by less, relatively, are one
_ENUMS = {kind.__name__: ", ".join(kind) for kind in (Quantity, Unit, Function)}
# the reader's words, and what a person is told
_SAID = (
    (r"(.*): no such key; known are \[(.*)\]", "{0} gibt es hier nicht. Erlaubt sind: {1}"),
    (r"'(.*)' is missing or unknown", "{0} fehlt, oder es gibt {0} nicht: ergänzen, berichtigen."),
    (r"(.*) is no table", "{0} ist keine Tabelle: siehe docs/new-meter.md."),
    (r"(.*) is no array", "{0} ist keine Liste: in eckige Klammern setzen."),
    (r"(.*) is no text", "{0} ist kein Text: in Anführungszeichen setzen."),
    (r"(.*) is no whole number", "{0} ist keine ganze Zahl: ohne Anführungszeichen schreiben."),
    (r"(.*) is no number", "{0} ist keine Zahl: ohne Anführungszeichen schreiben."),
    (r"Invalid literal for Fraction: (.*)", '{0} ist keine Zahl: 0.1 oder "1/3" schreiben.'),
    (r"(.*) is neither true nor false", "{0} ist weder true noch false: eines davon schreiben."),
    (
        r"value (\S+) lies outside mask (\S+)",
        "value {0} hat Bits, die nicht in mask {1} stehen: mask ergänzen oder value kürzen.",
    ),
    (r"no table bits\.(.*)", "Die Tabelle [[bits.{0}]] fehlt: schreiben oder bits weglassen."),
    (
        r"neither manufacturer nor medium",
        'Weder Hersteller noch Medium: eine Zeile wie manufacturer = "KAM" ergänzen.',
    ),
    (
        r".*fromhex.*",
        "Keine ganzen Bytes in hex: nur 0-9 und A-F, eine gerade Zahl von Zeichen.",
    ),
    (
        r"invalid literal for int\(\) with base 16: (.*)",
        "{0} ist nicht hex: zwei der Zeichen 0-9 und a-f in Anführungszeichen schreiben.",
    ),
    *(
        (rf"(.*) is not a valid {name}", f"{{0}} gibt es nicht. Erlaubt sind: {allowed}")
        for name, allowed in _ENUMS.items()
    ),
)


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something that is wrong: where in the file, and in German what it is and what to do."""

    key: str
    text: str


def check(text: str, others: Registry) -> tuple[Mistake, ...]:
    """Return all mistakes of the profile in ``text``, none if it is whole.

    ``others`` are the profiles beside which it will stand.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return (Mistake("", f"Kein TOML: {error}. Die Stelle und die Zeile davor ansehen."),)
    try:
        profile = read(document, "")
    except ProfileError as error:
        return tuple(_structure(document)) or (_mistake(error),)
    try:
        registry = _beside(profile, others)
    except ProfileError as error:
        return (Mistake("profile", f"Passt nicht zu den anderen Profilen: {error}"),)
    return tuple(_contents(profile, registry))


def _beside(profile: Profile, others: Registry) -> Registry:
    rest = [one for one in others.profiles.values() if one.name != profile.name]
    return Registry((profile, *rest))


def _structure(document: Table) -> Iterator[Mistake]:
    """Yield what is wrong with each entry by itself."""
    whole: dict[str, object] = {"profile": "x", "title": {"de": "x", "en": "x"}}
    bits = document.get("bits")
    if isinstance(bits, Mapping):
        whole["bits"] = {key: [] for key in bits}
    for key, value in document.items():
        for number, part in _parts(value):
            try:
                read({**whole, key: part}, "")
            except ProfileError as error:
                yield _mistake(error, number)


def _parts(value: object) -> list[tuple[int, object]]:
    """Return a table or list cut into ones of a single entry, with the place of it in its list.

    The place counts from 1 and is 0 for what stands in no list.
    """
    if isinstance(value, list) and value:
        return [(number, [one]) for number, one in enumerate(value, 1)]
    if isinstance(value, Mapping) and not {"de", "en"} & value.keys():
        return [
            (number, {key: part})
            for key, one in value.items()
            for number, part in (_parts(one) if isinstance(one, list) and one else [(0, one)])
        ]
    return [(0, value)]


def _mistake(error: ProfileError, number: int = 0) -> Mistake:
    key, _, rest = str(error).removeprefix(": ").partition(": ")
    if number:
        key = f"{key.removesuffix(' 1')} {number}"
    for pattern, german in _SAID:
        if found := re.fullmatch(pattern, rest, re.DOTALL):
            return Mistake(key, german.format(*found.groups()))
    return Mistake(key, f"So geht es nicht: {rest}. docs/new-meter.md zeigt, wie es aussieht.")


def _contents(profile: Profile, registry: Registry) -> Iterator[Mistake]:
    """Yield what is wrong with a profile that can be read."""
    if not profile.matches and profile.name != STANDARD:
        yield Mistake(
            "match", "Ohne [[match]] gilt das Profil für keinen Zähler: Hersteller eintragen."
        )
    for number, example in enumerate(profile.examples, 1):
        yield from _example(f"example {number}", example, profile, registry)


def _example(key: str, example: Example, profile: Profile, registry: Registry) -> Iterator[Mistake]:
    if not example.messages or not all(example.messages):
        yield Mistake(f"{key}.telegrams", "Kein Telegramm: eines in hex eintragen.")
        return
    try:
        meanings = decode_message(example.messages, example.key, FormatStore(), registry)
    except (FrameError, DecodeError) as error:
        kind = type(error).__name__
        yield Mistake(f"{key}.telegrams", f"Nicht lesbar ({kind}: {error}). {error.hint}".strip())
        return
    last = meanings[-1]
    if last.profile != profile.name and any(match.manufacturer for match in profile.matches):
        header = last.telegram.header
        yield Mistake(
            f"{key}.telegrams",
            f"Das Telegramm bekommt das Profil {last.profile or 'keines'}, nicht dieses: es ist von"
            f" Hersteller {header.manufacturer}, Version {_hex(header.version)},"
            f" Medium {_hex(header.medium_code)}. [[match]] danach richten.",
        )
        return
    if example.status is not None and example.status != last.status:
        yield Mistake(
            f"{key}.status", f"Der Status ist {last.status}, im Beispiel steht {example.status}."
        )
    yield from _readings(key, example, meanings)


def _readings(key: str, example: Example, meanings: Sequence[Interpreted]) -> Iterator[Mistake]:
    records = [record for one in meanings for record in one.records]
    for name, wanted in example.readings:
        found = [record for record in records if record.name == name]
        register = example.registers.get(name)
        if register is not None:
            found = [record for record in found if record.register == register]
        at = f"{key}.readings.{name}"
        if not found:
            names = sorted({record.name for record in records})
            more = ", ..." if len(names) > _MOST_NAMES else ""
            yield Mistake(
                at,
                "Das Telegramm gibt keinen Wert dieses Namens. Es gibt: "
                f"{', '.join(names[:_MOST_NAMES]) or 'keinen'}{more}",
            )
        elif not any(_is_same(record, wanted) for record in found):
            got = ", ".join(f"{record.value} {record.unit.value}" for record in found)
            yield Mistake(at, f"Das Telegramm gibt {got}, im Beispiel steht {wanted}.")


def _is_same(record: Record, wanted: float | str) -> bool:
    if isinstance(record.value, str) or isinstance(wanted, str):
        return record.value == wanted
    return math.isclose(record.value, wanted, rel_tol=_SAME, abs_tol=_SAME)


def _hex(code: int | None) -> str:
    return "-" if code is None else f"{code:02x}"

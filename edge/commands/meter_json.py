"""The JSON object for what one message says, as a dictionary and as the text of it.

A shape of telegram has the same quantities, units and names each time; its text is made once, with
gaps for the values.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from json.encoder import encode_basestring

from hardware.errors import DecodeError, FrameError, Unsupported
from hardware.fields import Field, FieldRecords, Fields, Value
from hardware.mbus.header import Header
from hardware.profiles import Flag, Interpreted
from hardware.reading import Record

# Texts kept: some kilobytes each; a street has some dozens of shapes.
MOST_TEXTS = 512
# Mark of a whole message: sent in mode 7, and no authentication code of enough bytes was checked.
UNAUTHENTICATED = "unauthenticated"
MOST_HEADS = 1024  # a street has some dozens of models in a few states


def message(meanings: Sequence[Interpreted]) -> dict[str, object]:
    """Return the object for the telegrams of one message, of one meter."""
    last = meanings[-1]
    header = last.telegram.header
    answer: dict[str, object] = {
        "manufacturer": header.manufacturer,
        "id": header.identification,
        "version": header.version,
        "medium": header.medium,
        "encryption": last.telegram.encryption,
        "status": last.status,
        "profile": last.profile,
    }
    if last.flags:
        answer["flags"] = [_flag(flag) for flag in last.flags]
    if last.telegram.is_unauthenticated:
        answer["mark"] = UNAUTHENTICATED
    answer["readings"] = [reading(record) for one in meanings for record in one.records]
    return answer


def message_text(meanings: Sequence[Interpreted]) -> str:
    """Return the text of :func:`message`, as `json.dumps` without ASCII escapes writes it."""
    last = meanings[-1]
    header = last.telegram.header
    before, behind = _head(
        (header.manufacturer, header.version, header.medium_code),
        last.telegram.encryption,
        last.status,
        last.profile,
    )
    flags = _flags_text(last.flags) if last.flags else ""
    if last.telegram.is_unauthenticated:
        flags += f'"mark": "{UNAUTHENTICATED}", '
    readings = ", ".join([_readings_text(one.records) for one in meanings if one.records])
    identification = _word(header.identification)
    return f'{before}{identification}{behind}{flags}"readings": [{readings}]}}'


def error(found: FrameError | DecodeError, header: Header) -> dict[str, object]:
    """Return the object for a message that cannot be decoded; ``header`` is what was read of it."""
    return {
        # one name for whatever is unknown here, however precisely it is told inside
        "error": "Unsupported" if isinstance(found, Unsupported) else type(found).__name__,
        "message": str(found),
        "hint": found.hint or _usual_hint(found),
        "manufacturer": header.manufacturer,
        "id": header.identification,
        "version": header.version,
        "medium": header.medium,
    }


# what to do about an error that says nothing of its own, the narrower kind first
_USUAL_HINTS: tuple[tuple[type[Exception], str], ...] = (
    (
        Unsupported,
        (
            "Das kann diese Fassung nicht lesen. `dorfhub meter decode --explain` zeigt, wie weit"
            " es verständlich ist."
        ),
    ),
    (
        FrameError,
        (
            "Das ist kein ganzes Telegramm, oder es wurde unterwegs beschädigt: noch einmal"
            " aufnehmen und ganz hineinkopieren."
        ),
    ),
    (
        DecodeError,
        (
            "Der Inhalt bricht seine eigene Norm: noch einmal aufnehmen. Bleibt es dabei, zeigt"
            " `dorfhub meter decode --explain` die Stelle."
        ),
    ),
)


def _usual_hint(found: FrameError | DecodeError) -> str:
    return next(hint for kind, hint in _USUAL_HINTS if isinstance(found, kind))


def _flag(flag: Flag) -> dict[str, str]:
    return {"name": flag.name, "de": flag.de, "en": flag.en}


def reading(record: Record) -> dict[str, object]:
    """Return a record as answers print it; ``mark`` stands there only if it has one."""
    found: dict[str, object] = {
        "quantity": record.quantity.value,
        "value": record.value,
        "unit": record.unit.value,
        "storage": record.register.storage,
        "tariff": record.register.tariff,
        "subunit": record.register.subunit,
        "function": record.register.function.value,
        "name": record.name,
    }
    if record.mark:
        found["mark"] = record.mark.value
    return found


@lru_cache(maxsize=MOST_HEADS)
def _flags_text(flags: tuple[Flag, ...]) -> str:
    return f'"flags": {_dumps([_flag(flag) for flag in flags])}, '


def _readings_text(records: Sequence[Record]) -> str:
    if not isinstance(records, FieldRecords):
        return ", ".join(_dumps(reading(record)) for record in records)
    fields = records.fields
    values: Sequence[Value] = records.values
    if fields.texts:
        values = list(values)
        for index in fields.texts:
            values[index] = encode_basestring(str(values[index]))
    return _gaps(fields) % tuple(values)


@lru_cache(maxsize=MOST_TEXTS)
def _gaps(fields: Fields) -> str:
    """Return the text of readings of ``fields`` with `%s` in place of each value."""
    return ", ".join(_gap(field) for field in fields.items)


def _gap(field: Field) -> str:
    before, behind = _dumps(reading(field.record("\0"))).split('"\\u0000"')
    return f"{before.replace('%', '%%')}%s{behind.replace('%', '%%')}"


@lru_cache(maxsize=MOST_HEADS)
def _head(
    model: tuple[str | None, int | None, int | None],
    encryption: str,
    status: str | None,
    profile: str | None,
) -> tuple[str, str]:
    """Return the text in front of the meter's number and behind it up to the flags."""
    manufacturer, version, medium_code = model
    medium = Header(medium_code=medium_code).medium
    before = f'{{"manufacturer": {_word(manufacturer)}, "id": '
    behind = (
        f', "version": {_dumps(version)}, "medium": {_word(medium)}, '
        f'"encryption": {_word(encryption)}, "status": {_word(status)}, '
        f'"profile": {_word(profile)}, '
    )
    return before, behind


def _word(word: str | None) -> str:
    return "null" if word is None else encode_basestring(word)


def _dumps(found: object) -> str:
    return json.dumps(found, ensure_ascii=False)

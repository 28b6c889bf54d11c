"""A data block of an Ultraheat to records: `6.8(0012.345*MWh)6.26(00123.45*m3)9.21(66153690)`.

A field is `code*NN(value*unit&value*unit)`; NN is the storage (01: the yearly set day). An empty
field holds nothing: the meter has no such value, or none that is defined while it has a fault.
What is not known here, or comes in a unit or form that is not expected, is kept as text.

Source: IEC 62056-21:2002, clause 7 (data sets and lines); the codes are those that Landis+Gyr UH50
and T550 send (EN 1434 has none of its own for the optical head), read from meters' telegrams.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from types import MappingProxyType

from hardware.errors import DecodeError
from hardware.optical.session import Readout, scaled
from hardware.reading import CANONICAL_UNIT, Function, Quantity, Record, Register, Unit

MOST_STORAGE = 255  # meters keep a few dozen values

_FIELD = re.compile(r"([A-Z0-9][A-Z0-9.]{0,15})(?:\*([0-9]{1,3}))?\(([^()\r\n]*)\)")
_BETWEEN = re.compile(r"[\r\n ]*")
_NUMBER = re.compile(r"(-?[0-9]{1,12}(?:\.[0-9]{1,9})?)(?:\*([A-Za-z0-9/]{1,8}))?")
_TARIFF = re.compile(r"6\.8\.([1-9])")

_UNITS: MappingProxyType[str, tuple[Unit, Fraction]] = MappingProxyType(
    {
        "Wh": (Unit.KWH, Fraction(1, 1000)),
        "kWh": (Unit.KWH, Fraction(1)),
        "MWh": (Unit.KWH, Fraction(1000)),
        "MJ": (Unit.KWH, Fraction(5, 18)),
        "GJ": (Unit.KWH, Fraction(2500, 9)),
        "m3": (Unit.M3, Fraction(1)),
        "W": (Unit.KW, Fraction(1, 1000)),
        "kW": (Unit.KW, Fraction(1)),
        "MW": (Unit.KW, Fraction(1000)),
        "m3ph": (Unit.M3_PER_H, Fraction(1)),
        "m3/h": (Unit.M3_PER_H, Fraction(1)),
        "C": (Unit.DEG_C, Fraction(1)),
        "K": (Unit.KELVIN, Fraction(1)),
        "h": (Unit.HOUR, Fraction(1)),
        "m": (Unit.HOUR, Fraction(1, 60)),  # minutes
    }
)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What one value of a field is; ``unit`` tells apart what has no canonical one."""

    quantity: Quantity
    name: str
    unit: Unit
    function: Function = Function.INSTANTANEOUS


def _known(quantity: Quantity, name: str, function: Function = Function.INSTANTANEOUS) -> _Meaning:
    return _Meaning(quantity, name, CANONICAL_UNIT[quantity], function)


_Q = Quantity
_MEANINGS: MappingProxyType[str, tuple[_Meaning, ...]] = MappingProxyType(
    {
        "6.8": (_known(_Q.ENERGY, "energy"),),
        "6.26": (_known(_Q.VOLUME, "volume"),),
        "6.6": (_known(_Q.POWER, "power", Function.MAXIMUM),),
        "6.33": (_known(_Q.VOLUME_FLOW, "volume_flow", Function.MAXIMUM),),
        "9.4": (
            _known(_Q.FLOW_TEMPERATURE, "flow_temperature", Function.MAXIMUM),
            _known(_Q.RETURN_TEMPERATURE, "return_temperature", Function.MAXIMUM),
        ),
        "6.31": (_known(_Q.OPERATING_TIME, "operating_time"),),
        "6.32": (_known(_Q.DURATION, "fault_time"),),
        "9.31": (_known(_Q.DURATION, "flow_time"),),
        "6.35": (_known(_Q.AVERAGING_DURATION, "averaging_duration"),),
        # of the meter's size, not of its water: it must not pass for the flow
        "9.24": (_Meaning(_Q.OTHER, "nominal_volume_flow", Unit.M3_PER_H),),
        "9.36": (_Meaning(_Q.DATETIME, "datetime", Unit.DATETIME),),
        "9.20": (_Meaning(_Q.FABRICATION_NUMBER, "fabrication_number", Unit.TEXT),),
        "9.21": (_Meaning(_Q.CUSTOMER_ID, "customer_id", Unit.TEXT),),
        "F": (_Meaning(_Q.ERROR_FLAGS, "error_flags", Unit.TEXT),),
    }
)


def decode(raw: bytes, *, manufacturer: str | None, before: tuple[bytes, ...] = ()) -> Readout:
    """Return what a whole block (STX ... ETX BCC) says; ``before`` goes into the readout's raw.

    Offsets of errors count from STX.

    :raises DecodeError: if the block breaks the syntax or has no end (`!`).
    """
    records: list[Record] = []
    without_value = 0
    for code, storage, content in _fields(raw):
        if not content.replace("&", ""):
            without_value += 1
            continue
        records += _records(code, storage, content)
    return Readout(
        manufacturer=manufacturer,
        identification=_text(records, Quantity.FABRICATION_NUMBER),
        medium="heat" if any(record.name == "energy" for record in records) else None,
        status=_status(_text(records, Quantity.ERROR_FLAGS)),
        records=tuple(records),
        raw=(*before, raw),
        without_value=without_value,
    )


def _fields(raw: bytes) -> Iterator[tuple[str, int, str]]:
    """Yield code, storage and what stands between the brackets."""
    text = raw[1:-2].decode("ascii", "replace")
    at = _skipped(text, 0)
    while not text.startswith("!", at):
        field = _FIELD.match(text, at)
        if field is None:
            raise DecodeError("no field and no end of the data", offset=1 + at)
        storage = int(field[2] or 0)
        if storage > MOST_STORAGE:
            raise DecodeError(f"storage {storage} is none that a meter has", offset=1 + at)
        yield field[1], storage, field[3]
        at = _skipped(text, field.end())
    if text[at:] not in ("!", "!\r\n"):
        raise DecodeError("characters behind the end of the data", offset=2 + at)


def _skipped(text: str, at: int) -> int:
    space = _BETWEEN.match(text, at)
    return space.end() if space else at


def _records(code: str, storage: int, content: str) -> list[Record]:
    """Return a record for each value, or the whole content as text if one is not as expected."""
    tariff = _TARIFF.fullmatch(code)
    meanings = _MEANINGS.get(code.rpartition(".")[0] if tariff else code, ())
    parts = [content] if len(meanings) == 1 else content.split("&")
    if len(parts) == len(meanings):
        found = [
            _record(meaning, part, Register(storage, int(tariff[1]) if tariff else 0))
            for meaning, part in zip(meanings, parts, strict=True)
        ]
        whole = [record for record in found if record is not None]
        if len(whole) == len(meanings):
            return whole
    return [Record(_Q.OTHER, content, Unit.TEXT, Register(storage), f"code_{code}")]


def _record(meaning: _Meaning, part: str, register: Register) -> Record | None:
    """Return the record, None if ``part`` is not in the form or unit that is expected."""
    value: float | str
    if meaning.unit is Unit.TEXT:
        value = part
    elif meaning.unit is Unit.DATETIME:
        try:
            # the meter's own clock has no zone
            value = datetime.strptime(part, "%Y-%m-%d&%H:%M:%S").isoformat()  # noqa: DTZ007
        except ValueError:
            return None
    else:
        number = _NUMBER.fullmatch(part)
        unit, factor = _UNITS.get(number[2] or "", (None, Fraction(0))) if number else (None, None)
        if number is None or factor is None or unit is not meaning.unit:
            return None
        value = scaled(Fraction(number[1]), factor)
    register = Register(register.storage, register.tariff, register.subunit, meaning.function)
    return Record(meaning.quantity, value, meaning.unit, register, meaning.name)


def _text(records: list[Record], quantity: Quantity) -> str | None:
    return next((str(record.value) for record in records if record.quantity is quantity), None)


def _status(flags: str | None) -> str | None:
    """Return `OK` for the 0 that meters in order send, else `ERROR_F` and what the meter says."""
    if flags is None:
        return None
    return "OK" if flags == "0" else f"ERROR_F{flags}"

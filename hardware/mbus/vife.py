"""Combinable value information: what a VIFE adds to a meaning.

A multiplicative correction changes the number and nothing else. Every other VIFE makes the
record something that is not the plain quantity (a limit, one phase, one direction, a rate):
it becomes `other`, keeps its unit where the unit still holds, and says in its name what it is.

Source: EN 13757-3:2018, tables 15 (combinable VIFE), 16 (its extension, VIFE FC) and 17
(errors that a meter reports for one record, among which 1D says "as the standard has it").
"""

from __future__ import annotations

from dataclasses import replace

from hardware.mbus.vif import Kind, Meaning
from hardware.reading import Quantity, Unit

_NO_ERROR = 0x00
_STANDARD_CONFORM = 0x1D  # flags whose bits the standard names, not the manufacturer
_LAST_ERROR = 0x1F  # what lies below names an error, or packs many values into one record
_EXTENSION_FC = 0x7C
_THOUSAND = 0x7D
_MANUFACTURER = 0x7F

_SUFFIXES = {
    0x28: "increment_per_input_pulse_0",
    0x29: "increment_per_input_pulse_1",
    0x2A: "increment_per_output_pulse_0",
    0x2B: "increment_per_output_pulse_1",
    0x3A: "uncorrected",
    0x3B: "forward",
    0x3C: "backward",
    0x3D: "non_metric",
    0x3E: "at_base_conditions",
    0x3F: "obis",
    0x40: "lower_limit",
    0x48: "upper_limit",
    0x68: "at_lower_limit_exceed",
    0x69: "leakage",
    0x6C: "at_upper_limit_exceed",
    0x6D: "overflow",
    # whose unit the constant is in depends on whom one asks: the number stays as it was sent
    0x78: "before_offset_0_001",
    0x79: "before_offset_0_01",
    0x7A: "before_offset_0_1",
    0x7B: "before_offset_1",
    0x7E: "future",
}

# the number is of another unit, which the name carries
_RATES = {
    0x20: "per_second",
    0x21: "per_minute",
    0x22: "per_hour",
    0x23: "per_day",
    0x24: "per_week",
    0x25: "per_month",
    0x26: "per_year",
    0x27: "per_revolution",
    0x2C: "per_litre",
    0x2D: "per_m3",
    0x2E: "per_kg",
    0x2F: "per_kelvin",
    0x30: "per_kwh",
    0x31: "per_gj",
    0x32: "per_kw",
    0x33: "per_kelvin_litre",
    0x34: "per_volt",
    0x35: "per_ampere",
    0x36: "times_second",
    0x37: "times_second_per_volt",
    0x38: "times_second_per_ampere",
}

Fact = tuple[str, Unit, Kind, int, int]

_LIMIT = ("lower_limit", "upper_limit")
_WHICH = ("first", "last")
_EDGE = ("begin", "end")
_HOURS = ((1, 3600), (1, 60), (1, 1), (24, 1))  # one second, minute, hour, day in hours


def _facts() -> dict[int, Fact]:
    """Return what is told *about* a quantity: its name, and how the number itself is read."""
    table: dict[int, Fact] = {0x39: ("start_date", Unit.DATETIME, Kind.DATE, 1, 1)}
    for last, which in enumerate(_WHICH):
        for end, edge in enumerate(_EDGE):
            name = f"{which}_{edge}"
            table[0x6A | last << 2 | end] = (name, Unit.DATETIME, Kind.DATE, 1, 1)
        for unit, (up, down) in enumerate(_HOURS):
            name = f"{which}_duration"
            table[0x60 | last << 2 | unit] = (name, Unit.HOUR, Kind.UNSIGNED, up, down)
    for upper, limit in enumerate(_LIMIT):
        table[0x41 | upper << 3] = (f"{limit}_exceed_count", Unit.ONE, Kind.UNSIGNED, 1, 1)
        for last, which in enumerate(_WHICH):
            for end, edge in enumerate(_EDGE):
                code = 0x42 | upper << 3 | last << 2 | end
                table[code] = (f"{limit}_{which}_{edge}", Unit.DATETIME, Kind.DATE, 1, 1)
            for unit, (up, down) in enumerate(_HOURS):
                code = 0x50 | upper << 3 | last << 2 | unit
                table[code] = (f"{limit}_{which}_duration", Unit.HOUR, Kind.UNSIGNED, up, down)
    return table


_ABOUT = _facts()

_FC = {
    0x01: "phase_l1",
    0x02: "phase_l2",
    0x03: "phase_l3",
    0x04: "neutral",
    0x05: "between_l1_l2",
    0x06: "between_l2_l3",
    0x07: "between_l3_l1",
    0x08: "quadrant_1",
    0x09: "quadrant_2",
    0x0A: "quadrant_3",
    0x0B: "quadrant_4",
    0x0C: "import_minus_export",
    0x10: "absolute",
    0x13: "to_meter",
    0x14: "from_meter",
}
_FC_KINDS = {0x11: Kind.UNSIGNED, 0x12: Kind.BITS}


def combine(meaning: Meaning, vifes: bytes) -> Meaning | None:
    """Return ``meaning`` as the VIFEs (extension bits cleared) change it.

    None if the meter says by an error code that the record holds no usable value.
    """
    index = 0
    while index < len(vifes):
        code = vifes[index]
        index += 1
        if code in (_NO_ERROR, _STANDARD_CONFORM):
            continue
        if code <= _LAST_ERROR:
            return None
        if code == _MANUFACTURER:
            # the rest of the block is coded as the manufacturer likes
            return _named(meaning, "_".join(("manufacturer", *map("{:02x}".format, vifes[index:]))))
        if code == _EXTENSION_FC and index < len(vifes):
            extended = vifes[index]
            index += 1
            meaning = _combine_fc(meaning, extended)
        else:
            meaning = _combine_one(meaning, code)
    return meaning


def _combine_one(meaning: Meaning, code: int) -> Meaning:
    if 0x70 <= code <= 0x77:
        return _scaled(meaning, (code & 7) - 6)
    if code == _THOUSAND:
        return _scaled(meaning, 3)
    if code in _RATES:
        return _rate(meaning, _RATES[code])
    if code in _ABOUT:
        return _about(meaning, _ABOUT[code])
    return _named(meaning, _SUFFIXES.get(code, f"vife_{code:02x}"))


def _combine_fc(meaning: Meaning, code: int) -> Meaning:
    if code in _FC_KINDS and meaning.kind is not Kind.DATE:
        return replace(meaning, kind=_FC_KINDS[code])
    return _named(meaning, _FC.get(code, f"vife_fc_{code:02x}"))


def _named(meaning: Meaning, suffix: str) -> Meaning:
    return replace(meaning, quantity=Quantity.OTHER, name=f"{meaning.name}_{suffix}")


def _scaled(meaning: Meaning, exponent: int) -> Meaning:
    up, down = 10 ** max(exponent, 0), 10 ** max(-exponent, 0)
    return replace(
        meaning,
        numerator=meaning.numerator * up,
        addend=meaning.addend * down,
        denominator=meaning.denominator * down,
    )


def _rate(meaning: Meaning, suffix: str) -> Meaning:
    unit = "" if meaning.unit in _WITHOUT_NAME else f"{_slug(meaning.unit)}_"
    named = _named(meaning, unit + suffix)
    return replace(named, unit=Unit.ONE)


_WITHOUT_NAME = frozenset((Unit.ONE, Unit.TEXT, Unit.DATE, Unit.DATETIME))


def _slug(unit: Unit) -> str:
    return unit.value.lower().replace("/", "_per_").replace("%", "percent")


def _about(meaning: Meaning, fact: Fact) -> Meaning:
    suffix, unit, kind, up, down = fact
    return Meaning(Quantity.OTHER, unit, f"{meaning.name}_{suffix}", up, down, kind=kind)

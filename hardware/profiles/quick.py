"""What a profile makes of all values of one shape of telegram, worked out once for the shape.

It is what comes of going record by record. A telegram with a value that must be marked is left to
whoever does that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from hardware.fields import Field, Fields, Value
from hardware.profiles.bits import Bits, Flag
from hardware.profiles.model import Rule
from hardware.profiles.plausible import UNBOUNDED, bounds, is_total
from hardware.profiles.rules import apply, flags_of, marked, number, reports
from hardware.reading import Mark, Record


class Meant(NamedTuple):
    """What the records of a telegram mean.

    ``explained`` says that a number is there whose bits the profile explains, set or not.
    """

    records: Sequence[Record]
    flags: tuple[Flag, ...]
    explained: bool


class Quick:
    """The fields of one shape and the rule for each, None for none.

    ``bits`` are the profile's, ``medium`` is the meter's code.
    """

    __slots__ = ("_bits", "_bounds", "_fields", "_invalid", "_is_whole", "_kept", "_numbers")

    def __init__(
        self,
        source: Fields,
        rules: Sequence[Rule | None],
        bits: Mapping[str, Bits],
        medium: int | None = None,
    ) -> None:
        self._kept: list[int] = []
        self._invalid: list[tuple[int, frozenset[Value]]] = []
        self._numbers: list[tuple[int, Rule]] = []
        self._bits: list[tuple[int, Bits | None]] = []
        self._bounds: list[tuple[int, float, float]] = []
        fields: list[Field] = []
        texts: list[int] = []
        for index, (field, rule) in enumerate(zip(source.items, rules, strict=True)):
            if rule is not None and rule.ignore:
                continue
            at = len(fields)
            self._kept.append(index)
            is_text = index in source.texts
            if is_text:
                texts.append(at)
            if rule is not None:
                if rule.invalid:
                    self._invalid.append((at, rule.invalid))
                if not is_text and (rule.signed_bits or rule.factor):
                    self._numbers.append((at, rule))
            target = _target(field, rule)
            is_sum = is_total(field.name, target.register, medium)
            least_most = UNBOUNDED if is_text else _bounds(target, rule, is_sum=is_sum)
            if least_most != UNBOUNDED:
                self._bounds.append((at, *least_most))
            if rule is not None and rule.bits in bits:
                self._bits.append((at, bits[rule.bits]))
            elif reports(target.quantity, target.register):
                self._bits.append((at, None))
            fields.append(target)
        self._fields = Fields(fields, texts)
        self._is_whole = len(self._kept) == len(source)

    def read(self, values: Sequence[Value]) -> Meant | None:
        """Return what records with these values mean, None if one must be marked."""
        found: list[Value | None] = (
            list(values) if self._is_whole else [values[index] for index in self._kept]
        )
        for at, invalid in self._invalid:
            if found[at] in invalid:
                found[at] = None
        for at, rule in self._numbers:
            value = found[at]
            if isinstance(value, float):
                found[at] = number(rule, value)
        for at, least, most in self._bounds:
            value = found[at]
            if value is not None and not least <= value <= most:  # type: ignore[operator]
                return None
        flags: list[Flag] = []
        explained = False
        for at, bits in self._bits:
            value = found[at]
            if value is not None:
                explained = explained or bits is not None
                flags += flags_of(bits, value)
        return Meant(self._fields.present(found), tuple(flags), explained)


def _bounds(target: Field, rule: Rule | None, *, is_sum: bool) -> tuple[float, float]:
    """Return between what a number in ``target`` needs no mark that it has not anyway."""
    if target.mark is not Mark.NONE:
        return UNBOUNDED
    if rule is None:
        least, most = bounds(target.quantity)
    else:
        least, most = bounds(target.quantity, rule.lowest, rule.highest)
    return (max(0.0, least) if is_sum else least), most


def _target(field: Field, rule: Rule | None) -> Field:
    """Return what becomes of ``field``, whatever its values."""
    record = field.record("")
    if rule is not None:
        named = apply(replace(rule, invalid=frozenset()), record)
        assert named is not None  # noqa: S101 - only what is ignored or invalid is left out
        record = named
    record = marked(record)
    return Field(record.quantity, record.unit, record.register, record.name, record.mark)

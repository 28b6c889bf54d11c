"""Layouts from the tables of a profile, with every mistake named by its key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from hardware.profiles.bits import Bits
from hardware.profiles.field import Coding, DateForm, Field, Place
from hardware.profiles.filters import FILTERS
from hardware.profiles.layout import TELEGRAM, Condition, Layout, Tags
from hardware.profiles.toml_kinds import (
    Table,
    codes,
    fraction,
    known,
    many,
    number,
    optional,
    table,
    text,
    truth,
)
from hardware.reading import CANONICAL_UNIT, Function, Quantity, Register, Unit

_LAYOUT_KEYS = {
    "source", "ci", "version", "medium", "lengths", "at_least", "when", "check", "filter",
    "tags", "ascending", "fields",
}  # fmt: skip
_PLACE_KEYS = {"at", "size", "order", "bits", "tag"}
_CONDITION_KEYS = _PLACE_KEYS | {"value", "least", "most", "any_of", "counts"}
_FIELD_KEYS = _PLACE_KEYS | {
    "name", "coding", "quantity", "unit", "storage", "tariff", "subunit", "function", "factor",
    "values", "invalid", "least", "most", "times", "sum", "difference", "earlier", "form", "day",
    "month", "year", "after", "bcd", "words", "hidden", "if", "count", "step", "step_bits",
    "first", "every", "labels", "month_of",
}  # fmt: skip
_ORDERS = {"little": False, "big": True}

# named forms of dates: that of EN 13757-3 (type G), and one with its parts side by side
_FORMS = {
    "g": DateForm(((0, 4),), ((8, 11),), ((5, 7), (12, 15))),
    "packed": DateForm(((0, 4),), ((5, 8),), ((9, 15),)),
    "packed_without_year": DateForm(((4, 8),), ((9, 12),)),
}


def layout(found: Table, bits: Mapping[str, Bits]) -> Layout:
    """Return the layout that the table ``found`` describes; ``bits`` are its profile's tables.

    :raises KeyError: if one is missing.
    :raises TypeError: if a value is of another kind.
    :raises ValueError: if it is none that can be, or a key is unknown.
    """
    known(found, _LAYOUT_KEYS)
    fields: list[Field] = []
    conditions: dict[int, Condition] = {}
    for row in many(found["fields"]):
        entry = table(row)
        known(entry, _FIELD_KEYS, f"fields.{entry.get('name')}.")
        condition = _condition(table(entry["if"])) if "if" in entry else None
        for one in _repeated(_field(entry, bits), entry):
            if condition is not None:
                conditions[len(fields)] = condition
            fields.append(one)
    _in_front(fields)
    name = text(found.get("filter", ""))
    if name and name not in FILTERS:
        raise ValueError(f"no filter {name!r}; known are {sorted(FILTERS)}")
    lengths = found.get("lengths")
    return Layout(
        source=text(found.get("source", TELEGRAM)),
        fields=tuple(fields),
        cis=codes(found.get("ci")) or frozenset(),
        versions=codes(found.get("version")),
        media=codes(found.get("medium")),
        lengths=None if lengths is None else frozenset(map(number, many(lengths))),
        at_least=number(found.get("at_least", 0)),
        when=_conditions(found.get("when", [])),
        checks=_conditions(found.get("check", [])),
        conditions=conditions,
        filter=name,
        tags=_tags(table(found["tags"])) if "tags" in found else None,
        ascending=_names(found.get("ascending", [])),
    )


def _field(entry: Table, bits: Mapping[str, Bits]) -> Field:
    quantity = Quantity(text(entry.get("quantity", "other")))
    unit = entry.get("unit")
    default = CANONICAL_UNIT.get(quantity, Unit.ONE)
    return Field(
        name=text(entry["name"]),
        place=_place(entry) if "size" in entry else None,
        coding=Coding(text(entry.get("coding", "unsigned"))),
        quantity=quantity,
        unit=default if unit is None else Unit(text(unit)),
        register=Register(
            storage=number(entry.get("storage", 0)),
            tariff=number(entry.get("tariff", 0)),
            subunit=number(entry.get("subunit", 0)),
            function=Function(text(entry.get("function", "instantaneous"))),
        ),
        scale=fraction(entry.get("factor", 1)),
        values={int(key, 0): fraction(one) for key, one in table(entry.get("values", {})).items()},
        invalid=frozenset(map(number, many(entry.get("invalid", [])))),
        least=_bound(entry.get("least")),
        most=_bound(entry.get("most")),
        times=text(entry.get("times", "")),
        sum=_names(entry.get("sum", [])),
        difference=_names(entry.get("difference", [])),
        earlier=_names(entry.get("earlier", [])),
        form=_form(entry) if entry.get("coding") == "date" else None,
        words=bits[text(entry["words"])] if entry.get("coding") == "words" else None,
        hidden=truth(entry.get("hidden", False)),
        month_of=text(entry.get("month_of", "")),
    )


def _place(entry: Table) -> Place:
    tag = entry.get("tag")
    return Place(
        at=optional(entry.get("at")),
        size=number(entry["size"]),
        big=_ORDERS[text(entry.get("order", "little"))],
        bits=_bits(entry.get("bits", [])),
        tag=None if tag is None else int(text(tag), 16),
    )


def _bits(found: object) -> tuple[tuple[int, int], ...]:
    edges = [number(one) for one in many(found)]
    pairs = tuple(zip(edges[::2], edges[1::2], strict=True))
    if any(not 0 <= first <= last for first, last in pairs):
        raise ValueError(f"bits {edges} are no pairs of a first and a last one")
    return pairs


def _form(entry: Table) -> DateForm:
    after = text(entry.get("after", ""))
    if "form" in entry:
        return replace(_FORMS[text(entry["form"])], after=after)
    return DateForm(
        day=_bits(entry["day"]),
        month=_bits(entry["month"]),
        year=_bits(entry.get("year", [])),
        is_bcd=truth(entry.get("bcd", False)),
        after=after,
    )


def _condition(entry: Table) -> Condition:
    known(entry, _CONDITION_KEYS)
    value = entry.get("value")
    return Condition(
        place=_place({"size": 1, **entry}),
        values=None if value is None else frozenset(map(number, many(value))),
        least=optional(entry.get("least")),
        most=optional(entry.get("most")),
        any_of=optional(entry.get("any_of")),
        counts=optional(entry.get("counts")),
    )


def _conditions(rows: object) -> tuple[Condition, ...]:
    return tuple(_condition(table(row)) for row in many(rows))


def _tags(entry: Table) -> Tags:
    known(entry, {"start", "sizes", "stops", "tail"}, "tags.")
    sizes = {
        int(code, 16): number(size)
        for keys, size in table(entry["sizes"]).items()
        for code in keys.split()
    }
    return Tags(
        start=number(entry["start"]),
        sizes=sizes,
        stops=codes(entry.get("stops")) or frozenset(),
        tail=number(entry.get("tail", 0)),
    )


def _repeated(one: Field, entry: Table) -> list[Field]:
    """Return ``one``, or as many of it as ``count`` or the labels say, each further on."""
    labels = _names(entry.get("labels", []))
    if not labels and "count" not in entry:
        return [one]
    count = len(labels) or number(entry["count"])
    first, step = number(entry.get("first", 1)), number(entry.get("step", 0))
    step_bits, every = number(entry.get("step_bits", 0)), number(entry.get("every", 1))
    found = []
    for index in range(count):
        fill = _filler(first + index * every, labels[index] if labels else "")
        place = one.place
        if place is not None:
            shifted = tuple(
                (low + index * step_bits, high + index * step_bits) for low, high in place.bits
            )
            at = place.at if place.at is None else place.at + index * step
            place = replace(place, at=at, bits=shifted)
        found.append(
            replace(
                one,
                name=fill(one.name),
                place=place,
                register=replace(one.register, storage=one.register.storage + index * every),
                sum=tuple(map(fill, one.sum)),
                difference=tuple(map(fill, one.difference)),
                months_back=index,
            )
        )
    return found


def _filler(count: int, label: str) -> Callable[[str], str]:
    def fill(name: str) -> str:
        return (
            name.replace("{nn}", f"{count:02d}")
            .replace("{n}", str(count))
            .replace("{label}", label)
        )

    return fill


def _in_front(fields: Iterable[Field]) -> None:
    """Refuse a field that needs one which does not stand in front of it."""
    names: set[str] = set()
    for one in fields:
        needed = {*one.sum, *one.difference, *one.earlier, one.times, one.month_of}
        if one.form is not None:
            needed.add(one.form.after)
        if missing := needed - names - {""}:
            raise ValueError(f"{one.name} needs {sorted(missing)} in front of it")
        if one.place is None and not (one.sum or one.difference or one.earlier):
            raise ValueError(f"{one.name} has neither a place nor fields that it follows from")
        names.add(one.name)


def _bound(found: object) -> Fraction | None:
    return None if found is None else fraction(found)


def _names(found: object) -> tuple[str, ...]:
    return tuple(text(one) for one in many(found))

"""Observations as columns, and back: measurements of any kind, each with its own numbers. Pure.

`observation/1`. A source is one sensor's values of one kind and origin, named by these three with
a space between: ``ble:C0112233AABB weight 2A9D``. Its columns say by their names what they hold:

======================  ===========================================================================
`person`                the hub's own number of the person
`received_at`           when it reached the hub, ms since 1970, UTC
`sequence`              the sensor's own number of the measurement
`user_index`            the sensor's user
`0 body_weight`         the first number of a measurement: its quantity, in that quantity's unit
`1 speed Trittfrequenz` the second number: quantity, and the name that the decoder gives it
`flag NAME`             1 or 0: what else the sensor says, true or false
`number NAME`           likewise a whole number
`word NAME TEXT`        1: likewise a text; absent where it is another
`left_out`              how many of these names and words are too long for a column, and not there
======================  ===========================================================================

A column has no value where its measurement has none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from edge.store.personal_rows import Number, Observation
from hardware.reading import TimeQuality
from sync.columns import MAX_NAME, Source
from sync.errors import FormatError

SCHEMA = "observation/1"
FIXED = ("person", "received_at", "sequence", "user_index")
_EXACT = 1 << 53  # from it on, not every integer is a float64
_VALUE = re.compile(r"(0|[1-9][0-9]{0,4}) ([^ ]+)(?: (.+))?", re.DOTALL)

DbValue = int | float | str | bytes | None


def gather(rows: Iterable[Sequence[DbValue]]) -> list[Observation]:
    """Return observations of rows with one number each, in their order.

    A row is ``(device_id, observed_at, data_kind, person, time_quality, received_at, source,
    sequence, user_index, flags as JSON, quantity, name, value)``; the last three are None where a
    measurement has no number. Rows of one observation follow one another.
    """
    found = []
    for key, group in groupby(rows, key=lambda row: tuple(row[:10])):
        device, at, kind, person, quality, received, source, sequence, user, flags = key
        found.append(
            Observation(
                observed_at=_whole(at),
                device_id=str(device),
                data_kind=str(kind),
                person=_whole(person),
                time_quality=TimeQuality(_whole(quality)),
                received_at=_whole(received),
                journal_id=0,
                source=str(source),
                sequence=None if sequence is None else _whole(sequence),
                user_index=None if user is None else _whole(user),
                flags=json.loads(str(flags)),
                values=tuple(
                    Number(str(quantity), float(str(value)), str(name))
                    for *_, quantity, name, value in group
                    if quantity is not None
                ),
            )
        )
    return found


def to_sources(observed: Sequence[Observation]) -> list[Source]:
    """Return the sources that :func:`from_sources` gives back, by name and time."""
    ordered = sorted(observed, key=lambda one: (_name(one), one.observed_at))
    sources = []
    for name, group in groupby(ordered, key=_name):
        mine = list(group)
        cells = [dict(_cells(one)) for one in mine]
        names = sorted({column for each in cells for column in each})
        sources.append(
            Source(
                device=name,
                times_ms=[one.observed_at for one in mine],
                qualities=[int(one.time_quality) for one in mine],
                columns={column: [each.get(column) for each in cells] for column in names},
            )
        )
    return sources


def from_sources(sources: Iterable[Source]) -> list[Observation]:
    """Return the observations of a body, by source and time. ``journal_id`` is 0: it stays home.

    Columns whose names say nothing here are left out: a later version may have more.

    :raises FormatError: if it is no body of observations.
    """
    found = []
    for source in sources:
        device, kind, origin = _named(source.device)
        for place, (at, quality) in enumerate(zip(source.times_ms, source.qualities, strict=True)):
            cells = {
                name: column[place]
                for name, column in source.columns.items()
                if column[place] is not None
            }
            numbers, flags = _read(cells)
            found.append(
                Observation(
                    observed_at=at,
                    device_id=device,
                    data_kind=kind,
                    person=_required(cells, "person"),
                    time_quality=_quality(quality),
                    received_at=_required(cells, "received_at"),
                    journal_id=0,
                    source=origin,
                    sequence=_integer(cells.get("sequence")),
                    user_index=_integer(cells.get("user_index")),
                    flags=flags,
                    values=numbers,
                )
            )
    return found


def left_out(source: Source) -> int:
    """Return how many words of a source's sensor were not sent."""
    return sum(int(one) for one in source.columns.get("left_out", ()) if one is not None)


def _name(one: Observation) -> str:
    return f"{one.device_id} {one.data_kind} {one.source}"


def _named(name: str) -> tuple[str, str, str]:
    device, _, rest = name.partition(" ")
    kind, _, origin = rest.partition(" ")
    if not (device and kind and origin) or " " in origin:
        raise FormatError("observations: a source is no sensor, kind and origin")
    return device, kind, origin


def _cells(one: Observation) -> Iterator[tuple[str, float]]:
    for name in FIXED:
        value = getattr(one, name)
        if value is not None:
            yield name, float(value)
    missing = 0
    for place, number in enumerate(one.values):
        column = f"{place} {number.quantity}"
        named = f"{column} {number.name}" if number.name else column
        missing += len(named.encode()) > MAX_NAME
        yield named if len(named.encode()) <= MAX_NAME else column, number.value
    for name, said in one.flags.items():
        column, cell = _flag(name, said)
        if " " in name or len(column.encode()) > MAX_NAME or abs(cell) >= _EXACT:
            missing += 1
        else:
            yield column, float(cell)
    if missing:
        yield "left_out", float(missing)


def _flag(name: str, said: bool | int | str) -> tuple[str, int]:  # noqa: FBT001  # a value
    if isinstance(said, bool):
        return f"flag {name}", int(said)
    if isinstance(said, int):
        return f"number {name}", said
    return f"word {name} {said}", 1


def _read(
    cells: Mapping[str, float | None],
) -> tuple[tuple[Number, ...], dict[str, bool | int | str]]:
    numbers: dict[int, Number] = {}
    flags: dict[str, bool | int | str] = {}
    for name, cell in cells.items():
        word, _, rest = name.partition(" ")
        value = 0.0 if cell is None else cell
        if found := _VALUE.fullmatch(name):
            numbers[int(found[1])] = Number(found[2], value, found[3] or "")
        elif word == "flag" and rest:
            flags[rest] = value != 0
        elif word == "number" and rest:
            flags[rest] = _whole_number(value)
        elif word == "word" and rest:
            flag, _, text = rest.partition(" ")
            flags[flag] = text
    return tuple(numbers[place] for place in sorted(numbers)), flags


def _required(cells: Mapping[str, float | None], name: str) -> int:
    value = _integer(cells.get(name))
    if value is None:
        raise FormatError(f"observations: one has no {name}")
    return value


def _integer(value: float | None) -> int | None:
    return None if value is None else _whole_number(value)


def _whole_number(value: float) -> int:
    if not abs(value) < _EXACT or value != int(value):
        raise FormatError("observations: a number is not whole")
    return int(value)


def _quality(value: int) -> TimeQuality:
    try:
        return TimeQuality(value)
    except ValueError:
        return TimeQuality.UNKNOWN  # a later version's


def _whole(value: DbValue) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is no integer")
    return value

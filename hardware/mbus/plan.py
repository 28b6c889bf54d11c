"""Variable data that look like data seen before: read in one go, without the walk.

A meter sends the same headers in the same places and only the values change. What a walk found
of them is kept as a plan: a mask over all bytes that are no value. Where they are the same
again, the walk would find the same, so that the values can be taken from their places at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct
from typing import NamedTuple

from hardware.fields import Field, Fields, Value
from hardware.mbus.layout import Column
from hardware.reading import Quantity, Record, Register, Unit

# Plans kept: a street has some dozens of models with one to four telegrams each. Of those with one
# length and one first byte the ones last used stay, of lengths and first bytes likewise, so that
# noise takes the place of noise.
MOST_KINDS = 256
MOST_ALIKE = 8

_OWN = Field(
    Quantity.MANUFACTURER_SPECIFIC, Unit.TEXT, Register(), Quantity.MANUFACTURER_SPECIFIC.value
)


class Records(NamedTuple):
    """The records of one telegram.

    ``more_follows`` says that the meter has another telegram to give; ``without_value`` counts
    the records that were well formed and held nothing: no data, an invalid date, no digits.
    ``behind_empty`` counts the records that stand behind a header without any data: meters pad
    with such headers, and a manufacturer's own bytes read as them.
    """

    records: Sequence[Record]
    more_follows: bool = False
    without_value: int = 0
    behind_empty: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One record of variable data: its header (a length byte included) and its data behind it.

    ``is_empty`` says that the header announces no data.
    """

    start: int
    at: int
    column: Column
    is_empty: bool


@dataclass(frozen=True, slots=True)
class Structure:
    """What stands where in variable data.

    ``own_at`` is where the manufacturer's own data begin, None if there are none.
    """

    parts: tuple[Part, ...]
    own_at: int | None = None
    more_follows: bool = False

    def read(self, data: bytes, *, msb_first: bool = False) -> Records:
        """Return the records of ``data``, which have this structure, one by one."""
        records: list[Record] = []
        without_value = 0
        first_empty: int | None = None
        for part in self.parts:
            column = part.column
            raw = data[part.at : part.at + column.size]
            value = column.value(raw[::-1] if msb_first else raw)
            if value is None or column.field is None:
                without_value += 1
                if part.is_empty and first_empty is None:
                    first_empty = len(records)
            else:
                records.append(column.field.record(value))
        if self.own_at is not None:
            records.append(_OWN.record(_own_text(data[self.own_at :])))
        behind_empty = 0 if first_empty is None else len(records) - first_empty
        return Records(tuple(records), self.more_follows, without_value, behind_empty)


class Plan:
    """A structure and the bytes that tell it.

    What makes it quick is computed when it is first used: of noise, nothing is ever seen twice.
    """

    __slots__ = ("_reader", "_structure", "mask", "skeleton")

    def __init__(self, structure: Structure, data: bytes) -> None:
        mask = bytearray(b"\xff") * len(data)
        for part in structure.parts:
            size = part.column.size
            mask[part.at : part.at + size] = bytes(size)
        if structure.own_at is not None:
            size = len(data) - structure.own_at
            mask[structure.own_at :] = bytes(size)
        self.mask = int.from_bytes(mask, "little")
        self.skeleton = int.from_bytes(data, "little") & self.mask
        self._structure = structure
        self._reader: _Reader | None = None

    def read(self, data: bytes) -> Records:
        """Return the records of ``data``, whose bytes under ``mask`` are ``skeleton``."""
        reader = self._reader
        if reader is None:
            reader = self._reader = _Reader(self._structure, len(data))
        return reader.read(data)


class _Reader:
    """Reads all values of one structure at once."""

    __slots__ = ("_empty_at", "_fields", "_more_follows", "_nothing", "_values")

    def __init__(self, structure: Structure, length: int) -> None:
        code = ["<"]
        fields: list[Field] = []
        texts: list[int] = []
        reads: list[tuple[str, Callable[..., Value | None]]] = []
        self._empty_at: int | None = None  # so many fields stand in front of the first empty header
        self._nothing = 0  # records that never hold a value
        self._more_follows = structure.more_follows
        at = 0
        for part in structure.parts:
            column = part.column
            code.append(f"{part.at - at}x{column.code}")
            at = part.at + column.size
            if column.field is None:
                self._nothing += 1
                if part.is_empty and self._empty_at is None:
                    self._empty_at = len(fields)
                continue
            if column.is_text:
                texts.append(len(fields))
            fields.append(column.field)
            reads.append((column.formula or _CALL, column.read))
        if structure.own_at is None:
            code.append(f"{length - at}x")
        else:
            code.append(f"{structure.own_at - at}x{length - structure.own_at}s")
            texts.append(len(fields))
            fields.append(_OWN)
            reads.append((_CALL, _own_text))
        self._values = _compiled(Struct("".join(code)), reads)
        self._fields = Fields(fields, texts)

    def read(self, data: bytes) -> Records:
        values = self._values(data)
        records = self._fields.present(values)
        if self._empty_at is None and len(records.values) == len(values):
            return Records(records, self._more_follows, self._nothing)
        behind_empty = 0
        if self._empty_at is not None:
            behind_empty = sum(value is not None for value in values[self._empty_at :])
        without_value = self._nothing + len(values) - len(records.values)
        return Records(records, self._more_follows, without_value, behind_empty)


_CALL = "{1}({0})"


def _compiled(
    layout: Struct, reads: Sequence[tuple[str, Callable[..., Value | None]]]
) -> Callable[[bytes], list[Value | None]]:
    """Return the function that unpacks data by ``layout`` and gives each value by its formula.

    One expression for all of them: a call for each would cost more than what it does. Formulas
    are this program's own; nothing that was received gets into them but lengths and numbers.
    """
    names = [f"v{index}" for index in range(len(reads))]
    values = ", ".join(
        formula.format(name, f"r{index}")
        for index, (name, (formula, _)) in enumerate(zip(names, reads, strict=True))
    )
    known: dict[str, object] = {f"r{index}": read for index, (_, read) in enumerate(reads)}
    known["unpack"] = layout.unpack
    taken = f"[{', '.join(names)}] = unpack(data)" if names else "pass"
    exec(f"def values(data):\n {taken}\n return [{values}]", known)  # noqa: S102 - see above
    return known["values"]  # type: ignore[return-value]


class _Kind:
    """Plans for data of one length with one first byte, the one last used in front."""

    __slots__ = ("plans",)

    def __init__(self) -> None:
        self.plans: tuple[Plan, ...] = ()

    def put_first(self, plan: Plan) -> None:
        """Make ``plan`` the first, and leave out the last one if there are too many.

        One assignment, so that threads can at worst forget a plan.
        """
        others = tuple(other for other in self.plans if other is not plan)
        self.plans = (plan, *others)[:MOST_ALIKE]


@lru_cache(maxsize=MOST_KINDS)
def _kind(_length: int, _first: int) -> _Kind:
    return _Kind()


def find(data: bytes) -> Plan | None:
    """Return the plan for ``data``, None if no data like these were remembered."""
    if not data:
        return None
    kind = _kind(len(data), data[0])
    number = int.from_bytes(data, "little")
    for index, plan in enumerate(kind.plans):
        if number & plan.mask == plan.skeleton:
            if index:
                kind.put_first(plan)
            return plan
    return None


def remember(structure: Structure, data: bytes) -> None:
    """Keep ``structure``, which the walk found in ``data``, for data that look alike."""
    if data:
        _kind(len(data), data[0]).put_first(Plan(structure, data))


def forget() -> None:
    """Forget all plans."""
    _kind.cache_clear()


def _own_text(data: bytes) -> str:
    return data.hex().upper()

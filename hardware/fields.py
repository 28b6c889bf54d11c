"""Records as meters send them: the same fields again and again, and only the values new.

What a telegram's fields mean depends on its shape alone. Here that meaning is one shared object,
and the records are made of it and the values when somebody asks for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from hardware.reading import Mark, Quantity, Record, Register, Unit

Value = float | str

MOST_SUBSETS = 16  # of one shape's fields: a meter leaves out the same few values for months


@dataclass(frozen=True, slots=True)
class Field:
    """All that a record says but its value."""

    quantity: Quantity
    unit: Unit
    register: Register
    name: str
    mark: Mark = Mark.NONE

    def record(self, value: Value) -> Record:
        """Return the record of this field with ``value``."""
        return Record(self.quantity, value, self.unit, self.register, self.name, self.mark)


class Fields:
    """The fields of one shape of telegram, in their order.

    Two of them are equal only if they are the same object: what depends on the fields alone can be
    kept under them at no cost. ``texts`` are the indices of the fields whose values are
    strings; all others are numbers.
    """

    __slots__ = ("_subsets", "items", "texts")

    def __init__(self, items: Iterable[Field], texts: Iterable[int] = ()) -> None:
        self.items = tuple(items)
        self.texts = tuple(texts)
        self._subsets: dict[bytes, Fields] = {}

    def __len__(self) -> int:
        return len(self.items)

    def present(self, values: Sequence[Value | None]) -> FieldRecords:
        """Return the records whose value is not None; one of ``values`` is for each field.

        Whoever gives ``values`` changes them no more.
        """
        if None not in values:
            return FieldRecords(self, values)  # type: ignore[arg-type]
        there = bytes(value is not None for value in values)
        fields = self._subsets.get(there)
        if fields is None:
            fields = self._subset(there)
            if len(self._subsets) < MOST_SUBSETS:
                self._subsets[there] = fields
        return FieldRecords(fields, tuple(value for value in values if value is not None))

    def _subset(self, there: bytes) -> Fields:
        kept = [index for index, is_there in enumerate(there) if is_there]
        return Fields(
            (self.items[index] for index in kept),
            (at for at, index in enumerate(kept) if index in self.texts),
        )


class FieldRecords(Sequence[Record]):
    """Records as fields and values; a record is made when it is asked for."""

    __slots__ = ("fields", "values")

    def __init__(self, fields: Fields, values: Sequence[Value]) -> None:
        self.fields = fields
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    @overload
    def __getitem__(self, index: int) -> Record: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Record, ...]: ...

    def __getitem__(self, index: int | slice) -> Record | tuple[Record, ...]:
        if isinstance(index, slice):
            return tuple(self)[index]
        return self.fields.items[index].record(self.values[index])

    def __iter__(self) -> Iterator[Record]:
        for field, value in zip(self.fields.items, self.values, strict=True):
            yield field.record(value)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (FieldRecords, tuple)):
            return tuple(self) == tuple(other)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))

"""Records as fields and values: alike to a tuple of records, made when asked for."""

from __future__ import annotations

from hardware.fields import MOST_SUBSETS, Field, FieldRecords, Fields, Value
from hardware.reading import Mark, Quantity, Record, Register, Unit

ENERGY = Field(Quantity.ENERGY, Unit.KWH, Register(), "energy")
NOTE = Field(Quantity.OTHER, Unit.TEXT, Register(storage=1), "note", Mark.IMPLAUSIBLE)
POWER = Field(Quantity.POWER, Unit.KW, Register(), "power")
FIELDS = Fields((ENERGY, NOTE, POWER), (1,))


def test_records_are_a_sequence() -> None:
    found = FIELDS.present((1.0, "a", 2.0))
    expected = (
        Record(Quantity.ENERGY, 1.0, Unit.KWH, Register(), "energy"),
        Record(Quantity.OTHER, "a", Unit.TEXT, Register(storage=1), "note", Mark.IMPLAUSIBLE),
        Record(Quantity.POWER, 2.0, Unit.KW, Register(), "power"),
    )
    assert found == expected
    assert expected == found
    assert tuple(found) == expected
    assert found[1] == expected[1]
    assert found[-2:] == expected[1:]
    assert len(found) == len(FIELDS) == 3
    assert hash(found) == hash(expected)
    assert repr(found) == repr(expected)
    assert found != list(expected)
    assert found != FIELDS.present((1.0, "b", 2.0))
    assert Fields(FIELDS.items, FIELDS.texts) != FIELDS


def test_absent_values_leave_their_fields_out() -> None:
    found = FIELDS.present((None, "a", 2.0))
    assert [record.name for record in found] == ["note", "power"]
    assert found.fields.texts == (0,)
    assert found.fields is FIELDS.present((None, "b", 3.0)).fields
    assert FIELDS.present((1.0, None, None)).fields.texts == ()


def test_subsets_kept_are_bounded() -> None:
    fields = Fields([ENERGY] * 8)
    for number in range(256):
        values: list[Value | None] = [1.0 if number >> bit & 1 else None for bit in range(8)]
        found = fields.present(values)
        assert isinstance(found, FieldRecords)
        assert len(found) == number.bit_count()
    assert len(fields._subsets) == MOST_SUBSETS

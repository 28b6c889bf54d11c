from __future__ import annotations

import struct
from datetime import date, datetime
from fractions import Fraction

import pytest

from hardware.errors import DecodeError
from hardware.profiles.bits import Bits, Flag
from hardware.profiles.field import Coding, DateForm, Field, Place, decimal, gather

PACKED = DateForm(((0, 4),), ((5, 8),), ((9, 15),))
YEARLESS = DateForm(((4, 8),), ((9, 12),), after="before")
BCD = DateForm(((0, 7),), ((8, 15),), ((16, 23),), is_bcd=True)


def number(raw: str, coding: Coding = Coding.UNSIGNED, **more: object) -> object:
    data = bytes.fromhex(raw)
    big = bool(more.pop("big", False))
    bits = more.pop("bits", ())
    place = Place(0, len(data), big, bits)  # type: ignore[arg-type]
    return Field("x", place, coding, **more).read(data, {})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("raw", "coding", "more", "value"),
    [
        ("0102", Coding.UNSIGNED, {}, 0x0201),
        ("0102", Coding.UNSIGNED, {"big": True}, 0x0102),
        ("F4FF", Coding.SIGNED, {}, -12),
        ("0C00", Coding.SIGNED, {}, 12),
        ("08", Coding.SIGNED, {"bits": ((0, 3),)}, -8),
        ("ABCD", Coding.UNSIGNED, {"bits": ((12, 15), (0, 3))}, 0xBC),
        ("4523", Coding.BCD, {}, 2345),
        ("0000C03F", Coding.REAL, {}, Fraction(3, 2)),
        ("CDCCCC3D", Coding.REAL, {}, Fraction(1, 10)),
        ("0000", Coding.PRESENT, {}, 0),
        ("0010", Coding.PRESENT, {}, 1),
        ("05", Coding.UNSIGNED, {"scale": Fraction(1, 3)}, Fraction(5, 3)),
        ("05", Coding.UNSIGNED, {"values": {5: Fraction(37, 10)}}, Fraction(37, 10)),
        ("4142430000", Coding.TEXT, {}, "ABC"),
        ("00ab", Coding.HEX, {}, "00AB"),
        ("7F", Coding.UNSIGNED, {"invalid": frozenset((0x7F,))}, None),
        ("0A", Coding.UNSIGNED, {"least": Fraction(10), "most": Fraction(10)}, 10),
    ],
)
def test_numbers_and_texts(
    raw: str, coding: Coding, more: dict[str, object], value: object
) -> None:
    assert number(raw, coding, **more) == value


@pytest.mark.parametrize(
    ("raw", "coding", "more", "words"),
    [
        ("4A", Coding.BCD, {}, "no decimal digits"),
        ("0000C07F", Coding.REAL, {}, "is no number"),
        ("41071F", Coding.TEXT, {}, "is no text"),
        ("06", Coding.UNSIGNED, {"values": {5: Fraction(1)}}, "6 is not in the table"),
        ("09", Coding.UNSIGNED, {"least": Fraction(10)}, "9 is no such value"),
        ("0B", Coding.UNSIGNED, {"most": Fraction(10)}, "11 is no such value"),
        ("FFFFFFFF", Coding.SECONDS, {}, "the year 2136"),
    ],
)
def test_what_such_a_meter_cannot_say(
    raw: str, coding: Coding, more: dict[str, object], words: str
) -> None:
    with pytest.raises(DecodeError, match=f"x: .*{words}"):
        number(raw, coding, **more)


def test_every_short_real_is_read_back_in_as_many_digits() -> None:
    for wanted in (0.1, 1234.5, -2.25, 1e-3):
        assert number(struct.pack("<f", wanted).hex(), Coding.REAL) == Fraction(str(wanted))


def test_words_are_the_names_of_flags() -> None:
    words = Bits(((1, 1, Flag("LEAK", "Leck.", "Leak.")),))
    assert number("01", Coding.WORDS, words=words) == "LEAK"
    assert number("00", Coding.WORDS, words=words) == "OK"
    assert number("03", Coding.WORDS, words=words) == "LEAK UNKNOWN_2"


def test_seconds_count_from_2000() -> None:
    assert number("00000000", Coding.SECONDS) == datetime(2000, 1, 1)  # noqa: DTZ001
    assert number("80510100", Coding.SECONDS) == datetime(2000, 1, 2)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("form", "raw", "day"),
    [
        (PACKED, 31 | 12 << 5 | 24 << 9, date(2024, 12, 31)),
        (BCD, 0x250214, date(2025, 2, 14)),
        (YEARLESS, 5 << 4 | 3 << 9, date(2024, 3, 5)),  # behind 1 March
        (YEARLESS, 1 << 4 | 3 << 9, date(2025, 3, 1)),  # the same day: a year later
        (YEARLESS, 28 << 4 | 2 << 9, date(2025, 2, 28)),
    ],
)
def test_dates(form: DateForm, raw: int, day: date) -> None:
    assert form.read(raw, {"before": date(2024, 3, 1)}) == day


@pytest.mark.parametrize(
    ("form", "raw"),
    [
        (PACKED, 31 | 11 << 5 | 24 << 9),
        (PACKED, 1 | 13 << 5),
        (PACKED, 1 | 1 << 5 | 80 << 9),
        (BCD, 0x25021A),
        (YEARLESS, 29 << 4 | 2 << 9),  # 2025 has no such day
    ],
)
def test_days_that_do_not_exist(form: DateForm, raw: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        form.read(raw, {"before": date(2024, 3, 1)})
    field = Field("x", Place(0, 3), Coding.DATE, form=form)
    with pytest.raises(DecodeError, match="x: "):
        field.read(raw.to_bytes(3, "little"), {"before": date(2024, 3, 1)})


@pytest.mark.parametrize("raw", [0, 1, 1 << 5])
def test_day_or_month_zero_is_none(raw: int) -> None:
    assert PACKED.read(raw, {}) is None
    assert number(raw.to_bytes(2, "little").hex(), Coding.DATE, form=PACKED) is None


def test_a_date_without_a_year_needs_the_other() -> None:
    assert YEARLESS.read(5 << 4 | 3 << 9, {}) is None


def test_what_follows_from_other_fields() -> None:
    known = {
        "a": Fraction(10),
        "b": Fraction(3),
        "when": datetime(2025, 1, 2, 3),  # noqa: DTZ001
        "day": date(2025, 1, 31),
    }
    assert Field("x", sum=("a", "b")).read(b"", known) == 13
    assert Field("x", difference=("a", "b")).read(b"", known) == 7
    assert Field("x", sum=("a", "b"), scale=Fraction(1, 2)).read(b"", known) == Fraction(13, 2)
    assert Field("x", sum=("a", "missing")).read(b"", known) is None
    assert Field("x", earlier=("when", "b")).read(b"", known) == datetime(2025, 1, 2)  # noqa: DTZ001
    assert Field("x", earlier=("when", "missing")).read(b"", known) is None
    assert Field("x", earlier=("missing", "b")).read(b"", known) is None
    assert Field("x", Place(0, 1), times="b").read(b"\5", known) == 15
    assert Field("x", Place(0, 1), times="missing").read(b"\5", known) is None
    with pytest.raises(DecodeError, match="no such value"):
        Field("x", difference=("b", "a"), least=Fraction(0)).read(b"", known)
    with pytest.raises(DecodeError, match="x: "):  # before there was time
        Field("x", earlier=("when", "a")).read(b"", known | {"a": Fraction(10**12)})


def test_month_in_a_name() -> None:
    one = Field("last_{month}", sum=("a",), month_of="day", months_back=2)
    assert one.full_name({"day": date(2025, 1, 31)}) == "last_nov"
    assert one.full_name({}) is None
    assert Field("x", sum=("a",)).full_name({}) == "x"


def test_bits_side_by_side() -> None:
    assert gather(0b1011_0110, ((1, 2), (4, 7))) == 0b101111
    assert gather(5, ()) == 5
    assert decimal(0x99) == 99

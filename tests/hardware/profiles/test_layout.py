from __future__ import annotations

import tomllib

import pytest

from hardware.errors import DecodeError, KeyRequired
from hardware.mbus.header import Header
from hardware.profiles.bits import Bits
from hardware.profiles.filters import Sent
from hardware.profiles.layout import Layout, Span
from hardware.profiles.load_layout import layout
from hardware.reading import Function, Quantity, Record, Register, Unit

HEADER = Header(manufacturer="ABC", identification="12345678", version=0x10, medium_code=7)
SENT = Sent(0xA2, HEADER, bytes(8))


def made(text: str, fields: str = '{ name = "x", at = 0, size = 1 }') -> Layout:
    return layout(tomllib.loads(f"{text}\nfields = [{fields}]"), {"flags": Bits(())})


def values(found: Layout, data: bytes) -> dict[str, float | str]:
    return {record.name: record.value for record in found.read(data, SENT)}


@pytest.mark.parametrize(
    ("text", "data", "fits"),
    [
        ('ci = ["A2"]', b"", True),
        ('ci = ["A0"]', b"", False),
        ('source = "manufacturer_specific"', b"", True),
        ('ci = ["A2"]\nversion = ["10"]\nmedium = ["07"]', b"", True),
        ('ci = ["A2"]\nversion = ["11"]', b"", False),
        ('ci = ["A2"]\nmedium = ["08"]', b"", False),
        ('ci = ["A2"]\nlengths = [2, 4]', b"12", True),
        ('ci = ["A2"]\nlengths = [2, 4]', b"123", False),
        ('ci = ["A2"]\nat_least = 2', b"1", False),
        ('ci = ["A2"]\nwhen = [{ at = 0, value = [0x31, 0x32] }]', b"2", True),
        ('ci = ["A2"]\nwhen = [{ at = 0, value = [0x31] }]', b"2", False),
        ('ci = ["A2"]\nwhen = [{ at = 0, value = [0x31] }]', b"", False),
        ('ci = ["A2"]\nwhen = [{ at = -2, size = 2, least = 0x3100 }]', b"001", True),
        ('ci = ["A2"]\nwhen = [{ at = -2, size = 2, least = 0x3131 }]', b"001", False),
        ('ci = ["A2"]\nwhen = [{ at = -2, size = 2, least = 0 }]', b"1", False),
        ('ci = ["A2"]\nwhen = [{ at = 0, most = 0x31 }]', b"2", False),
        ('ci = ["A2"]\nwhen = [{ at = 0, any_of = 0x0C }]', b"2", False),
        ('ci = ["A2"]\nwhen = [{ at = 0, any_of = 0x02 }]', b"2", True),
        ('ci = ["A2"]\nwhen = [{ at = 0, counts = -1 }]', b"\1\0", True),
        ('ci = ["A2"]\nwhen = [{ at = 0, counts = -1 }]', b"\2\0", False),
    ],
)
def test_which_layout_fits(text: str, data: bytes, fits: bool) -> None:  # noqa: FBT001
    assert made(text).fits(SENT, data) is fits


def test_places() -> None:
    found = made(
        'ci = ["A2"]',
        '{ name = "first", at = 0, size = 1 }, { name = "next", size = 2, order = "big" },'
        ' { name = "last", at = -1, size = 1, storage = 2, tariff = 1, subunit = 3,'
        ' function = "maximum", quantity = "volume", factor = 0.1 }',
    )
    first, second, last = found.read(bytes.fromhex("0102030405"), SENT)
    assert (first.value, second.value) == (1, 0x0203)
    register = Register(2, 1, 3, Function.MAXIMUM)
    assert last == Record(Quantity.VOLUME, 0.5, Unit.M3, register, "last")


@pytest.mark.parametrize("at", ["4", "-5"])
def test_data_that_end_too_soon(at: str) -> None:
    found = made("", f'{{ name = "x", at = {at}, size = 1 }}')
    with pytest.raises(DecodeError, match="data end within x"):
        found.read(b"1234", SENT)


def test_checks_are_looked_at() -> None:
    found = made("check = [{ at = 0, value = [0x2F] }]", '{ name = "x", at = 1, size = 1 }')
    assert values(found, b"\x2f\5") == {"x": 5}
    with pytest.raises(DecodeError, match="not laid out as this model's at byte 0"):
        found.read(b"\x2e\5", SENT)


def test_a_counter_that_rises() -> None:
    found = made(
        'ascending = ["a", "gone", "b"]',
        '{ name = "a", at = 0, size = 1 }, { name = "gone", at = 0, size = 1, invalid = [1] },'
        ' { name = "b", at = 1, size = 1 }',
    )
    assert values(found, b"\1\1") == {"a": 1, "b": 1}
    with pytest.raises(DecodeError, match="b is lower"):
        found.read(b"\2\1", SENT)


def test_fields_that_are_there_only_sometimes() -> None:
    found = made(
        "",
        '{ name = "a", at = 0, size = 1, hidden = true },'
        ' { name = "b", if = { at = 0, any_of = 1 }, size = 1 },'
        ' { name = "c", if = { at = 0, any_of = 2 }, size = 1 }',
    )
    assert values(found, b"\1\5") == {"b": 5}
    assert values(found, b"\2\5") == {"c": 5}
    assert values(found, b"\3\5\6") == {"b": 5, "c": 6}
    assert values(found, b"\0") == {}


TAGGED = """[tags]
start = 1
stops = ["FF"]
tail = 1
[tags.sizes]
"10" = 2
"20 21" = 1"""


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ("00 2105 100102 20AA 00", {"x": 0x0201, "y": 0xAA}),
        ("00 100102 109999 00", {"x": 0x0201}),
        ("00 20AA FF1001 00", {"y": 0xAA}),
        ("00 00", {}),
    ],
)
def test_data_that_name_themselves(data: str, wanted: dict[str, float]) -> None:
    fields = (
        '{ name = "x", tag = "10", at = 0, size = 2 }, { name = "y", tag = "20", at = 0, size = 1 }'
    )
    found = layout(tomllib.loads(f"fields = [{fields}]\n{TAGGED}"), {})
    assert values(found, bytes.fromhex(data)) == wanted


@pytest.mark.parametrize(
    ("data", "words"), [("00 30 00", "tag 30 is unknown at byte 1"), ("00 1001 00", "tag marks")]
)
def test_tags_that_are_not_known_or_cut(data: str, words: str) -> None:
    found = layout(
        tomllib.loads(f'fields = [{{ name = "x", tag = "10", at = 0, size = 2 }}]\n{TAGGED}'), {}
    )
    with pytest.raises(DecodeError, match=words):
        found.read(bytes.fromhex(data), SENT)


def test_repeated_fields() -> None:
    found = made(
        "",
        '{ name = "d_{nn}", at = 3, size = 1, step = -1, count = 2, storage = 4 },'
        ' { name = "{label}_x", size = 1, labels = ["one", "two"] },'
        ' { name = "b_{n}", at = 0, size = 1, bits = [0, 3], step_bits = 4, count = 2, first = 3,'
        " every = 2 },"
        ' { name = "s_{n}", sum = ["b_{n}", "d_01"], count = 1, first = 3 },'
        ' { name = "t_{n}", difference = ["b_{n}", "d_01"], count = 2, first = 3, every = 2 }',
    )
    read = found.read(bytes.fromhex("21 00 07 01 09"), SENT)
    assert [(one.name, one.value, one.register.storage) for one in read[:6]] == [
        ("d_01", 1, 4),
        ("d_02", 7, 5),
        ("one_x", 1, 0),
        ("two_x", 9, 1),
        ("b_3", 1, 0),
        ("b_5", 2, 2),
    ]


def test_months_by_the_date() -> None:
    found = made(
        "",
        '{ name = "day", at = 0, size = 2, coding = "date", form = "packed", invalid = [0] },'
        ' { name = "last_{month}", at = 2, size = 1, step = 1, month_of = "day", count = 2 }',
    )
    assert values(found, bytes.fromhex("3F32 0102")) == {
        "day": "2025-01-31",
        "last_jan": 1,
        "last_dec": 2,
    }
    assert values(found, bytes.fromhex("0000 0102")) == {}


def test_kinds_of_values() -> None:
    found = made(
        "",
        '{ name = "moment", at = 0, size = 4, coding = "seconds" },'
        ' { name = "words", at = 4, size = 2, coding = "text" },'
        ' { name = "day", at = 6, size = 2, coding = "date", form = "g" },'
        ' { name = "flags", at = 0, size = 1, coding = "words", words = "flags" },'
        ' { name = "power", at = 0, size = 1, quantity = "power", unit = "W" }',
    )
    moment, words, day, flags, power = found.read(bytes(4) + b"AB" + b"\x3f\x31", SENT)
    assert (moment.value, moment.unit) == ("2000-01-01T00:00:00", Unit.DATETIME)
    assert (words.value, words.unit) == ("AB", Unit.TEXT)
    assert (day.value, day.unit, day.quantity) == ("2025-01-31", Unit.DATE, Quantity.DATE)
    assert (flags.value, flags.unit) == ("OK", Unit.TEXT)
    assert power.unit is Unit.W


def test_spans_cover_all_bytes() -> None:
    found = made(
        "",
        '{ name = "b", at = 3, size = 2 }, { name = "a", at = 1, size = 1, hidden = true },'
        ' { name = "both", sum = ["a", "b"] }, { name = "none", at = 3, size = 1, invalid = [1] }',
    )
    spans = found.spans(bytes.fromhex("00 05 00 0100 00"), SENT)
    assert [(one.start, one.end, one.note) for one in spans] == [
        (0, 1, ""),
        (1, 2, "a"),
        (2, 3, ""),
        (3, 4, "none"),
        (3, 5, "b"),
        (5, 6, ""),
        (6, 6, "both"),
    ]
    assert [one.record.value for one in spans if one.record] == [1, 6]
    assert made("").spans(b"\1", SENT) == (
        Span(0, 1, Record(Quantity.OTHER, 1.0, Unit.ONE, Register(), "x"), "x"),
    )


def test_filters_come_first() -> None:
    found = made('filter = "prios"')
    with pytest.raises(KeyRequired):
        found.read(bytes(9), SENT)

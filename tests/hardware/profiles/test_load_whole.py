from __future__ import annotations

from fractions import Fraction

import pytest

from hardware.profiles.load import parse
from hardware.profiles.toml_kinds import ProfileError
from hardware.reading import Function, Quantity, Register, Unit

HEAD = """profile = "one"
title = { de = "Eins", en = "One" }
"""
WHOLE = (
    HEAD
    + """own_content = true
match = [{ manufacturer = "ABC", version = ["0A", "ff"], medium = ["07"] }, { medium = ["04"] }]
status = [{ mask = 0x20, name = "LOW", de = "Niedrig.", en = "Low." }, { mask = 0x40 }]

[records]
volume = "total"
energy = { name = "e", quantity = "volume", unit = "W", factor = 0.1, signed_bits = 16, invalid = [1, "x"], lowest = -1, highest = 2.5, bits = "error", storage = 1, tariff = 2, subunit = 3, function = "maximum" }
date = { ignore = true }

[bits]
error = [{ mask = 0x03, value = 0x01, name = "LEAK", de = "Leck.", en = "Leak." }]

[[layout]]
ci = ["A2"]
fields = [{ name = "x", at = 0, size = 1 }]

[[example]]
telegrams = ["0102", "03"]
key = "000102030405060708090A0B0C0D0E0F"
status = "OK"
readings = { x = 1, y = "text", z = 0.1 }
registers = { x = { storage = 1, tariff = 2, subunit = 3, function = "minimum" }, y = {} }

[[example]]
telegrams = []
readings = {}
"""
)


def test_all_that_a_profile_may_say() -> None:
    found = parse(WHOLE, "one.toml")
    assert (found.name, found.title_de, found.title_en) == ("one", "Eins", "One")
    assert found.own_content
    first, second = found.matches
    assert (first.manufacturer, first.versions, first.media) == (
        "ABC",
        frozenset((0x0A, 0xFF)),
        frozenset((7,)),
    )
    assert (second.manufacturer, second.versions, second.media) == (None, None, frozenset((4,)))
    rule = found.rules["energy"]
    assert (rule.name, rule.quantity, rule.unit) == ("e", Quantity.VOLUME, Unit.W)
    assert (rule.factor, rule.signed_bits) == (Fraction(1, 10), 16)
    assert rule.invalid == frozenset((1.0, "x"))
    assert (rule.lowest, rule.highest, rule.bits) == (-1, 2.5, "error")
    assert (rule.storage, rule.tariff, rule.subunit, rule.function) == (1, 2, 3, Function.MAXIMUM)
    assert found.rules["volume"].name == "total"
    assert found.rules["date"].ignore
    assert [flag.name for flag in found.bits["error"].flags(0x11)] == ["LEAK", "ERROR_10"]
    assert found.status is not None
    assert [flag.name for flag in found.status.flags(0xE0)] == ["LOW", "UNKNOWN_80"]
    assert found.layouts[0].cis == {0xA2}
    example, empty = found.examples
    assert example.messages == (b"\1\2", b"\3")
    assert example.key == bytes(range(16))
    assert example.status == "OK"
    assert example.readings == (("x", 1.0), ("y", "text"), ("z", 0.1))
    assert example.registers == {"x": Register(1, 2, 3, Function.MINIMUM), "y": Register()}
    assert (empty.key, empty.status) == (None, None)


def layout(text: str) -> str:
    return HEAD + f"[[layout]]\n{text}"


def fields(text: str) -> str:
    return layout(f"fields = [{text}]")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("profile = ", "Invalid"),
        ("", "profile: 'profile' is missing"),
        ("profile = 1", "profile: 1 is no text"),
        ('profile = "x"\ntitle = 1', "title: 1 is no table"),
        (HEAD + "extra = 1", "document: extra: no such key"),
        (HEAD + "own_content = 1", "own_content: 1 is neither true nor false"),
        (HEAD + "match = 1", "1 is no array"),
        (HEAD + 'match = [{ version = ["01"] }]', "match: neither manufacturer nor medium"),
        (HEAD + 'match = [{ manufacturer = "ABC", version = ["XY"] }]', "match: invalid literal"),
        (HEAD + 'status = [{ mask = 1, value = 2, name = "A" }]', "status: value 0x2 lies outside"),
        (HEAD + 'status = [{ mask = 1, name = "A" }]', "status: 'de' is missing"),
        (HEAD + "status = [{ mask = true }]", "status: True is no whole number"),
        (HEAD + "[records]\nx = 1", "records.x: 1 is no table"),
        (HEAD + '[records]\nx = { bits = "gone" }', "records.x: no table bits.gone"),
        (HEAD + '[records]\nx = { quantity = "gone" }', "records.x: 'gone' is not a valid"),
        (HEAD + "[records]\nx = { factor = true }", "records.x: True is no number"),
        (HEAD + "[[example]]\ntelegrams = []", "example: 'readings' is missing"),
        (layout("extra = 1"), "layout 1: extra: no such key"),
        (layout("ci = []"), "layout 1: 'fields' is missing"),
        (layout('filter = "gone"\nfields = []'), "layout 1: no filter 'gone'"),
        (layout("fields = []\n[layout.tags]\nx = 1"), "tags.x: no such key"),
        (layout("fields = []\nwhen = [{ at = 0, x = 1 }]"), "layout 1: x: no such key"),
        (fields('{ name = "x", y = 1 }'), "fields.x.y: no such key"),
        (fields('{ name = "x" }'), "x has neither a place nor fields"),
        (fields('{ name = "x", size = 1, coding = "gone" }'), "'gone' is not a valid"),
        (fields('{ name = "x", size = 1, order = "gone" }'), "'gone' is missing or unknown"),
        (fields('{ name = "x", size = 1, bits = [3] }'), "shorter than"),
        (fields('{ name = "x", size = 1, bits = [3, 2] }'), "no pairs of a first and a last one"),
        (fields('{ name = "x", sum = ["y"] }'), r"x needs \['y'\] in front"),
        (fields('{ name = "x", size = 1, times = "y" }'), r"x needs \['y'\] in front"),
        (fields('{ name = "x", size = 2, coding = "date" }'), "'day' is missing"),
        (fields('{ name = "x", size = 2, coding = "date", form = "no" }'), "'no' is missing or"),
        (
            fields('{ name = "x", size = 2, coding = "date", form = "g", after = "y" }'),
            r"x needs \['y'\]",
        ),
        (fields('{ name = "x", size = 1, coding = "words", words = "no" }'), "'no' is missing or"),
    ],
)
def test_mistakes_are_named_by_file_and_key(text: str, words: str) -> None:
    with pytest.raises(ProfileError, match=f"^one.toml: .*{words}"):
        parse(text, "one.toml")

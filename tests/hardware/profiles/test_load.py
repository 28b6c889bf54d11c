from __future__ import annotations

from fractions import Fraction

import pytest

from hardware.profiles.load import ProfileError, parse
from hardware.profiles.model import Example, Flag, Match, Rule
from hardware.reading import Function, Quantity, Register, Unit

HEAD = 'profile = "abc"\ntitle = { de = "Zähler", en = "Meter" }\n'
WHOLE = HEAD + (
    """
own_content = true
[[match]]
manufacturer = "ABC"
version = ["1A", "ff"]
medium = ["04"]
[[match]]
medium = ["0D"]
[records]
energy = "e"
"volume_storage_{n}" = { name = "v_{n}", quantity = "mass", unit = "kg", factor = "1/3",
    signed_bits = 16, invalid = [1, "x"], lowest = 0, highest = 9.5, bits = "b",
    storage = 1, tariff = 2, subunit = 3, function = "minimum", ignore = false }
[[bits.b]]
mask = 3
value = 1
name = "ONE"
de = "Eins."
en = "One."
[[bits.b]]
mask = 4
[[status]]
mask = 0x20
name = "LEAK"
de = "Leck."
en = "Leak."
[[example]]
telegrams = ["0102", "03"]
key = "00112233"
status = "OK"
[example.readings]
e = 1.5
d = "2026-01-01"
[example.registers]
e = { storage = 1, function = "maximum" }
d = { tariff = 2, subunit = 1 }
[[example]]
telegrams = []
[example.readings]
"""
).replace(",\n    ", ", ")


def test_every_key_is_read() -> None:
    found = parse(WHOLE, "abc.toml")
    assert (found.name, found.title_de, found.title_en) == ("abc", "Zähler", "Meter")
    assert found.own_content
    assert found.matches == (
        Match("ABC", frozenset((0x1A, 0xFF)), frozenset((4,))),
        Match(None, None, frozenset((13,))),
    )
    assert found.rules == {
        "energy": Rule("e"),
        "volume_storage_{n}": Rule(
            "v_{n}",
            Quantity.MASS,
            Unit.KG,
            Fraction(1, 3),
            16,
            frozenset((1, "x")),
            0,
            9.5,
            "b",
            1,
            2,
            3,
            Function.MINIMUM,
        ),
    }
    assert found.bits["b"].rows == (
        (3, 1, Flag("ONE", "Eins.", "One.")),
        (4, 4, Flag("", "", "")),
    )
    assert found.status is not None
    assert found.status.rows == ((0x20, 0x20, Flag("LEAK", "Leck.", "Leak.")),)
    assert found.examples == (
        Example(
            (b"\x01\x02", b"\x03"),
            bytes.fromhex("00112233"),
            "OK",
            (("e", 1.5), ("d", "2026-01-01")),
            {
                "e": Register(1, 0, 0, Function.MAXIMUM),
                "d": Register(0, 2, 1),
            },
        ),
        Example((), None, None, ()),
    )


def test_what_is_left_out_is_empty() -> None:
    found = parse(HEAD, "abc.toml")
    assert (found.matches, found.rules, found.bits, found.status) == ((), {}, {}, None)
    assert not found.own_content


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("profile =", "abc.toml: "),
        ('profile = "a"', "title"),
        (HEAD + "colour = 1", "colour: no such key"),
        (HEAD + "own_content = 1", "neither true nor false"),
        (HEAD + "match = 1", "1 is no array"),
        (HEAD + "match = [1]", "match: 1 is no table"),
        (HEAD + '[[match]]\nversion = ["01"]', "match: .*neither manufacturer nor medium"),
        (HEAD + "[[match]]\nmanufacturer = 5", "match: .*is no text"),
        (HEAD + '[[match]]\nmanufacturer = "ABC"\nid = "1"', "match: id: no such key"),
        (HEAD + '[[match]]\nmanufacturer = "ABC"\nversion = ["XY"]', "match"),
        (HEAD + "[records]\nenergy = 5", r"records\.energy"),
        (HEAD + '[records]\nenergy = { nam = "e" }', r"records\.energy: nam: no such key"),
        (HEAD + "[records]\nenergy = { moves = true }", r"records\.energy: moves: no such key"),
        (HEAD + '[records]\nenergy = { unit = "furlong" }', "furlong"),
        (HEAD + '[records]\nenergy = { storage = "1" }', "no whole number"),
        (HEAD + "[records]\nenergy = { storage = true }", "no whole number"),
        (HEAD + '[records]\nenergy = { lowest = "low" }', "low"),
        (HEAD + '[records]\nenergy = { factor = "1/0" }', r"records\.energy"),
        (HEAD + "[records]\nenergy = { highest = true }", "is no number"),
        (HEAD + '[records]\nenergy = { bits = "b" }', r"energy: no table bits\.b"),
        (HEAD + '[[bits.b]]\nname = "A"\nde = "A."\nen = "A."', r"bits\.b: .*mask"),
        (HEAD + "[[bits.b]]\nmask = 1\nvalue = 2", "outside mask"),
        (HEAD + '[[bits.b]]\nmask = 1\nname = "A"', r"bits\.b: .*'de'"),
        (HEAD + "[[bits.b]]\nmask = 1\nbit = 2", r"bits\.b: bit: no such key"),
        (HEAD + '[[example]]\ntelegrams = ["0102"]', "example: .*readings"),
        (HEAD + '[[example]]\ntelegrams = ["0x"]\n[example.readings]', "example"),
        (HEAD + "[[example]]\nanswer = 1", "example: answer: no such key"),
        (
            HEAD + "[[example]]\ntelegrams = []\n[example.readings]\n[example.registers]\n"
            "a = { shelf = 1 }",
            "example: shelf: no such key",
        ),
    ],
)
def test_every_mistake_is_named_by_file_and_key(text: str, words: str) -> None:
    with pytest.raises(ProfileError, match=words) as caught:
        parse(text, "abc.toml")
    assert str(caught.value).startswith("abc.toml: ")

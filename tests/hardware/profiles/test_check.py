"""What is wrong with a profile is said in German, all of it, with its place."""

from __future__ import annotations

from importlib import resources

import pytest

from hardware.mbus.frame import encode_long
from hardware.profiles import Mistake, check, shipped

HEADER = bytes.fromhex("785634122D2C1B042A000000")
TELEGRAM = encode_long(8, 1, 0x72, HEADER + bytes.fromhex("0406D2040000")).hex()
DATED = encode_long(8, 1, 0x72, HEADER + bytes.fromhex("026C3F2C")).hex()
HEAD = """
profile = "x"
title = { de = "X", en = "X" }
match = [{ manufacturer = "KAM", version = ["1b"], medium = ["04"] }]
"""


def example(telegram: str = TELEGRAM, readings: str = "", more: str = "") -> str:
    return f'{HEAD}[[example]]\ntelegrams = ["{telegram}"]\n{more}\n[example.readings]\n{readings}'


def found(text: str) -> tuple[Mistake, ...]:
    return check(text, shipped())


def test_a_whole_profile_has_no_mistakes() -> None:
    assert found(example(readings="total_energy_consumption = 1234")) == ()
    assert found(example(DATED, 'meter_date = "2017-12-31"')) == ()


def test_all_mistakes_are_named_at_once() -> None:
    mistakes = found(
        """
profile = "x"
title = { de = "X" }
foo = 1
[[match]]
manufacturer = 3
[[match]]
version = ["1b"]
[[match]]
manufacturer = "KAM"
version = ["zz"]
[records]
volume = { name = "v", unit = "kwh" }
energy = { nam = "v" }
power = { name = "e", bits = "q" }
mass = { name = "m", storage = 1.5, ignore = "no" }
[[bits.a]]
mask = 1
value = 3
name = "A"
[[bits.a]]
mask = "1"
[[example]]
telegrams = ["6"]
readings = {}
[[example]]
telegrams = "6"
"""
    )
    assert [mistake.key for mistake in mistakes] == [
        "title", "document", "match 1", "match 2", "match 3", "records.volume", "records.energy",
        "records.power", "records.mass", "bits.a 1", "bits.a 2", "example 1", "example 2",
    ]  # fmt: skip
    text = "\n".join(mistake.text for mistake in mistakes)
    for words in (
        "en fehlt",
        "foo gibt es hier nicht. Erlaubt sind: 'bits'",
        "3 ist kein Text",
        "Weder Hersteller noch Medium",
        "'zz' ist nicht hex",
        "'kwh' gibt es nicht. Erlaubt sind: kWh",
        "nam gibt es hier nicht",
        "Die Tabelle [[bits.q]] fehlt",
        "1.5 ist keine ganze Zahl",
        "value 0x3 hat Bits",
        "Keine ganzen Bytes in hex",
        "'6' ist keine Liste",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("profile = ", "", "Kein TOML"),
        ('profile = "x"', "title", "title fehlt"),
        ('profile = "x"\ntitle = 3', "title", "keine Tabelle"),
        ('profile = "x"\ntitle = { de = "X", en = "X" }', "match", "Ohne [[match]]"),
        (HEAD + "[records]\ne = { invalid = [true] }", "records.e", "keine Zahl"),
        (HEAD + "[records]\ne = { ignore = 1 }", "records.e", "true noch false"),
        (HEAD + '[[layout]]\nfields = []\nfilter = "none"', "layout 1", "So geht es nicht"),
        (example("", ""), "example 1.telegrams", "Kein Telegramm"),
        (example("6800"), "example 1.telegrams", "Nicht lesbar (FrameError"),
        (example(readings="heat = 1"), "example 1.readings.heat", "Es gibt: total_energy"),
        (
            example(readings="total_energy_consumption = 1235"),
            "example 1.readings.total_energy_consumption",
            "Das Telegramm gibt 1234.0 kWh, im Beispiel steht 1235",
        ),
        (
            example(readings='total_energy_consumption = "1234"'),
            "example 1.readings.total_energy_consumption",
            "im Beispiel steht 1234",
        ),
        (
            example(readings="total_energy_consumption = 1234\n[example.registers]\n"
                    "total_energy_consumption = { storage = 1 }"),
            "example 1.readings.total_energy_consumption",
            "keinen Wert dieses Namens",
        ),
        (example(more='status = "BUSY"'), "example 1.status", "Der Status ist OK"),
        (
            example().replace('"1b"', '"1c"'),
            "example 1.telegrams",
            "Version 1b, Medium 04. [[match]] danach richten",
        ),
    ],
)  # fmt: skip
def test_single_mistakes(text: str, key: str, words: str) -> None:
    (mistake,) = found(text)
    assert mistake.key == key
    assert words in mistake.text


def test_a_profile_that_does_not_stand_beside_the_others() -> None:
    text = """
profile = "x"
title = { de = "X", en = "X" }
match = [{ medium = ["04"] }]
records = { energy = { name = "e", bits = "b" } }
bits = { b = [] }
"""
    (mistake,) = found(text)
    assert mistake.key == "profile"
    assert "Passt nicht zu den anderen Profilen" in mistake.text


def test_a_telegram_without_a_manufacturer_gets_no_profile() -> None:
    (mistake,) = found(example(encode_long(8, 1, 0x78, bytes.fromhex("0406D2040000")).hex()))
    assert "Profil keines" in mistake.text
    assert "Version -" in mistake.text


def test_more_names_than_can_be_listed() -> None:
    data = b"".join(bytes((0x81 | 0x40 * (n & 1), n >> 1, 0x13, 1)) for n in range(20))
    (mistake,) = found(example(encode_long(8, 1, 0x72, HEADER + data).hex(), "heat = 1"))
    assert mistake.text.endswith(", ...")


def test_every_shipped_profile_is_without_mistakes() -> None:
    for file in resources.files("hardware.profiles").iterdir():
        if file.name.endswith(".toml"):
            assert check(file.read_text(encoding="utf-8"), shipped()) == (), file.name

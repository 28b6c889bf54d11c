"""Every profile's own telegrams give its own readings, all of them and no other."""

from __future__ import annotations

import pytest

from hardware.mbus.telegram import Telegram, is_wireless
from hardware.mbus.telegram import decode as decode_wired
from hardware.profiles import Interpreted, Profile, interpret, shipped
from hardware.profiles.model import Example
from hardware.reading import CANONICAL_UNIT, Register
from hardware.wmbus.formats import FormatStore
from hardware.wmbus.telegram import decode as decode_wireless

EXAMPLES = [
    pytest.param(profile, example, id=f"{profile.name}-{index}")
    for profile in shipped().profiles.values()
    for index, example in enumerate(profile.examples)
]


def telegrams(example: Example) -> list[Telegram]:
    if is_wireless(example.messages[0]):
        messages = list(example.messages)
        return [decode_wireless(messages, example.key, FormatStore(), is_own=shipped().is_own)]
    return [decode_wired(message) for message in example.messages]


def meanings(example: Example) -> list[Interpreted]:
    return [interpret(telegram, shipped()) for telegram in telegrams(example)]


@pytest.mark.parametrize(("profile", "example"), EXAMPLES)
def test_example_gives_its_readings(profile: Profile, example: Example) -> None:
    found = meanings(example)
    records = [record for meaning in found for record in meaning.records]
    wanted = dict(example.readings)
    assert {record.name: record.value for record in records} == {
        name: value if isinstance(value, str) else pytest.approx(value, rel=1e-9, abs=1e-12)
        for name, value in wanted.items()
    }
    assert len(records) == len(wanted), "a name stands twice"
    registers = {record.name: record.register for record in records}
    assert registers == {name: example.registers.get(name, Register()) for name in wanted}
    for record in records:
        assert record.unit == CANONICAL_UNIT.get(record.quantity, record.unit), record.name
    if example.status is not None:
        assert found[-1].status == example.status
    is_by_medium = all(match.manufacturer is None for match in profile.matches)
    assert found[-1].profile == (None if is_by_medium else profile.name)


@pytest.mark.parametrize("profile", shipped().profiles.values(), ids=lambda one: one.name)
def test_profile_has_an_example_that_its_match_fits(profile: Profile) -> None:
    if profile.name == "standard":
        return
    assert profile.examples
    for example in profile.examples:
        for telegram in telegrams(example):
            assert any(match.fits(telegram.header) for match in profile.matches)


def test_names_of_bits_and_sentences() -> None:
    for profile in shipped().profiles.values():
        tables = [*profile.bits.values(), *([profile.status] if profile.status else [])]
        for _mask, _value, flag in (row for table in tables for row in table.rows):
            if flag.name:
                assert flag.name.replace("_", "").isalnum()
                assert flag.name == flag.name.upper()
                assert flag.de[-1] in ".?"
                assert flag.en[-1] in ".?"
                assert flag.de != flag.en

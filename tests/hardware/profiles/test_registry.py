from __future__ import annotations

from typing import Any

import pytest

from hardware.mbus.header import Header
from hardware.profiles.load import ProfileError, parse
from hardware.profiles.model import Profile
from hardware.profiles.registry import Registry, shipped

TITLE = 'title = { de = "Zähler", en = "Meter" }\n'


def profile(name: str, rest: str = "") -> Profile:
    return parse(f'profile = "{name}"\n{TITLE}{rest}', f"{name}.toml")


def match(**codes: Any) -> str:
    return "[[match]]\n" + "".join(f"{key} = {value!r}\n" for key, value in codes.items())


STANDARD = profile("standard", '[records]\nenergy = "total"\nvolume = "water"\n')


def test_the_narrower_of_two_profiles_is_taken() -> None:
    maker = profile("maker", match(manufacturer="ABC"))
    model = profile("model", match(manufacturer="ABC", version=["1A"], medium=["04"]))
    registry = Registry([STANDARD, maker, model])
    assert registry.profile(Header("ABC", "1", 0x1A, 0x04)) is model
    assert registry.profile(Header("ABC", "1", 0x1B, 0x04)) is maker
    assert registry.profile(Header("ABC", "1", 0x1A, 0x06)) is maker
    assert registry.profile(Header("ABD", "1", 0x1A, 0x04)) is None
    assert registry.profile(Header()) is None
    assert not registry.is_own(Header("ABC", "1", 0x1A, 0x04))


def test_own_content_is_told() -> None:
    maker = profile("maker", "own_content = true\n" + match(manufacturer="ABC"))
    registry = Registry([STANDARD, maker])
    assert registry.is_own(Header("ABC", "1", 1, 4))
    assert not registry.is_own(Header("ABD", "1", 1, 4))


def test_own_rules_come_first_then_the_mediums_then_the_standards() -> None:
    cold = profile("cold", match(medium=["0A"]) + '[records]\nenergy = "cold"\n')
    maker = profile("maker", match(manufacturer="ABC") + '[records]\nenergy = "mine"\n')
    registry = Registry([STANDARD, cold, maker])
    assert registry.profile(Header("ABD", "1", 1, 0x0A)) is None, "a medium is no model"

    def name(which: Profile | None, record: str, medium: int | None) -> str | None:
        rule = registry.rule(which, record, medium)
        return None if rule is None else rule.name

    assert name(maker, "energy", 0x0A) == "mine"
    assert name(None, "energy", 0x0A) == "cold"
    assert name(None, "energy", 0x04) == "total"
    assert name(None, "energy", None) == "total"
    assert name(maker, "volume", 0x0A) == "water"
    assert name(maker, "power", 0x0A) is None
    assert registry.origin(maker, "energy", 0x0A) == "maker"
    assert registry.origin(None, "energy", 0x0A) == "cold"
    assert registry.origin(maker, "volume", 0x0A) == "standard"
    assert registry.origin(maker, "power", 0x0A) is None


def test_numbers_of_a_pattern_are_filled_in_and_the_very_name_comes_first() -> None:
    rules = (
        '[records]\n"energy_storage_{n}_tariff_{t}" = "tariff_{t}_month_{n}"\n'
        'energy_storage_3_tariff_1 = "special"\n'
    )
    registry = Registry([STANDARD, profile("maker", match(manufacturer="ABC") + rules)])
    maker = registry.profiles["maker"]

    def name(record: str) -> str | None:
        rule = registry.rule(maker, record)
        return None if rule is None else rule.name

    assert name("energy_storage_12_tariff_2") == "tariff_2_month_12"
    assert name("energy_storage_3_tariff_1") == "special"
    assert name("energy_storage_3_tariff_") is None
    assert name("energy_storage_3_tariff_1_subunit_1") is None


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ProfileError, match="no profile standard"):
        Registry([profile("maker", match(manufacturer="ABC"))])
    with pytest.raises(ProfileError, match="two profiles are named maker"):
        Registry([STANDARD, profile("maker"), profile("maker")])
    bits = '[[bits.e]]\nmask = 1\nname = "E"\nde = "D."\nen = "E."\n'
    rule = '[records]\nerror_flags = { name = "e", bits = "e" }\n'
    with pytest.raises(ProfileError, match=r"cold: bits are"):
        Registry([STANDARD, profile("cold", match(medium=["0A"]) + rule + bits)])


def test_shipped_profiles_are_one_registry_and_have_distinct_matches() -> None:
    registry = shipped()
    assert shipped() is registry
    seen: dict[tuple[str | None, int | None, int | None], str] = {}
    for one in registry.profiles.values():
        for rule in one.matches:
            for version in rule.versions or {None}:
                for medium in rule.media or {None}:
                    key = (rule.manufacturer, version, medium)
                    assert seen.setdefault(key, one.name) == one.name, key

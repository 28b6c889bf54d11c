"""The page of names and the files that decide them say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hardware.profiles.model import Profile
from hardware.profiles.registry import STANDARD, shipped

PAGE = Path(__file__).parents[3] / "docs" / "meter-names.md"
GENERAL = [
    profile
    for profile in shipped().profiles.values()
    if profile.name == STANDARD or any(match.manufacturer is None for match in profile.matches)
]


def on_the_page() -> set[str]:
    return set(re.findall(r"`([a-z0-9_]+)`", PAGE.read_text(encoding="utf-8")))


@pytest.mark.parametrize("profile", GENERAL, ids=lambda one: one.name)
def test_every_usual_name_is_on_the_page(profile: Profile) -> None:
    names = on_the_page()
    for rule in profile.rules.values():
        plain = re.sub(r"(_(tariff|storage|subunit)_\{\w+\})+$", "", rule.name)
        assert plain in names, rule.name


def test_the_pages_target_date_is_storage_1() -> None:
    for profile in GENERAL:
        for record, rule in profile.rules.items():
            if "target_date" in rule.name:
                assert "_storage_1" in record, record

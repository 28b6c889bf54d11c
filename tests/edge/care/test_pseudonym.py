"""Pseudonyms: one for each recipient, always the same, joined by nobody."""

from __future__ import annotations

import pytest

from edge.care.pseudonym import LENGTH, is_pseudonym, pseudonym

KEY, SECRET = bytes(range(32)), bytes(range(32, 64))


def test_it_is_always_the_same_and_another_for_everybody_else() -> None:
    one = pseudonym(KEY, SECRET, "county")
    assert one == pseudonym(KEY, SECRET, "county") == "eiq4it3aru4h5a75n6vo7baggu"
    assert is_pseudonym(one)
    others = {
        pseudonym(KEY, SECRET, "contact:1"),
        pseudonym(KEY, KEY, "county"),
        pseudonym(SECRET, SECRET, "county"),
    }
    assert len(others | {one}) == 4


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_short_key_is_refused(size: int) -> None:
    for pair in ((bytes(size), SECRET), (KEY, bytes(size))):
        with pytest.raises(ValueError, match="32 bytes"):
            pseudonym(*pair, "county")


@pytest.mark.parametrize(
    "text", ["", "a" * (LENGTH - 1), "a" * (LENGTH + 1), "A" * LENGTH, "1" * LENGTH]
)
def test_what_is_no_pseudonym(text: str) -> None:
    assert not is_pseudonym(text)

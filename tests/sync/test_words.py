from __future__ import annotations

from itertools import combinations

import pytest

from sync import comparison, words
from sync.errors import Refused
from sync.identity import Identity, fingerprint


def test_the_list_has_2048_words_that_nobody_mistakes() -> None:
    listed = words._listed()
    folded = [words._fold(word) for word in listed]
    assert len(set(folded)) == len(listed) == 1 << words._WORD_BITS
    assert all(4 <= len(word) <= 8 and word.isascii() and word.isalpha() for word in folded)
    assert folded == sorted(folded)
    by_size: dict[int, list[str]] = {}
    for word in folded:
        by_size.setdefault(len(word), []).append(word)
    masks: set[str] = set()
    for word in folded:  # two words one letter apart share a mask
        own = {word[:at] + "." + word[at + 1 :] for at in range(len(word))}
        assert not own & masks, word
        masks |= own
    known = set(folded)
    for word in folded:
        shorter = {word[:at] + word[at + 1 :] for at in range(len(word))}
        swapped = {
            word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)
        }
        assert not (shorter | swapped - {word}) & known, word


def test_near_finds_what_the_list_must_not_hold() -> None:
    for one, other in (("hase", "hose"), ("hase", "hasen"), ("hase", "ahse"), ("nuss", "nuss")):
        assert words._near(one, other)
        assert words._near(other, one)
    for one, other in (("hase", "hund"), ("hase", "haende"), ("abcd", "cbad")):
        assert not words._near(one, other)


def test_the_words_of_a_key_are_fixed_for_ever() -> None:
    assert words.spoken(bytes(32)) == VECTOR


def test_the_words_are_read_as_people_write_them() -> None:
    key = Identity.generate().public_key
    own = words.of(key)
    for typed in (
        " ".join(own),
        ", ".join(own).upper(),
        "-".join(own).lower(),
        " ".join(own).replace("ü", "ue").replace("ö", "oe").replace("ä", "ae").replace("ß", "ss"),
    ):
        assert words.read(typed) == own
        assert comparison.matches(key, typed)
    assert not comparison.matches(Identity.generate().public_key, " ".join(own))


def test_a_misheard_word_is_told_from_another_key() -> None:
    own = list(words.of(bytes(32)))
    refused = 0
    others = words._listed()[::7]
    for word in others:
        if word == own[2]:
            continue
        try:
            words.read(" ".join([*own[:2], word, *own[3:]]))
        except words.NoWords:
            refused += 1
    assert refused > len(others) * 0.95  # 63 of 64 in the mean
    swapped = 0
    for one, other in combinations(range(6), 2):
        mixed = own.copy()
        mixed[one], mixed[other] = mixed[other], mixed[one]
        try:
            words.read(" ".join(mixed))
        except words.NoWords:
            swapped += 1
    assert swapped >= 13


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "0 Wörter"),
        ("Abend", "1 Wörter"),
        ("Abend Abend Abend Abend Abend Abend Abend", "7 Wörter"),
        ("Abendd Abend Abend Abend Abend Abend", "Abend?"),
        ("Qqqqq Abend Abend Abend Abend Abend", "gibt es in der Liste nicht."),
    ],
)
def test_what_is_wrong_with_the_words_is_said(typed: str, said: str) -> None:
    with pytest.raises(words.NoWords, match=said.replace("?", r"\?")):
        words.read(typed)


def test_what_is_compared() -> None:
    key, other = Identity.generate().public_key, Identity.generate().public_key
    for typed in (fingerprint(key), comparison.code(key), comparison.code(key).lower()):
        assert comparison.matches(key, typed)
        assert not comparison.matches(other, typed)
    with pytest.raises(Refused, match="Liste") as caught:
        comparison.matches(key, "irgend etwas anderes als sechs Wörter")
    assert "sync identity" in caught.value.hint
    assert comparison.svg(key).startswith(b"<?xml")
    assert "█" in comparison.terminal(key)


VECTOR = "Polster Luftpost Novelle Solist Becher Oberarm"

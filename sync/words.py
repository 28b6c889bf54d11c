"""Six German words for a key: what two people read to each other on the telephone.

The words stand for 66 bits: 60 of a slow hash of the key (PBKDF2-HMAC-SHA256, 65,536 rounds,
which makes searching for a second key with the same words 2^16 times dearer) and 6 that check
the others, so that 63 of 64 misheard words are told from another key's.

`words_de.txt` holds 2,048 words in the order of their numbers. It was written for this
project and is under its licence: everyday nouns of 4 to 8 letters, of which no two are one
letter, or one swap of neighbours, apart; umlauts count as the two letters people write for them.

Source: RFC 8018, 5.2 (PBKDF2).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

COUNT = 6
BITS = 60
CHECK_BITS = 6
_WORD_BITS = 11
_ROUNDS = 1 << 16  # some 20 ms on a desk, a tenth of a second on a Pi: once a key
_SALT = b"dorfhub/words/1"
_MASK = (1 << _WORD_BITS) - 1
_FOLD = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e"})
_SHOWN = 3  # suggestions for a word that is not in the list


class NoWords(ValueError):
    """What was typed are no six words of the list; the message says in German why."""


@lru_cache(maxsize=1024)  # a large county's hubs and their past keys
def of(public_key: bytes) -> tuple[str, ...]:
    """Return the six words of a key."""
    digest = hashlib.pbkdf2_hmac("sha256", public_key, _SALT, _ROUNDS, 8)
    value = int.from_bytes(digest) >> (64 - BITS)
    number = value << CHECK_BITS | _check(value)
    listed = _listed()
    return tuple(listed[number >> _WORD_BITS * at & _MASK] for at in reversed(range(COUNT)))


def spoken(public_key: bytes) -> str:
    """Return the six words on one line."""
    return " ".join(of(public_key))


def read(typed: str) -> tuple[str, ...]:
    """Return the six words that a person typed, as the list spells them.

    Case, commas, dashes and the spelling of umlauts do not count.

    :raises NoWords: if one is not in the list, their number is not six, or they do not check.
    """
    folded = [_fold(word) for word in typed.replace(",", " ").replace("-", " ").split()]
    known = _numbers()
    for word in folded:
        if word not in known:
            meant = [listed for listed in _listed() if _near(_fold(listed), word)][:_SHOWN]
            asked = f" Gemeint vielleicht: {', '.join(meant)}?" if meant else ""
            raise NoWords(f"Das Wort „{word}“ gibt es in der Liste nicht.{asked}")
    if len(folded) != COUNT:
        raise NoWords(f"Das sind {len(folded)} Wörter; gebraucht werden {COUNT}.")
    number = 0
    for word in folded:
        number = number << _WORD_BITS | known[word]
    if number & ((1 << CHECK_BITS) - 1) != _check(number >> CHECK_BITS):
        raise NoWords(
            "Die sechs Wörter passen nicht zueinander: eines ist verhört oder vertauscht. "
            "Bitte noch einmal vorlesen lassen."
        )
    return tuple(_listed()[known[word]] for word in folded)


@lru_cache(maxsize=1)
def _listed() -> Sequence[str]:
    text = files("sync").joinpath("words_de.txt").read_text("utf-8")
    return tuple(text.split())


@lru_cache(maxsize=1)
def _numbers() -> dict[str, int]:
    return {_fold(word): number for number, word in enumerate(_listed())}


def _check(value: int) -> int:
    return hashlib.sha256(_SALT + value.to_bytes(8)).digest()[0] >> (8 - CHECK_BITS)


def _fold(word: str) -> str:
    return word.lower().translate(_FOLD)


def _near(one: str, other: str) -> bool:
    """Tell if the two are one letter, or one swap of neighbours, apart."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) == 1:
        return any(other[:at] + other[at + 1 :] == one for at in range(len(other)))
    if len(one) != len(other):
        return False
    apart = [at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(apart) == 2:
        first, second = apart
        swapped = (one[first], one[second]) == (other[second], other[first])
        return swapped and second == first + 1
    return len(apart) <= 1

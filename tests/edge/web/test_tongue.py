"""Every text of pages and program is there in every tongue, whole, and marked until checked."""

from __future__ import annotations

import importlib.util
import string
from pathlib import Path
from types import ModuleType

import pytest

from edge.web import words
from edge.web.tongue import EASY, GERMAN, TONGUES, catalogue, say, say_count, speaking, unchecked

ROOT = Path(__file__).resolve().parents[3]
OTHERS = [key for key in TONGUES if key != GERMAN.key]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("catalogues", ROOT / ".ci/catalogues.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def words_of(text: str) -> str:
    return "".join(words for words, _, _, _ in string.Formatter().parse(text))


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", OTHERS)
def test_no_text_is_missing(key: str, tool: ModuleType) -> None:
    there = {one.id: one.string for one in catalogue(key) if one.id}
    said = {one if isinstance(one, str) else tuple(one) for one in tool.said()}
    assert len(said) > 150
    assert said == set(there), "run .ci/catalogues.py, then translate what came in empty"
    empty = [
        text
        for text, string in there.items()
        if not string or (isinstance(string, tuple) and not all(string))
    ]
    assert empty == []


@pytest.mark.parametrize("key", OTHERS)
def test_what_is_filled_in_is_the_same_in_every_tongue(key: str) -> None:
    for one in catalogue(key):
        texts = one.string if isinstance(one.string, tuple) else (one.string,)
        asked = holes(one.id[-1] if isinstance(one.id, tuple) else one.id)
        for text in texts:
            assert holes(text) <= asked, one.id
            assert asked - holes(text) <= {"count"}, one.id


@pytest.mark.parametrize("key", OTHERS)
def test_no_tongue_lets_german_through(key: str) -> None:
    if key == EASY.key:
        return
    same = {one.id for one in catalogue(key) if one.id and one.id == one.string}
    same = {one for one in same if any(map(str.isalpha, words_of(one)))}  # "{name}, {role}"
    assert same <= {"{kwh} kWh", "{degc} °C", "{mm} mm", "USB-Stick", "Normal"}


def test_what_nobody_checked_is_known_and_a_mark_takes_it_off() -> None:
    assert len(unchecked("uk")) == sum(1 for one in catalogue("uk") if one.id)
    message = next(one for one in catalogue("tr") if one.id == "Größer")
    before = len(unchecked("tr"))
    message.user_comments.append("checked_by: a person")
    try:
        assert len(unchecked("tr")) == before - 1
    finally:
        message.user_comments.pop()


def test_counts_take_the_form_of_the_tongue() -> None:
    def packets(key: str, count: int) -> str:
        with speaking(TONGUES[key]):
            return say_count("vor {count} Minute", "vor {count} Minuten", count)

    assert packets("de", 1) == "vor 1 Minute"
    assert packets("uk", 2) == "2 хвилини тому"
    assert packets("uk", 5) == "5 хвилин тому"
    assert packets("ar", 2) == "قبل دقيقتين"
    assert packets("ar", 11) == "قبل 11 دقيقة"


def test_dates_and_numbers_follow_the_tongue() -> None:
    moment = words.local(1_795_447_440_000)
    said = {}
    for key in ("de", "en", "uk"):
        with speaking(TONGUES[key]):
            said[key] = (words.date(moment), words.number(1234.5, 1))
    assert said["de"] == ("Montag, 23. November 2026", "1.234,5")
    assert said["en"] == ("Monday, November 23, 2026", "1,234.5")
    assert said["uk"][0].startswith("понеділок")
    assert say("heute") == "heute"

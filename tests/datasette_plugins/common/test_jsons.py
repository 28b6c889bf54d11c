from __future__ import annotations

import json
import math

import pytest
from datasette_common import jsons
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.text("aß\ud800"),  # two halves would be read as the whole that they are
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(VALUES)
def test_what_is_written_is_utf_8_and_read_again(value: object) -> None:
    text = jsons.written(value)
    text.encode()
    assert jsons.read(text) == value


def test_letters_stay_as_they_are_unless_half_a_one_is_there() -> None:
    assert jsons.written({"a": "ß"}) == '{"a": "ß"}'
    assert jsons.written(["ß\ud800"]) == r'["\u00df\ud800"]'


@pytest.mark.parametrize("endless", ["1e999", "-1e999", "NaN", "Infinity", "-Infinity"])
def test_an_endless_number_is_null(endless: str) -> None:
    found = jsons.read(f'{{"a": [1.5, {endless}]}}')
    assert found == {"a": [1.5, None]}
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("text", ["", "{", "ten", "[" * 100_000, "9" * 5000])
def test_what_is_no_json_is_none(text: str) -> None:
    assert jsons.read(text) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, True), ("a", True), (1, True), (1.5, True),
        (b"a", False), (math.inf, False), (-math.inf, False), (math.nan, False),
    ],
)  # fmt: skip
def test_what_json_can_say(value: object, expected: bool) -> None:  # noqa: FBT001
    assert jsons.is_said(value) is expected

from __future__ import annotations

import base64
import json

import pytest
from datasette_common import tokens


@pytest.mark.parametrize(
    "values", [[], [0, "straße"], [1, [None, 2.5], ["a/b", -(2**63) + 1]], [0, "x" * 70]]
)
def test_a_token_is_read_again(values: list[object]) -> None:
    text = tokens.written(values)
    assert tokens.read(text, len(text)) == values
    assert not set(text) - set("-_") - set(map(chr, range(48, 123)))


def test_a_link_of_older_letters_is_read() -> None:
    text = base64.urlsafe_b64encode(json.dumps([0, "straße"]).encode()).decode().rstrip("=")
    assert tokens.read(text, 100) == [0, "straße"]


@pytest.mark.parametrize(
    "text",
    ["", "W", "W1", "W1 0", "ß", tokens.written([])[:-1], "e30", "MA", "bnVsbA", "IlwiIg"],
)
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        tokens.read(text, 100)


def test_a_token_is_bounded_in_length_and_depth() -> None:
    text = tokens.written(["x" * 60])
    with pytest.raises(ValueError, match="at most"):
        tokens.read(text, len(text) - 1)
    deep = base64.urlsafe_b64encode(b"[" * 100_000).decode().rstrip("=")
    with pytest.raises(ValueError, match="tree"):
        tokens.read(deep, len(deep))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, True), ("a", True), (1.5, True), (2**63 - 1, True), (0, True),
        (2**63, False), (-(2**63), False), (True, False), ("\ud800", False), ([], False),
        ({}, False),
    ],
)  # fmt: skip
def test_what_sqlite_takes_of_a_token(value: object, expected: bool) -> None:  # noqa: FBT001
    assert tokens.is_scalar(value) is expected


@pytest.mark.parametrize(("value", "expected"), [(0, True), (False, False), (1.0, False)])
def test_a_whole_number_of_a_token(value: object, expected: bool) -> None:  # noqa: FBT001
    assert tokens.is_whole(value) is expected

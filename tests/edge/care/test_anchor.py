"""Ends of the book that somebody else noted: what is cut, changed or written anew denies them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from edge.care import anchor, audit
from edge.care.anchor import Anchor, CopyError, Doubt
from edge.care.audit import Erasure, Line
from tests.edge.care.test_audit import LOOK, book, emptied

LINES = book([LOOK] * 4 + [Erasure((1, 2))] + [LOOK])
ANCHORS = [Anchor(n, LINES[n - 1].digest, n * 1000) for n in (2, 4, 6)]


def doubts(lines: Sequence[Line]) -> list[tuple[int, Doubt]]:
    found = {line.number: line.digest for line in lines}
    told = anchor.doubts(ANCHORS, max(found, default=0), found.get)
    return [(one.number, doubt) for one, doubt in told]


def test_an_honest_book_and_one_with_an_erased_person_deny_nothing() -> None:
    assert doubts(LINES) == []
    erased = [emptied(LINES[0]), emptied(LINES[1]), *LINES[2:]]
    assert audit.check(erased).holds
    assert doubts(erased) == []
    assert doubts(book([LOOK] * 4)) != []


def test_a_tail_that_was_cut_is_seen_though_the_chain_holds() -> None:
    cut = LINES[:5]
    assert audit.check(cut).holds
    assert doubts(cut) == [(6, Doubt.SHORTER)]
    assert doubts([]) == [(2, Doubt.SHORTER), (4, Doubt.SHORTER), (6, Doubt.SHORTER)]


def test_a_book_written_anew_is_seen_though_its_chain_holds() -> None:
    forged = book([LOOK, LOOK, replace(LOOK, why="nichts"), LOOK, Erasure((1, 2)), LOOK])
    assert audit.check(forged).holds
    assert doubts(forged) == [(4, Doubt.OTHER), (6, Doubt.OTHER)]
    assert doubts([one for one in LINES if one.number != 4]) == [(4, Doubt.OTHER)]


def test_a_book_that_only_grows_did_not_shrink() -> None:
    first, second, third = ANCHORS
    assert anchor.shrunk(ANCHORS) == []
    assert anchor.shrunk([first, first, second]) == []
    assert anchor.shrunk([first, third, second]) == [(third, second)]
    other = replace(first, digest=bytes(32))
    assert anchor.shrunk([first, other]) == [(first, other)]


def test_anchors_are_written_and_read() -> None:
    text = anchor.write_anchors(ANCHORS)
    assert anchor.read_anchors(f"\n{text}\n") == ANCHORS
    assert text.startswith(f"2:{LINES[1].digest.hex()} 1970-01-01T00:00:02+00:00\n")


@pytest.mark.parametrize("text", ["x", "0:" + "a" * 64 + " 1970-01-01T00:00:02+00:00", "1:ab"])
def test_what_is_no_list_of_anchors_says_what_would_be(text: str) -> None:
    with pytest.raises(CopyError) as caught:
        anchor.read_anchors(text)
    assert "dorfhub county audit HUB --to" in caught.value.hint


def test_a_copy_holds_the_chain_and_nothing_of_what_was_written() -> None:
    text = list(anchor.write_copy(LINES))
    assert "Runde" not in "".join(text)
    copy = anchor.read_copy(text)
    assert audit.check(copy).holds
    assert doubts(copy) == []
    assert [one.digest for one in copy] == [one.digest for one in LINES]


def test_a_copy_that_was_changed_does_not_hold() -> None:
    text = list(anchor.write_copy(LINES))
    for place in range(1, len(text)):
        number, at, *rest = text[place].split(" ")
        changed = [*text[:place], " ".join([number, str(int(at) + 1), *rest]), *text[place + 1 :]]
        assert not audit.check(anchor.read_copy(changed)).holds
        without = [*text[:place], *text[place + 1 :]]
        copy = anchor.read_copy(without)
        assert not audit.check(copy).holds or doubts(copy)


@pytest.mark.parametrize(
    "lines",
    [
        ["dorfhub-buch 2\n"],
        ["dorfhub-buch 1\n", "1 2 3\n"],
        ["dorfhub-buch 1\n", f"1 2 99 {'a' * 64} {'a' * 64}\n"],
        ["dorfhub-buch 1\n", f"0 2 1 {'a' * 64} {'a' * 64}\n"],
    ],
)
def test_what_is_no_copy_says_what_would_be(lines: list[str]) -> None:
    with pytest.raises(CopyError) as caught:
        anchor.read_copy(lines)
    assert "dorfhub care audit copy" in caught.value.hint
    assert anchor.read_copy([]) == []


def test_a_copy_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anchor, "MAX_LINES", 2)
    with pytest.raises(CopyError):
        anchor.read_copy(anchor.write_copy(LINES))


def test_only_its_own_errors_come_out() -> None:
    rng = random.Random(7)
    text = "".join(anchor.write_copy(LINES)) + anchor.write_anchors(ANCHORS)
    for _ in range(2000):
        place, length = rng.randrange(len(text)), rng.randrange(9)
        junk = "".join(chr(rng.choice([10, 32, 45, 48, 57, 97, 178, 1632])) for _ in range(length))
        broken = text[:place] + junk + text[place + rng.randrange(9) :]
        for read in (anchor.read_anchors, lambda one: anchor.read_copy(one.splitlines())):
            try:
                read(broken)
            except CopyError:
                continue

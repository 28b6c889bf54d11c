"""The book of who read what: whatever is changed or taken out is seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from edge.care import audit
from edge.care.audit import OFFICE, SELF, START, Erasure, Fault, Line, Look
from edge.care.people import ContactRole
from hardware.reading import TimeQuality

HELD = TimeQuality.HELD
LOOK = Look(3, "contact:7", ContactRole.NURSE, ("weight",), 10, None, "Runde", account=4)


def book(contents: Sequence[Look | Erasure]) -> list[Line]:
    lines: list[Line] = []
    for number, content in enumerate(contents, 1):
        text, salt = audit.write(content), bytes([number]) * 16
        commitment = audit.commit(text, salt)
        before = lines[-1].digest if lines else START
        digest = audit.link(before, number, number * 1000, HELD, commitment)
        person = content.person if isinstance(content, Look) else None
        lines.append(Line(number, number * 1000, HELD, person, text, salt, commitment, digest))
    return lines


def emptied(line: Line) -> Line:
    return replace(line, person=None, content=None, salt=None)


def faults(lines: Sequence[Line]) -> set[Fault]:
    return {fault for _, fault in audit.check(lines).faults}


@pytest.mark.parametrize(
    "look",
    [
        LOOK,
        replace(LOOK, who=SELF, role=None, account=None, until=20),
        replace(LOOK, who=OFFICE, role=None, refused=True, kinds=()),
    ],
)
def test_an_entry_says_what_was_written(look: Look) -> None:
    assert audit.read(audit.write(look)) == look


def test_an_erasure_says_what_was_written_and_a_long_reason_is_cut() -> None:
    assert audit.read(audit.write(Erasure((1, 5)))) == Erasure((1, 5))
    found = audit.read(audit.write(replace(LOOK, why="x" * 999)))
    assert isinstance(found, Look)
    assert len(found.why) == audit.MAX_WHY


@pytest.mark.parametrize("text", ["", "[]", "{}", "3", '{"erased":3}', '{"erased":["x"]}'])
def test_what_is_no_entry_is_none(text: str) -> None:
    assert audit.read(text) is None


def test_a_whole_book_holds() -> None:
    lines = book([LOOK, replace(LOOK, person=4), Erasure(()), LOOK])
    verdict = audit.check(lines)
    assert verdict.holds
    assert (verdict.entries, verdict.erased, verdict.head) == (4, 0, lines[-1].digest)
    assert audit.check([]).head == START
    assert [line.number for line, _ in audit.looks([*lines, emptied(lines[0])])] == [1, 2, 4]


def test_what_was_erased_as_the_book_itself_says_is_no_fault() -> None:
    lines = book([LOOK, LOOK, replace(LOOK, person=4), Erasure((1, 2))])
    lines[:2] = [emptied(one) for one in lines[:2]]
    verdict = audit.check(lines)
    assert verdict.holds
    assert verdict.erased == 2


def test_an_entry_that_was_emptied_by_somebody_is_seen() -> None:
    lines = book([LOOK, LOOK, Erasure((1,))])
    lines[:2] = [emptied(one) for one in lines[:2]]
    assert audit.check(lines).faults == ((2, Fault.EMPTIED),)
    # an erasure speaks of what was before it
    lines = book([Erasure((2,)), LOOK])
    lines[1] = emptied(lines[1])
    assert faults(lines) == {Fault.EMPTIED}


def test_what_an_older_copy_cannot_open_is_no_fault() -> None:
    lines = book([LOOK, LOOK])
    lines[0] = replace(lines[0], content=None, salt=None, is_lost=True)
    verdict = audit.check(lines)
    assert verdict.holds
    assert verdict.erased == 1


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda one: replace(one, at=one.at + 1), Fault.CHAIN),
        (lambda one: replace(one, quality=TimeQuality.SYNCHRONISED), Fault.CHAIN),
        (lambda one: replace(one, commitment=bytes(32)), Fault.CHAIN),
        (lambda one: replace(one, digest=bytes(32)), Fault.CHAIN),
        (lambda one: replace(one, person=9), Fault.CONTENT),
        (lambda one: replace(one, person=None), Fault.CONTENT),
        (lambda one: replace(one, content=(one.content or "").replace("7", "8")), Fault.CONTENT),
        (lambda one: replace(one, salt=bytes(16)), Fault.CONTENT),
        (lambda one: replace(one, salt=None), Fault.CONTENT),
        (lambda one: replace(one, content="{"), Fault.CONTENT),
        (lambda one: replace(one, content=None), Fault.EMPTIED),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_whatever_is_changed_is_seen(
    change: Callable[[Line], Line], fault: Fault, place: int
) -> None:
    lines = book([LOOK, LOOK, LOOK])
    lines[place] = change(lines[place])
    assert fault in faults(lines)


@pytest.mark.parametrize("place", [0, 1])
def test_whatever_is_taken_out_or_put_in_is_seen(place: int) -> None:
    lines = book([LOOK, LOOK, LOOK])
    assert Fault.MISSING in faults(lines[:place] + lines[place + 1 :])
    assert Fault.MISSING in faults([*lines[:place], lines[place], *lines[place:]])
    swapped = list(lines)
    swapped[place], swapped[place + 1] = swapped[place + 1], swapped[place]
    assert Fault.CHAIN in faults(swapped)
    # numbered anew, the chain does not follow
    closed = [replace(one, number=n) for n, one in enumerate(lines[:place] + lines[place + 1 :], 1)]
    assert Fault.CHAIN in faults(closed)

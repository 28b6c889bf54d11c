"""What stands on the pages of cases, gathered without Flask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from edge.care.case_state import WORDS, CaseState
from edge.care.kinds import WORDS as KINDS
from edge.store.personal_cases_rows import Refused, StoredCase
from edge.web import words

_MOODS = {
    CaseState.DRAFT: "info",
    CaseState.SEALED: "info",
    CaseState.ON_ITS_WAY: "info",
    CaseState.RECEIVED: "info",
    CaseState.ANSWERED: "success",
    CaseState.CLOSED: "info",
}


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in the list."""

    number: int
    name: str = field(repr=False)
    question: str = field(repr=False)
    when: str
    mood: str
    state: str
    new: bool


def case_lines(
    found: Sequence[StoredCase], names: Mapping[int, str], unseen: Mapping[int, int]
) -> list[CaseLine]:
    """Return the cases of those whose names are given, what has a new answer first."""
    lines = [
        CaseLine(
            one.number,
            names[one.person],
            shortened(one.question),
            when(one.made_at),
            _MOODS[one.state],
            "Neue Antwort" if unseen.get(one.number) else WORDS[one.state],
            bool(unseen.get(one.number)),
        )
        for one in found
        if one.person in names
    ]
    return sorted(lines, key=lambda one: not one.new)


def shortened(text: str, most: int = 90) -> str:
    """Return the beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def when(at: int) -> str:
    """Return a day and time as people say it."""
    moment = words.local(at)
    return f"{words.date(moment)}, {words.clock_time(moment)} Uhr"


def kind_ticks(kinds: Sequence[str], chosen: Sequence[str]) -> list[tuple[str, str, bool]]:
    """Return what can go along: name, words, and whether it is chosen."""
    return [
        (one, KINDS[one][:1].upper() + KINDS[one][1:], one in chosen)
        for one in KINDS
        if one in kinds
    ]


def refused_lines(found: Sequence[Refused]) -> list[str]:
    """Say what came and was not taken."""
    return [f"{when(one.at)}: {_WHY.get(one.why, _DAMAGED)}" for one in found]


_DAMAGED = "eine Sendung war beschädigt oder verändert."
_WHY = {
    "a letter that does not open": "eine Sendung war nicht für diesen Hub oder wurde verändert.",
    "it was sealed for somebody else and passed on": "eine Sendung war für jemand anderen.",
    "an answer to a case that is not here": "eine Antwort auf einen Fall, den es hier nicht gibt.",
    "it is not signed by the practice that was asked": "eine Antwort kam nicht von der Praxis, "
    "die gefragt wurde.",
    "an answer in FHIR to a case that is not here": "eine Antwort (FHIR) verweist auf einen Fall, "
    "den es hier so nicht gibt. Die Worte stehen unter den Antworten der Person (dorfhub care fhir "
    "answers).",
    "a question, not an answer": "eine Frage statt einer Antwort.",
}

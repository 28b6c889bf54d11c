"""One alert about one person, or about the hub itself, and all that happened with it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Self

from edge.care.finding import Fact, Urgency
from edge.care.ladder.rung import ENDED, UNANSWERED, Rung, State

MOST_HAPPENINGS = 200  # far above what a ladder has; whoever hands over in circles loses the oldest
MOST_OUTCOME_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened when (ms since 1970, UTC), on which rung, by or to which contact.

    ``what``: `raised`, `worse`, `asked` (a rung, a contact), `nobody` (a rung without people),
    `asleep` (a contact), `taken`, `late` (it was not followed up, or not taken over), `handed`,
    `well` (the person says so), `over`, `cancelled`, `closed`.
    """

    at: int
    what: str
    rung: Rung | None = None
    contact: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A contact, or None for a place, was asked on a rung; ``lap`` as in the alert."""

    lap: int
    rung: Rung
    contact: int | None


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody is to be told now: once, of this alert, in this lap, on this rung."""

    alert: int
    lap: int
    rung: Rung
    contact: int | None


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as it stands.

    Times are ms since 1970, UTC, but ``due``, which is in the ladder's time (`Life.lived`);
    ``due_at`` says for people when that is, ``due_from`` when it was set. ``person`` None is the
    hub itself. ``rung`` is the one reached, None before the first; ``lap`` rises when it becomes
    worse and is climbed anew.
    ``ended_at`` is when the rule said that it is over, whoever has it.
    """

    number: int
    person: int | None
    key: str
    rule: str
    urgency: Urgency
    since: int
    raised_at: int
    facts: Mapping[str, Fact] = field(default_factory=lambda: MappingProxyType({}))
    state: State = State.CLIMBING
    lap: int = 1
    rung: Rung | None = None
    due: int | None = None
    due_at: int | None = None
    due_from: int = 0
    told: tuple[Told, ...] = ()
    acknowledged_by: int | None = None
    acknowledged_at: int | None = None
    handed_to: int | None = None
    ended_at: int | None = None
    outcome: str = ""
    happened: tuple[Happening, ...] = ()

    @property
    def is_open(self) -> bool:
        """True while it is shown."""
        return self.state not in ENDED

    @property
    def is_unanswered(self) -> bool:
        """True while somebody still has to answer."""
        return self.state in UNANSWERED

    @property
    def has_told(self) -> frozenset[int]:
        """The contacts that were asked in this lap."""
        return frozenset(
            one.contact for one in self.told if one.lap == self.lap and one.contact is not None
        )

    def to_json(self) -> str:
        """Return all but the number and whose it is."""
        kept: dict[str, object] = {name: getattr(self, name) for name in _PLAIN}
        kept["facts"] = dict(self.facts)
        kept["told"] = [[one.lap, one.rung, one.contact] for one in self.told]
        kept["happened"] = [[one.at, one.what, one.rung, one.contact] for one in self.happened]
        return json.dumps(kept, separators=(",", ":"))

    @classmethod
    def from_json(cls, number: int, person: int | None, text: str) -> Self:
        """Read what :meth:`to_json` gave."""
        kept = json.loads(text)
        rung = kept["rung"]
        return cls(
            number,
            person,
            **{
                **kept,
                "urgency": Urgency(kept["urgency"]),
                "state": State(kept["state"]),
                "rung": None if rung is None else Rung(rung),
                "facts": MappingProxyType(kept["facts"]),
                "told": tuple(Told(lap, Rung(one), who) for lap, one, who in kept["told"]),
                "happened": tuple(
                    Happening(at, what, None if one is None else Rung(one), who)
                    for at, what, one, who in kept["happened"]
                ),
            },
        )


_PLAIN = (
    "key", "rule", "urgency", "since", "raised_at", "state", "lap", "rung", "due", "due_at",
    "due_from", "acknowledged_by", "acknowledged_at", "handed_to", "ended_at", "outcome",
)  # fmt: skip

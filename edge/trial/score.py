"""What rules found, beside what truly was: false alerts, what was found, and how late. Pure.

Somebody is called when a trouble (``key``) is raised, and once as long as it lasts. A call about
values is false outside of every illness of that person, from onset until they are as before and
a day more; one about stillness is false outside of those and of their falls.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from edge.care.finding import Finding, Stage
from edge.trial.calendar import DAY_MS
from edge.trial.truth import Truth

AFTER_MS = DAY_MS  # who was ill until yesterday may be looked at today
MONTH_DAYS = 30
INACTIVITY = "inactivity"
# About devices and habits, the room, and what the person did themself: no guess about an illness.
TECHNICAL = frozenset(("missed", "silent", "no_data", "odd", "heat", "sos"))


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody would have been called (``is_ask``: the person was only asked)."""

    at: int
    rule: str
    is_ask: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A deterioration, and how long after its onset somebody was called (None: never).

    ``noticed_days`` is the same from when it could be seen at all, below 0 if it was called before;
    None also if it never could.
    """

    truth: Truth
    delay_days: float | None
    noticed_days: float | None = None


@dataclass(slots=True)
class Score:
    """What one way of watching did in a ward; add people with :meth:`add`."""

    name: str
    people: int = 0
    days: int = 0
    vital_false: int = 0
    vital_true: int = 0
    still_false: int = 0
    still_true: int = 0
    vital_asks: int = 0
    still_asks: int = 0
    technical: dict[str, int] = field(default_factory=dict)
    false_rules: dict[str, int] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)
    watches_home: bool = True

    @property
    def months(self) -> float:
        """Months of all people together."""
        return self.people * self.days / MONTH_DAYS

    def add(self, truths: Sequence[Truth], calls: Iterable[Call]) -> None:
        """Score one person."""
        self.people += 1
        ill = [each for each in truths if not each.is_fall]
        vital: list[int] = []
        still: list[int] = []
        for call in calls:
            if call.rule in TECHNICAL:
                kind = f"{call.rule} (ask)" if call.is_ask else call.rule
                self.technical[kind] = self.technical.get(kind, 0) + 1
            elif call.rule == INACTIVITY:
                self._still(call, truths, still)
            else:
                self._vital(call, ill, vital)
        for truth in truths:
            if truth.is_fall and not self.watches_home:
                continue
            after = [at for at in (still if truth.is_fall else vital) if at >= truth.onset]
            until = truth.ends if truth.is_fall else truth.over
            first = min((at for at in after if at <= until), default=None)
            noticed = _days(first, truth.noticeable)
            self.found.append(Found(truth, _days(first, truth.onset), noticed))

    def _still(self, call: Call, truths: Sequence[Truth], still: list[int]) -> None:
        if call.is_ask:
            self.still_asks += 1
        elif any(_of(truth, call.at) for truth in truths):
            self.still_true += 1
            still.append(call.at)
        else:
            self.still_false += 1

    def _vital(self, call: Call, ill: Sequence[Truth], vital: list[int]) -> None:
        if call.is_ask:
            self.vital_asks += 1
        elif any(_of(truth, call.at) for truth in ill):
            self.vital_true += 1
            vital.append(call.at)
        else:
            self.vital_false += 1
            self.false_rules[call.rule] = self.false_rules.get(call.rule, 0) + 1

    def figures(self) -> dict[str, object]:
        """Return the figures, per person and month where they are rates, delays in days."""
        vital = [each for each in self.found if not each.truth.is_fall]
        falls = [each for each in self.found if each.truth.is_fall]
        kinds = sorted({each.truth.kind for each in self.found})
        return {
            "name": self.name,
            "vital": {
                "false_per_person_month": _rate(self.vital_false, self.months),
                "false": self.vital_false,
                "false_by_rule": dict(sorted(self.false_rules.items())),
                "true": self.vital_true,
                "asks_per_person_month": _rate(self.vital_asks, self.months),
                **_delays(vital),
            },
            "inactivity": {
                "false_per_person_month": _rate(self.still_false, self.months),
                "false": self.still_false,
                "true": self.still_true,
                "asks_per_person_month": _rate(self.still_asks, self.months),
                **_delays(falls),
            },
            "all": _delays(self.found),
            "by_kind": {
                kind: _delays([each for each in self.found if each.truth.kind == kind])
                for kind in kinds
            },
            "technical_per_person_month": {
                name: _rate(count, self.months) for name, count in sorted(self.technical.items())
            },
        }


def calls_of(findings: Iterable[Finding]) -> list[Call]:
    """Return whom findings would have called: each trouble once as long as it lasts."""
    raised: set[str] = set()
    asked: set[str] = set()
    calls = []
    for finding in findings:
        if finding.stage is Stage.END:
            raised.discard(finding.key)
            asked.discard(finding.key)
        elif finding.stage is Stage.RAISE and finding.key not in raised:
            raised.add(finding.key)
            calls.append(Call(finding.at, finding.rule))
        elif finding.stage is Stage.ASK and finding.key not in asked:
            asked.add(finding.key)
            calls.append(Call(finding.at, finding.rule, is_ask=True))
    return calls


def _of(truth: Truth, at: int) -> bool:
    return truth.onset <= at <= truth.over + AFTER_MS


def _days(first: int | None, since: int | None) -> float | None:
    return None if first is None or since is None else (first - since) / DAY_MS


def _rate(count: int, months: float) -> float:
    return round(count / months, 4) if months else 0.0


def _delays(found: Sequence[Found]) -> dict[str, object]:
    delays = sorted(each.delay_days for each in found if each.delay_days is not None)
    noticed = [each.noticed_days for each in found if each.noticed_days is not None]
    ninety = delays[min(round(0.9 * (len(delays) - 1)), len(delays) - 1)] if delays else None
    return {
        "deteriorations": len(found),
        "found": len(delays),
        "median_delay_days": round(median(delays), 3) if delays else None,
        "delay_90_days": None if ninety is None else round(ninety, 3),
        "noticeable": sum(each.truth.noticeable is not None for each in found),
        "median_delay_noticeable_days": round(median(noticed), 3) if noticed else None,
    }

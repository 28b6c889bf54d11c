"""Calls of buttons that are nobody's: the ladder's, like every call for help.

The collector has shown them on the board and sounded the siren already. What somebody's button
called becomes an alert of that person through the rules; behind a button in a hall, or one that
nobody agreed to have evaluated, stands no such alert. Then it is one of the hub itself: helpers and
carers of the village are asked, and it is shown until somebody says that it is dealt with.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.care.finding import Fact, Finding, Stage, Urgency
from edge.care.ladder import Alert
from edge.care.ladder.plan import SOS
from edge.care.ladder.press import PRESSED, is_of, pressed_at
from edge.care.rules.ruleset import SosRule
from edge.clock import EARLIEST_MS, Stamp
from edge.store.personal import PersonalStore
from edge.store.village import VillageStore
from edge.store.village_alarms import BUTTON, HallAlarm
from hardware.reading import TimeQuality

GRACE_NS = 30_000_000_000  # so long may the rules take to make somebody's press their alert
_MINUTE_MS = 60_000


class NobodysCalls:
    """One process works with one of them. The minutes of ``rule`` hold: the village's own.

    A button is heard though the rule is off: it is nobody's, and nobody else would hear it.
    """

    def __init__(self, rule: SosRule | None = None) -> None:
        self._rule = rule or SosRule()
        self._waiting: dict[tuple[str, int], int] = {}  # since when, by the hub's own count
        self._done: set[tuple[str, int]] = set()

    def run(self, personal: PersonalStore, village: VillageStore, stamp: Stamp) -> int:
        """Raise what nobody else's alert stands behind; return how many.

        :raises StoreError: if a store fails; what was done stays done.
        """
        calls = {
            (one.source, one.since): one
            for one in village.hall_alarms()
            if one.source.startswith(BUTTON)
        }
        self._done &= calls.keys()
        new = calls.keys() - self._done
        self._waiting = {key: self._waiting.get(key, stamp.monotonic_ns) for key in new}
        if not new:
            return 0
        alerts = [one for one in personal.alerts(open_only=False) if one.rule == SOS]
        owners = {one.device_id: one.person for one in personal.assignments()}
        raised = 0
        for key in sorted(new):
            call, device = calls[key], key[0].removeprefix(BUTTON)
            mine = [one for one in alerts if one.facts.get("device") == device]
            if not any(is_of(one, call.since) for one in mine):
                waited_ns = stamp.monotonic_ns - self._waiting[key]
                if device in owners and (waited_ns < GRACE_NS or _lasts(mine, owners[device])):
                    continue
                finding = _finding(self._rule, call, device, mine, stamp)
                raised += bool(personal.raise_hub_alert(finding, stamp, again=True))
            self._done.add(key)
        return raised


def _lasts(alerts: Sequence[Alert], owner: int) -> bool:
    """Whether one of the owner's own has a next step: somebody is asked, or has it.

    Then the village is not called; the rules tell of the press, be it later than the grace.
    """
    return any(one.person == owner and one.due is not None for one in alerts)


def _finding(
    rule: SosRule, call: HallAlarm, device: str, alerts: Sequence[Alert], stamp: Stamp
) -> Finding:
    late_minutes = _late_minutes(call, stamp)
    facts: dict[str, Fact] = {
        "device": device,
        "place": call.place,
        "late_minutes": late_minutes,
        PRESSED: call.since,
    }
    is_late = late_minutes > rule.late_minutes
    return Finding(
        0,
        _key(rule, call, device, alerts),
        SOS,
        Stage.RAISE,
        Urgency.URGENT if is_late else Urgency.EMERGENCY,
        stamp.wall_ms,
        call.since,
        facts,
    )


def _key(rule: SosRule, call: HallAlarm, device: str, alerts: Sequence[Alert]) -> str:
    """Return the key of the alert that lasts and was pressed shortly before, else a new one.

    After the clock was set back it is a new one: rather called twice than not at all.
    """
    for one in alerts:
        passed = call.since - pressed_at(one)
        is_near = 0 <= passed < rule.same_minutes * _MINUTE_MS
        if one.person is None and one.is_open and one.ended_at is None and is_near:
            return one.key
    return f"{SOS}:{device}:{call.since}"


def _late_minutes(call: HallAlarm, stamp: Stamp) -> int:
    """Return how long ago it was pressed, 0 if nobody knows."""
    if call.since < EARLIEST_MS or stamp.quality is TimeQuality.UNKNOWN:
        return 0
    return max(0, stamp.wall_ms - call.since) // _MINUTE_MS

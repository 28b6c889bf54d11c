"""What of open alerts the board in the hall shows: that somebody is needed, and not who."""

from __future__ import annotations

from collections.abc import Sequence

from edge.care.finding import Urgency
from edge.care.ladder import Alert, Rung, State
from edge.care.ladder.plan import NO_DATA, SOS
from edge.care.ladder.press import is_of
from edge.clock import Stamp
from edge.store.personal import PersonalStore
from edge.store.village import VillageStore
from edge.store.village_alarms import ALERT, BUTTON, HallAlarm

_MINUTE_MS = 60_000


class HallBoard:
    """Keeps the board up to date. A button says where it is, anything else nothing of a home.

    :raises StoreError: from :meth:`show`, if a store fails.
    """

    def __init__(self) -> None:
        self._seen: tuple[object, ...] = ()

    def show(self, personal: PersonalStore, village: VillageStore, stamp: Stamp) -> None:
        """Look whether something changed, and show it."""
        shown = village.hall_alarms()
        seen = (personal.alert_change(), tuple(shown), stamp.wall_ms // _MINUTE_MS)
        if seen == self._seen:
            return
        places = {one.source: one.place for one in shown if one.source.startswith(BUTTON)}
        told: list[HallAlarm] = []
        for alert in personal.alerts():
            source = _button(alert)
            if not alert.is_unanswered or alert.urgency < Urgency.URGENT:
                continue
            if alert.rule == NO_DATA:  # a device that is silent is no help that is needed at once
                continue
            if source not in places:
                told.append(_line(alert, ""))
            elif alert.state is State.TOP:
                told.append(_line(alert, places[source]))
        pressed = [one for one in shown if one.source in places]
        village.show_alerts(told, _answered(personal, pressed))
        self._seen = seen


def _line(alert: Alert, place: str) -> HallAlarm:
    is_last = alert.state is State.TOP and alert.rung is Rung.RESCUE
    return HallAlarm(
        f"{ALERT}{alert.number}", "rescue" if is_last else "help", place, alert.raised_at
    )


def _answered(personal: PersonalStore, pressed: Sequence[HallAlarm]) -> list[HallAlarm]:
    """Return the calls that somebody answered.

    Only an alert that is about a press answers it: of a new one it may be a moment away.
    """
    if not pressed:
        return []
    alerts = [one for one in personal.alerts(open_only=False) if one.rule == SOS]
    return [call for call in pressed if _is_answered(call, alerts)]


def _is_answered(call: HallAlarm, alerts: Sequence[Alert]) -> bool:
    mine = [one for one in alerts if _button(one) == call.source and is_of(one, call.since)]
    newest = max(mine, key=lambda one: one.number, default=None)
    return newest is not None and not newest.is_unanswered


def _button(alert: Alert) -> str:
    return f"{BUTTON}{alert.facts.get('device', '')}" if alert.rule == SOS else ""

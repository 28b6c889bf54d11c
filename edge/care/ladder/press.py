"""Which press of a button an alert is about. Pure.

Presses are told apart by the hub's wall time at which it heard them, and only by its being the
same: after the clock was set back a later press has an earlier time.
"""

from __future__ import annotations

from edge.care.ladder.alert import Alert

PRESSED = "pressed"  # the fact: when the hub heard the newest press of the alert
SLACK_MS = 10_000  # a press is repeated for some seconds, and rules hear each repetition


def pressed_at(alert: Alert) -> int:
    """Return when the hub heard the newest press that the alert is about."""
    return int(alert.facts.get(PRESSED, alert.since))


def is_of(alert: Alert, since: int) -> bool:
    """Whether the newest press that the alert is about is the one on the board since ``since``."""
    apart = abs(pressed_at(alert) - since)
    return apart == 0 if alert.person is None else apart <= SLACK_MS

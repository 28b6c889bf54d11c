"""What a rule set would have done: recorded values through the engine, with time between. Pure.

A recording is JSON lines, one object a value with the fields of `edge.care.measured.Measured`;
``time_quality`` is its number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from edge.care.finding import Finding
from edge.care.measured import Measured
from edge.care.rules.engine import step
from edge.care.rules.errors import RuleError
from edge.care.rules.event import Event, Tick
from edge.care.rules.plan import Plan
from edge.care.rules.ruleset import RuleSet
from edge.care.rules.state import State
from hardware.reading import TimeQuality

TICK_MS = 10 * 60_000
AFTER_MS = 2 * 86_400_000  # so long after the last value deadlines may still come
MOST_MS = 5 * 366 * 86_400_000  # a longer recording has a wrong time in it


def read(lines: Iterable[str]) -> list[Measured]:
    """Return the values of a recording.

    :raises RuleError: if a line is none; it names the line.
    """
    return [_value(line, number) for number, line in enumerate(lines, 1) if line.strip()]


def write(value: Measured) -> str:
    """Return a value as a line of a recording."""
    found = {name: getattr(value, name) for name in _TYPES}
    return json.dumps(found | {"time_quality": int(value.time_quality)}, ensure_ascii=False)


def replay(
    rules: RuleSet, plan: Plan, values: Iterable[Measured], after_ms: int = AFTER_MS
) -> Iterator[Finding]:
    """Yield what would have been found of one person's values, in order of time.

    :raises RuleError: if the recording is longer than five years.
    """
    state = State()
    for event in events(values, after_ms):
        state, findings = step(rules, plan, state, event)
        yield from findings


def events(values: Iterable[Measured], after_ms: int = AFTER_MS) -> Iterator[Event]:
    """Yield values by arrival, with a tick each ten minutes, of a hub that never was off.

    :raises RuleError: if the recording is longer than five years.
    """
    ordered = sorted(values, key=lambda one: (one.received_at, one.observed_at))
    if not ordered:
        return
    first, last = ordered[0].received_at, ordered[-1].received_at
    if last - first > MOST_MS:
        raise RuleError(
            "the recording is too long",
            "Zwischen dem ersten und dem letzten Wert liegen mehr als fünf Jahre.",
        )
    now = first
    yield Tick(now, "replay", 0)
    for one in ordered:
        while one.received_at - now > TICK_MS:
            now += TICK_MS
            yield Tick(now, "replay", now - first)
        if one.received_at > now:
            now = one.received_at
            yield Tick(now, "replay", now - first)
        yield one
    for at in range(now + TICK_MS, last + after_ms + 1, TICK_MS):
        yield Tick(at, "replay", at - first)


def _value(line: str, number: int) -> Measured:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not _is_value(found):
        raise RuleError(
            f"line {number} is no value",
            f"Zeile {number} ist kein Messwert (JSON mit den Feldern {', '.join(_TYPES)}).",
        )
    quality = TimeQuality(found["time_quality"])
    return Measured(**{**found, "value": float(found["value"]), "time_quality": quality})


def _is_value(found: Mapping[str, object]) -> bool:
    if set(found) != set(_TYPES) or found["time_quality"] not in list(TimeQuality):
        return False
    return all(
        isinstance(found[name], kind) and not isinstance(found[name], bool)
        for name, kind in _TYPES.items()
    )


_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "person": int,
    "observed_at": int,
    "received_at": int,
    "data_kind": str,
    "quantity": str,
    "value": (int, float),
    "device_id": str,
    "time_quality": int,
}

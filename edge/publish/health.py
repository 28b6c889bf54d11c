"""Rows of the hub's own cube from what was counted of days that are over. Pure.

A day of which nothing is known lies between others: the hub did not live. Everything is told in
steps and by days, since a power cut at a minute says something of a house (the hall's, and who is
in it), and a meter more or less something of a household.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from edge.publish.cube import Cube
from edge.publish.heat import Cell, Rows
from edge.store.village_health import HubDay

QUARTER_S = 900
VERSION = re.compile(r"\d{1,4}(\.\d{1,4}){1,3}")


def health_rows(cube: Cube, days: Iterable[HubDay], today: date) -> Rows:
    """Return every table's rows, of days before ``today``, the local one."""
    first = today - timedelta(days=cube.health.keep_days)
    known = {
        date.fromisoformat(one.day): one
        for one in days
        if first <= date.fromisoformat(one.day) < today
    }
    since = min(known, default=today)
    told = [since + timedelta(days=n) for n in range((today - since).days)]
    facts = {
        **cube.about,
        "erster_tag": told[0].isoformat() if told else "",
        "letzter_tag": told[-1].isoformat() if told else "",
    }
    return {
        "hub_tag": [_day(cube, day, known.get(day)) for day in told],
        "teil_tag": [row for day, one in sorted(known.items()) for row in _parts(cube, day, one)],
        "gehoert_tag": [row for _, one in sorted(known.items()) for row in _heard(cube, one)],
        "_about": sorted(facts.items()),
    }


def share(cube: Cube, day: date, quarters: int) -> int:
    """Return which part of a local day so many quarters of an hour are, in steps, rounded down."""
    zone = ZoneInfo(cube.timezone)
    begin, end = (
        datetime(one.year, one.month, one.day, tzinfo=zone).timestamp()
        for one in (day, day + timedelta(days=1))
    )
    percent = min(100, quarters * 100 // round((end - begin) / QUARTER_S))
    return percent - percent % cube.health.step_percent


def _day(cube: Cube, day: date, one: HubDay | None) -> tuple[Cell, ...]:
    if one is None:
        return (day.isoformat(), 0, None, None, None, 0)
    clock = "held"
    if one.unknown:
        clock = "unknown"
    elif one.synchronised == one.quarters:
        clock = "synchronised"
    return (
        one.day,
        share(cube, day, one.quarters),
        cube.health.clock[clock],
        found[0] if (found := VERSION.match(one.version)) else None,  # no word of who built it
        one.free,
        min(one.starts, cube.health.starts_max),
    )


def _parts(cube: Cube, day: date, one: HubDay) -> Iterable[tuple[Cell, ...]]:
    for part, quarters, starts in one.parts:
        word = cube.health.parts.get(part)
        if word is not None:
            shown = min(starts, cube.health.starts_max)
            yield one.day, word, share(cube, day, quarters), shown


def _heard(cube: Cube, one: HubDay) -> Sequence[tuple[Cell, ...]]:
    least, rules = cube.disclosure.k, cube.health
    found: list[tuple[Cell, ...]] = []
    for kind, communal, count in one.heard:
        told = count if communal else count - count % least
        if kind in rules.kinds and told:
            whose = rules.whose["communal" if communal else "radio"]
            found.append((one.day, rules.kinds[kind], whose, told))
    return found

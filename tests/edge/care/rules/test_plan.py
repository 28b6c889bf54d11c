"""Plans: sound or refused, through JSON unchanged, and on the wall's clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from edge.care.rules.codec import build, plain
from edge.care.rules.errors import RuleError
from edge.care.rules.plan import Due, Limit, News2, Pause, Plan

WHOLE = Plan(
    7,
    limits={"pulse_rate": Limit(low=50, high=100, high_urgent=130)},
    schedule=(Due("weight", 420, 600, (0, 3)),),
    pauses=(Pause(5, 9), Pause(20, None, "hospital")),
    devices={"ble:A": "", "ble:B": "room_climate"},
    news2=News2(2, "Dr. Beispiel", on_oxygen=True, age=80),
    off=frozenset(("missed", "silent")),
    weather=1,
)


def test_a_plan_goes_through_json_unchanged() -> None:
    import json  # noqa: PLC0415

    assert build(Plan, json.loads(json.dumps(plain(WHOLE)))) == WHOLE


@pytest.mark.parametrize(
    ("make", "hint"),
    [
        (lambda: Plan(1, limits={"pulse": Limit()}), "pulse gibt es nicht"),
        (lambda: Limit(low=5, low_urgent=6), "der Reihe nach"),
        (lambda: Due("pulse", 0, 5), "Möglich sind"),
        (lambda: Due("weight", 5, 5), "nach dem Anfang"),
        (lambda: Due("weight", 0, 5, (7,)), "Wochentage"),
        (lambda: Due("weight", 0, 5, ()), "Wochentage"),
        (lambda: build(Due, {"kind": "weight", "begin": 0, "end": 1500}), "1440"),
    ],
)
def test_what_says_nothing_sound_is_refused(make: Callable[[], object], hint: str) -> None:
    with pytest.raises(RuleError) as refused:
        make()
    assert hint in refused.value.hint


def test_pauses_hold_from_their_beginning_up_to_their_end() -> None:
    found = [WHOLE.pause_at(at) for at in (4, 5, 8, 9, 20, 10**15)]
    assert [one and one.why for one in found] == [
        None, "holiday", "holiday", None, "hospital", "hospital",
    ]  # fmt: skip


def test_the_wall_s_clock_counts_also_where_it_is_set_back() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    noon = round(datetime(2026, 10, 25, 12, tzinfo=berlin).timestamp() * 1000)
    day = Plan(1).local(noon)
    assert Plan(1).moment(day, 0) == noon - 13 * 3_600_000
    assert Plan(1).moment(day, 12 * 60) == noon

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from edge.publish.counter import Limits
from edge.store.village_rows import MeterRow
from edge.web.heat import HOURS, HeatView, first_moment, heat_view
from edge.web.words import ZONE
from hardware.reading import TimeQuality

LIMITS = Limits(gap_ms=3_600_000, power_max_kw=2000, step_kwh=10)
NOW = datetime(2026, 11, 23, 16, 30, tzinfo=ZONE)
MIDNIGHT = NOW.replace(hour=0, minute=0)


def rows(start: datetime, end: datetime, kw: float, first: float = 100.0) -> list[MeterRow]:
    """Return a reading every quarter of an hour from ``start`` up to ``end``."""
    made = []
    at, energy = start.timestamp(), first
    while at <= end.timestamp():
        made.append(
            MeterRow(
                round(at * 1000),
                1,
                TimeQuality.SYNCHRONISED,
                1,
                energy_kwh=energy,
                power_kw=kw,
                flow_temperature_degc=68.4,
                return_temperature_degc=44.6,
            )
        )
        at, energy = at + 900, energy + kw / 4
    return made


def view(readings: list[MeterRow], now: datetime = NOW) -> HeatView:
    return heat_view("Wärmezähler Halle", "Halle", readings, LIMITS, now)


def two_days(today_kw: float, yesterday_kw: float, now: datetime = NOW) -> list[MeterRow]:
    midnight = now.replace(hour=0, minute=0)
    before = rows(midnight - timedelta(hours=26), midnight, yesterday_kw)
    return before + rows(midnight, now, today_kw, first=before[-1].energy_kwh or 0)[1:]


@pytest.mark.parametrize(
    ("today_kw", "said"),
    [
        (4.0, "Heute bisher 66 kWh Wärme – etwa so viel wie gestern um diese Zeit."),
        (4.5, "Heute bisher 74 kWh Wärme – etwas mehr als gestern um diese Zeit (66 kWh)."),
        (8.0, "Heute bisher 132 kWh Wärme – deutlich mehr als gestern um diese Zeit (66 kWh)."),
        (3.5, "Heute bisher 58 kWh Wärme – etwas weniger als gestern um diese Zeit (66 kWh)."),
        (1.0, "Heute bisher 16 kWh Wärme – deutlich weniger als gestern um diese Zeit (66 kWh)."),
    ],
)
def test_today_is_compared_with_yesterday_up_to_now(today_kw: float, said: str) -> None:
    assert view(two_days(today_kw, 4.0)).sentence == said


def test_it_is_compared_up_to_the_newest_reading_of_today() -> None:
    readings = [
        row for row in two_days(4.0, 4.0) if row.observed_at <= NOW.timestamp() * 1000 - 3e6
    ]
    assert view(readings).sentence.endswith("etwa so viel wie gestern um diese Zeit.")


def test_a_gap_forbids_the_comparison() -> None:
    def without(start: datetime, end: datetime) -> str:
        low, high = start.timestamp() * 1000, end.timestamp() * 1000
        return view([r for r in two_days(8.0, 4.0) if not low < r.observed_at < high]).sentence

    yesterday = MIDNIGHT - timedelta(hours=20)
    assert without(yesterday, yesterday + timedelta(hours=3)) == "Heute bisher 132 kWh Wärme."
    assert "gestern" not in without(MIDNIGHT + timedelta(hours=2), MIDNIGHT + timedelta(hours=5))


def test_right_after_midnight_and_in_a_cold_house_nothing_is_compared() -> None:
    early = MIDNIGHT + timedelta(minutes=45)
    assert view(two_days(8.0, 4.0, early), early).sentence == "Heute bisher 6,0 kWh Wärme."
    assert view(two_days(0.1, 0.05)).sentence == "Heute bisher 1,7 kWh Wärme."


def test_a_meter_that_began_today_says_since_when() -> None:
    readings = rows(NOW - timedelta(hours=2), NOW, 8.0)
    assert view(readings).sentence == "Heute bisher 16 kWh Wärme, gemessen ab 14:30 Uhr."


def test_before_the_first_reading_of_today_nothing_is_claimed() -> None:
    readings = rows(MIDNIGHT - timedelta(hours=20), MIDNIGHT - timedelta(hours=2), 8.0)
    assert view(readings).sentence == "Von heute liegen noch keine Messungen vor."
    assert view([]).sentence == "Von heute liegen noch keine Messungen vor."


def test_a_bar_for_each_of_the_last_24_hours() -> None:
    bars = view(two_days(8.0, 4.0)).bars
    assert len(bars) == HOURS
    assert [bar.label for bar in bars[:2]] == ["17 Uhr", "18 Uhr"]
    assert (bars[-1].label, bars[-1].running, bars[-1].words) == ("16 Uhr", True, "4,0 kWh bisher")
    assert (bars[0].kwh, bars[0].words, bars[0].whole) == (4.0, "4,0 kWh", True)
    assert bars[-2].height == 2 * bars[0].height == 300
    assert all(bar.y + bar.height == 300 for bar in bars)


@pytest.mark.parametrize(
    ("kw", "scale"),
    [
        (0.0, ("1,0", "0,5", "0")),
        (0.4, ("1,0", "0,5", "0")),
        (1.1, ("1,2", "0,6", "0")),
        (8.0, ("8", "4", "0")),
        (10.5, ("12", "6", "0")),
        (25.0, ("30", "15", "0")),
        (1500.0, ("1.600", "800", "0")),
    ],
)
def test_the_scale_has_plain_numbers_that_no_bar_exceeds(kw: float, scale: tuple[str, ...]) -> None:
    found = view(rows(NOW - timedelta(hours=30), NOW, kw))
    assert found.scale == scale
    top = float(scale[0].replace(".", "").replace(",", "."))
    for bar in found.bars[:-1]:
        assert bar.kwh == pytest.approx(kw)
        assert bar.height == max(round(300 * kw / top), 2)


def test_hours_without_readings_are_empty_and_counted() -> None:
    readings = rows(NOW - timedelta(hours=30), NOW - timedelta(hours=5), 8.0)
    found = view(readings)
    assert [bar.kwh for bar in found.bars[-5:]] == [None] * 5
    assert found.bars[-1].words == "nicht gemessen"
    assert found.bars[-6].words == "4,0 kWh (unvollständig)"
    assert found.summary.endswith("In 6 von 24 Stunden fehlen Messwerte.")


def test_an_old_reading_is_not_now() -> None:
    old = view(rows(NOW - timedelta(hours=5), NOW - timedelta(hours=2), 8.0))
    assert (old.power_kw, old.flow_degc, old.return_degc) == (None, None, None)
    new = view(rows(NOW - timedelta(hours=5), NOW, 8.0))
    assert (new.power_kw, new.flow_degc, new.return_degc) == (8.0, 68.4, 44.6)


def test_a_day_of_25_hours_compares_with_the_same_clock_time() -> None:
    now = datetime(2026, 10, 26, 12, 0, tzinfo=ZONE)  # the day after the change
    readings = rows(datetime(2026, 10, 24, 22, 0, tzinfo=ZONE), now, 4.0)
    found = view(readings, now)
    assert found.sentence == (
        "Heute bisher 48 kWh Wärme – etwas weniger als gestern um diese Zeit (52 kWh)."
    )
    assert first_moment(now) <= readings[8].observed_at

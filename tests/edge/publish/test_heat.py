from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from edge.publish.cube import cube_named
from edge.publish.heat import Counter, Measured, Rows, heat_rows, hours_of_day

CUBE = cube_named("kommunale-waerme")
SITES = {"halle": "Dorfgemeinschaftshaus"}
BERLIN = ZoneInfo("Europe/Berlin")


def measured(
    points: list[tuple[datetime, float | None]], *, trusted: bool = True
) -> list[Measured]:
    return [Measured(round(at.timestamp() * 1000), e, 70.0, 40.0, trusted) for at, e in points]


def run(start: datetime, hours: float, kw: float = 8.0, first: float = 0.0) -> list[Measured]:
    steps = range(round(hours * 4) + 1)
    return measured([(start + n * timedelta(minutes=15), first + n * kw / 4) for n in steps])


def rows_of(*counters: Counter) -> Rows:
    return heat_rows(CUBE, SITES, counters)


def counter(readings: list[Measured], *, meter: str = "m", expected: bool = True) -> Counter:
    return Counter("halle", meter, expected, readings)


def named(rows: Rows, table: str) -> list[dict[str, object]]:
    names = [column.name for column in CUBE.table(table).columns]
    return [dict(zip(names, row, strict=True)) for row in rows[table]]


def test_hours_and_days_of_a_steady_counter() -> None:
    rows = rows_of(counter(run(datetime(2026, 11, 20, 23, tzinfo=UTC), 24)))
    hours, (day, after) = named(rows, "waerme_stunde"), named(rows, "waerme_tag")
    first = hours[0]
    assert first["beginn"] == "2026-11-20T23:00:00Z"
    assert first["ortszeit"] == "2026-11-21T00:00+01:00"
    assert first["tag"] == "2026-11-21"
    assert first["energie_kwh"] == first["mittlere_leistung_kw"] == 8.0
    assert (first["messungen"], first["vollstaendig"], first["vorlauf_degc"]) == (4, 1, 70.0)
    assert day["energie_kwh"] == 192.0
    assert (day["stunden"], day["vollstaendig"], day["mittlere_leistung_kw"]) == (24, 1, 8.0)
    # the last reading opens the next day: known, but nothing measured of its energy
    assert (after["energie_kwh"], after["messungen"], after["vollstaendig"]) == (None, 1, 0)


def test_the_days_of_the_clock_change_have_23_and_25_hours() -> None:
    for day, start, length in (
        (date(2027, 3, 28), datetime(2027, 3, 27, 23, tzinfo=UTC), 23),
        (date(2026, 10, 25), datetime(2026, 10, 24, 22, tzinfo=UTC), 25),
    ):
        assert hours_of_day(day, BERLIN) == length
        rows = rows_of(counter(run(start, length)))
        whole = next(r for r in named(rows, "waerme_tag") if r["tag"] == day.isoformat())
        assert whole["energie_kwh"] == length * 8.0
        assert (whole["stunden"], whole["vollstaendig"]) == (length, 1)
        local = [r["ortszeit"] for r in named(rows, "waerme_stunde") if r["tag"] == day.isoformat()]
        assert len(set(local)) == length


def test_an_hour_with_a_gap_gives_its_measured_part_and_says_so() -> None:
    start = datetime(2026, 11, 21, 10, tzinfo=UTC)
    readings = run(start, 0.5) + run(start + timedelta(hours=3), 1, first=100)
    hours = named(rows_of(counter(readings)), "waerme_stunde")
    assert [(h["beginn"], h["energie_kwh"], h["vollstaendig"]) for h in hours] == [
        ("2026-11-21T10:00:00Z", 4.0, 0),
        ("2026-11-21T13:00:00Z", 8.0, 1),
        ("2026-11-21T14:00:00Z", None, 0),
    ]
    assert hours[0]["mittlere_leistung_kw"] is None


def test_a_building_with_two_meters_is_their_sum_and_complete_only_with_both() -> None:
    start = datetime(2026, 11, 21, 10, tzinfo=UTC)
    rows = rows_of(counter(run(start, 3)), counter(run(start, 1, kw=2), meter="n"))
    hours = named(rows, "waerme_stunde")
    assert [(h["energie_kwh"], h["vollstaendig"]) for h in hours[:3]] == [
        (10.0, 1),
        (8.0, 0),
        (8.0, 0),
    ]


def test_an_exchanged_meter_and_one_taken_away_leave_later_hours_complete() -> None:
    start = datetime(2026, 11, 21, 10, tzinfo=UTC)
    later = start + timedelta(hours=2)
    old, new = counter(run(start, 2, first=900)), counter(run(later, 2))
    hours = named(rows_of(old, new), "waerme_stunde")
    assert [(h["energie_kwh"], h["vollstaendig"]) for h in hours[:4]] == [(8.0, 1)] * 4
    gone = counter(run(start, 1), meter="old", expected=False)
    hours = named(rows_of(counter(run(start, 3)), gone), "waerme_stunde")
    assert [h["vollstaendig"] for h in hours[:3]] == [1, 0, 1]  # its last reading opens hour two


def test_readings_of_an_unset_clock_are_marked() -> None:
    start = datetime(2026, 11, 21, 10, tzinfo=UTC)
    readings = measured([(start, 0.0), (start + timedelta(minutes=30), 1.0)], trusted=False)
    (hour,) = named(rows_of(counter(readings)), "waerme_stunde")
    assert hour["zeit_gesichert"] == 0


def test_an_impossible_hour_or_temperature_is_left_out_not_published() -> None:
    start = datetime(2026, 11, 21, 10, tzinfo=UTC)
    steps = [(start + timedelta(seconds=n), n * 9.0) for n in range(3600)]  # 32 MWh in an hour
    (hour,) = named(rows_of(counter(measured(steps))), "waerme_stunde")
    assert (hour["energie_kwh"], hour["vollstaendig"], hour["messungen"]) == (None, 0, 3600)
    hot = [Measured(round(start.timestamp() * 1000), 1.0, 3276.7, None, True)]
    (hour,) = named(rows_of(counter(hot)), "waerme_stunde")
    assert (hour["vorlauf_degc"], hour["ruecklauf_degc"]) == (None, None)

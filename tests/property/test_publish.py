"""What must hold of every series of counter readings, however it was taken."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from edge.publish.audit import audit
from edge.publish.counter import HOUR_MS, Limits, between, by_hour, without_glitches
from edge.publish.cube import cube_named
from edge.publish.heat import Counter, Measured, heat_rows
from edge.publish.snapshot import write_snapshot

LIMITS = Limits(gap_ms=HOUR_MS, power_max_kw=2000, step_kwh=10)
CUBE = cube_named("kommunale-waerme")
# Around the spring change of the clocks, the autumn one, and an ordinary day.
STARTS = st.sampled_from([1_774_738_800_000, 1_792_879_200_000, 1_795_215_600_000])
STEPS = st.lists(
    st.tuples(st.integers(1, HOUR_MS), st.floats(0, 10, allow_nan=False)), min_size=1, max_size=60
)


def series(start: int, steps: list[tuple[int, float]]) -> list[tuple[int, float]]:
    made = [(start, 1000.0)]
    for later, more in steps:
        made.append((made[-1][0] + later, made[-1][1] + more))
    return made


@given(STARTS, STEPS)
def test_no_energy_is_lost_and_none_invented(start: int, steps: list[tuple[int, float]]) -> None:
    readings = series(start, steps)
    hours = by_hour(readings, LIMITS)
    rose = readings[-1][1] - readings[0][1]
    assert abs(sum(hour.energy_kwh for hour in hours.values()) - rose) < 1e-6
    assert sum(hour.covered_ms for hour in hours.values()) == readings[-1][0] - readings[0][0]
    assert all(0 < hour.covered_ms <= HOUR_MS for hour in hours.values())
    assert all(at % HOUR_MS == 0 for at in hours)


@given(STARTS, STEPS, st.integers(0, 59))
def test_a_stretch_and_its_two_halves_agree(
    start: int, steps: list[tuple[int, float]], cut: int
) -> None:
    readings = series(start, steps)
    end = readings[-1][0]
    middle = readings[min(cut, len(readings) - 1)][0] + 1
    whole = between(readings, start, end, LIMITS)
    halves = [between(readings, start, middle, LIMITS), between(readings, middle, end, LIMITS)]
    assert abs(whole.energy_kwh - sum(half.energy_kwh for half in halves)) < 1e-6
    assert whole.covered_ms == sum(half.covered_ms for half in halves)


@given(STARTS, STEPS)
def test_a_counter_that_only_rises_has_no_glitches(
    start: int, steps: list[tuple[int, float]]
) -> None:
    readings = series(start, steps)
    assert without_glitches(readings) == readings


VALUES = st.one_of(st.none(), st.floats(-1e7, 1e7), st.floats(0, 100), st.sampled_from([0.0, 1e9]))


@given(STARTS, st.lists(st.tuples(st.integers(1, 3 * HOUR_MS), VALUES, VALUES), max_size=40))
def test_whatever_a_meter_says_the_auditor_passes_what_the_builder_makes(
    start: int, steps: list[tuple[int, float | None, float | None]]
) -> None:
    at = start
    readings = []
    for later, energy, temperature in steps:
        at += later
        readings.append(Measured(at, energy, temperature, temperature, later % 2 == 0))
    sites = {"halle": "Dorfgemeinschaftshaus"}
    rows = heat_rows(CUBE, sites, [Counter("halle", "m", expected=True, readings=readings)])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.db"
        write_snapshot(path, CUBE, rows)
        assert [str(finding) for finding in audit(path, CUBE, sites).findings] == []

"""The county's forecast: the lake's meters through Daft, beside the hub's code called directly.

Daft runs in a process of its own here: its engine's threads live as long as a process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edge.clock import FixedClock
from edge.heat.forecast.table import Floats
from edge.store.village_county import Forecast
from sync import columns, county_words
from sync.columns import Source
from sync.county import (
    heat_ahead,
    heat_ahead_file,
    heat_job,
    heat_meter,
    heat_sums,
    heat_weather,
    keeping,
)
from sync.county.heat_meter import Asked, Made
from sync.county.heat_sums import Summed
from sync.county.heat_words import as_table
from sync.events import Event
from tests.made_heat import Building, made

if TYPE_CHECKING:
    from tests.sync.county.conftest import Office, Writer

HOUR = 3_600_000
DAYS = 100
START = 1_672_527_600_000  # midnight in Germany, as `tests.made_heat` begins
NOW = START + DAYS * 24 * HOUR + 5 * HOUR + 60_000
HALL, TEMP = made(DAYS + 10, Building(noise=1.0))
SCHOOL = Building(slope=9.0, noise=2.0).heat(TEMP, np.random.default_rng(7))  # errs by itself
WEATHER = tuple(
    Forecast(
        START + n * HOUR, "K1", min(NOW - 3 * HOUR, START + (n - 2) * HOUR),
        temperature_degc=round(float(TEMP[n]), 2), temperature_error_k=0.5,
    )
    for n in range((DAYS + 8) * 24)
)  # fmt: skip
ASKED = Asked(NOW, 8 * 24 * HOUR, WEATHER)

_RUN = """
import sys
from pathlib import Path
from sync.county import heat_job, keeping, query
from sync.county.hub import open_county

with open_county(Path(sys.argv[1])) as county:
    print(keeping.text(heat_job.made(county, int(sys.argv[2]), "")))
query.leave()
"""


def readings(heat: Floats, first: int = 0, last: int = DAYS * 24 + 5) -> dict[int, float]:
    total = np.r_[0.0, np.cumsum(heat)]
    return {START + n * HOUR: round(float(total[n]), 3) for n in range(first, last + 1)}


def source(device: str, told: dict[int, float]) -> Source:
    return Source(device, list(told), [4] * len(told), {"energy_kwh": list(told.values())})


def directly(told: dict[int, float], device: str = "mbus:A", asked: Asked = ASKED) -> Made:
    return heat_meter.forecast("h", device, list(told), list(told.values()), asked)


@pytest.fixture(scope="module")
def hall() -> Made:
    return directly(readings(HALL))


@pytest.fixture(scope="module")
def school() -> Made:
    return directly(readings(SCHOOL), "mbus:B")


def forecast(office: Office, now_ms: int = NOW) -> heat_ahead_file.Ahead:
    done = subprocess.run(
        [
            *(sys.executable, "-W", "error", "-c", textwrap.dedent(_RUN)),
            *(str(office.county.config.source), str(now_ms)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    file = office.county.config.state / "told.json"
    file.write_text(done.stdout)
    found = heat_ahead_file.read(file)
    assert found is not None
    return found


def tell_weather(office: Office) -> None:
    with office.county.streams() as streams:
        for begin in range(0, len(WEATHER), 1000):
            some = WEATHER[begin : begin + 1000]
            told = Source(
                "K1",
                [one.valid_at for one in some],
                [0] * len(some),
                {
                    "made_at": [float(one.made_at) for one in some],
                    "temperature_degc": [one.temperature_degc for one in some],
                    "temperature_error_k": [one.temperature_error_k for one in some],
                },
            )
            streams.measure(county_words.WEATHER_SCHEMA, [told], FixedClock(NOW).stamp())


def place(office: Office, **towns: str) -> None:
    file = office.county.config.source
    lines = "".join(f'"{hub}" = "{town}"\n' for hub, town in towns.items())
    file.write_text(file.read_text() + f"\n[county.places]\n{lines}")


def test_the_lake_s_meters_are_forecast_as_their_hubs_would(
    office: Office, writer: Writer, new_writer: type[Writer], hall: Made, school: Made
) -> None:
    other = new_writer(name="Holzheim")
    writer.add(body=columns.encode([source("mbus:A", readings(HALL))]))
    short, gone = readings(HALL, DAYS * 24 - 200), readings(SCHOOL, 0, 80 * 24)
    other.add(
        body=columns.encode(
            [source("mbus:B", readings(SCHOOL)), source("mbus:C", short), source("mbus:D", gone)]
        )
    )
    for one in (writer, other):
        office.know(one)
        assert office.pull(one).code == "ok"
    tell_weather(office)
    place(office, **{writer.id: "Laubach", other.id: "Lich"})
    found = forecast(office)
    assert (found.station, dict(found.weather)) == ("K1", {"county": 2})
    assert [(one.name, one.meters) for one in found.places] == [("Laubach", 1), ("Lich", 1)]
    for town, own in zip(found.places, (hall, school), strict=True):
        assert [one.begin_ms for one in town.hours] == [
            NOW // HOUR * HOUR + n * HOUR for n in range(72)
        ]
        for name in ("expected", "low", "high", "naive"):
            values = [getattr(one, f"{name}_kwh") for one in town.hours]
            np.testing.assert_allclose(values, getattr(own, name), rtol=1e-6, atol=1e-3)
    assert found.whole is not None
    both = heat_sums.summed([replace(hall, hub="a"), replace(school, hub="b")])
    np.testing.assert_allclose(
        [one.expected_kwh for one in found.whole.hours], both.expected, atol=2e-3
    )
    np.testing.assert_allclose([one.high_kwh for one in found.whole.hours], both.high, atol=2e-3)
    assert [(one.device, one.why) for one in found.failed] == [
        ("mbus:C", "Gemessen sind erst etwa 8 Tage, gebraucht werden 60."),
        ("mbus:D", "Seit 20 Tagen ist nichts gekommen."),
    ]
    text = as_table(found, {other.id: "Holzheim"})
    assert "Holzheim, mbus:D: Seit 20 Tagen" in text
    assert "Laubach (1)" in text
    assert "2 × Wettervorhersage des Landkreises" in text


def test_a_lake_without_meters_and_hubs_is_said_to_be_empty(office: Office) -> None:
    found = heat_job.made(office.county, NOW, "")
    assert (found.whole, found.places, found.failed) == (None, (), ())
    assert "liegt kein Zähler" in as_table(found, {})


def test_a_meter_s_bug_is_named_and_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(heat_meter, "ahead", breaks)
    assert directly(readings(HALL)).why == "Die Berechnung ist gescheitert (ZeroDivisionError)."


def test_a_municipality_s_bug_is_named_and_ends_no_other(hall: Made, school: Made) -> None:
    broken = Made("c" * 16, "mbus:C")  # neither hours nor a reason
    places = {hall.hub: "Lich", school.hub: "Lich", broken.hub: "Hungen"}
    found = heat_ahead.grouped([hall, broken, school], places, NOW, "K1", "Gießen")
    assert [(one.name, len(one.meters)) for one in found.towns] == [("Lich", 2)]
    assert found.whole is not None
    assert len(found.whole.meters) == 2
    (failed,) = found.failed
    assert (failed.device, "ValueError" in failed.why) == ("mbus:C", True)
    assert heat_ahead_file.plain(found).broken == ("Hungen",)


def test_the_county_s_bug_leaves_the_municipalities(
    hall: Made, school: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(some: Sequence[Made]) -> Summed:
        if len(some) == 2:
            raise ZeroDivisionError
        return heat_sums.by_day(some)

    monkeypatch.setattr(heat_ahead, "by_day", breaks)
    school = replace(school, hub="e" * 16)
    places = {hall.hub: "Lich", school.hub: "Hungen"}
    found = heat_ahead_file.plain(heat_ahead.grouped([hall, school], places, NOW, "K1", "Gießen"))
    assert (found.whole, found.broken) == (None, ("Gießen",))
    assert [one.name for one in found.places] == ["Hungen", "Lich"]
    assert sum(one.meters for one in found.villages) == 2
    assert "Lich (1)" in as_table(found, {})


def test_readings_in_any_order_and_as_text_say_the_same(hall: Made) -> None:
    told = list(readings(HALL).items())
    np.random.default_rng(1).shuffle(told)
    again = heat_meter.read(
        heat_meter.forecast_text(
            "h", "mbus:A", [int(one[0]) for one in told], [one[1] for one in told], ASKED
        )
    )
    for name in ("expected", "low", "high", "naive", "unsure", "missed", "day_low", "day_high"):
        np.testing.assert_array_equal(getattr(again, name), getattr(hall, name))
    assert (again.begin, again.until_ms, again.fit_days) == (
        hall.begin,
        hall.until_ms,
        hall.fit_days,
    )
    assert heat_meter.forecast("h", "x", [], [], ASKED).why == heat_meter.NOTHING


def test_the_forecast_comes_near_what_will_be(hall: Made, school: Made) -> None:
    both = heat_sums.summed([hall, school])
    first = DAYS * 24 + 5
    actual = (HALL + SCHOOL)[first : first + 72]
    assert np.abs(both.expected - actual).mean() < 0.6 * np.abs(both.naive - actual).mean()
    assert ((both.low <= actual) & (actual <= both.high)).sum() > 45
    days = heat_sums.by_day([hall, school])
    assert days.hours.tolist() == [24, 24]
    for at, begin in enumerate(days.begin.tolist()):
        here = begin - both.begin[0]
        assert days.expected[at] == pytest.approx(both.expected[here : here + 24].sum())
        assert days.low[at] <= days.expected[at] <= days.high[at]


def test_a_sum_s_band_is_neither_that_of_strangers_nor_of_twins(hall: Made, school: Made) -> None:
    def widths(some: heat_sums.Summed) -> Floats:
        return some.high - some.expected

    both = heat_sums.summed([hall, school])
    sides = [one.high - one.expected for one in (hall, school) if one.high is not None]  # type: ignore[operator]
    assert (widths(both) <= sides[0] + sides[1] + 1e-9).all()
    assert (widths(both) >= np.maximum(*sides)).all()
    assert (widths(both) < 0.98 * (sides[0] + sides[1])).any()
    # one that errs in everything as the first does: nothing cancels out
    twin = replace(hall, device="mbus:Z")
    twins = heat_sums.summed([hall, twin])
    assert twins.together == pytest.approx(2**0.5)
    np.testing.assert_allclose(widths(twins), 2 * sides[0], rtol=1e-9)
    # nobody knows how the second erred: to one side
    assert hall.missed is not None
    silent = replace(twin, missed=np.full(hall.missed.shape, np.nan))
    unknown = heat_sums.summed([hall, silent])
    assert unknown.together is None
    np.testing.assert_allclose(widths(unknown), 2 * sides[0], rtol=1e-9)
    # alone, nothing changes
    np.testing.assert_allclose(widths(heat_sums.summed([hall])), sides[0], rtol=1e-9)


def test_the_order_of_meters_does_not_matter(hall: Made, school: Made) -> None:
    some = [hall, school, replace(hall, hub="i")]
    first = heat_sums.summed(some)
    for order in permutations(some):
        again = heat_sums.summed(order)
        np.testing.assert_array_equal(again.expected, first.expected)
        np.testing.assert_array_equal(again.low, first.low)


def test_whose_weather_counts(office: Office) -> None:
    stamp = FixedClock(NOW).stamp()
    with office.county.streams() as streams:
        assert heat_weather.weather(streams, "", 0).station == ""
        with pytest.raises(heat_weather.NoStation, match="K9"):
            heat_weather.weather(streams, "K9", 0)
        for number, station in enumerate(("K1", "K2")):
            for made_at, degrees in ((1, 2.0), (5, 4.0), (3, 3.0)):
                value: dict[str, Any] = {
                    "made_at": [float(made_at)], "temperature_degc": [degrees + number],
                }  # fmt: skip
                told = Source(station, [NOW], [0], value)
                streams.measure(county_words.WEATHER_SCHEMA, [told], stamp)
        with pytest.raises(heat_weather.NoStation):
            heat_weather.weather(streams, "", 0)
        found = heat_weather.weather(streams, "K2", 0)
        assert [(one.made_at, one.temperature_degc) for one in found.forecasts] == [(5, 5.0)]
        setting = {"name": "weather-station", "value": "K1"}
        streams.tell(b"", [Event(NOW, 4, county_words.SETTING, setting)], stamp)
        assert heat_weather.weather(streams, "", 0).station == "K1"
        assert heat_weather.weather(streams, "", NOW + 1).forecasts == ()


def test_what_is_kept_is_read_again_and_nonsense_is_none(office: Office) -> None:
    file = office.county.config.heat_ahead
    assert heat_ahead_file.read(file) is None
    step = heat_ahead_file.Step(NOW, 1, 2.0, 1.0, 3.0, None)
    town = heat_ahead_file.Place("Lich", 1, 1.0, (step,), ())
    found = heat_ahead_file.Ahead(NOW, "K1", {"county": 1}, town, (town,), ())
    keeping.write(file, found)
    assert heat_ahead_file.read(file) == found
    file.write_text(json.dumps({"now_ms": 1}))
    assert heat_ahead_file.read(file) is None

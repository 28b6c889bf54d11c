"""The county's heating season: villages and meters as their hubs say it, sums, who is named."""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import subprocess
import sys
import textwrap
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.heat.errors import CadastreError
from edge.heat.forecast.series import load as load_series
from edge.heat.season import series, village
from edge.store.village_county import Forecast
from sync import columns, heat_plan
from sync.columns import Source
from sync.county import (
    heat_season,
    heat_season_file,
    heat_season_meter,
    heat_season_words,
)
from sync.county.config import load
from sync.county.heat_merged import Village, merge
from sync.county.heat_season_meter import Asked, Made
from sync.county.heat_season_sums import summed
from sync.county.heat_season_weather import NoWeather, Past, past
from sync.county.municipalities import KEYS
from sync.county.settings import Heat
from sync.segment import StreamClass
from tests.furnish_county_heat import body, plan
from tests.made_heat import BEGIN, Building, made

if TYPE_CHECKING:
    from tests.sync.county.conftest import Office, Writer

HOUR = 3_600_000
DAYS = 730 + 334  # to the end of November 2025
START = round(BEGIN.timestamp() * 1000)
NOW = START + DAYS * 24 * HOUR + 5 * HOUR
ON = date(2025, 11, 30)
HALL, TEMP = made(DAYS + 1, Building(noise=1.0))
SCHOOL = Building(slope=9.0, noise=2.0).heat(TEMP, np.random.default_rng(7))
COUNT = DAYS * 24 + 5
FIRST_HOUR = START // HOUR
ASKED = Asked(
    NOW, ON, 8 * 24 * HOUR, tuple(range(FIRST_HOUR, FIRST_HOUR + COUNT)), tuple(TEMP[:COUNT])
)


def readings(heat: np.ndarray, first: int = 400 * 24) -> dict[int, float]:  # type: ignore[type-arg]
    total = np.r_[0.0, np.cumsum(heat)]
    return {START + n * HOUR: round(float(total[n]), 3) for n in range(first, COUNT + 1)}


def directly(told: dict[int, float], device: str = "mbus:A") -> Made:
    return heat_season_meter.outlook("h", device, list(told), list(told.values()), ASKED)


@pytest.fixture(scope="module")
def hall() -> Made:
    return directly(readings(HALL))


@pytest.fixture(scope="module")
def school() -> Made:
    return directly(readings(SCHOOL), "mbus:B")


def test_a_meter_s_season_is_what_its_hub_says_of_the_same_table(hall: Made) -> None:
    def lines() -> list[str]:
        found = ["time_utc;heat;temp_c"]
        for n in range(COUNT):
            at = datetime.fromtimestamp(START / 1000 + n * 3600, UTC)
            heat = f"{HALL[n]:.3f}" if n >= 400 * 24 else ""
            found.append(f"{at:%Y-%m-%d %H:%M:%S}+00:00;{heat};{TEMP[n]:.6f}")
        return found

    own = series.season(load_series(lines()).daily, ON)
    assert hall.why == ""
    assert hall.total == pytest.approx(24 * own.total, rel=1e-4)
    assert hall.measured == pytest.approx(24 * own.measured, rel=1e-4)
    assert hall.by_weather == pytest.approx(24 * own.by_weather, rel=1e-3)
    assert sorted(hall.as_in) == sorted(own.winters) == [2023, 2024]
    alone = summed([hall])
    assert alone.low == pytest.approx(24 * own.low, rel=1e-3)
    assert alone.high == pytest.approx(24 * own.high, rel=1e-3)
    assert (alone.mild, alone.cold) == (
        pytest.approx(24 * own.mild, rel=1e-3),
        pytest.approx(24 * own.cold, rel=1e-3),
    )
    assert min(alone.low, alone.measured) >= 0
    assert alone.low < alone.total < alone.high


def test_who_has_no_season_says_why(hall: Made) -> None:
    assert directly({}).why == "Es gibt keine Ablesungen, die Stunden ergeben."
    short = directly(readings(HALL, COUNT - 24 * 100))
    assert "mindestens 200 Tage" in short.why
    gone = {at: kwh for at, kwh in readings(HALL).items() if at < NOW - 20 * 24 * HOUR}
    assert directly(gone).why == "Seit 20 Tagen ist nichts gekommen."
    cold = replace(ASKED, hours=ASKED.hours[-24 * 30 :], temp_c=ASKED.temp_c[-24 * 30 :])
    told = readings(HALL)
    assert heat_season_meter.outlook("h", "a", list(told), list(told.values()), cold).why
    again = heat_season_meter.read(
        heat_season_meter.outlook_text("h", "mbus:A", list(told), list(told.values()), ASKED)
    )
    assert again == hall


def test_a_bug_of_one_meter_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(heat_season_meter, "season", breaks)
    assert "ZeroDivisionError" in directly(readings(HALL)).why


def test_a_sum_s_band_is_between_strangers_and_twins(hall: Made, school: Made) -> None:
    both = summed([hall, school])
    assert both.total == pytest.approx(hall.total + school.total)
    sides = [math.hypot(one.by_weather, one.by_level, one.by_days) for one in (hall, school)]
    side = both.high - both.total
    assert math.hypot(*sides) < side <= sum(sides)
    assert both.mild is not None
    assert both.cold is not None
    assert both.mild == pytest.approx(
        min(hall.as_in[year] + school.as_in[year] for year in both.years)
    )
    for order in itertools.permutations([hall, school, replace(hall, hub="i")]):
        assert summed(order) == summed([hall, school, replace(hall, hub="i")])
    assert summed([hall, replace(school, naive=None)]).naive is None
    other = summed([hall, replace(school, as_in={1999: 1.0})])
    assert (other.mild, other.cold, other.years) == (None, None, ())


made_up = st.builds(
    Made,
    st.text("abc", max_size=3),
    st.text("abc", max_size=3),
    measured=st.floats(0, 1e6),
    total=st.floats(1e6, 1e7),
    by_weather=st.floats(0, 1e6),
    by_level=st.floats(0, 1e6),
    by_days=st.floats(0, 1e6),
)


@given(st.lists(made_up, min_size=1, max_size=8))
def test_any_sum_s_band_is_no_wider_than_all_sides(some: list[Made]) -> None:
    found = summed(some)
    sides = [math.hypot(one.by_weather, one.by_level, one.by_days) for one in some]
    side = found.high - found.total
    assert side <= math.fsum(sides) * (1 + 1e-9) + 1e-6
    assert side >= max(sides) * (1 - 1e-9) - 1e-6
    assert found.measured <= found.low <= found.total <= found.high or found.low == found.measured


KNOWN = heat_season.Degrees(3400.0, 0.18, {2023: 3050.0, 2024: 3010.0, 2022: 3200.0}, 700.0)


def test_villages_and_sums_are_forecast_by_the_hub_s_code() -> None:
    villages = [
        Village("a", "Wetterfeld", "Laubach", plan()),
        Village("b", "Ettingshausen", "Reiskirchen", plan(banded=False)),
        Village("c", "Queckborn", "Grünberg", None),
    ]
    table = merge(villages, KEYS, "Landkreis Gießen", 2026)
    [own] = heat_season.area_lines(table.villages[2], "Dorf", KNOWN, ON)
    assert own.name == "Wetterfeld"
    kwh = 1_950_000.0
    hub = village.season(
        village.Village(kwh, 0.85 * kwh, 1.2 * kwh, 0.18, 3400.0, KNOWN.years), ON, 700.0
    )
    assert (own.expected, own.low, own.high) == (hub.kwh, hub.low, hub.high)
    assert (own.so_far, own.naive, own.mild, own.cold, own.years) == (
        hub.so_far, hub.naive, hub.mild, hub.cold, 3,
    )  # fmt: skip
    [bandless] = heat_season.area_lines(table.villages[0], "Dorf", KNOWN, ON)
    assert (bandless.low, bandless.high) == (None, None)
    assert "ohne Band" in bandless.note
    assert bandless.expected == own.expected
    assert list(heat_season.area_lines(table.villages[1], "Dorf", KNOWN, ON)) == []
    [whole] = heat_season.area_lines(table.whole, "Landkreis", KNOWN, ON)
    assert whole.expected == pytest.approx(2 * own.expected)
    assert whole.low is None
    good = merge([replace(villages[0], hub=name) for name in "xy"], KEYS, "Kreis", 2026)
    [two] = heat_season.area_lines(good.whole, "Landkreis", KNOWN, ON)
    assert own.high is not None
    assert two.high is not None
    one_side, side = own.high - own.expected, two.high - two.expected
    assert math.sqrt(2) * one_side < side < 2 * one_side  # one weather, two estimates


def test_temperatures_and_degree_days_come_from_table_and_forecasts(tmp_path: Path) -> None:
    file = tmp_path / "wetter.csv"
    rows = [
        f"{datetime.fromtimestamp(START / 1000 + n * 3600, UTC):%Y-%m-%d %H:%M};{TEMP[n]:.2f}"
        for n in range(DAYS * 24)
    ]
    file.write_text("time_utc;temp_c\n" + "\n".join(rows))
    sent = [
        Forecast(START + n * HOUR, "K1", START, float(TEMP[n]) + (9.0 if n == 0 else 0.0))
        for n in (0, *range(DAYS * 24 - 50, DAYS * 24 + 24))
    ]
    found = past(file, sent, NOW)
    assert min(found.temp_c) == FIRST_HOUR
    assert max(found.temp_c) == NOW // HOUR - 1  # what is to come is not known
    assert found.temp_c[FIRST_HOUR] == pytest.approx(float(TEMP[0]), abs=0.01)  # measured counts
    years = found.years()
    assert sorted(years) == [2023, 2024]
    means = found.means
    own = sum(20 - one for day, one in means.items() if day.year == 2024 and one < 15)
    assert years[2024] == pytest.approx(own)
    so_far = found.so_far(ON)
    season = [20 - one for day, one in means.items() if date(2025, 10, 1) <= day < ON and one < 15]
    assert so_far == pytest.approx(sum(season), rel=0.02)
    holes = Past({hour: one for hour, one in found.temp_c.items() if hour % 240 > 24})
    assert holes.so_far(ON) is None
    assert found.so_far(date(2025, 9, 30)) is None
    assert Past({}).means == {}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "lässt sich nicht lesen"),
        ("time_utc;grad\n2024-01-01;3\n", "temp_c"),
        ("time_utc;temp_c\n" + "".join(f"2024-01-{n:02};3\n" for n in range(1, 30)), "Stunden"),
    ],
)
def test_a_table_that_is_none_is_told(tmp_path: Path, text: str | None, why: str) -> None:
    file = tmp_path / "wetter.csv"
    if text is not None:
        file.write_text(text)
    with pytest.raises(NoWeather) as caught:
        past(file, [], NOW)
    assert why in caught.value.hint


def test_what_lacks_for_villages_is_said() -> None:
    empty, heat = Past({}), Heat(normal_kd=3400.0, hot_water=0.18)
    for some, hint in (
        (replace(heat, normal_kd=None), "normal_kd"),
        (replace(heat, hot_water=None), "hot_water"),
        (heat, "--kd"),
    ):
        with pytest.raises(CadastreError) as caught:
            heat_season.degrees(some, empty, ON, None)
        assert hint in caught.value.hint
    assert heat_season.degrees(heat, empty, ON, 612.0).so_far == 612.0
    assert heat_season.degrees(heat, empty, date(2026, 7, 1), None).so_far is None


_RUN = """
import sys
from pathlib import Path
from sync.county import heat_season, keeping, query
from sync.county.hub import open_county

with open_county(Path(sys.argv[1])) as county:
    made = heat_season.made(county, int(sys.argv[2]), "")
    keeping.write(county.config.heat_season, made)
query.leave()
"""


def test_the_lake_s_meters_and_releases_become_one_outlook(
    office: Office, writer: Writer, new_writer: type[Writer]
) -> None:
    bare = new_writer(name="Holzheim")
    told = readings(HALL, COUNT - 270 * 24)
    writer.add(body=columns.encode([Source("mbus:A", list(told), [4] * len(told), {
        "energy_kwh": list(told.values())})]))  # fmt: skip
    short = dict(itertools.islice(told.items(), len(told) - 100, None))
    writer.add(body=columns.encode([Source("mbus:C", list(short), [4] * len(short), {
        "energy_kwh": list(short.values())})]))  # fmt: skip
    writer.add(stream=StreamClass.EVENT, schema=heat_plan.SCHEMA, body=body(plan(), NOW))
    bare.add(stream=StreamClass.EVENT, schema="course/1", body=b"")
    for one in (writer, bare):
        office.know(one)
        office.pull(one)
    first = 365 * 24  # a whole calendar year, and its first winter
    mild = replace(ASKED, hours=ASKED.hours[first:], temp_c=ASKED.temp_c[first:])
    own = heat_season_meter.outlook("h", "a", list(told), list(told.values()), mild)
    assert own.why == ""
    config = office.county.config
    with (config.source.parent / "wetter.csv").open("w") as table:
        table.write("time_utc;temp_c\n")
        for n in range(first, COUNT):
            at = datetime.fromtimestamp(START / 1000 + n * 3600, UTC)
            table.write(f"{at:%Y-%m-%d %H:%M};{TEMP[n]:.4f}\n")
    config.source.write_text(
        f"{config.source.read_text()}\n[county.places]\n"
        f'"{writer.id}" = "Laubach"\n[county.heat]\nweather = "wetter.csv"\n'
        "normal_kd = 3400\nhot_water = 0.18\n"
    )
    assert load(config.source).heat.normal_kd == 3400.0
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(_RUN), str(config.source), str(NOW)],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    found = heat_season_file.read(config.heat_season)
    assert found is not None
    assert [(one.basis, one.level, one.name, one.count) for one in found.lines] == [
        ("Kataster", "Dorf", writer.name, 1),
        ("Kataster", "Gemeinde", "Laubach", 1),
        ("Kataster", "Landkreis", "Landkreis Gießen", 1),
        ("Zähler", "Gemeinde", "Laubach", 1),
        ("Zähler", "Landkreis", "Landkreis Gießen", 1),
    ]
    assert found.lines[3].expected == pytest.approx(own.total, rel=1e-3)
    assert (found.missing, found.meterless) == (("Holzheim",), ("Holzheim",))
    assert [one.device for one in found.failed] == ["mbus:C"]
    text = heat_season_words.as_table(found, {writer.id: writer.name})
    for said in ("Heizzeit 01.10.2025 bis 30.04.2026", f"{writer.name}, mbus:C", "Holzheim"):
        assert said in text
    rows = list(csv.DictReader(io.StringIO(heat_season_words.as_csv(found)), delimiter=";"))
    assert [row["ebene"] for row in rows] == [one.level for one in found.lines]
    plain = json.loads(heat_season_words.as_json(found))
    assert plain["rows"][3]["erwartet_mwh"] == round(found.lines[3].expected / 1000, 1)
    assert plain["missing"] == ["Holzheim"]


def test_what_is_kept_is_read_again_and_nonsense_is_none(tmp_path: Path) -> None:
    file = tmp_path / "season.json"
    assert heat_season_file.read(file) is None
    for text in ("[]", "{}", '{"now_ms": 1, "lines": 3}', '{"lines": [], "failed": [{"x": 1}]}'):
        file.write_text(text)
        assert heat_season_file.read(file) is None

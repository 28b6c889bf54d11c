"""Season outlooks on simulated years whose truth is known: their bands say what they promise."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest

from edge.heat.errors import CadastreError
from edge.heat.forecast.series import Daily
from edge.heat.forecast.table import Floats
from edge.heat.season import series, village
from edge.heat.season.chance import USUAL, Z80, following, t80
from edge.heat.season.winter import SHARE, Winter, winter_of

FIRST = date(2010, 7, 1)


def alike(noise: Floats, share: float) -> Floats:
    """Return noise of which a day keeps a share of the day before."""
    return np.convolve(noise, share ** np.arange(40))[: noise.size]


def weather(rng: np.random.Generator, years: int) -> Floats:
    """Draw daily means: a wave of the year, winters that differ, days that hang together."""
    days = np.arange(round(years * 365.25)) + FIRST.toordinal()
    angle = 2 * np.pi * (days - date(2010, 1, 15).toordinal()) / 365.25
    noise = alike(rng.normal(0, 2.4, days.size), 0.75)
    season = ((days - FIRST.toordinal()) / 365.25).astype(int)
    return 9.5 - 9.5 * np.cos(angle) + noise + rng.normal(0, 0.9, years + 1)[season]


def need(temp: Floats) -> Floats:
    return 10.0 + 4.0 * np.maximum(0.0, 15.0 - temp)


def drawn(rng: np.random.Generator, years: int) -> Daily:
    """Draw a building whose level moves from season to season."""
    temp = weather(rng, years)
    season = (np.arange(temp.size) / 365.25).astype(int)
    level = 1 + rng.normal(0, 0.04, years + 1)[season]
    noise = alike(rng.normal(0, 0.06, temp.size), 0.5)
    heat = need(temp) * level * (1 + noise)
    return Daily(FIRST.toordinal(), heat, temp, np.ones(temp.size, dtype=bool), np.zeros(temp.size))


def truth(daily: Daily, winter: Winter) -> float:
    day = daily.ordinal
    some = (day >= winter.first.toordinal()) & (day < winter.end.toordinal())
    return float(daily.heat[some].sum())


def coverage(years: int, on: date) -> tuple[float, float, float]:
    """Return the band's coverage, and mean absolute errors in percent: outlook's and naive's."""
    inside, off, naive = [], [], []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        daily = drawn(rng, years)
        day = daily.ordinal
        begin = min(on, winter_of(on).first).toordinal()
        fitted = (day >= begin - series.FIT_DAYS) & (day < begin)
        degrees = np.maximum(0.0, 15.0 - daily.temp_c)
        columns = np.stack([np.ones(degrees.size), degrees], 1)
        terms = np.linalg.lstsq(columns[fitted], daily.heat[fitted], rcond=None)[0]
        found = series.outlook(daily, columns @ terms, fitted, on)
        actual = truth(daily, found.winter)
        inside.append(found.low <= actual <= found.high)
        off.append(abs(found.total / actual - 1))
        assert found.naive is not None
        naive.append(abs(found.naive / actual - 1))
    return float(np.mean(inside)), float(np.mean(off)) * 100, float(np.mean(naive)) * 100


@pytest.mark.parametrize(
    ("years", "on"),
    [
        (3, date(2012, 10, 1)),
        (6, date(2015, 8, 1)),
        (11, date(2020, 9, 30)),
        (6, date(2016, 1, 1)),
        (6, date(2016, 3, 15)),
    ],
)
def test_four_of_five_seasons_are_in_the_band_and_nearer_than_the_last_one(
    years: int, on: date
) -> None:
    covered, off, naive = coverage(years, on)
    assert 0.72 < covered < 0.9, "150 simulated villages"
    assert off < naive


def test_a_season_grows_surer_as_it_is_measured() -> None:
    daily = drawn(np.random.default_rng(5), 6)
    days = (date(2015, 9, 1), date(2015, 12, 1), date(2016, 2, 1), date(2016, 4, 30))
    fitted = (daily.ordinal < date(2015, 9, 1).toordinal()) & (daily.ordinal > 0)
    found = [series.outlook(daily, need(daily.temp_c), fitted, on) for on in days]
    width = [one.high - one.low for one in found]
    assert width == sorted(width, reverse=True)
    assert [one.days for one in found] == [0, 61, 123, 212]
    assert found[0].level == 0
    assert found[-1].total == pytest.approx(truth(daily, Winter(2015)), rel=0.01)
    for one in found:
        assert one.mild <= one.total <= one.cold
        assert one.low >= one.measured


def test_a_season_from_a_series_by_its_signature() -> None:
    daily = drawn(np.random.default_rng(2), 4)
    found = series.season(daily)
    assert (found.winter, found.on) == (Winter(2014), date(2014, 7, 1))
    assert found.winters == (2010, 2011, 2012, 2013)
    later = series.season(daily, date(2014, 2, 1))
    assert later.winter == Winter(2013)
    assert later.days == 123
    assert later.low <= truth(daily, Winter(2013)) <= later.high
    # nothing that comes later is looked at
    blind = daily.heat.copy()
    blind[daily.ordinal >= date(2014, 2, 1).toordinal()] = np.nan
    hidden = Daily(daily.first_day, blind, daily.temp_c, daily.measured, daily.swing_k)
    assert series.season(hidden) == later


def quick(daily: Daily, on: date) -> series.Season:
    """Return the season by the true need, without fitting a signature."""
    fitted = (daily.ordinal < winter_of(on).first.toordinal()) & ~np.isnan(daily.heat)
    return series.outlook(daily, need(daily.temp_c), fitted, on)


def test_gaps_and_too_little() -> None:
    daily = drawn(np.random.default_rng(3), 3)
    day = daily.ordinal
    heat = daily.heat.copy()
    heat[(day >= date(2012, 11, 1).toordinal()) & (day < date(2013, 1, 1).toordinal())] = np.nan
    gaps = Daily(daily.first_day, heat, daily.temp_c, daily.measured, daily.swing_k)
    found = quick(gaps, date(2013, 2, 1))
    assert found.days == 62
    assert found.measured == pytest.approx(
        float(daily.heat[(day >= date(2012, 10, 1).toordinal())
                         & (day < date(2013, 2, 1).toordinal())].sum()), rel=0.06)  # fmt: skip
    assert quick(gaps, date(2013, 8, 1)).naive is None
    with pytest.raises(CadastreError) as refused:
        series.season(daily, date(2010, 12, 1))
    assert "mindestens 200 Tage" in refused.value.hint
    end = date.fromordinal(int(day[-1]) + 1)  # 1 July 2013
    assert series.season(daily, end + timedelta(days=60)).winter == Winter(2013)
    with pytest.raises(CadastreError) as refused:
        series.season(daily, date(2013, 12, 1))
    assert "reicht nur bis zum 30.06.2013" in refused.value.hint
    nothing = np.full(day.size, np.nan)
    with pytest.raises(CadastreError):
        series.season(Daily(daily.first_day, nothing, daily.temp_c, daily.measured, daily.swing_k))
    # a winter of which a part of the temperatures is guessed does not count
    sure = daily.measured.copy()
    sure[(day >= date(2010, 12, 1).toordinal()) & (day < date(2011, 1, 1).toordinal())] = False
    guessed = Daily(daily.first_day, daily.heat, daily.temp_c, sure, daily.swing_k)
    assert quick(guessed, date(2012, 9, 1)).winters == (2011,)
    # measured from spring to autumn: not one winter's temperatures
    some = (day >= date(2011, 2, 1).toordinal()) & (day < date(2011, 10, 1).toordinal())
    short = Daily(int(day[some][0]), daily.heat[some], daily.temp_c[some], daily.measured[some],
                  daily.swing_k[some])  # fmt: skip
    with pytest.raises(CadastreError) as refused:
        quick(short, date(2011, 10, 1))
    assert "keinen ganzen vergangenen Winter" in refused.value.hint


def test_seasons_and_their_days() -> None:
    assert winter_of(date(2026, 4, 30)) == Winter(2025)
    assert winter_of(date(2026, 5, 1)) == Winter(2026)
    assert winter_of(date(2026, 11, 26)) == Winter(2026)
    assert (Winter(2026).days, Winter(2027).days) == (212, 213)
    assert Winter(2026).same_day(Winter(2027), date(2028, 2, 29)) == date(2027, 2, 28)
    assert Winter(2026).same_day(Winter(2027), date(2027, 12, 31)) == date(2026, 12, 31)
    assert Winter(2026).same_day(Winter(2027), date(2028, 5, 1)) == date(2027, 5, 1)
    one = Winter(2026)
    assert one.share_from(date(2026, 6, 1)) == pytest.approx(SHARE)
    assert one.share_from(date(2027, 1, 1)) == pytest.approx(0.53)
    assert one.share_from(date(2026, 11, 16)) == pytest.approx(0.06 + 0.69)
    assert one.share_from(date(2027, 5, 1)) == 0


def test_students_t_and_what_follows() -> None:
    # Abramowitz and Stegun, table 26.10
    for freedom, value in ((4, 1.533), (6, 1.440), (10, 1.372), (30, 1.310)):
        assert t80(freedom) == pytest.approx(value, abs=0.002)
    one = following([100.0], 8.0)
    assert (one.mean, one.deviation) == (100.0, pytest.approx(8 * math.sqrt(2)))
    many = following([90.0, 110.0] * 50, 8.0)
    assert many.deviation == pytest.approx(10.0, rel=0.02)


DORF = village.Village(1e6, 0.9e6, 1.1e6, 0.15, 3400.0, {2023: 3000.0, 2024: 3200.0, 2025: 3100.0})


def test_a_villages_season_by_hand() -> None:
    found = village.season(DORF, date(2026, 9, 1))
    assert (found.winter, found.so_far, found.years) == (Winter(2026), 0.0, 3)
    expected = 1e6 * (0.15 * 212 / 365.25 + 0.85 * 0.89 * 3100 / 3400)
    assert found.kwh == pytest.approx(expected)
    assert (found.naive, found.naive_year) == (pytest.approx(expected), 2025)
    assert found.mild < found.kwh < found.cold
    spread = math.log(found.high / found.low) / 2
    after = following([3000 / 3400, 3200 / 3400, 3100 / 3400], USUAL)
    weather_ = 1e6 * 0.85 * 0.89 * after.deviation / expected
    assert spread == pytest.approx(t80(6) * math.hypot(math.log(11 / 9) / (2 * Z80), weather_))


def test_a_villages_season_half_way() -> None:
    found = village.season(DORF, date(2027, 1, 1), 1300.0)
    assert found.winter == Winter(2026)
    assert found.so_far == pytest.approx(1e6 * (0.15 * 92 / 365.25 + 0.85 * 1300 / 3400))
    rest = 0.85 * 0.53 * 3100 / 3400 + 0.15 * 120 / 365.25
    assert found.kwh == pytest.approx(found.so_far + 1e6 * rest)
    assert found.high / found.low < village.season(DORF, date(2026, 9, 1)).high / (
        village.season(DORF, date(2026, 9, 1)).low
    )
    with pytest.raises(CadastreError) as refused:
        village.season(DORF, date(2027, 1, 1))
    assert "--kd" in refused.value.hint
    with pytest.raises(CadastreError) as refused:
        village.season(DORF, date(2026, 9, 1), 20.0)
    assert "beginnt erst am 01.10.2026" in refused.value.hint
    with pytest.raises(CadastreError) as refused:
        village.season(village.Village(1e6, 9e5, 1.1e6, 0.1, 3400.0, {}), date(2026, 9, 1))
    assert "Gradtagszahlen" in refused.value.hint


def test_four_of_five_of_a_villages_seasons_are_in_the_band() -> None:
    rng = np.random.default_rng(1)
    inside = []
    for _ in range(400):
        years = dict(zip(range(2016, 2026), rng.normal(3200, 230, 10).tolist(), strict=True))
        own = math.exp(rng.normal(0, 0.06))
        known = village.Village(
            1e6, 1e6 * math.exp(-Z80 * 0.06), 1e6 * math.exp(Z80 * 0.06), 0.15, 3400.0, years
        )
        kd = 0.89 * rng.normal(3200, 230)
        actual = 1e6 * own * (0.15 * 212 / 365.25 + 0.85 * kd / 3400)
        found = village.season(known, date(2026, 8, 1))
        inside.append(found.low <= actual <= found.high)
    assert 0.75 < float(np.mean(inside)) < 0.88

"""Gaps of temperature, and a sensor in the sun."""

from __future__ import annotations

from datetime import date

import numpy as np

from edge.heat.forecast.findings import Finding, Rule
from edge.heat.forecast.temperature import doubt, filled
from tests.made_heat import made


def test_nothing_is_done_to_a_whole_series() -> None:
    temp = made(days=30)[1]
    notes: list[Finding] = []
    found, measured = filled(temp, 0.0, 24, notes)
    assert found is temp
    assert measured.all()
    assert notes == []


def test_short_gaps_are_bridged_and_long_ones_estimated() -> None:
    temp = made(days=700)[1]
    holey = temp.copy()
    holey[1000:1006] = np.nan
    holey[2000:2007] = np.nan
    holey[9000:10400] = np.nan
    notes: list[Finding] = []
    found, measured = filled(holey, 19_357.0, 24, notes)
    assert measured[1000:1006].all()
    assert not measured[2000:2007].any()
    assert {one.rule: one.count for one in notes} == {Rule.TEMP_FILLED: 6, Rule.TEMP_GAP: 1407}
    assert (found[measured][:900] == temp[measured][:900]).all()
    # a season's usual temperature is nearer than the year's mean, and than the last value held
    assert (
        np.abs(found - temp)[9000:10400].mean()
        < 0.7 * np.abs(temp.mean() - temp)[9000:10400].mean()
    )


def test_gaps_at_the_ends_are_estimated() -> None:
    temp = made(days=100)[1]
    temp[:48] = np.nan
    temp[-48:] = np.nan
    notes: list[Finding] = []
    found, measured = filled(temp, 0.0, 24, notes)
    assert not np.isnan(found).any()
    assert not measured[[0, 47, -48, -1]].any()


def test_days_are_never_bridged() -> None:
    temp = made(days=400)[1].reshape(-1, 24).mean(axis=1)
    temp[100] = np.nan
    notes: list[Finding] = []
    _, measured = filled(temp, 0.0, 1, notes)
    assert not measured[100]
    assert [(one.rule, one.text[:4]) for one in notes] == [(Rule.TEMP_GAP, "Tage")]


def test_without_any_temperature_it_says_so() -> None:
    notes: list[Finding] = []
    found, measured = filled(np.full(50, np.nan), 0.0, 24, notes)
    assert not measured.any()
    assert (found == 0).all()
    assert notes[0].rule is Rule.TEMP_NONE


def test_a_sensor_eight_kelvin_too_warm_is_doubted_and_others_not() -> None:
    temp = made(days=365)[1].reshape(-1, 24).mean(axis=1)
    day = np.arange(temp.size) + date(2023, 1, 1).toordinal()
    notes: list[Finding] = []
    doubt(day, temp, notes)
    assert notes == []
    doubt(day, temp + 8.0, notes)
    assert [one.rule for one in notes] == [Rule.TEMP_WARM]
    assert "zu warm" in notes[0].text
    doubt(day[:40], temp[:40] + 8.0, notes)
    assert len(notes) == 1

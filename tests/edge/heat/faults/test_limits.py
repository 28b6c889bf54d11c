"""Limits are data with sources; an operator's own file is read or refused in German."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from edge.heat.errors import CadastreError
from edge.heat.faults.limits import Said, loads, usual


def test_each_limit_has_a_unit_a_meaning_and_a_source() -> None:
    text = files("edge.heat.faults").joinpath("limits.toml").read_text(encoding="utf-8")
    for name, one in tomllib.loads(text).items():
        assert set(one) == {"value", "unit", "meaning", "source"}, name
        assert all(one.values()), name
        assert getattr(usual(), name) == one["value"]


def test_own_values_stand_over_the_usual_ones() -> None:
    limits, said = loads("[limits]\nnight_ratio = 0.8\n[meters.kita]\nhot_water_kwh_day = 40\n")
    assert limits.night_ratio == 0.8
    assert limits.stuck_h == usual().stuck_h
    assert said == {"kita": Said(hot_water_kwh_day=40.0)}
    assert loads("") == (usual(), {})


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("[limits", "kein gültiges TOML"),
        ("[limit]", "[meters.NAME]"),
        ("limits = 3", "Tabelle mit Zahlen"),
        ("meters = 3", "[meters.NAME]"),
        ("[limits]\nnight = 1", "night_ratio"),
        ("[limits]\nnight_ratio = -1", "Zahl über 0"),
        ("[limits]\nnight_ratio = true", "Zahl über 0"),
        ("[limits]\nnight_ratio = inf", "Zahl über 0"),
        ("[limits]\nnight_ratio = nan", "Zahl über 0"),
        ("[meters.kita]\nloss_w_k = 'viel'", "Zahl über 0"),
        ("[meters]\nkita = 3", "Tabelle mit Zahlen"),
    ],
)
def test_a_wrong_file_is_refused_in_german(text: str, hint: str) -> None:
    with pytest.raises(CadastreError) as wrong:
        loads(text)
    assert hint in wrong.value.hint

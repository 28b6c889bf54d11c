"""From where on something is a fault, and what is assumed: data, each value with its source."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.resources import files
from typing import Any

from edge.heat.errors import CadastreError
from edge.heat.toml import tables


@dataclass(frozen=True, slots=True)
class Limits:
    """Units and sources of the values are in `limits.toml`."""

    water_kwh_m3_k: float
    flowing_share: float
    wanted_return_c: float
    least_spread_k: float
    excess_share: float
    excess_k: float
    loss_band: float
    swapped_k: float
    swapped_share: float
    heating_margin_k: float
    night_ratio: float
    night_h: float
    setback_k: float
    warming_h: float
    constant_short_h: float
    constant_h: float
    constant_long_h: float
    summer_share: float
    summer_over: float
    summer_least: float
    stuck_h: float
    stuck_steps: float
    stuck_load: float
    both_share: float
    both_surely_share: float
    both_h: float
    both_least: float


@dataclass(frozen=True, slots=True)
class Said:
    """What an operator states of a meter; None where nobody did.

    ``hot_water_kwh_day`` what hot water needs a day; ``wanted_return_c``; ``loss_w_k`` what the
    network's return loses for each kelvin, W/K.
    """

    hot_water_kwh_day: float | None = None
    wanted_return_c: float | None = None
    loss_w_k: float | None = None


@cache
def usual() -> Limits:
    """Return the values that come with the program."""
    text = files("edge.heat.faults").joinpath("limits.toml").read_text(encoding="utf-8")
    return Limits(**{name: float(one["value"]) for name, one in tomllib.loads(text).items()})


def loads(text: str) -> tuple[Limits, dict[str, Said]]:
    """Read an operator's file: tables `limits` and `meters.NAME`.

    :raises CadastreError: if it is none or a value is unknown or impossible.
    """
    raw = tables(text, "Die Datei")
    for name in raw:
        if name not in {"limits", "meters"}:
            raise _wrong(name, "Erlaubt sind [limits] und [meters.NAME].")
    own = _numbers("limits", raw.get("limits", {}), {one.name for one in fields(Limits)}, lowest=0)
    known = {one.name for one in fields(Said)}
    meters = raw.get("meters", {})
    if not isinstance(meters, dict):
        raise _wrong("meters", "Erwartet wird [meters.NAME].")
    said = {
        name: Said(**_numbers(f"meters.{name}", one, known, lowest=0))
        for name, one in meters.items()
    }
    return replace(usual(), **own), said


def _numbers(where: str, table: Any, known: set[str], lowest: float) -> dict[str, float]:
    if not isinstance(table, dict):
        raise _wrong(where, "Erwartet wird eine Tabelle mit Zahlen.")
    for name, value in table.items():
        if name not in known:
            raise _wrong(f"{where}.{name}", f"Erlaubt sind {', '.join(sorted(known))}.")
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not lowest < value < math.inf
        ):
            raise _wrong(f"{where}.{name}", f"Erwartet wird eine Zahl über {lowest:g}.")
    return {name: float(value) for name, value in table.items()}


def _wrong(name: str, hint: str) -> CadastreError:
    return CadastreError(f"{name} cannot be taken", hint=f"„{name}“: {hint}")

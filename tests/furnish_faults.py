"""Faults of heat in the furnished village: one meter with several, one ended, one too young."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

from edge.heat.faults.fault import Kind, as_object, from_object
from edge.heat.faults.limits import Said
from edge.heat.faults.rules import find
from edge.store.village import VillageStore
from edge.store.village_faults import KeptVerdict
from tests.made_faults import House, run

FAULT_PAGES = {"pult-waerme": "/pult/waerme"}


def furnish(village: VillageStore, now_ms: int) -> None:
    village.keep_verdicts([KeptVerdict("halle-1", now_ms - 20 * 86_400_000, _before())])
    village.keep_verdicts(
        [
            KeptVerdict("halle-1", now_ms - 86_400_000, _verdict()),
            KeptVerdict("kita", now_ms - 86_400_000, "", "Erst 30 Stunden sind gemessen."),
        ]
    )


@cache
def _verdict() -> str:
    sick = run(House(night_c=20.0, return_c=58.0), seed=3)
    heat = sick.heat + 9.0
    heat[720:960] = 0.0
    said = Said(hot_water_kwh_day=40.0)
    return json.dumps(as_object(find(replace(sick, heat=heat), said)), allow_nan=False)


def _before() -> str:
    """Return the same with sensors swapped, which somebody put right since."""
    now = from_object(json.loads(_verdict()))
    swapped = replace(now.faults[-1], kind=Kind.SWAPPED)
    return json.dumps(as_object(replace(now, faults=(*now.faults, swapped))), allow_nan=False)

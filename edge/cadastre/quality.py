"""How complete the cadastre is, and on what its values rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from edge.store.village import VillageStore
from edge.store.village_heat_runs import Imported
from edge.store.village_heat_years import NORMAL

FIELDS = (
    "type", "year_built", "age_class", "area", "units", "refurbishment", "heating", "carrier",
    "network",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quality:
    """Shares of buildings that have a field (0 to 1), and how those values were come by.

    ``block`` and ``section`` are among the fields. ``methods`` counts by method's name.
    """

    buildings: int
    complete: dict[str, float]
    methods: dict[str, dict[str, int]]
    measured: int
    groups: int
    weather_years: int
    normal_year: bool
    imports: list[Imported]


def quality(village: VillageStore) -> Quality:
    """Look through the cadastre."""
    buildings = village.cadastre()
    methods: dict[str, Counter[str]] = {}
    placed: Counter[str] = Counter()
    for one in buildings:
        placed["block"] += bool(one.block)
        placed["section"] += bool(one.section)
        for name in FIELDS:
            if name in one.facts:
                methods.setdefault(name, Counter())[one.facts[name].method.name.lower()] += 1
    count = max(1, len(buildings))
    weather = village.degree_days()
    return Quality(
        buildings=len(buildings),
        complete={
            **{name: methods.get(name, Counter()).total() / count for name in FIELDS},
            **{name: placed[name] / count for name in ("block", "section")},
        },
        methods={name: dict(found) for name, found in methods.items()},
        measured=len(village.lawful_years()),
        groups=len(village.heat_groups()),
        weather_years=len(set(weather) - {NORMAL}),
        normal_year=NORMAL in weather,
        imports=village.heat_imports(),
    )

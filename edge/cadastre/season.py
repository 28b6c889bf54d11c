"""The village's coming heating season, from its cadastre. Nothing is kept."""

from __future__ import annotations

from datetime import date

import numpy as np

from edge.cadastre.estimating import look
from edge.heat.building import FEW_UNITS
from edge.heat.errors import CadastreError
from edge.heat.season.village import Season, Village, season
from edge.heat.totals import totals
from edge.heat.typology import Typology
from edge.store.village import VillageStore
from edge.store.village_heat_years import NORMAL


def coming(
    village: VillageStore, typology: Typology, on: date, kd_so_far: float | None, at: int
) -> Season:
    """Return the season that ``on`` is in, else the next one. ``at`` is ms since 1970, UTC.

    :raises StoreError: if a store fails.
    :raises CadastreError: if there are fewer than five buildings, or degree days are absent.
    """
    seen = look(village, typology, at)
    count = len(seen.buildings)
    if count < FEW_UNITS:
        raise CadastreError(
            f"{count} buildings",
            hint=f"Eine Heizzeit gibt es erst ab {FEW_UNITS} Gebäuden im Kataster.",
        )
    years = village.degree_days()
    normal = years.pop(NORMAL, None)
    if normal is None:
        raise CadastreError(
            "no normal year",
            hint="Im Kataster fehlt die normale Gradtagszahl (docs/heat-cadastre.md, degree_days).",
        )
    _, whole = totals(seen.posterior, np.zeros(count, dtype=np.int64), 1)
    known = Village(
        *(float(whole.kwh[0]), float(whole.low[0]), float(whole.high[0])),
        *(typology.hot_water, normal, years),
    )
    return season(known, on, kd_so_far)

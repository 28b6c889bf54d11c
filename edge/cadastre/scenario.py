"""A scenario over the village's cadastre. Nothing is kept."""

from __future__ import annotations

from edge.cadastre.estimating import look
from edge.heat.scenario.outlook import Outlook, outlook
from edge.heat.scenario.plan import Plan
from edge.heat.scenario.stock import stock
from edge.heat.typology import Typology
from edge.store.village import VillageStore
from edge.store.village_heat_years import NORMAL


def look_ahead(village: VillageStore, typology: Typology, plan: Plan, at: int) -> Outlook:
    """Return what a scenario comes to. ``at`` is ms since 1970, UTC.

    :raises StoreError: if a store fails.
    :raises CadastreError: if the plan and the cadastre do not fit together.
    """
    seen = look(village, typology, at)
    found = stock(plan, seen.buildings, seen.posterior.fit.prior, seen.measured, typology.hot_water)
    return outlook(plan, found, seen.posterior, village.degree_days().get(NORMAL))

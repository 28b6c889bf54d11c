"""The buildings as a scenario sees them, one entry each in the order given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.heat.building import AGE_CLASSES, FEW_UNITS, Building, BuildingType
from edge.heat.errors import CadastreError
from edge.heat.prior import CLASSES, Flags, Floats, Ints, Prior
from edge.heat.scenario.plan import Plan, Supply
from edge.heat.typology import STATES, UNKNOWN

NOBODY_SAID = -1
_TYPES = tuple(one.value for one in BuildingType)
_AGE_NAMES = (*AGE_CLASSES, "?")  # as the prior counts them
_AGES = CLASSES // len(_TYPES)


@dataclass(frozen=True, slots=True)
class Stock:
    """What is known at the beginning.

    ``shares``: how probable each supply is, by building and supply. ``known`` buildings have one;
    those of a supply that fewer than five have part in count as not known, or the sums of that
    supply would be theirs.
    ``heat``: kWh of heat per kWh of the estimate. ``year`` of the generator, `NOBODY_SAID` if none
    is known. ``cohort``: index of its type, age class and state; ``area`` in m2. ``left``: space
    heating after a refurbishment as a share of before, by building; 1 where there is nothing to
    gain. ``hot_water``: the share of heat that is no space heating.
    """

    shares: Floats
    known: Flags
    heat: Floats
    year: Ints
    cohort: Ints
    area: Floats
    left: Floats
    hot_water: float
    blocks: tuple[str, ...]
    types: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many buildings there are."""
        return len(self.blocks)

    def classes(self) -> list[str]:
        """Return each building's type and age class: `EFH F`."""
        ages = (self.cohort // len(STATES)) % _AGES
        return [f"{kind} {_AGE_NAMES[age]}" for kind, age in zip(self.types, ages, strict=True)]


def stock(
    plan: Plan,
    buildings: Sequence[Building],
    prior: Prior,
    measured: frozenset[int],
    hot_water: float,
) -> Stock:
    """Return the stock.

    ``measured`` are the indices of those whose estimate rests on what was bought for themselves;
    its supply's gain holds for them, else the typology's.

    :raises CadastreError: if a building is heated in a way that the plan does not know.
    """
    names = [one.name for one in plan.supplies]
    mix = np.array([plan.mix.get(name, 0.0) for name in names])
    shares = np.tile(mix, (len(buildings), 1))
    known = np.zeros(len(buildings), dtype=bool)
    heat = np.full(len(buildings), plan.stock_gain)
    for at, one in enumerate(buildings):
        which = _supply(plan.supplies, one)
        if which is not None:
            shares[at] = 0.0
            shares[at, which] = 1.0
            known[at] = True
            if at in measured:
                heat[at] = plan.supplies[which].gain
    for which in range(len(names)):
        takes = shares[:, which] > 0
        if takes.sum() < FEW_UNITS:
            shares[takes & known] = mix
            known &= ~takes
    return Stock(
        shares=shares,
        known=known,
        heat=heat,
        year=np.array(
            [int(one.amount("generator_year") or NOBODY_SAID) for one in buildings], dtype=np.int64
        ),
        cohort=prior.group * len(STATES) + prior.state,
        area=prior.area,
        left=_left(plan, buildings, prior),
        hot_water=hot_water,
        blocks=tuple(one.block for one in buildings),
        types=tuple(_TYPES[group // _AGES] for group in prior.group),
    )


def _left(plan: Plan, buildings: Sequence[Building], prior: Prior) -> Floats:
    refurbishment = plan.refurbishment
    state = [STATES[at] for at in prior.state]
    found = [
        1.0
        if one == "full"
        else refurbishment.left[(building.age or UNKNOWN) if refurbishment.by_age else one]
        for one, building in zip(state, buildings, strict=True)
    ]
    return np.array(found, dtype=np.float64)


def _supply(supplies: Sequence[Supply], one: Building) -> int | None:
    """Return which supply heats a building: by carrier and heating, else by either; None: no one.

    A heating alone says it only if exactly one supply names it.
    """
    carrier, heating = one.word("carrier"), one.word("heating")
    if carrier is None:
        named = [at for at, each in enumerate(supplies) if heating in each.heating]
        return named[0] if len(named) == 1 else None
    of = [at for at, each in enumerate(supplies) if each.carrier == carrier]
    special = [at for at in of if heating in supplies[at].heating]
    plain = [at for at in of if not supplies[at].heating]
    if not special + plain:
        raise CadastreError(
            f"no supply for {carrier} {heating or ''}",
            hint=f"Im Szenario fehlt eine Versorgung [supply.…] für den Träger „{carrier}“"
            + (f" mit „{heating}“" if heating else "")
            + f"; so wird Gebäude {one.number} beheizt.",
        )
    return (special + plain)[0]

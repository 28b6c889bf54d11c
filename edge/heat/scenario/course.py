"""What becomes of the buildings year by year: refurbished, and heated otherwise. Expected values.

Each building is a cohort of its own in what heats it, and one of its type, age class and state in
whether it is refurbished; both are shares between 0 and 1 and taken to be independent.

Refurbishment, per year: ``rate * A`` m2 of the whole stock's floor area ``A``. In equal shares of
what is left to do (`even`), or cohort by cohort in the order of space heating per m2 (`worst`).

Supplies, per year and change, in the file's order; ``h`` is the share that goes:

    rate:     h = rate
    at_age:   h = 1 in the year that the generator is due; one that was due before the base year
              goes within n years, h = 1 / (n - k + 1) in the k-th; where no year is known, ages
              are taken to be even between 0 and the age a: h = 1 / (a - k + 1)
    share:    h = (s / n) / (1 - s (k - 1) / n) in the k-th of n years, so that s are gone at last

What was changed `at_age`, also into the same again, is new and does not come due once more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edge.heat.building import FEW_UNITS
from edge.heat.errors import CadastreError
from edge.heat.prior import Flags, Floats
from edge.heat.scenario.plan import Change, Plan, at
from edge.heat.scenario.stock import NOBODY_SAID, Stock

_NOTHING = 1e-9  # m2: rounding


@dataclass(frozen=True, slots=True)
class State:
    """A year. ``done``: the share of each building that is refurbished; ``shares`` of supplies.

    ``area`` is the share of the whole floor area that was refurbished since the base year.
    """

    year: int
    done: Floats
    shares: Floats
    area: float


def course(plan: Plan, stock: Stock, need: Floats) -> Iterator[State]:
    """Yield the base year and the plan's years.

    ``need``: space heating by building, in any unit.

    :raises CadastreError: if a change is about fewer than five buildings.
    """
    names = [one.name for one in plan.supplies]
    where = [_where(one, stock) for one in plan.changes]
    whole = float(stock.area.sum())
    steps = _order(plan, stock, need)
    areas = np.array([float(stock.area[one].sum()) for one in steps])
    left = areas.copy()
    old, new = stock.shares.copy(), np.zeros_like(stock.shares)
    yield State(plan.base, np.zeros(stock.size), stock.shares, 0.0)
    for year in range(plan.base + 1, max(plan.years) + 1):
        _refurbish(left, at(plan.refurbishment.rate, year) * whole)
        for change, flags in zip(plan.changes, where, strict=True):
            goes = np.where(flags, _hazard(plan, stock, change, year), 0.0)
            _change(names, change, goes[:, None], (old, new))
        if year in plan.years:
            done = np.zeros(stock.size)
            for one, area, rest in zip(steps, areas, left, strict=True):
                done[one] = 1 - rest / area
            yield State(year, done, old + new, float((areas - left).sum()) / whole)


def _order(plan: Plan, stock: Stock, need: Floats) -> list[Flags]:
    """Return the cohorts that may be refurbished, in their turn; all at once if it is even."""
    open_ = stock.left < 1
    if not open_.any():
        return []
    if not plan.refurbishment.worst_first:
        return [open_]
    numbers = np.unique(stock.cohort[open_])
    cohorts = [open_ & (stock.cohort == number) for number in numbers]
    dense = [float(need[one].sum() / stock.area[one].sum()) for one in cohorts]
    return [cohorts[number] for number in np.argsort(dense)[::-1]]


def _refurbish(left: Floats, budget: float) -> None:
    """Take a year's m2 from what is left to do, first come first served."""
    for number in range(left.size):
        taken = min(float(left[number]), budget)
        left[number] -= taken
        budget -= taken
        if budget <= _NOTHING:
            return


def _where(change: Change, stock: Stock) -> Flags:
    """Return which buildings a change is about."""
    found = np.array(
        [
            (not change.blocks or block in change.blocks)
            and (not change.types or kind in change.types)
            for block, kind in zip(stock.blocks, stock.types, strict=True)
        ],
        dtype=bool,
    )
    if found.sum() < FEW_UNITS:
        raise CadastreError(
            f"{change.name}: {found.sum()} buildings",
            hint=f"Im Szenario: „{change.name}“ trifft weniger als {FEW_UNITS} Gebäude. Stimmen "
            "die Namen der Baublöcke und die Gebäudetypen?",
        )
    return found


def _change(
    names: Sequence[str], change: Change, goes: Floats, state: tuple[Floats, Floats]
) -> None:
    """Let a share of each building go over; ``state`` are old and new generators' shares."""
    old, new = state
    origin = [names.index(one) for one in change.origin]
    from_old = old[:, origin] * goes
    old[:, origin] -= from_old
    gone = from_old
    if change.at_age is None:
        from_new = new[:, origin] * goes
        new[:, origin] -= from_new
        gone = from_old + from_new
    same = 1 - sum(change.to.values())
    new[:, origin] += gone * max(same, 0.0)
    for name, share in change.to.items():
        new[:, names.index(name)] += gone.sum(axis=1) * share


def _hazard(plan: Plan, stock: Stock, change: Change, year: int) -> Floats:
    """Return which share of each building goes in a year."""
    count = year - plan.base
    if change.at_age is not None:
        due = stock.year + change.at_age
        unknown = stock.year == NOBODY_SAID
        late = ~unknown & (due <= plan.base)
        found = np.where(due <= year, 1.0, 0.0)
        found[unknown] = 1 / max(change.at_age - count + 1, 1)
        found[late] = 1 / max(change.overdue - count + 1, 1)
        return found
    if change.share is not None:
        n, k = change.by - change.start + 1, year - change.start + 1
        each = (change.share / n) / max(1 - change.share * (k - 1) / n, _NOTHING)
        return np.full(stock.size, each if 1 <= k <= n else 0.0)
    return np.full(stock.size, at(change.rate or {}, year))

"""Merging cadastres: the order does not matter, nothing is lost, and a plan comes as it went."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import events, heat_plan
from sync.county.heat_merged import Merged, Village, merge, sum_of, together
from sync.county.municipalities import KEYS, TILES
from sync.heat_plan import Block, Carrier, Generator, Plan, Section

CARRIERS = ("Erdgas", "Heizöl", "Wärmenetz", "übrige und nicht bekannte")
counts = st.integers(5, 400)
heat = st.integers(0, 50_000)
sizes = st.none() | st.integers(1, 10_000_000)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    cells = draw(st.integers(0, 4))
    blocks = tuple(
        Block(f"B{n}", "", draw(counts), draw(heat), draw(sizes), "gemischt", "gemischt")
        for n in range(cells)
    )
    carriers = tuple(
        Carrier(one.cell, name, 5, draw(heat), draw(st.none() | counts))
        for one in blocks
        for name in CARRIERS
        if draw(st.booleans())
    )
    generators = tuple(
        Generator(one.cell, one.carrier, kind, draw(counts))
        for one in carriers
        for kind in ("Brennwertkessel", "übrige und nicht bekannte")
        if draw(st.booleans())
    )
    sections = tuple(
        Section(f"S{n}", "Weg", draw(counts), draw(heat), draw(sizes))
        for n in range(draw(st.integers(0, 3)))
    )
    band = draw(st.none() | st.tuples(st.integers(0, 100), st.integers(100, 300)))
    low, high = band or (None, None)
    return Plan(
        draw(st.integers(1, 99)), draw(st.integers(2020, 2030)), bytes(32), low, high,
        blocks, carriers, sections, 0, generators,
    )  # fmt: skip


@st.composite
def villages(draw: st.DrawFn) -> list[Village]:
    return [
        Village(
            f"{number:016x}",
            draw(st.sampled_from(("Dorf", "Weiler", f"Ort {number}"))),
            draw(st.sampled_from(("", "Lich", "Laubach", "Gießen"))),
            draw(st.none() | plans()),
        )
        for number in range(draw(st.integers(0, 6)))
    ]


def merged(some: list[Village]) -> Merged:
    return merge(some, KEYS, "Kreis", 2027)


@given(villages(), st.randoms(use_true_random=False))
def test_the_order_of_villages_does_not_matter(some: list[Village], rng: random.Random) -> None:
    other = list(some)
    rng.shuffle(other)
    assert merged(other) == merged(some)


@given(villages())
def test_municipalities_add_up_to_the_county(some: list[Village]) -> None:
    found = merged(some)
    for name in ("areas", "buildings", "mwh", "dense_mwh", "along_mwh"):
        by_village = sum(getattr(row.sum, name) for row in found.villages)
        by_town = sum(getattr(row.sum, name) for row in found.municipalities)
        assert getattr(found.whole.sum, name) == by_village == by_town
    kinds = Counter[str]()
    for row in found.villages:
        kinds.update(row.sum.generators)
    assert found.whole.sum.generators == kinds
    assert {row.name for row in found.municipalities} >= set(KEYS)
    assert sorted(found.missing) == sorted(one.name for one in some if one.plan is None)


@given(st.lists(plans(), min_size=1, max_size=5))
def test_a_band_of_sums_is_between_the_widest_and_all_together(some: list[Plan]) -> None:
    parts = [one for one in map(sum_of, some) if one.areas]
    whole = together(parts)
    if not parts or any(one.low is None for one in parts):
        assert whole.low is None
        return
    assert whole.low is not None
    sides = [one.mwh - (one.low or 0.0) for one in parts]
    side = whole.mwh - whole.low
    assert max(sides) - 1e-6 <= side <= math.fsum(sides) + 1e-6
    assert side**2 == pytest.approx(math.fsum(one**2 for one in sides), abs=1e-3)


@given(plans(), st.integers(0, 1 << 40))
def test_a_plan_comes_as_it_went(plan: Plan, at: int) -> None:
    body = events.encode(heat_plan.events_of(plan, at, 4))
    again = heat_plan.decode(body)
    assert again == Plan(**{name: getattr(plan, name) for name in plan.__slots__} | {"told_ms": at})


def test_every_municipality_of_the_map_has_a_key() -> None:
    assert set(KEYS) == set(TILES)
    assert sorted(KEYS.values()) == [f"06531{number:03d}" for number in range(1, 19)]

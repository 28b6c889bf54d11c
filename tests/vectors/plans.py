"""A village's heat plan for the test vectors, and plans that nobody may believe."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from sync import events, heat_plan
from sync.events import Event
from sync.heat_plan import Block, Carrier, Generator, Plan, Section

T0 = 1_795_000_000_000
QUALITY = 4
PLAN = Plan(
    release=3,
    year=2026,
    digest=bytes(range(32)),
    low=85,
    high=120,
    blocks=(
        Block("B1", "Am Kirchberg, Süd (2)", 12, 310, 21_500, "Einfamilienhaus", "1958 bis 1968"),
        Block("B2", "Neubaugebiet", 5, 0, None, "gemischt", "gemischt"),
    ),
    carriers=(
        Carrier("B1", "Erdgas", 7, 190, 7),
        Carrier("B1", "übrige und nicht bekannte", 5, 120, None),
    ),
    sections=(
        Section("S1", "Weg am Bach", 9, 240, 180_000),
        Section("S2", "", 5, 10_000_000, None),
    ),
    told_ms=T0,
    generators=(
        Generator("B1", "Erdgas", "Zentralheizung", 7),
        Generator("B1", "übrige und nicht bekannte", "Fernwärme", 5),
    ),
)
BARE = Plan(1, 2200, bytes(32), None, None, (), (), (), T0)


def body(plan: Plan) -> bytes:
    """Return a plan as its village tells it."""
    return events.encode(heat_plan.events_of(plan, T0, QUALITY))


def said(plan: Plan) -> dict[str, Any]:
    """Return what both readers say of a plan."""
    return dataclasses.asdict(plan)


def to_read() -> list[tuple[str, bytes, str, Plan]]:
    """Return files, their bytes, what is special and what they say."""
    told = heat_plan.events_of(PLAN, T0, QUALITY)
    more = [_with(one, later=1) for one in told] + [Event(T0, QUALITY, "heat.later", {})]
    turned = [told[0], *reversed(told[1:])]
    return [
        ("bare.plan", body(BARE), "no areas, and no band", BARE),
        ("later.plan", events.encode(more), "fields and a kind of a later version", PLAN),
        (
            "turned.plan",
            events.encode(turned),
            "rows in another order",
            dataclasses.replace(
                PLAN,
                blocks=PLAN.blocks[::-1],
                carriers=PLAN.carriers[::-1],
                sections=PLAN.sections[::-1],
                generators=PLAN.generators[::-1],
            ),
        ),
    ]


def to_refuse() -> list[tuple[str, bytes, str]]:
    """Return files, their bytes and why nobody believes anything of them."""
    told = heat_plan.events_of(PLAN, T0, QUALITY)
    head, rows = told[0], told[1:]
    block, carrier, section, kind = 1, 3, 5, 7  # where the first of each is
    cases: list[tuple[str, Sequence[Event], str]] = [
        ("no-head", rows, "no heat.plan"),
        ("two-heads", [head, *told], "two of them"),
        ("row-lost", [*told[:section], *told[section + 1 :]], "a section is missing"),
        ("kind-lost", told[:-1], "a kind of generators is missing"),
        ("kind-more", [*told, _with(told[kind], kind="Ofen")], "a kind of generators too many"),
        ("kind-twice", _changed(told, kind + 1, **told[kind].data), "a kind twice"),
        ("kind-alone", _changed(told, kind, carrier="Holz"), "a kind of no carrier"),
        ("few-kind", _changed(told, kind, buildings=4), "a kind in 4 buildings"),
        ("no-kind", _changed(told, kind, kind=None), "a kind's name is missing"),
        ("row-more", [*told, _with(told[section], cell="S3")], "a section too many"),
        ("cell-twice", _changed(told, block, cell="B2"), "a cell of blocks twice"),
        ("section-twice", _changed(told, section, cell="S2"), "a cell of sections twice"),
        ("carrier-twice", _changed(told, carrier + 1, carrier="Erdgas"), "a carrier twice"),
        ("carrier-alone", _changed(told, carrier, cell="B9"), "a carrier of no block"),
        ("few-block", _changed(told, block, buildings=4), "a block of 4 buildings"),
        ("few-carrier", _changed(told, carrier, buildings=4), "a carrier of 4 buildings"),
        ("few-section", _changed(told, section, buildings=4), "a section of 4 buildings"),
        ("truth", _changed(told, block, buildings=True), "true is no number"),
        ("no-age", _changed(told, block, age=None), "a word is missing"),
        ("long-word", _changed(told, block, type="x" * 101), "a word of 101 characters"),
        ("long-names", _changed(told, block, places="x" * 4001), "names of 4001 characters"),
        ("two-lines", _changed(told, block, places="a\nb"), "names in two lines"),
        ("less-heat", _changed(told, block, mwh=-1), "heat below 0"),
        ("more-heat", _changed(told, block, mwh=10**7 + 1), "heat above 10^7"),
        ("less-m2", _changed(told, block, m2=-1), "a size below 0"),
        ("half-band", _changed(told, 0, high=None), "one end of a band"),
        ("low-101", _changed(told, 0, low=101), "a lower end above the sum"),
        ("high-99", _changed(told, 0, high=99), "an upper end below the sum"),
        ("high-1001", _changed(told, 0, high=1001), "an upper end above 1000"),
        ("release-0", _changed(told, 0, release=0), "releases begin at 1"),
        ("year-1999", _changed(told, 0, year=1999), "a year before 2000"),
        ("digest-31", _changed(told, 0, digest=bytes(31)), "a digest of 31 bytes"),
        ("no-digest", _changed(told, 0, digest="0" * 64), "a digest that is text"),
    ]
    made = [(f"{name}.plan", events.encode(list(rows)), why) for name, rows, why in cases]
    many = [_with(told[block], cell=f"B{n}") for n in range(heat_plan.MAX_AREAS + 1)]
    crowded = [_with(head, blocks=len(many), carriers=0, sections=0, generators=0), *many]
    return [*made, ("crowded.plan", events.encode(crowded), "more than 5000 cells")]


def _with(one: Event, **changes: object) -> Event:
    return dataclasses.replace(one, data={**one.data, **changes})


def _changed(told: Sequence[Event], at: int, **changes: object) -> list[Event]:
    return [_with(one, **changes) if n == at else one for n, one in enumerate(told)]

"""Generators by kind: what is told of them, what is not, and what the auditor refuses."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from edge.config import Config
from edge.heat.address import AddressKey
from edge.heat.said import Method, Said
from edge.publish import cells, heating
from edge.publish.audit import audit
from edge.publish.audit_heating import told_by_counts
from edge.publish.build_plan import PlanPublished, build_plan
from edge.publish.cohort import advance
from edge.publish.cube import cube_named
from edge.publish.errors import AuditFailed
from edge.publish.heating import told_apart
from edge.publish.history import history
from edge.publish.share import Part, Share
from edge.store.village import VillageStore
from edge.store.village_heat import NewBuilding
from edge.store.village_heat_runs import EstimateRow
from tests.made_plan import RULE, later, village

FIRST = datetime(2026, 12, 1, tzinfo=UTC)
MIDYEAR = datetime(2026, 12, 20, tzinfo=UTC)
NEXT = datetime(2027, 2, 1, tzinfo=UTC)
DAY = date(2026, 1, 1)
REST = "übrige und nicht bekannte"


def said(value: float | str) -> Said:
    return Said(value, "Kehrbuch", DAY, Method.SURVEY)


def add(village: VillageStore, kinds: Mapping[int, str], count: int = 60, day: date = DAY) -> None:
    """Add houses of six homes with gas, thirty a block and twenty a section."""
    village.keep_buildings(
        [
            NewBuilding(
                AddressKey("holzheim", "weg", str(n)),
                f"Weg {n}",
                "Holzheim",
                {
                    "type": said("MFH"),
                    "units": said(6.0),
                    "carrier": said("gas"),
                    "heating": replace(said(kinds.get(n, "condensing")), day=day),
                },
                block=f"Block {n // 30}",
                section=f"Weg ({n // 20})",
            )
            for n in range(count)
        ],
        1,
    )


def estimate(village: VillageStore) -> None:
    rows = [
        EstimateRow(one.number, kwh, kwh, kwh, "typology")
        for one in village.cadastre()
        for kwh in [30_000.0 + 100 * one.number]
    ]
    village.keep_run(1, "T", (0, 0), rows, [])


def build(config: Config, now: datetime = FIRST) -> PlanPublished:
    return build_plan(config, config.hub.public, now)


def kinds_of(done: PlanPublished) -> dict[str, int]:
    assert done.published.release is not None
    with closing(sqlite3.connect(done.published.release.path)) as connection:
        return dict(connection.execute("SELECT art, sum(anzahl) FROM erzeuger GROUP BY 1"))


MIXED = {
    **dict.fromkeys(range(12), "boiler"),
    **dict.fromkeys(range(12, 15), "heat_pump"),
    **dict.fromkeys(range(15, 18), "stove"),
}
SHOWN = {"Heizkessel": 12, "Brennwertkessel": 42, REST: 6}


@pytest.fixture
def planned(config: Config) -> Config:
    with VillageStore(config.hub.village_db) as village:
        add(village, MIXED)
        estimate(village)
    return config


@pytest.mark.parametrize(
    ("kinds", "shown"),
    [
        ({"a": 9, "": 6}, {"a": 9, "": 6}),
        ({"a": 9}, {"a": 9}),
        ({"a": 9, "b": 4, "": 1}, {"a": 9, "": 5}),
        ({"a": 9, "b": 6, "": 4}, {"a": 9, "": 10}),
        ({"a": 9, "b": 4}, {"": 13}),
        ({"a": 4}, {"": 4}),
    ],
)
def test_a_kind_and_the_rest_are_of_five_or_of_nobody(
    kinds: dict[str, int], shown: dict[str, int]
) -> None:
    words = [kind for kind, count in kinds.items() for _ in range(count)]
    assert Counter(told_apart(dict(enumerate(words)), 5).values()) == shown


def test_generators_are_counted_by_kind(planned: Config) -> None:
    assert kinds_of(build(planned)) == SHOWN


def test_kinds_wait_for_the_year_and_for_five(planned: Config) -> None:
    build(planned)
    with VillageStore(planned.hub.village_db) as village:
        add(village, MIXED | dict.fromkeys(range(3), "heat_pump"), day=date(2026, 6, 1))
        estimate(village)
    assert build(planned, MIDYEAR).published.outcome == "unchanged"
    assert kinds_of(build(planned, NEXT)) == SHOWN
    with VillageStore(planned.hub.village_db) as village:
        add(village, MIXED | dict.fromkeys(range(6), "heat_pump"), day=date(2027, 6, 1))
        estimate(village)
    later_on = build(planned, NEXT.replace(year=2028))
    assert kinds_of(later_on) == SHOWN | {"Heizkessel": 6, "Wärmepumpe": 6}


def test_a_release_from_before_kinds_were_told_goes_on(planned: Config) -> None:
    build(planned)
    with closing(sqlite3.connect(planned.hub.village_db, isolation_level=None)) as connection:
        connection.execute("UPDATE heat_release_building SET heating = ''")
    for path in planned.hub.public.iterdir():
        path.unlink()
    assert kinds_of(build(planned, MIDYEAR)) == {REST: 60}
    with VillageStore(planned.hub.village_db) as village:
        estimate(village)
    assert kinds_of(build(planned, NEXT)) == SHOWN


def bare(kinds: Mapping[int, str], k: int, *, now: str = "") -> dict[int, str]:  # noqa: ARG001
    return dict(kinds)


def without_rest(kinds: Mapping[int, str], k: int, *, now: str = "") -> dict[int, str]:
    many = Counter(kinds.values())
    return {one: kind if many[kind] >= k else now for one, kind in kinds.items()}


@pytest.mark.parametrize("mutant", [bare, without_rest])
def test_the_auditor_refuses_kinds_of_too_few(
    planned: Config, monkeypatch: pytest.MonkeyPatch, mutant: Callable[..., dict[int, str]]
) -> None:
    monkeypatch.setattr(heating, "told_apart", mutant)
    with VillageStore(planned.hub.village_db) as village:  # three heat pumps would be the rest
        add(village, MIXED | dict.fromkeys(range(15, 18), "boiler"), day=date(2026, 6, 1))
    with pytest.raises(AuditFailed) as refused:
        build(planned)
    assert "ruht auf 3 Gebäuden" in str(refused.value.findings)
    assert "heben 3 Gebäude heraus" in str(refused.value.findings)
    with VillageStore(planned.hub.village_db) as village:
        assert village.released() == []


@pytest.mark.parametrize("mutant", [bare, without_rest])
def test_the_auditor_refuses_few_that_change_their_kind(
    planned: Config, monkeypatch: pytest.MonkeyPatch, mutant: Callable[..., dict[int, str]]
) -> None:
    build(planned)
    monkeypatch.setattr(heating, "told_apart", mutant)
    changed = dict.fromkeys(range(4 if mutant is bare else 8), "condensing")
    with VillageStore(planned.hub.village_db) as village:
        add(village, MIXED | changed, day=date(2026, 6, 1))
        estimate(village)
    with pytest.raises(AuditFailed) as refused:
        build(planned, NEXT)
    assert "Gebäude heraus" in str(refused.value.findings)
    monkeypatch.undo()
    build(planned, NEXT)


def test_the_auditor_refuses_when_few_of_a_kind_leave(
    planned: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(planned)
    with VillageStore(planned.hub.village_db) as village:
        for n in range(10, 16):  # of one section and block: two boilers and four of the rest
            village.remove_building(n + 1, 2)
        estimate(village)
    monkeypatch.setattr(heating.Classes, "few", property(lambda _: set(), lambda *_: None), False)
    with pytest.raises(AuditFailed) as refused:
        build(planned, NEXT)
    assert "Gebäude heraus" in str(refused.value.findings)
    monkeypatch.undo()
    done = build(planned, NEXT)
    assert (done.buildings, done.waiting) == (60, 6)


SPOILED = [
    ("UPDATE erzeuger SET anzahl = anzahl + 1 WHERE art = 'Heizkessel'", "sagt 13, es sind aber"),
    ("DELETE FROM erzeuger WHERE art = 'Brennwertkessel'", "fehlt"),
    ("UPDATE erzeuger SET art = 'Wärmepumpe' WHERE art = 'Heizkessel'", "ruht auf 0"),
    ("UPDATE erzeuger SET traeger = 'Strom'", "ruht auf 0"),
    ("INSERT INTO erzeuger VALUES ('B1', 'Erdgas', 'Wärmepumpe', 3)", "nötig sind 5"),
]


@pytest.mark.parametrize(("sql", "why"), SPOILED)
def test_every_spoiled_number_is_found(planned: Config, sql: str, why: str) -> None:
    done = build(planned)
    assert done.published.release is not None
    path = done.published.release.path
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(sql)
    found = audit(path, cube_named("waermekataster"), {}, None, planned.hub.village_db).findings
    assert any(why in str(one) for one in found), found


def warmed(rng: random.Random, parts: list[Part], share: float) -> list[Part]:
    words = ("boiler", "condensing", "condensing", "heat_pump", "")
    return [
        replace(one, heating=rng.choice(words)) if rng.random() < share else one for one in parts
    ]


@pytest.mark.parametrize("seed", range(6))
def test_no_number_and_no_difference_is_of_four(seed: int) -> None:
    """By what all releases say of each building, whoever kept them all can part no fewer."""
    rng = random.Random(seed)
    parts = warmed(rng, village(rng, 60 + 60 * seed), 1)
    rows: list[tuple[int, Share]] = []
    places: dict[int, str] = {}
    now: dict[int, Share] = {}
    told: dict[int, list[tuple[str, str, str]]] = {}
    for number in range(1, 13):
        if not now:
            formed = cells.form(parts, RULE)
            changes, new = formed.shares, formed.cells
        else:
            change = advance(history(rows, places), parts, RULE, thaw=rng.random() < 0.7)
            changes, new = change.shares, change.cells
        rows += [(number, changes[one]) for one in sorted(changes)]
        places |= new
        now |= changes
        for building in now:
            told.setdefault(building, [("", "", "")] * (number - 1))
        for building, past in told.items():
            one = now[building]
            past.append((one.block, one.carrier, one.heating) if one.block else ("", "", ""))
        parts = warmed(rng, later(rng, parts), rng.choice((0, 0.05, 0.4)))
    alike = Counter(tuple(past) for past in told.values() if any(block for block, *_ in past))
    assert min(alike.values()) >= RULE.k
    assert any(kind for past in alike for *_, kind in past)


def test_the_auditor_counts_whom_histories_part() -> None:
    blocks = dict.fromkeys(range(10), 1)
    assert not list(told_by_counts(blocks, {n: [(1, "boiler")] for n in range(5)}, 5))
    assert list(told_by_counts(blocks, {n: [(1, "boiler")] for n in range(6)}, 5))
    parted = {n: [(1 + n % 2, "boiler")] for n in range(10)}
    assert not list(told_by_counts(blocks, parted, 5))
    assert list(told_by_counts(blocks | {9: 2}, parted, 5))

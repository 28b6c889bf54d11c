"""Scenarios against sums that can be done by hand, and what a file must not leave open."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from edge.heat import typology
from edge.heat.building import Building
from edge.heat.errors import CadastreError
from edge.heat.estimate import Evidence, Together, fit
from edge.heat.prior import prior
from edge.heat.said import Method, Said
from edge.heat.scenario import words
from edge.heat.scenario.course import State, course
from edge.heat.scenario.merging import merged
from edge.heat.scenario.outlook import Outlook, outlook
from edge.heat.scenario.picture import svg
from edge.heat.scenario.plan import Change, Plan, at
from edge.heat.scenario.reading import loads
from edge.heat.scenario.stock import Stock, stock
from edge.heat.totals import Posterior, posterior, totals

ROOT = Path(__file__).parents[3]
FURNISHINGS = ROOT / "tests" / "furnishings" / "heat"
VALUES = typology.loads((FURNISHINGS / "typology.toml").read_text("utf-8"))
TEXT = (FURNISHINGS / "scenario.toml").read_text("utf-8")
PLAN = loads(TEXT)
EXAMPLE = (ROOT / "docs" / "heat-scenario.example.toml").read_text("utf-8")
DAY = date(2026, 1, 1)
NORMAL = 3400.0
SVG = "{http://www.w3.org/2000/svg}"


def building(number: int, block: str = "B1", **facts: str | float) -> Building:
    said = {name: Said(value, "erfunden", DAY, Method.SURVEY) for name, value in facts.items()}
    return Building(number, f"Weg {number}", block=block, facts=said)


def village(count: int = 12, **facts: str | float) -> list[Building]:
    """Return houses of two age classes, of which nobody said more unless ``facts`` do."""
    return [
        building(n, type="EFH", year_built=1950.0 if n % 2 else 1990.0, area=100.0,
                 refurbishment="none", **facts)
        for n in range(count)
    ]  # fmt: skip


NOBODY = np.array([], dtype=np.int64)


def seen_of(houses: list[Building], groups: tuple[Together, ...] = ()) -> Posterior:
    nothing = np.array([], dtype=np.float64)
    return posterior(fit(prior(houses, VALUES), VALUES, Evidence(NOBODY, nothing, nothing), groups))


def stock_of(plan: Plan, houses: list[Building], measured: frozenset[int] = frozenset()) -> Stock:
    return stock(plan, houses, prior(houses, VALUES), measured, VALUES.hot_water)


def ahead(plan: Plan, houses: list[Building], normal: float | None = NORMAL) -> Outlook:
    return outlook(plan, stock_of(plan, houses), seen_of(houses), normal)


def states(plan: Plan, houses: list[Building]) -> dict[int, State]:
    found = stock_of(plan, houses)
    kwh = np.exp(prior(houses, VALUES).middle)
    return {one.year: one for one in course(plan, found, kwh)}


def still(**more: Any) -> Plan:
    """Return a plan in which nothing happens but what ``more`` says."""
    calm = replace(PLAN.refurbishment, rate={0: 0.0})
    plain = {name: replace(one, primary={0: 1.0}, co2={0: 100.0})
             for name, one in PLAN.factors.items()}  # fmt: skip
    nothing: dict[str, Any] = {
        "refurbishment": calm, "changes": (), "kd_per_decade": 0.0, "factors": plain,
    }  # fmt: skip
    return replace(PLAN, **{**nothing, **more})


def share(state: State, name: str) -> float:
    return float(state.shares[0, [one.name for one in PLAN.supplies].index(name)])


def change(**more: Any) -> Change:
    return Change("x", "erfunden", ("gas",), {"heat_pump": 1.0}, **more)


def test_nothing_changes_if_nothing_is_assumed() -> None:
    found = ahead(still(), village(), None)
    for one in found.years:
        assert one.amount == found.base.amount
        assert one.carriers == found.base.carriers
        assert {(step.final, step.primary, step.co2) for step in one.steps} == {(0.0, 0.0, 0.0)}
    assert found.base.amount.co2.value == pytest.approx(found.base.amount.final.value * 100 / 1e6)


def test_energy_is_the_estimates_turned_into_each_carriers() -> None:
    houses = village()
    _, whole = totals(seen_of(houses), np.zeros(12, dtype=np.int64), 1)
    heat = float(whole.kwh[0]) * 0.8
    found = ahead(still(), houses).base
    expected = {"gas": heat * 0.5 / 0.9, "oil": heat * 0.3 / 0.8, "wood": heat * 0.1 / 0.7,
                "electricity": heat * 0.1 / 3.0}  # fmt: skip
    assert {one.name: one.final.value for one in found.carriers} == pytest.approx(expected)
    assert [one.name for one in found.carriers] == ["gas", "oil", "wood", "electricity"]
    amount = found.amount.final
    assert amount.value == pytest.approx(sum(expected.values()))
    # the band goes along: nothing in it but the estimate's own, scaled
    assert amount.low / amount.value == pytest.approx(float(whole.low[0] / whole.kwh[0]))
    assert amount.high / amount.value == pytest.approx(float(whole.high[0] / whole.kwh[0]))


def test_weights_move_the_band_of_a_sum_with_groups_too() -> None:
    houses = village(14)
    group = Together((0, 1, 2, 3, 4, 5), 150_000.0, 0.05)
    seen = seen_of(houses, (group,))
    place = np.zeros(14, dtype=np.int64)
    _, plain = totals(seen, place, 1)
    _, double = totals(seen, place, 1, np.full(14, 2.0))
    assert double.low[0] == pytest.approx(2 * plain.low[0])
    only = np.array([1.0] * 6 + [0.0] * 8)
    _, part = totals(seen, place, 1, only)
    _, same = totals(seen, np.array([0] * 6 + [-1] * 8), 1)
    assert (part.kwh[0], part.low[0]) == pytest.approx((same.kwh[0], same.low[0]))


def test_refurbishment_goes_even_or_to_the_worst_first() -> None:
    houses = village()
    rate = replace(PLAN.refurbishment, rate={0: 0.05}, worst_first=False)
    even = states(still(refurbishment=rate), houses)
    assert even[2030].done == pytest.approx(np.full(12, 0.25))
    assert even[2030].area == pytest.approx(0.25)
    assert even[2045].done == pytest.approx(np.ones(12))
    worst = states(still(refurbishment=replace(rate, worst_first=True)), houses)
    assert worst[2030].done[1] == pytest.approx(0.5)
    assert worst[2030].done[0] == 0.0
    assert worst[2045].area == pytest.approx(1.0)


def test_what_refurbishment_and_climate_leave_is_reckoned_on_space_heating() -> None:
    houses = village()
    rate = replace(PLAN.refurbishment, rate={0: 0.05}, worst_first=False)
    found = ahead(still(refurbishment=rate, kd_per_decade=-340.0), houses)
    base, last = found.base.amount.final.value, found.years[-1].amount.final.value
    water = VALUES.hot_water
    assert last / base == pytest.approx(water + (1 - water) * 0.8 * 0.5)
    climate, done, supply, factors = found.years[-1].steps
    assert climate.final == pytest.approx(base * (1 - water) * 0.2)
    assert done.final == pytest.approx(base * (1 - water) * 0.8 * 0.5)
    assert (supply.final, factors.co2) == (0.0, 0.0)


def test_depth_may_be_by_age_and_a_full_one_is_not_done_again() -> None:
    ages = {**dict.fromkeys("ABCDEFGHIJKL", 1.0), "D": 0.4, "unknown": 0.7}
    by_age = replace(PLAN.refurbishment, rate={0: 1.0}, by_age=True, left=ages)
    houses = [*village(10), building(10, refurbishment="full"), building(11)]
    found = stock_of(still(refurbishment=by_age), houses)
    assert found.left.tolist() == [1.0, 0.4] * 5 + [1.0, 0.7]
    done = states(still(refurbishment=by_age), houses)[2030].done
    assert done.tolist() == [0.0, 1.0] * 5 + [0.0, 1.0]
    nobody = replace(by_age, left=dict.fromkeys(ages, 1.0))
    assert states(still(refurbishment=nobody), houses)[2045].area == 0.0


def test_a_rate_takes_its_share_of_those_left_also_of_new_ones() -> None:
    some = replace(change(rate={0: 0.1}), to={"oil": 1.0})
    back = replace(change(rate={0: 0.5}), origin=("oil",), to={"oil": 0.0, "wood": 1.0})
    found = states(still(changes=(some, back)), village(carrier="gas"))
    assert share(found[2030], "gas") == pytest.approx(0.9**5)
    assert found[2045].shares.sum(axis=1) == pytest.approx(np.ones(12))
    assert share(found[2045], "wood") > 0.7


def test_a_share_is_reached_in_equal_parts() -> None:
    net = replace(change(share=0.4, start=2029, by=2032), to={"district": 1.0})
    found = states(still(changes=(net,)), village(carrier="gas"))
    assert share(found[2030], "district") == pytest.approx(0.2)
    assert share(found[2035], "district") == pytest.approx(0.4)
    assert share(found[2045], "district") == pytest.approx(0.4)
    whole = states(still(changes=(replace(net, share=1.0),)), village(carrier="gas"))
    assert share(whole[2035], "district") == pytest.approx(1.0)


def test_generators_go_when_they_are_due_once() -> None:
    aged = replace(change(at_age=20), to={"heat_pump": 0.6})
    plan = still(changes=(aged,))
    due = states(plan, village(carrier="gas", generator_year=2012.0))
    assert share(due[2030], "gas") == 1.0
    assert share(due[2035], "heat_pump") == pytest.approx(0.6)
    assert share(due[2045], "gas") == pytest.approx(0.4), "the new boilers are not due again"
    late = states(plan, village(carrier="gas", generator_year=1990.0))
    assert share(late[2030], "heat_pump") == pytest.approx(0.6)
    unknown = states(plan, village(carrier="gas"))
    assert share(unknown[2030], "heat_pump") == pytest.approx(0.6 * 5 / 20)
    assert share(unknown[2045], "heat_pump") == pytest.approx(0.6)
    short = states(still(changes=(replace(aged, at_age=3),)), village(carrier="gas"))
    assert share(short[2030], "heat_pump") == pytest.approx(0.6)


def test_a_change_may_be_of_blocks_and_types_but_not_of_four_buildings() -> None:
    houses = [replace(one, block="B1" if one.number < 6 else "B2") for one in village()]
    net = replace(change(share=1.0, start=2026, by=2027), origin=("gas", "oil", "wood"),
                  to={"district": 1.0}, blocks=frozenset({"B1"}))  # fmt: skip
    found = states(still(changes=(net,)), houses)[2030].shares[:, 3]
    assert found == pytest.approx([0.9] * 6 + [0.0] * 6)
    typed = replace(net, blocks=frozenset(), types=frozenset({"EFH"}))
    assert states(still(changes=(typed,)), houses)[2030].shares[:, 3] == pytest.approx([0.9] * 12)
    for few in (replace(net, blocks=frozenset({"B9"})), replace(net, types=frozenset({"GMH"}))):
        with pytest.raises(CadastreError) as refused:
            states(still(changes=(few,)), houses)
        assert "weniger als 5" in refused.value.hint


def test_what_heats_a_building_is_found_by_carrier_and_heating() -> None:
    pumps = [building(n, type="MFH", heating="heat_pump") for n in range(5)]
    direct = [building(n, type="MFH", carrier="electricity", heating="stove") for n in range(5, 10)]
    both = [building(n, carrier="electricity", heating="heat_pump") for n in range(10, 15)]
    nobody = [building(n, heating="boiler") for n in range(15, 20)]
    found = stock_of(PLAN, [*pumps, *direct, *both, *nobody], frozenset({0, 15}))
    at_ = [one.name for one in PLAN.supplies].index
    assert found.shares[:5, at_("heat_pump")].tolist() == [1.0] * 5
    assert found.shares[5:10, at_("electric")].tolist() == [1.0] * 5
    assert found.shares[10:15, at_("heat_pump")].tolist() == [1.0] * 5
    assert found.known.tolist() == [True] * 15 + [False] * 5
    assert found.heat.tolist() == [3.0] + [0.8] * 19, "measured by itself: its own supply's gain"
    with pytest.raises(CadastreError) as refused:
        stock_of(PLAN, [building(7, carrier="coal", heating="stove")])
    assert "Gebäude 7" in refused.value.hint
    with pytest.raises(CadastreError):
        stock_of(PLAN, [building(7, carrier="coal")])


def test_no_row_is_that_of_fewer_than_five_buildings() -> None:
    # four electric ones are taken as nobody knows; their sum would be theirs
    houses = [*village(12), *(building(n, carrier="electricity") for n in range(20, 24))]
    found = ahead(still(mix={"gas": 1.0}), houses)
    assert [one.name for one in found.base.carriers] == ["gas"]
    assert found.known_supply == 0
    assert all(one.buildings >= 5 for one in (*found.base.carriers, *found.base.classes))
    assert sum(one.buildings for one in found.base.classes) == 16
    # a mix that only three buildings have part in
    mixed = [*village(12, carrier="gas"), *(building(n) for n in range(20, 23))]
    rows = ahead(still(mix={"oil": 0.5, "wood": 0.5}), mixed).base.carriers
    assert [(one.name, one.buildings, one.primary) for one in rows] == [("gas+wood+oil", 15, None)]
    with pytest.raises(CadastreError) as refused:
        ahead(PLAN, village(4))
    assert "ab 5 Gebäuden" in refused.value.hint


def test_small_rows_are_put_together_until_five_have_part() -> None:
    takes = np.zeros((5, 20), dtype=bool)
    takes[0, :10] = True
    takes[1, 10:16] = True
    takes[2, 16:18] = True
    takes[3, 18:] = True
    sizes = np.array([9.0, 5.0, 2.0, 3.0, 0.0])
    assert merged(takes, sizes) == [[0], [1, 3, 2]]
    takes[2, 15:18] = True
    assert merged(takes, sizes) == [[0], [1], [3, 2]]
    assert merged(takes[:2], sizes[:2]) == [[0], [1]]
    assert merged(takes[2:3], sizes[2:3]) == [[0]], "nothing else to put it to"


def test_a_climate_needs_a_normal_year_and_leaves_a_winter() -> None:
    with pytest.raises(CadastreError) as refused:
        ahead(PLAN, village(), None)
    assert "Gradtagszahl" in refused.value.hint
    with pytest.raises(CadastreError) as refused:
        ahead(replace(PLAN, kd_per_decade=-1000.0, years=(2095,)), village())
    assert "kd_per_decade" in refused.value.hint


def test_courses_are_linear_between_and_constant_beyond() -> None:
    course_ = {2030: 1.0, 2040: 3.0}
    assert [at(course_, year) for year in (2020, 2030, 2035, 2040, 2050)] == [1, 1, 2, 3, 3]


def test_the_example_names_all_that_is_to_be_filled_in_and_can_be() -> None:
    with pytest.raises(CadastreError) as refused:
        loads(EXAMPLE)
    for key in ("about.name", "about.base", "mix.gas", "refurbishment.left.part",
                "change.1.at_age", "carrier.district.co2"):  # fmt: skip
        assert key in refused.value.hint
    assert "carrier.gas" not in refused.value.hint
    text = EXAMPLE
    for key, value in (
        ("base", "2026"), ("gain", "0.9"), ("gas", "0.5"), ("oil", "0.25"), ("wood", "0.25"),
        ("rate", "0.01"), ("none", "0.5"), ("part", "0.6"), ("unknown", "0.6"),
        ("kd_per_decade", "-50"), ("at_age", "25"), ("share", "0.3"), ("start", "2028"),
        ("by", "2035"), ("primary", "0.3"), ("co2", "60"),
    ):  # fmt: skip
        text = re.sub(rf'^{key} = "\?"', f"{key} = {value}", text, flags=re.MULTILINE)
    text = text.replace('heat_pump = "?", wood = "?"', "heat_pump = 0.5, wood = 0.2")
    text = text.replace('"?"', '"Gemeinde"')
    found = loads(text)
    assert at(found.factors["gas"].co2, 2040) == 240
    assert ahead(found, village()).years[-1].amount.co2.value > 0


@pytest.mark.parametrize(
    ("before", "after", "hint"),
    [
        ("[about]", "[about", "kein gültiges TOML"),
        ("[about]", "[other]\n[about]", "other ist unbekannt"),
        ("[climate]", "[[climate]]", "climate muss eine Tabelle sein"),
        ('kd_per_decade = -100\nsource = "erfunden"', "", "climate.kd_per_decade, climate.source"),
        ('[climate]\nkd_per_decade = -100\nsource = "erfunden"', "", "[climate], climate.kd_per_"),
        ("base = 2025", "base = 2025.5", "ganze Zahl"),
        ("base = 2025", "base = 2030", "nach dem Bezugsjahr 2030"),
        ("[2030, 2035, 2040, 2045]", "[]", "about.years"),
        ("[2030, 2035, 2040, 2045]", "2030", "about.years"),
        ("[2030, 2035, 2040, 2045]", "[2030, true]", "about.years"),
        ("made_up = true", "made_up = 1", "true oder false"),
        ("gain = 0.8\n", "gain = 9\n", "nicht zwischen 0.2 und 8"),
        ("gain = 0.8\n", "gain = true\n", "muss eine Zahl sein"),
        ('order = "worst"', 'order = "best"', "even, worst"),
        ('order = "worst"', "order = 1", "muss ein Text sein"),
        ("none = 0.5", "old = 0.5", "weder Zustand noch Altersklasse"),
        ("none = 0.5", "A = 0.5", "refurbishment.left.part"),
        ("rate = { 2026 = 0.01, 2030 = 0.02 }", "rate = {}", "refurbishment.rate"),
        ("rate = { 2026 = 0.01, 2030 = 0.02 }", "rate = { now = 1 }", "muss Jahre nennen"),
        ('heating = ["heat_pump"]', 'heating = "heat_pump"', "muss eine Liste sein"),
        ('heating = ["heat_pump"]', 'heating = ["pump"]', "muss eines sein von"),
        ("gas = 0.5\n", "gas = 0.4\n", "mix muss zusammen 1"),
        ("gas = 0.5\n", "gas = 0.6\n", "mehr als 1"),
        ("gas = 0.5\n", "peat = 0.5\n", "mix.peat ist keine der Versorgungen"),
        ("at_age = 25", "at_age = 25\nrate = 0.1", "genau eines"),
        ("rate = 0.05", "", "genau eines"),
        ("at_age = 25", "at_age = 25\noverdue = 31", "change.1.overdue"),
        ('from = ["electric"]', "from = []", "change.3.from nennt keine"),
        ('from = ["electric"]', 'from = ["peat"]', "change.3.from.peat"),
        ("to = { district = 1 }", "to = { district = 0.5 }", "change.2.to muss zusammen 1"),
        ("start = 2028", "start = 2041", "change.2.start"),
        ("start = 2028", "start = 2025", "change.2.start"),
    ],
)
def test_a_file_that_is_wrong_says_where(before: str, after: str, hint: str) -> None:
    assert before in TEXT
    with pytest.raises(CadastreError) as refused:
        loads(TEXT.replace(before, after))
    assert hint in refused.value.hint


def test_a_file_without_supplies_or_with_one_change_is_refused() -> None:
    head = TEXT[: TEXT.index("[supply.gas]")] + "[supply]\n[carrier]\n"
    with pytest.raises(CadastreError) as refused:
        loads(head)
    assert "nennt keine Versorgung" in refused.value.hint
    with pytest.raises(CadastreError) as refused:
        loads("change = [1]\n" + TEXT[: TEXT.index("[[change]]")])
    assert "[[change]]" in refused.value.hint
    with pytest.raises(CadastreError) as refused:
        loads("change = 1\n" + TEXT[: TEXT.index("[[change]]")])
    assert "[[change]]" in refused.value.hint
    default = loads(
        TEXT.replace("start = 2028\n", "").replace("at_age = 25", "overdue = 7\nat_age = 25")
    )
    assert (default.changes[1].start, default.changes[0].overdue) == (2026, 7)
    assert len(loads(TEXT).sources()) == 14


def test_words() -> None:
    assert words.carriers("gas+oil") == "Erdgas und Heizöl"
    assert words.carriers("gas+oil+wood") == "übrige (Erdgas, Heizöl, Holz)"
    assert words.classes("EFH A") == "EFH A"
    assert words.classes("EFH A+RH B") == "übrige (2 Klassen)"
    assert words.percent(50.0, 100.0) == -50.0
    assert words.percent(50.0, 0.0) is None
    rows = {name: numbers for name, numbers, _ in words.factors(PLAN)}
    assert rows["Erdgas"] == "Primärenergie 1,1; CO2 240 g/kWh"
    assert rows["Strom"].startswith("Primärenergie 1,8 (2025), 1,6 (2030)")


def test_the_picture_has_every_year_and_its_words() -> None:
    found = ahead(PLAN, village())
    text = svg(replace(PLAN, name="<Dorf & Netz>"), found, made_up=False)
    drawn = ET.fromstring(text)  # noqa: S314  # our own
    texts = [one.text for one in drawn.iter(f"{SVG}text")]
    for words_ in ("<Dorf & Netz>: 2025 bis 2045", "2040", "Wärmenetz"):
        assert words_ in texts
    assert "Achtung: Werte dieses Bildes sind erfunden." in texts
    bars = [one for one in drawn.iter(f"{SVG}rect") if one.get("stroke")]
    assert len(bars) == sum(len(one.carriers) + 1 for one in (found.base, *found.years))
    assert all(0 <= float(one.get("y", "-1")) <= 670 for one in bars)
    told = drawn.find(f"{SVG}desc")
    assert told is not None
    assert told.text is not None
    assert told.text.startswith("2025: ")
    honest = replace(PLAN, made_up=False)
    assert "erfunden" in svg(honest, found, made_up=True)
    assert "erfunden" not in svg(replace(honest, name="x"), found, made_up=False)
    mixed = [*village(12, carrier="gas"), *(building(n) for n in range(20, 23))]
    rest = ahead(still(mix={"oil": 0.5, "wood": 0.5}), mixed)
    assert ">übrige<" in svg(honest, rest, made_up=False)


def test_the_expected_course_is_what_lots_come_to_in_the_mean() -> None:
    rng = np.random.default_rng(4)
    houses = village(40, carrier="gas", generator_year=2008.0)
    aged = replace(change(at_age=20), to={"heat_pump": 0.6, "wood": 0.3})
    later = replace(change(rate={0: 0.04}), origin=("wood", "heat_pump"), to={"district": 1.0})
    found = states(still(changes=(aged, later)), houses)
    counts = np.zeros(4)
    for _ in range(4000):  # one house, year by year, by lot
        at_ = "gas"
        for year in range(2026, 2046):
            if year == 2028:
                at_ = str(rng.choice(["heat_pump", "wood", "gas"], p=[0.6, 0.3, 0.1]))
            if at_ in {"wood", "heat_pump"} and rng.random() < 0.04:
                at_ = "district"
        counts[["gas", "heat_pump", "wood", "district"].index(at_)] += 1
    for name, count in zip(("gas", "heat_pump", "wood", "district"), counts, strict=True):
        assert share(found[2045], name) == pytest.approx(count / 4000, abs=0.03)

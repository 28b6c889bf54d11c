"""A house beside the typology's: the band by hand, what is in the way, what refurbishing leaves."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from edge.heat import typology
from edge.heat.alike import Band, House, Missing, compare
from edge.heat.building import BuildingType, Refurbishment
from edge.heat.season.chance import Z80

TEXT = (Path(__file__).parents[2] / "furnishings" / "heat" / "typology.toml").read_text("utf-8")
VALUES = typology.loads(TEXT)
GTZ = {2023: 3000.0, 2024: 3400.0, 2025: 3700.0}
NORMAL = 3400.0
HOUSE = House(
    type=BuildingType.DETACHED,
    age="E",
    state="none",
    area=120.0,
    years={2023: 22_000.0, 2024: 24_000.0, 2025: 26_000.0},
)


def test_a_house_is_the_mean_of_three_years_of_normal_weather() -> None:
    found = compare(HOUSE, VALUES, GTZ, NORMAL)
    water = VALUES.hot_water
    by_hand = [
        kwh * (water + (1 - water) * NORMAL / GTZ[year]) for year, kwh in HOUSE.years.items()
    ]
    assert found.own is not None
    assert found.own.kwh == pytest.approx(sum(by_hand) / 3)
    assert found.own.kwh_m2 == pytest.approx(sum(by_hand) / 3 / 120)
    assert found.own.mean.years == (2023, 2024, 2025)
    assert found.own.mean.adjusted
    assert found.missing == frozenset()


def test_houses_like_it_are_the_typologys_and_nobodys() -> None:
    band = compare(HOUSE, VALUES, GTZ, NORMAL).band
    spread = VALUES.spread
    reach = math.exp(
        Z80 * math.sqrt(spread["village"] ** 2 + spread["class"] ** 2 + spread["building"] ** 2)
    )
    middle = VALUES.demand[BuildingType.DETACHED]["E"]
    assert band is not None
    assert (band.low, band.middle, band.high) == pytest.approx(
        (middle / reach, middle, middle * reach)
    )


def test_what_nobody_said_widens_the_band() -> None:
    def width(house: House) -> float:
        band = compare(house, VALUES, GTZ, NORMAL).band
        assert band is not None
        return band.high / band.low

    known = width(HOUSE)
    assert width(replace(HOUSE, state=None)) > known
    assert width(replace(HOUSE, age=None)) > known
    assert width(replace(HOUSE, type=BuildingType.NON_RESIDENTIAL)) > known


def test_without_an_age_the_middle_is_that_of_all_classes() -> None:
    band = compare(replace(HOUSE, age=None), VALUES, GTZ, NORMAL).band
    classes = VALUES.demand[BuildingType.DETACHED].values()
    assert band is not None
    assert band.middle == pytest.approx(math.prod(classes) ** (1 / len(classes)))


def test_hot_water_that_the_heating_does_not_make_counts_on_neither_side() -> None:
    dry = replace(HOUSE, hot_water=False)
    found, usual = compare(dry, VALUES, GTZ, NORMAL), compare(HOUSE, VALUES, GTZ, NORMAL)
    assert found.own is not None
    assert found.band is not None
    assert usual.band is not None
    by_hand = [kwh * NORMAL / GTZ[year] for year, kwh in HOUSE.years.items()]
    assert found.own.kwh == pytest.approx(sum(by_hand) / 3)
    assert found.band.middle == pytest.approx(usual.band.middle * (1 - VALUES.hot_water))


@pytest.mark.parametrize(
    ("house", "missing"),
    [
        (replace(HOUSE, area=None), Missing.AREA),
        (replace(HOUSE, area_kind="an unknown one"), Missing.AREA_KIND),
        (replace(HOUSE, years={}), Missing.BILLS),
        (replace(HOUSE, electric=True), Missing.ELECTRICITY),
        (replace(HOUSE, area=9000.0), Missing.UNLIKELY),
        (replace(HOUSE, area=15.0), Missing.UNLIKELY),
    ],
)
def test_what_is_in_the_way_is_said_and_the_band_stays(house: House, missing: Missing) -> None:
    found = compare(house, VALUES, GTZ, NORMAL)
    assert (found.own, found.missing) == (None, {missing})
    assert found.band == compare(HOUSE, VALUES, GTZ, NORMAL).band


def test_without_a_type_there_is_nothing_like_it() -> None:
    found = compare(replace(HOUSE, type=None), VALUES, GTZ, NORMAL)
    assert (found.band, found.after, found.missing) == (None, (), {Missing.TYPE})
    assert found.own is not None


def test_another_area_is_turned_into_the_typologys() -> None:
    house = replace(HOUSE, area=150.0, area_kind="useful")
    own = compare(house, VALUES, GTZ, NORMAL).own
    assert own is not None
    assert own.kwh_m2 == pytest.approx(own.kwh / (150 * VALUES.area_factor["useful"]))


def test_without_degree_days_the_mean_is_as_consumed() -> None:
    own = compare(HOUSE, VALUES, {}, None).own
    assert own is not None
    assert (own.kwh, own.mean.adjusted) == (24_000.0, False)


def test_a_refurbishment_goes_by_the_typologys_factors() -> None:
    found = compare(HOUSE, VALUES, {}, None)
    part, full = found.after
    assert (part.state, full.state) == (Refurbishment.PART, Refurbishment.FULL)
    assert full.kwh_m2 == pytest.approx(200 * VALUES.refurbishment["full"])
    assert full.less_kwh == pytest.approx(24_000 * (1 - VALUES.refurbishment["full"]))
    half_done = compare(replace(HOUSE, state="part"), VALUES, {}, None)
    assert [one.state for one in half_done.after] == [Refurbishment.FULL]
    assert half_done.after[0].kwh_m2 == pytest.approx(
        200 * VALUES.refurbishment["full"] / VALUES.refurbishment["part"]
    )
    assert compare(replace(HOUSE, state="full"), VALUES, {}, None).after == ()


def test_without_bills_an_example_begins_from_houses_like_it() -> None:
    found = compare(replace(HOUSE, years={}, area=None), VALUES, GTZ, NORMAL)
    assert found.band is not None
    full = found.after[-1]
    assert full.kwh_m2 == pytest.approx(found.band.middle * VALUES.refurbishment["full"])
    assert full.less_kwh is None


@pytest.mark.parametrize(
    ("kwh_m2", "where"), [(99.9, -1), (100.0, 0), (200.0, 0), (300.0, 0), (300.1, 1)]
)
def test_a_house_lies_below_in_or_above_the_band(kwh_m2: float, where: int) -> None:
    assert Band(200.0, 100.0, 300.0).where(kwh_m2) == where

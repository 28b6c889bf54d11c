"""Bills of a household: what they are in kWh, and which cannot be so."""

from __future__ import annotations

from datetime import date

import pytest

from edge.heat.bill import UNITS, Bill, BillError, beside, by_year, checked, read, year_kwh

TODAY = date(2026, 11, 26)


def bill(
    unit: str = "oil_l", amount: float = 2400.0, first: str = "2024-01-01", last: str = "2024-12-31"
) -> Bill:
    return Bill(unit, amount, date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("unit", "amount", "kwh"),
    [
        ("oil_l", 2400.0, 24_000.0),
        ("gas_m3", 2000.0, 20_000.0),
        ("gas_kwh", 22_200.0, 20_000.0),  # HeizkostenV § 9 (2): by 1.11
        ("pellets_kg", 4000.0, 20_000.0),
        ("hardwood_rm", 10.0, 18_850.0),
        ("heat_kwh", 18_000.0, 18_000.0),
    ],
)
def test_an_amount_is_kwh_of_the_lower_heating_value(unit: str, amount: float, kwh: float) -> None:
    assert bill(unit, amount).kwh == pytest.approx(kwh)


def test_a_year_of_another_length_counts_as_365_days() -> None:
    assert bill(first="2023-01-01", last="2023-12-31").yearly_kwh == pytest.approx(24_000)
    assert bill().days == 366
    assert bill().yearly_kwh == pytest.approx(24_000 * 365 / 366)


@pytest.mark.parametrize(
    ("first", "last", "year"),
    [
        ("2023-10-01", "2024-09-30", 2024),
        ("2024-02-01", "2025-01-31", 2024),
        ("2022-07-01", "2023-07-01", 2022),  # 184 and 182 days
        ("2022-07-03", "2023-07-01", 2022),  # 182 and 182: the earlier
    ],
)
def test_a_bill_counts_for_the_year_that_most_days_are_of(first: str, last: str, year: int) -> None:
    assert bill(first=first, last=last).year == year


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        (bill("peat"), "unit", "choose"),
        (bill(first="2025-01-01"), "last", "before"),
        (bill(first="2026-01-01", last="2026-12-31"), "last", "future"),
        (bill(first="2010-01-01", last="2010-12-31"), "first", "old"),
        (bill(last="2024-11-20"), "last", "no_year"),
        (bill(last="2025-02-20"), "last", "no_year"),
        (bill(amount=2.4), "amount", "implausible"),
        (bill(amount=2.4e6), "amount", "implausible"),
    ],
)
def test_what_cannot_be_so_is_named(wrong: Bill, field: str, code: str) -> None:
    with pytest.raises(BillError) as error:
        checked(wrong, TODAY)
    assert (error.value.field, error.value.code) == (field, code)


def test_near_misses_are_taken() -> None:
    for near in (
        bill(last="2024-11-25"),  # 330 days
        bill(last="2025-02-03"),  # 400 days
        bill(first="2025-11-27", last="2026-11-26"),
        bill(first="2011-01-01", last="2011-12-31"),
        bill(amount=10.1),
    ):
        assert checked(near, TODAY) == near


def test_the_same_time_counts_once_for_each_fuel() -> None:
    before = [bill(), bill("hardwood_rm", 4.0)]
    with pytest.raises(BillError) as error:
        beside(bill("oil_l", 10.0, "2024-12-01", "2025-11-30"), before)
    assert error.value.code == "twice"
    following = bill("oil_l", 2000.0, "2024-12-31", "2025-12-30")  # the reading's day in both
    assert beside(following, before) == following
    assert by_year([*before, following]) == {2024: before, 2025: [following]}


def test_two_bills_of_one_fuel_and_year_are_not_twice_the_heat() -> None:
    first = bill("gas_kwh", 22_200.0, "2023-07-15", "2024-06-30")  # 352 days, most of them in 2024
    then = bill("gas_kwh", 22_200.0, "2024-07-01", "2025-06-20")  # 355 days, likewise
    wood = bill("hardwood_rm", 2.0)
    assert by_year([first, then, wood]) == {2024: [first, wood, then]}
    gas = 2 * 20_000.0 / (352 + 355) * 365
    assert year_kwh([first, then]) == pytest.approx(gas)
    assert year_kwh([first, wood, then]) == pytest.approx(gas + wood.yearly_kwh)


@pytest.mark.parametrize("unit", UNITS)
def test_a_bill_in_one_word_reads_back(unit: str) -> None:
    one = bill(unit, 1234.5)
    assert read(one.text) == one
    assert len(one.source) <= 200
    assert "1234.5" in one.source


@pytest.mark.parametrize("text", ["", "oil_l|x|2024-01-01|2024-12-31", "oil_l|1|2024", "|||", "a"])
def test_no_bill_is_read(text: str) -> None:
    with pytest.raises(BillError):
        read(text)


def test_an_unknown_unit_is_not_read() -> None:
    with pytest.raises(BillError) as error:
        read("peat|1.0|2024-01-01|2024-12-31")
    assert error.value.field == "unit"

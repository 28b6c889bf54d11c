from __future__ import annotations

import pytest

from hardware.profiles.plausible import BOUNDS, mark, marked_total
from hardware.reading import Function, Mark, Quantity, Record, Register, Unit

NOW, ERROR = Function.INSTANTANEOUS, Function.ERROR


@pytest.mark.parametrize("quantity", BOUNDS)
def test_bounds_belong_to_what_is_plausible(quantity: Quantity) -> None:
    least, most = BOUNDS[quantity]
    assert mark(quantity, least, NOW) is Mark.NONE
    assert mark(quantity, most, NOW) is Mark.NONE
    assert mark(quantity, least - max(1.0, abs(least) * 1e-9), NOW) is Mark.IMPLAUSIBLE
    assert mark(quantity, most + max(1.0, abs(most) * 1e-9), NOW) is Mark.IMPLAUSIBLE


def test_a_models_bounds_take_the_place_of_the_general_ones() -> None:
    power = Quantity.POWER
    assert mark(power, 5.0, NOW, highest=4.0) is Mark.IMPLAUSIBLE
    assert mark(power, -5.0, NOW, lowest=-4.0) is Mark.IMPLAUSIBLE
    assert mark(power, 2e6, NOW, highest=3e6) is Mark.NONE
    assert mark(Quantity.OTHER, 2e99, NOW) is Mark.NONE
    assert mark(Quantity.OTHER, 5.0, NOW, highest=4.0) is Mark.IMPLAUSIBLE


def test_what_was_stored_in_error_is_marked() -> None:
    assert mark(Quantity.ENERGY, 5.0, ERROR) is Mark.ERROR_STATE
    assert mark(Quantity.OTHER, "abc", ERROR) is Mark.ERROR_STATE
    assert mark(Quantity.FLOW_TEMPERATURE, 999.0, ERROR) is Mark.ERROR_STATE


@pytest.mark.parametrize(
    ("quantity", "value"),
    [
        (Quantity.ON_TIME, 15.0),
        (Quantity.OPERATING_TIME, 15.0),
        (Quantity.DATE, "2025-11-07"),
        (Quantity.ERROR_FLAGS, 1.0),
    ],
)
def test_what_is_told_about_an_error_is_a_true_value(quantity: Quantity, value: object) -> None:
    assert isinstance(value, float | str)
    assert mark(quantity, value, ERROR) is Mark.NONE


def test_words_have_no_bounds() -> None:
    assert mark(Quantity.FLOW_TEMPERATURE, "hot", NOW) is Mark.NONE


@pytest.mark.parametrize(
    ("name", "value", "register", "medium", "is_marked"),
    [
        ("energy", -1.0, Register(), 0x04, True),
        ("volume", -0.001, Register(), 0x0C, True),
        ("energy", 0.0, Register(), 0x04, False),
        ("energy", "text", Register(), 0x04, False),
        ("energy", -1.0, Register(), 0x0A, False),  # cooling
        ("energy", -1.0, Register(), 0x0D, False),
        ("energy", -1.0, Register(), None, False),
        ("energy", -1.0, Register(storage=1), 0x04, False),
        ("energy", -1.0, Register(tariff=1), 0x04, False),
        ("power", -1.0, Register(), 0x04, False),
    ],
)
def test_a_heat_meter_s_total_is_not_below_zero(
    name: str, value: float | str, register: Register, medium: int | None, *, is_marked: bool
) -> None:
    record = Record(Quantity.ENERGY, value, Unit.KWH, register, name)
    found = marked_total(name, record, medium)
    assert (found.mark is Mark.IMPLAUSIBLE) == is_marked
    in_error = Record(Quantity.ENERGY, value, Unit.KWH, register, name, Mark.ERROR_STATE)
    assert marked_total(name, in_error, medium) is in_error

from __future__ import annotations

import pytest

from edge.store.wide import wide
from hardware.reading import CANONICAL_UNIT, Function, Quantity, Record, Register, Unit


def _record(
    quantity: Quantity, value: float | str, *, name: str = "", register: Register | None = None
) -> Record:
    return Record(quantity, value, CANONICAL_UNIT[quantity], register or Register(), name)


def test_each_column_holds_its_quantity() -> None:
    quantities = {
        Quantity.ENERGY: "energy_kwh",
        Quantity.VOLUME: "volume_m3",
        Quantity.POWER: "power_kw",
        Quantity.VOLUME_FLOW: "volume_flow_m3_h",
        Quantity.FLOW_TEMPERATURE: "flow_temperature_degc",
        Quantity.RETURN_TEMPERATURE: "return_temperature_degc",
        Quantity.TEMPERATURE_DIFFERENCE: "temperature_difference_k",
    }
    records = [_record(quantity, index + 0.5) for index, quantity in enumerate(quantities)]
    assert wide(records) == {
        column: index + 0.5 for index, column in enumerate(quantities.values())
    }


@pytest.mark.parametrize(
    "record",
    [
        _record(Quantity.ENERGY, 1.0, register=Register(storage=1)),
        _record(Quantity.ENERGY, 1.0, register=Register(tariff=1)),
        _record(Quantity.ENERGY, 1.0, register=Register(subunit=1)),
        _record(Quantity.ENERGY, 1.0, register=Register(function=Function.MAXIMUM)),
        _record(Quantity.ENERGY, 1.0, register=Register(function=Function.ERROR)),
        _record(Quantity.ENERGY, 1.0, name="energy_negative_only"),
        _record(Quantity.MASS, 1.0),
        Record(Quantity.ENERGY, "1", Unit.TEXT),
    ],
)
def test_another_register_or_meaning_fills_no_column(record: Record) -> None:
    assert wide([record]) == {}


def test_the_first_of_two_counts_and_the_plain_name_is_plain() -> None:
    first, second = _record(Quantity.POWER, 1.0, name="power"), _record(Quantity.POWER, 2.0)
    assert wide([first, second]) == {"power_kw": 1.0}

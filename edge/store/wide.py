"""Which of a meter's records fill the wide columns of `meter_reading` and `household_reading`."""

from __future__ import annotations

from collections.abc import Iterable

from hardware.reading import Quantity, Record, Register

_COLUMNS = {
    Quantity.ENERGY: "energy_kwh",
    Quantity.VOLUME: "volume_m3",
    Quantity.POWER: "power_kw",
    Quantity.VOLUME_FLOW: "volume_flow_m3_h",
    Quantity.FLOW_TEMPERATURE: "flow_temperature_degc",
    Quantity.RETURN_TEMPERATURE: "return_temperature_degc",
    Quantity.TEMPERATURE_DIFFERENCE: "temperature_difference_k",
}
_NOW = Register()  # storage 0, tariff 0, subunit 0, instantaneous


def wide(records: Iterable[Record]) -> dict[str, float]:
    """Return the columns of `meter_reading` that ``records`` fill, the first of each.

    A record counts if it is of register 0 and of no special kind (a name that says more than
    its quantity: only at error, only in one direction, ...).
    """
    values: dict[str, float] = {}
    for record in records:
        column = _COLUMNS.get(record.quantity)
        if (
            column is not None
            and record.register == _NOW
            and record.name in {"", record.quantity.value}
            and isinstance(record.value, float | int)
        ):
            values.setdefault(column, float(record.value))
    return values

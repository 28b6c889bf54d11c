"""Which of a meter's records fill the wide columns of `meter_reading` and `household_reading`."""

from __future__ import annotations

from collections.abc import Iterable

from hardware.reading import Quantity, Record, Register

# quantity: its column, and what its record may be called: by the standard, or by its usual name
_COLUMNS = {
    Quantity.ENERGY: ("energy_kwh", {"energy", "total_energy_consumption"}),
    Quantity.VOLUME: ("volume_m3", {"volume", "total_volume"}),
    Quantity.POWER: ("power_kw", {"power"}),
    Quantity.VOLUME_FLOW: ("volume_flow_m3_h", {"volume_flow"}),
    Quantity.FLOW_TEMPERATURE: ("flow_temperature_degc", {"flow_temperature"}),
    Quantity.RETURN_TEMPERATURE: ("return_temperature_degc", {"return_temperature"}),
    Quantity.TEMPERATURE_DIFFERENCE: ("temperature_difference_k", {"temperature_difference"}),
}
_NOW = Register()  # storage 0, tariff 0, subunit 0, instantaneous


def column_of(record: Record) -> str:
    """Return the column of `meter_reading` that a record may fill, "" if none.

    A record counts if it is of register 0 and of no special kind: a name that says more than its
    quantity (only at error, only in one direction, ...).
    """
    column, names = _COLUMNS.get(record.quantity, ("", frozenset()))
    is_plain = record.register == _NOW and (not record.name or record.name in names)
    return column if is_plain else ""


def wide(records: Iterable[Record]) -> dict[str, float]:
    """Return the columns that ``records`` fill, the first of each.

    Not what is marked: what a meter stored in error, or cannot have measured, is no reading.
    """
    values: dict[str, float] = {}
    for record in records:
        column = column_of(record)
        if column and not record.mark and isinstance(record.value, float | int):
            values.setdefault(column, float(record.value))
    return values

"""Value information: what a number means and how to bring it into its canonical unit.

Factors are whole numbers over whole numbers, so that 54321 thousandths become 54.321 and
nothing near it. What the standard names and :class:`Quantity` does not is `other` with the
standard's own name; what the standard reserves is `other` and named by its code.

Source: EN 13757-3:2018, tables 10 (primary), 12 (FB), 14 (FD) and the historic codes of
EN 1434-3:1997 that were never given another meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hardware.reading import CANONICAL_UNIT, Quantity, Unit

PLAIN_TEXT = 0x7C
EXTENSION_FB = 0xFB
EXTENSION_FD = 0xFD
EXTENSION_EF = 0xEF  # a third table, all reserved
MANUFACTURER = 0x7F

_HOUR_S = 3600
_DAY_S = 86_400
_KWH_J = 3_600_000


class Kind(Enum):
    """How the data of a record are to be read."""

    SIGNED = "signed"  # type B: the most negative number says "invalid"
    UNSIGNED = "unsigned"  # type C: all ones say "invalid"
    BITS = "bits"  # type D: every pattern has its meaning
    DATE = "date"  # type F, G, I or J, told by the length


@dataclass(frozen=True, slots=True)
class Meaning:
    """The value in ``unit`` is ``(raw * numerator + addend) / denominator``."""

    quantity: Quantity
    unit: Unit
    name: str
    numerator: int = 1
    denominator: int = 1
    addend: int = 0
    kind: Kind = Kind.SIGNED


def _decades(
    table: dict[int, Meaning],
    first: int,
    count: int,
    exponent: int,
    quantity: Quantity,
    *,
    factor: tuple[int, int] = (1, 1),
    unit: Unit | None = None,
    name: str = "",
) -> None:
    """Fill ``count`` codes: ``10 ** exponent`` times ``factor``, then ten times more each."""
    for index in range(count):
        power = exponent + index
        up, down = factor
        table[first + index] = Meaning(
            quantity,
            unit or CANONICAL_UNIT[quantity],
            name or quantity.value,
            up * 10 ** max(power, 0),
            down * 10 ** max(-power, 0),
        )


def _times(
    table: dict[int, Meaning],
    first: int,
    quantity: Quantity,
    units: str = "smhd",
    name: str = "",
) -> None:
    """Fill one code for each of ``units`` (seconds, minutes, hours, days, Months, Years)."""
    hours = {"s": (1, _HOUR_S), "m": (1, 60), "h": (1, 1), "d": (24, 1)}
    label = name or quantity.value
    for index, letter in enumerate(units):
        if letter in hours:
            up, down = hours[letter]
            meaning = Meaning(quantity, Unit.HOUR, label, up, down)
        else:  # no whole number of hours
            long_name = {"M": "months", "Y": "years"}[letter]
            meaning = Meaning(Quantity.OTHER, Unit.ONE, f"{label}_{long_name}")
        table[first + index] = meaning


def _plain(
    table: dict[int, Meaning],
    code: int,
    quantity: Quantity,
    name: str = "",
    *,
    kind: Kind = Kind.UNSIGNED,
    unit: Unit = Unit.ONE,
) -> None:
    table[code] = Meaning(quantity, unit, name or quantity.value, kind=kind)


def _primary() -> dict[int, Meaning]:
    table: dict[int, Meaning] = {}
    q = Quantity
    _decades(table, 0x00, 8, -6, q.ENERGY)
    _decades(table, 0x08, 8, 0, q.ENERGY, factor=(1, _KWH_J))
    _decades(table, 0x10, 8, -6, q.VOLUME)
    _decades(table, 0x18, 8, -3, q.MASS)
    _times(table, 0x20, q.ON_TIME)
    _times(table, 0x24, q.OPERATING_TIME)
    _decades(table, 0x28, 8, -6, q.POWER)
    _decades(table, 0x30, 8, 0, q.POWER, factor=(1, _KWH_J))
    _decades(table, 0x38, 8, -6, q.VOLUME_FLOW)
    _decades(table, 0x40, 8, -7, q.VOLUME_FLOW, factor=(60, 1))
    _decades(table, 0x48, 8, -9, q.VOLUME_FLOW, factor=(_HOUR_S, 1))
    _decades(table, 0x50, 8, -3, q.MASS_FLOW)
    _decades(table, 0x58, 4, -3, q.FLOW_TEMPERATURE)
    _decades(table, 0x5C, 4, -3, q.RETURN_TEMPERATURE)
    _decades(table, 0x60, 4, -3, q.TEMPERATURE_DIFFERENCE)
    _decades(table, 0x64, 4, -3, q.EXTERNAL_TEMPERATURE)
    _decades(table, 0x68, 4, -3, q.PRESSURE)
    _plain(table, 0x6C, q.DATE, unit=Unit.DATE, kind=Kind.DATE)
    _plain(table, 0x6D, q.DATETIME, unit=Unit.DATETIME, kind=Kind.DATE)
    _decades(table, 0x6E, 1, 0, q.HCA_UNITS)
    _times(table, 0x70, q.AVERAGING_DURATION)
    _times(table, 0x74, q.ACTUALITY_DURATION)
    _plain(table, 0x78, q.FABRICATION_NUMBER)
    _plain(table, 0x79, q.IDENTIFICATION)
    _plain(table, 0x7A, q.BUS_ADDRESS)
    _plain(table, 0x7E, q.OTHER, "any")
    _plain(table, 0x7F, q.MANUFACTURER_SPECIFIC, kind=Kind.BITS)
    return table


# what FD has of numbers without a unit
_FD_PLAIN = (
    (0x08, Quantity.COUNTER, "access_number", Kind.UNSIGNED),
    (0x09, Quantity.OTHER, "device_type", Kind.BITS),
    (0x0A, Quantity.MANUFACTURER, "", Kind.BITS),
    (0x0B, Quantity.OTHER, "parameter_set", Kind.BITS),
    (0x0C, Quantity.MODEL_VERSION, "", Kind.BITS),
    (0x0D, Quantity.HARDWARE_VERSION, "", Kind.BITS),
    (0x0E, Quantity.FIRMWARE_VERSION, "", Kind.BITS),
    (0x0F, Quantity.SOFTWARE_VERSION, "", Kind.BITS),
    (0x10, Quantity.OTHER, "customer_location", Kind.UNSIGNED),
    (0x11, Quantity.CUSTOMER_ID, "", Kind.UNSIGNED),
    (0x12, Quantity.OTHER, "access_code_user", Kind.BITS),
    (0x13, Quantity.OTHER, "access_code_operator", Kind.BITS),
    (0x14, Quantity.OTHER, "access_code_system_operator", Kind.BITS),
    (0x15, Quantity.OTHER, "access_code_developer", Kind.BITS),
    (0x16, Quantity.OTHER, "password", Kind.BITS),
    (0x17, Quantity.ERROR_FLAGS, "", Kind.BITS),
    (0x18, Quantity.OTHER, "error_mask", Kind.BITS),
    (0x19, Quantity.OTHER, "security_key", Kind.BITS),
    (0x1A, Quantity.OTHER, "digital_output", Kind.BITS),
    (0x1B, Quantity.OTHER, "digital_input", Kind.BITS),
    (0x1D, Quantity.OTHER, "response_delay_bit_times", Kind.UNSIGNED),
    (0x1E, Quantity.OTHER, "retry", Kind.UNSIGNED),
    (0x1F, Quantity.OTHER, "remote_control", Kind.BITS),
    (0x20, Quantity.OTHER, "first_cyclic_storage", Kind.UNSIGNED),
    (0x21, Quantity.OTHER, "last_cyclic_storage", Kind.UNSIGNED),
    (0x22, Quantity.OTHER, "storage_block_size", Kind.UNSIGNED),
    (0x23, Quantity.OTHER, "tariff_descriptor", Kind.BITS),
    (0x2A, Quantity.OTHER, "operator_data", Kind.BITS),
    (0x2B, Quantity.OTHER, "time_point_second", Kind.UNSIGNED),
    (0x3B, Quantity.OTHER, "wireless_container", Kind.BITS),
    (0x60, Quantity.COUNTER, "reset_counter", Kind.UNSIGNED),
    (0x61, Quantity.COUNTER, "cumulation_counter", Kind.UNSIGNED),
    (0x62, Quantity.OTHER, "control_signal", Kind.BITS),
    (0x63, Quantity.OTHER, "day_of_week", Kind.UNSIGNED),
    (0x64, Quantity.OTHER, "week_number", Kind.UNSIGNED),
    (0x65, Quantity.OTHER, "day_change", Kind.UNSIGNED),
    (0x66, Quantity.OTHER, "parameter_activation", Kind.BITS),
    (0x67, Quantity.OTHER, "special_supplier_information", Kind.BITS),
    (0x72, Quantity.OTHER, "daylight_saving", Kind.BITS),
    (0x73, Quantity.OTHER, "listening_window", Kind.BITS),
    (0x75, Quantity.COUNTER, "stop_counter", Kind.UNSIGNED),
    (0x76, Quantity.OTHER, "manufacturer_container", Kind.BITS),
)


def _fd() -> dict[int, Meaning]:
    table: dict[int, Meaning] = {}
    q = Quantity
    for code, quantity, name, kind in _FD_PLAIN:
        _plain(table, code, quantity, name, kind=kind)
    _decades(table, 0x00, 4, -3, q.CREDIT, unit=Unit.CURRENCY)
    _decades(table, 0x04, 4, -3, q.OTHER, unit=Unit.CURRENCY, name="debit")
    _plain(table, 0x1C, q.OTHER, "baud_rate", unit=Unit.BAUD)
    _times(table, 0x24, q.DURATION, "smhdMY", "storage_interval")
    _times(table, 0x2C, q.DURATION, name="duration_since_readout")
    _plain(table, 0x30, q.OTHER, "tariff_start", unit=Unit.DATETIME, kind=Kind.DATE)
    _times(table, 0x31, q.DURATION, "mhd", "tariff_duration")
    _times(table, 0x34, q.DURATION, "smhdMY", "tariff_period")
    _plain(table, 0x3A, q.OTHER, "dimensionless", kind=Kind.SIGNED)
    _times(table, 0x3C, q.DURATION, name="transmission_period")
    _decades(table, 0x40, 16, -9, q.VOLTAGE)
    _decades(table, 0x50, 16, -12, q.CURRENT)
    _times(table, 0x68, q.DURATION, "hdMY", "duration_since_cumulation")
    _times(table, 0x6C, q.DURATION, "hdMY", "battery_operating_time")
    _plain(table, 0x70, q.OTHER, "battery_change", unit=Unit.DATETIME, kind=Kind.DATE)
    _plain(table, 0x71, q.SIGNAL_STRENGTH, unit=Unit.DBM, kind=Kind.SIGNED)
    _times(table, 0x74, q.BATTERY_LIFE, "d")
    return table


def _fb() -> dict[int, Meaning]:
    table: dict[int, Meaning] = {}
    q = Quantity
    gallon = (3_785_411_784, 10**12)  # of the United States, in m3
    _decades(table, 0x00, 2, 2, q.ENERGY)
    _decades(table, 0x02, 2, 0, q.REACTIVE_ENERGY)
    _decades(table, 0x04, 2, 0, q.OTHER, unit=Unit.KVAH, name="apparent_energy")
    _decades(table, 0x08, 2, 8, q.ENERGY, factor=(1, _KWH_J))
    # a calorie is one of several: the number stays in its own unit
    _decades(table, 0x0C, 4, -1, q.OTHER, unit=Unit.ONE, name="energy_mcal")
    _decades(table, 0x10, 2, 2, q.VOLUME)
    _decades(table, 0x14, 4, -3, q.OTHER, unit=Unit.KVAR, name="reactive_power")
    _decades(table, 0x18, 2, 5, q.MASS)
    _decades(table, 0x1A, 2, -1, q.RELATIVE_HUMIDITY)
    _decades(table, 0x20, 1, 0, q.VOLUME, factor=(28_316_846_592, 10**12))
    _decades(table, 0x21, 1, -1, q.VOLUME, factor=(28_316_846_592, 10**12))
    _decades(table, 0x22, 2, -1, q.VOLUME, factor=gallon)
    _decades(table, 0x24, 1, -3, q.VOLUME_FLOW, factor=(gallon[0] * 60, gallon[1]))
    _decades(table, 0x25, 1, 0, q.VOLUME_FLOW, factor=(gallon[0] * 60, gallon[1]))
    _decades(table, 0x26, 1, 0, q.VOLUME_FLOW, factor=gallon)
    _decades(table, 0x28, 2, 2, q.POWER)
    _decades(table, 0x2A, 1, -1, q.OTHER, unit=Unit.DEGREE, name="phase_voltage_to_voltage")
    _decades(table, 0x2B, 1, -1, q.OTHER, unit=Unit.DEGREE, name="phase_voltage_to_current")
    _decades(table, 0x2C, 4, -3, q.FREQUENCY)
    _decades(table, 0x30, 2, 8, q.POWER, factor=(1, _KWH_J))
    _decades(table, 0x34, 4, -3, q.OTHER, unit=Unit.KVA, name="apparent_power")
    _fahrenheit(table, 0x58, q.FLOW_TEMPERATURE)
    _fahrenheit(table, 0x5C, q.RETURN_TEMPERATURE)
    _decades(table, 0x60, 4, -3, q.TEMPERATURE_DIFFERENCE, factor=(5, 9))
    _fahrenheit(table, 0x64, q.EXTERNAL_TEMPERATURE)
    for code, name in enumerate(
        ("k", "kq", "kc", "kcr", "kch", "kt", "kd"),
        0x68,
    ):
        _plain(table, code, q.OTHER, f"hca_rating_factor_{name}", kind=Kind.SIGNED)
    _fahrenheit(table, 0x70, q.OTHER, "temperature_limit")
    _decades(table, 0x74, 4, -3, q.OTHER, unit=Unit.DEG_C, name="temperature_limit")
    _decades(table, 0x78, 8, -3, q.OTHER, unit=Unit.W, name="cumulated_maximum_power")
    return table


def _fahrenheit(table: dict[int, Meaning], first: int, quantity: Quantity, name: str = "") -> None:
    """Fill four codes of 0.001 to 1 degree Fahrenheit, given in degrees Celsius."""
    for index in range(4):
        down = 10 ** (3 - index)
        table[first + index] = Meaning(
            quantity,
            Unit.DEG_C,
            name or quantity.value,
            numerator=5,
            denominator=9 * down,
            addend=-5 * 32 * down,
        )


PRIMARY = _primary()
FB = _fb()
FD = _fd()


def look_up(table: dict[int, Meaning], prefix: str, code: int) -> Meaning:
    """Return what ``code`` (0 to 127) means; a reserved one is named by prefix and code."""
    return table.get(code) or Meaning(Quantity.OTHER, Unit.ONE, f"reserved_{prefix}{code:02x}")

"""The air of a room.

Temperature (2A6E), humidity (2A6F), pressure (2A6D), heat index (2A7A), dew point (2A7B), carbon
dioxide (2B8C), light (2AFB).

Source: Bluetooth Environmental Sensing Service 1.0.1, 3.1; GATT Specification Supplement,
Temperature, Humidity, Pressure, Heat Index, Dew Point, CO2 Concentration, Illuminance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from hardware.ble.answer import Answer
from hardware.ble.cursor import Cursor
from hardware.ble.measurement import Measurement
from hardware.errors import DecodeError
from hardware.reading import Quantity


@dataclass(frozen=True, slots=True)
class Scalar:
    """One number: ``size`` bytes, of which each step is ``step`` canonical units.

    Steps outside ``least`` to ``most`` are prohibited; ``unknown`` says "value is not known",
    ``beyond`` that it is ``beyond`` or greater.
    """

    device: str
    quantity: Quantity
    size: int
    step: Fraction
    least: int
    most: int
    unknown: int | None = None
    beyond: int | None = None
    signed: bool = False


SCALARS = {
    "2A6D": Scalar("pressure", Quantity.AIR_PRESSURE, 4, Fraction(1, 1000), 0, 0xFFFFFFFF),
    "2A6E": Scalar(
        "temperature",
        Quantity.AIR_TEMPERATURE,
        2,
        Fraction(1, 100),
        -27_315,
        32_767,
        unknown=-32_768,
        signed=True,
    ),
    "2A6F": Scalar(
        "humidity", Quantity.RELATIVE_HUMIDITY, 2, Fraction(1, 100), 0, 10_000, unknown=0xFFFF
    ),
    "2A7A": Scalar("heat_index", Quantity.HEAT_INDEX, 1, Fraction(1), -128, 127, signed=True),
    "2A7B": Scalar("dew_point", Quantity.DEW_POINT, 1, Fraction(1), -128, 127, signed=True),
    "2AFB": Scalar(
        "illuminance", Quantity.ILLUMINANCE, 3, Fraction(1, 100), 0, 0xFFFFFE, unknown=0xFFFFFF
    ),
    "2B8C": Scalar(
        "co2_concentration",
        Quantity.CARBON_DIOXIDE,
        2,
        Fraction(1),
        0,
        0xFFFD,
        unknown=0xFFFF,
        beyond=0xFFFE,
    ),
}


def scalar_decoder(scalar: Scalar) -> Callable[[bytes], Measurement]:
    """Return the decoder of a value that is one number; a flag says that it is not known."""

    def decode(value: bytes) -> Measurement:
        cursor = Cursor(value)
        read = cursor.signed if scalar.signed else cursor.unsigned
        steps = read(scalar.size, f"the {scalar.device}")
        cursor.end()
        answer = Answer(scalar.device)
        if steps == scalar.unknown:
            answer.flag(scalar.quantity.value, "unknown")
        elif steps == scalar.beyond:
            answer.flag(scalar.quantity.value, "beyond_range")
        elif scalar.least <= steps <= scalar.most:
            answer.number(scalar.quantity, steps * scalar.step)
        else:
            raise DecodeError(f"{scalar.device} {steps} is out of range", offset=0)
        return answer.measurement()

    return decode

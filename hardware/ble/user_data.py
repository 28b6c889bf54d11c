"""Who a scale or cuff takes its user for: the characteristics of the User Data Service.

Source: Bluetooth User Data Service 1.1, 3.1 and 3.2; GATT Specification Supplement under the
characteristics' names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from hardware.ble.answer import UNKNOWN_USER, Answer, coded
from hardware.ble.clock import FIRST_YEAR, LAST_YEAR
from hardware.ble.cursor import Cursor
from hardware.ble.measurement import Measurement
from hardware.ble.text import read_text
from hardware.errors import DecodeError
from hardware.reading import Quantity

MAX_UNITS = 256  # Preferred Units is an array of at most so many

TEXTS = {
    "2A87": "email_address",
    "2A8A": "first_name",
    "2A90": "last_name",
    "2AA2": "language",
    "2B48": "middle_name",
}

CODES = {
    "2A8C": ("gender", coded(("male", "female", "unspecified"))),
    "2A93": (
        "sport_type",
        coded(
            (
                "unspecified",
                "running",
                "cycling",
                "rowing",
                "cross_training",
                "climbing",
                "skiing",
                "skating",
                "arm_exercising",
                "lower_body_exercising",
                "upper_body_exercising",
                "whole_body_exercising",
            )
        ),
    ),
    "2B4A": ("handedness", coded(("left", "right", "ambidextrous", "unspecified"))),
}

QUANTITIES = {
    "2A80": ("age", Quantity.AGE, 1, Fraction(1)),
    "2A8E": ("height", Quantity.BODY_HEIGHT, 2, Fraction(1)),
    "2A8F": ("hip_circumference", Quantity.HIP_CIRCUMFERENCE, 2, Fraction(1)),
    "2A96": ("vo2_max", Quantity.VO2_MAX, 1, Fraction(1)),
    "2A97": ("waist_circumference", Quantity.WAIST_CIRCUMFERENCE, 2, Fraction(1)),
    "2A98": ("weight", Quantity.BODY_WEIGHT, 2, Fraction(1, 200)),
    "2B47": ("high_resolution_height", Quantity.BODY_HEIGHT, 2, Fraction(1, 100)),
    "2B49": ("stride_length", Quantity.STRIDE_LENGTH, 2, Fraction(1, 10)),
}

NUMBERS = {
    "2A7E": ("aerobic_heart_rate_lower_limit", 1),
    "2A7F": ("aerobic_threshold", 1),
    "2A81": ("anaerobic_heart_rate_lower_limit", 1),
    "2A82": ("anaerobic_heart_rate_upper_limit", 1),
    "2A83": ("anaerobic_threshold", 1),
    "2A84": ("aerobic_heart_rate_upper_limit", 1),
    "2A88": ("fat_burn_heart_rate_lower_limit", 1),
    "2A89": ("fat_burn_heart_rate_upper_limit", 1),
    "2A8D": ("heart_rate_max", 1),
    "2A91": ("maximum_recommended_heart_rate", 1),
    "2A92": ("resting_heart_rate", 1),
    "2A99": ("database_change_increment", 4),
    "2B4F": ("sedentary_interval_notification_s", 2),
    "2B50": ("caloric_intake_kcal_per_day", 2),
}

LIMITS = {
    "2A8B": (
        "five_zone_heart_rate_limits",
        ("very_light_light", "light_moderate", "moderate_hard", "hard_maximum"),
    ),
    "2A94": ("three_zone_heart_rate_limits", ("light_moderate", "moderate_hard")),
    "2A95": ("two_zone_heart_rate_limits", ("fat_burn_fitness",)),
    "2B4C": (
        "four_zone_heart_rate_limits",
        ("light_moderate", "moderate_hard", "hard_maximum"),
    ),
}


@dataclass(frozen=True, slots=True)
class UserDate:
    """A date as sent: 0 in a part is "not known"."""

    year: int
    month: int
    day: int

    def __str__(self) -> str:
        """ISO 8601, zeros where a part is not known."""
        return f"{self.year:04}-{self.month:02}-{self.day:02}"


def read_date(cursor: Cursor) -> UserDate:
    """Read the four bytes of a date.

    :raises DecodeError: at a part out of its range, or on a day that no month has.
    """
    start = cursor.offset
    year = cursor.unsigned(2, "the year")
    if year and not FIRST_YEAR <= year <= LAST_YEAR:
        raise DecodeError(f"year {year} is out of range", offset=start)
    month, day = cursor.unsigned(1, "the month"), cursor.unsigned(1, "the day")
    try:
        date(year or 2000, month or 1, day or 1)
    except ValueError:
        raise DecodeError(f"there is no day {day} of month {month}", offset=start + 2) from None
    return UserDate(year, month, day)


def encode_date(value: UserDate) -> bytes:
    """Return the four bytes of a date."""
    return value.year.to_bytes(2, "little") + bytes((value.month, value.day))


def text_decoder(name: str) -> Callable[[bytes], Measurement]:
    """Return the decoder of one text, given as a flag: it says something of a person."""

    def decode(value: bytes) -> Measurement:
        answer = Answer(name)
        answer.flag(name, read_text(Cursor(value)))
        return answer.measurement()

    return decode


def code_decoder(name: str, names: dict[int, str]) -> Callable[[bytes], Measurement]:
    """Return the decoder of one code."""

    def decode(value: bytes) -> Measurement:
        cursor = Cursor(value)
        answer = Answer(name)
        answer.choice(name, cursor.unsigned(1, f"the {name}"), names)
        cursor.end()
        return answer.measurement()

    return decode


def quantity_decoder(
    name: str, quantity: Quantity, size: int, step: Fraction
) -> Callable[[bytes], Measurement]:
    """Return the decoder of one quantity that was entered for a user."""

    def decode(value: bytes) -> Measurement:
        cursor = Cursor(value)
        answer = Answer(name)
        answer.number(quantity, cursor.unsigned(size, f"the {name}") * step, name=name)
        cursor.end()
        return answer.measurement()

    return decode


def number_decoder(name: str, size: int) -> Callable[[bytes], Measurement]:
    """Return the decoder of one whole number, given as a flag."""

    def decode(value: bytes) -> Measurement:
        cursor = Cursor(value)
        answer = Answer(name)
        answer.flag(name, cursor.unsigned(size, f"the {name}"))
        cursor.end()
        return answer.measurement()

    return decode


def limits_decoder(device: str, names: tuple[str, ...]) -> Callable[[bytes], Measurement]:
    """Return the decoder of the limits between zones, in beats a minute."""

    def decode(value: bytes) -> Measurement:
        cursor = Cursor(value)
        answer = Answer(device)
        for name in names:
            answer.flag(name, cursor.unsigned(1, name))
        cursor.end()
        return answer.measurement()

    return decode


def date_decoder(name: str) -> Callable[[bytes], Measurement]:
    """Return the decoder of a date, given as a flag."""

    def decode(value: bytes) -> Measurement:
        cursor = Cursor(value)
        answer = Answer(name)
        answer.flag(name, str(read_date(cursor)))
        cursor.end()
        return answer.measurement()

    return decode


def decode_user_index(value: bytes) -> Measurement:
    """Decode User Index (2A9A): ``user_index``, 0 to 254 or ``"unknown"``."""
    cursor = Cursor(value)
    answer = Answer("user_index")
    index = cursor.unsigned(1, "the user index")
    answer.flag("user_index", "unknown" if index == UNKNOWN_USER else index)
    answer.flag("user_index_code", index)
    cursor.end()
    return answer.measurement()


def decode_preferred_units(value: bytes) -> Measurement:
    """Decode Preferred Units (2B46): ``units``, their short UUIDs separated by blanks."""
    cursor = Cursor(value)
    units: list[str] = []
    while cursor.offset < len(value) or not units:
        units.append(f"{cursor.unsigned(2, 'a unit'):04X}")
    answer = Answer("preferred_units")
    answer.flag("units", " ".join(units))
    return answer.measurement()

"""What a person told their glucose meter beside a measurement (2A34).

Source: Bluetooth Glucose Service 1.0.1, 3.2; GATT Specification Supplement, Glucose
Measurement Context.
"""

from __future__ import annotations

from enum import IntFlag

from hardware.ble.answer import Answer, coded
from hardware.ble.cursor import Cursor, read_sfloat
from hardware.ble.measurement import Measurement
from hardware.reading import Quantity

GRAMS_PER_KG = 1000
MILLIGRAMS_PER_KG = 1_000_000
MILLILITRES_PER_L = 1000
OVERRUN = 0xFFFF

_CARBOHYDRATES = coded(
    ("breakfast", "lunch", "dinner", "snack", "drink", "supper", "brunch"), first=1
)
_MEALS = coded(("preprandial", "postprandial", "fasting", "casual", "bedtime"), first=1)
_TESTERS = coded(("self", "health_care_professional", "lab_test"), first=1) | {0xF: "not_available"}
_HEALTH = coded(
    ("minor_issues", "major_issues", "during_menses", "under_stress", "no_issues"), first=1
) | {0xF: "not_available"}
_MEDICATIONS = coded(
    (
        "rapid_acting_insulin",
        "short_acting_insulin",
        "intermediate_acting_insulin",
        "long_acting_insulin",
        "premixed_insulin",
    ),
    first=1,
)


class _Flag(IntFlag):
    CARBOHYDRATE = 0x01
    MEAL = 0x02
    TESTER_HEALTH = 0x04
    EXERCISE = 0x08
    MEDICATION = 0x10
    LITRES = 0x20
    HBA1C = 0x40
    EXTENDED = 0x80


def sequence_of_context(value: bytes) -> int:
    """Return the sequence number of the record the context belongs to.

    :raises DecodeError: if the value ends before it.
    """
    cursor = Cursor(value)
    cursor.take(1, "the flags")
    return cursor.unsigned(2, "the sequence number")


def decode_glucose_context(value: bytes) -> Measurement:
    """Decode Glucose Measurement Context (2A34).

    Zeros behind the last field are padding (some meters send their whole buffer), anything
    else is refused. Flags: ``sequence_number``, ``carbohydrate_id``, ``meal``, ``tester``,
    ``health``, ``medication_id``; ``exercise_duration: "overrun"``; ``padding_bytes``.

    :raises DecodeError: on a value cut short or trailing bytes.
    """
    cursor = Cursor(value)
    flags = _Flag(cursor.unsigned(1, "the flags"))
    answer = Answer("glucose_measurement_context")
    answer.flag("sequence_number", cursor.unsigned(2, "the sequence number"))
    if flags & _Flag.EXTENDED:
        cursor.take(1, "the extended flags")  # all for a future use
    if flags & _Flag.CARBOHYDRATE:
        answer.choice("carbohydrate_id", cursor.unsigned(1, "the carbohydrate"), _CARBOHYDRATES)
        answer.decimal(Quantity.CARBOHYDRATE, read_sfloat(cursor, "the carbohydrate"), GRAMS_PER_KG)
    if flags & _Flag.MEAL:
        answer.choice("meal", cursor.unsigned(1, "the meal"), _MEALS)
    if flags & _Flag.TESTER_HEALTH:
        byte = cursor.unsigned(1, "tester and health")
        answer.choice("tester", byte & 0x0F, _TESTERS)
        answer.choice("health", byte >> 4, _HEALTH)
    if flags & _Flag.EXERCISE:
        _add_exercise(answer, cursor)
    if flags & _Flag.MEDICATION:
        answer.choice("medication_id", cursor.unsigned(1, "the medication"), _MEDICATIONS)
        amount = read_sfloat(cursor, "the medication")
        if flags & _Flag.LITRES:
            answer.decimal(Quantity.MEDICATION_VOLUME, amount, MILLILITRES_PER_L)
        else:
            answer.decimal(Quantity.MEDICATION_MASS, amount, MILLIGRAMS_PER_KG)
    if flags & _Flag.HBA1C:
        answer.decimal(Quantity.HBA1C, read_sfloat(cursor, "the HbA1c"))
    padding = len(value) - cursor.offset
    if padding and not any(value[cursor.offset :]):
        answer.flag("padding_bytes", padding)
    else:
        cursor.end()
    return answer.measurement()


def _add_exercise(answer: Answer, cursor: Cursor) -> None:
    seconds = cursor.unsigned(2, "the exercise's duration")
    if seconds == OVERRUN:
        answer.flag(Quantity.EXERCISE_DURATION.value, "overrun")
    else:
        answer.number(Quantity.EXERCISE_DURATION, seconds)
    answer.number(Quantity.EXERCISE_INTENSITY, cursor.unsigned(1, "the exercise's intensity"))

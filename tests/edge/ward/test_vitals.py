"""Which numbers stand together, and that none is shown as another."""

from __future__ import annotations

from edge.care import kinds
from edge.care.consent import BLOOD_PRESSURE
from edge.care.measured import Measured
from edge.ward.vitals import VITALS, courses
from hardware.quantity import CANONICAL_UNIT
from hardware.reading import TimeQuality

KNOWN = TimeQuality.DEVICE


def one(
    at: int,
    kind: str,
    quantity: str,
    value: float,
    *,
    quality: TimeQuality = KNOWN,
    by: str = "ble:1",
) -> Measured:
    return Measured(1, at, at + 5, kind, quantity, value, by, quality)


def cuff(at: int, high: float, low: float, pulse: float, by: str = "ble:1") -> list[Measured]:
    return [
        one(at, BLOOD_PRESSURE, "blood_pressure_systolic", high, by=by),
        one(at, BLOOD_PRESSURE, "blood_pressure_diastolic", low, by=by),
        one(at, BLOOD_PRESSURE, "pulse_rate", pulse, by=by),
    ]


def test_a_cuff_tells_a_pressure_of_two_numbers_and_a_pulse() -> None:
    pressure, pulse = courses(cuff(1000, 140, 80, 66))
    assert (pressure.vital.key, pulse.vital.key) == ("blood_pressure", "pulse")
    assert [row.values for row in pressure.rows] == [(140, 80)]
    assert [row.values for row in pulse.rows] == [(66,)]
    high, low = pressure.curves()
    assert [p.value for p in high.points] == [140]
    assert [p.value for p in low.points] == [80]


def test_the_pulse_of_cuff_and_oximeter_is_one_curve() -> None:
    found = courses([*cuff(2000, 1, 2, 70), one(1000, kinds.OXYGEN, "pulse_rate", 60)])
    (pulse,) = (each for each in found if each.vital.key == "pulse")
    assert [row.values for row in pulse.rows] == [(60,), (70,)]


def test_two_devices_at_the_same_moment_are_two_rows() -> None:
    found = courses([*cuff(1000, 140, 80, 66), *cuff(1000, 120, 70, 60, by="ble:2")])
    assert [row.values for row in found[0].rows] == [(140, 80), (120, 70)]


def test_a_number_that_is_missing_is_not_drawn() -> None:
    (found,) = courses([one(1, BLOOD_PRESSURE, "blood_pressure_systolic", 140)])
    assert found.rows[0].values == (140, None)
    assert [len(curve.points) for curve in found.curves()] == [1, 0]


def test_millimoles_and_milligrams_are_never_one_curve() -> None:
    found = courses(
        [
            one(1, kinds.GLUCOSE, "glucose_mass_concentration", 110),
            one(2, kinds.GLUCOSE, "glucose_substance_concentration", 6.1),
        ]
    )
    assert [(each.vital.key, each.rows[0].values) for each in found] == [
        ("glucose_mass", (110,)),
        ("glucose_substance", (6.1,)),
    ]


def test_the_newest_is_of_known_time_if_there_is_one() -> None:
    late = one(9000, kinds.WEIGHT, "body_weight", 99, quality=TimeQuality.UNKNOWN)
    (found,) = courses([one(5, kinds.WEIGHT, "body_weight", 80), late])
    assert found.newest is not None
    assert found.newest.values == (80,)
    (only,) = courses([late])
    assert only.newest is not None
    assert (only.newest.values, only.newest.certain) == ((99,), False)


def test_what_no_picture_is_of_is_left_out() -> None:
    assert courses([one(1, kinds.HOME_ACTIVITY, "door_open", 1)]) == []
    assert courses([one(1, kinds.EXERCISE, "pulse_rate", 1)]) == []
    assert courses([]) == []


def test_a_picture_has_one_unit() -> None:
    for vital in VITALS:
        units = {CANONICAL_UNIT[quantity] for same in vital.curves for quantity in same}
        assert len(units) == 1, vital.key

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from statistics import fmean

import pytest

from hardware.sim.body import Body, Illness, Sign

START = datetime(2026, 1, 1)  # noqa: DTZ001  # a device's clock knows no time zone


def looks(seed: int, illness: Illness | None = None, severity: float = 0.0) -> list[dict]:
    body = Body(Random(seed), illness=illness)
    return [dict(body.look(START + timedelta(hours=7 * n), severity)) for n in range(200)]


def test_a_seed_is_a_person() -> None:
    assert looks(3) == looks(3)
    assert looks(3) != looks(4)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("illness", list(Illness))
def test_the_numbers_are_a_persons(seed: int, illness: Illness) -> None:
    for signs in (*looks(seed), *looks(seed, illness, 1.0), *looks(seed, illness, 99.0)):
        assert 80 <= signs[Sign.SYSTOLIC] <= 220
        assert signs[Sign.DIASTOLIC] <= signs[Sign.SYSTOLIC] - 15
        assert 35 <= signs[Sign.PULSE] <= 180
        assert 34 <= signs[Sign.TEMPERATURE] <= 42
        assert 70 <= signs[Sign.SATURATION] <= 100
        assert 40 <= signs[Sign.GLUCOSE] <= 400


def test_the_night_is_lower_than_the_afternoon() -> None:
    body = Body(Random(1))
    nights, days = [], []
    for day in range(60):
        nights.append(body.look(START + timedelta(days=day, hours=3))[Sign.TEMPERATURE])
        days.append(body.look(START + timedelta(days=day, hours=17))[Sign.TEMPERATURE])
    assert fmean(days) - fmean(nights) > 0.3


@pytest.mark.parametrize(
    ("illness", "sign", "rises"),
    [
        (Illness.INFECTION, Sign.TEMPERATURE, True),
        (Illness.INFECTION, Sign.SYSTOLIC, False),
        (Illness.HEART_FAILURE, Sign.WEIGHT, True),
        (Illness.LUNG, Sign.SATURATION, False),
        (Illness.HYPOGLYCAEMIA, Sign.GLUCOSE, False),
    ],
)
def test_an_illness_shows_and_grows(illness: Illness, sign: Sign, *, rises: bool) -> None:
    none, half, full = (
        fmean(signs[sign] for signs in looks(5, illness, severity)) for severity in (0, 0.5, 1)
    )
    assert (none < half < full) if rises else (none > half > full)
    assert fmean(signs[Sign.WEIGHT] for signs in looks(5)) == pytest.approx(
        fmean(signs[Sign.WEIGHT] for signs in looks(5, illness, 0)), abs=0.001
    )

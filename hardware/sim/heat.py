"""A building that is heated, as its heat meter sees it: seeded, and the same for every reader.

Energy is the integral of power, power follows from flow and temperatures, and those from the
weather, the time of day and the building. No clock is read: the time is an argument.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

METER_ZONE = timezone(timedelta(hours=1))  # heat meters keep winter time all year
HEAT_CAPACITY = 1.163  # kWh per m3 and kelvin, of water

_STEP = timedelta(minutes=5)
_STEP_H = _STEP / timedelta(hours=1)
_ROOM_DEGC = 20.0
_HEATING_LIMIT_DEGC = 16.0  # above it, only domestic hot water is heated


@dataclass(frozen=True, slots=True)
class HeatState:
    """What the meter's registers hold at one moment, in the resolution the meter shows.

    ``power_kw`` is ``volume_flow_m3_h * temperature_difference_k * 1.163``, rounded to 0.1 kW.
    The due date is the last day of the year before; its values are those of its midnight.
    """

    at: datetime  # in the meter's own zone
    energy_kwh: int
    volume_m3: float
    power_kw: float
    volume_flow_m3_h: float
    flow_temperature_degc: float
    return_temperature_degc: float
    temperature_difference_k: float
    operating_hours: int
    due_date: date
    due_energy_kwh: int
    due_volume_m3: float


class HeatModel:
    """One building. Asked for a time before the last one, it answers for the last one.

    ``installed`` is when the meter began to count and the model its steps of five minutes:
    two models of one seed and one ``installed`` agree at every moment.

    :raises ValueError: if a time has no offset.
    """

    def __init__(self, seed: int, installed: datetime) -> None:
        if installed.utcoffset() is None:
            raise ValueError("the time has no offset from UTC")
        self._rng = random.Random(seed)  # noqa: S311 - a building, no secret
        self._installed = installed.astimezone(UTC)
        self._loss_kw_per_k = self._rng.uniform(0.35, 1.4)
        self._hot_water_kw = self._rng.uniform(0.5, 2.5)
        self._energy_kwh = self._rng.uniform(20_000, 90_000)
        self._volume_m3 = self._energy_kwh / (HEAT_CAPACITY * 22)
        self._weather_k = 0.0  # how much warmer than the season's mean
        self._draw = 0.0  # share of the hot water power that is drawn
        self._at = self._installed
        self._due = date(installed.astimezone(METER_ZONE).year - 1, 12, 31)
        self._due_values = (self._energy_kwh, self._volume_m3)
        self._set_flow()

    def at(self, moment: datetime) -> HeatState:
        """Go on to ``moment`` and return what the meter shows then."""
        if moment.utcoffset() is None:
            raise ValueError("the time has no offset from UTC")
        moment = moment.astimezone(UTC)
        while self._at + _STEP <= moment:
            self._step()
        part_h = max(0.0, (moment - self._at) / timedelta(hours=1))
        shown = max(moment, self._at).astimezone(METER_ZONE)
        return HeatState(
            at=shown,
            energy_kwh=math.floor(self._energy_kwh + self._power_kw * part_h),
            volume_m3=math.floor((self._volume_m3 + self._flow_m3_h * part_h) * 100) / 100,
            power_kw=round(self._power_kw, 1),
            volume_flow_m3_h=self._flow_m3_h,
            flow_temperature_degc=self._flow_degc,
            return_temperature_degc=self._return_degc,
            temperature_difference_k=round(self._flow_degc - self._return_degc, 2),
            operating_hours=(shown - self._installed) // timedelta(hours=1),
            due_date=self._due,
            due_energy_kwh=math.floor(self._due_values[0]),
            due_volume_m3=math.floor(self._due_values[1] * 100) / 100,
        )

    def _step(self) -> None:
        self._energy_kwh += self._power_kw * _STEP_H
        self._volume_m3 += self._flow_m3_h * _STEP_H
        self._at += _STEP
        last_year = self._at.astimezone(METER_ZONE).year - 1
        if last_year > self._due.year:
            self._due = date(last_year, 12, 31)
            self._due_values = (self._energy_kwh, self._volume_m3)
        self._set_flow()

    def _set_flow(self) -> None:
        """Choose flow and temperatures for the next five minutes."""
        local = self._at.astimezone(METER_ZONE)
        hour = local.hour + local.minute / 60
        day = local.timetuple().tm_yday
        self._weather_k = 0.999 * self._weather_k + self._rng.gauss(0, 0.15)
        outside = (
            9.5
            - 9.5 * math.cos((day - 20) / 365.25 * math.tau)
            - 3.5 * math.cos((hour - 3) / 24 * math.tau)
            + self._weather_k
        )
        room = _ROOM_DEGC if 6 <= hour < 22 else _ROOM_DEGC - 3
        demand_kw = 0.0
        if outside < _HEATING_LIMIT_DEGC:
            demand_kw = max(0.0, self._loss_kw_per_k * (room - outside))
        drawn = 0.8 if 6 <= hour < 9 or 17 <= hour < 20 else 0.15
        self._draw = 0.7 * self._draw + 0.3 * (self._rng.random() < drawn)
        demand_kw += self._hot_water_kw * self._draw
        demand_kw *= self._rng.uniform(0.95, 1.05)
        cold = max(0.0, _ROOM_DEGC - outside)
        self._flow_degc = round(62 + 0.6 * cold + self._rng.uniform(-0.8, 0.8), 1)
        self._return_degc = round(41 + 0.25 * cold + self._rng.uniform(-0.8, 0.8), 1)
        difference = self._flow_degc - self._return_degc
        self._flow_m3_h = round(demand_kw / (HEAT_CAPACITY * difference), 3)
        self._power_kw = HEAT_CAPACITY * self._flow_m3_h * difference

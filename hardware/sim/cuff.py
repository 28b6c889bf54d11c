"""A blood pressure cuff on the virtual air.

It behaves as cuffs do: it keeps its readings until a hub has confirmed each, and one with
several users says with each reading which of its buttons was pressed.

Source: Bluetooth Blood Pressure Profile 1.1.1, Blood Pressure Service 1.1.1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bumble.gatt import Service
from bumble.link import LocalLink

from hardware.ble.blood_pressure import BloodPressure, Status, encode_blood_pressure
from hardware.ble.clock import date_time_of
from hardware.ble.medfloat import MedFloat
from hardware.sim.body import Body, Sign
from hardware.sim.options import MAX_STORED, Options
from hardware.sim.storing import Kept, Storing

__all__ = ["MAX_STORED", "Cuff", "CuffOptions"]

_MEASUREMENT, _FEATURE = "2A35", "2A49"
_FEATURES = 0x0021  # body movement and multiple bonds


@dataclass(frozen=True, slots=True)
class CuffOptions(Options):
    """``users`` people share the cuff; each reading carries the index of one, from 1."""

    name: str = "Blutdruck Sim"
    users: int = 1


class Cuff(Storing):
    """The device."""

    model = "BPM-Sim"
    advertised = (0x1810,)

    def __init__(
        self, link: LocalLink, options: CuffOptions, elapsed_s: Callable[[], float]
    ) -> None:
        self._users = options.users
        self._people: list[Body] = []
        super().__init__(link, options, elapsed_s)

    def services(self) -> list[Service]:
        """Return the blood pressure service."""
        outlet = self.outlet(_MEASUREMENT, indicate=True)
        feature = self.readable(_FEATURE, lambda: _FEATURES.to_bytes(2, "little"))
        self._people = [self.new_body(number + 1) for number in range(self._users)]
        return [Service("1810", [outlet.characteristic, feature])]

    def values_at(self, when: datetime, severity: float) -> list[Kept]:
        """Measure one of the people."""
        person = self.rng.choice(self._people)
        reading = pressure_of(person, when, severity)
        return [Kept(_MEASUREMENT, encode_blood_pressure(reading), person.user_id)]


def pressure_of(person: Body, when: datetime, severity: float = 0.0) -> BloodPressure:
    """Return a reading of ``person`` with ``when`` as the device's time."""
    signs = person.look(when, severity)
    systolic, diastolic = round(signs[Sign.SYSTOLIC]), round(signs[Sign.DIASTOLIC])
    return BloodPressure(
        MedFloat(systolic, 0),
        MedFloat(diastolic, 0),
        MedFloat(diastolic + round((systolic - diastolic) / 3), 0),
        timestamp=date_time_of(when),
        pulse_rate=MedFloat(round(signs[Sign.PULSE]), 0),
        user_id=person.user_id,
        status=Status.BODY_MOVEMENT if person.moves() else Status(0),
    )

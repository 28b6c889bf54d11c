"""A person's blood pressure over time, made up from a seed: a level, a daily course, noise.

Plausible, not clinical: systolic around 132 mm[Hg], lower at night, each reading near the last.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from random import Random

from hardware.ble.blood_pressure import BloodPressure, Status
from hardware.ble.clock import date_time_of
from hardware.ble.medfloat import MedFloat

_KEEP = 0.8  # how much of the last deviation is still there at the next reading


@dataclass(slots=True)
class Person:
    """Whose arm the cuff is on. ``rng`` is the only source of chance."""

    rng: Random
    systolic: float = 132.0
    diastolic: float = 81.0
    pulse: float = 70.0
    user_id: int = 1
    _deviation: float = 0.0

    def measure(self, when: datetime) -> BloodPressure:
        """Return the next reading, with ``when`` as the device's time."""
        self._deviation = _KEEP * self._deviation + self.rng.gauss(0, 5)
        hour = when.hour + when.minute / 60
        level = self._deviation + 6 * math.sin((hour - 9) / 24 * 2 * math.pi)
        systolic = round(min(max(self.systolic + level, 80), 220))
        diastolic = round(
            min(max(self.diastolic + 0.5 * level + self.rng.gauss(0, 2), 45), systolic - 15)
        )
        pulse = round(min(max(self.pulse + 0.3 * level + self.rng.gauss(0, 3), 45), 140))
        status = Status(0)
        if self.rng.random() < 0.05:
            status |= Status.BODY_MOVEMENT
        return BloodPressure(
            MedFloat(systolic, 0),
            MedFloat(diastolic, 0),
            MedFloat(diastolic + round((systolic - diastolic) / 3), 0),
            timestamp=date_time_of(when),
            pulse_rate=MedFloat(pulse, 0),
            user_id=self.user_id,
            status=status,
        )

"""A glucose meter on the virtual air: records with context, behind a control point.

Every second record says with which meal it was measured, as a person would key it in.

Source: Bluetooth Glucose Profile 1.0.1, Glucose Service 1.0.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bumble.gatt import Service

from hardware.ble.clock import date_time_of
from hardware.ble.glucose import Glucose, encode_glucose
from hardware.ble.medfloat import MedFloat
from hardware.sim.archive import Archive
from hardware.sim.body import Sign
from hardware.sim.options import Options
from hardware.sim.record_store import CONTROL_POINT, Stored

_MEASUREMENT, _CONTEXT, _FEATURE = "2A18", "2A34", "2A51"
_CAPILLARY_WHOLE_BLOOD_FINGER = 0x11
_FEATURES = 0x0401  # low battery detection and multiple bonds
_MEAL, _TESTER = 0x02, 0x04
_SELF_NO_ISSUES = 0x51
_PREPRANDIAL, _POSTPRANDIAL, _FASTING = 1, 2, 3


@dataclass(frozen=True, slots=True)
class GlucoseMeterOptions(Options):
    """As every device; ``mol``: it counts in mol/L."""

    name: str = "Blutzucker Sim"
    mol: bool = False


class GlucoseMeter(Archive):
    """The device."""

    model = "GLU-Sim"
    advertised = (0x1808,)

    def services(self) -> list[Service]:
        """Return the glucose service."""
        self._person = self.new_body()
        measurement = self.outlet(_MEASUREMENT, indicate=False)
        context = self.outlet(_CONTEXT, indicate=False)
        feature = self.readable(_FEATURE, lambda: _FEATURES.to_bytes(2, "little"))
        control = self.control_point(CONTROL_POINT, self.requested)
        return [
            Service(
                "1808",
                [
                    measurement.characteristic,
                    context.characteristic,
                    feature,
                    control.characteristic,
                ],
            )
        ]

    def record_at(self, sequence: int, when: datetime, severity: float) -> Stored:
        """Measure."""
        mg_per_dl = round(self._person.look(when, severity)[Sign.GLUCOSE])
        mol = isinstance(self.options, GlucoseMeterOptions) and self.options.mol
        concentration = MedFloat(round(mg_per_dl / 1.80156), -4) if mol else MedFloat(mg_per_dl, -5)
        value = Glucose(
            sequence,
            date_time_of(when),
            concentration=concentration,
            sample=_CAPILLARY_WHOLE_BLOOD_FINGER,
            mol=mol,
            context_follows=sequence % 2 == 0,
        )
        values = [(_MEASUREMENT, encode_glucose(value))]
        if value.context_follows:
            values.append((_CONTEXT, _context(sequence, when.hour)))
        return Stored(sequence, tuple(values))


def _context(sequence: int, hour: int) -> bytes:
    meal = _FASTING if hour < 8 else (_PREPRANDIAL if hour % 2 else _POSTPRANDIAL)
    return (
        bytes((_MEAL | _TESTER,)) + sequence.to_bytes(2, "little") + bytes((meal, _SELF_NO_ISSUES))
    )

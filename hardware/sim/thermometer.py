"""A clinical thermometer on the virtual air: it keeps its readings until each is confirmed.

Source: Bluetooth Health Thermometer Profile 1.0, Health Thermometer Service 1.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bumble.gatt import Service

from hardware.ble.clock import date_time_of
from hardware.ble.medfloat import MedFloat
from hardware.ble.thermometer import Temperature, encode_temperature
from hardware.sim.body import Sign
from hardware.sim.options import Options
from hardware.sim.storing import Kept, Storing

_MEASUREMENT, _TYPE = "2A1C", "2A1D"
_EAR = 3


@dataclass(frozen=True, slots=True)
class ThermometerOptions(Options):
    """As every device."""

    name: str = "Thermometer Sim"


class Thermometer(Storing):
    """The device."""

    model = "THM-Sim"
    advertised = (0x1809,)

    def services(self) -> list[Service]:
        """Return the health thermometer service."""
        outlet = self.outlet(_MEASUREMENT, indicate=True)
        place = self.readable(_TYPE, lambda: bytes((_EAR,)))
        self._person = self.new_body()
        return [Service("1809", [outlet.characteristic, place])]

    def values_at(self, when: datetime, severity: float) -> list[Kept]:
        """Measure."""
        tenths = round(10 * self._person.look(when, severity)[Sign.TEMPERATURE])
        value = Temperature(MedFloat(tenths, -1), timestamp=date_time_of(when), place=_EAR)
        return [Kept(_MEASUREMENT, encode_temperature(value))]

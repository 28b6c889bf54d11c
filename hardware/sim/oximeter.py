"""A pulse oximeter on the virtual air: spot checks that it keeps, and a finger's live values.

Live values come once a second while a hub listens; as on a finger just put in, the first few
are called early estimates.

Source: Bluetooth Pulse Oximeter Profile 1.0.1, Pulse Oximeter Service 1.0.1.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from bumble.device import Connection
from bumble.gatt import Service

from hardware.ble.clock import date_time_of
from hardware.ble.medfloat import MedFloat
from hardware.ble.oximeter import Oximetry, Pair, encode_continuous, encode_spot_check
from hardware.sim.body import Sign
from hardware.sim.options import Options
from hardware.sim.storing import Kept, Storing

_SPOT, _CONTINUOUS, _FEATURES = "2A5E", "2A5F", "2A60"
_FEATURE_BITS = 0x004D  # measurement status, storage, timestamp, pulse amplitude
_STATUS_BITS = 0x0360
_ONGOING, _EARLY, _FULLY_QUALIFIED, _FROM_STORAGE = 1 << 5, 1 << 6, 1 << 8, 1 << 9
_EARLY_VALUES = 3


@dataclass(frozen=True, slots=True)
class OximeterOptions(Options):
    """``period_s``: how often a live value comes."""

    name: str = "Oximeter Sim"
    period_s: float = 1.0


class Oximeter(Storing):
    """The device."""

    model = "OXI-Sim"
    advertised = (0x1822,)

    def services(self) -> list[Service]:
        """Return the pulse oximeter service."""
        self._person = self.new_body()
        features = _FEATURE_BITS.to_bytes(2, "little") + _STATUS_BITS.to_bytes(2, "little")
        return [
            Service(
                "1822",
                [
                    self.outlet(_SPOT, indicate=True).characteristic,
                    self.outlet(_CONTINUOUS, indicate=False).characteristic,
                    self.readable(_FEATURES, lambda: features),
                ],
            )
        ]

    def values_at(self, when: datetime, severity: float) -> list[Kept]:
        """Check once."""
        normal, amplitude = self._look(when, severity)
        value = Oximetry(
            normal,
            timestamp=date_time_of(when),
            clock_not_set=not self.clock_was_set,
            status=_FULLY_QUALIFIED | _FROM_STORAGE,
            pulse_amplitude=amplitude,
        )
        return [Kept(_SPOT, encode_spot_check(value))]

    async def deliver(self, connection: Connection) -> None:
        """Indicate what is stored, then notify live values as long as somebody listens."""
        await super().deliver(connection)
        sent = 0
        period_s = self.options.period_s if isinstance(self.options, OximeterOptions) else 1.0
        while self.outlets[_CONTINUOUS].subscribed and not self.dead:
            normal, amplitude = self._look(self.now(), self.severity())
            status = _ONGOING | (_EARLY if sent < _EARLY_VALUES else _FULLY_QUALIFIED)
            value = Oximetry(normal, status=status, pulse_amplitude=amplitude)
            if not await self.send(connection, _CONTINUOUS, encode_continuous(value), sent):
                return
            sent += 1
            await asyncio.sleep(period_s)
            await super().deliver(connection)  # what was checked meanwhile

    def _look(self, when: datetime, severity: float) -> tuple[Pair, MedFloat]:
        signs = self._person.look(when, severity)
        pair = MedFloat(round(signs[Sign.SATURATION]), 0), MedFloat(round(signs[Sign.PULSE]), 0)
        return pair, MedFloat(self.rng.randint(20, 90), -1)

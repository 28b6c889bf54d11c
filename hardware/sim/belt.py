"""A heart rate belt on the virtual air: it keeps nothing, and sends while somebody listens.

Source: Bluetooth Heart Rate Profile 1.0, Heart Rate Service 1.0.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bumble.device import Connection
from bumble.gatt import Service

from hardware.ble.heart_rate import TICKS_PER_S, HeartRate, encode_heart_rate
from hardware.sim.body import Sign
from hardware.sim.options import Options
from hardware.sim.peripheral import Peripheral

_MEASUREMENT, _LOCATION = "2A37", "2A38"
_CHEST = 1


@dataclass(frozen=True, slots=True)
class BeltOptions(Options):
    """``period_s``: how often it sends; ``worn``: without skin contact it says so."""

    name: str = "Pulsgurt Sim"
    period_s: float = 1.0
    worn: bool = True


class Belt(Peripheral):
    """The device."""

    model = "HRB-Sim"
    advertised = (0x180D,)

    def services(self) -> list[Service]:
        """Return the heart rate service."""
        self._person = self.new_body()
        outlet = self.outlet(_MEASUREMENT, indicate=False)
        return [
            Service(
                "180D", [outlet.characteristic, self.readable(_LOCATION, lambda: bytes((_CHEST,)))]
            )
        ]

    @property
    def stored(self) -> tuple[bytes, ...]:
        """Nothing."""
        return ()

    def has_news(self) -> bool:
        """Whether it is worn: then there is always something to hear."""
        return self._belt().worn

    async def measure(self) -> None:
        """Do nothing: it measures while somebody listens."""

    async def deliver(self, connection: Connection) -> None:
        """Notify as long as somebody listens."""
        sent = 0
        while self.outlets[_MEASUREMENT].subscribed and not self.dead:
            if not await self.send(connection, _MEASUREMENT, self._value(), sent):
                return
            sent += 1
            await asyncio.sleep(self._belt().period_s)

    def _value(self) -> bytes:
        if not self._belt().worn:
            return encode_heart_rate(HeartRate(0, contact=False))
        beats = round(self._person.look(self.now(), self.severity())[Sign.PULSE])
        usual = 60 * TICKS_PER_S / beats
        period_s = self._belt().period_s
        intervals = [
            round(usual * self.rng.gauss(1, 0.03))
            for _ in range(max(1, round(beats * period_s / 60)))
        ]
        return encode_heart_rate(HeartRate(beats, contact=True, rr_ticks=tuple(intervals[:8])))

    def _belt(self) -> BeltOptions:
        return self.options if isinstance(self.options, BeltOptions) else BeltOptions()

"""How a virtual device is set up, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hardware.sim.body import Illness

MAX_STORED = 200  # what a device of this kind keeps; then the oldest value is overwritten
FACTORY_TIME = datetime(2020, 1, 1)  # noqa: DTZ001  # a device's clock knows no time zone


@dataclass(frozen=True, slots=True)
class Options:
    """What every device can be told.

    ``stored`` values are there from the start, five minutes apart. ``every_s``: it measures by
    itself (a sensor that only streams: how often it does). ``confirmed`` is a file that is
    given one line of hex, synced, for each value whose safekeeping a hub has confirmed: by
    confirming its indication, or by deleting its record.

    Pairing: ``passkey`` is what the device wants to hear, None is Just Works;
    ``shown_passkey`` is what its display or label says, if that is another.

    Faults: ``drop_after``: after so many values on a connection it sends one more and cuts the
    link before that is confirmed; ``drops`` says how often it does so (None: each time).
    ``keeps_time``: False refuses to be given the time. ``memory`` is how many values it holds;
    then the oldest is overwritten. ``battery_percent`` falls by ``battery_per_value``; at zero
    the device is dead. ``bonded_elsewhere``: a phone has it, so it refuses to pair.
    ``answer_delay_s``: it takes so long for each answer and each value.

    ``illness`` comes ``ill_after_s`` after the start and is at its worst ``ill_over_s`` later.
    """

    name: str = "Sim"
    passkey: int | None = None
    seed: int = 1
    stored: int = 0
    every_s: float | None = None
    drop_after: int | None = None
    drops: int | None = None
    confirmed: Path | None = None
    always_advertise: bool = False
    battery_percent: int = 87
    shown_passkey: int | None = None
    keeps_time: bool = True
    memory: int = MAX_STORED
    battery_per_value: float = 0.0
    bonded_elsewhere: bool = False
    answer_delay_s: float = 0.0
    illness: Illness | None = None
    ill_after_s: float = 0.0
    ill_over_s: float = 172_800.0

    @property
    def label_passkey(self) -> int | None:
        """What a person reads off the device."""
        return self.passkey if self.shown_passkey is None else self.shown_passkey

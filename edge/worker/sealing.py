"""Who is known to encrypt, also while the keys are locked away; and whose counters may not fall.

Of a telegram whose encryption holds no counter (mode 5), nothing tells that it is an old one but
what it says: a total that fell. For :data:`FALLEN_MS` after the last reading it is taken for a
replay; a meter that was really set back is believed from then on, and the fall noted.
"""

from __future__ import annotations

from collections.abc import Iterable

from edge.store.continuity import NOTHING, Counters, Known, falls
from edge.store.village import VillageStore

FALLEN_MS = 3 * 86_400_000  # nobody sends for so long that the meter itself is never heard
# kWh or m³: water that runs back, and what a telegram with fewer digits rounds off
TOLERATED = 1.0


class Sealing:
    """Which devices' telegrams a key has opened; asks village.db once."""

    def __init__(self, village: VillageStore) -> None:
        self._village = village
        self._known: set[str] | None = None

    def __contains__(self, device: str) -> bool:
        return device in self._devices()

    def note(self, devices: Iterable[str], at: int) -> None:
        """Remember that a key opened telegrams of ``devices``."""
        new = set(devices) - self._devices()
        if new:
            self._village.add_sealed_meters(sorted(new), at)
            self._devices().update(new)

    def _devices(self) -> set[str]:
        if self._known is None:
            self._known = set(self._village.sealed_meters())
        return self._known


class Totals:
    """What the counters of one store's devices said last, as far as they are needed."""

    def __init__(self) -> None:
        self._known: dict[int, Known] = {}

    def knows(self, device: int) -> bool:
        """Tell whether the device's last reading was taken in."""
        return device in self._known

    def start(self, device: int, known: Known | None) -> None:
        """Take in what the store knows of a device."""
        self._known[device] = known or NOTHING

    def take(self, row: Counters) -> None:
        """Take in a reading that is believed."""
        _, new = falls([row], self._known)
        self._known.update(new)

    def fell(self, row: Counters) -> bool:
        """Tell whether a reading says so much less than a recent one that it is an old one.

        What came earlier (a history that a key opened) is compared with nothing.
        """
        at, energy, volume = self._known.get(row.device, NOTHING)
        if not at < row.observed_at < at + FALLEN_MS:
            return False
        return _is_below(row.energy_kwh, energy) or (
            (row.energy_kwh is None or energy is None) and _is_below(row.volume_m3, volume)
        )


def _is_below(now: float | None, before: float | None) -> bool:
    return now is not None and before is not None and now < before - TOLERATED

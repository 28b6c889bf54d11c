"""Where values go: into the journal, before anything else happens with them."""

from __future__ import annotations

from edge.care.contact_clock import CONTACT_CLOCK, UNPAIRED
from edge.clock import Clock
from edge.collect.ble.position import read_position, write_position
from edge.collect.value_key import value_key
from edge.config import Config
from edge.store.journal import Journal
from edge.store.village import VillageStore
from hardware.ble.records import Position


def device_id(address: str) -> str:
    """Return the stable id of a Bluetooth device: ``ble:C0112233AABB``."""
    return f"ble:{address.replace(':', '').upper()}"


class Keeper:
    """Keeps values and positions.

    :raises StoreError: from any method, if it could not be kept.
    """

    def __init__(
        self, config: Config, journal: Journal, village: VillageStore, clock: Clock
    ) -> None:
        self._source = f"radio:{config.radio.kind}"
        self._journal = journal
        self._village = village
        self._clock = clock
        self.kept = 0
        self.gave: dict[str, int] = {}  # when each address last gave a value, not yet written

    def keep(self, address: str, uuid: str, value: bytes) -> None:
        """Commit one value of a characteristic, or of an ``advert``."""
        self.gave[address] = self._append(address, uuid, value)
        self.kept += 1

    def keep_fact(self, address: str, uuid: str, value: bytes) -> None:
        """Commit what a device says of itself; that is no sign that it measures."""
        self._append(address, uuid, value)

    def keep_clock(self, address: str, note: bytes) -> None:
        """Commit a note of the device's clock, see :mod:`edge.care.contact_clock`."""
        self._append(address, CONTACT_CLOCK, note)

    def keep_unpaired(self, address: str) -> None:
        """Commit that the device is unpaired: what it gives later is nobody's until told anew."""
        self._append(address, UNPAIRED, str(self._clock.stamp().wall_ms).encode())

    def position(self, address: str, uuid: str) -> Position:
        """Return how far the device's records of a characteristic were read."""
        return read_position(self._journal, self._village.sensor_position(address, uuid))

    def put_position(self, address: str, uuid: str, position: Position) -> None:
        """Keep how far they were read; only what is committed counts."""
        self._village.put_sensor_position(address, uuid, write_position(self._journal, position))

    def _append(self, address: str, uuid: str, value: bytes) -> int:
        stamp = self._clock.stamp()
        device = device_id(address)
        key = value_key(device, uuid, value, stamp)
        self._journal.append("care", self._source, device, f"ble:{uuid}", key, value, stamp)
        return stamp.wall_ms

"""What the worker found in advertisements that volunteers must know, written to village.db.

Nothing of it is a measured value: that a button called, how full a battery is, that a counter
began anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.collect.ble.alarm import OPENED, PRESS_MS
from edge.collect.ble.profile import SOS
from edge.process.log import Log
from edge.store.village import VillageStore
from edge.store.village_alarms import BUTTON, HallAlarm

if TYPE_CHECKING:
    from edge.worker.care_batch import Batch


class SensorNews:
    """Tells of each batch.

    Where alarms are not on (``is_on``) a press is an event and calls nobody.

    :raises StoreError: from any method; what was told is not told twice.
    """

    def __init__(self, village: VillageStore, log: Log, *, is_on: bool = True) -> None:
        self._is_on = is_on
        self._village = village
        self._log = log

    def buttons(self) -> frozenset[str]:
        """Return the device ids of the call buttons."""
        return frozenset(one.device_id for one in self._village.ble_devices() if one.profile == SOS)

    def tell(self, batch: Batch) -> None:
        """Write what is news. A press that the collector told of already is none."""
        for device, at in batch.calls:
            if self._called(device, at):
                self._log.warning("sos", device=device)
        counts = {one.device_id for one in batch.counters if one.authentic}
        counts -= batch.restarted.keys()
        if not batch.batteries and not batch.restarted and not counts:
            return
        addresses = {one.device_id: one.address for one in self._village.ble_devices()}
        for device in batch.restarted.keys() & addresses.keys():
            at, since = batch.restarted[device]
            if self._village.sensor_restarted(addresses[device], device, at, since):
                self._log.warning("counter-restarted", device=device)
        self._village.sensors_count([addresses[one] for one in counts & addresses.keys()])
        self._village.sensor_batteries(
            {addresses[one]: level for one, level in batch.batteries.items() if one in addresses}
        )

    def _called(self, device: str, at: int) -> bool:
        """Note a press and show it, however old it is, in one commit; True if it is news."""
        names = {one.device_id: one.name for one in self._village.ble_devices()}
        with self._village.connection.transaction():
            is_news = self._village.add_call(device, at, PRESS_MS, OPENED)
            if is_news and self._is_on:
                place = names.get(device, "")
                self._village.show_late_call(HallAlarm(f"{BUTTON}{device}", "button", place, at))
        return is_news

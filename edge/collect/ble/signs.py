"""Who is alive: signs of life written now and then, and who has brought nothing for too long."""

from __future__ import annotations

from collections.abc import Collection

from edge.clock import Clock
from edge.collect.ble.adverts import AdvertIntake
from edge.collect.ble.keeper import Keeper
from edge.collect.ble.silence import changes
from edge.process.log import Log
from edge.store.village import VillageStore
from hardware.reading import TimeQuality


class Signs:
    """Signs of life of enrolled sensors, gathered until they are written.

    :raises StoreError: from any method, if something could not be kept.
    """

    def __init__(
        self,
        village: VillageStore,
        keeper: Keeper,
        adverts: AdvertIntake,
        clock: Clock,
        log: Log,
    ) -> None:
        self._village = village
        self._keeper = keeper
        self._adverts = adverts
        self._clock = clock
        self._log = log
        self._signs: dict[str, tuple[int, int | None]] = {}

    def heard(self, address: str, rssi_dbm: int | None) -> None:
        """Take note of an advertisement."""
        self._signs[address] = (self._clock.stamp().wall_ms, rssi_dbm)

    @property
    def gave(self) -> bool:
        """Tell if a sensor has given data since the last :meth:`write`."""
        return bool(self._keeper.gave)

    def write(self, enrolled: Collection[str]) -> None:
        """Write down who was heard and who gave data, of those who are enrolled."""
        gave = {a: at for a, at in self._keeper.gave.items() if a in enrolled}
        self._keeper.gave = {}  # of one that was unpaired meanwhile nothing is noted
        if gave:
            self._village.sensors_gave(gave)
            self.look_for_silence()
        signs = {a: sign for a, sign in self._signs.items() if a in enrolled}
        self._signs = {}
        if signs:
            self._village.sensors_heard(signs)
        levels, self._adverts.batteries = self._adverts.batteries, {}
        self._village.sensor_batteries(levels)

    def look_for_silence(self) -> None:
        """Tell of sensors that fell silent or came back, once the time is known."""
        stamp = self._clock.stamp()
        if stamp.quality is TimeQuality.UNKNOWN:
            return
        sensors, lives = self._village.ble_devices(), self._village.sensor_lives()
        for one in changes(sensors, lives, stamp.wall_ms):
            sensor = one.sensor
            self._village.tell_sensor(
                sensor.address, sensor.device_id, one.kind, stamp.wall_ms, one.since
            )
            self._log.warning(f"sensor-{one.kind}", device=sensor.device_id)

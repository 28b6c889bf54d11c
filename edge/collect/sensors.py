"""The radio's owner: enrolled sensors are heard, visited and drained, whatever the radio does.

What each step does stands in :mod:`edge.collect.ble`; here they are put on one loop. Advertisements
come in one stream; they say who is there, bring what some sensors have to say, and are the sign
that the adapter is alive.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from random import SystemRandom

from edge.alarm.house import sounders
from edge.clock import Clock
from edge.collect.ble.adverts import AdvertIntake
from edge.collect.ble.alarm import Sounder
from edge.collect.ble.keeper import Keeper, device_id
from edge.collect.ble.nearby import Nearby
from edge.collect.ble.profile import profile_named
from edge.collect.ble.queue import Ended, VisitQueue
from edge.collect.ble.requests import Requests, Visitors
from edge.collect.ble.signs import Signs
from edge.collect.ble.silence import is_talker
from edge.collect.ble.user_desk import Stores, UserDesk
from edge.collect.ble.visit import Visit
from edge.collect.ble.watchdog import Step, Watchdog
from edge.config import Config
from edge.process.heartbeat import Part
from edge.process.log import Log
from edge.process.words import said
from edge.store.errors import StoreError
from edge.store.journal import Journal
from edge.store.scale_users import ScaleUsers
from edge.store.village import VillageStore
from edge.store.village_rows import BleDevice
from hardware.errors import DeviceRefused, HardwareError, TransportError
from hardware.radio.base import Heard, Link, Radio
from hardware.radio.bleak_radio import PasskeyAsker
from hardware.radio.open import open_radio

__all__ = ["Sensors", "device_id"]

POLL_S = 1.0  # how soon a sensor that was enrolled elsewhere is known
CONNECT_S = 20.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0  # between two tries to take an absent adapter
SIGNS_S = 60.0  # between two commits of signs of life, however many sensors there are
SILENCE_S = 60.0  # between two looks for sensors that are silent
DEAF = "deaf"  # the adapter answers and hears nobody, though somebody should speak

OpenRadio = Callable[[PasskeyAsker], Radio]


class Sensors:
    """The radio's owner. :meth:`run` it in the collector's event loop.

    ``open_radio`` replaces the configured radio, for tests on an air of their own.
    """

    def __init__(
        self,
        config: Config,
        journal: Journal,
        village: VillageStore,
        clock: Clock,
        log: Log,
        *,
        open_radio: OpenRadio | None = None,
    ) -> None:
        self._config = config
        self._village = village
        self._clock = clock
        self._log = log
        self._open_radio = open_radio or self._configured_radio
        self._status = Part("radio", "starting")
        self._refused: set[str] = set()  # enrolled, but they want to be paired anew
        self._stop = asyncio.Event()
        self._wake = asyncio.Event()
        self._failure: Exception | None = None
        self._quiet = False
        self._hears_nobody = False  # since the watchdog said so
        self._enrolled: dict[str, BleDevice] = {}
        self._keeper = Keeper(config, journal, village, clock)
        self._nearby = Nearby()
        self._users = ScaleUsers(config.hub.scale_users)
        stores = Stores(village, self._users, config.hub.run)
        self._requests = Requests(
            village,
            clock,
            log,
            self._nearby,
            self._refused,
            ended=self._users.forget_device,
            ending=self._keeper.keep_unpaired,
        )
        self._desk = UserDesk(stores, clock, log, SystemRandom())
        self._sirens = sounders(config)
        blow = [one.sound for one in self._sirens.values()]
        self._sounder = Sounder(
            village, clock, log, config.radio.alarm_command, blow, is_on=config.personal.alerts
        )
        self._adverts = AdvertIntake(self._keeper, self._sounder.pressed)
        self._signs = Signs(village, self._keeper, self._adverts, clock, log)
        self._queue = VisitQueue(config.radio.scan_interval_s, SystemRandom())
        self._watchdog = Watchdog(0.0)

    def status(self) -> Part:
        """Return how the radio is, for the heartbeat.

        `ok`, `off`, `degraded`, `starting` or :data:`DEAF`.
        """
        return self._status

    @property
    def kept(self) -> int:
        """How many values were journalled since the start; one sent twice counts twice."""
        return self._keeper.kept

    async def run(self, stop: asyncio.Event) -> None:
        """Collect until ``stop`` is set, whatever the radio does; then leave nothing running."""
        self._stop = stop
        work = asyncio.create_task(self._forever())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait((work, stopping), return_when=asyncio.FIRST_COMPLETED)
        if stopping.done():
            # Before Python 3.12 asyncio.wait_for, deep in the stack below, may swallow this if
            # what it waits for comes at the same moment; so every loop looks at `stop` as well.
            work.cancel()
        stopping.cancel()
        results = await asyncio.gather(work, stopping, return_exceptions=True)
        await self._sounder.close()
        for siren in self._sirens.values():
            await asyncio.to_thread(siren.close)
        failure = results[0]
        if isinstance(failure, Exception):
            raise failure

    def _configured_radio(self, ask_passkey: PasskeyAsker) -> Radio:
        radio = self._config.radio
        if radio.kind == "off":
            raise TransportError(
                "the radio is off", hint="In hub.toml unter [radio] kind einschalten."
            )
        bonds = self._config.hub.keys / "bonds.json"
        return open_radio(
            radio.kind, radio.adapter, bonds, ask_passkey=ask_passkey, record=radio.record
        )

    async def _forever(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stop.is_set():
            try:
                radio = self._open_radio(self._requests.ask_passkey)
                try:
                    await radio.start()
                    self._status = self._listening()
                    self._log.info("radio-up", radio=radio.kind)
                    pause_s = FIRST_PAUSE_S
                    await self._work(radio)
                finally:
                    await radio.stop()
            except (TransportError, StoreError) as error:
                self._note(error)
                await self._wait_out(error, pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _wait_out(self, error: TransportError | StoreError, pause_s: float) -> None:
        """Wait for ``pause_s``, and tell whoever asks meanwhile that there is no radio."""
        loop = asyncio.get_running_loop()
        until = loop.time() + pause_s
        while not self._stop.is_set():
            try:
                self._requests.answer_all(error)
                self._signs.look_for_silence()
            except StoreError as failure:
                self._note(failure)
            left = until - loop.time()
            if left <= 0:
                return
            await asyncio.sleep(min(left, POLL_S))

    async def _work(self, radio: Radio) -> None:
        """Serve sensors and people until the radio or a store fails."""
        loop = asyncio.get_running_loop()
        self._failure, self._quiet = None, False
        self._watchdog = Watchdog(loop.time())
        self._queue = VisitQueue(self._config.radio.scan_interval_s, SystemRandom())
        self._refresh()
        self._know_talkers()
        tasks: set[asyncio.Task[None]] = set()

        def start(work: asyncio.Task[None]) -> None:
            tasks.add(work)
            work.add_done_callback(self._ended)
            work.add_done_callback(tasks.discard)

        visitors = Visitors(self._be_quiet, self._greet, self._first_drain, self._refresh)
        try:
            async with radio.listening(self._heard):
                start(asyncio.create_task(self._requests.serve(radio, visitors, self._stop)))
                start(asyncio.create_task(self._keep_house()))
                while not self._stop.is_set():
                    if self._failure is not None:
                        raise self._failure
                    radio.check()
                    await self._watch(radio, loop.time())
                    while (address := self._next(loop.time())) is not None:
                        start(asyncio.create_task(self._visit(radio, self._enrolled[address])))
                    await self._sleep(loop.time())
        finally:
            pending = list(tasks)
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)
            with contextlib.suppress(StoreError):  # a full disk has been told already
                self._signs.write(self._enrolled)

    def _next(self, now_s: float) -> str | None:
        if self._quiet or self._queue.active >= self._config.radio.links:
            return None
        return self._queue.next(now_s)

    async def _sleep(self, now_s: float) -> None:
        """Sleep until somebody is due, wakes up or goes, but not for long."""
        due_s = self._queue.due_s(now_s)
        full = self._quiet or self._queue.active >= self._config.radio.links
        left_s = POLL_S if due_s is None or full else min(POLL_S, max(0.02, due_s - now_s))
        self._wake.clear()
        try:
            async with asyncio.timeout(left_s):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _watch(self, radio: Radio, now_s: float) -> None:
        if self._quiet or self._queue.active:
            return  # a connection that is being made hears nobody; each has its own limit
        step = self._watchdog.step(now_s)
        if step is Step.NOTHING:
            return
        silent_s = round(self._watchdog.silent_s(now_s))
        self._log.warning("radio-silent", silent_s=silent_s, step=step.value)
        self._hears_nobody = True
        self._status = self._listening()
        if step is Step.RESCAN:
            try:
                await radio.rescan()
            except TransportError as error:
                self._log.warning("rescan-failed", error=error)  # the next step is stronger
        else:
            await radio.cycle()

    def _listening(self) -> Part:
        """Return how a radio is that answers.

        What is visited speaks only when somebody uses it: where nothing else is enrolled, a radio
        that hears nobody may be as well as the neighbours are far.
        """
        if not self._hears_nobody:
            return Part("radio", "ok")
        is_awaited = any(profile_named(one.profile) is None for one in self._enrolled.values())
        return Part("radio", DEAF if is_awaited else "ok", _HEARS_NOBODY)

    def _hears(self, now_s: float) -> None:
        """Take note that the radio hears: an advertisement, or a value on a connection."""
        self._watchdog.heard(now_s)
        if self._hears_nobody:
            self._hears_nobody = False
            self._status = self._listening()

    async def _keep_house(self) -> None:
        """Write down signs of life and silences; know who is enrolled."""
        loop = asyncio.get_running_loop()
        signs_s = silence_s = loop.time()
        self._signs.look_for_silence()
        while not self._stop.is_set():
            self._refresh()
            self._sounder.follow()
            for address in self._desk.wanted(self._enrolled):
                self._queue.hurry(address)
                self._wake.set()
            now_s = loop.time()
            if self._signs.gave or now_s - signs_s >= SIGNS_S:
                self._signs.write(self._enrolled)
                signs_s = now_s
            if now_s - silence_s >= SILENCE_S:
                self._signs.look_for_silence()
                silence_s = now_s
            await asyncio.sleep(POLL_S)

    def _refresh(self) -> None:
        self._enrolled = {one.address: one for one in self._village.ble_devices()}
        visited = [a for a, one in self._enrolled.items() if profile_named(one.profile)]
        self._queue.enrol(visited)
        self._adverts.enrol(set(self._enrolled))

    def _know_talkers(self) -> None:
        lives, calls = self._village.sensor_lives(), self._village.last_calls()
        self._adverts.talkers = frozenset(
            address
            for address, one in self._enrolled.items()
            if is_talker(one, lives.get(address), calls.get(one.device_id))
        )

    def _heard(self, heard: Heard) -> None:
        """Take one advertisement; called some hundred times a second in a street."""
        now_s = asyncio.get_running_loop().time()
        self._hears(now_s)
        self._nearby.heard(heard, now_s)
        sensor = self._enrolled.get(heard.address)
        if sensor is None:
            return
        self._signs.heard(heard.address, heard.rssi_dbm)
        if profile_named(sensor.profile) is not None:
            if self._queue.heard(heard.address, now_s, heard.rssi_dbm):
                self._wake.set()
            return
        try:
            self._adverts.take(sensor, heard, now_s)
        except Exception as error:  # noqa: BLE001 - raised again by the loop that owns the radio
            self._failure = error
            self._wake.set()

    async def _visit(self, radio: Radio, sensor: BleDevice) -> None:
        """Drain one sensor; its faults are noted at the device and do not stop the others."""
        loop = asyncio.get_running_loop()
        how = Ended.FAILED
        try:
            link = await radio.connect(sensor.address, pair=False, timeout_s=CONNECT_S)
            try:
                how = await self._drain(link, sensor)
            finally:
                await link.close()
        except DeviceRefused as error:
            how = Ended.REFUSED
            self._refused.add(sensor.address)
            self._fault(sensor, error)
        except TransportError as error:
            radio.check()
            self._fault(sensor, error)
        finally:
            self._queue.ended(sensor.address, how, loop.time())
            self._wake.set()

    async def _drain(self, link: Link, sensor: BleDevice) -> Ended:
        """Give a sensor the time and take what it has stored.

        :raises StoreError: if a value could not be journalled; the device keeps it.
        """
        await self._greet(link, sensor)
        visited = await self._new_visit(link, sensor).drain()
        self._village.device_seen(sensor.device, self._now())
        if visited.trouble:
            self._village.device_error(sensor.device, visited.trouble, self._now())
        self._refused.discard(sensor.address)
        self._log.info(
            "sensor-drained", device=sensor.device_id, values=visited.kept, cut=visited.cut
        )
        if visited.cut:
            return Ended.CUT
        if visited.more:
            return Ended.MORE
        return Ended.DRAINED if visited.kept else Ended.EMPTY

    async def _greet(self, link: Link, sensor: BleDevice) -> int | None:
        """Set a sensor's clock and return its battery's level in percent, if it tells."""
        visit = self._new_visit(link, sensor)
        if not await visit.set_clock(self._clock.stamp):
            self._log.debug("clock-not-set", device=sensor.device_id)
        battery = await visit.battery()
        self._village.device_seen(sensor.device, self._now(), battery_percent=battery)
        return battery

    async def _first_drain(self, link: Link, sensor: BleDevice) -> None:
        """Take what a sensor just paired has; if that fails, a visit will."""
        try:
            await self._drain(link, sensor)
        except HardwareError as error:
            self._log.info("first-drain-failed", device=sensor.device_id, error=error)

    def _new_visit(self, link: Link, sensor: BleDevice) -> Visit:
        profile = profile_named(sensor.profile)
        if profile is None:
            raise DeviceRefused(f"{sensor.profile} is no profile that is visited")
        loop = asyncio.get_running_loop()

        def alive() -> None:
            self._hears(loop.time())

        return Visit(link, profile, self._keeper, alive, self._desk)

    def _be_quiet(self, quiet: bool) -> None:  # noqa: FBT001  # a switch
        self._quiet = quiet
        self._wake.set()

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception) and self._failure is None:
            self._failure = error
        self._wake.set()

    def _fault(self, sensor: BleDevice, error: HardwareError) -> None:
        self._log.warning("sensor-failed", device=sensor.device_id, error=error, hint=error.hint)
        self._village.device_error(sensor.device, said(error), self._now())

    def _note(self, error: TransportError | StoreError) -> None:
        off = self._config.radio.kind == "off" and isinstance(error, TransportError)
        told = Part("radio", "off" if off else "degraded", said(error))
        if told != self._status:
            self._status = told
            write = self._log.info if off else self._log.warning
            write("radio-down", error=error, hint=error.hint)

    def _now(self) -> int:
        return self._clock.stamp().wall_ms


_HEARS_NOBODY = "Der Adapter hört kein einziges Gerät."

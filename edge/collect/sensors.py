"""The Bluetooth half of the collector: paired cuffs are looked for, drained and given the time.

A reading is committed to the journal before the radio's handler returns, and on a radio that
``confirms_after_handler`` the device is told "received" only then. The commit blocks the event
loop for the few milliseconds of one fsync: intended, nothing else on this radio may overtake it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from edge.clock import Clock, Stamp, to_datetime
from edge.config import Config
from edge.process.heartbeat import Part
from edge.process.log import Log
from edge.process.words import said
from edge.store.errors import StoreError
from edge.store.journal import Journal, entry_key
from edge.store.village import VillageStore
from edge.store.village_rows import BleDevice, Request
from hardware.ble.blood_pressure import read_blood_pressure
from hardware.ble.clock import encode_current_time
from hardware.ble.registry import decode
from hardware.errors import DecodeError, DeviceRefused, HardwareError, TransportError
from hardware.radio.base import Found, Link, Radio
from hardware.radio.open import open_radio
from hardware.reading import TimeQuality

BLOOD_PRESSURE = "1810"
LOOK_S = 3.0  # a cuff with readings advertises several times a second for about a minute
POLL_S = 1.0  # how soon a request to pair is seen
CONNECT_S = 20.0
IDLE_S = 2.0  # stored readings follow one another at once; then the cuff has no more
SESSION_S = 60.0  # nobody has the radio for longer; what is left comes with the next round
QUICK_ROUNDS = 20  # rounds without a pause while transfers are cut; 200 readings, ten at a time
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0  # between two tries to take an absent adapter
PAIR_S = 60.0
LONGEST_PAIR_S = 300.0  # a person who waits for longer has gone

OpenRadio = Callable[[], Radio]


def device_id(address: str) -> str:
    """Return the stable id of a Bluetooth device: ``ble:C0112233AABB``."""
    return f"ble:{address.replace(':', '').upper()}"


def reading_key(device: str, value: bytes, stamp: Stamp) -> bytes:
    """Return what makes a blood pressure value one of its kind.

    A value with the device's full time is itself: sent again, it is the same reading. Without
    one, two equal values may be two readings, so the minute of arrival counts as well: nobody
    measures twice in a minute, and a value sent again later is kept twice rather than lost once.
    """
    try:
        timestamp = read_blood_pressure(value).timestamp
    except DecodeError:
        timestamp = None
    if timestamp is not None and timestamp.complete:
        return entry_key("ble:2A35", device, value)
    return entry_key("ble:2A35", device, value, stamp.wall_ms // 60_000)


@dataclass(slots=True)
class _Transfer:
    """What one connection brought."""

    kept: int = 0
    failure: Exception | None = None
    cut: bool = False


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
        self._journal = journal
        self._village = village
        self._clock = clock
        self._log = log
        self._open_radio = open_radio or self._configured_radio
        self._status = Part("radio", "starting")
        self._refused: set[str] = set()  # enrolled, but they want to be paired anew
        self._kept = 0
        self._stop = asyncio.Event()

    def status(self) -> Part:
        """Return how the radio is, for the heartbeat: `ok`, `off`, `degraded` or `starting`."""
        return self._status

    @property
    def kept(self) -> int:
        """How many values were journalled since the start; one sent twice counts twice."""
        return self._kept

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
        failure = results[0]
        if isinstance(failure, Exception):
            raise failure

    def _configured_radio(self) -> Radio:
        radio = self._config.radio
        if radio.kind == "off":
            raise TransportError(
                "the radio is off", hint="In hub.toml unter [radio] kind einschalten."
            )
        bonds = self._config.hub.keys / "bonds.json"
        return open_radio(radio.kind, radio.adapter, bonds, record=radio.record)

    async def _forever(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stop.is_set():
            try:
                radio = self._open_radio()
                try:
                    await radio.start()
                    self._status = Part("radio", "ok")
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
                for request in self._village.open_requests("pair"):
                    self._answer(request, done=False, result=_told(error))
            except StoreError as failure:
                self._note(failure)
            left = until - loop.time()
            if left <= 0:
                return
            await asyncio.sleep(min(left, POLL_S))

    async def _work(self, radio: Radio) -> None:
        loop = asyncio.get_running_loop()
        quick = 0
        while not self._stop.is_set():
            cut = await self._look(radio)
            quick = quick + 1 if cut else 0
            pause_s = self._config.radio.scan_interval_s
            if 0 < quick <= QUICK_ROUNDS:
                pause_s = 0.0
            until = loop.time() + pause_s
            while not self._stop.is_set():
                for request in self._village.open_requests("pair"):
                    await self._pair(radio, request)
                left = until - loop.time()
                if left <= 0:
                    break
                await asyncio.sleep(min(left, POLL_S))

    async def _look(self, radio: Radio) -> bool:
        """Drain every enrolled cuff that is heard; return whether a transfer was cut."""
        enrolled = {one.address: one for one in self._village.ble_devices()}
        enrolled = {a: one for a, one in enrolled.items() if one.profile == BLOOD_PRESSURE}
        if not enrolled:
            return False
        cut = False
        for heard in await radio.discover(BLOOD_PRESSURE, LOOK_S):
            if heard.address in enrolled and not self._stop.is_set():
                cut |= await self._visit(radio, enrolled[heard.address])
        self._status = Part("radio", "ok")
        return cut

    async def _visit(self, radio: Radio, sensor: BleDevice) -> bool:
        """Drain one cuff; its faults are noted at the device and do not stop the others."""
        try:
            link = await radio.connect(sensor.address, pair=False, timeout_s=CONNECT_S)
            try:
                return await self._drain(link, sensor.device)
            finally:
                await link.close()
        except DeviceRefused as error:
            self._refused.add(sensor.address)
            self._fault(sensor, error)
            return False
        except TransportError as error:
            self._fault(sensor, error)
            return True

    async def _drain(self, link: Link, device: int) -> bool:
        """Take what the cuff has stored; return whether the device cut the transfer short.

        :raises StoreError: if a value could not be journalled; the device keeps it.
        """
        name = device_id(link.address)
        await self._set_clock(link)
        battery = await self._battery(link)
        transfer = _Transfer()
        fresh = asyncio.Event()

        def keep(value: bytes) -> None:
            try:
                self._keep(name, value)
            except Exception as error:
                transfer.failure = error
                raise
            finally:
                fresh.set()
            transfer.kept += 1

        await link.subscribe("2A35", keep)
        closed = asyncio.create_task(link.wait_closed())
        try:
            async with asyncio.timeout(SESSION_S):
                transfer.cut = await _until_idle(fresh, closed)
        except TimeoutError:
            transfer.cut = True
        finally:
            closed.cancel()
            await asyncio.gather(closed, return_exceptions=True)
        if transfer.failure is not None:
            raise transfer.failure
        self._village.device_seen(device, self._now(), battery_percent=battery)
        self._refused.discard(link.address)
        self._log.info("sensor-drained", device=name, values=transfer.kept, cut=transfer.cut)
        return transfer.cut

    def _keep(self, device: str, value: bytes) -> None:
        stamp = self._clock.stamp()
        self._journal.append(
            "care",
            f"radio:{self._config.radio.kind}",
            device,
            "ble:2A35",
            reading_key(device, value, stamp),
            value,
            stamp,
        )
        self._kept += 1

    async def _set_clock(self, link: Link) -> None:
        """Write the wall's time, unless the hub does not know it itself."""
        stamp = self._clock.stamp()
        if stamp.quality is TimeQuality.UNKNOWN:
            return
        local = to_datetime(stamp.wall_ms).astimezone()
        try:
            await link.write("2A2B", encode_current_time(local))
        except DeviceRefused as error:  # not every cuff has a clock that can be set
            self._log.debug("clock-not-set", device=device_id(link.address), error=error)

    async def _battery(self, link: Link) -> int | None:
        try:
            level = decode("2A19", await link.read("2A19")).records[0].value
        except (DeviceRefused, DecodeError):
            return None
        return int(level)

    async def _pair(self, radio: Radio, request: Request) -> None:
        """Serve one request to pair: the nearest cuff that is not enrolled yet."""
        wait_s = _seconds(request.arguments.get("wait_s"), PAIR_S)
        loop = asyncio.get_running_loop()
        until = loop.time() + wait_s - max(0, self._now() - request.created_at) / 1000
        wanted = request.arguments.get("address")
        failure: HardwareError = TransportError(
            "no new blood pressure cuff was heard",
            hint="Bitte am Gerät die Kopplung starten (meist eine Taste lange drücken) und es "
            "neben den Hub legen.",
        )
        while loop.time() < until and not self._stop.is_set():
            heard = await radio.discover(BLOOD_PRESSURE, min(LOOK_S, wait_s))
            chosen = self._choose(heard, str(wanted) if wanted else None)
            if chosen is None:
                continue
            try:
                await self._enrol(radio, chosen, request)
            except DeviceRefused as error:
                failure = error
                break
            except TransportError as error:
                failure = error  # it may be heard again before the time is over
            else:
                return
        if not self._stop.is_set():  # else it stays open for the next start
            self._log.info("not-paired", error=failure, hint=failure.hint)
            self._answer(request, done=False, result=_told(failure))

    def _choose(self, heard: list[Found], wanted: str | None) -> Found | None:
        """Return the strongest that may be paired: not enrolled yet, or its bond is broken."""
        enrolled = {one.address for one in self._village.ble_devices()} - self._refused
        for found in heard:
            if found.address == wanted or (wanted is None and found.address not in enrolled):
                return found
        return None

    async def _enrol(self, radio: Radio, found: Found, request: Request) -> None:
        """Pair and remember a cuff, answer whoever waits, then take what the cuff has stored."""
        link = await radio.connect(found.address, pair=True, timeout_s=CONNECT_S)
        try:
            maker = await _text(link, "2A29")
            model = await _text(link, "2A24")
            name = found.name or model or found.address
            number = self._village.device(
                device_id(found.address),
                kind="ble",
                label=name,
                manufacturer=maker,
                model=model,
                seen_at=self._now(),
            )
            self._village.add_ble_device(found.address, number, BLOOD_PRESSURE, name, self._now())
            self._refused.discard(found.address)
            self._log.info("sensor-paired", device=device_id(found.address))
            told: dict[str, object] = {
                "address": found.address,
                "name": name,
                "device_id": device_id(found.address),
            }
            self._answer(request, done=True, result=told)
            await self._first_drain(link, number)
        finally:
            await link.close()

    async def _first_drain(self, link: Link, number: int) -> None:
        """Give a cuff just paired the time and take what it has; if that fails, a round will."""
        try:
            await self._drain(link, number)
        except HardwareError as error:
            self._log.info("first-drain-failed", device=device_id(link.address), error=error)

    def _answer(self, request: Request, *, done: bool, result: dict[str, object]) -> None:
        self._village.finish(request.request, done=done, at=self._now(), result=result)

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


async def _until_idle(fresh: asyncio.Event, closed: asyncio.Task[None]) -> bool:
    """Wait until nothing came for a while; True if the device hung up before that."""
    closed.add_done_callback(lambda _: fresh.set())
    while not closed.done():
        fresh.clear()
        try:
            async with asyncio.timeout(IDLE_S):
                await fresh.wait()
        except TimeoutError:
            return False
    return True


async def _text(link: Link, characteristic: str) -> str:
    """Return a string of the device information service, empty where there is none."""
    try:
        raw = await link.read(characteristic)
    except DeviceRefused:
        return ""
    text = raw.decode("utf-8", "replace").strip("\0 ")
    return "".join(c for c in text if c.isprintable())[:100]


def _seconds(given: object, usual: float) -> float:
    if isinstance(given, int | float) and not isinstance(given, bool):
        return min(max(float(given), 1.0), LONGEST_PAIR_S)
    return usual


def _told(error: HardwareError | StoreError) -> dict[str, object]:
    return {"error": str(error), "hint": error.hint}

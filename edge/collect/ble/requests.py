"""What people ask the radio's owner for: to look around, to pair, to give a code, to unpair.

They ask through village.db, so that page and command line need no radio. While a request is open
its `result` says how far it has come (``stage``); when it is answered, what became of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass

from edge.clock import Clock
from edge.collect.ble.advice import advice
from edge.collect.ble.keeper import device_id
from edge.collect.ble.nearby import Near, Nearby
from edge.collect.ble.profile import ADVERT, SOS, kind_word, profile_named
from edge.collect.ble.silence import MAX_S, MIN_S
from edge.process.log import Log
from edge.store.errors import StoreError
from edge.store.village import VillageStore
from edge.store.village_rows import BleDevice, Request
from hardware.errors import DeviceRefused, HardwareError, TransportError
from hardware.radio.base import Link, Radio

POLL_S = 0.3  # how soon the next one is seen
FORGET_S = 60.0  # between two looks at what was found and nobody looks at any more
PAIR_S, LONGEST_S = 60.0, 300.0  # a person who waits for longer has gone
CONNECT_S = 50.0  # with a person in it who reads six digits and types them
PASSKEY_S = 28.0  # the device itself gives up after 30 (Core 5.4, Vol 3 Part H, 3.4)
UNPAIR_CONNECT_S = 8.0
MAX_CANDIDATES = 30
MAX_NAME = 60


@dataclass(frozen=True, slots=True)
class Visitors:
    """What a pairing needs of the radio's owner.

    ``quiet`` keeps others off the radio, ``greet`` returns a battery's level, ``drain`` takes
    what a sensor has, ``changed`` is told that others are enrolled now.
    """

    quiet: Callable[[bool], None]
    greet: Callable[[Link, BleDevice], Awaitable[int | None]]
    drain: Callable[[Link, BleDevice], Awaitable[None]]
    changed: Callable[[], None]


class Requests:
    """Serves requests one after the other. :meth:`serve` it in the radio's loop.

    ``refused`` holds the addresses of enrolled sensors that want to be paired anew. ``ended`` is
    told whose enrolment ended, ``ending`` before it does: what fails there ends nothing.
    """

    def __init__(
        self,
        village: VillageStore,
        clock: Clock,
        log: Log,
        nearby: Nearby,
        refused: set[str],
        *,
        ended: Callable[[str], None] = lambda _: None,
        ending: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._village = village
        self._clock = clock
        self._log = log
        self._nearby = nearby
        self._refused = refused
        self._end = ended
        self._before_end = ending
        self._pairing: Request | None = None
        self._asked = False

    def answer_all(self, error: HardwareError | Exception) -> None:
        """Tell whoever asks that there is no radio."""
        told = {"error": str(error), "hint": getattr(error, "hint", "")}
        for request in self._village.open_requests():
            if request.kind == "unpair":
                told_too = {**self._ended(request), "bond": "kept"}
                self._answer(request, done=True, result=told_too)
            elif request.kind in {"look", "pair", "passkey", "user"}:
                self._answer(request, done=False, result=told)

    async def serve(self, radio: Radio, visitors: Visitors, stop: asyncio.Event) -> None:
        """Serve requests until ``stop`` is set or the radio fails."""
        loop = asyncio.get_running_loop()
        forget_s = loop.time()
        while not stop.is_set():
            if loop.time() >= forget_s:
                self._village.forget_looks(self._now())
                forget_s = loop.time() + FORGET_S
            for request in self._village.open_requests():
                if request.kind == "look":
                    self._look(request)
                elif request.kind == "passkey" and self._pairing is None:
                    self._answer(request, done=False, result={"hint": _NOT_ASKED})
                elif request.kind == "pair":
                    await self._alongside(self._pair(radio, request, visitors, stop))
                elif request.kind == "unpair":
                    await self._unpair(radio, request, visitors)
            await asyncio.sleep(POLL_S)

    async def ask_passkey(self, address: str) -> int | None:
        """Return the six digits that a person types, None if nobody does."""
        pairing = self._pairing
        if pairing is None:
            return None
        self._asked = True
        self._village.progress(pairing.request, {"stage": "passkey", "address": address})
        try:
            async with asyncio.timeout(PASSKEY_S):
                while True:
                    for request in self._village.open_requests("passkey"):
                        if request.arguments.get("pairing") != pairing.request:
                            continue
                        digits = request.arguments.get("passkey")
                        good = isinstance(digits, int) and 0 <= digits <= 999_999
                        self._answer(request, done=good, result={})
                        self._village.progress(pairing.request, {"stage": "connecting"})
                        return digits if good and isinstance(digits, int) else None
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            self._asked = False
            return None

    async def _alongside(self, work: Coroutine[None, None, None]) -> None:
        """Pair, and go on telling who is near meanwhile."""
        task = asyncio.create_task(work)
        try:
            while not task.done():
                for request in self._village.open_requests("look"):
                    self._look(request)
                await asyncio.wait((task,), timeout=POLL_S)
            task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _look(self, request: Request) -> None:
        """Tell who is near and not enrolled, until the person has gone."""
        found = [near.told() for near in self._unpaired()[:MAX_CANDIDATES]]
        age_s = (self._now() - request.created_at) / 1000
        result: dict[str, object] = {"stage": "looking", "found": found}
        if age_s > _seconds(request.arguments.get("wait_s"), LONGEST_S):
            self._answer(request, done=True, result=result)
        elif result != request.result:
            self._village.progress(request.request, result)

    def _unpaired(self) -> list[Near]:
        enrolled = {one.address for one in self._village.ble_devices()} - self._refused
        near = self._nearby.nearest(asyncio.get_running_loop().time())
        return [one for one in near if one.address not in enrolled]

    async def _pair(
        self, radio: Radio, request: Request, visitors: Visitors, stop: asyncio.Event
    ) -> None:
        """Serve one request to pair: the named device, or the nearest that is not enrolled."""
        self._pairing, self._asked = request, False
        visitors.quiet(True)  # a switch
        try:
            await self._pair_in_time(radio, request, visitors, stop)
        finally:
            self._pairing = None
            visitors.quiet(False)

    async def _pair_in_time(
        self, radio: Radio, request: Request, visitors: Visitors, stop: asyncio.Event
    ) -> None:
        loop = asyncio.get_running_loop()
        wait_s = _seconds(request.arguments.get("wait_s"), PAIR_S)
        until = loop.time() + wait_s - max(0, self._now() - request.created_at) / 1000
        wanted = request.arguments.get("address")
        failure: HardwareError = TransportError("no new sensor was heard", hint=_NOT_HEARD)
        while loop.time() < until and not stop.is_set():
            chosen = self._choose(str(wanted) if wanted else None)
            if chosen is None:
                await asyncio.sleep(POLL_S)
                continue
            try:
                await self._enrol(radio, chosen, request, visitors)
            except DeviceRefused as error:
                failure = error
                break
            except TransportError as error:
                failure = error  # it may be heard again before the time is over
            else:
                return
        if not stop.is_set():  # else it stays open for the next start
            hint = advice(failure, asked=self._asked)
            self._log.info("not-paired", error=failure, hint=hint)
            self._answer(request, done=False, result={"error": str(failure), "hint": hint})

    def _choose(self, wanted: str | None) -> Near | None:
        """Return the nearest that may be paired; one that only advertises must be named."""
        if wanted is not None:
            near = self._nearby.nearest(asyncio.get_running_loop().time())
            return next((one for one in near if one.address == wanted), None)
        return next((one for one in self._unpaired() if one.profile != ADVERT), None)

    async def _enrol(
        self, radio: Radio, chosen: Near, request: Request, visitors: Visitors
    ) -> None:
        """Pair and remember a device, answer whoever waits, then take what it has stored."""
        given = str(request.arguments.get("name") or "")[:MAX_NAME].strip()
        if chosen.profile == ADVERT:
            profile = SOS if request.arguments.get("sos") is True else ADVERT
            sensor = self._remember(chosen, profile, given or chosen.name or chosen.kind, "", "")
            self._expect(sensor, request)
            visitors.changed()
            self._answer(request, done=True, result=self._told(sensor, None, blinked=False))
            return
        self._village.progress(request.request, {"stage": "connecting", "name": chosen.name})
        link = await radio.connect(chosen.address, pair=True, timeout_s=CONNECT_S)
        try:
            maker, model = await _text(link, "2A29"), await _text(link, "2A24")
            name = given or chosen.name or model or chosen.kind
            sensor = self._remember(chosen, chosen.profile, name, maker, model)
            self._expect(sensor, request)
            self._refused.discard(chosen.address)
            self._log.info("sensor-paired", device=sensor.device_id)
            blinked = await _blink(link)
            battery = await self._battery(link, sensor, visitors)
            visitors.changed()
            self._answer(request, done=True, result=self._told(sensor, battery, blinked=blinked))
            visitors.quiet(False)  # the rest is a visit like any other
            await visitors.drain(link, sensor)
        finally:
            await link.close()

    async def _battery(self, link: Link, sensor: BleDevice, visitors: Visitors) -> int | None:
        """Return the level; a device that hangs up after pairing is paired all the same."""
        try:
            return await visitors.greet(link, sensor)
        except HardwareError as error:
            self._log.info("greeting-failed", device=sensor.device_id, error=error)
            return None

    def _remember(self, chosen: Near, profile: str, name: str, maker: str, model: str) -> BleDevice:
        number = self._village.device(
            device_id(chosen.address),
            kind="ble",
            label=name,
            manufacturer=maker,
            model=model,
            seen_at=self._now(),
        )
        now = self._now()
        self._village.add_ble_device(chosen.address, number, profile, name, now)
        return BleDevice(chosen.address, number, device_id(chosen.address), profile, name, now)

    def _expect(self, sensor: BleDevice, request: Request) -> None:
        hours = request.arguments.get("expected_h")
        if isinstance(hours, int | float) and not isinstance(hours, bool):
            seconds = min(max(round(hours * 3600), MIN_S), MAX_S)
            self._village.expect_sensor(sensor.address, seconds)

    @staticmethod
    def _told(sensor: BleDevice, battery: int | None, *, blinked: bool) -> dict[str, object]:
        told: dict[str, object] = {
            "address": sensor.address,
            "name": sensor.name,
            "device_id": sensor.device_id,
            "kind": kind_word(sensor.profile),
        }
        if battery is not None:
            told["battery"] = battery
        if blinked:
            told["blinked"] = True
        return told

    async def _unpair(self, radio: Radio, request: Request, visitors: Visitors) -> None:
        """Forget the bond on both sides as far as the device allows, and end the enrolment."""
        address = str(request.arguments.get("address") or "")
        sensor = next((s for s in self._village.ble_devices() if s.address == address), None)
        there = False
        if sensor is not None and profile_named(sensor.profile) is not None:
            there = await self._forgotten_there(radio, address)
        bond = "forgotten"
        try:
            await radio.forget(address)
        except HardwareError as error:
            bond = "kept"
            self._log.warning("bond-kept", device=device_id(address), error=error)
        result = {**self._ended(request), "bond": bond, "device_forgot": there}
        visitors.changed()
        self._answer(request, done=bool(result["known"]), result=result)

    async def _forgotten_there(self, radio: Radio, address: str) -> bool:
        """Ask a device in reach to delete its bond (Bond Management Service, 2AA4)."""
        now_s = asyncio.get_running_loop().time()
        if all(near.address != address for near in self._nearby.nearest(now_s)):
            return False
        try:
            link = await radio.connect(address, pair=False, timeout_s=UNPAIR_CONNECT_S)
            try:
                await link.write("2AA4", b"\x03")  # this hub's, on LE
            finally:
                await link.close()
        except HardwareError:
            return False
        return True

    def _ended(self, request: Request) -> dict[str, object]:
        address = str(request.arguments.get("address") or "")
        if any(one.address == address for one in self._village.ble_devices()):
            self._before_end(address)
        known = self._village.end_sensor(address)
        self._refused.discard(address)
        try:
            self._end(address)
        except StoreError as error:  # the enrolment is over all the same
            self._log.warning("users-kept", device=device_id(address), error=error)
        if known:
            self._log.info("sensor-unpaired", device=device_id(address))
        return {"address": address, "known": known, "hint": "" if known else _NOT_KNOWN}

    def _answer(self, request: Request, *, done: bool, result: dict[str, object]) -> None:
        self._village.finish(request.request, done=done, at=self._now(), result=result)

    def _now(self) -> int:
        return self._clock.stamp().wall_ms


_NOT_HEARD = (
    "Bitte am Gerät die Kopplung starten (meist eine Taste lange drücken) und es "
    "neben den Hub legen."
)
_NOT_ASKED = "Gerade wird kein Code gebraucht."
_NOT_KNOWN = "Dieses Gerät ist nicht gekoppelt."


async def _text(link: Link, characteristic: str) -> str:
    """Return a string of the device information service, empty where there is none."""
    try:
        raw = await link.read(characteristic)
    except DeviceRefused:
        return ""
    text = raw.decode("utf-8", "replace").strip("\0 ")
    return "".join(c for c in text if c.isprintable())[:100]


async def _blink(link: Link) -> bool:
    """Have the device show itself (Immediate Alert); True if it took that."""
    try:
        await link.write("2A06", b"\x01", response=False)
    except (DeviceRefused, TransportError):
        return False
    return True


def _seconds(given: object, usual: float) -> float:
    if isinstance(given, int | float) and not isinstance(given, bool):
        return min(max(float(given), 1.0), LONGEST_S)
    return usual

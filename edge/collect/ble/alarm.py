"""What happens at once when somebody presses a call button.

The event is in village.db within the same breath; then a command of the house may sound. It is
the local half of an alarm: who comes, and who is called if nobody does, is decided elsewhere.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from edge.alarm.path import AlarmError
from edge.clock import Clock
from edge.process.log import Log
from edge.store.village import VillageStore
from edge.store.village_alarms import BUTTON, HallAlarm

OPENED = "opened"  # the detail of a call that was encrypted: the worker found it
PRESS_MS = 10_000  # a press is repeated for some seconds; what comes after them is another
LATE_MS = 3_600_000  # a call that was read that late makes no noise any more; it still calls
COMMAND_S = 60.0  # a siren that does not end by itself is ended


class Sounder:
    """Writes the event and runs the house's command, one at a time.

    ``sirens`` sound at once and end by themselves. ``command`` is run without a shell; the device's
    id and name are its last two arguments. Who presses another button while it sounds is sounded
    next; the same button again changes nothing. Where alarms are not on (``is_on``) a press is an
    event and calls nobody.
    """

    def __init__(
        self,
        village: VillageStore,
        clock: Clock,
        log: Log,
        command: Sequence[str] = (),
        sirens: Sequence[Callable[[], None]] = (),
        *,
        is_on: bool = True,
    ) -> None:
        self._is_on = is_on
        self._village = village
        self._clock = clock
        self._log = log
        self._command = tuple(command)
        self._sirens = tuple(sirens)
        self._blowing: set[asyncio.Future[None]] = set()
        self._sounding: asyncio.Task[None] | None = None
        self._calls: dict[str, str] = {}  # names by id of who calls; the first one sounds
        self._followed: int | None = None  # the last event that was looked at

    def pressed(self, device_id: str, name: str) -> None:
        """Tell of a press. Called in the loop; returns as soon as event and line are durable.

        :raises StoreError: if it could not be written; the command runs all the same.
        """
        if self._is_on:
            self._blow()
        at = self._clock.stamp().wall_ms
        line = HallAlarm(f"{BUTTON}{device_id}", "button", name, at) if self._is_on else None
        try:
            self._village.add_press(device_id, at, line)
        finally:
            self._log.warning("sos", device=device_id)
            if self._is_on:
                self._call(device_id, name)

    def follow(self) -> None:
        """Sound for calls that the worker found since the last look; the first look is silent.

        What is old makes no noise. The worker has put each on the board, whatever its age.

        :raises StoreError: if village.db cannot be read.
        """
        if self._followed is None:
            newest = self._village.sensor_events(limit=1)
            self._followed = newest[0].event if newest else 0
            return
        calls = self._village.calls_after(self._followed, OPENED)
        if not calls:
            return
        self._followed = calls[-1].event
        if not self._is_on:
            return
        names = {one.device_id: one.name for one in self._village.ble_devices()}
        now_ms = self._clock.stamp().wall_ms
        for one in calls:
            if now_ms - one.at < LATE_MS:
                name = names.get(one.device_id, "")
                self._blow()
                self._call(one.device_id, name)

    def _call(self, device_id: str, name: str) -> None:
        if self._command:
            self._calls.setdefault(device_id, name)
            if self._sounding is None or self._sounding.done():
                self._sounding = asyncio.create_task(self._sound_all())

    def _blow(self) -> None:
        """Sound the house's siren and lamp, each in a thread that begins before this returns."""
        loop = asyncio.get_running_loop()
        for siren in self._sirens:
            blowing = loop.run_in_executor(None, self._blow_one, siren)
            self._blowing.add(blowing)
            blowing.add_done_callback(self._blowing.discard)

    def _blow_one(self, siren: Callable[[], None]) -> None:
        try:
            siren()
        except AlarmError as error:
            self._log.error("siren-failed", error=str(error), hint=error.hint)

    async def close(self) -> None:
        """End a command that still sounds."""
        await asyncio.gather(*self._blowing, return_exceptions=True)
        if self._sounding is not None:
            self._sounding.cancel()
            await asyncio.gather(self._sounding, return_exceptions=True)

    async def _sound_all(self) -> None:
        while self._calls:
            device_id, name = next(iter(self._calls.items()))
            try:
                await self._sound(device_id, name)
            finally:
                del self._calls[device_id]

    async def _sound(self, device_id: str, name: str) -> None:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                device_id,
                name,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            hint = "In hub.toml unter [radio] alarm_command prüfen."
            self._log.error("alarm-command-failed", error=str(error), hint=hint)
            return
        try:
            async with asyncio.timeout(COMMAND_S):
                code = await process.wait()
            if code:
                self._log.error("alarm-command-failed", code=code)
        except TimeoutError:
            self._log.error("alarm-command-failed", error=f"ran for more than {COMMAND_S:.0f} s")
        finally:
            with contextlib.suppress(ProcessLookupError):
                if process.returncode is None:
                    process.kill()
                    await process.wait()

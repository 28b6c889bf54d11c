"""What happens at once when somebody presses a call button.

The event is in village.db within the same breath; then a command of the house may sound. It is
the local half of an alarm: who comes, and who is called if nobody does, is decided elsewhere.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from edge.clock import Clock
from edge.process.log import Log
from edge.store.village import VillageStore

COMMAND_S = 60.0  # a siren that does not end by itself is ended


class Sounder:
    """Writes the event and runs the house's command, one at a time.

    ``command`` is run without a shell; the device's id and name are its last two arguments.
    """

    def __init__(
        self, village: VillageStore, clock: Clock, log: Log, command: Sequence[str] = ()
    ) -> None:
        self._village = village
        self._clock = clock
        self._log = log
        self._command = tuple(command)
        self._sounding: asyncio.Task[None] | None = None

    def pressed(self, device_id: str, name: str) -> None:
        """Tell of a press. Called in the loop; returns as soon as the event is durable.

        :raises StoreError: if it could not be written; the command runs all the same.
        """
        try:
            self._village.add_sensor_event(device_id, "sos", self._clock.stamp().wall_ms)
        finally:
            self._log.warning("sos", device=device_id)
            if self._command and (self._sounding is None or self._sounding.done()):
                self._sounding = asyncio.create_task(self._sound(device_id, name))

    async def close(self) -> None:
        """End a command that still sounds."""
        if self._sounding is not None:
            self._sounding.cancel()
            await asyncio.gather(self._sounding, return_exceptions=True)

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

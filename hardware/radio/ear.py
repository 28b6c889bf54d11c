"""The one scan of an adapter, shared by all who listen.

Two scans at once are refused by BlueZ ("InProgress") and cost a controller's time twice, so
whoever wants advertisements is given those of the one scan that is on.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bleak import BleakScanner
from bleak.exc import BleakError

if TYPE_CHECKING:
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData

SWITCH_TIMEOUT_S = 10.0  # bluetoothd answers within a second, or it hangs

Detected = Callable[["BLEDevice", "AdvertisementData"], None]


class Ear:
    """The scan is on while somebody listens. ``make`` returns a scanner that is not started.

    An exception of a listener is logged by bleak and keeps nothing from the others.
    """

    def __init__(self, make: Callable[[Detected], BleakScanner]) -> None:
        self._make = make
        self._listeners: list[Detected] = []
        self._scanner: BleakScanner | None = None
        self._switching = asyncio.Lock()
        self._held = 0

    @asynccontextmanager
    async def listening(self, listener: Detected) -> AsyncIterator[None]:
        """Give every advertisement to ``listener`` inside the block."""
        self._listeners.append(listener)
        try:
            await self._adjust()
            yield
        finally:
            self._listeners.remove(listener)
            await self._adjust()

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Keep the scan off inside the block, for an adapter that cannot connect meanwhile."""
        self._held += 1
        try:
            await self._adjust()
            yield
        finally:
            self._held -= 1
        await self._adjust()  # not after an exception, which says more than a failing scan

    async def go_on(self) -> None:
        """Scan if that is wanted: after a block of :meth:`held` that an exception has left."""
        await self._adjust()

    async def restart(self) -> None:
        """Switch the scan off, as far as the adapter still answers, and on again."""
        async with self._switching:
            await self._off()
            await self._to_wanted()

    async def close(self) -> None:
        """Switch the scan off for good; an adapter that is gone scans no more either."""
        self._held += 1
        async with self._switching:
            await self._off()

    def reopen(self) -> None:
        """Allow the scan again after :meth:`close`."""
        self._held = 0

    async def _adjust(self) -> None:
        async with self._switching:
            await self._to_wanted()

    async def _to_wanted(self) -> None:
        wanted = bool(self._listeners) and not self._held
        if wanted and self._scanner is None:
            scanner = self._make(self._detected)
            try:
                async with asyncio.timeout(SWITCH_TIMEOUT_S):
                    await scanner.start()
            except BaseException:
                with _silenced():
                    await scanner.stop()
                raise
            self._scanner = scanner
        elif not wanted:
            await self._off()

    async def _off(self) -> None:
        scanner, self._scanner = self._scanner, None
        if scanner is not None:
            with _silenced():
                async with asyncio.timeout(SWITCH_TIMEOUT_S):
                    await scanner.stop()

    def _detected(self, device: BLEDevice, heard: AdvertisementData) -> None:
        for listener in list(self._listeners):
            listener(device, heard)


@contextlib.contextmanager
def _silenced() -> Iterator[None]:
    """Take no notice that an adapter which is gone cannot be stopped either."""
    with contextlib.suppress(BleakError, EOFError, OSError, TimeoutError):
        yield

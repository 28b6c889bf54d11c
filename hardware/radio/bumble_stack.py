"""Our own host stack (Bumble) on a controller: the machine's own, or one that a simulator runs.

It confirms an indication only after its handler returned, so what was confirmed was stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bumble import core
from bumble.transport.common import Transport

from hardware.errors import TransportError
from hardware.radio.bleak_radio import PasskeyAsker
from hardware.radio.bonds import BondFile
from hardware.radio.bumble_bleak import BumbleClient, BumbleScanner
from hardware.radio.bumble_host import BumbleHost
from hardware.radio.ear import Detected

# Resetting takes milliseconds; but the kernel may load firmware first, on a Pi that just started.
# The watchdog leaves as much for an adapter that it switches off and on.
OPEN_TIMEOUT_S = 10.0

OpenHci = Callable[[], Awaitable[Transport]]


class BumbleStack:
    """:class:`hardware.radio.bleak_radio.Stack` over Bumble.

    ``kind`` is the radio's name in `hub.toml`. ``open_hci`` reaches the controller; ``hint`` says
    what to do if it does not.
    """

    confirms_after_handler = True
    needs_silence = False

    def __init__(
        self,
        kind: str,
        open_hci: OpenHci,
        keystore: Path,
        ask_passkey: PasskeyAsker | None = None,
        *,
        hint: str = "",
    ) -> None:
        self.kind = kind
        self._open_hci = open_hci
        self._keystore = keystore
        self._ask_passkey = ask_passkey
        self._hint = hint
        self._transport: Transport | None = None
        self._host: BumbleHost | None = None
        self._watch: asyncio.Task[None] | None = None

    def tap(self, wrap: Callable[[OpenHci], OpenHci]) -> None:
        """Reach the controller through what ``wrap`` makes of the way to it, from now on."""
        self._open_hci = wrap(self._open_hci)

    async def open(self, on_lost: Callable[[str], None]) -> None:
        """Reach the controller, reset it and load the bonds."""
        bonds = BondFile(self._keystore)
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                self._transport = await self._open_hci()
                host = BumbleHost(
                    self._transport.source, self._transport.sink, bonds, self._ask_passkey
                )
                await host.start()
        except TransportError:
            raise
        except (OSError, TimeoutError, core.BaseBumbleError) as error:
            raise TransportError(
                f"the {self.kind} adapter does not answer: {str(error) or type(error).__name__}",
                hint=self._hint,
            ) from error
        self._host = host
        self._watch = asyncio.create_task(self._wait_lost(self._transport, on_lost))

    async def close(self) -> None:
        """Let go of the connections, then of the controller."""
        host, self._host = self._host, None
        transport, self._transport = self._transport, None
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
        if host is not None:
            await host.stop()
        if transport is not None:
            await transport.close()
            await asyncio.wait([transport.source.terminated], timeout=1.0)

    def scanner(self, detected: Detected, service_uuids: list[str] | None) -> BleakScanner:
        """Return a scanner that is not started yet."""
        return BleakScanner(detected, service_uuids, backend=BumbleScanner, host=self._alive())

    async def bonded(self, address: str) -> bool:
        """Whether a bond with ``address`` is stored."""
        bonds = self._alive().bonds
        return any([await bonds.get(name) for name in (address, f"{address}/P")])

    async def forget(self, address: str) -> None:
        """Delete the bond with ``address``, if there is one."""
        bonds = self._alive().bonds
        for name in (address, f"{address}/P"):
            await bonds.delete(name)

    async def power_cycle(self) -> None:
        """Do nothing: opening resets the controller."""

    async def connect(
        self,
        device: BLEDevice,
        *,
        pair: bool,
        timeout_s: float,
        closed: Callable[[BleakClient], None],
    ) -> BleakClient:
        """Return a connected and encrypted client."""
        client = BleakClient(
            device,
            disconnected_callback=closed,
            timeout=timeout_s,
            pair=pair,
            backend=BumbleClient,
            host=self._alive(),
        )
        await client.connect()
        return client

    def _alive(self) -> BumbleHost:
        if self._host is None:
            raise TransportError("the radio is not started")
        return self._host

    async def _wait_lost(self, transport: Transport, on_lost: Callable[[str], None]) -> None:
        await asyncio.wait([transport.source.terminated])
        on_lost(f"the connection to the {self.kind} adapter is gone")

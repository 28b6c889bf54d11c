"""The virtual radio: our own host stack on a controller that a simulator runs.

It confirms an indication only after its handler returned, so what was confirmed was stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bumble import core
from bumble.transport import open_transport
from bumble.transport.common import Transport

from hardware.errors import TransportError
from hardware.radio.bleak_radio import Detected, PasskeyAsker
from hardware.radio.bonds import BondFile
from hardware.radio.bumble_bleak import BumbleClient, BumbleScanner
from hardware.radio.bumble_host import BumbleHost

OPEN_TIMEOUT_S = 5.0  # connecting on loopback and resetting the controller takes milliseconds

OpenHci = Callable[[], Awaitable[Transport]]


class VirtualStack:
    """:class:`hardware.radio.bleak_radio.Stack` over Bumble.

    ``open_hci`` reaches the controller.
    """

    kind = "virtual"
    confirms_after_handler = True

    def __init__(
        self, open_hci: OpenHci, keystore: Path, ask_passkey: PasskeyAsker | None = None
    ) -> None:
        self._open_hci = open_hci
        self._keystore = keystore
        self._ask_passkey = ask_passkey
        self._transport: Transport | None = None
        self._host: BumbleHost | None = None
        self._watch: asyncio.Task[None] | None = None

    @classmethod
    def on_tcp(
        cls, adapter: str, keystore: Path, ask_passkey: PasskeyAsker | None = None
    ) -> VirtualStack:
        """Return a stack on the controller at `tcp:HOST:PORT`.

        :raises TransportError: if ``adapter`` is no such name.
        """
        scheme, _, place = adapter.partition(":")
        host, _, port = place.rpartition(":")
        if scheme != "tcp" or not host or not port.isdecimal() or not 0 < int(port) < 65_536:
            raise TransportError(
                f"{adapter!r} is no virtual adapter",
                hint='In hub.toml unter [radio]: adapter = "tcp:127.0.0.1:PORT".',
            )

        async def open_hci() -> Transport:
            return await open_transport(f"tcp-client:{place}")

        return cls(open_hci, keystore, ask_passkey)

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
        except (OSError, TimeoutError, core.BaseBumbleError) as error:
            raise TransportError(
                f"the virtual adapter does not answer: {str(error) or type(error).__name__}",
                hint="Bitte den Simulator starten: `dorfhub ble simulate`.",
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

    @staticmethod
    async def _wait_lost(transport: Transport, on_lost: Callable[[str], None]) -> None:
        await asyncio.wait([transport.source.terminated])
        on_lost("the connection to the virtual adapter is gone")

"""One Bumble host stack on one controller, shared by all scanners and clients of a radio."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Protocol

from bumble import core, hci
from bumble.device import Advertisement, Connection, Device, DeviceConfiguration
from bumble.host import Host
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.transport.common import TransportSink, TransportSource

from hardware.radio.bleak_radio import PasskeyAsker
from hardware.radio.bonds import BondFile

CANCEL_TIMEOUT_S = 2.0  # the controller answers a cancel at once, or never
# Who was heard a moment ago answers within a second or two; nothing is heard meanwhile.
DIAL_S = 6.0
_log = logging.getLogger(__name__)

Keys = PairingDelegate.KeyDistribution


class Listener(Protocol):
    """A scanner that is on."""

    def on_advertisement(self, heard: Advertisement) -> None:
        """Take one advertisement."""


class BumbleHost:
    """The stack. ``bonds`` also holds the address it goes by."""

    def __init__(
        self,
        source: TransportSource,
        sink: TransportSink,
        bonds: BondFile,
        ask_passkey: PasskeyAsker | None,
    ) -> None:
        self.bonds = bonds
        self._ask_passkey = ask_passkey
        self.device = Device(
            config=DeviceConfiguration(name="dorfhub", address=hci.Address(bonds.address)),
            host=Host(source, sink),
        )
        self.device.keystore = bonds
        self.device.pairing_config_factory = self._pairing
        self._listeners: set[Listener] = set()
        self._dialling = False

    async def start(self) -> None:
        """Reset the controller and set it up."""
        await self.device.power_on()
        self.device.on(Device.EVENT_ADVERTISEMENT, self._on_advertisement)

    async def stop(self) -> None:
        """Let go of every connection, all within a limit: the adapter may be dead."""
        with contextlib.suppress(core.BaseBumbleError, hci.HCI_Error, TimeoutError):
            async with asyncio.timeout(CANCEL_TIMEOUT_S):
                for connection in list(self.device.connections.values()):
                    await connection.disconnect()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CANCEL_TIMEOUT_S):
                await self.device.power_off()

    async def listen(self, listener: Listener) -> None:
        """Give advertisements to ``listener`` until it is told to stop."""
        self._listeners.add(listener)
        await self._scan_as_wanted()

    async def unlisten(self, listener: Listener) -> None:
        """Stop giving advertisements to ``listener``."""
        self._listeners.discard(listener)
        await self._scan_as_wanted()

    async def dial(self, address: hci.Address, timeout_s: float) -> Connection:
        """Connect; whatever ends the wait early leaves no pending connection behind.

        Many controllers cannot scan meanwhile, so nobody hears anything until this is over.
        """
        before = set(self.device.connections)
        timeout_s = min(timeout_s, DIAL_S)
        self._dialling = True
        try:
            await self._scan_as_wanted()
            # Bumble looks for a private address without a limit of its own
            async with asyncio.timeout(timeout_s + CANCEL_TIMEOUT_S):
                return await self.device.connect_le(address, timeout=timeout_s)
        except BaseException:
            await asyncio.shield(self._abandon(before))
            raise
        finally:
            self._dialling = False
            await asyncio.shield(self._scan_again())

    async def _scan_again(self) -> None:
        with contextlib.suppress(core.BaseBumbleError, hci.HCI_Error, TimeoutError):
            await self._scan_as_wanted()  # an adapter that does not is found by who misses it

    async def _scan_as_wanted(self) -> None:
        wanted = bool(self._listeners) and not self._dialling
        async with asyncio.timeout(CANCEL_TIMEOUT_S):
            if wanted and not self.device.is_scanning:
                await self.device.start_scanning(active=True)
            elif not wanted and self.device.is_scanning:
                await self.device.stop_scanning()

    async def _abandon(self, before: set[int]) -> None:
        with contextlib.suppress(core.BaseBumbleError, hci.HCI_Error, TimeoutError):
            async with asyncio.timeout(CANCEL_TIMEOUT_S):
                await self.device.send_sync_command(hci.HCI_LE_Create_Connection_Cancel_Command())
                for handle in set(self.device.connections) - before:
                    await self.device.connections[handle].disconnect()

    def _on_advertisement(self, heard: Advertisement) -> None:
        for listener in list(self._listeners):
            listener.on_advertisement(heard)

    def _pairing(self, connection: Connection) -> PairingConfig:
        ask = self._ask_passkey
        return PairingConfig(
            sc=True,
            mitm=ask is not None,
            bonding=True,
            delegate=_Delegate(plain_address(connection.peer_address), ask),
        )


class _Delegate(PairingDelegate):
    """Answers what pairing asks of a person."""

    def __init__(self, address: str, ask: PasskeyAsker | None) -> None:
        capability = self.NO_OUTPUT_NO_INPUT if ask is None else self.KEYBOARD_INPUT_ONLY
        # no identity key of ours: the hub goes by one address, there is nothing to resolve
        super().__init__(
            capability, local_initiator_key_distribution=Keys.DISTRIBUTE_ENCRYPTION_KEY
        )
        self._address = address
        self._ask = ask

    async def get_number(self) -> int | None:
        return None if self._ask is None else await self._ask(self._address)


def plain_address(address: hci.Address) -> str:
    """Return ``C0:11:22:33:44:55``, without Bumble's mark of a public address."""
    return str(address).partition("/")[0]

"""The air between virtual devices, and adapters that a hub reaches over TCP.

Each TCP connection is given a controller of its own: a hub that was killed is, for the devices,
an adapter that lost power, and the next connection is an adapter just plugged in. (One
controller for all would still hold the dead hub's connections and half of its commands.)

Source: Bluetooth Core 5.4, Vol 4 Part A (HCI UART packets, here over TCP).
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import cast

from bumble import core, hci, ll
from bumble.controller import Controller
from bumble.link import LocalLink
from bumble.transport.common import PacketParser

from hardware.sim.air import Air

MAX_ADAPTERS = 4  # one hub; another while the old connection is noticed dead, and some for tests
_LE_META = bytes((hci.HCI_EVENT_PACKET, hci.HCI_LE_META_EVENT))
_RESET = bytes(hci.HCI_Reset_Command())
_REPORTS = (
    bytes((hci.HCI_LE_ADVERTISING_REPORT_EVENT,)),
    bytes((hci.HCI_LE_EXTENDED_ADVERTISING_REPORT_EVENT,)),
)
_TIMED_OUT = hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR
MAX_UNSENT_BYTES = 1 << 20  # a stopped hub reads nothing while advertisements go on


class HubController(Controller):
    """A controller for a hub: Bumble's, which forgets to let go of connections when told to."""

    def on_hci_reset_command(
        self, _command: hci.HCI_Reset_Command
    ) -> hci.HCI_StatusReturnParameters:
        """Forget connections and scan, as of Core 5.4, Vol 4 Part E, 7.3.2.

        The peers see theirs time out: so end a killed owner's once the next takes the adapter.
        """
        _hang_up(self)
        self.le_connections.clear()
        self.pending_le_connection = None
        self.le_scan_enable = False  # a killed owner may have left it on
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)

    def on_hci_le_create_connection_cancel_command(
        self, _command: hci.HCI_LE_Create_Connection_Cancel_Command
    ) -> hci.HCI_StatusReturnParameters:
        """Give up the pending connection and say so (Core 5.4, Vol 4 Part E, 7.8.13)."""
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending is None:
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        self.send_hci_packet(
            hci.HCI_LE_Connection_Complete_Event(
                status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
                connection_handle=0,
                role=hci.Role.CENTRAL,
                peer_address_type=pending.peer_address_type,
                peer_address=pending.peer_address,
                connection_interval=0,
                peripheral_latency=0,
                supervision_timeout=0,
                central_clock_accuracy=0,
            )
        )
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)


class Ether:
    """One air. Devices join ``link``; hubs come in over TCP.

    Faults of the hubs' adapters: a deaf one scans and hears nothing, a silent one says nothing
    at all, until the adapter is taken anew (a new connection); a deaf one hears again once it is
    reset.
    """

    def __init__(self) -> None:
        self.link = Air()  # type: ignore[no-untyped-call]
        self._server: asyncio.Server | None = None
        self._adapters: set[_Adapter] = set()

    async def listen(self, port: int = 0, host: str = "127.0.0.1") -> int:
        """Take hubs in on ``port`` (0: a free one) and return the port.

        :raises OSError: if the port is taken.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Adapter(self.link, self._adapters), host, port
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening and unplug every adapter."""
        if self._server is not None:
            self._server.close()
            for adapter in list(self._adapters):
                adapter.abort()
            await self._server.wait_closed()
            await asyncio.sleep(0)  # lets the aborted connections be told

    def make_deaf(self) -> None:
        """Let the adapters that are in use now hear no advertisement any more."""
        for adapter in self._adapters:
            adapter.deaf = True

    def silence(self) -> None:
        """Let the adapters that are in use now answer nothing any more."""
        for adapter in self._adapters:
            adapter.silent = True

    def tear(self, address: hci.Address) -> None:
        """Let the connections of the device at ``address`` time out, on both sides at once.

        What was in the air is lost: a value, or the word that it has arrived.
        """
        for controller in self.link.controllers:
            for connection in list(controller.le_connections.values()):
                if address in (connection.self_address, connection.peer_address):
                    controller.on_le_disconnected(connection, _TIMED_OUT)

    @property
    def scanned(self) -> bool:
        """Whether somebody on this air scans."""
        return any(controller.le_scan_enable for controller in self.link.controllers)

    @property
    def adapters(self) -> int:
        """How many hubs are connected."""
        return len(self._adapters)


class _Adapter(asyncio.Protocol):
    """A TCP connection and its controller."""

    def __init__(self, link: LocalLink, peers: set[_Adapter]) -> None:
        self._link = link
        self._peers = peers
        self._transport: asyncio.WriteTransport | None = None
        self._controller: Controller | None = None
        self._parser = PacketParser()
        self.deaf = False
        self.silent = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        if len(self._peers) >= MAX_ADAPTERS:
            self._transport.abort()
            return
        self._controller = HubController("hub", host_sink=self, link=self._link)
        self._parser.set_packet_sink(self._controller)
        self._peers.add(self)

    def data_received(self, data: bytes) -> None:
        if data.startswith(_RESET):
            self.deaf = False
        try:
            self._parser.feed_data(data)
        except core.InvalidPacketError:
            self.abort()  # what follows cannot be told apart any more

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        self._peers.discard(self)
        if self._controller is not None:
            unplug(self._controller)
            self._controller = None

    def on_packet(self, packet: bytes) -> None:
        """Pass one packet of the controller to the hub, unless the adapter has a fault."""
        if self._transport is None or self.silent or (self.deaf and _is_report(packet)):
            return
        self._transport.write(packet)
        if self._transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self._transport.abort()

    def abort(self) -> None:
        """Cut the connection."""
        if self._transport is not None:
            self._transport.abort()


def _is_report(packet: bytes) -> bool:
    """Whether an HCI packet is an advertising report, legacy or extended."""
    return packet[:2] == _LE_META and packet[3:4] in _REPORTS


def unplug(controller: Controller) -> None:
    """Take a controller off the air; its peers see their connections time out."""
    controller.host = None
    _hang_up(controller)
    controller.le_legacy_advertiser.stop()
    for advertising_set in controller.advertising_sets.values():
        advertising_set.stop()
    with contextlib.suppress(KeyError):
        controller.link.remove_controller(controller)


def _hang_up(controller: Controller) -> None:
    for connection in list(controller.le_connections.values()):
        with contextlib.suppress(core.InvalidArgumentError):  # that peer is gone as well
            connection.send_ll_control_pdu(ll.TerminateInd(_TIMED_OUT))

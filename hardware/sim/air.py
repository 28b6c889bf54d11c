"""The air between virtual controllers, for many devices at once.

Source: Bluetooth Core 5.4, Vol 6 Part B, 4.4.2 and 4.4.3 (advertising and scanning).
"""

from __future__ import annotations

import asyncio

from bumble import ll
from bumble.controller import Controller
from bumble.core import PhysicalTransport
from bumble.hci import Address
from bumble.link import LocalLink


class Air(LocalLink):
    """Bumble's link, on which advertisements reach only who listens.

    With sixty devices each would else be handed the advertisements of fifty-nine others, none
    of which it looks at.
    """

    def send_advertising_pdu(
        self, sender_controller: Controller | None, packet: ll.AdvertisingPdu
    ) -> None:
        """Give an advertisement to who scans or waits to connect, anything else to all."""
        loop = asyncio.get_running_loop()
        heard_by_few = isinstance(packet, ll.AdvInd | ll.AdvExtInd)
        for controller in self.controllers:
            if controller is sender_controller or (heard_by_few and not _listens(controller)):
                continue
            loop.call_soon(controller.on_ll_advertising_pdu, packet)

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: Address,
        transport: PhysicalTransport,
        data: bytes,
    ) -> None:
        """Carry data over a connection, whatever address the sender goes by meanwhile.

        Linux takes a new random address for each scan; its connections keep those they were made
        with.
        """
        connection = sender_controller.le_connections.get(destination_address)
        receiver = self.find_le_controller(destination_address)
        if transport != PhysicalTransport.LE or connection is None or receiver is None:
            super().send_acl_data(sender_controller, destination_address, transport, data)
            return
        asyncio.get_running_loop().call_soon(
            receiver.on_link_acl_data, connection.self_address, transport, data
        )

    def spread(self, packet: ll.AdvInd) -> None:
        """Send an advertisement that no controller of this air has made."""
        self.send_advertising_pdu(None, packet)


def _listens(controller: Controller) -> bool:
    return bool(
        controller.le_scan_enable
        or controller.pending_le_connection
        or controller.pending_periodic_advertising_syncs
        or controller.established_periodic_advertising_syncs
    )

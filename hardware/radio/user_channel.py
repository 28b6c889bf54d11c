"""The kernel's HCI user channel: an adapter for this process alone, one packet at a time.

A socket that the kernel has parted from its adapter says so once, by an error at the next read or
write. From then on it is closed and the transport is over (``source.terminated``): the adapter's
number is free for its return, and whoever owns the radio can wait for it.

Source: Linux, `include/net/bluetooth/hci_sock.h`, `net/bluetooth/hci_sock.c` (HCI_CHANNEL_USER).
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import socket
import struct
from collections import deque

from bumble.core import InvalidPacketError
from bumble.transport.common import ParserSource, Transport

USER_CHANNEL = 1
MAX_PACKET = 4096  # the largest frame of the kernel (HCI_MAX_FRAME_SIZE) is below it
MAX_READS = 64  # at one go, so that a noisy street leaves the loop some time
MAX_UNSENT = 1024  # packets; who wants to send more has an adapter that takes none


async def open_user_channel(number: int) -> Transport:
    """Take the adapter `hciN`.

    :raises OSError: if there is no such adapter, it is not to be had, or the kernel has no
        Bluetooth.
    """
    # in a thread: the kernel switches the adapter on meanwhile, and may load its firmware
    opening = asyncio.get_running_loop().run_in_executor(None, _open, number)
    try:
        return PacketTransport(await asyncio.shield(opening))
    except asyncio.CancelledError:
        opening.add_done_callback(_let_go)
        raise


class PacketTransport(Transport):
    """Bumble's transport over a socket that keeps packets apart; takes over ``channel``."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._unsent: deque[bytes] = deque()
        self._waiting = False
        self._source = ParserSource()
        self._loop = asyncio.get_running_loop()
        super().__init__(self._source, self)
        self._loop.add_reader(channel, self._receive)

    def on_packet(self, packet: bytes) -> None:
        """Send ``packet`` as soon as the kernel takes it."""
        if self._channel.fileno() < 0:
            return
        if len(self._unsent) >= MAX_UNSENT:
            self._lose()
            return
        self._unsent.append(packet)
        if not self._waiting:
            self._send()

    async def close(self) -> None:
        """Give the adapter back. Closing twice does nothing."""
        self._lose()

    def _receive(self) -> None:
        for _ in range(MAX_READS):
            try:
                packet = self._channel.recv(MAX_PACKET)
            except BlockingIOError:
                return
            except OSError:
                packet = b""
            if not packet:
                self._lose()
                return
            try:
                self._source.parser.feed_data(packet)
            except InvalidPacketError:
                self._source.parser.reset()
            if self._channel.fileno() < 0:
                return  # whoever was given the packet has closed it

    def _send(self) -> None:
        while self._unsent:
            try:
                self._channel.send(self._unsent[0])
            except BlockingIOError:
                break
            except OSError:
                self._lose()
                return
            self._unsent.popleft()
        if bool(self._unsent) != self._waiting:
            self._waiting = not self._waiting
            if self._waiting:
                self._loop.add_writer(self._channel, self._send)
            else:
                self._loop.remove_writer(self._channel)

    def _lose(self) -> None:
        if self._channel.fileno() < 0:
            return
        self._loop.remove_reader(self._channel)
        self._loop.remove_writer(self._channel)
        self._channel.close()
        self._unsent.clear()
        with contextlib.suppress(asyncio.InvalidStateError):  # a command given up a moment ago
            self._source.on_transport_lost()


def _open(number: int) -> socket.socket:
    channel = socket.socket(
        getattr(socket, "AF_BLUETOOTH"),  # noqa: B009  # not every Python has it
        socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC,
        getattr(socket, "BTPROTO_HCI"),  # noqa: B009
    )
    # Python before 3.14 cannot name a channel
    address = struct.pack("=HHH", channel.family, number, USER_CHANNEL)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.bind(channel.fileno(), address, len(address)) != 0:
        code = ctypes.get_errno()
        channel.close()
        raise OSError(code, os.strerror(code))
    return channel


def _let_go(opening: asyncio.Future[socket.socket]) -> None:
    if opening.exception() is None:
        opening.result().close()

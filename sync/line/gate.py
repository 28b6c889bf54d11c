"""TLS in front of a pull server that itself speaks plain HTTP.

One port: who begins with TLS gets TLS; plain HTTP is for this machine alone (a tunnel's end,
a web server in front, a county on the same machine); everybody else is told to use TLS.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable

from edge.process.log import Log
from sync import wire
from sync.errors import SyncError
from sync.line import relay
from sync.line.relay import Stream
from sync.tls import Contexts

_HELLO = 0x16  # RFC 8446, 5.1: a handshake record
_FIRST_BYTE_S = 20.0  # who connects and says nothing
_MAX_CONNECTIONS = 32  # more are strangers: what they cost is bounded
Inside = Callable[[], Awaitable[Stream]]
"""Opens a connection to the server behind the gate."""


async def serve(listener: socket.socket, inside: Inside, contexts: Contexts, log: Log) -> None:
    """Answer everybody who connects, until cancelled. ``listener`` is closed then."""
    guests: set[asyncio.Task[None]] = set()
    with listener:
        async for sock in relay.connections(listener):
            if len(guests) >= _MAX_CONNECTIONS:
                sock.close()
                continue
            guest = asyncio.create_task(_welcome(sock, inside, contexts, log))
            guests.add(guest)
            guest.add_done_callback(guests.discard)


async def _welcome(sock: socket.socket, inside: Inside, contexts: Contexts, log: Log) -> None:
    try:
        outer = await _opened(sock, contexts)
    except SyncError as error:
        log.error("no-certificate", error=error, hint=error.hint)  # noqa: TRY400 - one line
        return
    except (OSError, TimeoutError) as error:
        log.debug("no-tls", error=relay.broken(error))
        return
    if outer is None:
        return
    await hand_on(outer, b"", inside, log)


async def hand_on(outer: Stream, first: bytes, inside: Inside, log: Log) -> None:
    """Join a line to the server behind; ``first`` is what came on it already."""
    try:
        inner = await inside()
    except OSError as error:
        log.error("nobody-inside", error=relay.broken(error))  # noqa: TRY400 - one line
        return
    else:
        inner.writer.write(first)
        await relay.join(outer, inner)
    finally:
        outer.abort()


async def _opened(sock: socket.socket, contexts: Contexts) -> Stream | None:
    """Return the stream to a guest; None, and the socket closed, for one who has no business."""
    handed = False
    try:
        relay.keep_alive(sock)
        async with asyncio.timeout(_FIRST_BYTE_S):
            first = await _peek(sock)
        if first is None:
            return None
        handed = first == _HELLO or _from_here(sock)
        if first == _HELLO:
            return await relay.tls(sock, contexts(), answers=True)
        if handed:
            return await relay.plain(sock)
        async with asyncio.timeout(_FIRST_BYTE_S):
            await asyncio.get_running_loop().sock_sendall(sock, _USE_TLS)
            sock.shutdown(socket.SHUT_WR)
            await _drained(sock)  # or a reset eats the answer
        return None
    finally:
        if not handed:
            sock.close()


async def _peek(sock: socket.socket) -> int | None:
    """Return the first byte without taking it; None if there is none."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(sock, _set, ready)
    try:
        await ready
    finally:
        loop.remove_reader(sock)
    data = sock.recv(1, socket.MSG_PEEK)
    return data[0] if data else None


def _set(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


async def _drained(sock: socket.socket) -> None:
    for _ in range(8):
        if not await asyncio.get_running_loop().sock_recv(sock, 4096):
            return


def _from_here(sock: socket.socket) -> bool:
    address = ipaddress.ip_address(sock.getpeername()[0].partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


_REFUSAL = wire.encode_refusal(
    "tls", "This port speaks TLS.", "Die Adresse muss mit https:// beginnen."
)
_USE_TLS = (
    b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: TLS/1.3\r\nConnection: close\r\n"
    b"Content-Type: %s\r\nContent-Length: %d\r\n\r\n%s"
    % (wire.MEDIA_TYPE.encode(), len(_REFUSAL), _REFUSAL)
)

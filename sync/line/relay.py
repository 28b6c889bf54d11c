"""Two connections joined, and a thread with a loop in which that happens."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sync.errors import SyncError

_CHUNK = 16 << 10  # one TLS record
HANDSHAKE_S = 20.0  # a mobile line may pause for ten seconds between two cells
IDLE_S = 120.0  # a joined pair in which nothing moves; the pull server gives up before
# A line that nothing moves on is asked after a minute, so that both ends and the routers
# between them know that it lives; a dead one is noticed after two.
_KEEPALIVE = {
    socket.TCP_KEEPIDLE: 60,
    socket.TCP_KEEPINTVL: 15,
    socket.TCP_KEEPCNT: 4,
    socket.TCP_USER_TIMEOUT: 120_000,
}
_AGAIN_S = 0.5
_TURNS = 8  # of the loop, until transports that were aborted are closed, TLS on TCP too
_UNIX_PATH = 100  # the kernel takes 107 bytes


@dataclass(frozen=True, slots=True)
class Stream:
    """One end of a connection inside the loop."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def abort(self) -> None:
        """Drop it at once; nothing that was not sent yet goes out."""
        self.writer.transport.abort()

    async def close(self) -> None:
        """Send what is left and close."""
        self.writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(HANDSHAKE_S):
                await self.writer.wait_closed()


class LoopThread:
    """An event loop in a thread of its own; :meth:`start` gives it work, until :meth:`close`."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def start(self, work: Coroutine[object, object, None]) -> None:
        """Run ``work`` beside what runs already."""
        asyncio.run_coroutine_threadsafe(self._keep(work), self._loop).result()

    def do(self, call: Callable[[], None]) -> None:
        """Call ``call`` inside the loop, soon."""
        self._loop.call_soon_threadsafe(call)

    def close(self) -> None:
        """End everything that runs. Closing twice does nothing."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def _keep(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end(self) -> None:
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in others:
                task.cancel()
            await asyncio.wait(others, timeout=_AGAIN_S)  # one may swallow it, and be asked again
        await self._loop.shutdown_asyncgens()
        for _ in range(_TURNS):
            await asyncio.sleep(0)


async def join(one: Stream, other: Stream, idle_s: float = IDLE_S) -> None:
    """Carry bytes both ways until one side ends, fails or nothing moved for ``idle_s``.

    Both are closed then; what one side sent before it ended still reaches the other.
    """
    moved = [asyncio.get_running_loop().time()]
    ways = [
        asyncio.create_task(_carry(one.reader, other.writer, moved, idle_s)),
        asyncio.create_task(_carry(other.reader, one.writer, moved, idle_s)),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        await asyncio.gather(one.close(), other.close(), return_exceptions=True)
    finally:
        for way in ways:
            way.cancel()
        one.abort()
        other.abort()


async def tls(sock: socket.socket, context: ssl.SSLContext, *, answers: bool) -> Stream:
    """Return the stream after a TLS handshake on a connected socket that does not block.

    ``answers`` tells which side of TLS this is; who called whom does not matter.

    The socket is this function's from the call on.

    :raises OSError: if there is none, in time.
    """
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport: asyncio.Transport
    try:
        if answers:
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol, sock, ssl=context, ssl_handshake_timeout=HANDSHAKE_S
            )
        else:
            transport, _ = await loop.create_connection(
                lambda: protocol,
                sock=sock,
                ssl=context,
                server_hostname="",
                ssl_handshake_timeout=HANDSHAKE_S,
            )
    except BaseException:
        with contextlib.suppress(OSError):  # the loop's transport still has it, and closes it
            sock.shutdown(socket.SHUT_RDWR)
        raise
    return Stream(reader, asyncio.StreamWriter(transport, protocol, reader, loop))


async def plain(sock: socket.socket) -> Stream:
    """Return the stream of a connected socket that does not block."""
    return Stream(*await asyncio.open_connection(sock=sock))


async def connect_unix(path: Path) -> Stream:
    """Return a stream to a Unix socket.

    :raises OSError: if nobody listens there.
    """
    with unix_address(path) as address:
        return Stream(*await asyncio.open_unix_connection(address))


class unix_address:  # noqa: N801 - used as a function
    """Give the address of a Unix socket whose path may be longer than the kernel takes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder: int | None = None

    def __enter__(self) -> str:
        if len(os.fsencode(self._path)) <= _UNIX_PATH:
            return str(self._path)
        self._folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        return f"/proc/self/fd/{self._folder}/{self._path.name}"

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None


def keep_alive(sock: socket.socket) -> None:
    """Let the kernel notice when the other end of a quiet line is gone."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE.items():
        sock.setsockopt(socket.IPPROTO_TCP, option, value)


async def connections(listener: socket.socket) -> AsyncIterator[socket.socket]:
    """Yield who connects. A moment without a free file does not end it."""
    loop = asyncio.get_running_loop()
    listener.setblocking(False)
    while True:
        try:
            sock, _ = await loop.sock_accept(listener)
        except OSError:
            if listener.fileno() < 0:
                return
            await asyncio.sleep(0.2)
            continue
        sock.setblocking(False)
        yield sock


async def line_of(sock: socket.socket, limit: int) -> bytes:
    """Return what comes before a newline, byte by byte: what follows is somebody else's.

    :raises OSError: if the line ends or has more than ``limit`` bytes.
    """
    loop = asyncio.get_running_loop()
    data = b""
    while not data.endswith(b"\n"):
        more = await loop.sock_recv(sock, 1)
        if not more or len(data) >= limit:
            raise ConnectionError("the line ended, or began with something else")
        data += more
    return data[:-1]


def broken(error: BaseException) -> str:
    """Return what a failed line says of itself."""
    if isinstance(error, SyncError):
        return str(error)
    if isinstance(error, TimeoutError):
        return "keine Antwort"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


async def _carry(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    moved: list[float],
    idle_s: float,
) -> None:
    loop = asyncio.get_running_loop()
    while True:
        try:
            async with asyncio.timeout(idle_s):
                data = await reader.read(_CHUNK)
        except TimeoutError:
            if loop.time() - moved[0] >= idle_s:
                return
            continue  # the other way is busy
        except OSError:
            return
        if not data:
            return
        moved[0] = loop.time()
        try:
            writer.write(data)
            async with asyncio.timeout(idle_s):
                await writer.drain()
        except (OSError, TimeoutError):
            return

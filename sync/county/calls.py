"""Where hubs behind routers call: their lines are kept, and whoever pulls finds them by name.

    calls/<hub>.sock      a Unix socket: connecting gives the next line of that hub's, plain HTTP
    calls/<hub>.called    when the hub last called, ms since 1970; stays when it does not

A line is taken once: by one connection to the socket, for as many requests as that makes.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from edge.process.log import Log
from sync import identity, rotation, tls, wire
from sync.county.config import load
from sync.county.ledger import Ledger
from sync.errors import FormatError, SyncError
from sync.identity import Identity, Signer
from sync.line import relay
from sync.line.calling import GREETING
from sync.line.relay import HANDSHAKE_S, Stream
from sync.line.sockets import bound
from sync.rotation import Rotation

MAX_STRANGERS = 16  # hubs that nobody has enrolled yet; the known ones always get in
_MAX_GUESTS = 64  # who has called and not yet shown a key
_MAX_LINES = 4  # of one hub; an older one is dropped, its hub may be gone
_NEXT_LINE_S = 10.0  # a hub calls anew as soon as its line is used
_LOOK_S = 1.0
_FORGET_S = 30.0  # a hub whose lines have all ended this long does not call any more
_MAX_GREETING = len(GREETING) + 2 * wire.NONCE_SIZE + 2


class CallDesk:
    """Takes calls; see :meth:`serve`. ``known`` tells if a hub (short id) is enrolled here."""

    def __init__(
        self,
        folder: Path,
        signer: Signer,
        keys: Callable[[], Sequence[Rotation]],
        known: Callable[[str], bool],
        log: Log,
    ) -> None:
        self._folder, self._signer, self._keys = folder, signer, keys
        self._known, self._log = known, log
        self._hubs: dict[str, _Lines] = {}

    def calling(self) -> list[str]:
        """Return the short ids of the hubs that have a line here."""
        return sorted(self._hubs)

    async def serve(self, listener: socket.socket) -> None:
        """Take calls until cancelled. ``listener`` is closed then, and every line."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in self._folder.glob("*.sock"):
            old.unlink(missing_ok=True)  # a desk that was killed left it
        guests: set[asyncio.Task[None]] = set()
        with listener:
            try:
                async for sock in relay.connections(listener):
                    if len(guests) >= _MAX_GUESTS:
                        sock.close()
                        continue
                    guest = asyncio.create_task(self._welcome(sock))
                    guests.add(guest)
                    guest.add_done_callback(guests.discard)
            finally:
                for lines in self._hubs.values():
                    lines.close()

    async def _welcome(self, sock: socket.socket) -> None:
        try:
            async with asyncio.timeout(2 * HANDSHAKE_S):
                line, name = await self._meet(sock)
        except (OSError, TimeoutError, SyncError) as error:
            self._log.debug("no-call", error=relay.broken(error))
            return
        hub = identity.short_id(name)
        lines = self._hubs.get(hub)
        if lines is None:
            strangers = sum(not self._known(one) for one in self._hubs)
            if not self._known(hub) and strangers >= MAX_STRANGERS:
                self._log.warning("too-many-strangers", hub=hub)
                line.abort()
                return
            lines = self._hubs[hub] = _Lines(self._folder / f"{hub}.sock")
            lines.add(line)
            await lines.open()
            self._log.info("hub-calls", hub=hub)
            lines.task = asyncio.create_task(self._watch(hub, lines))
        else:
            lines.add(line)
        (self._folder / f"{hub}.called").write_text(str(time.time_ns() // 1_000_000))

    async def _meet(self, sock: socket.socket) -> tuple[Stream, bytes]:
        loop = asyncio.get_running_loop()
        try:
            relay.keep_alive(sock)
            nonce = _nonce(await relay.line_of(sock, _MAX_GREETING))
            answer = wire.encode_call(nonce, self._signer, self._keys())
            await loop.sock_sendall(sock, GREETING + answer.hex().encode() + b"\n")
        except BaseException:
            sock.close()
            raise
        line = await relay.tls(sock, tls.client_context(), answers=False)
        try:
            secure = line.writer.get_extra_info("ssl_object")
            return line, tls.verify(secure.getpeercert(binary_form=True))
        except BaseException:
            line.abort()
            raise

    async def _watch(self, hub: str, lines: _Lines) -> None:
        """Forget a hub that does not call any more."""
        loop = asyncio.get_running_loop()
        alive = loop.time()
        while loop.time() - alive < _FORGET_S:
            await asyncio.sleep(_LOOK_S)
            if lines.living():
                alive = loop.time()
        del self._hubs[hub]
        lines.close()
        self._log.info("hub-calls-no-more", hub=hub)


def listen(path: Path, host: str, port: int, stop: Event, log: Log) -> None:
    """Take calls for the county of ``path`` until ``stop`` is set.

    :raises SyncError: if the county cannot be opened.
    :raises OSError: if the port cannot be had.
    """
    with listening(path, host, port, log):
        stop.wait()


@contextmanager
def listening(path: Path, host: str, port: int, log: Log) -> Iterator[None]:
    """Take calls for the county of ``path`` while the block runs; errors as :func:`listen`."""
    config = load(path)
    key = Identity.load(config.key_file)

    def known(hub: str) -> bool:
        with Ledger(config.ledger_db) as ledger:
            return ledger.hub(hub) is not None

    listener = bound(host, port)
    listener.listen(64)
    log.info("listening", host=host, port=listener.getsockname()[1])
    desk = CallDesk(config.calls, key, lambda: rotation.load(config.key_file, key), known, log)
    with relay.LoopThread("calls") as loop:
        loop.start(desk.serve(listener))
        yield


class _Lines:
    """The lines of one hub that wait, and the socket by which they are taken."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: deque[Stream] = deque()
        self._came = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._users: set[asyncio.Task[None]] = set()
        self.task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with relay.unix_address(fresh) as address:
            self._server = await asyncio.start_unix_server(self._take, address)
        fresh.replace(self._path)  # whoever sees the name finds somebody listening

    def add(self, line: Stream) -> None:
        self.living()
        while len(self._waiting) >= _MAX_LINES:
            self._waiting.popleft().abort()
        self._waiting.append(line)
        self._came.set()

    def living(self) -> bool:
        """Drop the lines that have ended; tell if one is left or in use."""
        for line in [one for one in self._waiting if _ended(one)]:
            line.abort()
            self._waiting.remove(line)
        return bool(self._waiting or self._users)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._path.unlink(missing_ok=True)
        for line in self._waiting:
            line.abort()
        self._waiting.clear()

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        user = asyncio.create_task(self._serve(Stream(reader, writer)))
        self._users.add(user)
        user.add_done_callback(self._users.discard)

    async def _serve(self, user: Stream) -> None:
        try:
            async with asyncio.timeout(_NEXT_LINE_S):
                line = await self._next()
            await relay.join(user, line)
        except (OSError, TimeoutError):
            return
        finally:
            user.abort()

    async def _next(self) -> Stream:
        while not (self.living() and self._waiting):
            self._came.clear()
            await self._came.wait()
        return self._waiting.pop()  # the newest is the likeliest to live


def _ended(line: Stream) -> bool:
    return line.reader.at_eof() or line.writer.is_closing()


def _nonce(greeting: bytes) -> bytes:
    if not greeting.startswith(GREETING):
        raise ConnectionError("no hub's greeting")
    try:
        nonce = bytes.fromhex(greeting[len(GREETING) :].decode("ascii"))
    except ValueError:
        nonce = b""
    if len(nonce) != wire.NONCE_SIZE:
        raise FormatError("the greeting has no nonce")
    return nonce

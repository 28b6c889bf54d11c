"""A hub behind a router calls its county and keeps the line open; the county asks over it.

The hub needs no open port. It says ``DORFHUB-CALL/1 <nonce>``, the county answers with its
signature over the nonce, and then the hub is the server of a TLS connection on this very line,
as it would be on its own port: the county checks the hub's key, and the hub every request's.
One line waits for the county; when it is used, the next one is called for.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from edge.process.log import Log
from sync import wire
from sync.carrier.base import Reason
from sync.errors import FormatError, KeyConflict, SignatureError, SyncError
from sync.line import relay
from sync.line.gate import Inside, hand_on
from sync.line.relay import HANDSHAKE_S, Stream
from sync.rotation import Rotation
from sync.tls import Contexts

GREETING = b"DORFHUB-CALL/1 "
MAX_ANSWER = 2 * wire.MAX_CALL + len(GREETING) + 1
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 300.0  # a county that was away all night is called within five minutes
_AT_ONCE = 4  # lines that the county uses at the same time; the pull server has as many threads
_GOOD_AFTER_S = 5.0  # a line that ends sooner, and was not used, is as bad as none
_BREATH_S = 0.05  # between one line that is used and the call for the next
_CHUNK = 16 << 10

Trust = Callable[[bytes, Sequence[Rotation]], None]
"""Takes who answered and how it changed its key; raises `SyncError` if it is not to be trusted."""


@dataclass(frozen=True, slots=True)
class CallState:
    """How calling one county goes. ``code`` is `ok`, `calling` or a `Reason`.

    Times are ms since 1970; ``last_good_at`` is when a line last stood.
    """

    address: str
    code: str
    message: str
    at: int
    last_good_at: int | None = None


class Refusal(SyncError):
    """Who answered the call is not our county."""

    def __init__(self, reason: Reason, message: str, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class Caller:
    """Keeps a line to ``address`` (`host:port`) open, from :meth:`run` until it is cancelled.

    ``changed`` is told of each new state, inside the loop. ``rng`` spreads the attempts of many
    hubs whose county comes back at one moment.
    """

    def __init__(
        self,
        address: str,
        inside: Inside,
        contexts: Contexts,
        trust: Trust,
        *,
        changed: Callable[[CallState], None],
        log: Log,
        rng: random.Random | None = None,
    ) -> None:
        self._address = address
        host, _, port = address.rpartition(":")
        self._host, self._port = host.strip("[]"), int(port)
        self._inside, self._contexts, self._trust = inside, contexts, trust
        self._changed, self._log = changed, log
        self._rng = rng or random.Random()  # noqa: S311 - for patience, not for secrets
        self._soon = asyncio.Event()
        self.state = CallState(address, "calling", "", _now_ms())

    def nudge(self) -> None:
        """Try again now: the network has changed. Call it inside the loop."""
        self._soon.set()

    async def run(self) -> None:
        """Call, wait, call again."""
        failed = 0
        used: set[asyncio.Task[None]] = set()
        while True:
            begun, stood = time.monotonic(), False
            try:
                async with asyncio.timeout(2 * HANDSHAKE_S):
                    line = await self._call()
            except (OSError, TimeoutError, SyncError) as error:
                self._note(error)
            else:
                self._say("ok", "")
                first = await _first(line)
                if first:
                    failed = 0
                    task = asyncio.create_task(hand_on(line, first, self._inside, self._log))
                    used.add(task)
                    task.add_done_callback(used.discard)
                    if len(used) >= _AT_ONCE:
                        await asyncio.wait(used, return_when=asyncio.FIRST_COMPLETED)
                    await asyncio.sleep(_BREATH_S)
                    continue
                self._say(Reason.CUT, "Die Leitung zum Landkreis ist abgerissen.")
                stood = time.monotonic() - begun > _GOOD_AFTER_S
            failed = 0 if stood else failed + 1
            await self._pause(failed)

    async def _call(self) -> Stream:
        loop = asyncio.get_running_loop()
        sock = await _dial(self._host, self._port)
        try:
            relay.keep_alive(sock)
            nonce = os.urandom(wire.NONCE_SIZE)
            await loop.sock_sendall(sock, GREETING + nonce.hex().encode() + b"\n")
            county, chain = _answer(await relay.line_of(sock, MAX_ANSWER), nonce)
            self._trust(county, chain)
            context = self._contexts()
        except BaseException:
            sock.close()
            raise
        return await relay.tls(sock, context, answers=True)

    async def _pause(self, failed: int) -> None:
        longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(failed, 12))
        self._soon.clear()
        try:
            async with asyncio.timeout(longest * self._rng.uniform(0.5, 1.0)):
                await self._soon.wait()
        except TimeoutError:
            return
        await asyncio.sleep(self._rng.uniform(0.0, 1.0))  # an address is new before it is usable

    def _note(self, error: Exception) -> None:
        if isinstance(error, Refusal):
            reason, message = error.reason, f"{error} {error.hint}"
        elif isinstance(error, SyncError) and not isinstance(error, OSError):
            reason, message = Reason.BAD_ANSWER, f"{error} {error.hint}"
        else:
            reason, message = _line_reason(error)
        self._say(reason, message.strip())

    def _say(self, code: str, message: str) -> None:
        now = _now_ms()
        good = now if code == "ok" else self.state.last_good_at
        before = self.state
        self.state = replace(before, code=str(code), message=message, at=now, last_good_at=good)
        if (before.code, before.message) != (self.state.code, message):
            told = self._log.info if code == "ok" else self._log.warning
            told("call", county=self._address, state=code, error=message)
        self._changed(self.state)


async def _first(line: Stream) -> bytes:
    """Wait for the county's first bytes, as long as it takes; nothing if the line ended."""
    first = b""
    try:
        first = await line.reader.read(_CHUNK)
    except OSError:
        pass
    finally:
        if not first:
            line.abort()
    return first


async def _dial(host: str, port: int) -> socket.socket:
    """Connect to one of the host's addresses, in their order.

    :raises OSError: if none answers; the last one's error.
    """
    loop = asyncio.get_running_loop()
    last: OSError = OSError("no address")
    for family, kind, protocol, _, address in await loop.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    ):
        sock = socket.socket(family, kind, protocol)
        sock.setblocking(False)
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                await loop.sock_connect(sock, address)
        except (OSError, TimeoutError) as error:
            sock.close()
            last = error if isinstance(error, OSError) else TimeoutError()
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise last


def _answer(line: bytes, nonce: bytes) -> tuple[bytes, tuple[Rotation, ...]]:
    if not line.startswith(GREETING):
        raise Refusal(
            Reason.BAD_ANSWER,
            "Dort antwortet etwas anderes als ein Landkreis.",
            "Die Adresse unter [sync] calls prüfen.",
        )
    try:
        return wire.decode_call(bytes.fromhex(line[len(GREETING) :].decode("ascii")), nonce=nonce)
    except SignatureError as error:
        raise Refusal(Reason.WRONG_KEY, f"Die Antwort ist gefälscht: {error}", _WRONG) from error
    except (FormatError, ValueError) as error:
        raise Refusal(Reason.BAD_ANSWER, f"Die Antwort ist keine: {error}", _UPDATE) from error


def _line_reason(error: BaseException) -> tuple[Reason, str]:
    if isinstance(error, socket.gaierror):
        return Reason.UNRESOLVED, "Der Name des Landkreises lässt sich nicht auflösen."
    if isinstance(error, TimeoutError):
        return Reason.TIMEOUT, "Der Landkreis antwortet nicht."
    if isinstance(error, ConnectionRefusedError):
        return Reason.REFUSED, "Beim Landkreis nimmt gerade niemand Anrufe an."
    if isinstance(error, ConnectionError):
        return Reason.CUT, "Die Leitung zum Landkreis ist abgerissen."
    return Reason.UNREACHABLE, f"Kein Weg zum Landkreis ({relay.broken(error)})."


def trusting(
    confirmed: Callable[[], Sequence[bytes]],
    learn: Callable[[Sequence[Rotation]], None],
    key_of: Callable[[bytes], bytes],
) -> Trust:
    """Return the trust of a hub: a confirmed county, or any while none is confirmed.

    ``learn`` takes a county's changes of its key, ``key_of`` says which it signs with then.
    """

    def trust(county: bytes, chain: Sequence[Rotation]) -> None:
        known = confirmed()
        if not known:
            return  # who is not confirmed gets the head and may ask to be known, as on a port
        if county not in known:
            raise Refusal(
                Reason.WRONG_KEY,
                "Unter der Adresse antwortet ein anderer als der bestätigte Landkreis.",
                _WRONG,
            )
        try:
            if chain:
                learn(chain)
        except (KeyConflict, SyncError) as error:
            raise Refusal(Reason.WRONG_KEY, str(error), error.hint or _WRONG) from error
        shown = chain[-1].new if chain else county
        if shown != key_of(county):
            raise Refusal(
                Reason.WRONG_KEY, "Der Landkreis zeigt einen abgelösten Schlüssel.", _WRONG
            )

    return trust


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


_WRONG = "Nichts wurde übergeben. Beim Landkreis anrufen und die sechs Wörter vergleichen."
_UPDATE = "Adresse und Programmversion prüfen."

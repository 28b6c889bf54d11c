"""A hub's pull interface over HTTP, on lines that break.

A bundle that was cut is continued with `Range` and `If-Range`: what has arrived is never
sent again, unless the hub's bundle has changed meanwhile. With `https` the line is encrypted,
and who answers must hold a key of the hub's (`sync.tls`); no authority is asked. Plain `http`
is for a line that is safe by itself, such as one inside a machine.

Source: RFC 9110, 8.8.3 (ETag), 13.1.5 (If-Range), 14 (range requests); RFC 9112, 9.3 (keeping
a connection).
"""

from __future__ import annotations

import errno
import http.client
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sync import custody, requests, tls, wire
from sync.bundle import Manifest
from sync.carrier.base import MAX_BUNDLE_BYTES, MAX_MESSAGE_BYTES, CarrierError, Kind, Reason, Run
from sync.carrier.partial import PartialFile
from sync.errors import FormatError
from sync.line.relay import unix_address

_CHUNK = 16 * 1024  # what a cut can lose at most, and small enough for a slow line's timeout
_CONTENT_RANGE = re.compile(r"bytes (\d{1,12})-(\d{1,12})/(\d{1,12})")

Sign = Callable[[str, str], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a carrier tries. ``attempts`` counts those in a row that brought nothing."""

    timeout_s: float = 15.0  # a mobile line may pause for ten seconds between two cells
    attempts: int = 4
    backoff_s: float = 0.5  # doubled from one attempt to the next, at most eight seconds
    deadline_s: float = 1800.0  # for one bundle; the next pull goes on where this one stops


class HttpCarrier:
    """The hub at ``address``: ``https://host:port``, ``http://host:port``, or a Unix socket.

    ``sign`` gives the headers that show the hub which county asks: for a method, a target
    (path and query). With `https`, ``pin`` is the hub's name; without one whoever answers is
    taken, and ``answered`` says who that was. A Unix socket is the near end of a line that
    somebody else made and checked.

    :raises ValueError: if ``address`` is none.
    """

    def __init__(
        self,
        address: str | Path,
        sign: Sign,
        *,
        pin: bytes | None = None,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._secure = False
        if isinstance(address, str):
            self._host, self._port = split_address(address)
            self._secure = address.startswith("https:")
        self._keeps = self._secure or isinstance(address, Path)
        self._kept: http.client.HTTPConnection | None = None
        self._pin = pin
        self.answered: bytes | None = None
        self._sign = sign
        self._patience = patience or Patience()
        self._sleep = sleep
        self._clock = clock

    def describe(self) -> str:
        """Name the address."""
        if isinstance(self._address, Path):
            return f"call:{self._address.stem}"
        return self._address

    def head(self, nonce: bytes) -> bytes | None:
        """Ask the hub."""
        return self._message("GET", requests.head_target(nonce))

    def runs(self) -> Sequence[Run]:
        """Return nothing: the head says it all."""
        return ()

    def fetch(self, epoch: str, after: int, until: int, into: Path) -> None:
        """Download the bundle, over as many connections as it takes."""
        self.download(requests.segments_target(bytes.fromhex(epoch), after, until), into)

    def download(self, target: str, into: Path) -> None:
        """Bring what is at ``target`` into a file, as `fetch` does with a bundle."""
        end = self._clock() + self._patience.deadline_s
        failed = 0
        with PartialFile(into) as part:
            while True:
                before = part.size
                try:
                    self._download(target, part)
                except CarrierError as error:
                    error.received = part.size
                    failed = 0 if part.size > before else failed + 1
                    last = failed >= self._patience.attempts or self._clock() >= end
                    if last or error.reason not in _RETRIED:
                        raise
                    self._sleep(self._backoff(failed))
                else:
                    part.finish()
                    return

    def acknowledge(self, ack: bytes, label: str) -> None:  # noqa: ARG002 - the hub reads it at once
        """Send it to the hub."""
        self._message("POST", requests.ACK_TARGET, ack)

    def keys(self) -> bytes | None:
        """Ask the hub."""
        return self._maybe(requests.KEYS_TARGET)

    def tell(self, kind: Kind, message: bytes, label: str) -> None:  # noqa: ARG002 - likewise
        """Send it to the hub."""
        self._message("POST", _TARGETS[kind], message)

    def got(self, county: bytes) -> bytes | None:
        """Ask the hub."""
        return self._maybe(requests.got_target(county))

    def deliver(self, manifest: Manifest, data: bytes, to: bytes) -> None:  # noqa: ARG002 - it says so
        """Send it to the hub."""
        self._message("POST", requests.BUNDLE_TARGET, data)

    def receipts(self, after: int) -> custody.Batch | None:
        """Ask the hub."""
        answer = self._maybe(requests.receipts_target(after))
        try:
            return None if answer is None else custody.decode_batch(answer)
        except FormatError as error:
            raise CarrierError(Reason.BAD_ANSWER, str(error)) from error

    def hand_receipts(self, receipts: Sequence[bytes]) -> None:
        """Send them to the hub."""
        self._message("POST", requests.RECEIPTS_TARGET, custody.encode_batch(receipts, 0))

    def message(self, method: str, target: str, body: bytes = b"") -> bytes:
        """Ask something short; return the answer's body.

        :raises CarrierError: if there is none, or it is a refusal.
        """
        return self._message(method, target, body)

    def enrol(self, request: bytes) -> bytes:
        """Tell the hub the county's key; return the hub's answer."""
        return self._message("POST", requests.ENROL_TARGET, request)

    def close(self) -> None:
        """Give back the connection that was kept for the next request."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _maybe(self, target: str) -> bytes | None:
        """Ask for what a hub may not have, or be too old to know of."""
        try:
            return self._message("GET", target)
        except CarrierError as error:
            if error.reason is Reason.ABSENT:
                return None
            raise

    def _message(self, method: str, target: str, body: bytes = b"") -> bytes:
        for attempt in range(1, self._patience.attempts + 1):
            try:
                return self._once(method, target, body)
            except CarrierError as error:
                if attempt == self._patience.attempts or error.reason not in _RETRIED:
                    raise
                self._sleep(self._backoff(attempt))
        raise AssertionError("attempts is at least one")

    def _once(self, method: str, target: str, body: bytes) -> bytes:
        with self._request(method, target, body, {}) as answer:
            _check_status(answer, http.client.OK, http.client.ACCEPTED, http.client.NO_CONTENT)
            data = answer.read(MAX_MESSAGE_BYTES + 1)
            missing = answer.length  # a short read raises nothing
        if len(data) > MAX_MESSAGE_BYTES:
            raise CarrierError(
                Reason.TOO_LARGE, f"an answer of more than {MAX_MESSAGE_BYTES} bytes"
            )
        if missing:
            raise CarrierError(Reason.CUT, f"cut {missing} bytes before the end")
        return data

    def _download(self, target: str, part: PartialFile) -> None:
        headers = {}
        if part.size and part.mark:
            headers = {"Range": f"bytes={part.size}-", "If-Range": part.mark}
        with self._request("GET", target, b"", headers) as answer:
            if answer.status == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
                part.restart("")  # what we hold is not a beginning of what the hub has
                raise CarrierError(Reason.CUT, "the hub's bundle is shorter than what arrived")
            _check_status(answer, http.client.OK, http.client.PARTIAL_CONTENT)
            total = _prepare(answer, part)
            if total > MAX_BUNDLE_BYTES:
                raise CarrierError(Reason.TOO_LARGE, f"a bundle of {total} bytes")
            while part.size < total and (data := answer.read1(_CHUNK)):
                part.append(data)
        if part.size != total:
            raise CarrierError(Reason.CUT, f"cut after {part.size} of {total} bytes")

    @contextmanager
    def _request(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str]
    ) -> Iterator[http.client.HTTPResponse]:
        fields = {**self._sign(method, target), **headers}
        if not self._keeps:
            fields["Connection"] = "close"
        if body:
            fields["Content-Type"] = wire.MEDIA_TYPE

        def ask(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
            connection.request(method, target, body=body or None, headers=fields)
            return connection.getresponse()

        with _line_errors():
            connection, self._kept = self._kept, None
            answer = None
            if connection is not None:
                try:
                    answer = ask(connection)
                except (http.client.RemoteDisconnected, ConnectionError, ssl.SSLError):
                    connection.close()  # the other side gave it up while it was not used
            if connection is None or answer is None:
                connection = self._connection()
                try:
                    answer = ask(connection)
                except BaseException:
                    connection.close()
                    raise
            again = False
            try:
                with answer:
                    yield answer
                    whole = answer.isclosed() or answer.length == 0
                    again = self._keeps and whole and not answer.will_close
            finally:
                if again:
                    self._kept = connection
                else:
                    connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        timeout_s = self._patience.timeout_s
        if isinstance(self._address, Path):
            return _UnixConnection(self._address, timeout_s)
        if self._secure:
            return _TlsConnection(self._host, self._port, timeout_s, self._meet)
        return http.client.HTTPConnection(self._host, self._port, timeout=timeout_s)

    def _meet(self, certificate: bytes | None) -> None:
        try:
            self.answered = tls.verify(certificate, self._pin)
        except FormatError as error:
            raise CarrierError(Reason.WRONG_KEY, str(error), hint=error.hint) from error

    def _backoff(self, failed: int) -> float:
        return min(8.0, self._patience.backoff_s * 2.0 ** max(0, failed - 1))


def split_address(address: str) -> tuple[str, int]:
    """Return host and port of ``https://host:port`` or ``http://host:port``.

    :raises ValueError: if it is nothing like that.
    """
    parts = urlsplit(address)
    if parts.scheme not in _PORTS or not parts.hostname or parts.path not in ("", "/"):
        raise ValueError(f"an address looks like https://192.0.2.7:8082, not {address!r}")
    return parts.hostname, parts.port or _PORTS[parts.scheme]


class _TlsConnection(http.client.HTTPConnection):
    """Plain HTTP over TLS with whoever ``meet`` is content with."""

    def __init__(
        self, host: str, port: int, timeout_s: float, meet: Callable[[bytes | None], None]
    ) -> None:
        super().__init__(host, port, timeout=timeout_s)
        self._meet = meet

    def connect(self) -> None:
        """Connect, and check who answers before anything is asked."""
        super().connect()
        try:
            secure = tls.client_context().wrap_socket(self.sock)
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
            raise CarrierError(Reason.CUT, "cut in the TLS handshake") from error
        except ssl.SSLError as error:
            raise CarrierError(
                Reason.BAD_ANSWER, f"no TLS: {error.reason or 'not understood'}"
            ) from error
        self.sock = secure
        self._meet(secure.getpeercert(binary_form=True))


class _UnixConnection(http.client.HTTPConnection):
    """Plain HTTP over a Unix socket."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        """Connect to whoever brings the line to its other end."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        try:
            with unix_address(self._path) as address:
                self.sock.connect(address)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise CarrierError(Reason.NOT_CALLING, "the hub does not call at the moment") from error


_PORTS = {"http": 80, "https": 443}
_TARGETS = {Kind.KEYS: requests.KEYS_TARGET, Kind.NOTICE: requests.NOTICE_TARGET}
# Within one visit. A program that is not there will not be there in a second either.
_RETRIED = frozenset({Reason.CUT, Reason.TIMEOUT, Reason.BUSY, Reason.UNREACHABLE})
_STATUS = {
    http.client.UNAUTHORIZED: Reason.NOT_ENROLLED,
    http.client.FORBIDDEN: Reason.NOT_ENROLLED,
    http.client.NOT_FOUND: Reason.ABSENT,
    http.client.GONE: Reason.ABSENT,
    http.client.CONFLICT: Reason.ABSENT,
    http.client.REQUEST_TIMEOUT: Reason.TIMEOUT,
    http.client.REQUEST_ENTITY_TOO_LARGE: Reason.TOO_LARGE,
    http.client.TOO_MANY_REQUESTS: Reason.BUSY,
    http.client.SERVICE_UNAVAILABLE: Reason.BUSY,
    http.client.INSUFFICIENT_STORAGE: Reason.BUSY,
    http.client.UPGRADE_REQUIRED: Reason.BAD_ANSWER,
}
_NO_ROUTE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN)


def _check_status(answer: http.client.HTTPResponse, *good: int) -> None:
    if answer.status in good:
        return
    reason = _STATUS.get(answer.status, Reason.BAD_ANSWER)
    message, hint = f"HTTP {answer.status} {answer.reason}", ""
    with suppress(FormatError):
        refusal = wire.decode_refusal(answer.read(wire.MAX_MESSAGE))
        message, hint = f"{message}: {refusal}", refusal.hint
    raise CarrierError(reason, message, hint=hint)


def _prepare(answer: http.client.HTTPResponse, part: PartialFile) -> int:
    """Make ``part`` ready for the answer's bytes; return the size of the whole."""
    mark = answer.headers.get("ETag", "")
    if answer.status == http.client.PARTIAL_CONTENT:
        match = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if not match or int(match[1]) != part.size or mark != part.mark:
            part.restart("")
            raise CarrierError(Reason.CUT, "the hub continued another bundle, or elsewhere")
        return int(match[3])
    length = answer.headers.get("Content-Length", "")
    if not re.fullmatch(r"\d{1,12}", length):
        raise CarrierError(Reason.BAD_ANSWER, "the answer does not say how long it is")
    part.restart(mark if mark.startswith('"') else "")  # a weak ETag cannot be continued
    return int(length)


@contextmanager
def _line_errors() -> Iterator[None]:
    try:
        yield
    except CarrierError:
        raise
    except socket.gaierror as error:
        raise CarrierError(Reason.UNRESOLVED, f"no address: {error}") from error
    except TimeoutError as error:
        raise CarrierError(Reason.TIMEOUT, "no answer in time") from error
    except ConnectionRefusedError as error:
        raise CarrierError(Reason.REFUSED, "nobody listens there") from error
    except (http.client.IncompleteRead, http.client.RemoteDisconnected) as error:
        raise CarrierError(Reason.CUT, "the line was cut") from error
    except http.client.HTTPException as error:
        raise CarrierError(Reason.BAD_ANSWER, f"no HTTP: {type(error).__name__}") from error
    except OSError as error:
        reason = Reason.UNREACHABLE if error.errno in _NO_ROUTE else Reason.CUT
        raise CarrierError(reason, error.strerror or type(error).__name__) from error

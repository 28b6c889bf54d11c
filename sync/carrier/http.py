"""A hub's pull interface over HTTP, on lines that break.

A bundle that was cut is continued with `Range` and `If-Range`: what has arrived is never
sent again, unless the hub's bundle has changed meanwhile. The line is not encrypted: heads,
segments and acknowledgements are signed, care data is sealed, and the rest is village data;
what a listener learns is when and how much a hub sends.

Source: RFC 9110, 8.8.3 (ETag), 13.1.5 (If-Range), 14 (range requests).
"""

from __future__ import annotations

import errno
import http.client
import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sync import wire
from sync.carrier.base import MAX_BUNDLE_BYTES, MAX_MESSAGE_BYTES, CarrierError, Kind, Reason, Run
from sync.carrier.partial import PartialFile
from sync.errors import FormatError

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
    """The hub at ``address`` (``http://host:port``).

    ``sign`` gives the headers that show the hub which county asks: for a method, a target
    (path and query).

    :raises ValueError: if ``address`` is none.
    """

    def __init__(
        self,
        address: str,
        sign: Sign,
        *,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._host, self._port = split_address(address)
        self._address = address
        self._sign = sign
        self._patience = patience or Patience()
        self._sleep = sleep
        self._clock = clock

    def describe(self) -> str:
        """Name the address."""
        return self._address

    def head(self, nonce: bytes) -> bytes | None:
        """Ask the hub."""
        return self._message("GET", wire.head_target(nonce))

    def runs(self) -> Sequence[Run]:
        """Return nothing: the head says it all."""
        return ()

    def fetch(self, epoch: str, after: int, until: int, into: Path) -> None:
        """Download the bundle, over as many connections as it takes."""
        target = wire.segments_target(bytes.fromhex(epoch), after, until)
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
        self._message("POST", wire.ACK_TARGET, ack)

    def keys(self) -> bytes | None:
        """Ask the hub."""
        try:
            return self._message("GET", wire.KEYS_TARGET)
        except CarrierError as error:
            if error.reason is Reason.ABSENT:
                return None
            raise

    def tell(self, kind: Kind, message: bytes, label: str) -> None:  # noqa: ARG002 - likewise
        """Send it to the hub."""
        self._message("POST", _TARGETS[kind], message)

    def enrol(self, request: bytes) -> bytes:
        """Tell the hub the county's key; return the hub's answer."""
        return self._message("POST", wire.ENROL_TARGET, request)

    def close(self) -> None:
        """Do nothing: a connection lasts for one request."""

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
        connection = http.client.HTTPConnection(
            self._host, self._port, timeout=self._patience.timeout_s
        )
        with closing(connection), _line_errors():
            fields = {**self._sign(method, target), **headers, "Connection": "close"}
            if body:
                fields["Content-Type"] = wire.MEDIA_TYPE
            connection.request(method, target, body=body or None, headers=fields)
            with connection.getresponse() as answer:
                yield answer

    def _backoff(self, failed: int) -> float:
        return min(8.0, self._patience.backoff_s * 2.0 ** max(0, failed - 1))


def split_address(address: str) -> tuple[str, int]:
    """Return host and port of ``http://host:port``.

    :raises ValueError: if it is nothing like that.
    """
    parts = urlsplit(address)
    if parts.scheme != "http" or not parts.hostname or parts.path not in ("", "/"):
        raise ValueError(f"an address looks like http://192.0.2.7:8082, not {address!r}")
    return parts.hostname, parts.port or 80


_TARGETS = {Kind.KEYS: wire.KEYS_TARGET, Kind.NOTICE: wire.NOTICE_TARGET}
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

"""What a hub says to get a certificate: an event of its own stream; see docs/bundle-format.md."""

from __future__ import annotations

import re
from dataclasses import dataclass

from edge.certificate import MAX_NAME, MAX_REQUEST
from sync import events
from sync.errors import FormatError
from sync.events import Event
from sync.segment import Segment, StreamClass

SCHEMA = "tls/1"
ASK = "tls.request"
REQUEST_SIZE = 16
_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Request:
    """``csr`` is PKCS #10 in DER, for ``name`` alone."""

    id: bytes
    name: str
    csr: bytes
    at_ms: int = 0


def event_of(one: Request, at_ms: int, quality: int) -> Event:
    """Return the request as an event."""
    return Event(at_ms, quality, ASK, {"request": one.id, "name": one.name, "csr": one.csr})


def requests_in(segment: Segment) -> list[Request]:
    """Return the requests that a verified segment holds; most hold none."""
    header = segment.header
    if header.stream is not StreamClass.EVENT or header.schema != SCHEMA or segment.erased:
        return []
    try:
        found = events.decode(segment.body)
    except FormatError:  # a later body version: whoever reads it then answers then
        return []
    return [one for event in found if (one := _request(event)) is not None]


def is_name(name: object) -> bool:
    """Tell if a name is one that a certificate can be for."""
    return type(name) is str and len(name) <= MAX_NAME and _NAME.fullmatch(name) is not None


def _request(event: Event) -> Request | None:
    if event.kind != ASK:
        return None
    id_, name, csr = (event.data.get(field) for field in ("request", "name", "csr"))
    if type(id_) is not bytes or len(id_) != REQUEST_SIZE or not is_name(name):
        return None
    if type(csr) is not bytes or not 0 < len(csr) <= MAX_REQUEST:
        return None
    return Request(id_, str(name), csr, event.at_ms)

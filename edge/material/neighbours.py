"""A Kolibri in the same house, found by multicast DNS, and never one on the internet.

Source: RFC 6762, RFC 6763; Kolibri announces itself as `ID.Kolibri._sub._http._tcp.local.`, with
JSON as the values of its text record (`device_name`, `prefix`).
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import threading
import time
from collections.abc import Mapping
from typing import Self

import zeroconf
from zeroconf import (  # type: ignore[attr-defined]  # public, and not named so for checkers
    DNSOutgoing,
    DNSPointer,
    DNSQuestion,
    IPVersion,
    RecordUpdate,
    RecordUpdateListener,
    ServiceInfo,
    Zeroconf,
)

from edge.material.neighbour import Neighbour
from edge.material.pack import line

SERVICE = "Kolibri._sub._http._tcp.local."
MAX_FOUND = 4  # a house has one; a page has room for a few
ASK_S = 60.0  # who comes says so by itself; this finds who was here before
_RESOLVE_MS = 1500
_MOST_NAMES = 64  # more names at once are noise
_QUERY, _POINTER, _INTERNET = 0, 12, 1  # RFC 1035: a query; PTR; IN
_LOCAL = tuple(
    ipaddress.ip_network(one)
    for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")
)


class Neighbours:
    """Listens for Kolibris from construction until :meth:`close`.

    Not being able to listen is no error: then nobody is found, and ``problem`` says why.
    zeroconf's own browser passes over a service whose name begins without an underscore, as this
    one's does; so its question is asked, and answered, by hand.
    """

    def __init__(self, network: Zeroconf | None = None) -> None:
        self.problem = ""
        self._found: dict[str, Neighbour] = {}
        self._own = network is None
        self._asked_s = -ASK_S
        try:
            self._network = network or Zeroconf(ip_version=IPVersion.V4Only)
        except (OSError, zeroconf.Error) as error:
            self.problem = str(error)
            return
        self._ear = _Ear()
        self._network.add_listener(self._ear, None)

    def found(self) -> tuple[Neighbour, ...]:
        """Return who is here now. To be called now and then: it asks, and looks up who answered."""
        if self.problem:
            return ()
        if time.monotonic() - self._asked_s >= ASK_S:
            self._asked_s = time.monotonic()
            question = DNSOutgoing(_QUERY)
            question.add_question(DNSQuestion(SERVICE, _POINTER, _INTERNET))
            self._network.send(question)
        came, gone = self._ear.heard()
        for name in gone:
            self._found.pop(name, None)
        for name in sorted(came)[: 4 * MAX_FOUND]:
            info = ServiceInfo(SERVICE, name)
            one = neighbour_of(info) if info.request(self._network, _RESOLVE_MS) else None
            if one is not None and len(self._found) < 4 * MAX_FOUND:
                self._found[name] = one
        return tuple(sorted(self._found.values(), key=lambda one: one.name))[:MAX_FOUND]

    def close(self) -> None:
        """Stop listening."""
        if not self.problem:
            self._network.remove_listener(self._ear)
            if self._own:
                self._network.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Ear(RecordUpdateListener):
    """Notes, in zeroconf's own thread, whose names came and went."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._came: set[str] = set()
        self._gone: set[str] = set()

    def heard(self) -> tuple[set[str], set[str]]:
        """Return who came and who went since the last time."""
        with self._lock:
            came, self._came = self._came, set()
            gone, self._gone = self._gone, set()
        return came, gone

    def async_update_records(self, zc: Zeroconf, now: float, records: list[RecordUpdate]) -> None:
        """Note what is of Kolibris."""
        del zc
        for update in records:
            record = update.new
            if not isinstance(record, DNSPointer) or record.key != SERVICE.lower():
                continue
            is_over = record.is_expired(now)
            with self._lock:
                if len(self._came) < _MOST_NAMES or is_over:
                    (self._gone if is_over else self._came).add(record.alias)
                    (self._came if is_over else self._gone).discard(record.alias)


def neighbour_of(info: ServiceInfo) -> Neighbour | None:
    """Return a Kolibri that announced itself, None if it is not of this network."""
    local = next((one for one in info.parsed_addresses(IPVersion.V4Only) if is_local(one)), None)
    if local is None or not info.port:
        return None
    name = line(_value(info.properties, b"device_name"), 60)
    prefix = _value(info.properties, b"prefix").strip("/")
    path = f"{prefix}/" if prefix and all(c.isalnum() or c in "-_/" for c in prefix) else ""
    return Neighbour(name or "Kolibri", f"http://{local}:{info.port}/{path}")


def is_local(address: str) -> bool:
    """Tell whether an address is of a house's own network."""
    with contextlib.suppress(ValueError):
        parsed = ipaddress.IPv4Address(address)
        return any(parsed in network for network in _LOCAL)
    return False


def _value(properties: Mapping[bytes, bytes | None], key: bytes) -> str:
    """Return a text of the text record, empty if it is none."""
    try:
        found = json.loads((properties.get(key) or b'""').decode())
    except (ValueError, RecursionError):
        return ""
    return found if isinstance(found, str) else ""

"""How a county or a bus finds a hub on the same network, and a hub a bus: multicast DNS.

A hint only: who answers at the address is proved by its key. The advertisement names a short
id and the version of the interface, and nothing about the village or people.

Source: RFC 6762 (multicast DNS), RFC 6763 (service discovery).
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from dataclasses import dataclass
from typing import Self

import ifaddr
import zeroconf
from zeroconf import (
    InterfaceChoice,
    IPVersion,
    ServiceBrowser,
    ServiceInfo,
    ServiceStateChange,
    Zeroconf,
)

from edge.process.log import Log

SERVICE = "_dorfhub._tcp.local."
BUS_SERVICE = "_dorfhub-bus._tcp.local."
MAX_FOUND = 256  # more answers on one network are noise
_RESOLVE_MS = 3000
API_VERSION = "1"


@dataclass(frozen=True, slots=True)
class Found:
    """Who advertises itself: a short id, and where."""

    id: str
    addresses: tuple[str, ...]
    port: int


class Advertisement:
    """Says on the network that a hub is here, from construction until :meth:`close`.

    ``host`` is the address the hub listens on; only there is it advertised, and on all
    interfaces if it is the unspecified one. Failing to advertise is logged, and no error: a
    county that knows the address needs none. ``problem`` then says what failed.
    """

    def __init__(self, hub_id: str, host: str, port: int, log: Log, service: str = SERVICE) -> None:
        self.problem = ""
        self._service = service
        self._zeroconf: Zeroconf | None = None
        self._log = log
        try:
            self._start(hub_id, host, port)
        except (OSError, zeroconf.Error, ValueError, RuntimeError) as error:
            self.problem = f"{type(error).__name__}: {error}".rstrip(": ")
            log.warning(
                "not-advertised",
                error=self.problem,
                hint="Der Landkreis muss die Adresse dieses Hubs kennen.",
            )
            self._close_zeroconf()

    def close(self) -> None:
        """Say goodbye. Closing twice does nothing."""
        if self._zeroconf is not None:
            try:
                self._zeroconf.unregister_all_services()
            except (OSError, zeroconf.Error, RuntimeError) as error:
                self._log.warning("no-goodbye", error=error)
        self._close_zeroconf()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self, hub_id: str, host: str, port: int) -> None:
        address = ipaddress.ip_address(socket.gethostbyname(host))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))  # zeroconf leaks its socket where this fails
        everywhere = address.is_unspecified
        addresses = (
            [a for a in _own_addresses() if not ipaddress.ip_address(a).is_loopback]
            if everywhere
            else [str(address)]
        )
        if not addresses:
            raise OSError("no network")
        self._zeroconf = Zeroconf(
            interfaces=InterfaceChoice.All if everywhere else addresses,
            ip_version=IPVersion.V4Only,
        )
        instance = f"dorfhub-{hub_id}"
        self._zeroconf.register_service(
            ServiceInfo(
                self._service,
                f"{instance}.{self._service}",
                addresses=[socket.inet_aton(a) for a in addresses],
                port=port,
                properties={"id": hub_id, "v": API_VERSION},
                server=f"{instance}.local.",
            )
        )
        self._log.info("advertised", name=instance, port=port)

    def _close_zeroconf(self) -> None:
        if self._zeroconf is not None:
            self._zeroconf.close()
            self._zeroconf = None


class Watch:
    """Who advertises ``service`` around here, from construction until :meth:`close`.

    ``host`` is the one own address to listen on; without it, all. Failing to listen is logged,
    and no error. Thread-safe.
    """

    def __init__(self, service: str, log: Log, host: str = "") -> None:
        self.problem = ""
        self._found: dict[str, Found] = {}
        self._lock = threading.Lock()
        self._zeroconf: Zeroconf | None = None
        self._browser: ServiceBrowser | None = None
        try:
            if host:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                    probe.bind((host, 0))  # as above
            self._zeroconf = Zeroconf(
                interfaces=[host] if host else InterfaceChoice.All, ip_version=IPVersion.V4Only
            )
            self._browser = ServiceBrowser(self._zeroconf, service, handlers=[self._changed])
        except (OSError, zeroconf.Error, RuntimeError) as error:
            self.problem = f"{type(error).__name__}: {error}".rstrip(": ")
            log.warning("not-listening", service=service, error=self.problem)

    def found(self) -> list[Found]:
        """Return who is there, by id."""
        with self._lock:
            return sorted(self._found.values(), key=lambda one: one.id)

    def close(self) -> None:
        """Listen no more. Closing twice does nothing."""
        if self._browser is not None:
            self._browser.cancel()
            self._browser = None
        if self._zeroconf is not None:
            self._zeroconf.close()
            self._zeroconf = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _changed(
        self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        """Note a change; zeroconf calls it by these names, in the browser's own thread."""
        if state_change is ServiceStateChange.Removed:
            with self._lock:
                self._found.pop(name, None)
            return
        info = zeroconf.get_service_info(service_type, name, timeout=_RESOLVE_MS)
        if info is None or not info.port:
            return
        short_id = (info.properties.get(b"id") or b"").decode("ascii", "replace")
        if not re.fullmatch(r"[0-9a-f]{16}", short_id):
            return
        addresses = tuple(info.parsed_addresses(IPVersion.V4Only))
        with self._lock:
            if name in self._found or len(self._found) < MAX_FOUND:
                self._found[name] = Found(short_id, addresses, info.port)


class BusWatch(Watch):
    """Tells when a bus has come."""

    def __init__(self, log: Log, host: str = "") -> None:
        super().__init__(BUS_SERVICE, log, host)
        self._greeted: set[str] = set()

    def arrived(self) -> bool:
        """Tell, once for each, if a bus is there that was not."""
        here = {one.id for one in self.found()}
        new = here - self._greeted
        self._greeted = here
        return bool(new)


def own_addresses() -> frozenset[str]:
    """Return this machine's IPv4 addresses but the loopback's."""
    try:
        found = _own_addresses()
    except OSError:
        return frozenset()
    return frozenset(one for one in found if not ipaddress.ip_address(one).is_loopback)


def _own_addresses() -> list[str]:
    """Return this machine's IPv4 addresses, the loopback's too."""
    return [str(one.ip) for adapter in ifaddr.get_adapters() for one in adapter.ips if one.is_IPv4]

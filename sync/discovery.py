"""How a county finds a hub on the same network: multicast DNS.

A hint only: who answers at the address is proved by the signed head. The advertisement names
the hub's short id and the version of the interface, and nothing about the village or people.

Source: RFC 6762 (multicast DNS), RFC 6763 (service discovery).
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Self

import zeroconf
from zeroconf import InterfaceChoice, IPVersion, ServiceInfo, Zeroconf

from edge.process.log import Log

SERVICE = "_dorfhub._tcp.local."
API_VERSION = "1"


class Advertisement:
    """Says on the network that a hub is here, from construction until :meth:`close`.

    ``host`` is the address the hub listens on; only there is it advertised, and on all
    interfaces if it is the unspecified one. Failing to advertise is logged, and no error: a
    county that knows the address needs none. ``problem`` then says what failed.
    """

    def __init__(self, hub_id: str, host: str, port: int, log: Log) -> None:
        self.problem = ""
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
                SERVICE,
                f"{instance}.{SERVICE}",
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


def _own_addresses() -> list[str]:
    found: list[str] = zeroconf.get_all_addresses()  # type: ignore[attr-defined]  # re-exported
    return found

"""The seam between a Bluetooth adapter and the collector that owns it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from hardware.errors import DeviceRefused


@dataclass(frozen=True, slots=True)
class Found:
    """A peripheral that was heard: its address, local name and advertised service UUIDs.

    UUIDs are short upper-case hex (``1810``) where the SIG assigned one, else 128 bit.
    """

    address: str
    name: str
    services: tuple[str, ...]
    rssi_dbm: int | None


@dataclass(frozen=True, slots=True)
class Heard:
    """One advertisement, as far as this adapter gives it.

    BlueZ joins an advertisement with its scan response and with what it heard of the device
    before. Keys of ``service_data`` are short upper-case hex, those of ``manufacturer_data`` are
    company identifiers without their two bytes in the value.
    """

    address: str
    name: str
    services: tuple[str, ...] = ()
    service_data: Mapping[str, bytes] = field(default_factory=dict)
    manufacturer_data: Mapping[int, bytes] = field(default_factory=dict)
    rssi_dbm: int | None = None


class Absent(DeviceRefused):
    """The peripheral has no such characteristic."""


class Link(Protocol):
    """One open connection to a peripheral.

    :raises TransportError: from any method once the connection is gone.
    :raises DeviceRefused: if the peripheral answers with an ATT error.
    :raises Absent: if it has no such characteristic.
    """

    address: str

    @property
    def connected(self) -> bool:
        """True until either side has closed the connection."""

    async def read(self, characteristic: str) -> bytes:
        """Return the characteristic's value. ``characteristic`` is short hex or a full UUID."""

    async def write(self, characteristic: str, value: bytes, *, response: bool = True) -> None:
        """Write, and wait for the device's response unless it gives none by its standard."""

    async def subscribe(self, characteristic: str, handler: Callable[[bytes], None]) -> None:
        """Call ``handler`` with each notified or indicated value.

        Where the radio says ``confirms_after_handler``, an indication is confirmed only
        after ``handler`` returned; if it raises, the device keeps the value.
        """

    async def unsubscribe(self, characteristic: str) -> None:
        """Have the peripheral send no more of it until somebody subscribes again."""

    async def wait_closed(self) -> None:
        """Return once the connection is gone."""

    async def close(self) -> None:
        """Disconnect. Closing twice does nothing."""


class Radio(Protocol):
    """One adapter with one owner.

    :raises TransportError: if the adapter is absent, off or taken by somebody else.
    """

    kind: str
    confirms_after_handler: bool

    async def start(self) -> None:
        """Take the adapter."""

    async def stop(self) -> None:
        """Close all links and give the adapter back."""

    def check(self) -> None:
        """Do nothing, while the adapter is there.

        :raises TransportError: once it is known to be gone; the radio is to be stopped then.
        """

    async def discover(self, service: str, timeout_s: float) -> list[Found]:
        """Return the peripherals that advertise ``service`` (short hex), strongest first."""

    def listening(self, listener: Callable[[Heard], None]) -> AbstractAsyncContextManager[None]:
        """Give every advertisement to ``listener`` inside the block, between connections.

        It is called in the loop, some hundred times a second in a street, and must be quick.
        Several may listen at once, and look (:meth:`discover`) as well.
        """

    async def rescan(self) -> None:
        """Start the scan anew."""

    async def cycle(self) -> None:
        """Switch the adapter off and on; every link is gone, listeners stay.

        :raises TransportError: if it does not come back; the radio is to be stopped then.
        """

    async def forget(self, address: str) -> None:
        """Delete the bond with a peripheral on this side, if there is one."""

    async def connect(self, address: str, *, pair: bool, timeout_s: float = 20.0) -> Link:
        """Connect, encrypt with a stored bond, or make one first if ``pair``.

        :raises DeviceRefused: if pairing fails or an unknown device was not to be paired.
        """

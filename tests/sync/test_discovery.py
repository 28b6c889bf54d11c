from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from zeroconf import IPVersion, ServiceBrowser, ServiceListener, Zeroconf

from edge.process.log import Log
from sync.discovery import BUS_SERVICE, SERVICE, Advertisement, BusWatch, Watch, own_addresses

HUB = "66687aadf862bd77"


class Seen(ServiceListener):
    def __init__(self) -> None:
        self.came: set[str] = set()
        self.changed = threading.Condition()

    def add_service(self, zc: Zeroconf, type_: str, name: str) -> None:  # noqa: ARG002
        with self.changed:
            self.came.add(name)
            self.changed.notify_all()

    def remove_service(self, zc: Zeroconf, type_: str, name: str) -> None:  # noqa: ARG002
        with self.changed:
            self.came.discard(name)
            self.changed.notify_all()

    def update_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        """Nothing to see."""

    def wait(self, name: str, *, there: bool) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: (name in self.came) is there, timeout=10)


@pytest.fixture
def network() -> Iterator[Zeroconf]:
    """Whoever looks for hubs: a second, independent instance on loopback."""
    try:
        found = Zeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only)
    except OSError as error:
        pytest.skip(f"no multicast on loopback here: {error}")
    with contextlib.closing(found):
        yield found


def test_a_hub_is_found_and_says_goodbye(network: Zeroconf) -> None:
    seen = Seen()
    name = f"dorfhub-{HUB}.{SERVICE}"
    browser = ServiceBrowser(network, SERVICE, seen)
    try:
        with Advertisement(HUB, "127.0.0.1", 4711, Log()) as advertisement:
            assert not advertisement.problem
            assert seen.wait(name, there=True)
            info = network.get_service_info(SERVICE, name, timeout=5000)
            assert info is not None
            assert info.parsed_addresses() == ["127.0.0.1"]
            assert info.port == 4711
            assert info.decoded_properties == {"id": HUB, "v": "1"}
        assert seen.wait(name, there=False)
    finally:
        browser.cancel()


@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.name.invalid"])
def test_an_address_that_is_not_ours_is_a_warning_and_no_end(
    host: str, caplog: pytest.LogCaptureFixture
) -> None:
    with Advertisement(HUB, host, 1, Log()) as advertisement:
        assert advertisement.problem
    assert "not-advertised" in caplog.text
    advertisement.close()


def test_without_sockets_it_is_a_warning_and_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> socket.socket:
        raise PermissionError("not allowed")

    monkeypatch.setattr(socket, "socket", refuse)
    advertisement = Advertisement(HUB, "127.0.0.1", 1, Log())
    assert "PermissionError" in advertisement.problem
    monkeypatch.undo()
    advertisement.close()


def wait(until: Callable[[], bool]) -> bool:
    end = time.monotonic() + 15
    while time.monotonic() < end:
        if until():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.usefixtures("network")
def test_a_bus_finds_a_hub_with_its_address() -> None:
    with Watch(SERVICE, Log(), "127.0.0.1") as watch:
        assert watch.found() == []
        with Advertisement(HUB, "127.0.0.1", 4711, Log()):
            assert wait(lambda: bool(watch.found()))
            (found,) = watch.found()
            assert (found.id, found.addresses, found.port) == (HUB, ("127.0.0.1",), 4711)
        assert wait(lambda: not watch.found())


@pytest.mark.usefixtures("network")
def test_a_hub_notices_once_that_a_bus_has_come() -> None:
    with BusWatch(Log(), "127.0.0.1") as watch:
        assert not watch.arrived()
        for _ in range(2):
            with Advertisement(HUB, "127.0.0.1", 9, Log(), BUS_SERVICE):
                assert wait(lambda: bool(watch.found()))
                assert watch.arrived()
                assert not watch.arrived()
            assert wait(lambda: not watch.found())
            assert not watch.arrived()


def test_a_watch_that_cannot_listen_says_so() -> None:
    with Watch(SERVICE, Log(), "192.0.2.1") as watch:
        assert watch.problem
        assert watch.found() == []


def test_own_addresses_are_no_loopback() -> None:
    assert "127.0.0.1" not in own_addresses()

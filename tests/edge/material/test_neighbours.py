"""A Kolibri in the house is found by its real announcement; one on the internet never is."""

from __future__ import annotations

import json
import socket
import time

import pytest
from zeroconf import ServiceInfo, Zeroconf

from edge.material.neighbours import SERVICE, Neighbour, Neighbours, is_local, neighbour_of


def info(address: str = "192.168.7.9", **properties: object) -> ServiceInfo:
    """What Kolibri announces: JSON in each value."""
    return ServiceInfo(
        SERVICE,
        f"abc-0.{SERVICE}",
        addresses=[socket.inet_aton(address)],
        port=8080,
        properties={name: json.dumps(value) for name, value in properties.items()},
        server="abc-0.kolibri.local.",
    )


def test_an_announcement_is_read() -> None:
    found = neighbour_of(info(device_name="Schulkiste\n2", prefix="/", instance_id="abc"))
    assert found == Neighbour("Schulkiste 2", "http://192.168.7.9:8080/")
    found = neighbour_of(info(device_name="", prefix="/kolibri/"))
    assert found == Neighbour("Kolibri", "http://192.168.7.9:8080/kolibri/")


@pytest.mark.parametrize("address", ["8.8.8.8", "127.0.0.1", "100.64.1.1", "1.1.1.1", "224.0.0.1"])
def test_what_is_not_of_the_house_is_not_shown(address: str) -> None:
    assert neighbour_of(info(address, device_name="x")) is None
    assert not is_local(address)


def test_a_wrong_announcement_hurts_nobody() -> None:
    one = info(device_name="x" * 200, prefix="//evil.example/?x=<script>")
    found = neighbour_of(one)
    assert found == Neighbour("x" * 60, "http://192.168.7.9:8080/")
    odd = ServiceInfo(
        SERVICE, f"a.{SERVICE}", addresses=[socket.inet_aton("10.0.0.1")], port=80,
        properties={"device_name": b"\xff{", "prefix": b"[[["},
    )  # fmt: skip
    assert neighbour_of(odd) == Neighbour("Kolibri", "http://10.0.0.1:80/")
    assert not is_local("no address")


def test_it_is_found_on_the_network_and_goes_again() -> None:
    try:
        network = Zeroconf(interfaces=["127.0.0.1"])
    except OSError:
        pytest.skip("no multicast here")
    announced = Zeroconf(interfaces=["127.0.0.1"])
    one = info(device_name="Schulkiste")
    try:
        with Neighbours(network) as near:
            announced.register_service(one)
            deadline = time.monotonic() + 20
            while not near.found() and time.monotonic() < deadline:
                time.sleep(0.1)
            assert near.found() == (Neighbour("Schulkiste", "http://192.168.7.9:8080/"),)
            announced.unregister_service(one)
            deadline = time.monotonic() + 20
            while near.found() and time.monotonic() < deadline:
                time.sleep(0.1)
            assert near.found() == ()
    finally:
        announced.close()
        network.close()

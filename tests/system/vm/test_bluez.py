"""The real Linux stack: kernel, bluetoothd, D-Bus and unmodified bleak under the hub's radio."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = [pytest.mark.vm, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def results(guest: Callable[..., dict[str, dict]]) -> dict[str, dict]:
    return guest("bluez.py")


def test_pairing_brings_the_stored_readings(results: dict[str, dict]) -> None:
    assert results["just_works"]["values"] == 3
    assert results["just_works"]["left"] == 0


def test_a_bonded_cuff_needs_no_pairing(results: dict[str, dict]) -> None:
    assert results["bonded"] == {"values": 1, "left": 0}


def test_cut_transfers_lose_nothing(results: dict[str, dict]) -> None:
    assert results["dropped"]["distinct"] == 10
    assert results["dropped"]["left"] == 0
    assert results["dropped"]["rounds"] > 1


def test_the_agent_passes_the_code_on(results: dict[str, dict]) -> None:
    assert results["passkey_123456"] == {"values": 1, "refused": ""}
    assert results["passkey_654321"]["values"] == 0
    assert results["passkey_654321"]["refused"]


def test_ten_cuffs_are_held_at_once(results: dict[str, dict]) -> None:
    assert results["ward"] == {"held": 10, "values": 50}

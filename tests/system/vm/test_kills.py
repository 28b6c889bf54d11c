"""The collector on the kernel's own adapter, killed: what each radio promises, and what not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = [pytest.mark.vm, pytest.mark.timeout(1500)]
SYSTEM_PYTHON = "/usr/bin/python3"  # others may be built without Bluetooth sockets


@pytest.fixture(scope="module")
def results(guest: Callable[..., dict[str, dict]]) -> dict[str, dict]:
    return guest("kills.py", python=SYSTEM_PYTHON)


def test_strict_loses_nothing(results: dict[str, dict]) -> None:
    strict = results["strict"]
    assert strict["kills"] == 5
    assert (strict["confirmed"], strict["left"]) == (40, 0)
    assert (strict["lost"], strict["twice"]) == (0, 0)
    assert max(strict["window_ms"]) < 0, "a value was confirmed before the hub had it"


def test_bluez_has_a_window_and_it_is_told(results: dict[str, dict]) -> None:
    bluez = results["bluez"]
    print(f"\nbluez: {bluez}")  # noqa: T201 - the figure is the test's product
    assert bluez["kills"] == 5
    assert bluez["left"] == 0
    assert bluez["twice"] == 0
    # the daemon confirms first: this is what the other radio is for
    assert max(bluez["window_ms"]) > 0

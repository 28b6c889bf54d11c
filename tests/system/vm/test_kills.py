"""The collector on the kernel's own adapter, killed: what each radio promises, and what not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = [pytest.mark.vm, pytest.mark.timeout(3000)]
SYSTEM_PYTHON = "/usr/bin/python3"  # others may be built without Bluetooth sockets


Guest = Callable[..., dict[str, dict]]


def test_strict_loses_nothing(guest: Guest) -> None:
    strict = guest("kills.py", "strict", python=SYSTEM_PYTHON)["strict"]
    assert strict["kills"] == 5
    assert (strict["confirmed"], strict["left"]) == (40, 0)
    assert (strict["lost"], strict["twice"]) == (0, 0)
    assert max(strict["window_ms"]) < 0, "a value was confirmed before the hub had it"


def test_bluez_has_a_window_and_it_is_told(guest: Guest) -> None:
    bluez = guest("kills.py", "bluez", python=SYSTEM_PYTHON)["bluez"]
    print(f"\nbluez: {bluez}")  # noqa: T201 - the figure is the test's product
    assert bluez["left"] == 0
    assert bluez["twice"] == 0
    # the daemon confirms first, even after the hub has gone: what the other radio is for
    assert bluez["lost"] > 0 or max(bluez["window_ms"]) > 0

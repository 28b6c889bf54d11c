"""The collector on the kernel's own adapter: killed, cut off, called for help, gone deaf.

`--faults N` is how many breaks each radio is given, and how many kills the strict one.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.vm, pytest.mark.timeout(12_000)]
SYSTEM_PYTHON = "/usr/bin/python3"
READINGS = 5  # that wait whenever a hub comes, as in the guest's kills.py
SILENCE_S, WATCHED_S, TO_HEAR_S = 90.0, 105.0, 15.0  # of the watchdog; together two minutes
EMULATION = 20.0  # times slower than a machine
MORE_S = 60.0  # for each fault, on a machine that does other things as well

Guest = Callable[..., dict[str, dict]]


@pytest.fixture(scope="module")
def faults(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--faults"))


@pytest.fixture(scope="module")
def python() -> str:
    """Return a Python with Bluetooth sockets: not every one is built with them."""
    if hasattr(socket, "AF_BLUETOOTH"):
        return sys.executable
    ask = "import socket, sys; print(*sys.version_info[:2], hasattr(socket, 'AF_BLUETOOTH'))"
    said = subprocess.run((SYSTEM_PYTHON, "-c", ask), capture_output=True, text=True, check=True)
    if said.stdout.split() != [*map(str, sys.version_info[:2]), "True"]:
        pytest.skip("neither this Python nor the system's like it has Bluetooth sockets")
    return SYSTEM_PYTHON


def results(guest: Guest, python: str, radio: str, faults: int) -> dict[str, dict]:
    more_s = MORE_S * faults
    word = f"{radio}:{kills(radio, faults)}:{faults}:{more_s:.0f}"
    found = guest("faults.py", word, python=python, more_s=2 * more_s)
    print(f"\n{radio}: {found}")  # noqa: T201 - the figures are the test's product
    return found


def kills(radio: str, faults: int) -> int:
    """Return how many: under bluez they are not survived, they tell how wide the window is."""
    return faults if radio == "strict" else -(-faults // 4)


@pytest.fixture(scope="module")
def strict(guest: Guest, python: str, faults: int) -> dict[str, dict]:
    return results(guest, python, "strict", faults)


@pytest.fixture(scope="module")
def bluez(guest: Guest, python: str, faults: int) -> dict[str, dict]:
    return results(guest, python, "bluez", faults)


def test_strict_loses_nothing_when_killed(strict: dict[str, dict], faults: int) -> None:
    found = strict["kills"]
    assert found["kills"] == faults
    assert found["confirmed"] >= faults + READINGS
    assert (found["lost"], found["twice"], found["left"]) == (0, 0, 0)
    assert max(found["window_ms"]) < 0, "a value was confirmed before the hub had it"


def test_strict_is_there_again_with_its_adapter(strict: dict[str, dict]) -> None:
    found = strict["plug"]
    assert (found["lost"], found["twice"], found["left"]) == (0, 0, 0)


def test_bluez_has_a_window_and_it_is_told(bluez: dict[str, dict], faults: int) -> None:
    found = bluez["kills"]
    assert found["kills"] == kills("bluez", faults)
    assert (found["twice"], found["left"]) == (0, 0)
    # the daemon confirms first, even after the hub has gone: what the other radio is for
    assert max(found["lost_each"]) <= READINGS


@pytest.mark.parametrize("radio", ["strict", "bluez"])
def test_a_broken_link_loses_nothing(
    radio: str, faults: int, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(radio)["breaks"]
    assert found["breaks"] == faults
    assert found["confirmed"] > faults
    assert (found["lost"], found["twice"], found["left"]) == (0, 0, 0)


def test_a_call_for_help_is_heard_within_a_second(bluez: dict[str, dict]) -> None:
    found = bluez["call"]
    assert found["longest_s"] <= 1.0 * slowness(found["loop_s"])


def test_a_deaf_adapter_hears_again_within_two_minutes(bluez: dict[str, dict]) -> None:
    found = bluez["deaf"]
    assert SILENCE_S < found["silent_s"] <= WATCHED_S + TO_HEAR_S * slowness(found["loop_s"])


def slowness(guest_s: float) -> float:
    """Return how many times slower the guest's loop was than emulation alone makes it, at least 1.

    So a limit is a machine's that runs the guest and nothing else.
    """
    command = (sys.executable, Path(__file__).parent / "guest" / "pace.py")
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return max(1.0, guest_s / (EMULATION * float(done.stdout)))

"""What holds for every test: nothing stays running or open, nothing is silently skipped."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# how long an example takes says how busy the machine is, not whether the code is right
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# the same examples each time, so that a change is judged by what it changed; `explore` looks for
# new ones: pytest --hypothesis-profile explore
settings.register_profile("dorfhub", settings.get_profile("explore"), derandomize=True)
settings.load_profile("dorfhub")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
GRACE_S = 2.0  # a thread that was told to stop may need a moment to end
FD_FOLDER = Path("/proc/self/fd")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--faults",
        type=int,
        default=20,
        help="how many kills, and how many cut transfers, the soak tests of the radio make",
    )
    parser.addoption("--forbid-skip", action="store_true", help="a skipped test fails the run")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:  # noqa: ARG001
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if (
        report.skipped
        and not hasattr(report, "wasxfail")
        and item.config.getoption("--forbid-skip")
    ):
        report.outcome = "failed"
        report.longrepr = f"skipping is forbidden here: {report.longrepr}"


def _threads() -> set[threading.Thread]:
    return {t for t in threading.enumerate() if t.is_alive()}


def _databases() -> set[str]:
    """Database files that this process holds open, one entry a descriptor."""
    found = set()
    for entry in FD_FOLDER.iterdir() if FD_FOLDER.is_dir() else ():
        with contextlib.suppress(OSError):
            target = str(entry.readlink())
            if ".db" in target and not target.endswith(("-shm", " (deleted)")):
                found.add(f"{entry.name} -> {target}")
    return found


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """Fail a test that leaves a thread running or a database open."""
    threads, databases = _threads(), _databases()
    yield
    deadline = time.monotonic() + GRACE_S
    while (left := _threads() - threads) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not left, f"threads left running: {[t.name for t in left]}"
    while (opened := _databases() - databases) and time.monotonic() < deadline:
        time.sleep(0.01)  # a page that is still open asks for news now and then
    assert not opened, f"databases left open: {sorted(opened)}"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of recorded data beside the project."""
    if not SHARED.is_dir():
        pytest.skip("recorded data (../shared/data) is not present here")
    return SHARED

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.process.lifecycle import AlreadyRunning, only_one

HOLD = """
import sys, time
from pathlib import Path
from edge.process.lifecycle import only_one
with only_one(Path(sys.argv[1]), "collector"):
    print("held", flush=True)
    time.sleep(60)
"""
STOP = """
import sys
from edge.process.lifecycle import stop_on_signals
stop = stop_on_signals()
print("ready", flush=True)
if sys.argv[1] == "waits":
    stop.wait()
    print("stopped", flush=True)
else:
    while True:
        stop.wait(60)
        print("again", flush=True)
        stop_seen = stop.is_set()
        import time
        time.sleep(60)
"""
CAUGHT = """
import signal
from edge.process.lifecycle import stop_on_signals
stop = stop_on_signals()
print("ready", flush=True)
with stop._cond:  # as wait() does before it waits
    signal.raise_signal(signal.SIGTERM)
stop.wait()
print("stopped", flush=True)
"""
EXIT = """
import time
from edge.process.lifecycle import exit_on_signals
exit_on_signals()
try:
    print("ready", flush=True)
    time.sleep(60)
finally:
    print("cleaned", flush=True)
"""


@pytest.fixture(autouse=True)
def _heeds_the_hangup() -> Iterator[None]:
    """Let what is spawned heed SIGHUP, also where the tests themselves run under `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def spawn(script: str, *arguments: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline().strip() in ("ready", "held")
    return process


def test_only_one_holds_and_the_kernel_frees(tmp_path: Path) -> None:
    holder = spawn(HOLD, str(tmp_path))
    try:
        with pytest.raises(AlreadyRunning) as caught, only_one(tmp_path, "collector", wait_s=0):
            pass
        assert caught.value.pid == holder.pid
        with only_one(tmp_path, "worker", wait_s=0):
            pass
    finally:
        holder.kill()
        holder.communicate()
    with only_one(tmp_path, "collector", wait_s=0):
        assert (tmp_path / "collector.lock").read_text() == str(os.getpid())
    with only_one(tmp_path, "collector", wait_s=0):
        pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_sets_the_event(number: signal.Signals) -> None:
    process = spawn(STOP, "waits")
    try:
        process.send_signal(number)
        assert process.communicate(timeout=30)[0].strip() == "stopped"
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0


def test_a_signal_on_the_way_into_waiting_holds_nothing_up() -> None:
    process = spawn(CAUGHT)
    try:
        assert process.communicate(timeout=30)[0].strip() == "stopped"
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0


def test_a_second_signal_ends_at_once() -> None:
    process = spawn(STOP, "ignores")
    process.terminate()
    assert process.stdout
    assert process.stdout.readline().strip() == "again"
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGTERM


def test_a_signal_unwinds_a_server() -> None:
    process = spawn(EXIT)
    process.terminate()
    assert process.communicate(timeout=30)[0].strip() == "cleaned"
    assert process.returncode == 0

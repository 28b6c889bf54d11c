"""The supervisor runs in a process of its own: it forks, takes signals and kills."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DRIVER = """
import json, sys
from pathlib import Path
from edge.process.log import start
from edge.process.supervisor import Program, Supervisor

programs = [Program(name, tuple(command), stops_first=first, heartbeat=False)
            for name, command, first in json.loads(sys.argv[1])]
run, log = Path(sys.argv[2]), start("supervisor")
Supervisor(programs, run=run, log=log, stop_s=float(sys.argv[3])).run()
"""
LOOP = "while :; do sleep 0.05; done"
PATIENCE_S = 30.0


class Run:
    """A supervisor that runs; ``log`` is all it has said so far."""

    def __init__(self, process: subprocess.Popen[bytes], path: Path) -> None:
        self.process = process
        self.path = path

    @property
    def log(self) -> str:
        return self.path.read_text("utf-8")

    def wait_for(self, pattern: str, times: int = 1) -> list[str]:
        wait_until(lambda: len(re.findall(pattern, self.log)) >= times, lambda: self.log)
        return re.findall(pattern, self.log)

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(PATIENCE_S)


def wait_until(true: Callable[[], bool], else_say: Callable[[], str] = str) -> None:
    until = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < until, else_say()
        time.sleep(0.02)


def exists(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text("ascii")
    except OSError:
        return False


@contextmanager
def gone_at_last(*pids: int) -> Iterator[None]:
    """Leave nobody running even where the supervisor fails the test."""
    try:
        yield
    finally:
        for pid in pids:
            if exists(pid):
                os.kill(pid, signal.SIGKILL)


@contextmanager
def supervised(
    tmp_path: Path, *programs: tuple[str, str, bool], stop_s: float = 10.0
) -> Iterator[Run]:
    run = tmp_path / "run"
    run.mkdir()
    commands = [(name, ["/bin/sh", "-c", script], first) for name, script, first in programs]
    path = tmp_path / "log"
    with path.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, json.dumps(commands), str(run), str(stop_s)], stderr=out
        )
        try:
            yield Run(process, path)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def test_stops_in_order_and_leaves_nobody(tmp_path: Path) -> None:
    # the trap runs between two sleeps, so "bye" is said before the process ends
    script = f"trap 'echo bye $0; exit 0' TERM; echo ready; {LOOP}"
    with supervised(tmp_path, ("late", script, False), ("first", script, True)) as run:
        run.wait_for("text=ready", 2)
        pids = [int(pid) for pid in run.wait_for(r"started child=\w+ pid=(\d+)", 2)]
        assert run.stop() == 0
    ends = re.findall(r"(?:stopped child=(\w+)|output child=(\w+) text=\"bye)", run.log)
    assert [a or b for a, b in ends] == ["first", "first", "late", "late"]
    assert not any(exists(pid) for pid in pids)
    status = json.loads((tmp_path / "run" / "supervisor.json").read_text())
    assert status["state"] == "stopped"
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["supervisor.json"]


def test_starts_a_killed_child_again(tmp_path: Path) -> None:
    with supervised(tmp_path, ("web", LOOP, False), ("sync", LOOP, False)) as run:
        first = int(run.wait_for(r"started child=web pid=(\d+)")[0])
        other = int(run.wait_for(r"started child=sync pid=(\d+)")[0])
        os.kill(first, signal.SIGKILL)
        pids = run.wait_for(r"started child=web pid=(\d+)", 2)
        assert int(pids[1]) != first
        assert exists(int(pids[1]))
        assert exists(other)
        assert not exists(first)
        assert "ended child=web how=SIGKILL" in run.log


def test_waits_longer_each_time(tmp_path: Path) -> None:
    with supervised(tmp_path, ("web", "exit 3", False), ("sync", LOOP, False)) as run:
        waits = run.wait_for(r'ended child=web how="exit 3" restart_in_s=(\S+)', 3)
        assert waits[:3] == ["0.5", "1", "2"]
        assert len(re.findall("started child=sync", run.log)) == 1


def test_kills_whoever_does_not_stop(tmp_path: Path) -> None:
    deaf = f"trap '' TERM; echo ready; {LOOP}"
    with supervised(tmp_path, ("web", deaf, False), stop_s=0.3) as run:
        run.wait_for("text=ready")
        pid = int(run.wait_for(r"started child=web pid=(\d+)")[0])
        assert run.stop() == 0
        assert "killed child=web" in run.log
        assert "stopped child=web how=SIGKILL" in run.log
        assert not exists(pid)


def test_ends_what_a_child_has_started(tmp_path: Path) -> None:
    script = f"sh -c 'trap \"\" TERM; echo grandchild $$; {LOOP}' & {LOOP}"
    with supervised(tmp_path, ("web", script, False)) as run:
        grandchild = int(run.wait_for(r"text=\"grandchild (\d+)\"")[0])
        with gone_at_last(grandchild):
            assert run.stop() == 0
            wait_until(lambda: not exists(grandchild))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="PR_SET_PDEATHSIG is Linux'")
def test_children_die_with_a_killed_supervisor(tmp_path: Path) -> None:
    with supervised(tmp_path, ("web", LOOP, False), ("collector", LOOP, True)) as run:
        pids = [int(pid) for pid in run.wait_for(r"started child=\w+ pid=(\d+)", 2)]
        run.process.kill()
        run.process.wait(PATIENCE_S)
        with gone_at_last(*pids):
            wait_until(lambda: not any(exists(pid) for pid in pids))


def test_one_line_an_event(tmp_path: Path) -> None:
    shaped = "2026-11-23T14:05:06Z warning web slow-page took_s=3"
    script = f"echo '{shaped}'; echo 'oh no: \"x\"'; printf '\\377 \\n'; echo; sleep 100"
    with supervised(tmp_path, ("web", script, False)) as run:
        run.wait_for("\ufffd")
        assert run.stop() == 0
    lines = run.log.splitlines()
    assert shaped in lines
    assert any(
        line.endswith(r'info supervisor output child=web text="oh no: \"x\""') for line in lines
    )
    assert all(
        re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (info|warning|error) \w+ [\w-]+", line)
        for line in lines
    )


def test_cuts_a_line_without_end(tmp_path: Path) -> None:
    script = "head -c 300000 /dev/zero | tr '\\0' x; echo; echo after; sleep 100"
    with supervised(tmp_path, ("web", script, False)) as run:
        run.wait_for("text=after")
        assert run.stop() == 0
    assert max(len(line) for line in run.log.splitlines()) <= 2000


def test_a_program_that_does_not_exist(tmp_path: Path) -> None:
    """The rest goes on; here by a driver that names a missing file."""
    driver = DRIVER.replace("tuple(command)", "('/nowhere/dorfhub',) if name == 'web' else command")
    path = tmp_path / "log"
    commands = [("web", [], False), ("sync", ["/bin/sh", "-c", LOOP], False)]
    with path.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", driver, json.dumps(commands), str(tmp_path), "5"], stderr=out
        )
    try:
        run = Run(process, path)
        run.wait_for("does not start")
        run.wait_for("started child=sync")
        assert run.stop() == 0
    finally:
        process.kill()
        process.wait()


HUNG_DRIVER = """
import sys
from pathlib import Path
import edge.process.supervisor as module
from edge.process.log import start
module.HUNG_AFTER_S = module.INTERVAL_S = 0.5
child = [sys.executable, "-c", '''
import sys, time
from pathlib import Path
from edge.process.heartbeat import Heartbeat, Status
Heartbeat(Path(sys.argv[1]), "web").write(Status("ok"))
print("beaten", flush=True)
time.sleep(100)
''', sys.argv[1]]
run = Path(sys.argv[2])
module.Supervisor([module.Program("web", tuple(child))], run=run, log=start("supervisor")).run()
"""


@pytest.mark.parametrize("room", [True, False])
def test_a_hung_child_is_killed_unless_the_disk_is_full(tmp_path: Path, room: bool) -> None:  # noqa: FBT001
    run = tmp_path / "run"
    run.mkdir()
    if not room:  # nobody's heartbeat can be written any more, so old ones mean nothing
        (run / ".supervisor.json.new").mkdir()
    path = tmp_path / "log"
    with path.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", HUNG_DRIVER, str(run), str(run)], stderr=out
        )
    try:
        watched = Run(process, path)
        watched.wait_for("text=beaten")
        if room:
            watched.wait_for("ended child=web how=SIGKILL")
            assert "error supervisor hung child=web" in watched.log
            watched.wait_for("text=beaten", 2)
        else:
            time.sleep(2.5)  # several times what was enough above
            assert "hung" not in watched.log
        assert watched.stop() == 0
    finally:
        process.kill()
        process.wait()

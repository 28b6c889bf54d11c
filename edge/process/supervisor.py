"""Keeps the hub's processes running: start, restart with backoff, one log, one orderly end.

One thread, so that forking is safe. A child never outlives its supervisor: the kernel kills it
(`PR_SET_PDEATHSIG`, Linux) if the supervisor is killed. Each child is the leader of its own
process group, so that Ctrl-C reaches the supervisor alone and the order of stopping holds.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from edge.process.heartbeat import INTERVAL_S, Heartbeat, Part, Status, read_folder
from edge.process.lifecycle import stop_on_signals
from edge.process.log import Log

FIRST_DELAY_S = 0.5
MAX_DELAY_S = 30.0  # a line that was plugged back in is used again within half a minute
STABLE_AFTER_S = 10.0  # whoever ran this long starts again with the first delay
STOP_S = 6.0  # how long a child may take to stop: twice this is the longest end of the hub
HUNG_AFTER_S = 60.0  # a child whose heartbeat is older than this does not work any more

MAX_LINE = 8192  # bytes of a child's line; the rest of it is cut off
_SHAPED = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (debug|info|warning|error) ")
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Program:
    """One process to keep running. Those with ``stops_first`` are gone before others are told.

    ``heartbeat`` says that it writes `run/<name>.json`, so that a hung one can be found.
    """

    name: str
    command: tuple[str, ...]
    stops_first: bool = False
    heartbeat: bool = True


@dataclass(slots=True)
class _Child:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    due_s: float = 0.0  # when it is to be started
    delay_s: float = FIRST_DELAY_S
    restarts: int = 0
    ended: str = ""  # how it ended last
    rest: bytearray = field(default_factory=bytearray)  # of a line that has not ended


class Supervisor:
    """Runs ``programs`` until a stop signal. ``run`` is the folder of heartbeats.

    A program may keep its own in the folder that ``elsewhere`` has by its name.
    ``environment`` is added to the children's. ``stop_s`` bounds each of the two steps of the end.
    """

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        run: Path,
        log: Log,
        elsewhere: Mapping[str, Path] | None = None,
        environment: Mapping[str, str] | None = None,
        stop_s: float = STOP_S,
    ) -> None:
        self._children = [_Child(program) for program in programs]
        self._run = run
        self._elsewhere = dict(elsewhere or {})
        self._log = log
        self._environment = {**os.environ, **(environment or {})}
        self._stop_s = stop_s
        self._heartbeat = Heartbeat(run, "supervisor")
        self._tie = _tie()

    def run(self) -> None:
        """Start everything and return once a stop signal came and every child is gone."""
        stop = stop_on_signals()
        with _wakeup() as wake, selectors.DefaultSelector() as selector, self._heartbeat:
            selector.register(wake, selectors.EVENT_READ, None)
            try:
                while not stop.is_set():
                    self._start_due(selector)
                    self._heartbeat.beat(self._status())
                    self._wait(selector, self._pause_s())
                    self._collect(selector)
                    self._kill_hung()
            finally:
                self._end(selector)

    # -- while running

    def _start_due(self, selector: selectors.BaseSelector) -> None:
        for child in self._children:
            if child.process is None and time.monotonic() >= child.due_s:
                self._start(child, selector)

    def _start(self, child: _Child, selector: selectors.BaseSelector) -> None:
        child.started_s = time.monotonic()
        try:
            child.process = subprocess.Popen(
                child.program.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                process_group=0,
                env=self._environment,
                preexec_fn=self._tie,  # noqa: PLW1509 - safe: this process has one thread
            )
        except OSError as error:
            self._plan(child, f"does not start: {error}")
            return
        pipe = child.process.stdout
        if pipe is None:
            raise AssertionError("the child was started with a pipe")
        os.set_blocking(pipe.fileno(), False)
        selector.register(pipe, selectors.EVENT_READ, child)
        self._log.info("started", child=child.program.name, pid=child.process.pid)

    def _plan(self, child: _Child, ended: str) -> None:
        now_s = time.monotonic()
        if now_s - child.started_s >= STABLE_AFTER_S:
            child.delay_s = FIRST_DELAY_S
        child.ended = ended
        child.restarts += 1
        child.due_s = now_s + child.delay_s
        self._log.warning(
            "ended", child=child.program.name, how=ended, restart_in_s=f"{child.delay_s:g}"
        )
        child.delay_s = min(child.delay_s * 2, MAX_DELAY_S)

    def _collect(self, selector: selectors.BaseSelector) -> None:
        for child in self._children:
            if child.process and child.process.poll() is not None:
                self._plan(child, self._bury(child, selector))

    def _bury(self, child: _Child, selector: selectors.BaseSelector) -> str:
        """Take what the ended child still had to say, give back its pipe; say how it ended."""
        process = child.process
        if process is None or process.stdout is None:
            raise AssertionError("only a child that was started is buried")
        self._drain(child)
        if child.rest:
            self._pass_on(child, bytes(child.rest))
            child.rest.clear()
        with contextlib.suppress(KeyError):
            selector.unregister(process.stdout)
        process.stdout.close()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # what it may have started itself
        child.process = None
        return _ending(process.returncode)

    def _kill_hung(self) -> None:
        if not self._heartbeat.written:  # a full disk makes every heartbeat old
            return
        beats = None
        for child in self._children:
            old_enough = time.monotonic() - child.started_s > HUNG_AFTER_S
            if child.process is None or not child.program.heartbeat or not old_enough:
                continue
            beats = read_folder(self._run, self._elsewhere) if beats is None else beats
            beat = beats.get(child.program.name)
            if (
                beat
                and beat.pid == child.process.pid
                and beat.age_s is not None
                and beat.age_s > HUNG_AFTER_S
            ):
                self._log.error("hung", child=beat.name, silent_for_s=round(beat.age_s))
                child.process.kill()

    def _status(self) -> Status:
        parts = tuple(
            Part(
                child.program.name,
                "ok" if child.process else "failed",
                f"{child.restarts + 1}-mal gestartet"
                + (f", zuletzt beendet: {child.ended}" * bool(child.ended)),
            )
            for child in self._children
        )
        down = [part.name for part in parts if part.state != "ok"]
        if down:
            return Status("degraded", "Läuft nicht: " + ", ".join(down), parts)
        return Status("ok", "", parts)

    # -- what children say

    def _wait(self, selector: selectors.BaseSelector, pause_s: float) -> None:
        for key, _ in selector.select(pause_s):
            if isinstance(key.data, _Child):
                if not self._drain(key.data):  # it closed its end; SIGCHLD will tell the rest
                    selector.unregister(key.fileobj)
            elif isinstance(key.fileobj, socket.socket):
                with contextlib.suppress(BlockingIOError):
                    key.fileobj.recv(4096)

    def _pause_s(self) -> float:
        waiting = [child.due_s for child in self._children if child.process is None]
        soonest_s = min(waiting, default=time.monotonic() + INTERVAL_S)
        return max(0.0, min(soonest_s - time.monotonic(), INTERVAL_S))

    def _drain(self, child: _Child) -> bool:
        """Pass on all lines that have arrived; return False once the child closed its end."""
        if child.process is None or child.process.stdout is None:
            return False
        for _ in range(64):  # then the others have their turn
            try:
                data = os.read(child.process.stdout.fileno(), 65536)
            except BlockingIOError:
                return True
            if not data:
                return False
            child.rest += data
            *lines, rest = bytes(child.rest).split(b"\n")
            child.rest[:] = rest[:MAX_LINE]
            for text in lines:
                self._pass_on(child, text)
        return True

    def _pass_on(self, child: _Child, text: bytes) -> None:
        text = text[:MAX_LINE].rstrip()
        if _SHAPED.match(text):
            with contextlib.suppress(OSError):  # nobody listens any more: no reason to stop the hub
                sys.stderr.write(text.decode("utf-8", "replace") + "\n")
                sys.stderr.flush()
        elif text:
            self._log.info("output", child=child.program.name, text=text.decode("utf-8", "replace"))

    # -- the end

    def _end(self, selector: selectors.BaseSelector) -> None:
        """Stop those that go first, then the others; kill whoever is not gone in time."""
        for first in (True, False):
            step = [c for c in self._children if c.program.stops_first is first and c.process]
            for child in step:
                _signal(child, signal.SIGTERM)
            if not self._gone(step, selector):
                for child in step:
                    if child.process:
                        self._log.warning("killed", child=child.program.name, after_s=self._stop_s)
                        _signal(child, signal.SIGKILL)
                self._gone(step, selector)
        self._log.info("stopped")

    def _gone(self, step: Sequence[_Child], selector: selectors.BaseSelector) -> bool:
        until_s = time.monotonic() + self._stop_s
        while any(child.process for child in step):
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                return False
            self._wait(selector, min(left_s, 0.2))
            for child in self._children:
                if child.process and child.process.poll() is not None:
                    how = self._bury(child, selector)
                    self._log.info("stopped", child=child.program.name, how=how)
        return True


@contextmanager
def _wakeup() -> Iterator[socket.socket]:
    """Give a socket that becomes readable with every signal, SIGCHLD among them."""
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    child_before = signal.signal(signal.SIGCHLD, lambda *_: None)
    try:
        yield reader
    finally:
        signal.signal(signal.SIGCHLD, child_before)
        signal.set_wakeup_fd(before)
        reader.close()
        writer.close()


def _tie() -> Callable[[], None] | None:
    """Return what a child does before it becomes its program: die with this process."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def tie() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return tie


def _signal(child: _Child, number: signal.Signals) -> None:
    if child.process:
        with contextlib.suppress(ProcessLookupError):
            child.process.send_signal(number)


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"

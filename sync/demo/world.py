"""The demo's world: one temporary folder, free ports, and the processes that live in it.

Everything is the real program with its real commands; this module only starts and ends it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

READY_S = 60.0  # a Pi 3 needs some 20 s to import Bumble
COMMAND_S = 120.0  # the first import of the lake's engines from a cold disk is the longest
# Ctrl-C, `kill`, and the terminal's window closed
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOP_S = 15.0  # the supervisor's own bound for its children, and a little more


class DemoError(Exception):
    """A stage did not come to its end; the message says which part and shows its last words."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Free TCP ports on the loopback interface."""

    web: int
    datasette: int
    sync: int

    @classmethod
    def free(cls) -> Self:
        """Ask the kernel for three ports. Somebody else may take one before we do."""
        with contextlib.ExitStack() as stack:
            sockets = [stack.enter_context(socket.socket()) for _ in range(3)]
            for one in sockets:
                one.bind(("127.0.0.1", 0))
            web, datasette, sync = (one.getsockname()[1] for one in sockets)
        return cls(web, datasette, sync)


@dataclass(slots=True)
class Running:
    """A process that goes on, and the file that holds what it says."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def last_words(self, lines: int = 12) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


class World:
    """A context that holds the demo's folder and processes; leaving it leaves nothing behind."""

    def __init__(self) -> None:
        self.ports = Ports.free()
        self._running: list[Running] = []

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="dorfhub-demo-"))
        self.village = self.folder / "dorf"
        self.county = self.folder / "kreis"
        self.stick = self.folder / "usb-stick"
        for folder in (self.village, self.county, self.stick):
            folder.mkdir()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with _unhurried(raising=False):  # whoever is asked twice still ends everything once
            self._stop(self._running[::-1])  # the hub before the devices it talks to
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def hub_toml(self) -> Path:
        """The village's configuration."""
        return self.village / "hub.toml"

    def start(self, name: str, *arguments: str) -> Running:
        """Start `dorfhub ARGUMENTS` and let it run."""
        log = self.folder / f"{name}.log"
        with log.open("wb") as handle, _unhurried():  # no process that nobody knows of
            process = subprocess.Popen(
                self._command(arguments),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if name.startswith("sim") else handle,
                stderr=handle,
                start_new_session=True,  # Ctrl-C reaches the demo alone; it ends the rest
            )
            running = Running(name, process, log)
            self._running.append(running)
        return running

    def ready_line(self, running: Running) -> dict[str, str]:
        """Return the JSON line that a simulator prints once it is ready."""
        line = _read_line(running.process.stdout, READY_S)
        if not line:
            raise DemoError(f"{running.name} startet nicht:\n{running.last_words()}")
        answer: dict[str, str] = json.loads(line)
        return answer

    def call(self, *arguments: str, codes: Sequence[int] = (0,)) -> str:
        """Run `dorfhub ARGUMENTS` to its end and return what it printed.

        :raises DemoError: if its exit code is none of ``codes``.
        """
        done = subprocess.run(
            self._command(arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_S,
            check=False,
            start_new_session=True,
        )
        if done.returncode not in codes:
            said = (done.stderr + done.stdout).strip()
            raise DemoError(f"dorfhub {' '.join(arguments)} endete mit {done.returncode}:\n{said}")
        return done.stdout

    def on_hub(self, *arguments: str, codes: Sequence[int] = (0,)) -> str:
        """Run a command of the village's hub."""
        return self.call("--config", str(self.hub_toml), *arguments, codes=codes)

    def check_alive(self) -> None:
        """Look whether every process still runs.

        :raises DemoError: if one that should go on has ended.
        """
        for one in self._running:
            if one.process.poll() is not None:
                raise DemoError(
                    f"{one.name} endete mit {one.process.returncode}:\n{one.last_words()}"
                )

    def silence(self) -> None:
        """End the simulated devices; the hub and its lines stay."""
        self._stop([one for one in self._running if one.name.startswith("sim")])

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "sync", *arguments]

    def _stop(self, chosen: Sequence[Running]) -> None:
        for one in chosen:
            if one.process.poll() is None:
                one.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                one.process.wait(STOP_S)
            with contextlib.suppress(ProcessLookupError):  # whoever is left of its session
                os.killpg(one.process.pid, signal.SIGKILL)
            one.process.wait()
            if one.process.stdout is not None:
                one.process.stdout.close()
            self._running.remove(one)


def wait_for(world: World, what: str, seconds: float, poll_s: float = 0.2) -> Waiting:
    """Return an iterator that comes round every ``poll_s`` until ``seconds`` are over."""
    return Waiting(world, what, seconds, poll_s)


class Waiting:
    """Rounds of waiting: `for _ in wait_for(...): if done: break`.

    :raises DemoError: when the time is over or a process has ended.
    """

    def __init__(self, world: World, what: str, seconds: float, poll_s: float) -> None:
        self._world = world
        self._what = what
        self._until = time.monotonic() + seconds
        self._poll_s = poll_s
        self._first = True

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> None:
        if not self._first:
            time.sleep(self._poll_s)
        self._first = False
        self._world.check_alive()
        if time.monotonic() > self._until:
            raise DemoError(f"vergeblich gewartet auf {self._what}")


@contextlib.contextmanager
def _unhurried(*, raising: bool = True) -> Iterator[None]:
    """Let Ctrl-C and its like wait until the block is done; then raise, or forget them.

    A handler, not a mask: the processes started inside would inherit a mask.
    """
    asked: list[int] = []
    handlers = {
        number: signal.signal(number, lambda number, _: asked.append(number)) for number in ENDING
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if asked and raising:
        raise KeyboardInterrupt


def _read_line(stream: IO[bytes] | None, seconds: float) -> bytes:
    if stream is None:
        return b""
    os.set_blocking(stream.fileno(), False)
    line = b""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not line.endswith(b"\n"):
        piece = stream.read()
        if piece == b"":
            break
        if piece:
            line += piece
        else:
            time.sleep(0.02)
    return line

"""Signs of life: `run/<name>.json`, replaced as a whole by its process, read by anybody.

The file is `{"name", "pid", "state", "message", "at", "parts", "boot", "monotonic_ns"}`: ``at`` in
milliseconds since 1970 for people, the last two to tell its age even while the wall clock jumps.
The folder may be lost at any time; nothing is synced to the card.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from edge.process.words import said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from edge.config import Config

# Every process writes this often: some 300 bytes, 12 times a minute, into a tmpfs on the Pi.
INTERVAL_S = 5.0
# A change of state is told sooner, but a state that flaps does not write more often than this.
MIN_INTERVAL_S = 1.0
# A process that retries after a full disk pauses for up to 30 s; then it is still alive.
STALE_AFTER_S = 45.0

MAX_FILE = 64 * 1024  # a status is a few hundred bytes; a reader does not take a broken disk's gift
MAX_PARTS = 64  # lines, sensors or jobs in one process
_MAX_AT = 253_402_300_800_000  # the end of year 9999: a date knows nothing later

State = Literal["starting", "ok", "degraded", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class Part:
    """One thing inside a process that can fail alone.

    ``state`` is one of :data:`State` or its own word, such as `locked`; ``message`` is for people.
    """

    name: str
    state: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Beat:
    """A sign of life as it was read. ``at`` is in ms since 1970.

    ``age_s`` is None if the machine was started anew since. ``alive``: it is fresh, the process
    exists and did not say goodbye.
    """

    name: str
    pid: int
    state: str
    message: str
    at: int
    parts: tuple[Part, ...]
    age_s: float | None
    alive: bool


@dataclass(frozen=True, slots=True)
class Status:
    """What a process says of itself."""

    state: State
    message: str = ""
    parts: tuple[Part, ...] = ()


class Heartbeat:
    """The one writer of a process' file.

    Either call :meth:`beat` from the main loop (it writes when due), or let :meth:`watch` do so
    from a thread. As a context manager its last word is `stopped`, or `failed` if an error leaves.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / f"{name}.json"
        self._name = name
        self.written = False  # whether the last write succeeded
        self._last = Status("starting")
        self._due_s = 0.0
        self._soonest_s = 0.0
        self._lock = threading.Lock()
        self._leave = threading.Event()
        self._thread: threading.Thread | None = None

    def beat(self, status: Status) -> None:
        """Write ``status`` if it is due or has changed; else do nothing.

        A full disk is ignored: it must not stop a process that only wanted to say so.
        """
        now_s = time.monotonic()
        with self._lock:
            if now_s >= self._due_s or (status != self._last and now_s >= self._soonest_s):
                self._write(status, now_s)

    def write(self, status: Status) -> None:
        """Write ``status`` now: for the first and the last word of a process."""
        with self._lock:
            self._write(status, time.monotonic())

    def watch(self, probe: Callable[[], Status]) -> None:
        """Ask ``probe`` about once a second from a thread, until the block is left; once only.

        For a process whose main thread belongs to a server.
        """
        if self._thread:
            raise RuntimeError("the heartbeat is watched already")
        self._thread = threading.Thread(
            target=self._run, args=(probe,), name="heartbeat", daemon=True
        )
        self._thread.start()

    def __enter__(self) -> Self:
        self.write(Status("starting"))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave.set()
        if self._thread:
            self._thread.join()
        if error is None or (isinstance(error, SystemExit) and error.code in (None, 0)):
            self.write(Status("stopped"))
        elif not isinstance(error, SystemExit):
            self.write(Status("failed", said(error)))
        # an exit with a code keeps the reason that was written before it

    def _run(self, probe: Callable[[], Status]) -> None:
        while not self._leave.wait(MIN_INTERVAL_S):
            try:
                status = probe()
            except Exception as error:  # noqa: BLE001 - a probe that fails is itself the news
                status = Status("failed", said(error))
            self.beat(status)

    def _write(self, status: Status, now_s: float) -> None:
        self._last = status
        self._due_s = now_s + INTERVAL_S
        self._soonest_s = now_s + MIN_INTERVAL_S
        record = {
            "name": self._name,
            "pid": os.getpid(),
            "state": status.state,
            "message": status.message,
            "at": time.time_ns() // 1_000_000,
            "parts": [asdict(part) for part in status.parts[:MAX_PARTS]],
            "boot": _boot_id(),
            "monotonic_ns": time.monotonic_ns(),
        }
        try:
            replace(self._path, json.dumps(record, ensure_ascii=False).encode())
        except OSError:
            self.written = False
        else:
            self.written = True


def read_all(config: Config) -> dict[str, Beat]:
    """Return every process' latest sign of life by name. What cannot be read is left out."""
    return read_folder(config.hub.run, config.hub.elsewhere)


def read_folder(run: Path, elsewhere: Mapping[str, Path] | None = None) -> dict[str, Beat]:
    """As :func:`read_all`, for the folder of most and, by name, those of some.

    Another user may write in the latter, and does not speak for any process but its own.
    """
    others = elsewhere or {}
    paths = {name: folder / f"{name}.json" for name, folder in others.items()}
    with contextlib.suppress(OSError):
        paths |= {path.stem: path for path in run.glob("*.json") if path.stem not in others}
    found = {name: _read(path) for name, path in sorted(paths.items())}
    return {name: beat for name, beat in found.items() if beat and beat.name == name}


def replace(path: Path, content: bytes) -> None:
    """Put ``content`` in ``path`` so that a reader sees the old or the new file, never a part.

    The name beside it is always the same, so that a killed writer's rest is overwritten.
    """
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(content)
    beside.replace(path)


def _read(path: Path) -> Beat | None:
    try:
        raw = json.loads(_content(path))
        same_boot = raw["boot"] == _boot_id()
        age_s = (time.monotonic_ns() - int(raw["monotonic_ns"])) / 1e9 if same_boot else None
        pid = int(raw["pid"])
        fresh = age_s is not None and age_s < STALE_AFTER_S
        return Beat(
            name=_text(raw["name"]),
            pid=pid,
            state=_text(raw["state"]),
            message=_text(raw["message"]),
            at=_moment(raw["at"]),
            parts=tuple(
                Part(_text(part["name"]), _text(part["state"]), _text(part["message"]))
                for part in raw["parts"][:MAX_PARTS]
            ),
            age_s=age_s,
            alive=fresh and raw["state"] not in ("stopped", "failed") and _exists(pid),
        )
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _content(path: Path) -> bytes:
    """Return what a file says. Nothing that would make its reader wait is opened to be read.

    :raises OSError: if it is no file of its own, or cannot be read.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(handle, "rb") as file:  # noqa: PTH123 - a handle, and no path
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError("no regular file")
        return file.read(MAX_FILE)


def _text(value: object) -> str:
    text = str(value)
    text.encode()  # half a character could be written on no page
    return text


def _moment(value: str | int) -> int:
    at = int(value)
    if not 0 <= at < _MAX_AT:
        raise ValueError("no date")
    return at


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True  # another user's: the Pi runs each process as its own
    except (OSError, OverflowError):
        return False
    try:
        status = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return True
    # dead, but nobody has taken note: the state follows the name, which may hold anything
    return not status.rpartition(b")")[2].lstrip().startswith(b"Z")


_BOOT_ID: list[str] = []


def _boot_id() -> str:
    if not _BOOT_ID:
        try:
            _BOOT_ID.append(Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip())
        except OSError:  # no Linux: a stale file looks fresh after a restart until it is replaced
            _BOOT_ID.append("unknown")
    return _BOOT_ID[0]

"""What time it is, and how far that may be believed.

A Raspberry Pi has no battery for its clock. Each stamp therefore carries the wall time, a
boot id with a monotonic count (from which the true time can be worked out later, once the
clock was set) and the quality of the wall time.

Source: adjtimex(2), Linux `include/uapi/linux/timex.h`.
"""

from __future__ import annotations

import ctypes
import functools
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from hardware.reading import TimeQuality

EARLIEST_MS = 1_735_689_600_000  # 2025-01-01: an earlier clock was never set
LATEST_MS = 4_102_444_800_000  # 2100-01-01: a later one is broken

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_TIMESYNC_MARK = Path("/run/systemd/timesync/synchronized")  # lives until the next boot
_RTC_TO_SYSTEM = Path("/sys/class/rtc/rtc0/hctosys")  # "1": the kernel set its clock from it
_TIME_ERROR = 5  # adjtimex's return value for an unsynchronised clock


@dataclass(frozen=True, slots=True)
class Stamp:
    """One moment. ``wall_ms`` counts from 1970, UTC; ``monotonic_ns`` from the boot."""

    wall_ms: int
    boot_id: str
    monotonic_ns: int
    quality: TimeQuality


class Clock(Protocol):
    """Who knows the time."""

    def stamp(self) -> Stamp:
        """Return this moment."""


class SystemClock:
    """The kernel's clock and what the kernel says about its discipline."""

    def __init__(self) -> None:
        self._boot_id = _boot_id()
        self._was_set = _was_set()

    def stamp(self) -> Stamp:
        """Return this moment."""
        wall_ms = time.time_ns() // 1_000_000
        synchronised = _synchronised()
        if not self._was_set:
            self._was_set = synchronised or _was_set()
        quality = quality_of(wall_ms, synchronised=synchronised, was_set=self._was_set)
        return Stamp(wall_ms, self._boot_id, time.monotonic_ns(), quality)


@dataclass(slots=True)
class FixedClock:
    """A clock for tests and replays: stands still until it is advanced."""

    wall_ms: int
    quality: TimeQuality = TimeQuality.SYNCHRONISED
    boot_id: str = "00000000-0000-0000-0000-000000000000"
    monotonic_ns: int = 0

    def stamp(self) -> Stamp:
        """Return the moment it stands at."""
        return Stamp(self.wall_ms, self.boot_id, self.monotonic_ns, self.quality)

    def advance(self, milliseconds: int) -> None:
        """Go on by ``milliseconds``."""
        self.wall_ms += milliseconds
        self.monotonic_ns += milliseconds * 1_000_000


def quality_of(wall_ms: int, *, synchronised: bool, was_set: bool) -> TimeQuality:
    """Judge a wall time.

    ``synchronised`` is the kernel's word; ``was_set`` says that since the boot the clock was
    set from a source that knows the time. An implausible year is UNKNOWN whatever they say.
    """
    if not EARLIEST_MS <= wall_ms < LATEST_MS:
        return TimeQuality.UNKNOWN
    if synchronised:
        return TimeQuality.SYNCHRONISED
    return TimeQuality.HELD if was_set else TimeQuality.UNKNOWN


def to_datetime(wall_ms: int) -> datetime:
    """Return milliseconds since 1970 as an aware UTC datetime."""
    return datetime.fromtimestamp(wall_ms // 1000, UTC).replace(microsecond=wall_ms % 1000 * 1000)


def to_ms(moment: datetime) -> int:
    """Return an aware datetime as milliseconds since 1970."""
    if moment.utcoffset() is None:
        raise ValueError("the time has no offset from UTC")
    return round(moment.timestamp() * 1000)


def _synchronised() -> bool:
    """Ask the kernel; needs no privilege. False where the question does not exist."""
    adjtimex = _adjtimex()
    if adjtimex is None:
        return False
    # struct timex with modes = 0 (read only); 208 bytes on 64 bit, the rest is margin
    return adjtimex(ctypes.create_string_buffer(512)) not in {-1, _TIME_ERROR}


@functools.cache  # a stamp is taken for each telegram: looking the function up costs 0.1 ms
def _adjtimex() -> Callable[[object], int] | None:
    # PyDLL keeps the interpreter's lock: whoever gives it up for this microsecond waits for all
    # other threads
    try:
        found: Callable[[object], int] = ctypes.PyDLL(None).adjtimex
    except (AttributeError, OSError, TypeError):
        return None
    return found


def _was_set() -> bool:
    """Say whether a time service or a battery clock has set this clock since the boot."""
    if _TIMESYNC_MARK.exists():
        return True
    try:
        return _RTC_TO_SYSTEM.read_text().strip() == "1"
    except OSError:
        return False


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return f"process-{secrets.token_hex(8)}"

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from edge import clock
from edge.clock import (
    EARLIEST_MS,
    LATEST_MS,
    FixedClock,
    SystemClock,
    quality_of,
    to_datetime,
    to_ms,
)
from hardware.reading import TimeQuality


@pytest.mark.parametrize(
    ("wall_ms", "synchronised", "was_set", "expected"),
    [
        (EARLIEST_MS, True, True, TimeQuality.SYNCHRONISED),
        (EARLIEST_MS, True, False, TimeQuality.SYNCHRONISED),
        (EARLIEST_MS, False, True, TimeQuality.HELD),
        (EARLIEST_MS, False, False, TimeQuality.UNKNOWN),
        (EARLIEST_MS - 1, True, True, TimeQuality.UNKNOWN),
        (0, True, True, TimeQuality.UNKNOWN),
        (LATEST_MS - 1, True, True, TimeQuality.SYNCHRONISED),
        (LATEST_MS, True, True, TimeQuality.UNKNOWN),
    ],
)
def test_quality(wall_ms: int, expected: TimeQuality, *, synchronised: bool, was_set: bool) -> None:
    assert quality_of(wall_ms, synchronised=synchronised, was_set=was_set) is expected


def test_the_system_s_clock_stamps_now() -> None:
    system = SystemClock()
    before_wall, before = time.time_ns() // 1_000_000, time.monotonic_ns()
    stamp = system.stamp()
    assert before_wall <= stamp.wall_ms <= time.time_ns() // 1_000_000
    assert before <= stamp.monotonic_ns <= time.monotonic_ns()
    assert stamp.boot_id == SystemClock().stamp().boot_id


def test_the_kernel_is_asked() -> None:
    """The answer is the kernel's own: chrony or timesyncd may or may not run here."""
    import ctypes  # noqa: PLC0415

    state = ctypes.CDLL(None).ntp_adjtime(ctypes.create_string_buffer(512))
    assert clock._synchronised() is (state not in {-1, 5})


@pytest.mark.parametrize("fault", [AttributeError, OSError, TypeError])
def test_where_the_kernel_cannot_be_asked_nothing_is_claimed(
    fault: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(_: object) -> None:
        raise fault

    monkeypatch.setattr(clock.ctypes, "PyDLL", absent)
    clock._adjtimex.cache_clear()
    assert clock._synchronised() is False
    assert clock._adjtimex() is None
    clock._adjtimex.cache_clear()


def test_a_clock_that_was_set_is_held_when_discipline_ends(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(clock, "_TIMESYNC_MARK", tmp_path / "mark")
    monkeypatch.setattr(clock, "_RTC_TO_SYSTEM", tmp_path / "rtc")
    monkeypatch.setattr(clock.time, "time_ns", lambda: EARLIEST_MS * 1_000_000)
    disciplined = [False, True, False]
    monkeypatch.setattr(clock, "_synchronised", lambda: disciplined.pop(0))
    system = SystemClock()
    assert [system.stamp().quality for _ in range(3)] == [
        TimeQuality.UNKNOWN,
        TimeQuality.SYNCHRONISED,
        TimeQuality.HELD,
    ]


@pytest.mark.parametrize(("name", "text"), [("mark", ""), ("rtc", "1\n")])
def test_other_signs_that_the_clock_was_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, text: str
) -> None:
    monkeypatch.setattr(clock, "_TIMESYNC_MARK", tmp_path / "mark")
    monkeypatch.setattr(clock, "_RTC_TO_SYSTEM", tmp_path / "rtc")
    (tmp_path / "rtc").write_text("0\n")
    assert not clock._was_set()
    (tmp_path / name).write_text(text)
    assert clock._was_set()


def test_without_proc_each_process_is_its_own_boot(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(clock, "_BOOT_ID", tmp_path / "absent")
    assert clock._boot_id().startswith("process-")
    assert clock._boot_id() != clock._boot_id()


def test_a_fixed_clock_moves_when_told() -> None:
    fixed = FixedClock(EARLIEST_MS)
    first = fixed.stamp()
    assert fixed.stamp() == first
    fixed.advance(250)
    second = fixed.stamp()
    assert second.wall_ms - first.wall_ms == 250
    assert second.monotonic_ns - first.monotonic_ns == 250_000_000


@pytest.mark.parametrize("wall_ms", [0, 1, 999, 1_790_000_000_123, LATEST_MS, -1])
def test_milliseconds_and_datetimes_say_the_same(wall_ms: int) -> None:
    moment = to_datetime(wall_ms)
    assert moment.utcoffset() == timedelta(0)
    assert to_ms(moment) == wall_ms
    assert to_ms(moment.astimezone(timezone(timedelta(hours=2)))) == wall_ms


def test_a_time_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        to_ms(datetime(2026, 1, 1))  # noqa: DTZ001  # that is the point
    assert to_ms(datetime(1970, 1, 1, tzinfo=UTC)) == 0

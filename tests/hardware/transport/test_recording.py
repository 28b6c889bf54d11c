from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import HardwareError, TransportError
from hardware.transport import Direction, Recorded, RecordingError, RecordingReader, open_transport
from hardware.transport.record import RecordTransport
from hardware.transport.recording import LINE_LIMIT, format_line
from hardware.transport.replay import EndOfRecordingError

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def _all(path: Path) -> list[Recorded | RecordingError]:
    found: list[Recorded | RecordingError] = []
    with RecordingReader(path) as reader:
        while True:
            try:
                found.append(next(reader))
            except StopIteration:
                return found
            except RecordingError as error:
                found.append(error)


def test_every_form_of_a_line_is_read(tmp_path: Path) -> None:
    path = tmp_path / "r"
    path.write_text(
        "# a comment\n\n"
        "2026-01-31T12:00:00Z rx 68 0A\n"
        "2026-01-31T13:00:00.000000+01:00   tx 107b017c16  # asked\n"
        "E5\n"
        "  e5 E5\r\n"
    )
    assert _all(path) == [
        Recorded(NOON, Direction.RX, b"\x68\x0a"),
        Recorded(NOON, Direction.TX, bytes.fromhex("107B017C16")),
        Recorded(None, Direction.RX, b"\xe5"),
        Recorded(None, Direction.RX, b"\xe5\xe5"),
    ]


@pytest.mark.parametrize(
    "bad",
    [
        "xyz",
        "E",
        "2026-01-31T12:00:00Z rx",
        "2026-01-31T12:00:00 rx E5",  # no offset
        "2026-13-31T12:00:00Z rx E5",
        "2026-01-31T12:00:00Z up E5",
        "0001-01-01T00:00:00+10:00 rx E5",  # before the first year in UTC
        "\xff",
        "E5" * LINE_LIMIT,
    ],
)
def test_a_bad_line_is_an_error_with_its_number_and_the_next_ones_are_read(
    tmp_path: Path, bad: str
) -> None:
    path = tmp_path / "r"
    path.write_bytes(b"AA\n" + bad.encode("latin-1") + b"\nBB\n")
    first, error, last = _all(path)
    assert isinstance(error, RecordingError)
    assert error.line == 2
    assert "line 2" in str(error)
    assert [line.data for line in (first, last) if isinstance(line, Recorded)] == [b"\xaa", b"\xbb"]


def test_a_recording_that_is_absent_is_a_transport_error(tmp_path: Path) -> None:
    with pytest.raises(TransportError, match="absent"):
        RecordingReader(tmp_path / "absent")


@given(
    at=st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)).map(  # noqa: DTZ001 - made aware
        lambda naive: naive.replace(tzinfo=UTC)
    ),
    direction=st.sampled_from(Direction),
    data=st.binary(min_size=1, max_size=300),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, at: datetime, direction: Direction, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "round_trip"
    path.write_text(format_line(at, direction, data))
    assert _all(path) == [Recorded(at, direction, data)]


@given(st.binary(max_size=400))
def test_any_bytes_are_lines_or_the_one_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    assert len(_all(path)) <= content.count(b"\n") + 1


def test_telegrams_only_are_read_to_the_end_whatever_is_written(tmp_path: Path) -> None:
    path = tmp_path / "r"
    path.write_text("AABB\nCC\n")
    line = open_transport(f"replay:{path}")
    line.write(b"nobody hears this")
    assert line.read(1, 0) == b"\xaa"
    line.discard()  # the rest of the line it stands in, not what was not reached
    assert line.read(9, 0) == b"\xcc"
    with pytest.raises(EndOfRecordingError):
        line.read(1, 0)
    line.close()


def test_a_question_that_was_never_recorded_gets_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "r"
    path.write_text(
        "2026-01-31T12:00:00Z tx 01\n2026-01-31T12:00:00Z rx AA\n"
        "2026-01-31T12:00:01Z tx 02\n2026-01-31T12:00:01Z rx BB\n"
    )
    line = open_transport(f"replay:{path}")
    line.write(b"\x01")
    line.write(b"\x09")
    assert line.read(9, 0) == b""
    line.write(b"\x02")
    assert line.read(9, 0) == b"\xbb"
    line.close()


def test_speed_keeps_the_recorded_pauses_in_proportion(tmp_path: Path) -> None:
    path = tmp_path / "r"
    path.write_text("2026-01-31T12:00:00Z rx AA\n2026-01-31T13:00:00Z rx BB\n")
    line = open_transport(f"replay:{path}?speed=36000")  # an hour is 0.1 s
    assert line.read(1, 0) == b"\xaa"
    assert line.read(1, 0.001) == b""  # not due yet
    assert line.read(1, 5.0) == b"\xbb"
    line.close()
    slow = open_transport(f"replay:{path}?speed=1")
    assert slow.read(1, 0) == b"\xaa"
    assert slow.read(1, 0.01) == b""
    slow.close()


def test_a_bad_line_stops_the_replay_from_opening(tmp_path: Path) -> None:
    path = tmp_path / "r"
    path.write_text("AA\nnonsense\n")
    with pytest.raises(HardwareError, match="line 2"):
        open_transport(f"replay:{path}")


class _Loop:
    """A line that answers what it was told."""

    moniker = "loop"

    def __init__(self) -> None:
        self._data = b""

    def read(self, size: int, timeout_s: float) -> bytes:
        del timeout_s
        data, self._data = self._data[:size], self._data[size:]
        return data

    def write(self, data: bytes) -> None:
        self._data += data

    def discard(self) -> None:
        self._data = b""

    def close(self) -> None:
        pass


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux' always full device")
def test_a_full_disk_ends_the_recording_and_not_the_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    line = RecordTransport("x", _Loop(), Path("/dev/full"))
    line.write(b"one")
    assert line.read(9, 0) == b"one"
    line.write(b"two")
    assert line.read(9, 0) == b"two"
    line.close()
    assert len(caplog.records) == 1
    assert "No space" in caplog.text


def test_a_recording_stops_at_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("hardware.transport.record.FILE_LIMIT", 100)
    line = RecordTransport("x", _Loop(), tmp_path / "r")
    for _ in range(9):
        line.write(b"twelve bytes")
    line.close()
    assert 0 < (tmp_path / "r").stat().st_size <= 100
    assert "it has reached" in caplog.text


def test_a_replay_that_would_not_fit_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "r").write_text("AA\n" * 100)
    monkeypatch.setattr("hardware.transport.replay.FILE_LIMIT", 100)
    with pytest.raises(TransportError, match="larger"):
        open_transport(f"replay:{tmp_path / 'r'}")


def test_a_write_that_fails_is_not_recorded_as_sent(tmp_path: Path) -> None:
    class Broken(_Loop):
        def write(self, data: bytes) -> None:
            raise TransportError(f"cut before {data!r}")

    line = RecordTransport("x", Broken(), tmp_path / "r")
    with pytest.raises(TransportError):
        line.write(b"x")
    line.close()
    assert (tmp_path / "r").read_text() == ""

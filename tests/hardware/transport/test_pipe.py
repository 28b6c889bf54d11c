from __future__ import annotations

import os
from pathlib import Path

import pytest

from hardware.errors import TransportError
from hardware.transport import open_transport
from hardware.transport.replay import EndOfRecordingError


def test_a_named_pipe_outlives_its_writers(tmp_path: Path) -> None:
    path = tmp_path / "rtl"
    os.mkfifo(path)
    line = open_transport(f"pipe:{path}")
    for word in (b"one\n", b"two\n"):
        assert line.read(10, 0) == b""
        with path.open("wb") as writer:
            writer.write(word)
        assert line.read(10, 5) == word
    line.write(b"nobody reads this")
    line.discard()
    line.close()
    line.close()
    with pytest.raises(TransportError, match="closed"):
        line.read(1, 0)


def test_a_file_ends(tmp_path: Path) -> None:
    path = tmp_path / "rtl.log"
    path.write_bytes(b"abc")
    line = open_transport(f"pipe:{path}")
    try:
        assert line.read(2, 0) == b"ab"
        assert line.read(2, 0) == b"c"
        with pytest.raises(EndOfRecordingError):
            line.read(2, 0)
    finally:
        line.close()


def test_what_is_absent_or_no_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TransportError, match="cannot open") as caught:
        open_transport(f"pipe:{tmp_path / 'none'}")
    assert "mkfifo" in caught.value.hint
    line = open_transport(f"pipe:{tmp_path}")
    try:
        with pytest.raises(TransportError, match="Is a directory"):
            line.read(1, 0)
    finally:
        line.close()

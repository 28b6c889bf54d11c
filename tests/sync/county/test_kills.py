"""The real importer, killed at random moments and raced against itself."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sync import wire
from sync.county.lake import Stream
from sync.segment import StreamClass

if TYPE_CHECKING:
    from tests.sync.county.conftest import Expected, Office, Writer


def start(office: Office, stick: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "sync", "county", "import", str(stick), "--json"),
            *("--county", str(office.county.config.source)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(office: Office, stick: Path) -> dict[str, object]:
    process = start(office, stick)
    said, error = process.communicate(timeout=120)
    assert process.returncode == 0, said + error
    answer: dict[str, object] = json.loads(said)
    return answer


def write_more(writer: Writer, stick: Path) -> None:
    """Put two more bundles on the stick: village data, and one care segment."""
    before = len(writer.segments)
    writer.add(4)
    writer.add(1, stream=StreamClass.CARE, schema="care/1", body=b"sealed")
    writer.add(5)
    writer.write(stick, before, before + 4)
    writer.write(stick, before + 4, before + 10)


def check(office: Office, writer: Writer, stick: Path, expected: Expected) -> int:
    """Compare lake, sealed folder and acknowledgement with each other; return the position."""
    stream = Stream(writer.id, writer.epoch.hex())
    position = office.county.lake.positions([stream])[stream]
    care = [
        one.header.seq
        for one in writer.segments[:position]
        if one.header.stream is StreamClass.CARE
    ]
    rows = [row for row in expected(writer, range(1, position + 1)) if row[1] not in care]
    assert office.rows() == rows
    kept = {int(file.stem) for file in office.county.config.sealed.rglob("*.dhs")}
    assert set(care) <= kept
    for file in (stick / "DORFHUB").glob("acks/*.ack"):
        assert wire.decode_ack(file.read_bytes()).seq <= position
    return position


def kill_again_and_again(
    office: Office, writer: Writer, expected: Expected, stick: Path, *, kills: int, seed: int
) -> list[int]:
    office.know(writer)
    write_more(writer, stick)
    begun = time.monotonic()
    finish(office, stick)
    whole_s = time.monotonic() - begun
    rng = random.Random(seed)
    positions = []
    for _ in range(kills):
        write_more(writer, stick)
        process = start(office, stick)
        try:
            process.wait(rng.uniform(0.3, 1.05) * whole_s)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
        positions.append(check(office, writer, stick, expected))
    finish(office, stick)
    assert check(office, writer, stick, expected) == len(writer.segments)
    (ack,) = (stick / "DORFHUB").glob("acks/*.ack")
    assert wire.decode_ack(ack.read_bytes()).seq == len(writer.segments)
    assert finish(office, stick)["rows"] == 0
    return positions


def test_a_killed_import_loses_and_doubles_nothing(
    office: Office, writer: Writer, expected: Expected, stick: Path
) -> None:
    kill_again_and_again(office, writer, expected, stick, kills=4, seed=1)


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_fifty_killed_imports_lose_and_double_nothing(
    office: Office, writer: Writer, expected: Expected, stick: Path
) -> None:
    positions = kill_again_and_again(office, writer, expected, stick, kills=50, seed=2)
    assert len(set(positions)) > 5  # the kills came at moments that differ


def test_two_imports_of_one_stick_race(
    office: Office, writer: Writer, expected: Expected, stick: Path
) -> None:
    office.know(writer)
    write_more(writer, stick)
    racers = [start(office, stick) for _ in range(2)]
    for racer in racers:
        said, error = racer.communicate(timeout=120)
        codes = {hub["code"] for hub in json.loads(said)["hubs"]}
        assert codes <= {"ok", "busy"}, said + error
    assert check(office, writer, stick, expected) == 10
    assert finish(office, stick)["rows"] == 0


def test_two_imports_of_two_sticks_race(
    office: Office, writer: Writer, expected: Expected, stick: Path, tmp_path: Path
) -> None:
    """Both hold the same bundles; they meet at the lake or at the inbox."""
    other = tmp_path / "usb2"
    other.mkdir()
    office.know(writer)
    write_more(writer, stick)
    for at in (0, 4):
        writer.write(other, at, 4 if at == 0 else 10)
    racers = [start(office, one) for one in (stick, other)]
    for racer in racers:
        said, error = racer.communicate(timeout=120)
        assert racer.returncode in (0, 1), said + error
    assert check(office, writer, stick, expected) == 10
    finish(office, other)
    assert check(office, writer, other, expected) == 10

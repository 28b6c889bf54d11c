"""The real importer, killed at random moments and raced against itself."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sync import wire
from sync.county import upkeep
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
    said, error = process.communicate(timeout=600)
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


def forget(stick: Path, position: int) -> None:
    """Take the bundles off the stick that the county has, as a hub does when it is told."""
    for file in (stick / "DORFHUB").glob("*/*.dhb"):
        if int(file.stem.rsplit("-", 1)[1]) <= position:
            file.unlink()


@dataclass(slots=True)
class Warm:
    """The program with its modules loaded, forked for each import: see `warm_import.py`."""

    process: subprocess.Popen[bytes]

    def begin(self, arguments: list[str]) -> int:
        """Start one and return its process."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(arguments).encode() + b"\n")
        self.process.stdin.flush()
        pid = self._said(120)
        assert pid is not None
        return pid

    def end(self, timeout_s: float = 120) -> int | None:
        """Return how it ended, as `subprocess` counts; None if it has not."""
        return self._said(timeout_s)

    def _said(self, timeout_s: float) -> int | None:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], timeout_s)
        return int(self.process.stdout.readline()) if ready else None


@contextmanager
def loaded() -> Iterator[Warm]:
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("warm_import.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # its threads do not survive a fork
    )
    try:
        yield Warm(process)
    finally:
        process.communicate(timeout=60)


@pytest.fixture
def warm() -> Iterator[Warm]:
    with loaded() as one:
        yield one


def command(office: Office, stick: Path) -> list[str]:
    county = str(office.county.config.source)
    return ["county", "import", str(stick), "--json", "--county", county]


def kill_again_and_again(
    office: Office,
    writer: Writer,
    expected: Expected,
    stick: Path,
    warm: Warm,
    *,
    kills: int,
    seed: int,
) -> list[bool]:
    """Kill ``kills`` imports that run; tell of each if its commit was made before."""
    office.know(writer)
    arguments = command(office, stick)
    spans = []
    for _ in range(4):  # the first one of them still waits for modules to load
        write_more(writer, stick)
        begun = time.monotonic()
        warm.begin(arguments)
        assert warm.end() == 0
        spans.append(time.monotonic() - begun)
    rng, span_s = random.Random(seed), sorted(spans[1:])[1]
    before, landed = len(writer.segments), list[bool]()
    while len(landed) < kills:
        write_more(writer, stick)
        pid = warm.begin(arguments)
        code = warm.end(rng.uniform(0.02, 1.0) * span_s)
        if code is None:
            os.kill(pid, signal.SIGKILL)
            code = warm.end()
        assert code in (0, -signal.SIGKILL)
        position = check(office, writer, stick, expected)
        if code:
            landed.append(position > before)
        else:
            assert position == len(writer.segments)
        # what waits on the stick, and the machine, change: half of the kills come after a commit
        span_s *= 0.8 if position > before else 1.2
        before = position
        if code and len(landed) % 10 == 0:
            upkeep.compact(office.county.lake)
            assert check(office, writer, stick, expected) == position
            forget(stick, position)
    finish(office, stick)
    assert check(office, writer, stick, expected) == len(writer.segments)
    (ack,) = (stick / "DORFHUB").glob("acks/*.ack")
    assert wire.decode_ack(ack.read_bytes()).seq == len(writer.segments)
    assert finish(office, stick)["rows"] == 0
    return landed


def test_a_killed_import_loses_and_doubles_nothing(
    office: Office, writer: Writer, expected: Expected, stick: Path, warm: Warm
) -> None:
    kill_again_and_again(office, writer, expected, stick, warm, kills=8, seed=1)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_many_killed_imports_lose_and_double_nothing(  # noqa: PLR0917 - fixtures
    office: Office,
    writer: Writer,
    expected: Expected,
    stick: Path,
    warm: Warm,
    request: pytest.FixtureRequest,
) -> None:
    """Fifty kills, or `--faults` if that is more; the lake is sorted between them now and then."""
    kills = max(50, request.config.getoption("--faults"))
    landed = kill_again_and_again(office, writer, expected, stick, warm, kills=kills, seed=2)
    moved = sum(landed)
    assert 5 < moved < kills - 5  # some before the commit, some after it
    sys.stdout.write(f"\n{kills} kills, {moved} of them after the commit\n")


def test_three_imports_of_one_stick_race(
    office: Office, writer: Writer, expected: Expected, stick: Path
) -> None:
    office.know(writer)
    write_more(writer, stick)
    racers = [start(office, stick) for _ in range(3)]
    for racer in racers:
        said, error = racer.communicate(timeout=120)
        codes = {hub["code"] for hub in json.loads(said)["hubs"]}
        assert codes <= {"ok", "busy"}, said + error
    assert check(office, writer, stick, expected) == 10
    assert finish(office, stick)["rows"] == 0


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_three_imports_of_one_stick_race_again_and_again(
    office: Office, writer: Writer, expected: Expected, stick: Path, request: pytest.FixtureRequest
) -> None:
    """Twelve rounds, or `--faults` if that is more, each with two bundles more."""
    rounds = max(12, request.config.getoption("--faults"))
    office.know(writer)
    arguments = command(office, stick)
    with loaded() as first, loaded() as second, loaded() as third:
        racers = first, second, third
        for number in range(1, rounds + 1):
            write_more(writer, stick)
            for racer in racers:
                racer.begin(arguments)
            codes = {racer.end() for racer in racers}
            assert 0 in codes <= {0, 1}  # who comes too late is told so
            assert check(office, writer, stick, expected) == 10 * number
            forget(stick, 10 * (number - 1))  # the last ones are offered again
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

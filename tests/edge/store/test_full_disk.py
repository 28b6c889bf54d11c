"""A full disk: a typed error, nothing acknowledged lost, and work goes on once there is room.

On a real file system of 2 MB where this process may mount one, and everywhere with SQLite's
own page limit, which takes the same way out of SQLite.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.clock import FixedClock
from edge.store.connection import Connection
from edge.store.errors import StoreFull
from edge.store.journal import Journal, State, entry_key
from edge.store.personal import PersonalStore
from edge.store.personal_rows import CareRow
from edge.store.village import VillageStore
from edge.store.village_rows import MeterRow
from hardware.reading import TimeQuality

T = 1_790_000_000_000
KB = 1024


def _mount(folder: Path, size_kb: int) -> bool:
    """Mount a memory disk; False where that is not permitted."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size_kb}k", "none", str(folder)],
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def _may_mount() -> bool:
    import tempfile  # noqa: PLC0415  # a probe at collection

    if shutil.which("mount") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        if not _mount(Path(folder), 64):
            return False
        subprocess.run(["umount", folder], check=True)
    return True


@dataclass
class Disk:
    """A small disk: ``fill`` leaves no room on it, ``make_room`` gives some back."""

    folder: Path
    fill: Callable[[Connection], None]
    make_room: Callable[[Connection], None]


def _tmpfs(folder: Path) -> Iterator[Disk]:
    ballast = folder / "ballast"

    def fill(_: Connection) -> None:
        with ballast.open("wb", buffering=0) as file:
            for size in (64 * KB, KB):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    continue

    assert _mount(folder, 2048)
    try:
        yield Disk(folder, fill, lambda _: ballast.unlink())
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _page_limit(folder: Path) -> Iterator[Disk]:
    def fill(connection: Connection) -> None:
        count = connection.row("PRAGMA page_count")
        assert count is not None
        connection.row(f"PRAGMA max_page_count = {count[0]}")

    yield Disk(folder, fill, lambda one: one.row("PRAGMA max_page_count = 100000") and None)


@pytest.fixture(params=["page limit", *(["tmpfs"] if _may_mount() else [])])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    yield from (_tmpfs if request.param == "tmpfs" else _page_limit)(folder)


def until_full(act: Callable[[int], int]) -> tuple[list[int], StoreFull]:
    """Call ``act`` with 1, 2, ... until the disk is full; return what it said before that."""
    said: list[int] = []
    try:
        for number in range(1, 3000):
            said.append(act(number))  # noqa: PERF401  # what came before the error is wanted
    except StoreFull as error:
        return said, error
    pytest.fail("the disk never was full")


def test_the_journal_refuses_and_keeps_what_it_acknowledged(disk: Disk) -> None:
    clock = FixedClock(T)
    with Journal(disk.folder / "journal.db") as journal:

        def put(number: int) -> int:
            clock.advance(1000)
            key = entry_key(number)
            return journal.append("village", "x", "d", "mbus", key, b"v" * 500, clock.stamp())

        acknowledged = [put(0)]
        disk.fill(journal._connection)
        more, error = until_full(put)
        acknowledged += more
        assert "Speicher ist voll" in error.hint
        assert [one.id for one in journal.pending("village", 9999)] == acknowledged
        with pytest.raises(StoreFull):
            put(9999)
        disk.make_room(journal._connection)
        acknowledged.append(put(9999))
        journal.mark(acknowledged[:1], State.DECODED)
    with Journal(disk.folder / "journal.db") as journal:
        assert [one.id for one in journal.pending("village", 9999)] == acknowledged[1:]
        assert journal._connection.rows("PRAGMA integrity_check") == [("ok",)]


def test_a_round_is_there_whole_or_not_at_all(disk: Disk) -> None:
    with VillageStore(disk.folder / "village.db") as village:
        device = village.device("mbus:a")
        disk.fill(village.connection)

        def add(number: int) -> int:
            at = T + number * 1000
            rows = [MeterRow(at + i, device, TimeQuality.HELD, 1, float(i)) for i in range(50)]
            return village.add_round(rows)

        rounds, _ = until_full(add)
        known = village.rounds_after(0, 9999)
        assert [one.round for one in known] == rounds
        assert all(len(village.rows_of(one)) == 50 for one in known)
        disk.make_room(village.connection)
        assert village.add_round([MeterRow(1, device, TimeQuality.HELD, 1)]) == len(rounds) + 1


def test_personal_readings_too(disk: Disk, key_file: Path) -> None:
    with PersonalStore.open(disk.folder / "personal.db", key_file) as personal:
        person = personal.add_person("Erna", T)
        disk.fill(personal.connection)

        def add(number: int) -> int:
            row = CareRow(T + number, "ble:C0", person, TimeQuality.DEVICE, T, number, 121.0)
            return personal.add_care_round([row])

        stored, _ = until_full(add)
        assert personal.care_count() == len(stored)
        disk.make_room(personal.connection)
        personal.add_person("Heinz", T)

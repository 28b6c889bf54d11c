"""Sticks as they are sold: a real FAT file system in an image, through a FUSE driver.

Where the kernel has no vfat, `fusefat` (Debian) reads and writes the image; `mkfs.vfat` makes it
and `fsck.vfat` looks at what is left. The driver answers EPERM where Linux' own says ENOSPC.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sync import stick, wire
from sync.carrier.base import MAX_BUNDLE_BYTES, CarrierError, part_file
from sync.carrier.folder import ROOT, FolderCarrier, hubs_in
from sync.county import visits
from sync.errors import CarrierError as MediumError
from sync.identity import fingerprint, short_id
from sync.stream import METER

if TYPE_CHECKING:
    from tests.sync.county.conftest import Office

_NEEDED = ("mkfs.vfat", "fsck.vfat", "fusefat", "fusermount")
_LEGAL = re.compile(r"[0-9A-Za-z.\-]{1,255}")
FULL = {"disk_full", "read_only"}  # see above


class Fat:
    """A stick: an image, and where it hangs while it is plugged in."""

    def __init__(self, image: Path, at: Path) -> None:
        self.image, self.at = image, at
        self._driver: subprocess.Popen[bytes] | None = None

    def plug_in(self, *, writable: bool = True) -> Path:
        options = ["-o", "rw+" if writable else "ro"]
        self._driver = subprocess.Popen(
            ["fusefat", "-f", *options, str(self.image), str(self.at)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 20
        while not os.path.ismount(self.at):
            assert time.monotonic() < until, "fusefat does not mount"
            assert self._driver.poll() is None, "fusefat ended"
            time.sleep(0.02)
        return self.at

    def unmount(self) -> None:
        if self._driver is not None:
            subprocess.run(["fusermount", "-u", "-z", str(self.at)], check=False)
            self._driver.wait(20)
            self._driver = None

    def pull_out(self) -> None:
        """Take it away as it is: what its driver had not written yet is lost."""
        assert self._driver is not None
        self._driver.send_signal(signal.SIGKILL)
        self._driver.wait()
        subprocess.run(["fusermount", "-u", "-z", str(self.at)], check=False)
        self._driver = None

    def check(self, *, mend: bool = False) -> int:
        option = "-a" if mend else "-n"
        done = subprocess.run(["fsck.vfat", option, str(self.image)], check=False, timeout=60,
                              capture_output=True)  # fmt: skip
        return done.returncode


@pytest.fixture
def new_stick(tmp_path: Path) -> Iterator[Callable[..., Fat]]:
    absent = [one for one in _NEEDED if shutil.which(one) is None]
    if absent or not os.access("/dev/fuse", os.W_OK):
        pytest.skip(f"needs {', '.join(absent) or '/dev/fuse'} (dosfstools, fusefat)")
    made: list[Fat] = []

    def make(kilobytes: int = 40_000) -> Fat:
        image = tmp_path / f"stick{len(made)}.img"
        with image.open("wb") as file:
            file.truncate(kilobytes * 1024)
        subprocess.run(["mkfs.vfat", str(image)], check=True, capture_output=True)
        at = tmp_path / f"media{len(made)}"
        at.mkdir()
        made.append(Fat(image, at))
        return made[-1]

    yield make
    for one in made:
        one.unmount()


@pytest.fixture
def filled(village: Any) -> Any:
    for _ in range(5):
        village.measure(2)
        village.outbox.seal(METER, village.store.connection, village.clock.stamp())
    return village


def test_there_and_back(filled: Any, office: Office, new_stick: Callable[..., Fat]) -> None:
    fat = new_stick()
    folder = fat.plug_in()
    written = list(stick.export(filled.outbox, folder, 0))
    stick.check(written)
    fat.unmount()
    assert fat.check() == 0
    folder = fat.plug_in()  # at the county
    hub = short_id(filled.identity.name)
    (pending,) = visits.import_folder(office.county, folder)
    assert pending.code == "not_confirmed"
    office.county.ledger.confirm(hub, now_ms=1)
    (outcome,) = visits.import_folder(office.county, folder)
    assert (outcome.code, outcome.segments, outcome.position) == ("ok", 5, 5)
    for file in (folder / ROOT).rglob("*"):
        assert _LEGAL.fullmatch(file.name), file
    fat.unmount()
    assert fat.check() == 0
    folder = fat.plug_in(writable=False)  # back in the village
    county = office.county.identity
    filled.peers.ask(wire.Enrolment(county.name, "Kreis", ()), 1)
    filled.peers.confirm(fingerprint(county.name), 2)
    (ack,) = [reply for _, reply in stick.replies(folder) if isinstance(reply, wire.Ack)]
    assert (ack.hub, ack.seq) == (filled.identity.name, 5)


def test_the_same_bundle_again_takes_the_place_of_the_old(
    filled: Any, new_stick: Callable[..., Fat]
) -> None:
    fat = new_stick()
    folder = fat.plug_in()
    (first,) = stick.export(filled.outbox, folder, 0)
    (again,) = stick.export(filled.outbox, folder, 0)  # renamed over a file that is there
    assert (again.digest, [one.name for one in again.path.parent.iterdir()]) == (
        first.digest,
        [first.path.name],
    )
    filled.measure(2)
    filled.outbox.seal(METER, filled.store.connection, filled.clock.stamp())
    written = list(stick.export(filled.outbox, folder, 0))
    assert len(stick.tidy(folder, filled.outbox, 0, written)) == 1
    assert [one.name for one in again.path.parent.iterdir()] == [written[0].path.name]
    fat.unmount()
    assert fat.check() == 0


def test_upper_and_lower_case_are_one(filled: Any, new_stick: Callable[..., Fat]) -> None:
    fat = new_stick()
    folder = fat.plug_in()
    (folder / "dorfhub").mkdir()  # as another system may show the name
    assert (folder / ROOT).is_dir()
    (written,) = stick.export(filled.outbox, folder, 0)
    assert written.path.exists()
    assert [one.name.upper() for one in folder.iterdir()] == [ROOT]
    assert hubs_in(folder) == [short_id(filled.identity.name)]


def test_no_two_of_our_names_differ_in_case_alone_and_no_file_comes_near_4_gib(
    filled: Any, tmp_path: Path
) -> None:
    list(stick.export(filled.outbox, tmp_path, 0))
    names = [file.name for file in (tmp_path / ROOT).rglob("*")]
    assert all(name == name.lower() for name in names)
    assert MAX_BUNDLE_BYTES < 1 << 32


def test_a_full_one_says_so_and_keeps_no_half_file(
    filled: Any, new_stick: Callable[..., Fat]
) -> None:
    fat = new_stick(100)
    folder = fat.plug_in()
    list(stick.export(filled.outbox, folder, 4))
    filler = folder / "urlaub.mp4"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(bytes(1024)):
            pass
    with pytest.raises(MediumError) as caught:
        list(stick.export(filled.outbox, folder, 0))
    assert caught.value.code in FULL
    assert caught.value.hint
    assert [file.name.partition("-")[2] for file in folder.rglob("*.dhb")] == ["5-5.dhb"]
    filler.unlink()
    (written,) = stick.export(filled.outbox, folder, 0)
    stick.check([written])
    fat.unmount()
    assert fat.check() == 0


def test_a_read_only_one_says_so_at_both_ends(
    filled: Any, office: Office, new_stick: Callable[..., Fat]
) -> None:
    fat = new_stick()
    list(stick.export(filled.outbox, fat.plug_in(), 0))
    fat.unmount()
    folder = fat.plug_in(writable=False)
    with pytest.raises(MediumError) as caught:
        list(stick.export(filled.outbox, folder, 0))
    assert caught.value.code == "read_only"
    assert "Schalter" in caught.value.hint
    visits.import_folder(office.county, folder)
    office.county.ledger.confirm(short_id(filled.identity.name), now_ms=1)
    (outcome,) = visits.import_folder(office.county, folder)
    assert (outcome.code, outcome.segments) == ("unacknowledged", 5)  # taken, but not told


@pytest.mark.parametrize("after", [0, 2, 4])
def test_pulled_out_half_way_costs_only_what_was_on_its_way(
    filled: Any, new_stick: Callable[..., Fat], monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(stick, "_SPAN", 1)
    fat = new_stick()
    list(stick.export(filled.outbox, fat.plug_in(), 4))
    fat.unmount()
    folder = fat.plug_in()
    real, pieces = filled.outbox.pieces, iter(range(100))

    def pulled(*arguments: Any) -> Iterator[bytes]:
        for piece in real(*arguments):
            half = len(piece) // 2
            yield piece[:half]
            if next(pieces) == after:
                fat.pull_out()
            yield piece[half:]

    monkeypatch.setattr(filled.outbox, "pieces", pulled)
    with pytest.raises(MediumError):
        list(stick.export(filled.outbox, folder, 0))
    monkeypatch.setattr(filled.outbox, "pieces", real)
    fat.check(mend=True)  # as the next system that it is plugged into does
    folder = fat.plug_in()
    written = list(stick.export(filled.outbox, folder, 0))
    stick.check(written)
    assert [one.last for one in written] == [1, 2, 3, 4, 5]
    fat.unmount()
    assert fat.check() == 0


def test_what_came_from_another_file_of_the_same_size_and_second_is_not_gone_on_with(
    filled: Any, new_stick: Callable[..., Fat], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fat = new_stick()
    folder = fat.plug_in()
    (written,) = stick.export(filled.outbox, folder, 0)
    good = written.path.read_bytes()
    written.path.unlink()
    written.path.write_bytes(bytes(len(good)))  # FAT tells times to two seconds
    carrier = FolderCarrier(folder, short_id(filled.identity.name))
    epoch, into = filled.outbox.position().epoch.hex(), tmp_path / "came.dhb"
    monkeypatch.setattr("sync.carrier.folder._CHUNK", 64)
    with monkeypatch.context() as patch:
        from sync.carrier.partial import PartialFile  # noqa: PLC0415

        real = PartialFile.append

        def cut(part: Any, data: bytes) -> None:
            if part.size >= 128:
                raise CarrierError("cut", "cut")  # type: ignore[arg-type]
            real(part, data)

        patch.setattr(PartialFile, "append", cut)
        with pytest.raises(CarrierError):
            carrier.fetch(epoch, 0, 5, into)
    assert part_file(into).stat().st_size == 128
    times = written.path.stat()
    written.path.unlink()
    written.path.write_bytes(good)
    os.utime(written.path, ns=(times.st_atime_ns, times.st_mtime_ns))
    carrier.fetch(epoch, 0, 5, into)
    assert into.read_bytes() == good

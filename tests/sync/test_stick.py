from __future__ import annotations

import errno
import io
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sync import bundle, stick, wire
from sync.errors import CarrierError, FormatError
from sync.identity import Identity, short_id
from sync.stream import METER
from sync.wire import Ack


@pytest.fixture
def medium(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


@pytest.fixture
def filled(village: Any) -> Any:
    for _ in range(5):
        village.measure(2)
        village.outbox.seal(METER, village.store.connection, village.clock.stamp())
    return village


def test_a_bundle_lies_on_the_stick(filled: Any, medium: Path) -> None:
    (written,) = stick.export(filled.outbox, medium, 0)
    epoch = filled.outbox.position().epoch.hex()
    hub = short_id(filled.identity.public_key)
    assert written.path == medium / "DORFHUB" / hub / f"{epoch}-1-5.dhb"
    with written.path.open("rb") as file:
        assert [segment.header.seq for segment in bundle.Reader(file)] == [1, 2, 3, 4, 5]
    assert written.size == written.path.stat().st_size
    assert [p.name for p in written.path.parent.iterdir()] == [written.path.name]


def test_the_same_again_is_the_same_file(filled: Any, medium: Path) -> None:
    (first,) = stick.export(filled.outbox, medium, 2)
    before = first.path.read_bytes()
    (again,) = stick.export(filled.outbox, medium, 2)
    assert (again, again.path.read_bytes()) == (first, before)
    assert list(stick.export(filled.outbox, medium, 5)) == []
    assert list(stick.export(filled.outbox, medium, 500)) == []


def test_much_is_written_in_several_files(
    filled: Any, medium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stick, "_SPAN", 2)
    written = list(stick.export(filled.outbox, medium, 0))
    assert [(w.first, w.last) for w in written] == [(1, 2), (3, 4), (5, 5)]


def test_what_is_pruned_is_left_out(filled: Any, medium: Path) -> None:
    filled.outbox.prune(3, filled.clock.wall_ms + 1)
    (written,) = stick.export(filled.outbox, medium, 0)
    assert (written.first, written.last) == (4, 5)


def test_a_stick_that_is_not_there_is_said(filled: Any, tmp_path: Path) -> None:
    with pytest.raises(CarrierError, match="gibt es nicht") as caught:
        list(stick.export(filled.outbox, tmp_path / "absent", 0))
    assert "eingesteckt" in caught.value.hint


@pytest.mark.parametrize(
    ("number", "word"),
    [(errno.ENOSPC, "voll"), (errno.EROFS, "schreibgeschützt"), (errno.EIO, "Fehler")],
)
def test_an_error_in_the_middle_leaves_nothing_half(
    filled: Any, medium: Path, monkeypatch: pytest.MonkeyPatch, number: int, word: str
) -> None:
    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(CarrierError, match=word) as caught:
            list(stick.export(filled.outbox, medium, 0))
    assert caught.value.hint
    assert [p for p in medium.rglob("*") if p.is_file()] == []
    assert len(list(stick.export(filled.outbox, medium, 0))) == 1


def test_a_stick_that_lies_is_noticed(
    filled: Any, medium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def spoil(descriptor: int) -> None:
        real(descriptor)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_file():
            with path.open("r+b") as file:
                file.seek(100)
                file.write(b"\0\0\0\0")

    monkeypatch.setattr(os, "fsync", spoil)
    with pytest.raises(CarrierError, match="andere Bytes"):
        list(stick.export(filled.outbox, medium, 0))
    assert [p for p in medium.rglob("*") if p.is_file()] == []


def test_acknowledgements_are_read_whatever_lies_there(medium: Path) -> None:
    county = Identity.generate()
    ack = Ack(bytes(32), bytes(8), 3, county.public_key, 1)
    acks = medium / "DORFHUB" / "acks"
    acks.mkdir(parents=True)
    (acks / "a.ack").write_bytes(wire.encode_ack(ack, county))
    (acks / "b.ack").write_bytes(b"")
    (acks / "c.ack").write_bytes(bytes(10_000_000))
    (acks / "d.ack.part").write_bytes(b"")
    (acks / "readme.txt").write_text("hallo")
    found = list(stick.replies(medium))
    assert [path.name for path, _ in found] == ["a.ack", "b.ack", "c.ack"]
    assert found[0][1] == ack
    assert all(isinstance(error, FormatError) for _, error in found[1:])


def test_a_stick_without_acknowledgements_is_said(medium: Path) -> None:
    with pytest.raises(CarrierError, match="nicht da") as caught:
        list(stick.replies(medium))
    assert "Landkreis" in caught.value.hint


def test_the_file_is_what_the_line_brings(filled: Any, medium: Path) -> None:
    (written,) = stick.export(filled.outbox, medium, 0)
    manifest = filled.outbox.manifest(filled.outbox.position().epoch, 0, 5)
    data = b"".join(filled.outbox.pieces(manifest, 0, manifest.size))
    assert written.path.read_bytes() == data
    assert bundle.Reader(io.BytesIO(data)).manifest == manifest


def test_what_the_county_has_makes_room_and_what_was_written_again_goes(
    filled: Any, medium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stick, "_SPAN", 2)
    old = list(stick.export(filled.outbox, medium, 0))
    other = old[0].path.with_name(f"{'ab' * 8}-1-2.dhb")
    other.write_bytes(b"of another epoch")
    assert len(stick.tidy(medium, filled.outbox, 3)) == 1
    assert not old[0].path.exists()
    monkeypatch.setattr(stick, "_SPAN", 1024)
    written = list(stick.export(filled.outbox, medium, 2))
    assert len(stick.tidy(medium, filled.outbox, 2, written)) == 2
    left = sorted(path.name for path in old[0].path.parent.iterdir())
    assert left == sorted([written[0].path.name, other.name])
    assert len(stick.tidy(medium / "nowhere", filled.outbox, 9)) == 0


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mount small file systems; skipped where that is not allowed."""
    made: list[Path] = []

    def mount(options: str) -> Path:
        place = tmp_path / f"mount{len(made)}"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("nothing may be mounted here")
        made.append(place)
        return place

    yield mount
    for place in made:
        subprocess.run(["umount", str(place)], check=True)


def test_a_medium_that_is_really_full(filled: Any, mounted: Callable[[str], Path]) -> None:
    place = mounted("size=16k")
    (place / "DORFHUB").mkdir()
    (place / "photo.jpg").write_bytes(bytes(16 << 10))
    with pytest.raises(CarrierError, match="voll") as caught:
        list(stick.export(filled.outbox, place, 0))
    assert caught.value.code == "disk_full"
    assert [path.name for path in place.rglob("*") if path.is_file()] == ["photo.jpg"]
    (place / "photo.jpg").unlink()
    written = list(stick.export(filled.outbox, place, 0))
    stick.check(written)
    assert len(written) == 1


def test_a_medium_that_is_really_read_only(filled: Any, mounted: Callable[[str], Path]) -> None:
    with pytest.raises(CarrierError, match="schreibgeschützt") as caught:
        list(stick.export(filled.outbox, mounted("ro"), 0))
    assert caught.value.code == "read_only"

"""What a stranger's stick may hold: links out of it, pipes, files without end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from sync.bus.hold import MAX_LAID
from sync.carrier import medium
from sync.carrier.base import MAX_BUNDLE_BYTES, CarrierError, Reason
from sync.carrier.folder import ROOT, FolderCarrier

HUB = "0123456789abcdef"


def test_plain_files_and_folders_are_let_be(tmp_path: Path) -> None:
    medium.require_plain(tmp_path)  # no DORFHUB is nothing of ours
    (tmp_path / ROOT / "from" / HUB).mkdir(parents=True)
    (tmp_path / ROOT / "from" / HUB / "a.dhb").write_bytes(b"x")
    (tmp_path / "photos").symlink_to("/etc")  # outside of ours is nobody's business
    medium.require_plain(tmp_path)


@pytest.mark.parametrize(
    "place", ["", HUB, "acks", "from", f"from/{HUB}", f"from/{HUB}/{HUB}", f"{HUB}/a.dhb"]
)
def test_a_link_anywhere_below_ours_is_refused(tmp_path: Path, place: str) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    stick = tmp_path / "stick"
    link = stick / ROOT / place
    link.parent.mkdir(parents=True)
    link.symlink_to(secret)
    with pytest.raises(CarrierError, match="Verknüpfung") as caught:
        medium.require_plain(stick)
    assert (caught.value.reason, caught.value.code) == (Reason.UNREADABLE, "link")
    assert caught.value.hint
    assert caught.value.said


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / ROOT / "acks").mkdir(parents=True)
    pipe = tmp_path / ROOT / "acks" / "a.ack"
    os.mkfifo(pipe)
    with pytest.raises(CarrierError):
        medium.require_plain(tmp_path)
    with pytest.raises(CarrierError):
        medium.read_plain(pipe, 10)


def test_a_folder_that_cannot_be_listed_is_the_mediums_fault(tmp_path: Path) -> None:
    (tmp_path / ROOT).mkdir()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CarrierError):
        medium.require_plain(tmp_path / "file")  # a medium that is no folder


def test_too_many_entries_are_no_medium_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ROOT).mkdir()
    for n in range(4):
        (tmp_path / ROOT / str(n)).touch()
    monkeypatch.setattr(medium, "_MAX_ENTRIES", 3)
    with pytest.raises(CarrierError) as caught:
        medium.require_plain(tmp_path)
    assert caught.value.reason is Reason.TOO_LARGE


def test_nothing_longer_than_it_may_be_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"12345")
    assert medium.read_plain(file, 5) == b"12345"
    with pytest.raises(CarrierError) as caught:
        medium.read_plain(file, 4)
    assert caught.value.reason is Reason.TOO_LARGE
    link = tmp_path / "b"
    link.symlink_to(file)
    with pytest.raises(OSError, match="symbolic"):
        medium.read_plain(link, 5)


def test_a_bundle_without_end_is_not_copied(tmp_path: Path) -> None:
    folder = tmp_path / ROOT / HUB
    folder.mkdir(parents=True)
    with (folder / f"{HUB}-1-2.dhb").open("wb") as file:
        file.truncate(MAX_BUNDLE_BYTES + 1)  # a hole: it takes no room and reads for ever
    carrier = FolderCarrier(tmp_path, HUB)
    with pytest.raises(CarrierError) as caught:
        carrier.fetch(HUB, 0, 2, tmp_path / "into")
    assert caught.value.reason is Reason.TOO_LARGE


def test_a_bus_takes_no_link_and_nothing_too_large(new_bus: Any, tmp_path: Path) -> None:
    yard = tmp_path / "yard"
    place = yard / ROOT / "from" / HUB
    place.mkdir(parents=True)
    good, large = place / f"{HUB}-1-1.dhb", place / f"{HUB}-2-2.dhb"
    good.write_bytes(b"good")
    with large.open("wb") as file:
        file.truncate(MAX_LAID + 1)
    (place / "other.dhb").write_bytes(b"no name of ours")
    bus = new_bus().bus
    assert bus.deliver(yard) == (0, 1)
    there = tmp_path / "bus" / "store" / ROOT / "from"
    assert [one.name for one in there.rglob("*.dhb")] == [good.name]
    large.unlink()
    large.symlink_to(tmp_path / "bus" / "store")
    with pytest.raises(CarrierError):
        bus.deliver(yard)


def test_a_bus_with_no_more_room_for_news_leaves_it(
    new_bus: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "yard" / ROOT / "from" / HUB
    place.mkdir(parents=True)
    for n in (1, 2, 3):
        (place / f"{HUB}-{n}-{n}.dhb").write_bytes(b"four")
    monkeypatch.setattr("sync.bus.load._MAX_NEWS", 9)
    bus = new_bus().bus
    assert bus.deliver(tmp_path / "yard") == (0, 2)
    assert bus.deliver(tmp_path / "yard") == (0, 0)

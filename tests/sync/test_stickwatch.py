"""A stick that is plugged in, from the first look to the words on the board."""

from __future__ import annotations

import dataclasses
import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.process.log import Log
from sync import bundle, carrying, custody, stick, stick_visit, wire
from sync.custody import Act
from sync.identity import Identity, fingerprint, short_id
from sync.node import Node
from sync.stickwatch import StickWatch
from sync.stream import METER


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    return folder


@pytest.fixture
def node(village: Any, media: Path, make_node: Callable[[str], Node]) -> Node:
    village.measure(2)
    village.outbox.seal(METER, village.store.connection, village.clock.stamp())
    return make_node(f'sticks = ["{media}"]')


def plug_in(media: Path, name: str = "stick") -> Path:
    (media / name / "DORFHUB").mkdir(parents=True)
    return media / name


def run(watch: StickWatch, looks: int = 2) -> None:
    for _ in range(looks):
        watch.look()
        watch.came()
        watch.close()


def said(node: Node) -> tuple[str, str, str]:
    (road,) = node.village.roads()
    return road.state, road.code, f"{road.message} {road.hint}"


def test_a_stick_is_seen_first_and_then_everything_is_sealed_for_it(
    node: Node, media: Path
) -> None:
    watch = StickWatch(node, Log())
    watch.look()
    assert not watch.came()
    plug_in(media)
    watch.look()
    assert said(node)[:2] == ("busy", "busy")
    assert "stecken lassen" in said(node)[2]
    assert watch.came()
    assert not watch.came()


def test_what_is_due_is_on_it_and_the_board_says_that_it_may_go(node: Node, media: Path) -> None:
    watch = StickWatch(node, Log())
    folder = plug_in(media)
    run(watch)
    state, code, words = said(node)
    assert (state, code) == ("good", "ok")
    assert "1 Paket (1 kB) geschrieben und zurückgelesen" in words
    assert "Der Stick kann jetzt herausgezogen werden." in words
    assert len(list(folder.rglob("*.dhb"))) == 1
    shutil.rmtree(folder)
    run(watch)
    assert said(node)[0] == "gone"


def test_a_stick_of_somebody_elses_is_left_alone(node: Node, media: Path) -> None:
    (media / "photos" / "2025").mkdir(parents=True)
    watch = StickWatch(node, Log())
    run(watch)
    assert node.village.roads() == []
    assert [path.name for path in media.rglob("*")] == ["photos", "2025"]


@pytest.mark.parametrize("place", ["acks", "hub", "part"])
def test_a_stick_with_a_link_on_it_is_not_touched(
    node: Node, media: Path, tmp_path: Path, place: str
) -> None:
    """Whoever prepared it would have the hub write, or overwrite, a file of its own."""
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "keep").write_bytes(b"keep")
    ours = plug_in(media) / "DORFHUB"
    hub = ours / short_id(node.identity.name)
    if place == "part":
        hub.mkdir()
        name = f".{node.outbox.position().epoch.hex()}-1-1.dhb.part"
        (hub / name).symlink_to(victim / "keep")
    else:
        (ours / "acks" if place == "acks" else hub).symlink_to(victim)
    run(StickWatch(node, Log()))
    state, code, words = said(node)
    assert (state, code) == ("bad", "link")
    assert "Verknüpfung" in words
    assert [one.name for one in victim.iterdir()] == ["keep"]
    assert (victim / "keep").read_bytes() == b"keep"


def test_the_countys_replies_are_taken_from_it(node: Node, media: Path) -> None:
    county = Identity.generate()
    node.peers.ask(wire.Enrolment(county.name, "Landkreis", ()), 1)
    node.peers.confirm(fingerprint(county.name), 2)
    folder = plug_in(media, "sub/stick") / "DORFHUB" / "acks"
    folder.mkdir()
    position = node.outbox.position()
    ack = wire.Ack(node.identity.name, position.epoch, position.last_seq, county.name, 3)
    (folder / "a.ack").write_bytes(wire.encode_ack(ack, county))
    (folder / "b.ack").write_bytes(b"rubbish")
    watch = StickWatch(node, Log())
    run(watch)
    state, _, words = said(node)
    assert state == "good"
    assert node.peers.acknowledged() == position.last_seq
    assert "nichts Neues" in words
    assert "Antworten des Landkreises sind übernommen" in words
    assert "1 Antworten auf dem Stick waren nicht zu gebrauchen" in words


@pytest.mark.parametrize(
    "case",
    [
        (errno.ENOSPC, "disk_full", "voll"),
        (errno.EROFS, "read_only", "schreibgeschützt"),
        (errno.EIO, "unreadable", "Fehler"),
    ],
)
def test_what_went_wrong_is_said(
    node: Node, media: Path, monkeypatch: pytest.MonkeyPatch, case: tuple[int, str, str]
) -> None:
    number, code, word = case

    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    plug_in(media)
    with monkeypatch.context() as patch:
        patch.setattr(stick.os, "fsync", fail)
        watch = StickWatch(node, Log())
        run(watch)
    state, found, words = said(node)
    assert (state, found) == ("bad", code)
    assert word in words


def test_a_stick_that_is_pulled_out_in_the_middle(
    node: Node, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = plug_in(media)
    real: Callable[..., Any] = stick._write

    def pulled(*arguments: Any) -> bytes:
        shutil.rmtree(folder)
        return bytes(real(*arguments))

    monkeypatch.setattr(stick, "_write", pulled)
    watch = StickWatch(node, Log())
    run(watch)
    state, code, words = said(node)
    assert (state, code) == ("bad", "cut")
    assert "bevor alles darauf war" in words
    monkeypatch.undo()
    if folder.exists():
        shutil.rmtree(folder)
    run(watch, 1)
    plug_in(media)
    run(watch)
    assert said(node)[0] == "good"


def test_a_stick_that_spoils_the_first_file_with_the_second_is_found_out(
    node: Node, village: Any, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A counterfeit has less room than it says: the newest file is always good."""
    for _ in range(3):
        village.measure(2)
        village.outbox.seal(METER, village.store.connection, village.clock.stamp())
    monkeypatch.setattr(stick, "_SPAN", 2)
    real: Callable[..., Any] = stick._write
    folder = plug_in(media)

    def wraps(*arguments: Any) -> bytes:
        written: bytes = real(*arguments)
        for older in folder.rglob("*.dhb"):
            if older != arguments[2]:
                older.write_bytes(bytes(older.stat().st_size))
        return written

    monkeypatch.setattr(stick, "_write", wraps)
    watch = StickWatch(node, Log())
    run(watch)
    state, code, words = said(node)
    assert (state, code) == ("bad", "lies")
    assert "einen anderen nehmen" in words


def test_one_that_stays_is_brought_up_to_date_every_hour(
    node: Node, village: Any, media: Path
) -> None:
    folder = plug_in(media) / "DORFHUB" / short_id(node.identity.name)
    watch = StickWatch(node, Log())
    run(watch)
    village.measure(2)
    village.outbox.seal(METER, village.store.connection, village.clock.stamp())
    run(watch)
    assert [path.name[16:] for path in folder.glob("*.dhb")] == ["-1-1.dhb"]
    village.clock.advance(3_600_001)
    run(watch)
    assert [path.name[16:] for path in folder.glob("*.dhb")] == ["-1-2.dhb"]
    assert dataclasses.astuple(node.village.roads()[0])[2] == "good"


def test_a_copy_that_was_tidied_away_is_signed_as_gone_and_its_bytes_are(
    node: Node, media: Path
) -> None:
    folder = plug_in(media)
    watch = StickWatch(node, Log())
    run(watch)
    (file,) = folder.rglob("*.dhb")
    inode = file.open("r+b")  # what is deleted is overwritten first
    assert [one.name for one in custody.held_elsewhere(node.book.all())] == ["stick"]
    county = Identity.generate()
    node.peers.ask(wire.Enrolment(county.name, "Kreis", ()), 1)
    node.peers.confirm(fingerprint(county.name), 2)
    ack = wire.Ack(node.identity.name, node.outbox.position().epoch, 1, county.name, 3)
    acks = folder / "DORFHUB" / "acks"
    acks.mkdir()
    (acks / "a.ack").write_bytes(wire.encode_ack(ack, county))
    shutil.move(folder, media / "away")
    run(watch)
    shutil.move(media / "away", folder)
    run(watch)
    assert list(folder.rglob("*.dhb")) == []
    with inode:
        assert not any(inode.read())
    assert [one.act for one in node.book.all()] == [Act.TAKEN, Act.ERASED]
    assert custody.held_elsewhere(node.book.all()) == []


def test_of_two_sticks_with_one_bundle_only_the_one_that_is_here_is_told_gone(
    node: Node, media: Path
) -> None:
    (written,) = stick.export(node.outbox, plug_in(media), 0)
    for name in ("rot, Frau Weber", "blau"):
        stick_visit.sign(node, written.path, name, Act.TAKEN)
    with written.path.open("rb") as stream:
        manifest = bundle.Reader(stream).manifest
    stick_visit.ended(node, manifest, media / "rot")
    assert [one.name for one in custody.held_elsewhere(node.book.all())] == ["blau"]
    stick_visit.ended(node, manifest, media / "sdb1")  # one that is called otherwise now
    assert [one.name for one in custody.held_elsewhere(node.book.all())] == ["blau"]


def test_a_copy_that_is_taken_again_after_it_was_erased_counts(node: Node, media: Path) -> None:
    (written,) = stick.export(node.outbox, plug_in(media), 0)
    stamp = dataclasses.replace(node.clock.stamp(), wall_ms=7_000)  # each boot begins in 1970
    for act in (Act.TAKEN, Act.TAKEN, Act.ERASED, Act.ERASED, Act.TAKEN):
        carrying.note(node.book, node.identity, written.path, name="a", act=act, stamp=stamp)
    assert [one.act for one in node.book.all()] == [Act.TAKEN, Act.ERASED, Act.TAKEN]
    (held,) = custody.held_elsewhere(node.book.all())
    assert held == node.book.all()[2]

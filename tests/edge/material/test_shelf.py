"""The shelf, sticks and packs: whole or not at all, once, and nothing followed that leads away."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from pathlib import Path

import pytest

from edge.material import pack, sticks
from edge.material import shelf as shelf_module
from edge.material.errors import MediumError, Refused
from edge.material.names import shown_name, title_of
from edge.material.shelf import Shelf
from tests.edge.material import makers


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "regal", keep_free=1_000_000)


def test_a_file_is_staged_read_back_and_put(shelf: Shelf) -> None:
    data = makers.wav()
    counted: list[int] = []
    part, digest = shelf.stage(io.BytesIO(data), "eins.teil", len(data), counted.append)
    assert digest == hashlib.sha256(data).hexdigest()
    assert sum(counted) == len(data)
    place = shelf.put(part, digest, "wav")
    assert place == shelf.path(digest, "wav")
    assert shelf.check(digest, "wav")
    assert list(shelf.held()) == [(digest, "wav")]
    place.chmod(0o600)
    place.write_bytes(data[:-1])
    assert not shelf.check(digest, "wav")
    shelf.remove(digest, "wav")
    assert list(shelf.held()) == []


class _Pulled(io.BytesIO):
    def read(self, count: int | None = -1) -> bytes:
        if self.tell():
            raise OSError(errno.EIO, "gone")
        return super().read(count)


def test_a_stick_pulled_half_way_leaves_nothing(shelf: Shelf) -> None:
    with pytest.raises(MediumError) as caught:
        shelf.stage(_Pulled(bytes(3_000_000)), "eins.teil", 3_000_000, lambda _: None)
    assert caught.value.code == "gone"
    assert list(shelf.staging.iterdir()) == []


def test_a_full_disk_is_said_before_and_while_copying(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MediumError) as caught:
        shelf.stage(io.BytesIO(b"x"), "a", 1 << 60, lambda _: None)
    assert (caught.value.code, "voll" in caught.value.hint) == ("full", True)

    def no_room(_: int) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(shelf_module.os, "fsync", no_room)
    with pytest.raises(MediumError) as caught:
        shelf.stage(io.BytesIO(b"x"), "a", 1, lambda _: None)
    assert caught.value.code == "full"
    assert list(shelf.staging.iterdir()) == []


def test_what_others_write_meanwhile_is_counted(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = iter((3_000_000, 3_000_000, 500_000))
    monkeypatch.setattr(Shelf, "room", lambda _: next(rooms))
    with pytest.raises(MediumError) as caught:
        shelf.stage(io.BytesIO(bytes(2_500_000)), "eins.teil", 2_500_000, lambda _: None)
    assert caught.value.code == "full"
    assert list(shelf.staging.iterdir()) == []


def test_a_disk_that_lies_is_noticed(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf_module, "read_back", lambda _: bytes(32))
    with pytest.raises(MediumError) as caught:
        shelf.stage(io.BytesIO(b"x"), "a", 1, lambda _: None)
    assert caught.value.code == "broken"
    assert list(shelf.staging.iterdir()) == []


@pytest.mark.parametrize("digest", ["..", "a" * 63, "../" + "a" * 61, "A" * 64])
def test_only_a_digest_names_a_file(shelf: Shelf, digest: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        shelf.path(digest, "pdf")


def test_what_was_begun_is_cleaned(shelf: Shelf) -> None:
    shelf.stage(io.BytesIO(b"x"), "a", 1, lambda _: None)
    shelf.clean()
    assert len(list(shelf.staging.iterdir())) == 1  # somebody may be at it
    shelf.clean(0)
    assert list(shelf.staging.iterdir()) == []


def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "media/STICK"
    (folder / "Filme").mkdir(parents=True)
    (folder / "Backhaus.pdf").write_bytes(makers.pdf())
    (folder / "Filme/Brot.wav").write_bytes(makers.wav())
    (folder / "Filme/Brot.de.vtt").write_text(makers.VTT)
    (folder / "Filme/Brot.uk.vtt").write_text(makers.VTT)
    (folder / "spiel.exe").write_bytes(b"MZ\x90\0" + bytes(50))
    (folder / "brief.doc.pdf").write_bytes(b"<html><script>")
    (folder / ".versteckt.pdf").write_bytes(makers.pdf())
    (folder / "leer.pdf").write_bytes(b"")
    return folder


def test_a_stick_is_looked_through(tmp_path: Path) -> None:
    folder = stick(tmp_path)
    assert sticks.sticks([tmp_path / "media"]) == [folder]
    found = sticks.look(folder)
    told = {one.path: (one.ending, bool(one.refused)) for one in found.offers}
    assert told == {
        "Backhaus.pdf": ("pdf", False),
        "Filme/Brot.wav": ("wav", False),
        "brief.doc.pdf": ("", True),
        "leer.pdf": ("", True),
        "spiel.exe": ("", True),
    }
    (brot,) = (one for one in found.offers if one.path == "Filme/Brot.wav")
    assert brot.captions == (("Filme/Brot.de.vtt", "de"), ("Filme/Brot.uk.vtt", "uk"))
    assert not found.more


def test_no_link_is_followed_anywhere(tmp_path: Path) -> None:
    folder = stick(tmp_path)
    secret = tmp_path / "geheim.pdf"
    secret.write_bytes(makers.pdf())
    (folder / "link.pdf").symlink_to(secret)
    (folder / "ordner").symlink_to(tmp_path)
    os.mkfifo(folder / "rohr.pdf")
    assert not {"link.pdf", "rohr.pdf"} & {one.path for one in sticks.look(folder).offers}
    for path in (
        "link.pdf",
        "ordner/geheim.pdf",
        "../geheim.pdf",
        "rohr.pdf",
        "fehlt.pdf",
        "Filme",
    ):
        with pytest.raises(MediumError):
            sticks.open_file(folder, path)
    file, size = sticks.open_file(folder, "Filme/Brot.wav")
    with file:
        assert len(file.read()) == size


def test_depth_and_number_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = stick(tmp_path)
    deep = folder.joinpath(*"abcdefghij")
    deep.mkdir(parents=True)
    (deep / "tief.pdf").write_bytes(makers.pdf())
    found = sticks.look(folder)
    assert found.more
    assert not [one for one in found.offers if "tief" in one.path]
    monkeypatch.setattr(sticks, "MAX_ENTRIES", 3)
    few = sticks.look(folder)
    assert few.more
    assert len(few.offers) <= 4
    monkeypatch.setattr(sticks, "MAX_ENTRIES", 1000)
    monkeypatch.setattr(sticks, "MAX_FILE_BYTES", 20)
    assert all(one.refused for one in sticks.look(folder).offers)


def test_a_stick_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(MediumError) as caught:
        sticks.look(tmp_path / "weg")
    assert caught.value.code == "gone"


PACK = """
version = 1
source = "Landkreis Gießen"
[[material]]
file = "Backhaus.pdf"
language = "de"
licence = "CC-BY-4.0"
subject = "heimat"
title = { de = "Unser Backhaus", uk = "Наша пекарня", xx = "nein" }
summary = { de = "Wie gebacken wird." }
"""


def test_a_pack_describes_what_lies_beside_it(tmp_path: Path) -> None:
    folder = stick(tmp_path)
    (folder / "material.toml").write_text(PACK)
    (about,) = (one.about for one in sticks.look(folder).offers if one.about)
    assert about is not None
    assert about.titles == {"de": "Unser Backhaus", "uk": "Наша пекарня"}
    assert (about.licence, about.language, about.source) == ("CC-BY-4.0", "de", "Landkreis Gießen")
    (folder / "Backhaus.pdf").unlink()
    assert "fehlt" in sticks.look(folder).problem


@pytest.mark.parametrize(
    "text",
    [
        "", "version = 2\nmaterial = []", "version = 1", "version = 1\nmaterial = [1]",
        PACK.replace("Backhaus.pdf", "../../etc/passwd"), PACK.replace("Backhaus.pdf", "/etc/x"),
        PACK.replace("CC-BY-4.0", "GPL"), PACK.replace('"heimat"', '"politik"'),
        PACK.replace('"de"', '"xy"', 1), PACK + 'sha256 = "abc"', PACK + PACK[12:],
        "version = 1\n" + "[" * 100_000,
    ],
)  # fmt: skip
def test_a_wrong_pack_is_said_to_be(text: str) -> None:
    with pytest.raises(Refused) as caught:
        pack.read(text.encode())
    assert caught.value.code == "manifest"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "etcpasswd"),
        ("Brot\u202egpj.exe", "Brotgpj.exe"),
        ("a\0b\nc.pdf", "ab c.pdf"),
        ("Grüße_Ж_مرحبا.pdf", "Grüße_Ж_مرحبا.pdf"),
        ("\udce4?.pdf", "__.pdf"),
        ("", "ohne Namen"),
    ],
)
def test_a_name_is_made_fit_to_be_shown(name: str, shown: str) -> None:
    assert shown_name(name) == shown


def test_a_long_name_keeps_its_ending() -> None:
    assert shown_name("ä" * 10_000 + ".pdf").endswith(".pdf")
    assert len(shown_name("ä" * 10_000 + ".pdf")) == 120
    assert title_of("brot_backen-2.pdf") == "Brot backen-2"
    assert title_of("...pdf") == "Pdf"

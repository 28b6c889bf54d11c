"""What a file is comes from its bytes; what acts, hides or lies is refused, and said why."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from edge.material import judge
from edge.material.errors import Refused
from edge.material.judge import Verdict
from tests.edge.material import makers


def judged(tmp_path: Path, data: bytes, name: str = "datei") -> Verdict:
    file = tmp_path / name
    file.write_bytes(data)
    return judge.judge(file)


def code(tmp_path: Path, data: bytes) -> str:
    with pytest.raises(Refused) as caught:
        judged(tmp_path, data)
    assert caught.value.hint
    return caught.value.code


def test_every_kind_is_known_by_its_bytes(tmp_path: Path) -> None:
    assert judged(tmp_path, makers.wav(2.5), "x.exe") == Verdict("wav", duration_ms=2500)
    assert judged(tmp_path, makers.mp4_shell()) == Verdict("mp4", duration_ms=3000)
    assert judged(tmp_path, makers.mp4_shell(picture=False)) == Verdict("m4a", duration_ms=3000)
    assert judged(tmp_path, makers.zim(1)) == Verdict("zim", pages=1)
    assert judged(tmp_path, makers.VTT.encode()) == Verdict("vtt")
    assert judged(tmp_path, makers.h5p()) == Verdict("h5p", title="Übung Backhaus", language="de")
    document = judged(tmp_path, makers.pdf())
    assert (document.ending, document.pages, document.title) == ("pdf", 2, "Backhaus")
    assert document.texts == makers.TALE


@pytest.mark.parametrize("ending", ["mp4", "webm"])
def test_a_real_film_is_taken(tmp_path: Path, ending: str) -> None:
    film = makers.film(tmp_path, ending=ending)
    if film is None:
        pytest.skip("Debian's ffmpeg is not installed")
    found = judge.judge(film)
    assert found.ending == ending
    assert found.duration_ms is not None
    assert 3900 < found.duration_ms < 4200


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (makers.with_script, "pdf_script"),
        (makers.with_key_script, "pdf_script"),
        (makers.with_launch, "pdf_launch"),
        (makers.with_attachment, "pdf_embedded"),
    ],
)
def test_a_pdf_that_acts_is_refused(
    tmp_path: Path, change: Callable[[object], None], expected: str
) -> None:
    assert code(tmp_path, makers.pdf(change=change)) == expected


def test_a_pdf_may_link(tmp_path: Path) -> None:
    assert judged(tmp_path, makers.pdf(change=makers.with_link)).pages == 2


def test_an_action_hides_neither_in_escapes_nor_in_an_older_revision(tmp_path: Path) -> None:
    plain = makers.pdf(change=makers.with_launch)
    hidden = plain.replace(b"/Launch", b"/L#61unch")
    assert hidden != plain
    assert code(tmp_path, hidden).startswith("pdf_")
    assert code(tmp_path, makers.pdf() + b"\n9 0 obj\n<</S /JavaScript>>\nendobj\n") == "pdf_script"


def test_a_pdf_with_password_or_cut_off_is_refused(tmp_path: Path) -> None:
    assert code(tmp_path, makers.locked_pdf()) == "encrypted"
    whole = makers.pdf()
    assert code(tmp_path, b"%PDF-1.7\n" + bytes(200)) == "damaged"
    assert code(tmp_path, whole[:60]) == "damaged"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"MZ\x90\0" + bytes(200), "program"),
        (b"\x7fELF" + bytes(200), "program"),
        (b"#!/bin/sh\nrm -rf /\n", "program"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "web_page"),
        (b"\xef\xbb\xbf  <svg xmlns='x' onload='a()'/>", "web_page"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "office"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "picture"),
        (b"Nur Text", "unknown"),
        (b"", "empty"),
        (makers.zipped({"a.txt": b"x"}), "archive"),
        (makers.zipped({"[Content_Types].xml": b"x"}), "office"),
        (makers.zipped({"[Content_Types].xml": b"x", "word/vbaProject.bin": b"x"}), "macros"),
    ],
)
def test_what_is_not_taken_is_named(tmp_path: Path, data: bytes, expected: str) -> None:
    assert code(tmp_path, data) == expected


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/cron.d/x.json", "/etc/x.json", "content/../../x.json", "content\\x.json",
        "C:/x.json", "content/./x.json", "content//x.json", ".ssh/x.json", "content/a\n.json",
    ],
)  # fmt: skip
def test_no_name_leads_out_of_an_exercise(tmp_path: Path, name: str) -> None:
    assert code(tmp_path, makers.h5p(**{name: b"{}"})) == "h5p_names"


@pytest.mark.parametrize(
    "name",
    ["content/index.html", "content/x.js", "content/setup.exe", "H5P.Begruessung-1.0/x.html",
     "content/x.svgz", "evil.php", "content/datei"],
)  # fmt: skip
def test_only_what_belongs_into_an_exercise_is_in_it(tmp_path: Path, name: str) -> None:
    assert code(tmp_path, makers.h5p(**{name: b"x"})) == "h5p_kind"


def test_a_bomb_is_refused_before_it_bursts(tmp_path: Path) -> None:
    assert code(tmp_path, makers.h5p(**{"content/big.txt": bytes(60_000_000)})) == "h5p_bomb"


def test_an_exercise_that_lies_about_a_size_is_refused(tmp_path: Path) -> None:
    data = bytearray(makers.zipped({**makers.h5p_files(), "content/a.txt": b"x" * 5000}))
    at = data.index(b"content/a.txt")
    struct.pack_into("<I", data, at - 30 + 22, 10)  # in the local header
    at = data.rindex(b"content/a.txt")
    struct.pack_into("<I", data, at - 46 + 24, 10)  # in the list
    assert code(tmp_path, bytes(data)) in {"damaged", "h5p_bomb"}


def test_an_exercise_with_a_link_two_names_or_no_program_is_refused(tmp_path: Path) -> None:
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in makers.h5p_files().items():
            archive.writestr(name, data)
        link = zipfile.ZipInfo("content/link.json")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert code(tmp_path, made.getvalue()) == "h5p_link"
    assert code(tmp_path, makers.h5p(**{"content/A.txt": b"", "content/a.txt": b""})) == "h5p_names"
    files = makers.h5p_files()
    bare = {name: data for name, data in files.items() if "Begruessung-1.0" not in name}
    assert code(tmp_path, makers.zipped(bare)) == "h5p_libraries"
    assert code(tmp_path, makers.zipped({**files, "h5p.json": b"[]"})) == "damaged"
    assert code(tmp_path, makers.zipped({**files, "h5p.json": b"[" * 100_000})) == "damaged"


def test_a_cut_or_changed_file_is_refused(tmp_path: Path) -> None:
    for whole in (makers.mp4_shell(), makers.zim(), makers.h5p()):
        for cut in range(0, len(whole), max(1, len(whole) // 40)):
            with pytest.raises(Refused):
                judged(tmp_path, whole[:cut])
    spoiled = bytearray(makers.zim())
    spoiled[150] ^= 1
    assert code(tmp_path, bytes(spoiled)) == "damaged"
    assert code(tmp_path, makers.wav()[:40]) == "damaged"


def test_captions_are_captions(tmp_path: Path) -> None:
    assert code(tmp_path, b"WEBVTT\n\nSTYLE\n::cue{background:url(x)}\n") == "style"
    assert code(tmp_path, b"WEBVTT\n\n00:01 --> 00:02\nx\n") == "damaged"
    assert code(tmp_path, b"WEBVTT\n") == "damaged"
    assert code(tmp_path, b"WEBVTT\n\n\xff\xfe") == "damaged"


def test_in_a_process_of_its_own_it_says_the_same(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(makers.pdf())
    assert judge.ask(file) == judge.judge(file)
    file.write_bytes(makers.pdf(change=makers.with_script))
    with pytest.raises(Refused) as caught:
        judge.ask(file)
    assert caught.value.code == "pdf_script"


def test_what_cannot_be_read_in_time_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, "CPU_S", 0)  # the kernel ends the process
    file = tmp_path / "a.pdf"
    file.write_bytes(makers.pdf(*["Seite"] * 300))
    with pytest.raises(Refused) as caught:
        judge.ask(file)
    assert caught.value.code == "too_hard"

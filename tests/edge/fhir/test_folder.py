"""Folders that others fetch from: whole or not at all, sealed, tidied."""

import os
from pathlib import Path

import pyrage
import pytest

from edge.fhir import folder
from edge.fhir.issue import FhirError

FILES = {"a.json": b"1", "b.ndjson": b"2"}


def test_a_folder_is_there_whole_and_replaced_whole(tmp_path: Path) -> None:
    whole = folder.put(tmp_path / "aus", "x", FILES)
    assert {one.name: one.read_bytes() for one in whole.iterdir()} == FILES
    folder.put(tmp_path / "aus", "x", {"c": b"3"})
    assert [one.name for one in whole.iterdir()] == ["c"]
    assert [one.name for one in (tmp_path / "aus").iterdir()] == ["x"]


def test_what_fails_on_the_way_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = folder.put(tmp_path, "x", FILES)
    calls = []

    def full(_: int) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise OSError(28, "no space")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        folder.put(tmp_path, "x", {"c": b"3", "d": b"4"})
    assert {one.name for one in whole.iterdir()} == set(FILES)
    assert [one.name for one in tmp_path.iterdir()] == ["x"]
    calls.clear()
    calls.append(1)
    with pytest.raises(OSError, match="no space"):
        folder.put_file(tmp_path / "y", b"5")
    assert [one.name for one in tmp_path.iterdir()] == ["x"]


def test_sealed_files_open_with_one_key_alone(tmp_path: Path) -> None:
    mine, other = (pyrage.x25519.Identity.generate() for _ in range(2))
    whole = folder.put(tmp_path, "x", FILES, [str(mine.to_public())])
    content = (whole / "a.json.age").read_bytes()
    assert folder.opened(content, str(mine)) == b"1"
    for broken in (content[:-1], b"x", b""):
        with pytest.raises(FhirError):
            folder.opened(broken, str(mine))
    with pytest.raises(FhirError, match="anderen Schlüssel"):
        folder.opened(content, str(other))


def test_what_is_no_key_is_refused() -> None:
    with pytest.raises(FhirError, match="age"):
        folder.recipients(["age1nein"])


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "MOST_BYTES", 1 << 20)
    (tmp_path / "x.json").write_bytes(b"x" * ((1 << 20) + 1))
    with pytest.raises(FhirError, match="1 MB"):
        folder.content_of(tmp_path / "x.json", "")


def test_what_was_set_aside_goes_after_a_quarter(tmp_path: Path) -> None:
    key = str(pyrage.x25519.Identity.generate().to_public())
    for name in ("alt.json", "neu.json"):
        (tmp_path / name).write_bytes(b"{}")
        folder.set_aside(tmp_path / name, folder.REFUSED, b"{}", "Grund", key)
    old = tmp_path / folder.REFUSED / "alt.json.age"
    now_ms = old.stat().st_mtime_ns // 1_000_000
    os.utime(old, (1, 1))
    assert folder.tidy(tmp_path, now_ms) == 1
    left = {one.name for one in (tmp_path / folder.REFUSED).iterdir()}
    assert left == {"neu.json.age", "neu.json.warum.txt.age", "alt.json.warum.txt.age"}
    assert folder.incoming(tmp_path) == []

from __future__ import annotations

from pathlib import Path

import pytest
from datasette_snapshots.folder import MAX_SNAPSHOTS, Snapshot, read_folder


def pointer(folder: Path, name: str, target: str) -> None:
    (folder / f"{name}.current").write_text(target)


def test_a_pointer_names_a_file_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "heat-v1.db").write_bytes(b"")
    pointer(tmp_path, "heat", "heat-v1.db\n")
    assert read_folder(tmp_path) == ({"heat": Snapshot("heat", tmp_path / "heat-v1.db")}, {})


def test_a_folder_that_does_not_exist_yet_is_empty(tmp_path: Path) -> None:
    assert read_folder(tmp_path / "later") == ({}, {})


def test_a_pointer_that_is_being_written_is_not_there_yet(tmp_path: Path) -> None:
    (tmp_path / "heat-v1.db").write_bytes(b"")
    pointer(tmp_path, ".heat", "heat-v1.db")
    assert read_folder(tmp_path) == ({}, {})


@pytest.mark.parametrize(
    "target",
    ["../village.db", "/etc/passwd", "sub/x.db", "", "x.txt", ".hidden.db", "x.db\x00", "é.db"],
)
def test_nothing_outside_of_the_folder_can_be_named(tmp_path: Path, target: str) -> None:
    public = tmp_path / "public"
    public.mkdir()
    (tmp_path / "village.db").write_bytes(b"")
    pointer(public, "heat", target)
    found, problems = read_folder(public)
    assert found == {}
    assert "no database file" in problems["heat"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    public = tmp_path / "public"
    public.mkdir()
    (tmp_path / "village.db").write_bytes(b"")
    (public / "x.db").symlink_to(tmp_path / "village.db")
    pointer(public, "file", "x.db")
    (public / "y.db").write_bytes(b"")
    (tmp_path / "y").write_text("y.db")
    (public / "pointer.current").symlink_to(tmp_path / "y")
    found, problems = read_folder(public)
    assert found == {}
    assert sorted(problems) == ["file", "pointer"]


@pytest.mark.parametrize("name", ["_internal", "a b", "ä", "x" * 101])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.db").write_bytes(b"")
    pointer(tmp_path, name, "x.db")
    found, problems = read_folder(tmp_path)
    assert found == {}
    assert name in problems


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    pointer(tmp_path, "heat", "heat-v1.db")
    assert "heat" in read_folder(tmp_path)[1]


def test_the_number_of_snapshots_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"")
    for number in range(MAX_SNAPSHOTS + 1):
        pointer(tmp_path, f"s{number:03d}", "x.db")
    found, problems = read_folder(tmp_path)
    assert (len(found), list(problems)) == (MAX_SNAPSHOTS, [f"s{MAX_SNAPSHOTS}"])

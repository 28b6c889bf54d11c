"""One connection for all threads; closed when nobody is left, kept open where that is said."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edge.store import shared
from edge.store.errors import StoreError
from edge.store.shared import kept_open, looking, writing
from edge.store.village import VillageStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "village.db"
    VillageStore(path).close()
    return path


def open_files() -> int:
    found = 0
    for one in Path("/proc/self/fd").iterdir():
        try:
            found += str(one.readlink()).endswith("village.db")
        except OSError:
            continue
    return found


def test_nothing_stays_open(path: Path) -> None:
    for way in (looking, writing):
        with way(path) as village:
            assert village.places() == []
        assert open_files() == 0


def test_who_comes_meanwhile_shares_it(path: Path) -> None:
    gate = threading.Barrier(6)

    def guest(_: int) -> int:
        with looking(path) as village:
            gate.wait()
            return id(village)

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(guest, range(6)))) == 1
    assert open_files() == 0


def test_it_is_kept_open_where_that_is_said(path: Path) -> None:
    with kept_open(path):
        with looking(path) as first:
            pass
        assert open_files() == 1
        with looking(path) as again:
            assert again is first
        with writing(path) as village, writing(path) as other:
            assert village is other
        assert open_files() == 2
    assert open_files() == 0


def test_who_is_still_in_at_the_end_closes_it(path: Path) -> None:
    keeping = kept_open(path)
    keeping.__enter__()
    with looking(path) as village:
        keeping.__exit__(None, None, None)
        assert village.places() == []
    assert open_files() == 0


def test_who_looks_sees_every_commit_and_cannot_write(path: Path) -> None:
    with kept_open(path), looking(path) as looker, writing(path) as writer:
        before = looker.version()
        assert looker.version() == before
        writer.add_notice("Suppe", "Um fünf.", 1)
        assert looker.version() != before
        assert [one.title for one in looker.notices(2)] == ["Suppe"]
        with pytest.raises(StoreError):
            looker.add_notice("Suppe", "Um sechs.", 1)


def test_a_connection_with_an_error_is_not_given_to_the_next(path: Path) -> None:
    with kept_open(path), looking(path) as still:
        with pytest.raises(StoreError), looking(path):
            raise StoreError("disk I/O error")
        with looking(path) as second:
            assert second is not still
        assert still.places() == []  # who was in goes on
    assert open_files() == 0


def test_what_is_no_error_of_the_store_keeps_it(path: Path) -> None:
    with kept_open(path):
        with pytest.raises(ZeroDivisionError), looking(path) as first:
            raise ZeroDivisionError
        with looking(path) as second:
            assert second is first


def test_a_file_put_in_its_place_is_opened(path: Path) -> None:
    other = path.with_name("restored.db")
    with VillageStore(other) as village:
        village.add_notice("Zurückgespielt", "", 1)
    with kept_open(path):
        with looking(path) as village:
            assert village.notices(2) == []
            before = village.version()
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        other.replace(path)
        with looking(path) as village:
            assert [one.title for one in village.notices(2)] == ["Zurückgespielt"]
            assert village.version() != before


def test_after_a_while_it_is_opened_anew(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with kept_open(path):
        with looking(path) as first:
            pass
        monkeypatch.setattr(shared, "OLD_S", -1.0)
        with looking(path) as second:
            assert second is not first
        assert open_files() == 1


def test_no_file_is_said_each_time(tmp_path: Path) -> None:
    path = tmp_path / "village.db"
    with kept_open(path):
        for _ in range(2):
            with pytest.raises(StoreError), looking(path):
                pass
        VillageStore(path).close()
        with looking(path) as village:
            assert village.places() == []


def test_an_idle_connection_is_in_nobodys_way(path: Path) -> None:
    with kept_open(path):
        for way in (looking, writing):
            with way(path) as village:
                village.places()
        with VillageStore(path) as other:
            other.add_notice("Suppe", "", 1)
            assert other.checkpoint()

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from edge.store import connection as module
from edge.store.connection import Connection
from edge.store.errors import StoreBusy, StoreError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "x.db"
    with Connection.open(path) as opened, opened.transaction() as driver:
        driver.execute("CREATE TABLE t (a INTEGER) STRICT")
    return path


def test_an_exception_in_a_transaction_undoes_it_and_is_passed_on(path: Path) -> None:
    with Connection.open(path) as opened:
        with pytest.raises(ZeroDivisionError), opened.transaction() as driver:  # noqa: PT012
            driver.execute("INSERT INTO t VALUES (1)")
            raise ZeroDivisionError
        assert opened.rows("SELECT * FROM t") == []
        with opened.transaction() as driver:
            driver.execute("INSERT INTO t VALUES (2)")
        assert opened.row("SELECT a FROM t") == (2,)


def test_a_failed_statement_is_ours_and_undone(path: Path) -> None:
    with Connection.open(path) as opened:
        with pytest.raises(StoreError, match=r"x\.db: .*no_such"), opened.transaction() as driver:  # noqa: PT012
            driver.execute("INSERT INTO t VALUES (1)")
            driver.execute("INSERT INTO no_such VALUES (1)")
        assert opened.rows("SELECT * FROM t") == []


def test_a_writer_waits_for_the_other(path: Path) -> None:
    with Connection.open(path) as one, Connection.open(path) as two:
        inside, finished = threading.Event(), threading.Event()

        def slow() -> None:
            with one.transaction() as driver:
                driver.execute("INSERT INTO t VALUES (1)")
                inside.set()
                finished.wait(0.2)

        thread = threading.Thread(target=slow)
        thread.start()
        inside.wait(5)
        with two.transaction() as driver:
            driver.execute("INSERT INTO t VALUES (2)")
        thread.join()
        assert two.rows("SELECT a FROM t") == [(1,), (2,)]


def test_a_writer_that_never_ends_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUSY_TIMEOUT_S", 0.05)
    with Connection.open(path) as waiting, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy) as caught, waiting.transaction():
            pytest.fail("two writers at once")
        assert caught.value.hint
        other.rollback()
        with waiting.transaction() as driver:
            driver.execute("INSERT INTO t VALUES (3)")


def test_a_checkpoint_waits_for_readers_and_then_empties_the_log(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_TIMEOUT_S", 0.05)
    log = path.with_name("x.db-wal")
    with Connection.open(path) as opened, closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM t").fetchall()
        with opened.transaction() as driver:
            driver.execute("INSERT INTO t VALUES (1)")
        assert not opened.checkpoint()
        assert log.stat().st_size > 0
        reader.rollback()
        assert opened.checkpoint()
        assert log.stat().st_size == 0


def test_a_folder_that_may_not_be_written_is_ours(tmp_path: Path) -> None:
    (tmp_path / "x.db").mkdir()
    with pytest.raises(StoreError, match=r"x\.db"):
        Connection.open(tmp_path / "x.db")


def test_killed_in_the_middle_of_commits_it_is_whole(path: Path) -> None:
    """Three rows a commit: after SIGKILL there are full commits only, and all that were told."""
    script = """
import os, sys
from pathlib import Path
from edge.store.connection import Connection
with Connection.open(Path(sys.argv[1])) as opened:
    for number in range(1, 100000):
        with opened.transaction() as driver:
            driver.executemany("INSERT INTO t VALUES (?)", [(number,)] * 3)
        os.write(1, b"%d\\n" % number)
"""
    process = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    told = [int(process.stdout.readline()) for _ in range(50)]
    process.kill()
    told += [int(line) for line in process.stdout.read().split(b"\n")[:-1]]
    process.wait()
    process.stdout.close()
    with Connection.open(path) as opened:
        rows = opened.rows("SELECT a, count(*) FROM t GROUP BY a ORDER BY a")
        assert opened.row("PRAGMA integrity_check") == ("ok",)
    assert {count for _, count in rows} == {3}
    assert [number for number, _ in rows][: len(told)] == told
    assert len(rows) - len(told) in {0, 1}, "at most the one commit whose word was cut off"


def test_the_disk_is_asked_before_it_is_called_full(path: Path) -> None:
    assert not module._is_full(path)
    assert not module._is_full(path / "nowhere" / "x.db")
    error = sqlite3.OperationalError("disk I/O error")
    assert type(module._translate(error, path)) is StoreError

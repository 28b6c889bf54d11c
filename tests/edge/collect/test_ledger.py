from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.collect.ledger import Ledger, LedgerError

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def test_what_was_noted_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "asked.json"
    ledger = Ledger(path)
    assert (ledger.last("a", NOON), ledger.count("a", NOON)) == (None, 0)
    ledger.note("a", NOON)
    ledger.note("a", NOON + timedelta(minutes=1))
    again = Ledger(path)
    assert again.last("a", NOON) == NOON + timedelta(minutes=1)
    assert (again.count("a", NOON), again.count("b", NOON)) == (2, 0)
    assert again.count("a", NOON + timedelta(days=1)) == 0
    again.note("a", NOON + timedelta(days=1))
    assert again.count("a", NOON + timedelta(days=1)) == 1


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": 1}', '{"a": ["x", "y", "z"]}', "\x00"])
def test_a_broken_file_spares_everybody(tmp_path: Path, content: str) -> None:
    path = tmp_path / "asked.json"
    path.write_text(content)
    ledger = Ledger(path)
    assert ledger.last("a", NOON) == NOON
    assert ledger.last("a", NOON + timedelta(hours=5)) == NOON
    ledger.note("a", NOON)
    assert Ledger(path).last("a", NOON) == NOON


def test_what_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LedgerError) as caught:
        Ledger(tmp_path / "absent" / "asked.json").note("a", NOON)
    assert caught.value.hint


def test_threads_may_share_one(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "asked.json")
    threads = [
        threading.Thread(target=lambda name=name: [ledger.note(name, NOON) for _ in range(20)])
        for name in "abcd"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [Ledger(tmp_path / "asked.json").count(name, NOON) for name in "abcd"] == [20] * 4

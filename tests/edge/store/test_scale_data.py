"""What a person tells a scale: for the collector alone, and gone once it was taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.store.scale_data import OLDEST_MS, data_file, lay_down, new_token, remove, take


def test_what_is_laid_down_is_taken_once(tmp_path: Path) -> None:
    token = lay_down(tmp_path / "run", {"sex": 1}, 0)
    path = tmp_path / "run" / data_file(token)
    assert path.stat().st_mode & 0o777 == 0o600
    assert take(tmp_path / "run", token) == {"sex": 1}
    assert not path.exists()
    assert take(tmp_path / "run", token) is None
    path.write_text("[]")
    assert take(tmp_path / "run", token) is None
    path.write_text("{")
    assert take(tmp_path / "run", token) is None
    assert not path.exists()


def test_what_nobody_took_is_swept(tmp_path: Path) -> None:
    old = tmp_path / data_file(lay_down(tmp_path, {}, 0))
    written_ms = old.stat().st_mtime_ns // 1_000_000
    lay_down(tmp_path, {}, written_ms + OLDEST_MS - 1000)
    assert old.exists()
    lay_down(tmp_path, {}, written_ms + OLDEST_MS + 1000)
    assert not old.exists()


def test_a_persons_data_has_a_name_that_leads_nowhere_else(tmp_path: Path) -> None:
    assert data_file(new_token()) != data_file(new_token())
    keys = tmp_path / "keys"
    keys.write_text("")
    for wrong in ("", "../keys/bonds", "keys", "G" * 32, "a" * 31):
        with pytest.raises(ValueError, match="no token"):
            data_file(wrong)
        assert take(tmp_path, wrong) is None
        remove(tmp_path, wrong)
    remove(tmp_path, None)
    assert keys.exists()

"""The measurements of the open data, small: everything is answered, whatever is under way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks import swaps, ten_million, web_stack


@pytest.mark.soak
def test_swaps_give_no_error(tmp_path: Path) -> None:
    seen = swaps.measure(tmp_path, swaps=3, requests=200, settle_s=0)
    assert seen["errors"] == 0


@pytest.mark.soak
def test_every_question_about_many_rows_is_answered(tmp_path: Path) -> None:
    seen = list(ten_million.measure(tmp_path, buildings=20, hours=500, times=1))
    assert {one["status"] for one in seen} == {200}


@pytest.mark.soak
def test_pages_and_open_data_are_served_beside_each_other(tmp_path: Path) -> None:
    seen = web_stack.measure(tmp_path, requests=40, pages=20)
    started = seen["started_mib"]
    assert isinstance(started, dict)
    assert sum(started.values()) < web_stack.MOST_MIB

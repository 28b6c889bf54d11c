"""Programs ask the open data: nothing is answered with 500, and each answer is as described."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from datasette import handle_exception

from tests.fuzz.interfaces import asked, operations, published

QUICK, MANY = 4, 50
FIXED = {"/-/sta/v1.1", "/-/snapshots.json", "/-/cell-guard.json"}  # nothing to be spoiled


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve a village; where `rich` is installed Datasette draws every frame of an error."""
    monkeypatch.setattr(handle_exception, "rich", None)
    with published(tmp_path) as address:
        yield address
    gc.collect()  # what failed is a circle of its traceback and the open file


def _ask(address: str, examples: int) -> dict[str, Counter[int]]:
    found: dict[str, Counter[int]] = {}
    for operation in operations():
        seen = asked(operation, address, examples)
        if operation.path not in FIXED:
            seen += asked(operation, address, examples, spoiled=True)
        found[operation.label] = seen
    return found


def test_every_interface_keeps_its_promise(address: str) -> None:
    assert len(_ask(address, QUICK)) > 12


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_every_interface_keeps_its_promise_for_long(address: str) -> None:
    found = _ask(address, MANY)
    assert [label for label, seen in found.items() if not seen[200]] == []  # got somewhere


def test_an_answer_that_is_not_as_described_is_found(address: str) -> None:
    snapshots = next(one for one in operations() if one.path == "/-/snapshots.json")
    (described,) = (snapshots.definition.raw["responses"]["200"]["content"].values(),)
    schema = next(iter(described))["schema"]
    schema["required"].append("gibtsnicht")
    with pytest.raises(BaseException, match="gibtsnicht"):
        asked(snapshots, address, 1)

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyrage
import pytest

from edge.clock import FixedClock
from edge.store.journal import Journal
from edge.store.personal import PersonalStore
from edge.store.village import VillageStore

NOW_MS = 1_790_000_000_000


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW_MS)


@pytest.fixture
def identity() -> pyrage.x25519.Identity:
    return pyrage.x25519.Identity.generate()


@pytest.fixture
def journal(tmp_path: Path, identity: pyrage.x25519.Identity) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.db", str(identity.to_public())) as opened:
        yield opened


@pytest.fixture
def village(tmp_path: Path) -> Iterator[VillageStore]:
    with VillageStore(tmp_path / "village.db") as opened:
        yield opened


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "personal.key"
    path.write_text("5a" * 32 + "\n")
    return path


@pytest.fixture
def personal(tmp_path: Path, key_file: Path) -> Iterator[PersonalStore]:
    with PersonalStore.open(tmp_path / "personal.db", key_file) as opened:
        yield opened

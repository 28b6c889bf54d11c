from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiled import share
from tests.edge.web.villagers import House, small_house

share()


@pytest.fixture
def house(tmp_path: Path) -> House:
    return small_house(tmp_path)

from __future__ import annotations

from pathlib import Path

import pytest

from tests.carers import Ward, furnished_ward


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    return furnished_ward(tmp_path)

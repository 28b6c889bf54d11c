"""The readings that benchmarks share."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sync.columns import Source


@pytest.fixture(scope="session")
def readings() -> Callable[..., list[Source]]:
    """Return `village_month.readings`."""
    spec = importlib.util.spec_from_file_location(
        "village_month", Path(__file__).with_name("village_month.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    found: Callable[..., list[Source]] = module.readings
    return found

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FURNISHINGS = Path(__file__).parents[2] / "furnishings" / "heat"


def _module(name: str = "village") -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"made_up_{name}", FURNISHINGS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys  # noqa: PLC0415  # dataclasses look their module up

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def write_village() -> Callable[..., Any]:
    """Write the tables of a made-up village into a folder."""
    return _module().write  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def typology_text() -> str:
    return (FURNISHINGS / "typology.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def outlines() -> ModuleType:
    """Return what draws a made-up village."""
    return _module("outlines")

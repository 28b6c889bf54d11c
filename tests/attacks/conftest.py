"""Hubs whose villages are attacked, and builders that protect nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.config import Config
from edge.publish import build, build_plan
from edge.publish.audit import Verdict
from edge.publish.share import Rule
from tests.attacks.published import hub

Careless = Callable[[], None]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return hub(tmp_path)


@pytest.fixture
def careless(monkeypatch: pytest.MonkeyPatch) -> Careless:
    """Turn every protection off: the builder's rule, and the auditor."""

    def off() -> None:
        monkeypatch.setattr(build_plan, "rule_of", lambda _: Rule(1, 0, 100))
        monkeypatch.setattr(build, "audit", lambda path, *_, **__: Verdict(path.name, ()))

    return off

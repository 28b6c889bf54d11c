"""Hubs whose villages are attacked, and builders that protect nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.config import Config
from edge.publish import build, build_plan
from edge.publish.audit import Verdict
from edge.publish.share import Rule
from tests.attacks import marked
from tests.attacks.published import hub

Careless = Callable[[], None]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return hub(tmp_path)


@pytest.fixture(scope="session")
def unpublished(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A hub with the canary in every place, of which nothing is published yet: copy it."""
    return marked.furnished(tmp_path_factory.mktemp("marked"))


@pytest.fixture(scope="session")
def everywhere(unpublished: Config, tmp_path_factory: pytest.TempPathFactory) -> Config:
    """The same with every cube published; whoever has it only looks."""
    config = marked.copied(unpublished, tmp_path_factory.mktemp("everywhere"))
    marked.published(config)
    return config


@pytest.fixture
def careless(monkeypatch: pytest.MonkeyPatch) -> Careless:
    """Turn every protection off: the builder's rule, and the auditor."""

    def off() -> None:
        monkeypatch.setattr(build_plan, "rule_of", lambda _: Rule(1, 0, 100))
        monkeypatch.setattr(build, "audit", lambda path, *_, **__: Verdict(path.name, ()))

    return off

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette

from tests.datasette_plugins.instance import days, described, make

PLUGIN = "datasette-dcat-ap-de"
WHOLE: dict[str, Any] = {
    "publisher": {"name": "Gemeinde Musterdorf", "type": "LocalAuthority"},
    "contact": {"email": "daten@musterdorf.example"},
    "contributor": "hessen",
    "themes": ["ENER", "REGI"],
    "keywords": ["Wärme", "Gemeinde"],
    "frequency": "DAILY",
    "availability": "STABLE",
    "region": "06531",
    "level": "municipality",
}
TIMES = {"heat/tag": {PLUGIN: {"time_column": "tag"}}}
Made = Callable[..., Datasette]


@pytest.fixture
def village(tmp_path: Path) -> Made:
    """Make a Datasette of one database `heat`; keywords change the plugin's configuration."""

    def made(
        parts: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
        settings: dict[str, Any] | None = None,
        **changed: object,
    ) -> Datasette:
        said = {
            "title": "Offene Daten aus Musterdorf",
            "description": "Was das Dorf gemeinsam misst.",
            "databases": {"heat": described()},
            **(metadata or {}),
        }
        plugin = {key: one for key, one in {**WHOLE, **changed}.items() if one is not None}
        path = tmp_path / "heat.db"
        file = path if path.exists() else days(tmp_path)
        return make([file], said, {PLUGIN: plugin}, parts or TIMES, **(settings or {}))

    return made

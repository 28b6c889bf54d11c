from __future__ import annotations

import pytest

from tests.datasette_plugins.instance import IS_OLD

if IS_OLD:

    @pytest.fixture(autouse=True)
    def _nothing_left_behind() -> None:
        """Ask less than elsewhere: the thread by which 0.65 writes never ends."""

else:
    from datasette import handle_exception

    @pytest.fixture(autouse=True)
    def _no_pictures_of_errors(monkeypatch: pytest.MonkeyPatch) -> None:
        """Where `rich` is installed Datasette draws every frame's variables for each such page."""
        monkeypatch.setattr(handle_exception, "rich", None)

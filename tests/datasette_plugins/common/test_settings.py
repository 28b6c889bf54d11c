from __future__ import annotations

import pytest
from datasette.app import Datasette
from datasette.utils import StartupError

from tests.datasette_plugins.instance import ask, make


async def nothing(datasette: Datasette) -> None:
    """Ask nothing."""


@pytest.mark.parametrize(
    "plugin", ["datasette-ngsi-ld", "datasette-sensorthings", "datasette-waermekataster"]
)
def test_a_wrong_setting_ends_the_start_and_is_named(plugin: str) -> None:
    with pytest.raises(StartupError, match=rf"^{plugin}\.database must be a text$"):
        ask(make([], {}, {plugin: {}}), nothing)

from __future__ import annotations

import pytest
from datasette.app import Datasette
from datasette.utils import StartupError
from datasette_common.settings import SettingsError, pieces

from tests.datasette_plugins.instance import ask, make


async def nothing(datasette: Datasette) -> None:
    """Ask nothing."""


@pytest.mark.parametrize(
    "plugin", ["datasette-ngsi-ld", "datasette-sensorthings", "datasette-waermekataster"]
)
def test_a_wrong_setting_ends_the_start_and_is_named(plugin: str) -> None:
    with pytest.raises(StartupError, match=rf"^{plugin}\.database must be a text$"):
        ask(make([], {}, {plugin: {}}), nothing)


def test_a_template_is_texts_with_columns_behind_them() -> None:
    assert pieces("a {b}{c} {{d}}", "x") == [("a ", "b"), ("", "c"), (" {", None), ("d}", None)]
    assert pieces("{site}", "x") == [("", "site")]
    assert pieces("", "x") == []


@pytest.mark.parametrize("text", ["{", "}", "{}", "{a!r}", "{a:>9}"])
def test_what_is_no_template_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^here\.name: "):
        pieces(text, "here.name")

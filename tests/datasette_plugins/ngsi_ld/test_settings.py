from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from datasette_common.settings import SettingsError
from datasette_ngsi_ld import read_model
from datasette_ngsi_ld.settings import read_services

from tests.datasette_plugins.ngsi_ld.conftest import SETTINGS


def test_the_tables_are_those_that_are_read() -> None:
    assert read_model(SETTINGS).tables == ("hour", "site", "station", "weather")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: s.pop("database"),
        lambda s: s.pop("entities"),
        lambda s: s.update(page_sise=3),
        lambda s: s["entities"]["building"].update(idd="site"),
        lambda s: s["entities"]["building"].update(type="A B"),
        lambda s: s["entities"]["heat"].update(prefix="urn:ngsi-ld:Building:"),
        lambda s: s["entities"]["heat"].update(prefix="no uri"),
        lambda s: s["entities"]["heat"]["attributes"]["numValue"].update(unit="kWh"),
        lambda s: s["entities"]["heat"]["attributes"]["numValue"].update(format="%d.%m.%Y"),
        lambda s: s["entities"]["heat"]["attributes"]["numValue"].update(colum="x"),
        lambda s: s["entities"]["building"]["attributes"].update(id="{site}"),
        lambda s: s["entities"]["building"]["attributes"].update(name="{site"),
        lambda s: s["entities"]["building"]["attributes"].update(name={}),
        lambda s: s["entities"]["heat"]["attributes"]["numValue"].update(factor="0.01"),
        lambda s: s["entities"]["heat"]["attributes"]["numValue"].update(factor=True),
        lambda s: s["entities"]["heat"]["attributes"]["numValue"].update(factor=float("inf")),
        lambda s: s["terms"].update(name="no iri"),
    ],
)
def test_a_wrong_setting_is_named(spoil: Callable[[dict[str, Any]], object]) -> None:
    settings = copy.deepcopy(SETTINGS)
    spoil(settings)
    with pytest.raises(SettingsError, match=r"datasette-ngsi-ld|does not sort"):
        read_model(settings)


def test_a_term_is_found_again_by_what_it_stands_for() -> None:
    terms = {
        "own": "urn:ngsi-ld:term:own",
        "core": "ngsi-ld:core",
        "far": "https://example.org/far",
    }
    context = read_model({**SETTINGS, "terms": terms}).context
    assert context.iri("core") == "https://uri.etsi.org/ngsi-ld/core"
    assert [context.name(context.iri(name)) for name in (*terms, "location")] == [
        *terms,
        "location",
    ]


def test_services_beside_the_first_are_read_whole() -> None:
    beside = {**SETTINGS, "database": "air"}
    found = read_services({**SETTINGS, "services": {"umwelt": beside}})
    assert {name: each.database for name, each in found.items()} == {"": "heat", "umwelt": "air"}
    for wrong in (
        {"Um/welt": beside},
        {"v1": beside},
        {"umwelt": {}},
        {"umwelt": SETTINGS["terms"]},
    ):
        with pytest.raises(SettingsError, match="datasette-ngsi-ld"):
            read_services({**SETTINGS, "services": wrong})

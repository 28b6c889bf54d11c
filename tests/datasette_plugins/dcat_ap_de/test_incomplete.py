"""What is missing or wrong is said, and no catalogue is given meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from datasette.app import Datasette

from tests.datasette_plugins.dcat_ap_de.conftest import PLUGIN, Made
from tests.datasette_plugins.instance import IS_OLD, ask, described

TABLE = "databases / heat / tables / tag"
WHOLE_INSTANCE = f"plugins / {PLUGIN}"


def problems(datasette: Datasette) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []

    async def questions(datasette: Datasette) -> None:
        for form in ("ttl", "rdf", "jsonld"):
            answer = await datasette.client.get(f"/-/dcat.{form}")
            assert answer.status_code == 503, answer.text
            assert answer.headers["cache-control"] == "no-store"
            found[:] = answer.json()["problems"]
        page = await datasette.client.get("/-/dcat", headers={"accept": "text/html"})
        assert page.status_code == 503
        assert "noch nicht vollständig" in page.text
        for one in found:
            assert one["where"] in page.text

    ask(datasette, questions)
    return found


def said(**changed: object) -> dict[str, Any]:
    return {"databases": {"heat": {**described(), **changed}}}


@pytest.mark.parametrize(
    ("changed", "where", "word"),
    [
        ({"publisher": None}, f"{WHOLE_INSTANCE} / publisher", "publisher"),
        ({"publisher": {"name": " "}}, f"{WHOLE_INSTANCE} / publisher", "publisher"),
        ({"publisher": "Gemeinde"}, f"{WHOLE_INSTANCE} / publisher", "group"),
        ({"contact": {"name": "Amt"}}, f"{WHOLE_INSTANCE} / contact", "email"),
        ({"themes": ["HEAT"]}, f"{WHOLE_INSTANCE} / themes", "ENER"),
        ({"themes": "ENER"}, f"{WHOLE_INSTANCE} / themes", "list"),
        ({"frequency": "SOMETIMES"}, f"{WHOLE_INSTANCE} / frequency", "DAILY"),
        ({"region": "6531a"}, f"{WHOLE_INSTANCE} / region", "digits"),
        ({"region": "0653"}, f"{WHOLE_INSTANCE} / region", "digits"),
        ({"level": "village"}, f"{WHOLE_INSTANCE} / level", "municipality"),
        ({"hvd": ["heat"]}, f"{WHOLE_INSTANCE} / hvd", "meteorological"),
        ({"language": "ger"}, f"{WHOLE_INSTANCE} / language", "de"),
        ({"page_size": 0}, f"{WHOLE_INSTANCE} / page_size", "1000"),
        ({"page_size": True}, f"{WHOLE_INSTANCE} / page_size", "1000"),
        ({"public_url": "daten.example"}, f"{WHOLE_INSTANCE} / public_url", "address"),
        ({"public_url": "https://a/?b&c"}, f"{WHOLE_INSTANCE} / public_url", "address"),
        ({"issued": "26.1.2026"}, f"{WHOLE_INSTANCE} / issued", "date"),
        ({"issued": "2026-01-01T10:00:00"}, f"{WHOLE_INSTANCE} / issued", "date"),
        ({"legislation": ["no address"]}, f"{WHOLE_INSTANCE} / legislation", "address"),
        ({"both_geocodings": "yes"}, f"{WHOLE_INSTANCE} / both_geocodings", "true"),
        ({"dataset_per": "row"}, f"{WHOLE_INSTANCE} / dataset_per", "table"),
        ({"teme": ["ENER"]}, f"{WHOLE_INSTANCE} / teme", "themes"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(
    village: Made, changed: dict[str, object], where: str, word: str
) -> None:
    found = problems(village(**changed))
    assert {one["where"] for one in found} == {where}
    assert word in found[0]["add"]


@pytest.mark.parametrize(
    ("metadata", "where", "word"),
    [
        ({"title": ""}, "metadata", "title"),
        ({"description": ""}, "metadata", "description"),
        (said(title=""), "databases / heat", "title"),
        (said(description=""), "databases / heat", "description"),
        (said(tables={"tag": {"license": "CC"}}, license_url=None), TABLE, "license_url"),
        (said(tables={"tag": {"license_url": "somewhere"}}), TABLE, "license_url"),
        (
            said(
                source=None,
                tables={"tag": {"license_url": "https://creativecommons.org/licenses/by/4.0/"}},
            ),
            TABLE,
            "attribution",
        ),
    ],
)
def test_missing_metadata_are_named(
    village: Made, metadata: dict[str, object], where: str, word: str
) -> None:
    found = problems(village(metadata=metadata))
    assert [one["where"] for one in found] == [where]
    assert word in found[0]["add"]


@pytest.mark.skipif(IS_OLD, reason="in 0.65 a table inherits its database's licence")
def test_a_table_inherits_no_licence(village: Made) -> None:
    (found,) = problems(village(metadata=said(tables={"tag": {"title": "Tag"}})))
    assert (found["where"], "license_url" in found["add"]) == (TABLE, True)


def test_a_column_that_is_not_there_is_named(village: Made) -> None:
    (found,) = problems(village(parts={"heat/tag": {PLUGIN: {"time_column": "day"}}}))
    assert found["where"] == f"{TABLE} / plugins / {PLUGIN} / time_column"


def test_all_that_is_missing_is_said_at_once(village: Made) -> None:
    found = problems(village(publisher=None, themes=["X"], metadata=said(title="")))
    assert len(found) == 3


def test_without_any_configuration_it_says_where_to_begin(village: Made) -> None:
    async def questions(datasette: Datasette) -> None:
        answer = await datasette.client.get("/-/dcat", headers={"accept": "application/json"})
        assert answer.status_code == 503
        assert answer.json()["problems"][0]["where"] == f"{WHOLE_INSTANCE} / publisher"

    ask(village(**dict.fromkeys(
        ("publisher", "contact", "contributor", "themes", "keywords", "frequency",
         "availability", "region", "level")
    )), questions)  # fmt: skip

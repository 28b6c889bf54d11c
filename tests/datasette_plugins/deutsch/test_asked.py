"""A wrong question is refused as one; what is our own fault stays an error of ours."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
from datasette.app import Datasette
from datasette_deutsch import asked

from tests.datasette_plugins.deutsch import english
from tests.datasette_plugins.deutsch.village import make_village, village

FOREVER = "WITH RECURSIVE d(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM d) SELECT max(n) FROM d"
UNREADABLE = [
    "_through={",
    "_through=[]",
    "_through={}",
    '_through={"table":"leer","column":"kennung","value":"1"}',
    '_through={"table":"messung","column":"tag"}',
    "baujahr__in=[",
    "baujahr__in=[1,",
    "_facet_array=gibtsnicht",
    "_timelimit=x",
]


def run(path: Path, session: Callable[[Datasette], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with village(path) as datasette:
            await session(datasette)

    asyncio.run(whole())
    gc.collect()  # what failed is a circle of its traceback and the open file


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_village(tmp_path_factory.mktemp("village"))
    with closing(sqlite3.connect(made)) as connection:
        connection.execute(f"CREATE VIEW ewig AS {FOREVER}")
    return made


def test_what_cannot_be_read_is_refused(path: Path) -> None:
    async def session(datasette: Datasette) -> None:
        for question in UNREADABLE:
            address = quote(question, safe="=&_")
            answer = await datasette.client.get(f"/dorf/haus.json?{address}")
            assert answer.status_code == 400, (question, answer.text)
            assert answer.json()["error"] == asked.UNREADABLE, question
            page = await datasette.client.get(f"/dorf/haus?{address}")
            assert page.status_code == 400
            assert "nicht zu lesen" in page.text
            assert english.untranslated(page.text) == []

    run(path, session)


def test_what_takes_too_long_is_said_to_and_is_no_fault(path: Path) -> None:
    async def session(datasette: Datasette) -> None:
        answer = await datasette.client.get("/dorf/ewig.json")
        assert (answer.status_code, answer.json()["error"]) == (400, asked.SLOW)
        page = await datasette.client.get("/dorf/ewig")
        assert page.status_code == 400
        assert "Die Suche dauerte zu lange" in page.text
        assert english.untranslated(page.text) == []

    run(path, session)


def test_a_torn_file_is_still_a_fault(tmp_path: Path) -> None:
    whole = tmp_path / "whole.db"
    with closing(sqlite3.connect(whole)) as connection:
        connection.execute("CREATE TABLE haus (bezeichnung TEXT)")
        connection.execute("INSERT INTO haus VALUES ('Halle')")
        connection.commit()
    raw = whole.read_bytes()
    torn = tmp_path / "dorf.db"
    torn.write_bytes(raw[:4096] + b"\xa5" * (len(raw) - 4096))  # the schema alone is left

    async def session(datasette: Datasette) -> None:
        for question in ("", "?_facet_array=bezeichnung"):
            assert (await datasette.client.get(f"/dorf/haus.json{question}")).status_code == 500

    run(torn, session)

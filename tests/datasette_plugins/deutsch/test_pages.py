"""The pages of a Datasette with this plugin: their words, their links, and what stays as it was."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit
from urllib.request import urlopen

import datasette_deutsch
import pytest
from datasette.app import Datasette
from datasette.plugins import pm
from datasette.utils import StartupError
from datasette_deutsch import plugin

from tests.datasette_plugins.deutsch import english
from tests.datasette_plugins.deutsch.server import every_page, servers
from tests.datasette_plugins.deutsch.village import (
    METADATA,
    PAGES,
    QUICK,
    SQL_PAGES,
    STATUS,
    village,
)
from tests.links import Links

Session = Callable[[Datasette], Awaitable[None]]
# A licence and Datasette's own page may be followed by who wants to; nothing is loaded from there.
NAMED = {"www.govdata.de", "datasette.io"}


def run(database: Path, session: Session, **settings: object) -> None:
    async def whole() -> None:
        async with village(database, **settings) as datasette:  # type: ignore[arg-type]
            await session(datasette)

    asyncio.run(whole())


@contextmanager
def without_the_plugin() -> Iterator[None]:
    name = pm.get_name(datasette_deutsch)
    pm.unregister(datasette_deutsch)
    try:
        yield
    finally:
        pm.register(datasette_deutsch, name)


def pages(database: Path) -> dict[str, str]:
    found: dict[str, str] = {}

    async def session(datasette: Datasette) -> None:
        asked = SQL_PAGES if datasette.setting("default_allow_sql") else PAGES
        for name, path in asked.items():
            answer = await datasette.client.get(path)
            assert answer.status_code == STATUS.get(name, 200), (name, answer.text)
            assert answer.headers["content-type"].startswith("text/html")
            found[name] = answer.text

    run(database, session)
    run(database, session, sql=True)
    return found


def test_no_public_page_says_anything_in_english(database: Path) -> None:
    wrong = {name: english.untranslated(page) for name, page in pages(database).items()}
    assert {name: found for name, found in wrong.items() if found} == {}


def test_the_search_finds_the_english_of_every_page_without_the_plugin(database: Path) -> None:
    with without_the_plugin():
        found = {name: english.untranslated(page) for name, page in pages(database).items()}
    assert [name for name, said in found.items() if not said] == []
    table = " ".join(found["filtered"])
    for phrase in ("Apply filters", "remove filter", "does not contain", "Advanced export", "row"):
        assert phrase in table
    assert len(english.phrases()) > 100
    assert {"sort ascending", "facet by this", "hide this column"} <= english.spoken_by_scripts()


def test_no_public_page_carries_a_script_of_datasette(database: Path) -> None:
    """They speak English, and nothing on these pages needs them."""
    for name, page in pages(database).items():
        assert "<script" not in page, name
        assert "<style" not in page, name
        assert " style=" not in page, name


def test_another_language_is_asked_for_by_the_address_or_the_browser(database: Path) -> None:
    async def session(datasette: Datasette) -> None:
        german = await datasette.client.get("/dorf/messung", headers={"Accept-Language": "en"})
        assert "Filtern" in german.text
        assert "Accept-Language" not in german.headers.get("vary", "")
        asked = await datasette.client.get("/dorf/messung?_lang=en")
        assert '<html lang="en" dir="ltr">' in asked.text
        assert "30 rows" in asked.text
        assert "1,234.5" in asked.text
        broken = await datasette.client.get("/gibtsnicht?_lang=en")
        assert '<html lang="en"' in broken.text
        assert (await datasette.client.get("/dorf?_lang=xx")).text.count('lang="de"') == 1

    async def negotiated(datasette: Datasette) -> None:
        page = await datasette.client.get("/dorf", headers={"Accept-Language": "en-US,de;q=0.5"})
        assert '<html lang="en"' in page.text
        assert "Accept-Language" in page.headers["vary"]
        page = await datasette.client.get("/dorf", headers={"Accept-Language": "fr"})
        assert '<html lang="de"' in page.text

    run(database, session)
    run(database, negotiated, negotiate=True)


def test_settings_and_wishes_are_not_read_for_each_cell(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: Counter[str] = Counter()

    def counted(name: str) -> None:
        real = getattr(plugin, name)

        def call(*given: object) -> object:
            counts[name] += 1
            return real(*given)

        monkeypatch.setattr(plugin, name, call)

    counted("read_settings")
    counted("choose")

    async def session(datasette: Datasette) -> None:
        asked = []
        for size in (1, 20):
            counts.clear()
            page = await datasette.client.get(f"/dorf/messung?_lang=en&_size={size}")
            assert page.text.count("<time") >= 2 * size
            assert "1,234.5" in page.text
            asked.append(counts.copy())
        assert asked[0] == asked[1]
        assert asked[0]["choose"] == 1
        assert asked[0]["read_settings"] == 0
        german = await datasette.client.get("/dorf/messung?_size=1")  # the next one has its own
        assert "1.234,5" in german.text

    run(database, session)


def test_csv_and_json_keep_the_values(database: Path) -> None:
    async def session(datasette: Datasette) -> None:
        path = "/dorf/messung{}haus=halle&tag=2026-01-01"
        csv = await datasette.client.get(path.format(".csv?"))
        assert csv.text.splitlines()[1] == ("halle,2026-01-01,2026-01-01T05:00:00+00:00,1234.5,24")
        rows = await datasette.client.get(path.format(".json?_shape=array&"))
        assert rows.json()[0]["energie"] == 1234.5
        page = await datasette.client.get(path.format("?"))
        assert "1.234,5" in page.text
        assert '<time datetime="2026-01-01">01.01.2026</time>' in page.text
        wrong = await datasette.client.get("/dorf/gibtsnicht.json")
        assert wrong.json()["error"] == "Table not found"  # programs read it

    async def plain(datasette: Datasette) -> None:
        page = await datasette.client.get("/dorf/messung")
        assert "1234.5" in page.text
        assert "<time" not in page.text
        assert ">Energie in kWh</a>" not in page.text

    run(database, session)
    run(database, plain, format_numbers=False, column_titles=False)


def test_what_is_in_the_data_cannot_become_markup(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    path = tmp_path / "evil.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute('CREATE TABLE t (a TEXT, "<b>x</b>" TEXT, c TEXT, PRIMARY KEY (a, c))')
        connection.execute("INSERT INTO t VALUES (?, ?, ?)", (evil, evil, evil))

    async def session() -> None:
        about = {"title": evil, "description": evil, "license": evil, "columns": {"a": evil}}
        metadata = {"title": evil, "databases": {"evil": {**about, "tables": {"t": about}}}}
        datasette = Datasette(
            [], immutables=[str(path)], metadata=metadata, settings={"num_sql_threads": 1}
        )
        try:
            for asked in (
                "/",
                "/evil",
                "/evil/t?_facet=a&_facet=c",
                f"/evil/t?a={evil}&_search={evil}",
                f"/evil/t?_sort={evil}",
                "/evil/t/~3Cscript~3Ealert~281~29~3C~2Fscript~3E,~3Cscript~3Ealert~281~29~3C~2Fscript~3E",
                f"/evil/-/query?sql=select+'{evil}'+as+x",
                f"/evil/-/query?sql={evil}",
                f"/evil/t?_lang={evil}",
            ):
                page = await datasette.client.get(asked)
                assert evil not in page.text, asked
                assert "<b>x</b>" not in page.text, asked
        finally:
            await datasette.invoke_shutdown()

    asyncio.run(session())
    gc.collect()  # what went wrong holds its connection until then


def test_settings_nobody_could_mean_stop_the_start(database: Path) -> None:
    async def session(datasette: Datasette) -> None:
        del datasette

    with pytest.raises(StartupError, match="datasette-deutsch: 'klingonisch'"):
        run(database, session, language="klingonisch")


def test_who_may_write_keeps_the_tools_of_datasette(tmp_path: Path) -> None:
    path = tmp_path / "dorf.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)")
        connection.execute("INSERT INTO t VALUES (1, 'x')")

    async def session() -> None:
        datasette = Datasette([str(path)], config={"permissions": {"insert-row": {"id": "root"}}})
        try:
            for actor, there in ((None, False), ({"id": "root"}, True)):
                page = await datasette.client.get("/dorf/t", actor=actor)
                assert ("edit-tools" in page.text) == there
                assert ("Zeile hinzufügen" in page.text) == there
            out = await datasette.client.get("/-/logout", actor={"id": "erna"})
            assert "Sie sind angemeldet als erna." in out.text
            assert english.untranslated(out.text) == []
            evil = await datasette.client.post(
                "/-/logout",
                headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
            )
            assert evil.status_code == 403
            assert "Dieses Formular kann nicht angenommen werden" in evil.text
            assert english.untranslated(evil.text) == []
        finally:
            await datasette.invoke_shutdown()

    asyncio.run(session())


def test_pages_of_other_plugins_and_of_the_operator_still_stand(database: Path) -> None:
    async def session(datasette: Datasette) -> None:
        for path in ("/-/versions", "/-/databases", "/-/allow-debug"):
            page = await datasette.client.get(path, actor={"id": "root"})
            assert page.status_code == 200, path
            assert "Zum Inhalt springen" in page.text, path
        css = await datasette.client.get("/-/datasette-deutsch/page.css")
        assert css.headers["content-type"] == "text/css; charset=utf-8"
        assert METADATA["title"] in (await datasette.client.get("/")).text

    run(database, session)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param((*QUICK, "sql-blob"), id="quick"),
        pytest.param((*PAGES, *SQL_PAGES), id="all", marks=pytest.mark.soak),
    ],
)
def test_behind_a_prefix_no_link_is_broken_and_nothing_is_loaded_from_elsewhere(
    database: Path, names: tuple[str, ...]
) -> None:
    """Every link of every kind of page. The facets by day lost the prefix before."""
    with servers(database) as homes:
        broken, foreign, seen = crawl(homes, names)
    assert broken == []
    assert foreign == {"127.0.0.1"}
    assert len(seen) > 100


def crawl(
    homes: dict[bool, str], names: tuple[str, ...]
) -> tuple[list[tuple[str, str]], set[str], dict[str, int]]:
    """What is broken from where, which hosts are loaded from, and every address by its steps."""
    addresses = every_page(homes)
    begin = [addresses[name] for name in names]
    seen = dict.fromkeys(begin, 0)
    queue = list(begin)
    broken: list[tuple[str, str]] = []
    foreign: set[str] = set()
    expected = {addresses[name] for name in STATUS}
    while queue:
        address = queue.pop(0)
        try:
            with urlopen(address) as answer:  # noqa: S310 - our own loopback server
                is_page = answer.headers["Content-Type"].startswith("text/html")
                text = answer.read().decode("utf-8", "replace") if is_page else ""
        except HTTPError as error:
            text = error.read().decode()
            if address not in expected:
                broken.append((address, f"{error.code}"))
        links = Links(text)
        elsewhere = (*links.loads, *links.others)
        foreign |= {str(urlsplit(urljoin(address, one)).hostname) for one in elsewhere}
        for link in (*links.leads, *links.loads):
            target = urljoin(address, link).split("#")[0]
            parts = urlsplit(target)
            if parts.hostname in NAMED:
                continue
            if not target.startswith(tuple(homes.values())):
                broken.append((address, target))
            elif target not in seen and seen[address] < 1:
                seen[target] = seen[address] + 1
                queue.append(target)
    return broken, foreign, seen

"""The pages and files as a reader gets them, and what becomes of a snapshot that is replaced."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import os
import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette
from datasette.utils import StartupError
from datasette_downloads import plugin, store
from datasette_downloads.plugin import _made
from datasette_downloads.service import PROGRAM, Downloads, Order
from datasette_downloads.store import Build

from tests.datasette_plugins.instance import IS_OLD, ask, days, described, make

PLUGIN = "datasette-downloads"
UNITS = {"heat/tag": {PLUGIN: {"units": {"kwh": "kWh"}}}}
Made = Callable[..., Datasette]


@pytest.fixture
def village(tmp_path: Path) -> Made:
    def made(settings: dict[str, Any] | None = None, **plugin: object) -> Datasette:
        path = tmp_path / "heat.db"
        file = path if path.exists() else days(tmp_path)
        said = {
            "title": "t",
            "description": "d",
            "databases": {"heat": described(columns={"kwh": "Wärmemenge des Tages"})},
        }
        plugins = {PLUGIN: {"folder": str(tmp_path / "files"), **plugin}}
        return make([file], said, plugins, UNITS, **(settings or {}))

    return made


async def fetched(datasette: Datasette, name: str, status: int = 200, **headers: str) -> Any:
    answer = await datasette.client.get(f"/-/downloads/heat/{name}", headers=headers)
    assert answer.status_code == status, answer.text
    return answer


def test_files_come_whole_with_their_length_and_sum(village: Made) -> None:
    async def questions(datasette: Datasette) -> None:
        answer = await fetched(datasette, "tag.csv.gz")
        assert gzip.decompress(answer.content).startswith(b"tag,kwh\r\n2026-11-01,0.5\r\n")
        assert answer.headers["content-length"] == str(len(answer.content))
        assert answer.headers["content-type"] == "application/gzip"
        assert "content-encoding" not in answer.headers
        sums = (await fetched(datasette, "SHA256SUMS")).text
        assert f"{hashlib.sha256(answer.content).hexdigest()}  tag.csv.gz\n" in sums
        excel = await fetched(datasette, "tag.excel.csv")
        assert excel.content.startswith(b"\xef\xbb\xbftag;kwh\r\n2026-11-01;0,5\r\n")
        columns = (await fetched(datasette, "columns.csv")).text
        assert "tag,kwh,number,kWh,Wärmemenge des Tages\r\n" in columns

    ask(village(), questions)


def test_a_known_file_is_not_sent_again(village: Made) -> None:
    async def questions(datasette: Datasette) -> None:
        first = await fetched(datasette, "tag.csv.gz")
        again = await fetched(
            datasette, "tag.csv.gz", 304, **{"if-none-match": first.headers["etag"]}
        )
        assert again.content == b""
        assert again.headers["etag"] == first.headers["etag"]
        other = await fetched(datasette, "tag.csv.gz", **{"if-none-match": '"another"'})
        assert other.content == first.content

    ask(village(), questions)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=5-", 5, None),
        ("bytes=-7", -7, None),
        ("bytes=3-99999", 3, None),
    ],
)
def test_a_part_can_be_fetched(village: Made, asked: str, first: int, last: int | None) -> None:
    async def questions(datasette: Datasette) -> None:
        whole = (await fetched(datasette, "tag.excel.csv")).content
        part = await fetched(datasette, "tag.excel.csv", 206, range=asked)
        assert part.content == whole[first:last]
        begin = first % len(whole)
        expected = f"bytes {begin}-{begin + len(part.content) - 1}/{len(whole)}"
        assert part.headers["content-range"] == expected
        assert part.headers["content-length"] == str(len(part.content))

    ask(village(), questions)


def test_what_is_no_part_is_refused_or_answered_whole(village: Made) -> None:
    async def questions(datasette: Datasette) -> None:
        whole = (await fetched(datasette, "tag.excel.csv")).content
        for asked in ("bytes=99999-", "bytes=5-4", "bytes=-0"):
            refused = await fetched(datasette, "tag.excel.csv", 416, range=asked)
            assert refused.headers["content-range"] == f"bytes */{len(whole)}"
        for asked in ("bytes=-", "bytes=1-2,4-5", "lines=1-2", "bytes=x"):
            assert (await fetched(datasette, "tag.excel.csv", range=asked)).content == whole
        stale = {"range": "bytes=0-1", "if-range": '"of another snapshot"'}
        assert (await fetched(datasette, "tag.excel.csv", **stale)).content == whole

    ask(village(), questions)


def test_the_page_leads_to_every_file(village: Made) -> None:
    async def questions(datasette: Datasette) -> None:
        await fetched(datasette, "SHA256SUMS")
        page = await datasette.client.get("/-/downloads/heat")
        assert page.status_code == 200
        assert "Dateien zum Herunterladen: Wärme (heat)" in page.text
        assert "19 Zeilen" in page.text
        for name in (
            "tag.excel.csv", "tag.csv.gz", "tag.parquet",
            "columns.csv", "columns.json", "SHA256SUMS",
        ):  # fmt: skip
            assert f'href="/daten/-/downloads/heat/{name}"' in page.text
        index = await datasette.client.get("/-/downloads")
        assert '<a href="/daten/-/downloads/heat">Wärme (heat)</a>' in index.text

    ask(village({"base_url": "/daten/"}), questions)


def test_the_page_brings_its_style_as_a_file(village: Made) -> None:
    """So a page's policy can forbid styles and scripts that stand in it."""

    async def questions(datasette: Datasette) -> None:
        for path in ("/-/downloads", "/-/downloads/heat"):
            page = await datasette.client.get(path)
            (sheet,) = re.findall(r'href="/daten(/-/downloads\.css\?\w{12})"', page.text)
            assert "<style" not in page.text
        answer = await datasette.client.get(sheet)
        assert answer.headers["content-type"] == "text/css; charset=utf-8"
        assert "immutable" in answer.headers["cache-control"]
        assert ".downloads" in answer.text
        assert "downloads.css" not in (await datasette.client.get("/heat")).text

    ask(village({"base_url": "/daten/"}), questions)


def test_the_page_speaks_english_too(village: Made) -> None:
    async def questions(datasette: Datasette) -> None:
        await fetched(datasette, "SHA256SUMS")
        page = await datasette.client.get("/-/downloads/heat")
        assert "19 rows" in page.text
        assert 'lang="en"' in page.text

    ask(village(language="en"), questions)


OTHERS = (
    "files.json", ".replaced", "other.csv.gz", "tag.csv", "..", "%2e%2e", "..%2f..%2fheat.db",
    "~2E~2E~2F~2E~2E~2Fheat~2Edb", "%2Fetc%2Fpasswd",
)  # fmt: skip


def test_nothing_but_the_listed_files_can_be_fetched(village: Made) -> None:
    async def questions(datasette: Datasette) -> None:
        await fetched(datasette, "SHA256SUMS")
        for name in OTHERS:
            path = f"/-/downloads/heat/{name}"
            answer = await datasette.client.get(path, follow_redirects=True)
            assert not answer.content.startswith((b"SQLite", b"root:")), name
            assert answer.status_code == 404 or name == "..", name

    ask(village(), questions)


def test_odd_names_have_files_too(tmp_path: Path) -> None:
    path = tmp_path / "odd name.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("""CREATE TABLE "a/b ""é" (x INTEGER PRIMARY KEY)""")
        connection.execute("""INSERT INTO "a/b ""é" VALUES (7)""")
    datasette = make([path], {}, {PLUGIN: {"folder": str(tmp_path / "files")}})

    async def questions(datasette: Datasette) -> None:
        index = await datasette.client.get("/-/downloads")
        (page_path,) = re.findall(r'href="(/-/downloads/odd[^"]*)"', index.text)
        for _ in range(600):
            page = await datasette.client.get(page_path)
            if "SHA256SUMS" in page.text:
                break
        (name,) = re.findall(r'href="([^"]*\.csv\.gz)"', page.text)
        answer = await datasette.client.get(name)
        assert gzip.decompress(answer.content) == b"x\r\n7\r\n"

    ask(datasette, questions)


def test_made_once_and_found_again_by_the_next_process(village: Made) -> None:
    async def first(datasette: Datasette) -> None:
        await asyncio.gather(*(fetched(datasette, "tag.csv.gz") for _ in range(5)))
        assert _made[datasette].runs == 1

    async def second(datasette: Datasette) -> None:
        await fetched(datasette, "tag.csv.gz")
        assert _made[datasette].runs == 0

    ask(village(), first)
    ask(village(), second)


def test_another_snapshot_has_other_files_and_the_old_ones_go(
    village: Made, tmp_path: Path
) -> None:
    etags = []

    async def questions(datasette: Datasette) -> None:
        etags.append((await fetched(datasette, "tag.csv.gz")).headers["etag"])

    ask(village(grace_s=0), questions)
    (tmp_path / "heat.db").unlink()
    days(tmp_path, rows=5)
    ask(village(grace_s=0), questions)
    assert etags[0] != etags[1]
    assert len(list((tmp_path / "files/heat").iterdir())) == 1


def test_old_files_stay_for_their_grace_and_going_back_costs_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "heat"
    for name in ("old", "new"):
        beside = store.begin(folder, name)
        (beside / "files.json").write_text('{"files": [], "tables": [], "parquet": false}')
        store.finish(folder, name, beside, 100.0)
    now = time.time()
    store.clean(folder, "new", 100.0, now + 50)
    assert store.read(folder, "old") is not None
    store.clean(folder, "old", 100.0, now + 60)  # gone back: now the other one waits
    assert not (folder / "old" / ".replaced").exists()
    store.clean(folder, "old", 100.0, now + 200)
    assert sorted(one.name for one in folder.iterdir()) == ["old"]


def test_what_is_served_no_longer_is_removed_though_nobody_asks(
    village: Made, tmp_path: Path
) -> None:
    async def questions(datasette: Datasette) -> None:
        await fetched(datasette, "SHA256SUMS")
        downloads = _made[datasette]
        await downloads.tidy()
        assert (tmp_path / "files/heat").is_dir()
        heat = datasette.databases["heat"]
        datasette.databases = {
            name: one for name, one in datasette.databases.items() if name != "heat"
        }
        await downloads.tidy()
        assert list((tmp_path / "files").iterdir()) == []
        heat.close()

    ask(village(grace_s=0), questions)


def test_the_page_of_a_database_leads_to_its_files(village: Made) -> None:
    async def questions(datasette: Datasette) -> None:
        page = await datasette.client.get("/heat")
        assert 'href="/daten/-/downloads/heat"' in page.text

    ask(village({"base_url": "/daten/"}), questions)


def test_a_build_that_is_not_whole_is_none(village: Made, tmp_path: Path) -> None:
    async def questions(datasette: Datasette) -> None:
        whole = (await fetched(datasette, "tag.csv.gz")).content
        (path,) = (tmp_path / "files/heat").glob("*/tag.csv.gz")
        os.truncate(path, 10)
        assert (await fetched(datasette, "tag.csv.gz")).content == whole
        assert _made[datasette].runs == 2

    ask(village(), questions)


def test_a_database_that_changes_has_no_files(tmp_path: Path) -> None:
    path = days(tmp_path)
    config = {"plugins": {PLUGIN: {"folder": str(tmp_path / "files")}}}
    more = {"metadata": config} if IS_OLD else {"config": config}

    async def questions(datasette: Datasette) -> None:
        assert (await datasette.client.get("/-/downloads/heat")).status_code == 404
        assert "Zurzeit gibt es keine" in (await datasette.client.get("/-/downloads")).text

    ask(Datasette([str(path)], **more), questions)


def test_what_not_everybody_may_see_is_no_file(tmp_path: Path) -> None:
    path = days(tmp_path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE secret (x)")
    closed = {"databases": {"heat": {"tables": {"secret": {"allow": {"id": "root"}}}}}}
    plugins = {PLUGIN: {"folder": str(tmp_path / "files")}}
    if IS_OLD:
        datasette = make([path], closed, plugins)
    else:
        config = {"plugins": plugins, **closed}
        datasette = Datasette([], immutables=[str(path)], config=config)

    async def questions(datasette: Datasette) -> None:
        await fetched(datasette, "tag.csv.gz")
        for name in ("secret.csv.gz", "secret.excel.csv"):
            await fetched(datasette, name, 404)
        assert "secret" not in (await fetched(datasette, "columns.csv")).text

    ask(datasette, questions)


BROKEN = "no room on the card"


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "broken.py"
    program.write_text(f"raise SystemExit('{BROKEN}')\n")
    monkeypatch.setattr("datasette_downloads.service.PROGRAM", program)


def test_what_cannot_be_made_is_said_and_not_tried_again_and_again(
    village: Made,
    broken: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    del broken

    async def questions(datasette: Datasette) -> None:
        for _ in range(3):
            answer = await fetched(datasette, "tag.csv.gz", 500)
            assert answer.json() == {"ok": False, "error": "the files could not be written"}
        assert caplog.messages.count(f"heat: the files could not be made: {BROKEN}") == 1
        page = await datasette.client.get("/-/downloads/heat")
        assert page.status_code == 500
        assert "konnten nicht geschrieben werden" in page.text
        assert _made[datasette].runs == 1
        # a minute later, and with room again, it is tried again
        monkeypatch.setattr("datasette_downloads.service.PROGRAM", PROGRAM)
        monkeypatch.setattr("datasette_downloads.service.AGAIN_S", 0.0)
        await fetched(datasette, "tag.csv.gz")

    ask(village(), questions)


def test_one_failure_does_not_make_another_forgotten(
    broken: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    del broken
    names = ("heat", "plan")
    files = [days(tmp_path, name) for name in names]
    datasette = make(files, {}, {PLUGIN: {"folder": str(tmp_path / "files")}})

    async def questions(datasette: Datasette) -> None:
        for _ in range(3):
            for name in names:
                answer = await datasette.client.get(f"/-/downloads/{name}/tag.csv.gz")
                assert answer.status_code == 500
        assert _made[datasette].runs == len(names)
        monkeypatch.setattr("datasette_downloads.service.AGAIN_S", 0.0)
        await fetched(datasette, "tag.csv.gz", 500)
        assert len(_made[datasette]._failed) == 1  # what is old is not kept

    ask(datasette, questions)


def test_nobody_is_told_the_folders_of_the_server(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    taken = tmp_path / "a file"
    taken.write_text("no folder")
    datasette = make([days(tmp_path)], {}, {PLUGIN: {"folder": str(taken)}})

    async def questions(datasette: Datasette) -> None:
        for path in ("/-/downloads/heat/tag.csv.gz", "/-/downloads/heat"):
            answer = await datasette.client.get(path)
            assert answer.status_code == 500
            assert taken.name not in answer.text
        assert str(taken) in caplog.text

    ask(datasette, questions)


def test_the_page_says_that_files_are_being_written(
    village: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text("import time; time.sleep(60)\n")
    monkeypatch.setattr("datasette_downloads.service.PROGRAM", slow)
    monkeypatch.setattr("datasette_downloads.plugin.PAGE_WAIT_S", 0.01)
    monkeypatch.setattr("datasette_downloads.plugin.FILE_WAIT_S", 0.01)

    async def questions(datasette: Datasette) -> None:
        page = await datasette.client.get("/-/downloads/heat")
        assert "gerade geschrieben" in page.text
        answer = await fetched(datasette, "tag.csv.gz", 503)
        assert answer.headers["retry-after"] == "30"

    ask(village(), questions)


def test_a_catalogue_waits_once_for_all_tables(
    village: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    slow = tmp_path / "slow.py"
    slow.write_text(
        "import pathlib, runpy, time\n"
        f"while not pathlib.Path({str(go)!r}).exists(): time.sleep(0.01)\n"
        f"runpy.run_path({str(PROGRAM)!r}, run_name='__main__')\n"
    )
    monkeypatch.setattr("datasette_downloads.service.PROGRAM", slow)
    monkeypatch.setattr(plugin, "CATALOGUE_WAIT_S", 0.02)
    waits: list[float] = []
    build = Downloads.build

    async def noted(self: Downloads, order: Order, wait_s: float) -> Build | None:
        waits.append(wait_s)
        return await build(self, order, wait_s)

    monkeypatch.setattr(Downloads, "build", noted)

    async def questions(datasette: Datasette) -> None:
        forms = plugin.dcat_distributions(datasette, "heat", "tag")
        assert forms is not None
        for _ in range(3):  # as if there were three tables
            assert await forms() == []
        assert waits == [0.02, 0.0, 0.0]
        monkeypatch.setattr(plugin, "CATALOGUE_WAIT_S", 60.0)
        assert await forms() == []  # it goes on, and nobody is kept
        go.touch()
        await fetched(datasette, "SHA256SUMS")
        assert len(await forms()) == 3
        (made,) = (tmp_path / "files/heat").glob("*/SHA256SUMS")
        made.unlink()  # another one is waited for again
        assert len(await forms()) == 3
        assert waits[-1] == 60.0

    ask(village(), questions)


def test_without_a_folder_there_is_nothing(tmp_path: Path) -> None:
    async def questions(datasette: Datasette) -> None:
        assert (await datasette.client.get("/-/downloads")).status_code == 404

    ask(make([days(tmp_path)], {}, {}), questions)


@pytest.mark.parametrize(
    "wrong", [{"language": "fr"}, {"grace_s": -1}, {"grace_s": "1"}, {"ahead": 1}, {"foldr": "x"}]
)
def test_a_wrong_setting_stops_the_start(village: Made, wrong: dict[str, object]) -> None:
    async def questions(datasette: Datasette) -> None:
        del datasette

    with pytest.raises(StartupError, match=PLUGIN):
        ask(village(**wrong), questions)


@pytest.mark.skipif(IS_OLD, reason="datasette-snapshots is for 1.0")
def test_a_snapshot_that_takes_the_place_of_another_has_its_own_files(tmp_path: Path) -> None:
    public = tmp_path / "public"
    public.mkdir()

    def publish(rows: int) -> None:
        days(public, f"heat-v{rows:06d}", rows)
        (public / ".new").write_text(f"heat-v{rows:06d}.db")
        (public / ".new").replace(public / "heat.current")

    publish(3)
    plugins = {
        PLUGIN: {"folder": str(tmp_path / "files")},
        "datasette-snapshots": {"folder": str(public), "poll_s": 0.05, "grace_s": 0},
    }

    async def questions(datasette: Datasette) -> None:
        await datasette.client.get("/")
        first = gzip.decompress((await fetched(datasette, "tag.csv.gz")).content)
        assert first.count(b"\r\n") == 1 + 3
        publish(8)
        for _ in range(600):
            now = gzip.decompress((await fetched(datasette, "tag.csv.gz")).content)
            if now != first:
                break
            await asyncio.sleep(0.05)
        assert now.count(b"\r\n") == 1 + 8

    ask(make([], {}, plugins), questions)


@pytest.mark.skipif(IS_OLD, reason="0.65 runs no tasks of plugins")
def test_files_are_made_ahead_where_that_is_asked_for(village: Made, tmp_path: Path) -> None:
    async def questions(datasette: Datasette) -> None:
        await datasette.client.get("/")
        for _ in range(1200):
            if (
                list((tmp_path / "files/heat").glob("*/SHA256SUMS"))
                and not _made[datasette]._running
            ):
                return
            await asyncio.sleep(0.05)
        pytest.fail("nothing was made")

    ask(village(ahead=True), questions)


def test_a_catalogue_lists_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "CATALOGUE_WAIT_S", 60.0)
    plugins = {
        PLUGIN: {"folder": str(tmp_path / "files")},
        "datasette-dcat-ap-de": {"publisher": {"name": "Gemeinde"}},
    }
    said = {"title": "t", "description": "d", "databases": {"heat": described()}}
    datasette = make([days(tmp_path)], said, plugins)

    async def questions(datasette: Datasette) -> None:
        text = (await datasette.client.get("/-/dcat.ttl")).text  # it waits until they are made
        file = await fetched(datasette, "tag.csv.gz")
        assert "<http://localhost/-/downloads/heat/tag.csv.gz>" in text
        assert hashlib.sha256(file.content).hexdigest().upper() in text.upper()
        assert f"dcat:byteSize {len(file.content)}" in text or f'"{len(file.content)}"' in text

    ask(datasette, questions)

"""The versions of a snapshot: which are listed, which are given, and to whom."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette
from datasette.utils import StartupError
from datasette_snapshots.plugin import _services
from datasette_snapshots.versions import number_of

from tests.datasette_plugins.deutsch import english
from tests.datasette_plugins.instance import ask

PAGE = "/-/snapshots/heat"
BUSY_S = 5.0  # a request that began with a snapshot ends with it


def publish(folder: Path, number: int, *, certified: bool = False, **said: object) -> Path:
    """Publish a version whose table `t` says its number; a certificate is beside it if asked."""
    path = folder / f"heat-v{number:06d}.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE t (n INTEGER)")
        connection.executemany("INSERT INTO t VALUES (?)", [(number,)] * 1000)
    os.utime(path, (1795000000 + number, 1795000000 + number))
    if certified:
        content = path.read_bytes()
        certificate = {
            "sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "k": 5,
            "p_percent": 0, "auditor": "prüfer/1", "declaration": "nobody's business", **said,
        }  # fmt: skip
        path.with_suffix(".json").write_text(json.dumps(certificate))
    beside = folder / ".heat.new"
    beside.write_text(path.name)
    beside.replace(folder / "heat.current")
    return path


def village(
    folder: Path,
    plugin: dict[str, object] | None = None,
    guard: dict[str, object] | None = None,
    config: dict[str, Any] | None = None,
    **settings: object,
) -> Datasette:
    own = {"folder": str(folder), "poll_s": 3600, "grace_s": BUSY_S, **(plugin or {})}
    plugins: dict[str, object] = {"datasette-snapshots": own}
    if guard is not None:
        plugins["datasette-cell-guard"] = guard
    described = {"databases": {"heat": {"title": "Wärme im Dorf"}}}
    return Datasette(
        [], config={"plugins": plugins, **(config or {})}, metadata=described, settings=settings
    )


async def versions(datasette: Datasette) -> list[dict[str, Any]]:
    answer = await datasette.client.get(f"{PAGE}.json")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["versions"]
    return found


@pytest.mark.parametrize(
    ("file", "number"),
    [
        ("heat-v000001.db", 1), ("heat-v1234567.db", 1234567), ("heat-v000000.db", None),
        ("heat-v0000001.db", None), ("heat-v1.db", None), ("heat.db", None),
        ("heat-x-v000001.db", None), ("heat-v000001.json", None), ("heat-v000001.db\n", None),
        ("heat-v٠٠٠٠٠١.db", None), ("../heat-v000001.db", None),
    ],
)  # fmt: skip
def test_a_version_has_one_name(file: str, number: int | None) -> None:
    assert number_of("heat", file) == number


def test_every_version_that_was_published_is_listed(tmp_path: Path) -> None:
    files = {number: publish(tmp_path, number) for number in (1, 2, 3)}
    publish(tmp_path, 4)
    (tmp_path / "heat.current").write_text(files[3].name)  # gone back, or not published yet

    async def questions(datasette: Datasette) -> None:
        found = await versions(datasette)
        assert [one["version"] for one in found] == [3, 2, 1]
        assert [one["current"] for one in found] == [True, False, False]
        for one in found:
            content = files[one["version"]].read_bytes()
            assert (one["size"], one["certificate"]) == (len(content), None)
            assert one["sha256"] == hashlib.sha256(content).hexdigest()
            answer = await datasette.client.get(one["url"])
            assert answer.content == content
        assert found[0]["published"] == "2026-11-18T11:06:43+00:00"
        assert (await datasette.client.get(f"{PAGE}/heat-v000004.db")).status_code == 404

    ask(village(tmp_path), questions)


def test_a_version_may_be_kept_for_good(tmp_path: Path) -> None:
    path = publish(tmp_path, 1)
    publish(tmp_path, 2)

    async def questions(datasette: Datasette) -> None:
        answer = await datasette.client.get(f"{PAGE}/{path.name}")
        etag = f'"{hashlib.sha256(path.read_bytes()).hexdigest()}"'
        assert answer.headers["etag"] == etag
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"] == "application/vnd.sqlite3"
        assert answer.headers["content-length"] == str(path.stat().st_size)
        assert path.name in answer.headers["content-disposition"]
        again = await datasette.client.get(f"{PAGE}/{path.name}", headers={"if-none-match": etag})
        assert (again.status_code, again.content) == (304, b"")

    ask(village(tmp_path), questions)


def test_a_version_that_was_removed_is_gone_and_one_that_never_was_is_not_found(
    tmp_path: Path,
) -> None:
    for number in (1, 2, 3):
        publish(tmp_path, number)

    async def questions(datasette: Datasette) -> None:
        assert len(await versions(datasette)) == 3
        (tmp_path / "heat-v000002.db").unlink()
        gone = await datasette.client.get(f"{PAGE}/heat-v000002.db")
        assert gone.status_code == 410
        assert "Version 2: Zurückgezogen" in gone.text
        assert "nicht mehr veröffentlicht sein soll" in gone.text
        assert f'href="/daten{PAGE}"' in gone.text
        assert "immutable" not in gone.headers.get("cache-control", "")
        assert [one["version"] for one in await versions(datasette)] == [3, 1]
        for name in ("heat-v000000.db", "heat-v000004.db", "heat-v2.db", "other-v000002.db"):
            assert (await datasette.client.get(f"{PAGE}/{name}")).status_code == 404, name
        answer = await datasette.client.get("/-/snapshots/other/heat-v000001.db")
        assert answer.status_code == 404

    ask(village(tmp_path, base_url="/daten/"), questions)


def test_nothing_but_versions_is_given(tmp_path: Path) -> None:
    public = tmp_path / "public"
    public.mkdir()
    secret = publish(tmp_path, 1)
    (public / "heat-v000001.db").symlink_to(secret)
    os.mkfifo(public / "heat-v000002.db")
    (public / "heat-v000003.db").mkdir()
    (public / "heat-v000004.db").write_bytes(b"no database, whatever it is called" * 100)
    publish(public, 5, certified=True)
    (public / "other.db").write_bytes(secret.read_bytes())

    async def questions(datasette: Datasette) -> None:
        for name in (
            "heat-v000001.db", "heat-v000002.db", "heat-v000003.db", "heat-v000004.db", "other.db",
            "heat-v000005.json", "heat.current", "..%2fheat-v000001.db", "%2e%2e/heat-v000001.db",
            "..", "heat-v000005.db%00", "heat-v000005.db/x",
        ):  # fmt: skip
            answer = await datasette.client.get(f"{PAGE}/{name}")
            assert answer.status_code in (302, 404), (name, answer.status_code)
            assert not answer.content.startswith(b"SQLite"), name
        assert [one["version"] for one in await versions(datasette)] == [5]

    ask(village(public), questions)


def test_what_the_guard_does_not_serve_is_no_version(tmp_path: Path) -> None:
    publish(tmp_path, 1)  # no certificate
    publish(tmp_path, 2, certified=True, k=2)  # of weaker rules
    publish(tmp_path, 3, certified=True, sha256="0" * 64)  # of another file
    kept = publish(tmp_path, 4, certified=True)
    publish(tmp_path, 5, certified=True)

    async def questions(datasette: Datasette) -> None:
        found = await versions(datasette)
        assert [one["version"] for one in found] == [5, 4]
        assert found[0]["certificate"] == {"auditor": "prüfer/1", "k": 5, "p_percent": 0}
        page = (await datasette.client.get(PAGE)).text
        assert "prüfer/1 (mindestens 5 je veröffentlichter Zahl)" in page
        for number in (1, 2, 3):
            answer = await datasette.client.get(f"{PAGE}/heat-v00000{number}.db")
            assert answer.status_code == 404
        assert (await datasette.client.get(f"{PAGE}/{kept.name}")).status_code == 200
        kept.with_suffix(".json").unlink()  # what held then must hold now
        assert (await datasette.client.get(f"{PAGE}/{kept.name}")).status_code == 404
        assert [one["version"] for one in await versions(datasette)] == [5]

    ask(village(tmp_path, guard={}), questions)


def test_files_are_for_those_who_may_download(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    only_root: dict[str, Any] = {"permissions": {"view-database-download": {"id": "root"}}}
    root, file = {"id": "root"}, f"{PAGE}/heat-v000001.db"

    async def questions(datasette: Datasette) -> None:
        page = await datasette.client.get(PAGE)
        assert "können hier nicht heruntergeladen werden" in page.text
        assert file not in page.text
        assert (await versions(datasette))[0]["url"] is None
        assert (await datasette.client.get(file)).status_code == 403
        answer = await datasette.client.get(file, actor=root)
        assert answer.headers["cache-control"].startswith("private, ")

    ask(village(tmp_path, config=only_root), questions)

    async def closed(datasette: Datasette) -> None:
        for path in (PAGE, f"{PAGE}.json", file):
            assert (await datasette.client.get(path)).status_code == 403
        assert (await datasette.client.get(PAGE, actor=root)).status_code == 200

    ask(village(tmp_path, config={"databases": {"heat": {"allow": root}}}), closed)

    async def off(datasette: Datasette) -> None:
        assert (await datasette.client.get(file, actor=root)).status_code == 403

    ask(village(tmp_path, allow_download=False), off)


def test_files_are_read_once_as_long_as_they_stay(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        publish(tmp_path, number)

    async def questions(datasette: Datasette) -> None:
        await asyncio.gather(*(versions(datasette) for _ in range(5)))
        await datasette.client.get(f"{PAGE}/heat-v000001.db")
        assert _services[datasette].files.read == 3
        (tmp_path / "heat-v000001.db").unlink()
        changed = publish(tmp_path, 1)
        with closing(sqlite3.connect(changed)) as connection, connection:
            connection.execute("DELETE FROM t")
        answer = await datasette.client.get(f"{PAGE}/heat-v000001.db")
        assert answer.content == changed.read_bytes()
        assert _services[datasette].files.read == 4

    ask(village(tmp_path), questions)


def test_the_page_says_it_in_german_and_the_database_leads_there(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    publish(tmp_path, 2, certified=True, period="2025/2026")

    async def questions(datasette: Datasette) -> None:
        database = await datasette.client.get("/heat")
        assert f'href="/daten{PAGE}"' in database.text
        page = await datasette.client.get(PAGE)
        assert "<h1>Versionen: Wärme im Dorf</h1>" in page.text
        assert 'Version 2 <span class="tag">aktuell</span>' in page.text
        assert "18.11.2026, 11:06 UTC" in page.text
        assert "2025/2026" in page.text
        assert f'href="/daten{PAGE}/heat-v000001.db"' in page.text
        assert f'href="/daten{PAGE}.json"' in page.text
        assert english.untranslated(page.text) == []
        (sheet,) = re.findall(r'href="/daten(/-/snapshots\.css\?\w{12})"', page.text)
        assert ".snapshots" in (await datasette.client.get(sheet)).text

    ask(village(tmp_path, base_url="/daten/"), questions)


def test_the_page_speaks_english_too(tmp_path: Path) -> None:
    publish(tmp_path, 1)

    async def questions(datasette: Datasette) -> None:
        page = await datasette.client.get(PAGE)
        assert "<h1>Versions: Wärme im Dorf</h1>" in page.text
        assert "2026-11-18, 11:06 UTC" in page.text

    ask(village(tmp_path, {"language": "en"}), questions)


def test_what_has_no_number_has_no_versions(tmp_path: Path) -> None:
    publish(tmp_path, 1).rename(tmp_path / "heat.db")
    (tmp_path / "heat.current").write_text("heat.db")

    async def questions(datasette: Datasette) -> None:
        assert await versions(datasette) == []
        assert "ohne Versionsnummern" in (await datasette.client.get(PAGE)).text
        assert (await datasette.client.get(f"{PAGE}/heat-v000001.db")).status_code == 404

    ask(village(tmp_path), questions)


def test_an_unknown_language_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="language"):
        ask(village(tmp_path, {"language": "fr"}), _nothing)


def test_versions_are_read_while_others_take_their_place(tmp_path: Path) -> None:
    publish(tmp_path, 1, certified=True)
    last = 25

    async def questions(datasette: Datasette) -> None:
        service = _services[datasette]
        stop = asyncio.Event()
        statuses: dict[str, set[int]] = {"list": set(), "page": set(), "current": set()}

        async def read(what: str) -> None:
            while not stop.is_set():
                if what == "page":
                    statuses[what].add((await datasette.client.get(PAGE)).status_code)
                    continue
                answer = await datasette.client.get(f"{PAGE}.json")
                statuses["list"].add(answer.status_code)
                newest = answer.json()["versions"][0]
                assert newest["current"]
                file = await datasette.client.get(newest["url"])
                statuses["current"].add(file.status_code)
                assert hashlib.sha256(file.content).hexdigest() == newest["sha256"]

        tasks = [asyncio.create_task(read(what)) for what in ("page", "list", "list")]
        for number in range(2, last + 1):
            publish(tmp_path, number, certified=True)
            await service.refresh()
            if number > 10:  # as who publishes does
                (tmp_path / f"heat-v{number - 10:06d}.db").unlink()
            await asyncio.sleep(0.02)
        stop.set()
        await asyncio.gather(*tasks)
        assert statuses == {"list": {200}, "page": {200}, "current": {200}}
        assert (await versions(datasette))[0]["version"] == last

    ask(village(tmp_path, guard={}), questions)


async def _nothing(datasette: Datasette) -> None:
    del datasette

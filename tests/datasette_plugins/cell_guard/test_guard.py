from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette
from datasette.database import Database
from datasette.plugins import pm
from datasette.utils import StartupError
from datasette_cell_guard import Demand, judge

PLUGIN = "datasette-cell-guard"
ROWS = "/heat/t.json?_shape=array"


def build(path: Path, rows: int = 3) -> Path:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, word TEXT)")
        connection.executemany("INSERT INTO t VALUES (?, 'streng')", [(n,) for n in range(rows)])
    return path


def certify(path: Path, **said: object) -> Path:
    content = path.read_bytes()
    certificate = {
        "sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "k": 5,
        "p_percent": 15.0, "auditor": "prüfer/1", "cube": "heat", **said,
    }  # fmt: skip
    path.with_suffix(".json").write_text(json.dumps(certificate))
    return path


@pytest.fixture
def certified(tmp_path: Path) -> Path:
    return certify(build(tmp_path / "heat.db"))


def served(
    *files: Path,
    ask: Callable[[Datasette], Awaitable[None]],
    settings: dict[str, object] | None = None,
    config: dict[str, Any] | None = None,
    crossdb: bool = False,
) -> None:
    async def whole() -> None:
        plugins = {PLUGIN: settings if settings is not None else {}}
        datasette = Datasette(
            [],
            immutables=list(map(str, files)),
            config={"plugins": plugins, **(config or {})},
            crossdb=crossdb,
        )
        try:
            await datasette.invoke_startup()
            await ask(datasette)
        finally:
            await datasette.invoke_shutdown()

    asyncio.run(whole())


async def code(datasette: Datasette, path: str) -> int:
    answer = await datasette.client.get(path)
    assert answer.status_code == 200 or b"streng" not in answer.content
    return int(answer.status_code)


def test_the_plugin_is_installed_by_its_entry_point() -> None:
    assert any(plugin.__name__ == "datasette_cell_guard" for plugin in pm.get_plugins())


def test_a_certified_file_is_served(certified: Path) -> None:
    async def ask(datasette: Datasette) -> None:
        assert await code(datasette, ROWS) == 200
        assert await code(datasette, "/heat") == 200
        assert await code(datasette, "/heat.db") == 200
        told = (await datasette.client.get("/-/cell-guard.json")).json()["databases"]
        assert [(one["name"], one["served"], one["certificate"]["k"]) for one in told] == [
            ("heat", True, 5)
        ]

    served(certified, ask=ask)


def no_certificate(path: Path) -> None:
    path.with_suffix(".json").unlink()


def no_json(path: Path) -> None:
    path.with_suffix(".json").write_text('{"sha256": ')


def a_list(path: Path) -> None:
    path.with_suffix(".json").write_text("[]")


def endless(path: Path) -> None:
    path.with_suffix(".json").write_text("{" + " " * 70_000 + "}")


def one_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + bytes(4096))


def a_log(path: Path) -> None:
    path.with_name("heat.db-wal").write_bytes(b"x")


def says(**said: object) -> Callable[[Path], None]:
    return lambda path: void(certify(path, **said))


def void(_: object) -> None:
    return None


SPOILED = {
    "no_certificate": (no_certificate, "there is no certificate heat.json"),
    "no_json": (no_json, "cannot be read"),
    "a_list": (a_list, "no JSON object"),
    "endless": (endless, "larger than"),
    "one_byte": (one_byte, "SHA-256 is another"),
    "longer": (longer, "bytes, and the file has"),
    "a_log": (a_log, "log of changes"),
    "k_is_less": (says(k=4), "promises k = 4"),
    "k_is_true": (says(k=True), "promises k = True"),
    "k_is_text": (says(k="5"), "promises k = '5'"),
    "k_is_missing": (says(k=None), "promises k = None"),
    "p_is_less": (says(p_percent=14.9), "promises p = 14.9"),
    "p_is_nan": (says(p_percent=float("nan")), "promises p = nan"),
    "p_is_missing": (says(p_percent=None), "promises p = None"),
    "another_auditor": (says(auditor="ich selbst"), "none of the auditors"),
    "another_cube": (says(cube="kurse"), "not of 'heat'"),
    "another_file": (says(sha256="0" * 64), "SHA-256 is another"),
    "no_hash": (says(sha256=None), "SHA-256 is another"),
    "size_is_text": (says(size="1"), "bytes, and the file has"),
}
STRICT: dict[str, object] = {
    "p_percent": 15, "auditors": ["prüfer/1"], "databases": {"heat": {"cube": "heat"}},
}  # fmt: skip


@pytest.mark.parametrize("how", SPOILED)
def test_what_is_not_certified_is_served_by_no_road(certified: Path, how: str) -> None:
    spoil, reason = SPOILED[how]
    spoil(certified)

    async def ask(datasette: Datasette) -> None:
        for path in (
            ROWS,
            "/heat",
            "/heat.db",
            "/heat/t",
            "/heat/t/1",
            "/heat/t.csv",
            "/heat.json",
        ):
            assert await code(datasette, path) in (403, 404), path
        assert "heat" not in datasette.databases
        (told,) = (await datasette.client.get("/-/cell-guard.json")).json()["databases"]
        assert not told["served"]
        assert reason in told["refused"]
        assert told["certificate"] == {}
        assert (await datasette.client.get("/")).status_code == 200  # the others are served

    served(certified, ask=ask, settings=STRICT)


def test_a_file_that_is_changed_while_it_is_served(certified: Path, tmp_path: Path) -> None:
    """A new connection is refused, another plugin's as well, and so is what is still open."""
    other = certify(build(tmp_path / "other.db"), cube="other")

    async def ask(datasette: Datasette) -> None:
        assert await code(datasette, ROWS) == 200
        build(tmp_path / "new.db", rows=9).replace(certified)
        assert await code(datasette, ROWS) == 403
        assert await code(datasette, "/heat.db") == 403
        assert await code(datasette, "/other/t.json") == 200
        database = datasette.add_database(type(datasette.get_database("other"))(
            datasette, path=str(certified), is_mutable=False
        ), name="again")  # fmt: skip
        with pytest.raises(sqlite3.DatabaseError, match=r"SHA-256|bytes, and the file"):
            await database.execute("SELECT * FROM t")
        certify(certified)
        assert await code(datasette, ROWS) == 200

    served(certified, other, ask=ask)


def test_no_allow_of_a_table_lifts_it(certified: Path) -> None:
    config = {"databases": {"heat": {"allow": True, "tables": {"t": {"allow": True}}}}}

    async def ask(datasette: Datasette) -> None:
        no_certificate(certified)
        assert await code(datasette, ROWS) == 403
        datasette._last_schema_refresh = 0  # all schemas are read anew with the next request
        datasette.add_database(Database(datasette, str(certified), is_mutable=False), "heat")
        assert await code(datasette, ROWS) == 403

    served(certified, ask=ask, config=config)


@pytest.mark.parametrize(
    "path",
    [
        "/heat?sql=select+*+from+t",
        "/heat/-/query?sql=select+*+from+t",
        "/heat/-/query.json?sql=select+1",
        "/heat/t.json?_where=n>1",
        "/_memory/-/query.json?sql=select+1",
    ],
)
def test_a_visitors_sql_is_refused(certified: Path, path: str) -> None:
    config = {"allow_sql": True, "databases": {"heat": {"allow_sql": True}}}

    async def ask(datasette: Datasette) -> None:
        answer = await datasette.client.get(path, follow_redirects=True)
        assert answer.status_code in (403, 404)

    served(certified, ask=ask, config=config)


def test_a_visitors_sql_that_is_sent_is_refused(certified: Path) -> None:
    async def ask(datasette: Datasette) -> None:
        answer = await datasette.client.post("/heat/-/query", data={"sql": "select 1"})
        assert answer.status_code == 403

    served(certified, ask=ask)


def test_sql_can_be_allowed(certified: Path) -> None:
    async def ask(datasette: Datasette) -> None:
        assert await code(datasette, "/heat/-/query.json?sql=select+1") == 200

    served(certified, ask=ask, settings={"allow_sql": True})


def test_files_are_not_attached_past_it(certified: Path) -> None:
    async def ask(datasette: Datasette) -> None:  # what could be read if it started
        no_certificate(certified)
        path = "/_memory/-/query.json?sql=select+word+from+[heat].t"
        assert await code(datasette, path) != 200

    with pytest.raises(StartupError, match="--crossdb"):
        served(certified, ask=ask, settings={"allow_sql": True}, crossdb=True)


def test_a_database_may_have_rules_of_its_own(certified: Path, tmp_path: Path) -> None:
    weak = certify(build(tmp_path / "weak.db"), k=1, p_percent=0)

    async def ask(datasette: Datasette) -> None:
        assert await code(datasette, ROWS) == 200
        assert await code(datasette, "/weak/t.json") == 200

    own: dict[str, object] = {"p_percent": 15, "databases": {"weak": {"k": 1, "p_percent": 0}}}
    served(certified, weak, ask=ask, settings=own)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"k": 0}, "k must be"),
        ({"k": True}, "k must be"),
        ({"k": "5"}, "k must be"),
        ({"p_percent": -1}, "p_percent must be"),
        ({"p_percent": float("nan")}, "p_percent must be"),
        ({"auditors": "ich"}, "auditors must be"),
        ({"kk": 5}, "kk is no setting"),
        ({"databases": []}, "databases must be"),
        ({"databases": {"a": {"q": 1}}}, "a may hold"),
        ({"databases": {"a": {"k": 0}}}, "databases: a: k must"),
        ({"allow_sql": 1}, "allow_sql must"),
        ({"suffix": "json"}, "suffix must"),
        ({"suffix": "./../x"}, "suffix must"),
    ],
)
def test_wrong_settings_say_what_is_wrong(
    certified: Path, settings: dict[str, object], message: str
) -> None:
    async def ask(_: Datasette) -> None:
        raise AssertionError

    with pytest.raises(StartupError, match=message):
        served(certified, ask=ask, settings=settings)


def test_without_settings_it_does_nothing(tmp_path: Path) -> None:
    async def whole() -> None:
        datasette = Datasette([], immutables=[str(build(tmp_path / "heat.db"))])
        assert await code(datasette, ROWS) == 200
        assert (await datasette.client.get("/-/cell-guard.json")).json() == {"databases": []}
        await datasette.invoke_shutdown()

    asyncio.run(whole())


def test_a_file_that_is_gone(certified: Path) -> None:
    certified.unlink()
    assert "the file cannot be read" in judge(certified, Demand()).refused

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
from datasette.app import Datasette
from datasette.database import connections
from datasette.plugins import pm
from datasette.utils import StartupError
from datasette_snapshots import SnapshotService
from datasette_snapshots.plugin import _services

Session = Callable[[Datasette, SnapshotService], Awaitable[None]]

LONGEST_REQUEST_S = 5.0  # on a busy machine; who began with a snapshot may finish with it


def publish(folder: Path, number: int, *, name: str = "heat", schema: str = "n INTEGER") -> Path:
    """Publish a snapshot whose table `t` says its number in a thousand rows."""
    path = folder / f"{name}-v{number:06d}.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE t ({schema})")
        connection.executemany("INSERT INTO t (n) VALUES (?)", [(number,)] * 1000)
    beside = folder / f".{name}.new"
    beside.write_text(path.name)
    beside.replace(folder / f"{name}.current")
    return path


def run(folder: Path, session: Session, **settings: object) -> None:
    async def whole() -> None:
        plugin = {"folder": str(folder), "poll_s": 3600, "grace_s": 0, **settings}
        datasette = Datasette(
            [], config={"plugins": {"datasette-snapshots": plugin}}, settings={"num_sql_threads": 2}
        )
        try:
            await datasette.client.get("/")
            await session(datasette, _services[datasette])
        finally:
            await datasette.invoke_shutdown()

    asyncio.run(whole())


async def number(datasette: Datasette, name: str = "heat") -> int:
    answer = await datasette.client.get(f"/{name}/t.json?_shape=array&_size=1")
    assert answer.status_code == 200, answer.text
    return int(answer.json()[0]["n"])


def open_files(folder: Path) -> int:
    found = 0
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found += str(entry.readlink()).startswith(str(folder))
        except OSError:
            continue
    return found


def test_the_plugin_is_installed_by_its_entry_point() -> None:
    names = [distribution.metadata["Name"] for _, distribution in pm.list_plugin_distinfo()]
    assert any(plugin.__name__ == "datasette_snapshots" for plugin in pm.get_plugins())
    assert names


def test_what_is_there_at_the_start_is_served(tmp_path: Path) -> None:
    publish(tmp_path, 1)

    async def session(datasette: Datasette, service: SnapshotService) -> None:
        assert await number(datasette) == 1
        assert not datasette.databases["heat"].is_mutable
        assert service.problems == {}

    run(tmp_path, session)


def test_the_newest_takes_the_place_and_the_old_one_is_closed(tmp_path: Path) -> None:
    publish(tmp_path, 1)

    async def session(datasette: Datasette, service: SnapshotService) -> None:
        await number(datasette)
        old = datasette.databases["heat"]
        publish(tmp_path, 2)
        assert await service.refresh()
        assert await number(datasette) == 2
        assert service.retired == 1
        assert not await service.refresh()
        assert (service.retired, old._closed) == (0, True)

    run(tmp_path, session)


def test_going_back_is_a_pointer_to_the_older_file(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    publish(tmp_path, 2)

    async def session(datasette: Datasette, service: SnapshotService) -> None:
        assert await number(datasette) == 2
        (tmp_path / "heat.current").write_text("heat-v000001.db")
        await service.refresh()
        assert await number(datasette) == 1

    run(tmp_path, session)


def test_the_poll_finds_a_new_snapshot_by_itself(tmp_path: Path) -> None:
    async def session(datasette: Datasette, service: SnapshotService) -> None:
        del service
        assert "heat" not in datasette.databases
        publish(tmp_path, 1)
        for _ in range(200):
            if "heat" in datasette.databases:
                break
            await asyncio.sleep(0.05)
        assert await number(datasette) == 1

    run(tmp_path, session, poll_s=0.05)


def test_new_and_vanished_tables_are_known_at_once(tmp_path: Path) -> None:
    """Both files have the same schema version, by which Datasette alone would be misled."""
    publish(tmp_path, 1, schema="n INTEGER, more TEXT")

    async def session(datasette: Datasette, service: SnapshotService) -> None:
        for number_ in range(2, 6):
            path = publish(tmp_path, number_)
            other = f"only_{number_}"
            with closing(sqlite3.connect(path)) as connection, connection:
                connection.execute(f"CREATE TABLE {other} (n INTEGER)")
            await service.refresh()
            assert (await datasette.client.get(f"/heat/{other}.json")).status_code == 200
            assert (await datasette.client.get(f"/heat/only_{number_ - 1}")).status_code == 404
            page = await datasette.client.get("/heat")
            assert other in page.text
            assert f"only_{number_ - 1}" not in page.text

    run(tmp_path, session)


def test_a_pointer_taken_away_takes_the_database_off(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    publish(tmp_path, 1, name="other")

    async def session(datasette: Datasette, service: SnapshotService) -> None:
        (tmp_path / "heat.current").unlink()
        assert await service.refresh()
        assert (await datasette.client.get("/heat/t.json")).status_code == 404
        assert await number(datasette, "other") == 1

    run(tmp_path, session)


def test_a_broken_snapshot_leaves_the_one_before_in_place(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    publish(tmp_path, 1)

    async def session(datasette: Datasette, service: SnapshotService) -> None:
        (tmp_path / "heat-v000002.db").write_bytes(b"this is no database, whatever it says" * 100)
        (tmp_path / "heat.current").write_text("heat-v000002.db")
        with caplog.at_level(logging.WARNING, "datasette_snapshots"):
            assert not await service.refresh()
            assert not await service.refresh()
        assert "not a database" in service.problems["heat"]
        warned = [one for one in caplog.records if one.levelname == "WARNING"]
        assert len(warned) == 1  # said once, not at every poll
        assert await number(datasette) == 1
        publish(tmp_path, 3)
        assert await service.refresh()
        assert service.problems == {}
        assert await number(datasette) == 3

    run(tmp_path, session)


def test_a_broken_pointer_leaves_the_one_before_in_place(tmp_path: Path) -> None:
    publish(tmp_path, 1)

    async def session(datasette: Datasette, service: SnapshotService) -> None:
        (tmp_path / "heat.current").write_text("../elsewhere.db")
        assert not await service.refresh()
        assert await number(datasette) == 1

    run(tmp_path, session)


def test_a_database_of_somebody_else_is_never_replaced(tmp_path: Path) -> None:
    publish(tmp_path, 1, name="fixed")

    async def session(datasette: Datasette, service: SnapshotService) -> None:
        assert await number(datasette, "fixed") == 1
        datasette.add_memory_database("mine")
        mine = datasette.databases["mine"]
        publish(tmp_path, 1, name="mine")
        await service.refresh()
        assert datasette.databases["mine"] is mine
        assert "another database" in service.problems["mine"]

    run(tmp_path, session)


def test_swaps_under_load_give_no_error_and_leave_nothing_open(tmp_path: Path) -> None:
    publish(tmp_path, 0)
    swaps, readers = 30, 4

    async def session(datasette: Datasette, service: SnapshotService) -> None:
        await number(datasette)
        stop = asyncio.Event()
        seen: list[set[int]] = [set() for _ in range(readers)]
        statuses: dict[int, int] = {}

        async def read(reader: int) -> None:
            last = 0
            while not stop.is_set():
                path = ("/heat/t.json?_shape=array&_size=50", "/heat/t", "/heat")[reader % 3]
                answer = await datasette.client.get(path)
                statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
                if reader % 3 == 0 and answer.status_code == 200:
                    found = {row["n"] for row in answer.json()}
                    assert len(found) == 1, "one page came from two snapshots"
                    assert max(found) >= last, "an older snapshot came back"
                    last = max(found)
                    seen[reader] |= found

        tasks = [asyncio.create_task(read(reader)) for reader in range(readers)]
        for swap in range(1, swaps + 1):
            publish(tmp_path, swap)
            await service.refresh()
            await asyncio.sleep(0.02)
        for _ in range(1000):
            if swaps in seen[0]:
                break
            await asyncio.sleep(0.01)
        stop.set()
        await asyncio.gather(*tasks)
        assert list(statuses) == [200]
        assert sum(statuses.values()) > swaps
        assert max(seen[0]) == swaps
        assert len(seen[0]) > 3
        await asyncio.sleep(LONGEST_REQUEST_S)
        await service.refresh()
        assert service.retired == 0
        assert open_files(tmp_path) <= 2  # one connection a thread, of the newest alone

    run(tmp_path, session, grace_s=LONGEST_REQUEST_S)


def test_threads_forget_the_connections_of_closed_snapshots(tmp_path: Path) -> None:
    publish(tmp_path, 0)

    async def session(datasette: Datasette, service: SnapshotService) -> None:
        threads = datasette.setting("num_sql_threads")
        together = threading.Barrier(threads)

        def kept() -> int:
            together.wait(10)  # so that every thread answers for itself
            return sum(name.startswith("x") for name in connections.__dict__)

        async def most_kept() -> int:
            assert datasette.executor is not None
            futures = [datasette.executor.submit(kept) for _ in range(threads)]
            return max([await asyncio.wrap_future(future) for future in futures])

        for swap in range(1, 61):  # a thread forgets once it is given work, not at once
            await number(datasette)
            publish(tmp_path, swap)
            await service.refresh()
            if swap > 20 and await most_kept() <= 5:
                return
        pytest.fail(f"a thread still holds {await most_kept()} connections")

    run(tmp_path, session)


def test_what_is_served_is_listed(tmp_path: Path) -> None:
    path = publish(tmp_path, 7)

    async def session(datasette: Datasette, service: SnapshotService) -> None:
        del service
        (listed,) = (await datasette.client.get("/-/snapshots.json")).json()["snapshots"]
        assert (listed["name"], listed["file"]) == ("heat", "heat-v000007.db")
        assert listed["size"] == path.stat().st_size
        assert len(listed["sha256"]) == 64
        assert listed["since"].endswith("+00:00")

    run(tmp_path, session)


def test_what_an_actor_may_not_see_is_not_listed(tmp_path: Path) -> None:
    publish(tmp_path, 7)

    async def whole() -> None:
        config = {
            "plugins": {"datasette-snapshots": {"folder": str(tmp_path)}},
            "databases": {"heat": {"allow": {"id": "root"}}},
        }
        datasette = Datasette([], config=config)
        try:
            answer = await datasette.client.get("/-/snapshots.json")
            assert answer.json() == {"snapshots": []}
            answer = await datasette.client.get("/-/snapshots.json", actor={"id": "root"})
            assert [entry["name"] for entry in answer.json()["snapshots"]] == ["heat"]
        finally:
            await datasette.invoke_shutdown()

    asyncio.run(whole())


def test_addresses_hold_under_a_base_url(tmp_path: Path) -> None:
    publish(tmp_path, 1)

    async def whole() -> None:
        datasette = Datasette(
            [],
            config={"plugins": {"datasette-snapshots": {"folder": str(tmp_path)}}},
            settings={"base_url": "/daten/"},
        )
        try:
            assert (await datasette.client.get("/-/snapshots.json")).status_code == 200
            assert await number(datasette) == 1
        finally:
            await datasette.invoke_shutdown()

    asyncio.run(whole())


@pytest.mark.parametrize(
    "wrong", [{"poll_s": 0}, {"poll_s": "2"}, {"grace_s": -1}, {"poll_s": True}]
)
def test_a_wrong_setting_stops_the_start(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(StartupError, match="must be a number"):
        run(tmp_path, _nothing, **wrong)


def test_without_a_folder_the_plugin_does_nothing() -> None:
    async def whole() -> None:
        datasette = Datasette([])
        try:
            answer = await datasette.client.get("/-/snapshots.json")
            assert answer.json() == {"snapshots": []}
        finally:
            await datasette.invoke_shutdown()

    asyncio.run(whole())


async def _nothing(datasette: Datasette, service: SnapshotService) -> None:
    del datasette, service

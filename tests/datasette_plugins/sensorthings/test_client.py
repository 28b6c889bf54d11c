"""Somebody else's client against a real server, and answers while snapshots are swapped."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import frost_sta_client as fsc
import pytest
import uvicorn
from datasette.app import Datasette

from .conftest import LONG, WIDE, answer, datasette_for, make_long, make_wide, shut

# the client uses what its own library gives up
pytestmark = pytest.mark.filterwarnings("ignore:furl.pathstr:DeprecationWarning")


@contextmanager
def server(files: list[Path], mapping: dict[str, Any]) -> Iterator[fsc.SensorThingsService]:
    """Run Datasette in a thread, as uvicorn serves it, on a free port."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # who comes before the server is up waits
        datasette = datasette_for(files, mapping)
        config = uvicorn.Config(datasette.app(), lifespan="on", log_config=None, access_log=False)
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            port = listening.getsockname()[1]
            yield fsc.SensorThingsService(f"http://127.0.0.1:{port}/-/sta/v1.1")
        finally:
            running.should_exit = True
            thread.join()
            asyncio.run(shut(datasette))


@pytest.fixture(params=["wide", "long"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    wide = request.param == "wide"  # no quote in an id: this client does not double it
    path = (
        make_wide(tmp_path / "heat.db", first="kita: 1 ü")
        if wide
        else make_long(tmp_path / "air.db")
    )
    with server([path], WIDE if wide else LONG) as service:
        yield service


def test_a_client_walks_over_everything(client: Any) -> None:
    things = list(client.things().query().list())
    assert len(things) == 3
    walked = 0
    for thing in things:
        assert client.things().find(thing.id).name == thing.name
        for stream in thing.get_datastreams().query().list():
            assert stream.unit_of_measurement is not None
            found = list(stream.get_observations().query().top(13).list())
            assert len(found) == len({each.id for each in found})
            assert all(each.phenomenon_time for each in found)
            walked += len(found)
    assert walked == sum(1 for _ in client.observations().query().top(50).list())
    assert walked in {240, 531}


def test_a_client_filters_orders_counts_and_expands(client: Any) -> None:
    query = client.things().query().filter("endswith(name, '2') or endswith(name, 'haus')")
    (thing,) = query.expand("Datastreams($expand=Sensor,ObservedProperty)").list()
    streams = list(thing.datastreams)
    assert all(stream.sensor.name and stream.observed_property.definition for stream in streams)
    observations = client.observations().query().orderby("result", "desc").top(3).count().list()
    results = [float(each.result) for each in observations.entities]
    assert results == sorted(results, reverse=True)
    assert observations.count > 200
    stream = client.datastreams().find(streams[0].id)
    assert stream.name == streams[0].name


def test_a_client_is_told_of_what_is_not_there(client: Any) -> None:
    with pytest.raises(Exception, match="404"):
        client.things().find(987654321)


@pytest.mark.skipif(not hasattr(Datasette, "allowed"), reason="datasette-snapshots needs 1.0")
def test_the_same_answers_after_a_swap_and_in_between(tmp_path: Path) -> None:
    _publish(tmp_path, 1, hours=48)
    asked = ("/Things", "/Datastreams?$expand=Sensor", "/Observations?$top=30&$orderby=result")

    async def session() -> None:
        plugins = {
            "datasette-snapshots": {"folder": str(tmp_path), "poll_s": 0.05, "grace_s": 1},
            "datasette-sensorthings": WIDE,
        }
        datasette = Datasette([], config={"plugins": plugins})
        try:
            await datasette.invoke_startup()
            app = datasette.app()

            async def ask(path: str) -> Any:
                got = await answer(app, "GET", f"http://localhost/-/sta/v1.1{path}")
                assert got.status_code == 200, got.text
                return got.json()

            before = [await ask(path) for path in asked]
            link = (await ask("/Observations?$top=5"))["@iot.nextLink"].split("/v1.1")[1]
            behind = await ask(link)
            for number in range(2, 6):
                _publish(tmp_path, number, hours=48)
                for _ in range(4):
                    assert [await ask(path) for path in asked] == before
                    assert await ask(link) == behind  # a link of the snapshot before
                    await asyncio.sleep(0.03)
            _publish(tmp_path, 6, hours=48, offset=0.5)
            for _ in range(400):
                if await ask(asked[2]) != before[2]:
                    break
                await asyncio.sleep(0.03)
            assert await ask(asked[0]) == before[0]
            changed = await ask(link)
            assert [each["@iot.id"] for each in changed["value"]] == [
                each["@iot.id"] for each in behind["value"]
            ]
            assert changed["value"][0]["result"] == behind["value"][0]["result"] + 0.5
        finally:
            await shut(datasette)

    asyncio.run(session())


def _publish(folder: Path, number: int, **more: Any) -> None:
    path = make_wide(folder / f"heat-v{number:06d}.db", **more)
    beside = folder / ".heat.new"
    beside.write_text(path.name)
    beside.replace(folder / "heat.current")


def test_many_at_once_are_answered_alike(tmp_path: Path) -> None:
    async def session() -> None:
        datasette = datasette_for([make_long(tmp_path / "air.db")], LONG)
        try:
            await datasette.invoke_startup()
            app = datasette.app()
            url = "http://localhost/-/sta/v1.1/Datastreams?$expand=Observations($top=20),Thing"
            got = await asyncio.gather(*(answer(app, "GET", url) for _ in range(20)))
            assert len({json.dumps(each.json()) for each in got}) == 1
        finally:
            await shut(datasette)

    asyncio.run(session())

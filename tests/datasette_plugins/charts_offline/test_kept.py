"""Figures over a table that cannot change: drawn once, and anew only when they must be."""

from __future__ import annotations

import asyncio
import gc
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from datasette import handle_exception
from datasette.app import Datasette
from datasette.database import Database, QueryInterrupted
from datasette_charts_offline import kept, plugin
from datasette_charts_offline.series import Row
from datasette_charts_offline.settings import Chart
from datasette_charts_offline.view import View, make
from datasette_snapshots.plugin import _services

from tests.datasette_plugins.charts_offline.test_plugin import CHART, made, run
from tests.datasette_plugins.deutsch.village import make_village, settings

VIEW = make(Chart("line", "tag", "kwh"), [Row("2026-01-01", 1.5, "")], "de", name="Wärme")


class Draws:
    """A drawing that counts how often it is made, and can be interrupted."""

    def __init__(self) -> None:
        self.count = 0
        self.is_slow = False

    async def __call__(self) -> View | None:
        self.count += 1
        if self.is_slow:
            raise QueryInterrupted("interrupted", "", None)
        return VIEW


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the language of each figure, as it is drawn."""
    languages: list[str] = []

    def noted(chart: Chart, rows: list[Row], language: str, **more: Any) -> View | None:
        languages.append(language)
        return make(chart, rows, language, **more)

    monkeypatch.setattr(handle_exception, "rich", None)
    monkeypatch.setattr(plugin, "make", noted)
    return languages


def test_a_figure_is_drawn_once_in_each_language(tmp_path: Path, drawn: list[str]) -> None:
    async def session(datasette: Datasette) -> None:
        german = [(await datasette.client.get("/dorf/messung")).text for _ in range(3)]
        english = [(await datasette.client.get("/dorf/messung?_lang=en")).text for _ in range(2)]
        assert drawn == ["de", "en"]
        assert all("halle: 1.122,5 bis 1.234,5 kWh" in page for page in german)
        assert all("1,122.5 to 1,234.5 kWh" in page for page in english)

    run(made(make_village(tmp_path)), session)


def test_a_table_that_may_change_is_drawn_each_time(tmp_path: Path, drawn: list[str]) -> None:
    found = made(make_village(tmp_path))
    datasette = Datasette(
        [str(tmp_path / "dorf.db")], metadata=settings()["metadata"], config=found.config
    )

    async def session(datasette: Datasette) -> None:
        for _ in range(2):
            assert "<svg" in (await datasette.client.get("/dorf/messung")).text
        assert drawn == ["de", "de"]

    run(datasette, session)


def test_a_new_release_takes_the_place_of_its_figures(tmp_path: Path, drawn: list[str]) -> None:
    folder = tmp_path / "public"
    folder.mkdir()

    def publish(number: int) -> None:
        path = folder / f"dorf-v{number:06d}.db"
        shutil.copy(tmp_path / "dorf.db", path)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE messung SET energie = energie + ? ", (number * 1000,))
        beside = folder / ".new"
        beside.write_text(path.name)
        beside.replace(folder / "dorf.current")

    make_village(tmp_path)
    found: dict[str, Any] = settings()
    config = found["config"]
    config["databases"]["dorf"]["tables"] = {
        "messung": {"plugins": {"datasette-charts-offline": CHART}}
    }
    config["plugins"]["datasette-snapshots"] = {
        "folder": str(folder), "poll_s": 3600, "grace_s": 0,
    }  # fmt: skip

    async def session(datasette: Datasette) -> None:
        for number, said in ((1, "2.234,5"), (2, "3.234,5")):
            publish(number)
            await _services[datasette].refresh()
            for _ in range(2):
                assert f"bis {said} kWh" in (await datasette.client.get("/dorf/messung")).text
            assert drawn == ["de"] * number
        await _services[datasette].close()
        # Datasette's writing thread holds the database it last wrote about until it writes again
        await datasette.get_internal_database().execute_write("SELECT 1")
        gc.collect()
        served = datasette.get_database("dorf")
        assert [one for one in kept._kept if one.ds is datasette] == [served]

    run(Datasette([], **found), session)


def test_reading_that_was_interrupted_is_tried_again_after_a_while(tmp_path: Path) -> None:
    database = _unchanging(tmp_path)
    draws, now = Draws(), [1000.0]

    async def view() -> View | None:
        return await kept.view_of(database, ("t", "de"), draws, lambda: now[0])

    async def session() -> None:
        draws.is_slow = True
        for _ in range(3):
            with pytest.raises(QueryInterrupted):
                await view()
        assert draws.count == 1
        draws.is_slow = False
        now[0] += kept.AGAIN_S - 1
        with pytest.raises(QueryInterrupted):
            await view()
        now[0] += 1
        assert await view() is VIEW
        assert await view() is VIEW
        assert draws.count == 2

    asyncio.run(session())


def test_a_table_without_values_is_known_to_have_none(tmp_path: Path) -> None:
    count = [0]

    async def nothing() -> None:
        count[0] += 1

    async def session(database: Database) -> None:
        for _ in range(2):
            assert await kept.view_of(database, ("t", "de"), nothing) is None

    asyncio.run(session(_unchanging(tmp_path)))
    assert count == [1]


def test_no_more_figures_are_kept_than_there_is_room_for(tmp_path: Path) -> None:
    database, draws = _unchanging(tmp_path), Draws()

    async def session() -> None:
        for n in range(kept.MOST):
            await kept.view_of(database, (f"t{n}", "de"), draws)
        await kept.view_of(database, ("t0", "de"), draws)
        assert draws.count == kept.MOST == len(kept._kept[database])
        for n in range(kept.MOST * 2):
            await kept.view_of(database, (f"u{n}", "de"), draws)
            assert len(kept._kept[database]) <= kept.MOST

    asyncio.run(session())


def _unchanging(folder: Path) -> Database:
    return Database(Datasette([]), str(folder / "dorf.db"), is_mutable=False)

"""The learning point is opened once for all who are served, and stays open for nobody."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edge.store.errors import StoreError
from edge.web.point import Door
from tests.edge.web.villagers import House


def open_files() -> list[str]:
    found = []
    for one in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(one.readlink()))
        except OSError:
            continue
    return [one for one in found if one.endswith("village.db")]


def test_who_comes_meanwhile_shares_it(house: House) -> None:
    door, gate = Door(house.config, house.clock), threading.Barrier(12)

    def guest(_: int) -> int:
        with door.open() as point:
            gate.wait()
            assert point.courses.catalogue()
            gate.wait()
            return id(point.village)

    with ThreadPoolExecutor(12) as pool:
        assert len(set(pool.map(guest, range(12)))) == 1
    assert open_files() == []
    with door.open() as again:
        assert again.courses.catalogue()
        assert len(open_files()) == 1


def test_an_error_of_one_guest_closes_it_and_the_next_opens_it(house: House) -> None:
    door = Door(house.config, house.clock)
    with pytest.raises(ZeroDivisionError), door.open():
        raise ZeroDivisionError
    assert open_files() == []
    kept = house.config.hub.village_db.rename(house.config.hub.run / "away.db")
    house.config.hub.village_db.mkdir()
    with pytest.raises(StoreError), door.open():
        pass
    house.config.hub.village_db.rmdir()
    kept.rename(house.config.hub.village_db)
    with door.open() as point:
        assert point.courses.catalogue()

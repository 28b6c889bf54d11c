"""A bus on its way between a real pull interface and a real county."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from edge.process.log import Log
from sync import parcel
from sync.bus.config import BusConfig
from sync.bus.round import Bus
from sync.counter import Counter
from sync.county import hub as county_hub
from sync.county.hub import County
from sync.custody_book import Book
from sync.identity import Identity
from sync.inflow import Inflow
from sync.line.door import Door
from sync.parcel import Pass, parcel_key
from sync.porters import Porters
from sync.server import Desk
from sync.server_county import CountyRoutes
from sync.tls import ServerContext

NOW = 1_795_000_000_000
DAY = 86_400_000


@dataclass(slots=True)
class Driven:
    """A bus and what tests do with it."""

    bus: Bus
    config: BusConfig
    key: Identity

    def give_pass(self, county: Identity, recipient: str, **changes: Any) -> Pass:
        """Give it a county's pass, changed in places."""
        one = replace(
            Pass(county.name, self.key.name, "Bus 3", recipient, NOW + DAY),
            **changes,
        )
        raw = parcel.sign(one, county)
        self.config.state.mkdir(exist_ok=True)
        self.config.pass_file.write_bytes(raw)
        return replace(one, raw=raw)


@pytest.fixture
def new_bus(tmp_path: Path) -> Callable[..., Driven]:
    def make(**changes: Any) -> Driven:
        config = replace(BusConfig(tmp_path / "bus.toml", "Bus 3", tmp_path / "bus"), **changes)
        key = Identity.generate()
        return Driven(Bus(config, key, Log(), now_ms=lambda: NOW), config, key)

    return make


@pytest.fixture
def address(village: Any, tmp_path: Path) -> Iterator[str]:
    """Where the village's pull interface is, with all that a bus and a county need there."""
    porters = Porters(village.store.connection, village.peers, tmp_path / "parcels")
    counter = Counter(
        porters, village.outbox, village.peers, village.store, lambda: village.clock.stamp().wall_ms
    )
    routes = CountyRoutes(
        Inflow(village.store.connection, village.identity.name, village.peers),
        Book(village.store.connection),
        village.identity,
        village.clock,
        Log(),
        lambda: None,
    )
    desk = Desk(
        *("Dorf", village.identity, village.outbox, village.peers, village.clock, Log()),
        counter=counter,
        county=routes,
    )
    with Door(desk, ServerContext(village.identity), Log()) as door:
        yield f"https://127.0.0.1:{door.open('127.0.0.1', 0)}"


@pytest.fixture
def county(tmp_path: Path, village: Any) -> Iterator[County]:
    """A county and a village that have confirmed each other."""
    (tmp_path / "kreis").mkdir()
    county_hub.create(tmp_path / "kreis", "Landkreis Gießen")
    with county_hub.open_county(tmp_path / "kreis") as opened:
        village.meets(opened)
        yield opened


@pytest.fixture
def driven(county: County, new_bus: Callable[..., Driven]) -> Driven:
    """A bus with the county's pass."""
    found = new_bus()
    found.give_pass(county.identity, parcel_key(county.config.parcel_file)[1])
    return found

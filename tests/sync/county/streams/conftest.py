"""A county that writes, a village that takes, and the line between them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from edge.clock import FixedClock
from sync import got, requests
from sync.carrier.http import HttpCarrier, Patience
from sync.county import hub as county_hub
from sync.county.errand import Errand
from sync.county.hub import County
from sync.county.ledger import Hub
from sync.county.streams import ALL
from sync.custody_book import Book
from sync.events import Event
from sync.got import Got
from sync.inflow import Inflow
from sync.pull_server import PullServer
from sync.server import Desk, create_app
from sync.server_county import CountyRoutes

T0 = 1_795_000_000_000
CLOCK = FixedClock(T0)
CARE_KEY = "age1" + "q" * 58


class Silent:
    def __getattr__(self, _: str) -> Any:
        return lambda *_, **__: None


@dataclass(slots=True)
class Both:
    """A county and a village that know each other."""

    county: County
    village: Any
    inflow: Inflow
    book: Book
    hub: Hub

    def say(self, kind: str, to: bytes = ALL, **data: Any) -> int:
        with self.county.streams() as streams:
            return streams.tell(to, [Event(T0, 4, kind, data)], CLOCK.stamp())

    def hang(self, name: str, to: bytes = ALL, title: str = "Sprechtag") -> int:
        said = {"id": name, "title": title, "text": "", "from": T0 - 1, "until": T0 + 1000}
        return self.say("notice.put", to, **said)

    def bundles(self, held: dict[bytes, int] | None = None) -> list[bytes]:
        with self.county.streams() as streams:
            return [
                streams.pack(manifest)
                for _, manifest in streams.news(self.hub.public_key, held or {})
            ]

    def take(self, data: bytes) -> Any:
        return self.inflow.take(io.BytesIO(data), way="line", now_ms=T0)

    def take_all(self) -> None:
        for data in self.bundles():
            self.take(data)

    def board(self) -> list[str]:
        return [one.title for one in self.village.store.county_notices(T0)]

    def word(self) -> bytes:
        return got.encode(
            Got(
                self.village.identity.name,
                self.inflow.positions(self.county.identity.name),
                CARE_KEY,
                T0,
            ),
            self.village.identity,
        )


@pytest.fixture
def both(village: Any, tmp_path: Path) -> Iterator[Both]:
    (tmp_path / "kreis").mkdir()
    county_hub.create(tmp_path / "kreis", "Landkreis Gießen")
    with county_hub.open_county(tmp_path / "kreis") as county:
        hub = village.meets(county)
        inflow = Inflow(village.store.connection, village.identity.name, village.peers)
        book = Book(village.store.connection)
        yield Both(county, village, inflow, book, hub)


def errand(both: Both, carrier: Any, stick: str = "stick") -> int:
    return Errand(both.county, CLOCK, stick).run(both.hub, carrier)


@pytest.fixture
def line(both: Both) -> Iterator[HttpCarrier]:
    village = both.village
    routes = CountyRoutes(
        both.inflow, both.book, village.identity, village.clock, Silent(), lambda: CARE_KEY
    )
    desk = Desk(
        "Dorf", village.identity, village.outbox, village.peers, village.clock, Silent(), tuple,
        county=routes,
    )  # fmt: skip
    with PullServer(create_app(desk), "127.0.0.1", 0) as server:
        yield HttpCarrier(
            f"http://127.0.0.1:{server.port}",
            lambda method, target: requests.sign_request(both.county.identity, method, target),
            patience=Patience(5, 1, 0, 30),
        )

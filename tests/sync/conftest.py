"""A hub with meters, small and real: its databases lie in the test's folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edge.clock import FixedClock
from edge.config import load
from edge.store.personal import PersonalStore
from edge.store.village import VillageStore
from edge.store.village_rows import MeterRow
from hardware.reading import TimeQuality
from sync import columns, wire
from sync.custody_book import Book
from sync.identity import Identity, fingerprint, short_id
from sync.inflow import Inflow
from sync.node import Node
from sync.outbox import Outbox
from sync.peers import Peers
from sync.sealer import Sealer, personal_opener
from sync.segment import NO_PREVIOUS, ClockState, Segment, StreamClass, seal

if TYPE_CHECKING:
    from sync.county.hub import County
    from sync.county.ledger import Hub

T0 = 1_795_000_000_000
EPOCH = bytes(range(8))


@dataclass(slots=True)
class Village:
    """One hub's databases and what sync makes of them."""

    folder: Path
    store: VillageStore
    identity: Identity
    outbox: Outbox
    peers: Peers
    sealer: Sealer
    clock: FixedClock
    rounds: int = 0

    def meets(self, county: County, *recipients: str) -> Hub:
        """Have a county and this village confirm each other; ``recipients`` are its care keys."""
        name = county.identity.name
        self.peers.ask(wire.Enrolment(name, "Landkreis Gießen", recipients), 1)
        self.peers.confirm(fingerprint(name), 2)
        hub = county.ledger.add_hub(
            short_id(self.identity.name),
            public_key=self.identity.name,
            fingerprint=fingerprint(self.identity.name),
            name="Dorf",
            now_ms=1,
        )
        county.ledger.confirm(hub.hub, now_ms=2)
        return hub

    def measure(self, rounds: int, meters: int = 4) -> None:
        """Add poll rounds, a quarter of an hour apart."""
        devices = [self.store.device(f"mbus:KAM-{70000000 + n}-27-04") for n in range(meters)]
        for _ in range(rounds):
            at = T0 + self.rounds * 900_000
            self.store.add_round(
                [
                    MeterRow(
                        at + 137 * n,
                        device,
                        TimeQuality.SYNCHRONISED,
                        self.rounds * meters + n + 1,
                        energy_kwh=round(5000 + 17 * n + self.rounds * 0.37, 2),
                        volume_m3=round(300 + n + self.rounds * 0.1, 1),
                        flow_temperature_degc=65.4 if self.rounds % 3 else None,
                    )
                    for n, device in enumerate(devices)
                ]
            )
            self.rounds += 1

    def personal(self) -> PersonalStore:
        """Open personal.db with the hub's key file."""
        return PersonalStore.open(self.folder / "personal.db", self.folder / "personal.key")


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Village]:
    (tmp_path / "personal.key").write_text("ab" * 32)
    identity = Identity.load_or_create(tmp_path / "keys" / "hub.key")
    with VillageStore(tmp_path / "village.db") as store:
        outbox, peers = Outbox(store.connection, identity), Peers(store.connection)
        sealer = Sealer(
            outbox,
            peers,
            store.connection,
            personal_opener(tmp_path / "personal.db", tmp_path / "personal.key"),
            seal_after_s=900,
            retention_days=90,
        )
        yield Village(tmp_path, store, identity, outbox, peers, sealer, FixedClock(T0))


@pytest.fixture
def make_node(village: Village, tmp_path: Path) -> Callable[[str], Node]:
    """Return what makes the village's side of sync from the text below `[sync]` of hub.toml."""

    def make(section: str) -> Node:
        toml = tmp_path / "hub.toml"
        toml.write_text(f'[hub]\nname = "DGH"\nvillage = "Wetterfeld"\n[sync]\n{section}\n')
        return Node(
            load(toml),
            village.identity,
            village.store.connection,
            village.store,
            village.outbox,
            village.peers,
            village.sealer,
            village.clock,
            Inflow(village.store.connection, village.identity.name, village.peers),
            Book(village.store.connection),
        )

    return make


@pytest.fixture(scope="session")
def signer() -> Identity:
    return Identity.generate()


@pytest.fixture(scope="session")
def make_chain(signer: Identity) -> Callable[[int], list[Segment]]:
    def make(count: int, rows: int = 5) -> list[Segment]:
        segments: list[Segment] = []
        for seq in range(1, count + 1):
            source = columns.Source(
                "mbus:KAM-70000001-27-04",
                [T0 + seq * 1000 + n for n in range(rows)],
                [4] * rows,
                {"energy_kwh": [seq + n / 10 for n in range(rows)]},
            )
            segments.append(
                seal(
                    signer,
                    epoch=EPOCH,
                    seq=seq,
                    previous=segments[-1].hash if segments else NO_PREVIOUS,
                    stream=StreamClass.VILLAGE,
                    schema="meter/1",
                    count=rows,
                    first_ms=T0,
                    last_ms=T0 + rows,
                    clock=ClockState(T0, 4, bytes(16), 1),
                    salt=bytes([seq]) * 16,
                    body=columns.encode([source]),
                )
            )
        return segments

    return make

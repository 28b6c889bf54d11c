"""Villages that publish open data for a county's tests: real stores, releases and outboxes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.clock import FixedClock
from edge.config import Config, load
from edge.publish import build_current
from edge.publish.release import Release, current
from edge.store.village import VillageStore
from edge.store.village_rows import MeterRow
from hardware.reading import TimeQuality
from sync import bundle, wire
from sync.carrier.folder import ROOT
from sync.identity import Identity, fingerprint, short_id
from sync.node import publisher
from sync.outbox import Outbox
from sync.peers import Peers
from sync.sealer import Sealer, personal_opener

if TYPE_CHECKING:
    from tests.sync.county.conftest import Office

T0 = 1_796_000_000_000  # 2026-11-30
DAY = 86_400_000
START = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)  # midnight in Berlin
HUB = """
[hub]
name = "Hub"
village = "{name}"

[publish]
publisher = "Gemeinde {name}"
email = "daten@{host}.example"
region = "06531"
contributor = "hessen"

[[sites]]
site_id = "halle"
name = "Halle {name}"
communal = true

[[meters]]
meter_id = "halle-1"
name = "Zähler"
site_id = "halle"
transport = "serial:/dev/ttyUSB0"
"""


@dataclass
class Village:
    """A hub that publishes the heat of its hall."""

    config: Config
    store: VillageStore
    identity: Identity
    outbox: Outbox
    peers: Peers
    sealer: Sealer
    laid: int = 0

    @property
    def id(self) -> str:
        return short_id(self.identity.name)

    @property
    def name(self) -> str:
        return self.config.hub.village

    def asks(self, office: Office) -> None:
        """Be known at the county, where nobody has confirmed it yet."""
        key = self.identity.name
        self.peers.ask(wire.Enrolment(office.county.identity.name, "Landkreis Gießen", ()), 1)
        self.peers.confirm(fingerprint(office.county.identity.name), 2)
        office.county.ledger.add_hub(
            self.id, public_key=key, fingerprint=fingerprint(key), name=self.name, now_ms=1
        )

    def meets(self, office: Office) -> None:
        self.asks(office)
        office.county.ledger.confirm(self.id, now_ms=2)

    def measures(self, kw: float, hours: int = 60, start: datetime = START) -> None:
        device = self.store.device("mbus:KAM-76348799-27-04", meter_id="halle-1")
        self.store.sync_sites(self.config)
        rows = []
        for n in range(hours * 4 + 1):
            at = round((start + n * timedelta(minutes=15)).timestamp() * 1000)
            kwh = round(1000 + n * kw / 4, 3)
            rows.append(MeterRow(at, device, TimeQuality.SYNCHRONISED, 4711, energy_kwh=kwh))
        self.store.add_round(rows)

    def publishes(self, at_ms: int = T0) -> Release:
        build_current(self.config, datetime.fromtimestamp(at_ms / 1000, UTC))
        return self.release

    @property
    def release(self) -> Release:
        found = current(self.config.hub.public, "kommunale-waerme")
        assert found is not None
        return found

    def tells(self, at_ms: int = T0, quality: TimeQuality = TimeQuality.SYNCHRONISED) -> Any:
        return self.sealer.step(FixedClock(at_ms, quality).stamp(), asked=True)

    def lays(self, stick: Path) -> int:
        """Write what is new as a stick is written; return how many segments."""
        here = self.outbox.position()
        if here.last_seq == self.laid:
            return 0
        found = self.outbox.manifest(here.epoch, self.laid, here.last_seq)
        name = f"{here.epoch.hex()}-{self.laid + 1}-{here.last_seq}.dhb"
        file = stick / ROOT / self.id / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"".join(bundle.slices(found, self.outbox.read, 0, found.size)))
        count, self.laid = here.last_seq - self.laid, here.last_seq
        return count


@contextmanager
def villages(folder: Path) -> Iterator[Callable[[str], Village]]:
    """Give what makes a village by its name; all are closed at the end."""
    with ExitStack() as stack:

        def make(name: str) -> Village:
            place = folder / name
            place.mkdir()
            text = HUB.format(name=name, host=name.lower())
            (place / "hub.toml").write_text(text, "utf-8")
            config = load(place / "hub.toml")
            config.hub.village_db.parent.mkdir()
            identity = Identity.load_or_create(place / "keys" / "hub.key")
            store = stack.enter_context(VillageStore(config.hub.village_db))
            store.sync_sites(config)
            outbox, peers = Outbox(store.connection, identity), Peers(store.connection)
            opener = personal_opener(place / "personal.db", place / "personal.key")
            sealer = Sealer(
                outbox, peers, store.connection, opener, 900, 90,
                public=config.hub.public, publisher=publisher(config),
            )  # fmt: skip
            return Village(config, store, identity, outbox, peers, sealer)

        yield make

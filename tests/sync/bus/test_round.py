"""A bus between a real pull interface and a county's folder: what it takes, and cannot read."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pyrage import x25519

from sync import bundle, parcel, rotation, wire
from sync.bus.config import BusConfig, BusConfigError, load
from sync.bus.custody import Custody
from sync.bus.round import Bus
from sync.carrier.folder import FolderCarrier
from sync.carrier.http import Patience
from sync.errors import FormatError
from sync.identity import Identity, fingerprint, short_id
from sync.parcel import Pass
from sync.stream import METER

if TYPE_CHECKING:
    from tests.sync.bus.conftest import Driven

NOW = 1_795_000_000_000
DAY = 86_400_000
QUICK = Patience(timeout_s=15, attempts=1)


@dataclasses.dataclass
class World:
    village: Any
    address: str
    county: Identity
    recipient: str
    opener: str
    driven: Driven

    @property
    def bus(self) -> Bus:
        return self.driven.bus

    @property
    def config(self) -> BusConfig:
        return self.driven.config

    def give_pass(self, **changes: Any) -> None:
        self.driven.give_pass(self.county, self.recipient, **changes)

    def confirm(self) -> None:
        self.village.peers.ask(wire.Enrolment(self.county.name, "Landkreis", ()), 1)
        self.village.peers.confirm(fingerprint(self.county.name), 2)


@pytest.fixture
def world(village: Any, address: str, new_bus: Callable[..., Driven], tmp_path: Path) -> World:
    for _ in range(4):
        village.measure(2)
        village.outbox.seal(METER, village.store.connection, village.clock.stamp())
    opener, recipient = parcel.parcel_key(tmp_path / "county.age")
    return World(village, address, Identity.generate(), recipient, opener, new_bus())


def test_without_a_pass_or_a_confirmed_county_it_gets_nothing(world: World) -> None:
    seen = world.bus.visit(world.address, patience=QUICK)
    assert (seen.code, seen.parcels) == ("not_enrolled", 0)
    world.give_pass()
    seen = world.bus.visit(world.address, patience=QUICK)
    assert seen.code == "not_enrolled"
    assert "nicht bestätigt" in seen.message


@pytest.mark.parametrize(
    "changes", [{"until_ms": NOW - 1}, {"carrier": bytes(32)}], ids=["over", "another's"]
)
def test_a_pass_that_is_over_or_another_buses(world: World, changes: dict[str, Any]) -> None:
    world.confirm()
    world.give_pass(**changes)
    assert world.bus.visit(world.address, patience=QUICK).code == "not_enrolled"
    assert world.bus.holds() == {}


def test_a_pass_that_another_county_signed(world: World) -> None:
    world.confirm()
    world.give_pass()
    forged = Pass(world.county.name, world.driven.key.name, "Bus 3", world.recipient, NOW + DAY)
    data = parcel.sign(forged, Identity(Identity.generate()._key.private, name=world.county.name))
    world.config.pass_file.write_bytes(data)
    assert world.bus.visit(world.address, patience=QUICK).code == "not_enrolled"


def test_it_carries_all_and_reads_none(world: World, tmp_path: Path) -> None:
    world.confirm()
    world.give_pass()
    seen = world.bus.visit(world.address, patience=QUICK)
    assert (seen.code, seen.parcels, seen.name) == ("ok", 1, "Dorf")
    for file in tmp_path.joinpath("bus").rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            assert bundle.MAGIC not in data
            assert b"KAM-7000" not in data
            assert world.opener.encode() not in data
    (file,) = world.config.store.rglob("*.age")
    for stranger in (str(x25519.Identity.generate()), ""):
        with pytest.raises(FormatError):
            parcel.unseal(file, stranger, tmp_path / "opened")
    assert not (tmp_path / "opened").exists()
    parcel.unseal(file, world.opener, tmp_path / "opened")
    position = world.village.outbox.position()
    manifest = world.village.outbox.manifest(position.epoch, 0, position.last_seq)
    whole = b"".join(world.village.outbox.pieces(manifest, 0, manifest.size))
    assert (tmp_path / "opened").read_bytes() == whole


def test_the_second_visit_brings_only_what_is_new(world: World) -> None:
    world.confirm()
    world.give_pass()
    assert world.bus.visit(world.address, patience=QUICK).parcels == 1
    assert world.bus.visit(world.address, patience=QUICK).parcels == 0
    world.village.measure(2)
    world.village.outbox.seal(METER, world.village.store.connection, world.village.clock.stamp())
    assert world.bus.visit(world.address, patience=QUICK).parcels == 1
    (road,) = world.village.store.roads()
    assert (road.state, road.hint) == ("good", "Der Bus kann weiterfahren.")
    assert "„Bus 3“ hat 1 Paket mitgenommen." in road.message


def test_there_and_back(world: World, tmp_path: Path) -> None:
    world.confirm()
    world.give_pass()
    world.bus.visit(world.address, patience=QUICK)
    depot = tmp_path / "depot"
    assert world.bus.deliver(depot) == (1, 0)
    assert world.bus.deliver(depot) == (0, 0)
    hub = world.village.identity
    carrier = FolderCarrier(depot, short_id(hub.name), world.opener)
    (run,) = carrier.runs()
    carrier.fetch(run.epoch, run.first - 1, run.last, tmp_path / "bundle.dhb")
    ack = wire.Ack(hub.name, bytes.fromhex(run.epoch), run.last, world.county.name, 3)
    label = f"{short_id(hub.name)}-{short_id(world.county.name)}-{run.epoch}"
    carrier.acknowledge(wire.encode_ack(ack, world.county), label)
    assert world.bus.deliver(depot) == (0, 1)
    assert list(carrier.runs()) == []
    assert world.bus.holds()[short_id(hub.name)] == (0, 0)
    seen = world.bus.visit(world.address, patience=QUICK)
    assert (seen.code, seen.replies, seen.parcels) == ("ok", 1, 0)
    assert world.village.peers.acknowledged() == run.last
    acts = [entry.act for entry in Custody(world.config.custody).entries()]
    assert acts == ["taken", "delivered", "dropped", "replied"]


def test_what_another_county_has_is_not_dropped(world: World, tmp_path: Path) -> None:
    world.confirm()
    world.give_pass()
    world.bus.visit(world.address, patience=QUICK)
    hub, other = world.village.identity, Identity.generate()  # anybody is a county to itself
    position = world.village.outbox.position()
    ack = wire.Ack(hub.name, position.epoch, position.last_seq, other.name, 3)
    depot = tmp_path / "depot"
    (depot / "DORFHUB" / "acks").mkdir(parents=True)
    label = f"{short_id(hub.name)}-{short_id(other.name)}-{position.epoch.hex()}.ack"
    (depot / "DORFHUB" / "acks" / label).write_bytes(wire.encode_ack(ack, other))
    assert world.bus.deliver(depot) == (1, 1)
    assert world.bus.unloaded() == 0
    assert world.bus.holds()[short_id(hub.name)][0] == 1


def test_a_county_that_changed_its_key_is_believed_on_this_road_too(
    world: World, tmp_path: Path
) -> None:
    world.confirm()
    world.give_pass()
    world.bus.visit(world.address, patience=QUICK)
    old = world.county
    new = Identity(Identity.generate()._key.private, name=old.name)
    record = rotation.record(old, new)
    hub = world.village.identity
    epoch = world.village.outbox.position().epoch
    carrier = FolderCarrier(tmp_path / "depot", short_id(hub.name))
    world.bus.deliver(tmp_path / "depot")
    from sync.carrier.base import Kind  # noqa: PLC0415

    carrier.tell(Kind.KEYS, rotation.encode([record]), short_id(old.name))
    ack = wire.Ack(hub.name, epoch, 2, old.name, 3)
    label = f"{short_id(hub.name)}-{short_id(old.name)}-{epoch.hex()}"
    carrier.acknowledge(wire.encode_ack(ack, new), label)
    world.bus.deliver(tmp_path / "depot")
    assert world.bus.visit(world.address, patience=QUICK).replies == 1
    assert world.village.peers.acknowledged() == 2
    # the pass is by the old key, which the hub knows to be replaced: it saw it before
    assert world.bus.visit(world.address, patience=QUICK).code == "ok"


def test_a_full_bus_says_so_and_takes_no_more(world: World) -> None:
    world.confirm()
    world.give_pass()
    world.bus._config = dataclasses.replace(world.config, space_mb=1)
    hub = world.config.store / "DORFHUB" / short_id(world.village.identity.name)
    hub.mkdir(parents=True)
    (hub / f"{'00' * 8}-1-1.dhb.age").write_bytes(bytes(300_000))
    seen = world.bus.visit(world.address, patience=QUICK)
    assert seen.code == "disk_full"
    assert "abladen" in seen.message
    (road,) = world.village.store.roads()
    assert (road.state, road.code) == ("bad", "disk_full")
    assert road.message == "„Bus 3“ ist voll: nichts mitgenommen, 4 bleiben hier."
    assert "geht nichts verloren" in road.hint


def test_a_bus_that_fills_up_on_the_way_says_what_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.confirm()
    world.give_pass()
    monkeypatch.setattr("sync.bus.round.SPAN", 2)
    monkeypatch.setattr("sync.bus.round._MB", 4000)  # a quarter is less than one parcel
    world.bus._config = dataclasses.replace(world.config, space_mb=1)
    assert world.bus.visit(world.address, patience=QUICK).code == "disk_full"
    (road,) = world.village.store.roads()
    assert road.message == "„Bus 3“ ist voll: 2 Pakete mitgenommen, 2 bleiben hier."
    (count, _), *_ = world.bus.holds().values()
    assert count == 1


@pytest.mark.parametrize("why", ["given", "old"])
def test_what_may_go_makes_room_and_the_youngest_stays(
    world: World, tmp_path: Path, why: str
) -> None:
    world.confirm()
    world.give_pass()
    world.bus._config = dataclasses.replace(world.config, space_mb=1, keep_days=10)
    root = world.config.store / "DORFHUB"
    files = []
    for n, days in enumerate((40, 30, 2)):
        hub = root / f"{n:016x}"
        hub.mkdir(parents=True)
        files.append(hub / f"{'00' * 8}-1-1.dhb.age")
        files[-1].write_bytes(bytes(400_000))
        at = (NOW - (days if why == "old" else 1) * DAY) / 1000
        os.utime(files[-1], (at + n, at + n))
    if why == "given":
        world.bus.deliver(tmp_path / "depot")
        files[2].with_name(f"{'00' * 8}-2-2.dhb.age").write_bytes(bytes(200_000))
    seen = world.bus.visit(world.address, patience=QUICK)
    assert (seen.code, seen.parcels) == ("ok", 1)
    assert [file.exists() for file in files] == [False, why == "old", True]


def test_nothing_young_that_the_county_has_not_makes_room(world: World) -> None:
    world.confirm()
    world.give_pass()
    world.bus._config = dataclasses.replace(world.config, space_mb=1)
    files = []
    for n in range(3):
        hub = world.config.store / "DORFHUB" / f"{n:016x}"
        hub.mkdir(parents=True)
        files.append(hub / f"{'00' * 8}-1-1.dhb.age")
        files[-1].write_bytes(bytes(400_000))
        os.utime(files[-1], (NOW / 1000 - 86_400, NOW / 1000 - 86_400))
    assert world.bus.visit(world.address, patience=QUICK).code == "disk_full"
    assert all(file.exists() for file in files)


def test_nobody_there(world: World) -> None:
    assert world.bus.visit("https://127.0.0.1:1", patience=QUICK).code == "refused"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[bus]\n",
        '[bus]\nname = "B"\nspace_mb = 0\n',
        '[bus]\nname = "B"\nhubs = ["hub"]\n',
        '[bus]\nname = "B"\nspeed = 3\n',
        '[bus]\nname = "B"\ndiscover = 1\n',
        '[bus]\nname = "B"\ndeliver = 1\n',
        '[bus]\nname = "B"\nlisten = "8084"\n',
        '[bus]\nname = "B"\nlisten = 8084\n',
        '[bus]\nname = "B"\nkeep_days = 0\n',
        "[bus\n",
    ],
)
def test_a_wrong_bus_toml(tmp_path: Path, text: str) -> None:
    (tmp_path / "bus.toml").write_text(text)
    with pytest.raises(BusConfigError):
        load(tmp_path)


def test_a_right_one(tmp_path: Path) -> None:
    (tmp_path / "bus.toml").write_text(
        '[bus]\nname = "B"\ndeliver = "x"\nspace_mb = 5\nlisten = "[::]:8084"\n'
    )
    config = load(tmp_path)
    assert config.listen == ("::", 8084)
    assert (config.name, config.space_mb, config.deliver) == ("B", 5, tmp_path / "x")

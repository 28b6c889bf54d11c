"""A hub without a clock: what came in 1970 is placed once the time is known, and nothing moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.clock import FixedClock
from edge.store.journal import Journal, entry_key
from edge.store.village_rows import MeterRow
from hardware.reading import TimeQuality
from sync import columns, events, wire
from sync.identity import Identity, fingerprint
from sync.outbox import DAY_MS
from sync.segment import NO_PREVIOUS, Segment, StreamClass, verify_link
from sync.stream import METER
from sync.timekeeper import Kept, Timekeeper

TRUE = 1_795_000_000_000  # when the hub was switched on
BOOT = "11111111-2222-3333-4444-555555555555"
Y2040 = 2_208_988_800_000
OTHER = "99999999-2222-3333-4444-555555555555"


class Hub:
    """A hub whose clock begins in 1970 at each boot."""

    def __init__(self, village: Any) -> None:
        self.village = village
        self.journal_path: Path = village.folder / "journal.db"
        self.clock = FixedClock(1000, TimeQuality.UNKNOWN, BOOT, 5_000_000_000)
        self.device = village.store.device("mbus:A")
        self.keeper = Timekeeper(village.store, village.outbox, lambda: Journal(self.journal_path))
        self.count = 0

    def boot(self, boot: str) -> None:
        self.clock = FixedClock(1000, TimeQuality.UNKNOWN, boot, 5_000_000_000)

    def read(self, energy: float) -> int:
        """Poll the meter once; return where the reading stands."""
        self.count += 1
        with Journal(self.journal_path) as journal:
            number = journal.append(
                "village", "bus", "mbus:A", "mbus", entry_key(self.count), b"x", self.clock.stamp()
            )
            entry = journal.entry(number)
        assert entry is not None
        row = MeterRow(entry.received_at, self.device, entry.time_quality, number, energy)
        assert self.village.store.add_round([row])
        return entry.received_at

    def set_clock(self, wall_ms: int, quality: TimeQuality = TimeQuality.SYNCHRONISED) -> None:
        self.clock.wall_ms, self.clock.quality = wall_ms, quality

    def segments(self) -> list[Segment]:
        last = self.village.outbox.position().last_seq
        return [Segment.decode(self.village.outbox.read(seq)) for seq in range(1, last + 1)]


@pytest.fixture
def hub(village: Any) -> Hub:
    return Hub(village)


def test_readings_are_placed_once_the_time_is_known(hub: Hub) -> None:
    first = hub.read(1.0)
    hub.clock.advance(900_000)
    second = hub.read(2.0)
    assert (first, second) == (1000, 901_000)
    assert hub.keeper.step(hub.clock.stamp()) == Kept()
    hub.clock.advance(100_000)
    hub.set_clock(TRUE)  # 1000 s after the first reading, 100 s after the second
    assert hub.keeper.step(hub.clock.stamp()) == Kept(offset=True, placed=2)
    assert hub.keeper.step(hub.clock.stamp()) == Kept()
    store = hub.village.store
    assert [(one.observed_at, one.placed_at) for one in store.placed(0, 1 << 60)] == [
        (1000, TRUE - 1_000_000),
        (901_000, TRUE - 100_000),
    ]
    # the raw rows stay, and who looks at the series finds them where they belong
    assert store.connection.rows("SELECT observed_at FROM meter_reading") == [(1000,), (901_000,)]
    found = store.series(hub.device, TRUE - 2_000_000)
    assert [(one.observed_at, one.energy_kwh) for one in found] == [
        (TRUE - 1_000_000, 1.0),
        (TRUE - 100_000, 2.0),
    ]
    assert store.series(hub.device, 0, 1_000_000_000) == []


def test_the_county_is_told_of_both(hub: Hub) -> None:
    hub.read(1.0)
    hub.clock.advance(60_000)
    hub.set_clock(TRUE)
    hub.keeper.step(hub.clock.stamp())
    facts, told = hub.segments()
    assert (facts.header.stream, facts.header.schema) == (StreamClass.VILLAGE, "placed/1")
    (source,) = columns.decode(facts.body)
    assert (source.device, source.times_ms) == ("mbus:A", (1000,))
    assert source.columns == {"placed_ms": (float(TRUE - 60_000),)}
    (event,) = events.decode(told.body)
    assert (told.header.schema, event.kind) == ("clock/1", "clock.offset")
    assert event.data == {
        "boot": bytes.fromhex(BOOT.replace("-", "")),
        "offset_ms": TRUE - 65_000,
        "quality": 4,
    }
    assert told.header.clock.monotonic_ms + event.data["offset_ms"] == TRUE  # type: ignore[operator]


def test_two_boots_in_1970_are_not_mixed_up(hub: Hub) -> None:
    first = hub.read(1.0)
    hub.boot(OTHER)
    second = hub.read(2.0)
    assert second == first + 1  # the same millisecond of another boot
    hub.clock.advance(10_000)
    hub.set_clock(TRUE)
    assert hub.keeper.step(hub.clock.stamp()).placed == 1
    assert [(one.observed_at, one.placed_at) for one in hub.village.store.placed(0, 1 << 60)] == [
        (second, TRUE - 10_000)
    ]


def test_a_better_time_places_again(hub: Hub) -> None:
    hub.read(1.0)
    hub.set_clock(TRUE, TimeQuality.HELD)
    hub.keeper.step(hub.clock.stamp())
    hub.set_clock(TRUE + 5000)
    assert hub.keeper.step(hub.clock.stamp()) == Kept(offset=True, placed=1)
    assert [one.placed_at for one in hub.village.store.placed(0, 1 << 60)] == [TRUE + 5000]
    hub.set_clock(TRUE + 999_000, TimeQuality.HELD)  # a worse one changes nothing
    assert hub.keeper.step(hub.clock.stamp()) == Kept()


def test_what_came_in_2040_is_no_longer_the_last(hub: Hub) -> None:
    """What the board shows as the newest reading and the last sign of life is so again."""
    store = hub.village.store
    hub.set_clock(TRUE)
    hub.read(1.0)
    hub.clock.advance(60_000)
    hub.set_clock(Y2040, TimeQuality.SYNCHRONISED)  # whoever set it mistyped the year
    hub.keeper.step(hub.clock.stamp())
    hub.read(2.0)
    assert [one.observed_at for one in store.latest()] == [Y2040]
    hub.clock.advance(60_000)
    hub.set_clock(TRUE + 120_000)
    assert hub.keeper.step(hub.clock.stamp()).placed == 2  # the first one came back from 2040
    (last,) = store.latest()
    assert (last.observed_at, last.energy_kwh, last.time_quality) == (
        TRUE + 60_000,
        2.0,
        TimeQuality.SYNCHRONISED,
    )
    (device,) = store.devices()
    assert (device.last_reading_at, device.last_seen_at) == (TRUE + 60_000, TRUE + 120_000)
    store.device_error(hub.device, "no answer", TRUE + 180_000)
    assert store.devices()[0].failing
    assert [one.energy_kwh for one in store.series(hub.device, TRUE - 1)] == [1.0, 2.0]
    assert store.connection.rows("SELECT observed_at FROM meter_reading") == [(TRUE,), (Y2040,)]


def test_a_device_that_spoke_in_1970_alone_has_its_last_reading(hub: Hub) -> None:
    hub.read(1.0)
    hub.clock.advance(60_000)
    hub.set_clock(TRUE)
    hub.keeper.step(hub.clock.stamp())
    (device,) = hub.village.store.devices()
    assert device.last_reading_at == TRUE - 60_000
    (last,) = hub.village.store.latest()
    assert (last.energy_kwh, last.time_quality) == (1.0, TimeQuality.SYNCHRONISED)


def test_a_stop_between_placing_and_telling_is_made_good(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.read(1.0)
    hub.set_clock(TRUE)
    with monkeypatch.context() as patch:
        patch.setattr(type(hub.village.outbox), "say", _power_cut)
        with pytest.raises(KeyboardInterrupt):
            hub.keeper.step(hub.clock.stamp())
    assert hub.keeper.step(hub.clock.stamp()) == Kept(offset=True)
    assert [one.header.schema for one in hub.segments()] == ["placed/1", "clock/1"]


def _power_cut(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_1970_and_2040_order_nothing(hub: Hub) -> None:
    """Whatever the clock says, segments keep the order in which they were sealed."""
    walls = [1000, 2_208_988_800_000, 500, TRUE, 2_208_988_800_001, 400]
    for n, wall in enumerate(walls):
        hub.set_clock(wall, TimeQuality.UNKNOWN)
        hub.clock.monotonic_ns += 1_000_000_000
        hub.read(float(n))
        assert hub.village.outbox.seal(METER, hub.village.store.connection, hub.clock.stamp())
    previous = NO_PREVIOUS
    position = hub.village.outbox.position()
    energies = []
    for seq, one in enumerate(hub.segments(), start=1):
        verify_link(one, epoch=position.epoch, seq=seq, previous=previous)
        previous = one.hash
        (source,) = columns.decode(one.body)
        energies += source.columns["energy_kwh"]
    assert energies == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    hub.set_clock(TRUE)
    assert hub.keeper.step(hub.clock.stamp()).placed == 6
    found = hub.village.store.series(hub.device, TRUE - 10_000, TRUE + 1)
    assert [one.energy_kwh for one in found] == energies


def test_a_clock_in_2040_prunes_nothing(hub: Hub) -> None:
    village, county = hub.village, Identity.generate()
    village.peers.ask(wire.Enrolment(county.name, "Kreis", ()), 1)
    village.peers.confirm(fingerprint(county.name), 2)
    hub.set_clock(1000, TimeQuality.UNKNOWN)
    hub.read(1.0)
    village.sealer.step(hub.clock.stamp(), everything=True)
    epoch = village.outbox.position().epoch
    ack = wire.Ack(village.identity.name, epoch, 1, county.name, TRUE)
    village.peers.acknowledge(ack, last_seq=1, now_ms=TRUE)
    for wall, quality in (
        (2_208_988_800_000, TimeQuality.UNKNOWN),
        (2_208_988_800_000, TimeQuality.HELD),
        (2_208_988_800_000, TimeQuality.SYNCHRONISED),
        (TRUE, TimeQuality.SYNCHRONISED),  # sealed in 1970: kept from now on
    ):
        hub.set_clock(wall, quality)
        assert village.sealer.step(hub.clock.stamp()).pruned == 0
    later = TRUE + 91 * DAY_MS
    village.peers.acknowledge(
        wire.Ack(village.identity.name, epoch, 1, county.name, later), last_seq=1, now_ms=later
    )
    hub.set_clock(later)
    assert village.sealer.step(hub.clock.stamp()).pruned == 1

"""A street on one stick: what hearing it costs, and that the cost does not grow with its meters.

Figures are printed and stand in `extra_info`; what is asserted are ratios and bounds of size,
never times. The day (`-m soak`) goes through everything but the wire's waiting: the stick's own
framing, the collector's gate, thinning, the journal on the disk, and village.db. Its clock is the
street's, so that a day of traffic takes as long as the machine needs; the factor is noted.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
import tracemalloc
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.clock import FixedClock
from edge.collect.street import BATCH_S, FLUSH_S
from edge.collect.street import Street as Collected
from edge.config import (
    Config,
    Datasette,
    Hub,
    Meter,
    Personal,
    Publish,
    Radio,
    Site,
    Sync,
    Web,
    Wireless,
)
from edge.process.log import Log
from edge.store.journal import Journal
from edge.store.village import VillageStore
from hardware.receiver import Heard, receiver_of
from hardware.receiver.crc import frame_check
from hardware.sim import stick_wire
from hardware.sim.stick_wire import Im871aWire
from hardware.sim.street import RadioMeter, Sent, Street, Way
from tests.peak import peak_kib

START = datetime(2026, 1, 31, tzinfo=UTC)
START_MS = round(START.timestamp() * 1000)
DAY_S = 86_400
METERS = 300
TICK_MS = round(BATCH_S * 1000)
FLUSH_MS = round(FLUSH_S * 1000)
KEEP_EVERY_S = 900.0
IO = Path("/proc/self/io")


def collected(
    folder: Path, meters: Sequence[RadioMeter], clock: FixedClock
) -> tuple[Collected, Journal, VillageStore]:
    folder.mkdir(exist_ok=True)
    config = Config(
        source=folder / "hub.toml",
        hub=Hub("Test", "Testdorf", folder),
        web=Web(),
        datasette=Datasette(),
        sync=Sync(),
        radio=Radio(),
        personal=Personal(folder / "key"),
        publish=Publish(),
        sites=(Site("hall", "Halle", communal=True),),
        meters=tuple(
            Meter(meter.name, meter.name, "hall", "", "wmbus", wireless=meter.name)
            for meter in meters
        ),
        wireless=Wireless(KEEP_EVERY_S),
    )
    journal = Journal(config.hub.journal_db)
    village = VillageStore(config.hub.village_db)
    stop = threading.Event()
    return (
        Collected(config, journal, village, clock, stop, Log(), random.Random(1)),
        journal,
        village,
    )


def written_bytes() -> int:
    lines = IO.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("wchar"))


def wire() -> Im871aWire:
    """Return a stick that was set up: it hears modes C and T."""
    stick = Im871aWire()
    stick.link_mode, stick._rssi = 10, 1
    return stick


def on_the_wire(stick: Im871aWire, one: Sent) -> bytes:
    sent = one.transmission
    return stick.frame(sent.telegram, sent.mode, sent.rssi_dbm, one.at)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_day_of_a_street(  # noqa: PLR0915 - one day from morning to evening
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # the virtual stick's own check goes bit by bit: half of what the street takes to be played
    monkeypatch.setattr(stick_wire, "_fcs", lambda data: frame_check(data).to_bytes(2, "little"))
    street = Street(METERS, START)
    clock = FixedClock(START_MS)
    taken, journal, village = collected(tmp_path / "day", street.meters, clock)
    stick, framing = wire(), receiver_of("im871a")
    written, cpu_s = written_bytes(), 0.0
    started_s = time.monotonic()
    heard = wire_bytes = 0
    due_ms, flush_ms = START_MS + TICK_MS, START_MS + FLUSH_MS
    memory = [peak_kib()]
    for minute, group in itertools.groupby(
        itertools.takewhile(lambda one: one.at < START + timedelta(seconds=DAY_S), street.air()),
        key=lambda one: (one.at - START) // timedelta(seconds=TICK_MS / 1000),
    ):
        said = [(one.at, on_the_wire(stick, one)) for one in group]
        del minute
        begun_s = time.process_time()
        for at, data in said:
            clock.advance(max(0, round(at.timestamp() * 1000) - clock.wall_ms))
            for telegram in framing.feed(data):
                taken.hear("turm", telegram)
                heard += 1
            wire_bytes += len(data)
        while clock.wall_ms >= due_ms:
            due_ms += TICK_MS
            taken._read_admitted()
            taken._write()
            if due_ms >= flush_ms:
                flush_ms += FLUSH_MS
                taken._flush()
        cpu_s += time.process_time() - begun_s
    taken._write()
    taken._flush()
    passed_s = time.monotonic() - started_s
    memory.append(peak_kib())
    counts = taken.counts("turm")
    journal.checkpoint()
    village.checkpoint()
    written = written_bytes() - written
    folder = tmp_path / "day"
    size = sum(file.stat().st_size for file in folder.iterdir())
    figures = {
        "telegrams on the air": heard,
        "kept": counts["kept"],
        "thinned": counts["thinned"],
        "CPU s of the collector's path": round(cpu_s, 1),
        "CPU share of a day, percent": round(100 * cpu_s / DAY_S, 3),
        "CPU us a telegram": round(1e6 * cpu_s / heard, 1),
        "faster than the day": round(DAY_S / passed_s),
        "bytes written a kept telegram": round(written / counts["kept"]),
        "MB written a day": round(written / 1e6, 1),
        "MB on the disk": round(size / 1e6, 1),
        "peak MiB of the whole test": round(memory[1] / 1024, 1),
        "growth MiB": round((memory[1] - memory[0]) / 1024, 1),
    }
    for name, figure in figures.items():
        record_property(name, figure)
        print(f"{name}: {figure}")  # noqa: T201
    # two shapes of those that send compact frames, one of all others, a quarter hour each; in every
    # fourth quarter hour one more, where as many of the shape were sent
    shapes = sum(2 if meter.way is Way.SESSION else 1 for meter in street.meters)
    assert counts["heard"] == heard == counts["kept"] + counts["thinned"]
    assert counts.get("overflow", 0) == counts.get("bad_frame", 0) == 0
    quarters = DAY_S // round(KEEP_EVERY_S)
    most = shapes * (quarters + quarters // 4)
    assert 0.95 * most <= counts["kept"] <= most
    assert counts["kept"] < heard / 5
    assert len(village.heard_meters()) == METERS
    entries = sum(journal.counts().values())
    assert entries == counts["kept"]
    assert written < 4096 * counts["kept"]  # less than a usual page a telegram
    assert memory[1] - memory[0] < 64 * 1024  # the memory of a street is bounded
    journal.close()
    village.close()


def cost_us(folder: Path, meters: int, count: int) -> float:
    """Return the CPU time of a telegram from receiver to gate, once every meter is known.

    The clock stays within one quarter hour, so that streets of all sizes keep equally little.
    """
    clock = FixedClock(START_MS)
    street = Street(meters, START)
    taken, journal, village = collected(folder, street.meters, clock)
    templates = [meter.send(START)[:-4] for meter in street.meters]
    said = [  # the gate reads no content: a number in its place makes each one new
        Heard(templates[number % meters] + number.to_bytes(4, "big"), "checked", -60.0)
        for number in range(meters + count)
    ]
    known = meters
    for telegram in said[:known]:
        clock.advance(1)
        taken.hear("turm", telegram)
        if len(taken._waiting) > 1000:
            taken._write()
    taken._write()
    kept = taken.counts("turm")["kept"]
    begun_s = time.process_time()
    for telegram in said[known:]:
        clock.advance(1)
        taken.hear("turm", telegram)
    spent_s = time.process_time() - begun_s
    assert taken.counts("turm")["kept"] == kept
    assert taken.counts("turm")["thinned"] >= count
    journal.close()
    village.close()
    return 1e6 * spent_s / count


def test_a_telegram_costs_as_much_among_5000_meters_as_among_5(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    few = min(cost_us(tmp_path / f"few{n}", 5, 20_000) for n in range(2))
    many = min(cost_us(tmp_path / f"many{n}", 5000, 20_000) for n in range(2))
    for name, figure in (("5", few), ("5000", many)):
        record_property(f"CPU us a telegram, {name} meters", round(figure, 1))
        print(f"CPU us a telegram, {name} meters: {figure:.1f}")  # noqa: T201
    print(f"ratio: {many / few:.2f}")  # noqa: T201
    assert many / few < 2.0


def test_made_up_addresses_do_not_fill_the_memory(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    clock = FixedClock(START_MS)
    taken, journal, village = collected(tmp_path / "flood", [], clock)
    rng = random.Random(4)
    said = bytearray(Street(1, START).meters[0].send(START))
    tracemalloc.start()
    try:
        sizes = []
        for number in range(1, 24_001):
            said[4:8] = rng.randbytes(4)
            clock.advance(20)
            taken.hear("turm", Heard(bytes(said), "checked"))
            if number % 2000 == 0:
                taken._flush()
                sizes.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()
    record_property("MB of 24,000 made-up meters", round(sizes[-1] / 1e6, 1))
    print(f"MB of 24,000 made-up meters: {sizes[-1] / 1e6:.1f}")  # noqa: T201
    assert sizes[-1] < 24e6
    assert sizes[-1] < 1.1 * sizes[len(sizes) // 2]  # it grew while there was room, then no more
    assert len(taken._hearing) <= 10_000
    assert len(village.heard_meters()) <= 10_000
    journal.close()
    village.close()

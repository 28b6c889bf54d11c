"""SIGKILL at any moment: after it, every segment of the county's was taken once or not at all."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from edge.clock import FixedClock
from sync import applying, wire
from sync.county.streams import ALL, Streams
from sync.events import Event
from sync.identity import Identity, fingerprint
from sync.inflow import Inflow

T0 = 1_795_000_000_000
MANY = 60
TAKER = """
import sys
from pathlib import Path
from edge.store.village import VillageStore
from sync.inflow import Inflow
from sync.peers import Peers
folder = Path(sys.argv[1])
with VillageStore(folder / "village.db") as store:
    inflow = Inflow(store.connection, bytes.fromhex(sys.argv[2]), Peers(store.connection))
    print("up", flush=True)
    for file in sorted((folder / "in").iterdir()):
        with file.open("rb") as stream:
            inflow.take(stream, way="usb", now_ms=1)
print("done", flush=True)
"""


@pytest.fixture
def bundles(village: Any) -> Path:
    """One long stream of letters, each an event that must be taken once."""
    county = Identity.generate()
    village.peers.ask(wire.Enrolment(county.name, "Kreis", ()), 1)
    village.peers.confirm(fingerprint(county.name), 2)
    folder: Path = village.folder / "in"
    folder.mkdir()
    with Streams(village.folder / "streams.db", county) as streams:
        for n in range(MANY):
            data = {"sealed": n.to_bytes(2)}
            streams.tell(ALL, [Event(T0, 4, "care.reply", data)], FixedClock(T0).stamp())
        for number, (_, manifest) in enumerate(streams.news(village.identity.name, {})):
            (folder / f"{number:03d}.dhb").write_bytes(streams.pack(manifest))
    return folder


def letters(village: Any) -> list[int]:
    return [int.from_bytes(one.sealed) for one in village.store.replies()]


def test_a_killed_hub_takes_each_segment_once(village: Any, bundles: Path) -> None:
    rng = random.Random(20261126)
    kills = 0
    for attempt in range(10):
        process = subprocess.Popen(
            [sys.executable, "-c", TAKER, bundles.parent, village.identity.name.hex()],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        with process.stdout:
            assert process.stdout.readline() == "up\n"
            time.sleep(rng.random() * 0.004 * attempt)  # at once, then later and later
            process.send_signal(signal.SIGKILL)
            rest = process.stdout.read()
        process.wait()
        (position,) = village.store.connection.rows("SELECT seq FROM sync_inflow") or [(0,)]
        assert letters(village) == list(range(max(0, int(position[0]) - 1)))
        if "done" in rest or position[0] == MANY + 1:
            break
        kills += 1
    inflow = Inflow(village.store.connection, village.identity.name, village.peers)
    for file in sorted(bundles.iterdir()):
        with file.open("rb") as stream:
            inflow.take(stream, way="usb", now_ms=1)
    assert letters(village) == list(range(MANY))
    assert kills >= 1, "the taker was too quick to be killed"


def test_a_stop_between_rows_and_position_leaves_neither(
    village: Any, bundles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = applying.apply
    inflow = Inflow(village.store.connection, village.identity.name, village.peers)
    file = next(iter(sorted(bundles.iterdir())))

    def power_cut(*arguments: Any) -> bool:
        real(*arguments)
        if arguments[2].header.seq == 5:
            raise KeyboardInterrupt
        return True

    with monkeypatch.context() as patch:
        patch.setattr(applying, "apply", power_cut)
        with file.open("rb") as stream, pytest.raises(KeyboardInterrupt):
            inflow.take(stream, way="usb", now_ms=1)
    assert letters(village) == [0, 1, 2]
    assert [one.seq for one in inflow.stands()] == [4]
    with file.open("rb") as stream:
        inflow.take(stream, way="usb", now_ms=1)
    assert letters(village)[:4] == [0, 1, 2, 3]

"""SIGKILL while a press is written: it is noted and shown, or neither, and then found again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from edge.clock import FixedClock
from edge.collect.ble.alarm import OPENED, PRESS_MS
from edge.store.village import VillageStore

DEVICE = "ble:HALL"
CUTS = 12  # more statements than a press takes
# a child per cut: it dies at its n-th statement, after the n before
HUB = """
import asyncio, os, signal, sys
from pathlib import Path
from edge.clock import FixedClock
from edge.collect.ble.alarm import Sounder
from edge.process.log import Log
from edge.store.village import VillageStore

folder, device, cuts = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])


async def press(cut):
    village = VillageStore(folder / f"{cut}.db")
    sounder = Sounder(village, FixedClock(1_790_000_000_000), Log("test"))
    left = [cut]

    def counted(statement):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    village.connection._driver.set_trace_callback(counted)
    sounder.pressed(device, "Saal")


for cut in range(cuts):
    if os.fork() == 0:
        asyncio.run(press(cut))
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.wait()[1]))
"""


def test_a_kill_at_any_statement_leaves_both_or_neither(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HUB, str(tmp_path), DEVICE, str(CUTS)],
        capture_output=True,
        text=True,
        check=True,
    )
    ends = [int(one) for one in done.stdout.split()]
    assert (len(ends), ends[0], ends[-1]) == (CUTS, -9, 0), done.stderr
    assert ends.count(-9) >= 4  # begin, the event, the line, the commit
    now = FixedClock(1_790_000_000_000).wall_ms
    found = []
    for cut in range(CUTS):
        with VillageStore(tmp_path / f"{cut}.db") as village:
            events = [one.device_id for one in village.sensor_events()]
            lines = [one.source for one in village.hall_alarms()]
            assert (events, lines) in (([], []), ([DEVICE], [f"button:{DEVICE}"]))
            found.append(bool(events))
            # the journal has the press: what is not noted, the worker finds there and notes
            assert village.add_call(DEVICE, now, PRESS_MS, OPENED) is not bool(events)
    assert found[0] is False
    assert found[-1] is True

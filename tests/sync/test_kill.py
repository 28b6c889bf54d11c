"""SIGKILL at any moment: after it, every round is in exactly one segment of one chain."""

from __future__ import annotations

import io
import random
import signal
import subprocess
import sys
import time
from typing import Any

from sync import bundle, columns
from sync.segment import NO_PREVIOUS, verify, verify_link
from sync.stream import METER

SEALER = """
import sys
from pathlib import Path
from edge.clock import SystemClock
from edge.store.village import VillageStore
from sync import stream
from sync.identity import Identity
from sync.outbox import Outbox
stream.SEAL_BYTES = 256  # a segment a round or two: many commits to be killed in
folder = Path(sys.argv[1])
with VillageStore(folder / "village.db") as store:
    outbox = Outbox(store.connection, Identity.load(folder / "keys" / "hub.key"))
    print("up", flush=True)
    while outbox.seal(stream.METER, store.connection, SystemClock().stamp()):
        print(".", flush=True)
print("done", flush=True)
"""


def test_a_killed_sealer_loses_and_doubles_nothing(village: Any) -> None:
    village.measure(200)
    rng = random.Random(20261123)
    kills = 0
    for _ in range(60):
        process = subprocess.Popen(
            [sys.executable, "-c", SEALER, village.folder], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        with process.stdout:
            assert process.stdout.readline() == "up\n"
            for _ in range(rng.randrange(20)):
                process.stdout.readline()
            time.sleep(rng.random() * 0.004)
            process.send_signal(signal.SIGKILL)
            rest = process.stdout.read()
        process.wait()
        if "done" in rest:
            break
        kills += 1
    assert kills >= 5, "the sealer was too quick to be killed"
    while village.outbox.seal(METER, village.store.connection, village.clock.stamp()):
        pass

    position = village.outbox.position()
    manifest = village.outbox.manifest(position.epoch, 0, position.last_seq)
    data = b"".join(village.outbox.pieces(manifest, 0, manifest.size))
    previous, found = NO_PREVIOUS, []
    for seq, segment in enumerate(bundle.Reader(io.BytesIO(data)), start=1):
        verify(segment, village.identity.public_key)
        verify_link(segment, epoch=position.epoch, seq=seq, previous=previous)
        previous = segment.hash
        for source in columns.decode(segment.body):
            found += [(source.device, at) for at in source.times_ms]
    assert previous == position.last_hash
    assert sorted(found) == village.store.connection.rows(
        "SELECT device_id, observed_at FROM meter_reading NATURAL JOIN device ORDER BY 1, 2"
    )

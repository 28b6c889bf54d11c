"""Requests while one snapshot after another takes the place of the one before.

    python -m tests.benchmarks.swaps [--swaps 100] [--requests 10000]

Runs the hub's own `run datasette`, four clients on kept lines that ask pages and JSON of all kinds,
and publishes a new release each time the last one is served. Prints one JSON object: what was
answered, and the process' open files and memory early on and once the last replaced snapshot's
time is over.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from collections import Counter
from http.client import HTTPConnection
from pathlib import Path

from datasette_snapshots.plugin import GRACE_S, POLL_S

from edge.publish.release import current, withdraw
from tests.benchmarks.open_data import CUBE, ask, made, put_hours, running
from tests.benchmarks.test_memory import memory_kib

CLIENTS = 4
EARLY = 8  # swaps, after which everything was asked and every thread was busy
HOURS = 1000
PATHS = (
    f"/{CUBE}/waerme_stunde.json?_size=50",
    f"/{CUBE}/waerme_stunde",
    f"/{CUBE}/waerme_stunde.json?_shape=array&site=haus-00001",
    f"/{CUBE}",
    f"/{CUBE}/site/haus-00001.json",
    f"/-/snapshots/{CUBE}.json",
    "/-/sta/v1.1/Observations?$top=5",
    "/-/ngsi-ld/v1/entities?type=Building",
)
PATIENCE_S = 60.0


def measure(
    folder: Path, swaps: int, requests: int, settle_s: float = GRACE_S + 2 * POLL_S
) -> dict[str, object]:
    """Do it in ``folder``; return what was seen."""
    config = made(folder)
    port = config.datasette.port
    put_hours(config, 3, HOURS)
    seen: Counter[int] = Counter()
    stop, lock = threading.Event(), threading.Lock()

    def client(number: int) -> None:
        line = HTTPConnection("127.0.0.1", port, timeout=60)
        turn = number
        while not stop.is_set() or sum(seen.values()) < requests:
            status, _ = ask(port, PATHS[turn % len(PATHS)], line)
            turn += 1
            with lock:
                seen[status] += 1
        line.close()

    with running(config, "datasette") as process:
        _until_served(port, current(config.hub.public, CUBE).path.name)  # type: ignore[union-attr]
        threads = [threading.Thread(target=client, args=(one,)) for one in range(CLIENTS)]
        for one in threads:
            one.start()
        begun, early = time.monotonic(), {}
        try:
            for swap in range(1, swaps + 1):
                newest = put_hours(config, 3, HOURS + swap)
                _until_served(port, newest.name)
                withdraw(config.hub.public, CUBE, unless=lambda _: True)
                if swap == min(EARLY, swaps):
                    early = _weight(process.pid, config.hub.public)
        finally:
            stop.set()
            for one in threads:
                one.join()
        took = time.monotonic() - begun
        time.sleep(settle_s)
        ask(port, PATHS[0])
        late = _weight(process.pid, config.hub.public)
    return {
        "swaps": swaps,
        "requests": sum(seen.values()),
        "errors": sum(number for status, number in seen.items() if status != 200),
        "seconds": round(took),
        "early": early,
        "late": late,
    }


def _until_served(port: int, name: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while name.encode() not in ask(port, "/-/snapshots.json")[1]:
        if time.monotonic() > until:
            raise SystemExit(f"{name} is not served")
        time.sleep(0.1)


def _weight(pid: int, public: Path) -> dict[str, float]:
    """Return open descriptors, those of snapshots among them, and memory in MiB (PSS)."""
    targets = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            targets.append(str(entry.readlink()))
        except OSError:
            continue
    snapshots = sum(target.startswith(str(public)) for target in targets)
    return {
        "files": len(targets),
        "snapshots": snapshots,
        "pss_mib": round(memory_kib(pid)[0] / 1024, 1),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--swaps", type=int, default=100)
    parser.add_argument("--requests", type=int, default=10_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dorfhub-swaps-") as folder:
        print(json.dumps(measure(Path(folder), chosen.swaps, chosen.requests)))  # noqa: T201


if __name__ == "__main__":
    main()

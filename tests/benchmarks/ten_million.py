"""Pages and JSON of a published table of ten million rows.

    python -m tests.benchmarks.ten_million [--buildings 1000] [--hours 10000] [--times 30]

Publishes that many buildings' hours and asks the hub's own `run datasette` over loopback, one
question after another. Prints a line of JSON a question: its status, the median wait and the
server's processor time a request (ms); only the second says much on a busy machine.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from tests.benchmarks.open_data import CUBE, ask, made, put_hours, running
from tests.web_process import core_ms

TABLE = f"/{CUBE}/waerme_stunde"
QUESTIONS = (
    f"{TABLE}.json",
    f"{TABLE}.json?_sort=site",
    f"{TABLE}.json?_extra=count",
    f"{TABLE}.json?site=haus-00001",
    f"{TABLE}/haus-00001,2025-10-09T09:00:00Z.json",
    TABLE,
    f"{TABLE}?_sort=site",
    f"{TABLE}?site=haus-00001",
    f"/{CUBE}",
)
PATIENCE_S = 300.0  # the guard and Datasette read a gigabyte each, and count its rows


def measure(
    folder: Path, buildings: int, hours: int, times: int
) -> Iterator[dict[str, str | int | float]]:
    """Do it in ``folder``; yield what was seen of each question."""
    config = made(folder)
    put_hours(config, buildings, hours)
    port = config.datasette.port
    with running(config, "datasette") as process:
        until = time.monotonic() + PATIENCE_S
        while ask(port, f"/{CUBE}")[0] != 200:
            if time.monotonic() > until:
                raise SystemExit("it is not served")
            time.sleep(0.1)
        line = HTTPConnection("127.0.0.1", port, timeout=60)
        for question in QUESTIONS:
            status, _ = ask(port, question, line)  # the first one draws and counts
            begun, took = core_ms(process.pid), []
            for _ in range(times):
                at = time.perf_counter()
                ask(port, question, line)
                took.append((time.perf_counter() - at) * 1000)
            yield {
                "question": question,
                "status": status,
                "p50_ms": round(median(took), 1),
                "core_ms": round((core_ms(process.pid) - begun) / times, 1),
            }
        line.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--buildings", type=int, default=1000)
    parser.add_argument("--hours", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=30)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dorfhub-rows-") as folder:
        for seen in measure(Path(folder), chosen.buildings, chosen.hours, chosen.times):
            print(json.dumps(seen), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()

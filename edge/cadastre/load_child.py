"""A process of its own that forecasts: numpy stays in no process that runs for weeks.

    python -m edge.cadastre.load_child < WISHES

One JSON object on standard input, one on standard output. Use :func:`forecast_apart`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.clock import Stamp
from hardware.reading import TimeQuality

LIMIT_S = 1800.0  # 20 meters on the slowest card
NICE = 10  # alerts and pages go first


class LoadError(Exception):
    """The process failed. ``hint`` says in German what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one meter's forecast; ``why`` is not empty if there is something to say."""

    meter: str
    method: str
    why: str


def forecast_apart(
    village_db: Path, meters: Sequence[tuple[str, float | None]], station: str, stamp: Stamp
) -> list[Done]:
    """Forecast meters (name, seconds between readings as planned) in a process of its own.

    :raises LoadError: if that fails.
    """
    wishes = {
        "village_db": str(village_db),
        "meters": meters,
        "station": station,
        "now_ms": stamp.wall_ms,
        "quality": int(stamp.quality),
    }
    # one thread of linear algebra: more cost memory and take the card's cores from the rest
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "edge.cadastre.load_child"],
            input=json.dumps(wishes).encode(),
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired as error:
        hint = "Die Wärmeprognose braucht zu lange. Sie wird wieder versucht."
        raise LoadError("too slow", hint) from error
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        hint = "Von Hand zeigt mehr: dorfhub heat forecast"
        raise LoadError(lines[-1] if lines else f"ended with {done.returncode}", hint)
    return [Done(**one) for one in json.loads(done.stdout)]


def main() -> None:
    """Do what standard input wishes."""
    from edge.cadastre.loads import Wanted, forecast_load  # noqa: PLC0415 - numpy, here alone
    from edge.store.village import VillageStore  # noqa: PLC0415 - likewise

    os.nice(NICE)
    wishes = json.load(sys.stdin)
    found = []
    with VillageStore(Path(wishes["village_db"])) as village:
        for meter, pace_s in wishes["meters"]:
            made = forecast_load(
                village,
                Wanted(meter, pace_s),
                wishes["station"],
                wishes["now_ms"],
                TimeQuality(wishes["quality"]),
            )
            found.append({"meter": meter, "method": made.method, "why": made.why})
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()

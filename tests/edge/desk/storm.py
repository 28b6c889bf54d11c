"""One of many processes that sign up in the same second; prints what it waited for, in ms."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from edge.clock import FixedClock
from edge.desk import SignupDesk, Vault
from edge.store.village import VillageStore


def main() -> None:
    folder, course, now_ms, number, count = sys.argv[1:]
    took = []
    with (
        VillageStore(Path(folder) / "village.db") as village,
        Vault(Path(folder) / "personal.db", Path(folder) / "personal.key") as vault,
    ):
        desk = SignupDesk(village, vault, FixedClock(int(now_ms)), Path(folder) / "care.pub")
        with vault.open():
            pass
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        for one in range(int(count)):
            begun = time.monotonic()
            desk.signup(int(course), f"Person {number}-{one}")
            took.append((time.monotonic() - begun) * 1000)
    sys.stdout.write(json.dumps(took))


if __name__ == "__main__":
    main()

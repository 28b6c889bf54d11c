"""How quick a machine is: a fixed piece of work, timed; as a program, by its processor's time."""

from __future__ import annotations

import time
from collections.abc import Callable

STEPS = 200_000  # a hundredth of a second of a machine that is not emulated


def loop_s(clock: Callable[[], float]) -> float:
    """Return how long the work takes by ``clock``."""
    began = clock()
    total = 0
    for step in range(STEPS):
        total += step & 7
    return clock() - began


if __name__ == "__main__":
    print(min(loop_s(time.process_time) for _ in range(5)))

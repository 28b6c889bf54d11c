"""Which sensors' counters seem to begin anew, as after a change of batteries.

Nothing counts until a person says so: a recording of several messages looks the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

MESSAGES = 3  # that many low numbers, each above the one before
NEAR_ZERO = 4096  # where a counter begins that begins anew
# Between two messages a sensor may count those that were not heard: one each second at most.
LEAP, FASTEST_PER_S = 256, 1.0
MOST = 1024  # sensors; a village has 200


@dataclass(slots=True)
class _Run:
    newest: int
    heard_at: int
    seen: int = 1
    ids: list[int] = field(default_factory=list)  # until it is told


class Restarts:
    """Remembers runs of low numbers. ``told`` are sensors that a run was told of already."""

    def __init__(self, told: Iterable[str] = ()) -> None:
        self._runs: dict[str, _Run] = {}
        self._told = set(told)

    def low(self, device: str, number: int, entry_id: int, at: int) -> list[int]:
        """Take a number in that is too low; return earlier entries of its run once it is one.

        The entry itself is among them. Empty: taken for a recording.
        """
        run = self._runs.get(device)
        if run is None or not _follows(run, number, at):
            if run is not None and run.seen >= MESSAGES:
                return []  # an old one between those of the run
            self._begin(device, number, entry_id, at)
            if device in self._told:  # the run of before a restart of ours
                self._runs[device] = _Run(number, at, MESSAGES)
                return [entry_id]
            return []
        run.newest, run.heard_at, run.seen = number, at, run.seen + 1
        run.ids.append(entry_id)
        if run.seen < MESSAGES:
            return []
        found, run.ids = run.ids, []
        self._told.add(device)
        return found

    def forget(self, device: str) -> None:
        """Say that a sensor's number was accepted."""
        self._runs.pop(device, None)
        self._told.discard(device)

    def _begin(self, device: str, number: int, entry_id: int, at: int) -> None:
        if number >= NEAR_ZERO and device not in self._told:
            self._runs.pop(device, None)
            return
        while len(self._runs) >= MOST:
            del self._runs[next(iter(self._runs))]
        self._runs[device] = _Run(number, at, ids=[entry_id])


def _follows(run: _Run, number: int, at: int) -> bool:
    most = run.newest + LEAP + max(0, at - run.heard_at) / 1000 * FASTEST_PER_S
    return run.newest < number <= most

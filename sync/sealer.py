"""When the rounds of a village become segments: enough of them, or old enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from edge.clock import Stamp
from edge.process.words import said
from edge.store.connection import Connection
from edge.store.errors import Locked
from edge.store.personal import PersonalStore
from sync.errors import SyncError
from sync.outbox import DAY_MS, Outbox
from sync.peers import Peers
from sync.stream import CARE, METER, Kind

_PRUNE_EVERY_MS = 3_600_000  # retention counts in days


@dataclass(frozen=True, slots=True)
class Sealed:
    """What one look did: new segments by stream class, pruned segments, why care waits."""

    village: int = 0
    care: int = 0
    pruned: int = 0
    care_waits: str = ""


@dataclass(slots=True)
class Sealer:
    """Looks at what waits and seals what is due. One thread uses it.

    The age of what waits is counted by the monotonic clock from when it was first seen, not
    from the times in it: a replayed recording or a clock that was set makes nothing due.
    """

    outbox: Outbox
    peers: Peers
    village: Connection
    open_personal: Callable[[], PersonalStore]
    seal_after_s: float
    retention_days: int
    _since_ns: dict[str, int] = field(default_factory=dict)
    _pruned_at_ms: int | None = None

    def step(self, stamp: Stamp, *, everything: bool = False) -> Sealed:
        """Seal what is due at ``stamp``, or ``everything`` that waits; prune now and then.

        :raises StoreError: if a database fails; call again later.
        """
        village = self._drain(METER, self.village, stamp, everything=everything)
        care, waits = self._care(stamp, everything=everything)
        return Sealed(village, care, self._prune(stamp), waits)

    def _care(self, stamp: Stamp, *, everything: bool) -> tuple[int, str]:
        recipients = self.peers.care_recipients()
        if not recipients:
            return 0, "Kein Empfänger für Pflegedaten ist bestätigt."
        try:
            store = self.open_personal()
        except Locked as error:
            return 0, error.hint
        with store:
            try:
                made = self._drain(CARE, store.connection, stamp, recipients, everything=everything)
            except SyncError as error:  # a county's broken key must not stop the village's data
                return 0, said(error)
        return made, ""

    def _drain(
        self,
        kind: Kind,
        source: Connection,
        stamp: Stamp,
        recipients: list[str] | None = None,
        *,
        everything: bool,
    ) -> int:
        total = 0
        while self._due(kind, source, stamp) or everything:
            made = self.outbox.seal(kind, source, stamp, recipients or ())
            if made is None:
                break
            total += made
            self._since_ns.pop(kind.schema, None)
        return total

    def _due(self, kind: Kind, source: Connection, stamp: Stamp) -> bool:
        waiting = self.outbox.waiting(kind, source)
        if not waiting.rounds:
            self._since_ns.pop(kind.schema, None)
            return False
        since = self._since_ns.setdefault(kind.schema, stamp.monotonic_ns)
        old = stamp.monotonic_ns - since >= self.seal_after_s * 1e9
        return old or waiting.rows >= kind.seal_rows

    def _prune(self, stamp: Stamp) -> int:
        last = self._pruned_at_ms
        if last is not None and 0 <= stamp.wall_ms - last < _PRUNE_EVERY_MS:
            return 0
        self._pruned_at_ms = stamp.wall_ms
        acknowledged = self.peers.acknowledged()
        if not acknowledged:
            return 0
        return self.outbox.prune(acknowledged, stamp.wall_ms - self.retention_days * DAY_MS)


def personal_opener(path: Path, key_file: Path) -> Callable[[], PersonalStore]:
    """Return what opens personal.db each time it is needed; locked, it raises `Locked`."""

    def opened() -> PersonalStore:
        if not path.exists():
            raise Locked(f"{path.name} does not exist yet")
        return PersonalStore.open(path, key_file)

    return opened

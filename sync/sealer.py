"""When the rounds of a village become segments: enough of them, old enough, or asked for.

A segment of care is one person's, and its seal and envelope weigh as much as a hundred values. So
it is made when somebody comes to fetch it, not before; rooms, doors and movement, which are many,
wait for company. What calls for help waits for nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from edge.clock import Stamp
from edge.config import Sync
from edge.process.words import said
from edge.store.connection import Connection
from edge.store.errors import Locked
from edge.store.personal import PersonalStore
from hardware.reading import TimeQuality
from sync import anchoring, cases, heat_telling, open_telling
from sync.errors import SyncError
from sync.open_telling import Publisher
from sync.outbox import DAY_MS, Outbox
from sync.peers import Peers
from sync.segment import StreamClass
from sync.stream import CARE, METER, OBSERVATION, PLACED_CARE, Kind
from sync.unsealed import Urgency
from sync.withdrawal import recall

_PRUNE_EVERY_MS = 3_600_000  # retention counts in days
_CASES_EVERY_S = 10.0  # a question waits for a road for hours; opening the people costs
_PLAN_EVERY_S = 60.0  # a release comes a few times a year
_CALLS_EVERY_S = 10.0  # a button that sticks makes no more segments than that


@dataclass(frozen=True, slots=True)
class Sealed:
    """What one look did: new segments by stream class, pruned segments, why care waits.

    ``cases`` are parts of questions to practices, ``plans`` releases of the heat cadastre;
    ``plan_waits`` says why one is not told: once, or whenever everything that waits was asked for.
    ``releases`` and ``release_waits`` are the same of open data.
    """

    village: int = 0
    care: int = 0
    pruned: int = 0
    care_waits: str = ""
    cases: int = 0
    plans: int = 0
    plan_waits: str = ""
    releases: int = 0
    release_waits: str = ""


@dataclass(slots=True)
class Sealer:
    """Looks at what waits and seals what is due. Threads may share it.

    What was sent under a consent that was withdrawn is called back. In ``parcels`` lie bundles
    that buses fetch, in ``public`` what the village released.

    The age of what waits is counted by the monotonic clock from when it was first seen, not
    from the times in it: a replayed recording or a clock that was set makes nothing due.
    """

    outbox: Outbox
    peers: Peers
    village: Connection
    open_personal: Callable[[], PersonalStore]
    seal_after_s: float
    retention_days: int
    care_seal_after_s: float = 21_600.0
    parcels: Path | None = None
    public: Path | None = None
    publisher: Publisher = field(default_factory=Publisher)
    _since_ns: dict[str, int] = field(default_factory=dict)
    _sealed_ns: dict[str, int] = field(default_factory=dict)
    _urgency: dict[str, tuple[int, Urgency]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _pruned_at_ms: int | None = None
    _withdrawals: int | None = None
    _cases_at_ns: int | None = None
    _plan_at_ns: int | None = None
    _plan_why: str = ""
    _release_why: str = ""

    def keep_to(self, sync: Sync) -> None:
        """Seal and prune by these times from now on."""
        self.seal_after_s = sync.seal_after_s
        self.care_seal_after_s = sync.care_seal_after_s
        self.retention_days = sync.retention_days

    def step(self, stamp: Stamp, *, everything: bool = False, asked: bool = False) -> Sealed:
        """Seal what is due at ``stamp``, or ``everything`` that waits; prune now and then.

        ``asked`` says that a county is about to fetch what there is.

        :raises StoreError: if a database fails; call again later.
        """
        with self._lock:
            village = self._drain(METER, self.village, stamp, everything=everything)
            care, waits = self._care(stamp, everything=everything, asked=asked)
            asked_now = everything or asked
            moved = self._cases(stamp) if asked_now or self._is_time_for_cases(stamp) else 0
            told = self._published(stamp, at_once=asked_now, aloud=everything)
            return Sealed(village, care, self._prune(stamp), waits, moved, *told)

    def _published(self, stamp: Stamp, *, at_once: bool, aloud: bool) -> tuple[int, str, int, str]:
        """Tell what was released of the heat cadastre and as open data, once there is a county."""
        last = self._plan_at_ns
        waited = last is None or stamp.monotonic_ns - last >= _PLAN_EVERY_S * 1e9
        if self.public is None or not (at_once or waited):
            return 0, "", 0, ""
        self._plan_at_ns = stamp.monotonic_ns
        if not any(peer.confirmed for peer in self.peers.all()):
            return 0, "", 0, ""
        plans, why = self._plan(stamp, self.public)
        releases, release_why = self._releases(stamp, self.public)
        news = why if aloud or why != self._plan_why else ""
        release_news = release_why if aloud or release_why != self._release_why else ""
        self._plan_why, self._release_why = why, release_why
        return plans, news, releases, release_news

    def _plan(self, stamp: Stamp, public: Path) -> tuple[int, str]:
        try:
            return int(heat_telling.tell(self.outbox, self.village, public, stamp)), ""
        except SyncError as error:  # what is wrong with a file must not stop the rest
            return 0, said(error)

    def _releases(self, stamp: Stamp, public: Path) -> tuple[int, str]:
        try:
            count = open_telling.tell(
                self.outbox, self.village, public, stamp, self.publisher, self.retention_days
            )
        except SyncError as error:
            return 0, said(error)
        return count, ""

    def _is_time_for_cases(self, stamp: Stamp) -> bool:
        last = self._cases_at_ns
        return last is None or stamp.monotonic_ns - last >= _CASES_EVERY_S * 1e9

    def _cases(self, stamp: Stamp) -> int:
        """Put parts of cases into segments, once there is a county; take in answers in any case.

        What the book of reads ends with goes along.
        """
        self._cases_at_ns = stamp.monotonic_ns
        try:
            store = self.open_personal()
        except Locked:
            return 0
        with store:
            if any(peer.confirmed for peer in self.peers.all()):
                self._recall(store, stamp)
                parts = cases.move(self.outbox, self.village, store, stamp).parts
                anchoring.tell(self.outbox, self.village, store, stamp)
                return parts
            cases.collect(self.village, store, stamp.wall_ms)
        return 0

    def _care(self, stamp: Stamp, *, everything: bool, asked: bool) -> tuple[int, str]:
        recipients = self.peers.care_recipients()
        if not recipients:
            return 0, "Kein Empfänger für Pflegedaten ist bestätigt."
        try:
            store = self.open_personal()
        except Locked as error:
            return 0, error.hint
        with store:
            self._recall(store, stamp)
            try:
                made = sum(
                    self._drain(
                        kind,
                        store.connection,
                        stamp,
                        recipients,
                        everything=everything,
                        asked=asked,
                    )
                    for kind in (CARE, OBSERVATION, PLACED_CARE)
                )
            except SyncError as error:  # a county's broken key must not stop the village's data
                return 0, said(error)
        return made, ""

    def _recall(self, store: PersonalStore, stamp: Stamp) -> None:
        withdrawals = store.withdrawals()
        if withdrawals != self._withdrawals:  # else years of bodies were looked through for nothing
            recall(store, self.outbox, self.village, stamp, self.parcels)
            self._withdrawals = withdrawals

    def _drain(
        self,
        kind: Kind,
        source: Connection,
        stamp: Stamp,
        recipients: list[str] | None = None,
        *,
        everything: bool,
        asked: bool = False,
    ) -> int:
        total = 0
        while everything or self._due(kind, source, stamp, asked=asked):
            made = self.outbox.seal(kind, source, stamp, recipients or ())
            if made is None:
                break
            total += made
            self._since_ns.pop(kind.schema, None)
            self._sealed_ns[kind.schema] = stamp.monotonic_ns
            self._urgency.pop(kind.schema, None)
        return total

    def _due(self, kind: Kind, source: Connection, stamp: Stamp, *, asked: bool) -> bool:
        waiting = self.outbox.waiting(kind, source)
        if not waiting.rounds:
            self._since_ns.pop(kind.schema, None)
            return False
        since = self._since_ns.setdefault(kind.schema, stamp.monotonic_ns)
        age_s = (stamp.monotonic_ns - since) / 1e9
        if waiting.rows >= kind.seal_rows:
            return True
        if kind.stream is not StreamClass.CARE:
            return age_s >= self.seal_after_s
        known, urgency = self._urgency.get(kind.schema, (0, Urgency.NOTHING))
        if asked or known != waiting.rounds:  # each two seconds the same rows need no second look
            urgency = self.outbox.urgency(kind, source)
            self._urgency[kind.schema] = waiting.rounds, urgency
        if urgency is Urgency.AT_ONCE:
            return self._sealed_before(kind, stamp, _CALLS_EVERY_S)
        if urgency is Urgency.ASKED and asked:
            return self._sealed_before(kind, stamp, self.seal_after_s)
        return age_s >= max(self.care_seal_after_s, self.seal_after_s)

    def _sealed_before(self, kind: Kind, stamp: Stamp, seconds: float) -> bool:
        """Tell if the last segments of a kind are so many seconds old; so that few are made."""
        last = self._sealed_ns.get(kind.schema)
        return last is None or stamp.monotonic_ns - last >= seconds * 1e9

    def _prune(self, stamp: Stamp) -> int:
        last = self._pruned_at_ms
        if last is not None and 0 <= stamp.wall_ms - last < _PRUNE_EVERY_MS:
            return 0
        self._pruned_at_ms = stamp.wall_ms
        acknowledged = self.peers.acknowledged()
        said_ms = self.peers.last_word()
        if not acknowledged or said_ms is None or stamp.quality is TimeQuality.UNKNOWN:
            return 0
        # A clock that was set to a far year drops nothing: the county's own clock must agree.
        now_ms = min(stamp.wall_ms, said_ms)
        return self.outbox.prune(acknowledged, now_ms - self.retention_days * DAY_MS, now_ms)


def personal_opener(path: Path, key_file: Path) -> Callable[[], PersonalStore]:
    """Return what opens personal.db each time it is needed; locked, it raises `Locked`."""

    def opened() -> PersonalStore:
        if not path.exists():
            raise Locked(f"{path.name} does not exist yet")
        return PersonalStore.open(path, key_file)

    return opened

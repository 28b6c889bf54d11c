"""The care drain: sealed journal entries become readings in personal.db, if their person agreed.

It runs in the worker while personal.db is unlocked. Readings are committed to personal.db before
their journal entries are marked; a crash between the two repeats the readings, which the store
recognises and leaves out.

Blood pressure goes to `care_reading`, all else to `observation`. What nobody said whose it is waits
in the journal, sealed, and is looked at again when somebody said something or a key came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from edge.clock import EARLIEST_MS
from edge.process.log import Log
from edge.store.errors import StoreError
from edge.store.journal import Entry, Journal, State
from edge.store.journal_parked import (
    CARE_KINDS,
    NO_KEY,
    NO_OWNER,
    NO_SESSION,
    PARKED,
    REPLAYED,
    RESTARTED,
    WHOSE,
    WRONG_KEY,
)
from edge.store.personal import PersonalStore
from edge.store.scale_users import ScaleUsers
from edge.worker.care_batch import Batch
from edge.worker.care_reader import CareReader
from edge.worker.care_sorter import NO_CONSENT, CareSorter
from edge.worker.opener import Opener
from edge.worker.restarts import Restarts
from edge.worker.sensor_news import SensorNews

BATCH = 100  # entries opened before one commit: 0.1 s of work, a few kB of clear text in memory
MOST_BATCHES = 50  # of one run: after weeks of being locked a stop must not wait for all of it
UNASSIGNED_DAYS = 30  # what nobody claims that long is nobody's business
EXPIRE_MS = 3_600_000  # between two looks at what waited too long

_DAY_MS = 86_400_000

Began = Mapping[str, Sequence[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Drained:
    """How many entries of the care lane went where; nothing about whose they are.

    ``waiting``, ``unclaimed`` and ``no_key`` count all that wait, the others this run's.
    """

    stored: int = 0
    refused: int = 0  # no consent, or nobody's for too long; their bytes are erased
    waiting: int = 0  # no assignment of the sensor yet
    quarantined: int = 0
    unclaimed: int = 0  # a sensor with several users: nobody said whose value it is
    no_key: int = 0
    restarted: int = 0  # the sensor counts from zero: its key is to be entered once more


def drain(
    journal: Journal, personal: PersonalStore, now_ms: int, zone: tzinfo | None = None
) -> Drained:
    """Work through all new entries of the care lane once and return the counts.

    ``zone`` is the time zone that sensors' clocks show, None for the system's.
    """
    return CareDrain(journal, zone).run(personal, now_ms)


class CareDrain:
    """Drains the care lane again and again. One process works with one of them.

    ``scale_users`` tells whose numbers changed hands; without it none did. While it cannot be read,
    what a scale says of its users waits, and all else goes on. Once it was lost, what was
    confirmed of such users must be confirmed anew. ``news`` tells what volunteers must know of
    sensors: calls, batteries, counters that began anew.

    :raises StoreError: from :meth:`run` if a store fails; what was done before stays done.
    """

    def __init__(
        self,
        journal: Journal,
        zone: tzinfo | None = None,
        log: Log | None = None,
        scale_users: ScaleUsers | None = None,
        news: SensorNews | None = None,
    ) -> None:
        self._journal = journal
        self._scale_users = scale_users
        self._news = news
        self._restarts: Restarts | None = None
        self._zone = zone
        self._log = log or Log()
        self._turn: int | None = None  # what people said, as far as it was looked at
        self._expired_at: int | None = None
        self._is_blind = False

    def run(self, personal: PersonalStore, now_ms: int, *, is_clock_set: bool = True) -> Drained:
        """Work through all new entries of the care lane and return the counts.

        With ``is_clock_set`` false nothing is too old: a clock years ahead would erase all.
        """
        began = self._began(personal, now_ms, is_clock_set=is_clock_set)
        while True:  # keys and turn of one moment, or what waits would be read out of order
            turn = personal.care_turn()
            keys = {one.device_id: one.key for one in personal.sensor_keys()}
            if personal.care_turn() == turn:
                break
        if turn != self._turn:
            self._look_again(personal, keys, now_ms)
        done: Counter[str] = Counter()
        entries = self._journal.pending("care", BATCH, kind=CARE_KINDS)
        if entries:  # nearly always there is nothing, and nothing is read of anybody then
            self._sort(personal, keys, turn, entries, now_ms, done, began)
        self._turn = turn
        is_due = self._expired_at is None or abs(now_ms - self._expired_at) >= EXPIRE_MS
        if is_clock_set and is_due:
            done["refused"] += self._expire(personal, now_ms)
            self._expired_at = now_ms
        waiting = Counter[str]()
        for (message, _), count in self._journal.parked_counts().items():
            waiting[message] += count
        return Drained(
            done["stored"],
            done["refused"],
            waiting[NO_OWNER],
            done["quarantined"],
            waiting[WHOSE],
            waiting[NO_KEY] + waiting[WRONG_KEY],
            waiting[RESTARTED],
        )

    def _began(self, personal: PersonalStore, now_ms: int, *, is_clock_set: bool) -> Began | None:
        """Return by sensor which user's number became somebody's when, None if nobody can tell.

        What the file knows and personal.db must not forget is noted there.
        """
        users = self._scale_users
        if users is None:
            return {}
        try:
            if is_clock_set:
                users.settle_clock(now_ms)
            began = users.began()
            if users.is_lost():  # asked last: whoever finds it spoiled sets it aside
                personal.distrust_users()
                self._log.error("scale-users-lost", aside=str(users.aside))
                users.settle_loss()
        except StoreError as error:
            if not self._is_blind:
                self._log.error("scale-users-unreadable", error=str(error))
            self._is_blind = True
            return None
        found = {f"ble:{address.replace(':', '')}": one for address, one in began.items()}
        if self._is_blind:
            waiting = {device for why, device in self._journal.parked_counts() if why == WHOSE}
            self._journal.unpark(WHOSE, sorted(waiting))
            self._is_blind = False
        fresh = found.keys() - personal.announced_several()
        if fresh:
            personal.note_users({}, fresh, now_ms)
        return found

    def _sort(  # noqa: PLR0917  # one run's circumstances
        self,
        personal: PersonalStore,
        keys: Mapping[str, bytes],
        turn: int,
        entries: Sequence[Entry],
        now_ms: int,
        done: Counter[str],
        began: Began | None,
    ) -> None:
        reader = CareReader(Opener(personal.care_identity()), keys)
        if self._restarts is None:
            told = {device for why, device in self._journal.parked_counts() if why == RESTARTED}
            self._restarts = Restarts(told)
        sorter = CareSorter(
            personal,
            reader,
            self._zone,
            self._log,
            now_ms,
            began=began,
            restarts=self._restarts,
            buttons=self._news.buttons() if self._news is not None else frozenset(),
        )
        if personal.care_turn() != turn:  # somebody spoke just now: what waited goes first
            return
        for _ in range(MOST_BATCHES):
            # entries of a newcomer may be among those just read: known before they were kept
            if self._began(personal, now_ms, is_clock_set=False) != began:
                break
            self._close(personal, sorter.batch(entries), done)
            after = entries[-1].id
            entries = self._journal.pending("care", BATCH, after=after, kind=CARE_KINDS)
            if not entries:
                self._close(personal, sorter.rest(), done)
                break
        sorter.note_keys()
        self._journal.unpark(NO_SESSION, sorted(sorter.with_session))

    def _look_again(self, personal: PersonalStore, keys: Iterable[str], now_ms: int) -> None:
        """Make new what somebody may have settled, and what a key may open."""
        owned = {one.device_id for one in personal.assignments_ever()}
        fresh = {one.device_id for one in personal.sensor_keys() if one.state is None}
        parked = self._journal.parked_counts()
        counted = {one.device_id for one in personal.counters() if one.authentic}
        for message, may_go in (
            (NO_OWNER, owned),
            (WHOSE, owned),
            (NO_SESSION, owned),
            (NO_KEY, set(keys)),
            (WRONG_KEY, fresh),
            (RESTARTED, set(keys) - counted),  # whoever enters a key makes its counter forgotten
        ):
            devices = sorted(may_go & {device for reason, device in parked if reason == message})
            self._journal.unpark(message, devices)
        personal.set_sensor_key_states(sorted(fresh), "unused", now_ms)

    def _close(self, personal: PersonalStore, batch: Batch, done: Counter[str]) -> None:
        """Commit what a batch brought, then mark its entries."""
        if self._news is not None:  # first of all: somebody may call
            self._news.tell(batch)
        withdrawn = personal.add_measured(batch.rows, batch.observations)
        personal.add_waiting(batch.waiting)
        personal.set_counters(batch.counters)
        stored = [entry_id for entry_id in batch.stored if entry_id not in withdrawn]
        if stored:
            self._journal.mark(stored, State.DECODED)
        self._journal.forget_bytes(set(batch.bare) - withdrawn)
        for message, ids in batch.kept.items():
            self._journal.mark(ids, State.QUARANTINED, message)
        if withdrawn:
            batch.refused.setdefault(NO_CONSENT, []).extend(sorted(withdrawn))
        for message, ids in batch.refused.items():
            self._journal.refuse(ids, message)
        personal.settle_waiting(batch.settled)
        done["stored"] += len(stored)
        done["refused"] += sum(map(len, batch.refused.values()))
        done["quarantined"] += sum(
            len(ids)
            for message, ids in batch.kept.items()
            if message not in PARKED or message == REPLAYED
        )

    def _expire(self, personal: PersonalStore, now_ms: int) -> int:
        """Erase what nobody claimed or opened in time; forget claims on what is no longer there."""
        before = now_ms - UNASSIGNED_DAYS * _DAY_MS
        count = 0
        for message in PARKED:
            old = [
                one
                for one in self._journal.parked_entries(message, before)
                if one.received_at >= EARLIEST_MS  # a clock that was wrong ages nothing
            ]
            self._journal.refuse([one.id for one in old], message)
            count += len(old)
        left = {(one.device, one.received_at) for one in self._journal.parked_entries(WHOSE)}
        noted = {(one.device_id, one.received_at) for one in personal.waiting()}
        personal.settle_waiting(sorted(noted - left))
        return count

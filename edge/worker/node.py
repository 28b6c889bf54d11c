"""The composition root of the worker: which jobs run, how often, over which stores."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from edge.care.waiting import question
from edge.clock import SystemClock
from edge.config import Config
from edge.process.lifecycle import AlreadyRunning
from edge.process.log import Log
from edge.store.errors import Locked, StoreError
from edge.store.household_gate import KIND
from edge.store.integrity import complaints
from edge.store.journal import PRUNE_BATCH, Journal
from edge.store.setup import open_journal
from edge.store.village import VillageStore
from edge.worker.jobs import Job, Outcome
from hardware.reading import TimeQuality

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore
    from edge.worker.care_drain import CareDrain, Drained
    from edge.worker.meter_drain import MeterDrain

DRAIN_S = 2.0  # a person who has just measured looks at the screen
METERS_S = 5.0  # nobody waits for a meter, and it wakes the card
CHECKPOINT_S = 900.0  # the write-ahead logs are a card's most rewritten pages; not more often
PRUNE_S = 86_400.0
CHECK_S = 7 * 86_400.0
JOURNAL_DAYS = 90  # so long can a better decoder still read the original bytes

_DAY_MS = 86_400_000


@contextmanager
def worker_jobs(config: Config) -> Iterator[Sequence[Job]]:
    """Give the hub's jobs; the stores they open are closed at the end of the block."""
    with ExitStack() as stack:
        stores = _Stores(config, stack)
        care = _CareDrain(config, stores)
        stack.callback(care.lock)
        meters = _MeterDrain(config, stores)
        stack.callback(meters.lock)
        yield (
            Job("care", care.run, DRAIN_S),
            Job("meters", meters.run, METERS_S),
            Job("snapshot", lambda: _publish(config), config.publish.interval_s, 1.0),
            Job("integrity", lambda: _check(config), CHECK_S, 5.0),
            Job("checkpoint", lambda: _checkpoint(stores), CHECKPOINT_S, 60.0),
            Job("prune", lambda: _prune(config, stores), PRUNE_S, 120.0),
        )


class _Stores:
    """Opens a store when a job first needs it: one that is broken fails that job alone."""

    def __init__(self, config: Config, stack: ExitStack) -> None:
        self._config = config
        self._stack = stack
        self._journal: Journal | None = None
        self._village: VillageStore | None = None

    def journal(self) -> Journal:
        if self._journal is None:
            self._journal = self._stack.enter_context(open_journal(self._config.hub))
        return self._journal

    def village(self) -> VillageStore:
        if self._village is None:
            self._village = self._stack.enter_context(VillageStore(self._config.hub.village_db))
        return self._village


class _Personal:
    """personal.db, open only as long as its key file is there. One thread's at a time."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._store: PersonalStore | None = None

    def store(self) -> PersonalStore:
        """Return the store.

        :raises Locked: if the key file is not there; what was open is closed then.
        """
        from edge.store.personal import PersonalStore  # noqa: PLC0415 - loads SQLCipher

        key_file = self._config.personal.key_file
        if not key_file.exists():
            self.lock()
            raise Locked(f"personal.db is locked: {key_file} is absent")
        if self._store is None:
            self._store = PersonalStore.open(self._config.hub.personal_db, key_file)
        return self._store

    def lock(self) -> None:
        """Forget personal.db."""
        if self._store is not None:
            self._store.close()
            self._store = None


class _CareDrain:
    """The care drain, while personal.db is unlocked."""

    def __init__(self, config: Config, stores: _Stores) -> None:
        self._personal = _Personal(config)
        self._stores = stores
        self._drain: CareDrain | None = None

    def run(self) -> Outcome:
        from edge.worker.care_drain import CareDrain  # noqa: PLC0415 - not before it is unlocked

        try:
            personal = self._personal.store()
            if self._drain is None:
                self._drain = CareDrain(self._stores.journal())
            stamp = SystemClock().stamp()
            is_set = stamp.quality is not TimeQuality.UNKNOWN
            done = self._drain.run(personal, stamp.wall_ms, is_clock_set=is_set)
        except Locked as error:  # or the file went away just now
            self.lock()
            return Outcome("locked", error.hint)
        except StoreError:
            self.lock()  # opened anew the next time: the file may have been put back
            raise
        return Outcome("ok", _waits(done))

    def lock(self) -> None:
        """Forget personal.db."""
        self._personal.lock()
        self._drain = None


def _waits(done: Drained) -> str:
    """Say what waits for a person."""
    told = []
    if done.unclaimed:
        told.append(f"{question(done.unclaimed)} (dorfhub care waiting)")
    if done.waiting:
        told.append(f"{done.waiting} ohne Zuordnung")
    if done.no_key:
        told.append(f"{done.no_key} ohne passenden Schlüssel")
    return ", ".join(told)


class _MeterDrain:
    """The meter drain, with personal.db while it is unlocked and without it else."""

    def __init__(self, config: Config, stores: _Stores) -> None:
        self._config = config
        self._personal = _Personal(config)
        self._stores = stores
        self._drain: MeterDrain | None = None

    def run(self) -> Outcome:
        from edge.worker.meter_drain import MeterDrain  # noqa: PLC0415 - decoders and ciphers

        if self._drain is None:
            self._drain = MeterDrain(
                self._config, self._stores.journal(), self._stores.village(), Log()
            )
        try:
            personal = self._personal.store()
        except Locked as error:
            self._drain.run(None, _now_ms())
            # without receivers nothing waits for it
            return Outcome("locked", error.hint) if self._config.receivers else Outcome()
        except StoreError:
            self._drain.run(None, _now_ms())  # what needs no key does not wait for a repair
            raise
        try:
            done = self._drain.run(personal, _now_ms())
        except StoreError:
            self.lock()
            raise
        return Outcome("ok", ", ".join(f"{n} {_KEPT[word]}" for word, n in done.kept.items()))

    def lock(self) -> None:
        """Forget personal.db and the keys that were in it."""
        self._personal.lock()
        if self._drain is not None:
            self._drain.lock()


_KEPT = {
    "key_required": "ohne Schlüssel",
    "wrong_key": "mit falschem Schlüssel",
    "format_unknown": "in noch unbekanntem Format",
    "unreadable": "nicht lesbar",
    "replay": "alt und noch einmal gesendet",
}


def _publish(config: Config) -> Outcome:
    from edge.publish.build import build_current  # noqa: PLC0415 - not before the first snapshot

    try:
        done = build_current(config, datetime.now(UTC))
    except AlreadyRunning:
        return Outcome("busy", "Ein anderer Prozess veröffentlicht gerade.")
    return Outcome("ok", ", ".join(f"{one.cube}: {one.outcome}" for one in done))


def _check(config: Config) -> Outcome:
    found = {
        path.name: words
        for path in (config.hub.journal_db, config.hub.village_db)
        if (words := complaints(path))
    }
    if found:
        raise StoreError(
            "; ".join(f"{name}: {words}" for name, words in found.items()),
            hint="Den Hub anhalten, die Karte sichern und die letzte Sicherung einspielen.",
        )
    return Outcome()


def _checkpoint(stores: _Stores) -> Outcome:
    done = [stores.journal().checkpoint(), stores.village().checkpoint()]
    return Outcome() if all(done) else Outcome("busy", "Jemand liest gerade; später noch einmal.")


def _prune(config: Config, stores: _Stores) -> Outcome:
    now = SystemClock().stamp()
    if now.quality is TimeQuality.UNKNOWN:  # a clock that is years ahead would erase everything
        return Outcome("waiting", "Die Uhr ist nicht gestellt.")
    journal = stores.journal()
    before_ms = now.wall_ms - JOURNAL_DAYS * _DAY_MS
    _all(lambda: journal.prune(before_ms))
    days = config.wireless.raw_retention_days
    unread = _all(lambda: journal.prune_waiting(KIND, now.wall_ms - days * _DAY_MS))
    if not unread:
        return Outcome()
    Log().warning("telegrams-expired", count=unread, after_days=days)
    return Outcome("ok", f"{unread} Telegramme gelöscht, die {days} Tage niemand lesen konnte")


def _all(prune: Callable[[], int]) -> int:
    """Prune in batches until nothing is left; return how many entries that were."""
    total = 0
    while True:
        count = prune()
        total += count
        if count < PRUNE_BATCH:
            return total


def _now_ms() -> int:
    return time.time_ns() // 1_000_000

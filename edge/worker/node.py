"""The composition root of the worker: which jobs run, how often, over which stores."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import astuple
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
from edge.store.scale_users import ScaleUsers
from edge.store.setup import open_journal
from edge.store.village import VillageStore
from edge.worker.household_sums import HouseholdSumsJob
from edge.worker.jobs import Job, Outcome
from edge.worker.ladder_node import LadderJobs
from edge.worker.unlocked import Unlocked
from edge.worker.unlocking import unlock
from hardware.reading import TimeQuality

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore
    from edge.worker.care_drain import CareDrain, Drained
    from edge.worker.care_watch import CareWatch
    from edge.worker.meter_drain import MeterDrain
    from edge.worker.wired_drain import WiredDrain

UNLOCK_S = 60.0  # a stick that is plugged in opens within a minute
DRAIN_S = 0.8  # with a look of the page each second, an alert stands there within two
LEARNING_S = 300.0  # an offer's deadline is told to the hour; names go on a day
LADDER_S = 1.0  # a step is late by at most five seconds
CALLS_S = 2.0
METERS_S = 5.0  # nobody waits for a meter, and it wakes the card
CHECKPOINT_S = 900.0  # the write-ahead logs are a card's most rewritten pages; not more often
PRUNE_S = 86_400.0
BOARD_S = 3600.0  # what is due goes on a day; sums of households are formed once in one
LOAD_S = 900.0  # new weather comes with a visit; nobody waits for the forecast in front of a page
LOAD_FIRST_S = 180.0  # not while everything starts
ABANDONED_S = 3600.0  # a large file may be judged for a quarter of an hour
HEALTH_S = 300.0  # three looks a quarter of an hour, which is written down once
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
        ladder = LadderJobs(config, stack, stores.village)
        sums = HouseholdSumsJob(config, stores.village, SystemClock())
        yield (
            Job("care", care.run, DRAIN_S),
            *_ladder(ladder, alerts=config.personal.alerts),
            Job("meters", meters.run, METERS_S),
            Job("learning", lambda: _learning(config, stores), LEARNING_S, 10.0),
            Job("volunteers", lambda: _volunteers(config, stores), LEARNING_S, 20.0),
            Job("snapshot", lambda: _publish(config), config.publish.interval_s, 1.0),
            Job("integrity", lambda: _check(config), CHECK_S, 5.0),
            *_health(config, stores),
            Job("checkpoint", lambda: _checkpoint(stores), CHECKPOINT_S, 60.0),
            Job("board", lambda: _board(config, stores), BOARD_S, 60.0),
            Job("shelf", lambda: _shelf(config), BOARD_S, 90.0),
            Job("load", lambda: _communal(config, stores, faults=False), LOAD_S, LOAD_FIRST_S),
            Job("faults", lambda: _communal(config, stores, faults=True), LOAD_S, 240.0),
            Job("sums", sums.run, BOARD_S, 300.0),
            Job("prune", lambda: _prune(config, stores), PRUNE_S, 120.0),
            Job("unlock", lambda: unlock(config), UNLOCK_S),
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


class _CareDrain:
    """The care drain, while personal.db is unlocked."""

    def __init__(self, config: Config, stores: _Stores) -> None:
        self._config = config
        self._personal = Unlocked(config)
        self._stores = stores
        self._scale_users = config.hub.scale_users
        self._rules = config.personal.rules
        self._alerts = config.personal.alerts
        self._drain: CareDrain | None = None
        self._watch: CareWatch | None = None
        self._offset: tuple[int, int] | None = None  # as of the last look for wrong times
        self._rows: tuple[int, ...] | None = None

    def run(self) -> Outcome:
        from edge.worker.care_drain import CareDrain  # noqa: PLC0415 - not before it is unlocked
        from edge.worker.heat_watch import watch_heat  # noqa: PLC0415 - likewise
        from edge.worker.sensor_news import SensorNews  # noqa: PLC0415 - likewise

        try:
            personal = self._personal.store()
            if self._drain is None:
                users = ScaleUsers(self._scale_users)
                news = SensorNews(self._stores.village(), Log(), is_on=self._alerts)
                journal = self._stores.journal()
                self._drain = CareDrain(journal, scale_users=users, news=news)
            stamp = SystemClock().stamp()
            is_set = stamp.quality is not TimeQuality.UNKNOWN
            done = self._drain.run(personal, stamp.wall_ms, is_clock_set=is_set)
            watch_heat(personal, stamp)
            self._place(personal)
            if self._alerts:
                told = self._stores.village().told_heat(stamp.wall_ms)
                self._watched().run(personal, stamp, told_heat=told)
            else:
                personal.pass_by_rules()
        except Locked as error:  # or the file went away just now
            self.lock()
            return Outcome("locked", error.hint)
        except StoreError:
            self.lock()  # opened anew the next time: the file may have been put back
            raise
        return Outcome("ok", _waits(done))

    def _watched(self) -> CareWatch:
        """Return the engine of rules.

        :raises RuleError: if the hub's own rule set is none; all else has been done by then.
        """
        from edge.care.rules.ruleset import default, load  # noqa: PLC0415 - as above
        from edge.worker.care_watch import CareWatch  # noqa: PLC0415
        from edge.worker.ear import listen  # noqa: PLC0415

        if self._watch is None:
            rules = default() if self._rules is None else load(self._rules)
            self._watch = CareWatch(rules, lambda: listen(self._config, self._stores.village()))
        return self._watch

    def _place(self, personal: PersonalStore) -> None:
        """Place what came under a wrong clock, households' readings too, if there is news."""
        village = self._stores.village()
        offset, rows = village.newest_offset(), personal.newest_rows()
        if (offset, rows) != (self._offset, self._rows):
            since = self._rows if offset == self._offset else None
            personal.place(self._stores.journal(), village.offsets(), since)
            self._offset, self._rows = offset, rows

    def lock(self) -> None:
        """Forget personal.db."""
        self._personal.lock()
        self._drain = None
        self._watch = None
        self._offset = self._rows = None


def _ladder(jobs: LadderJobs, *, alerts: bool) -> Sequence[Job]:
    """Return the jobs of alarms; without alerts nobody is called, not for an older one either."""
    if not alerts:
        return ()
    return Job("ladder", jobs.steps, LADDER_S), Job("alarm", jobs.calls, CALLS_S)


def _waits(done: Drained) -> str:
    """Say what waits for a person."""
    told = []
    if done.unclaimed:
        told.append(f"{question(done.unclaimed)} (dorfhub care waiting)")
    if done.waiting:
        told.append(f"{done.waiting} ohne Zuordnung")
    if done.no_key:
        told.append(f"{done.no_key} ohne passenden Schlüssel")
    if done.restarted:
        told.append(
            f"{done.restarted} von Sensoren, die von vorn zählen (Batterie gewechselt? dann den"
            " Schlüssel noch einmal eingeben: dorfhub ble key add)"
        )
    return ", ".join(told)


class _MeterDrain:
    """The meter drain, with personal.db while it is unlocked and without it else."""

    def __init__(self, config: Config, stores: _Stores) -> None:
        self._config = config
        self._personal = Unlocked(config)
        self._stores = stores
        self._drain: MeterDrain | None = None
        self._wired: WiredDrain | None = None

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
            self._wired_drain().run(personal, _now_ms())
            done = self._drain.run(personal, _now_ms())
        except StoreError:
            self.lock()
            raise
        return Outcome("ok", ", ".join(f"{n} {_KEPT[word]}" for word, n in done.kept.items()))

    def _wired_drain(self) -> WiredDrain:
        from edge.worker.wired_drain import WiredDrain  # noqa: PLC0415 - as above

        if self._wired is None:
            self._wired = WiredDrain(
                self._config, self._stores.journal(), self._stores.village(), Log()
            )
        return self._wired

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
    "unsealed": "unverschlüsselt von einem Zähler, der verschlüsselt",
    "replay": "alt und noch einmal gesendet",
}


def _learning(config: Config, stores: _Stores) -> Outcome:
    from edge.desk.signups import SignupDesk  # noqa: PLC0415 - not before it is needed
    from edge.desk.upkeep import upkeep  # noqa: PLC0415
    from edge.desk.vault import Vault  # noqa: PLC0415

    clock = SystemClock()
    now = clock.stamp()
    if now.quality is TimeQuality.UNKNOWN:  # a clock that is years ahead would forget everybody
        return Outcome("waiting", "Die Uhr ist nicht gestellt.")
    village = stores.village()
    with Vault.of(config) as vault:
        try:
            done = upkeep(village, vault, SignupDesk.of(config, village, vault, clock), now.wall_ms)
        except Locked as error:
            waits = len(village.sealed_signups())
            told = f"Anmeldungen, die versiegelt warten: {waits}"
            return Outcome("locked", told if waits else error.hint)
    counts = [*astuple(done), len(village.sealed_signups())]
    words = zip(_LEARNT, counts, strict=True)
    return Outcome("ok", ", ".join(f"{word}: {count}" for word, count in words if count))


def _volunteers(config: Config, stores: _Stores) -> Outcome:
    """End what nobody fetched, and delete borrowers and volunteers whose time is up."""
    from edge.desk.lending import LendingDesk  # noqa: PLC0415 - not before it is needed
    from edge.desk.vault import Vault  # noqa: PLC0415
    from edge.desk.volunteers import VolunteerDesk  # noqa: PLC0415

    clock = SystemClock()
    if clock.stamp().quality is TimeQuality.UNKNOWN:
        return Outcome("waiting", "Die Uhr ist nicht gestellt.")
    village = stores.village()
    with Vault.of(config) as vault:
        try:
            lapsed, borrowers = LendingDesk.of(config, village, vault, clock).upkeep()
            names = borrowers + VolunteerDesk(village, vault, clock).upkeep()
        except Locked as error:
            return Outcome("locked", error.hint)
    told = (("nicht abgeholt", lapsed), ("Namen gelöscht", names))
    return Outcome("ok", ", ".join(f"{word}: {count}" for word, count in told if count))


_LEARNT = (
    "Anmeldungen nachgetragen",
    "Plätze weitergegeben",
    "Plätze angeboten",
    "Namen gelöscht",
    "Zeiträume gezählt",
    "Anmeldungen, die sich nicht öffnen lassen",
)


def _board(config: Config, stores: _Stores) -> Outcome:
    from edge.desk.board_upkeep import board_upkeep  # noqa: PLC0415 - not before it is needed
    from edge.desk.vault import Vault  # noqa: PLC0415

    clock = SystemClock()
    if clock.stamp().quality is TimeQuality.UNKNOWN:
        return Outcome("waiting", "Die Uhr ist nicht gestellt.")
    with Vault.of(config) as vault:
        try:
            forgotten = board_upkeep(stores.village(), vault, clock)
        except Locked as error:
            return Outcome("locked", error.hint)
    return Outcome("ok", f"Nummern vom Markt gelöscht: {forgotten}" if forgotten else "")


def _communal(config: Config, stores: _Stores, *, faults: bool) -> Outcome:
    from edge.worker.faults_watch import watch_faults  # noqa: PLC0415 - not before it is needed
    from edge.worker.load_watch import watch_load  # noqa: PLC0415

    watch = watch_faults if faults else watch_load
    return watch(config, stores.village(), SystemClock().stamp())


def _health(config: Config, stores: _Stores) -> Sequence[Job]:
    """Return the job that counts how the hub is; none where hub.toml does not want it told."""
    from edge.worker.health_watch import HealthWatch  # noqa: PLC0415 - not before it is needed

    if not config.publish.health:
        return ()
    watch, clock = HealthWatch(config), SystemClock()
    return (Job("health", lambda: watch.run(stores.village(), clock.stamp()), HEALTH_S, 30.0),)


def _shelf(config: Config) -> Outcome:
    """Delete what somebody began to upload, and left."""
    from edge.material.shelf import shelf_of  # noqa: PLC0415 - not before it is needed

    removed = shelf_of(config).clean(ABANDONED_S)
    return Outcome("ok", f"abgebrochene Uploads gelöscht: {removed}" if removed else "")


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
    stores.village().forget_looks(_now_ms())  # also where no collector runs any more
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
    what = "1 Telegramm gelöscht, das" if unread == 1 else f"{unread} Telegramme gelöscht, die"
    return Outcome("ok", f"{what} {days} Tage niemand lesen konnte")


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

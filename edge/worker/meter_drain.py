"""The meter drain: telegrams heard by radio become readings, each in the database it belongs to.

Communal meters (lane `village`) go to village.db, households' (lane `care`, sealed) to personal.db
if their people agree. It works while personal.db is locked, with what needs neither key nor
consent. Readings are committed before their entries are marked; a crash between the two repeats
the readings, which both stores recognise and leave out.

What cannot be read yet keeps its bytes and the reason. It is new again as soon as the reason is
gone: a key was imported, personal.db was unlocked, a full telegram taught the format.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from edge.config import Config, Meter
from edge.config.communal import Communal
from edge.keyring.keys import Keys
from edge.keyring.reasons import NO_KEY, REPLAY, WRONG_KEY, names_of, no_format, signature_of
from edge.process.log import Log
from edge.profiles import ADVICE, hub_profiles
from edge.store.continuity import COUNTER_FELL, Known, falls
from edge.store.household_gate import KIND, NO_CONSENT, agreed, settle
from edge.store.journal import Entry, Journal, Lane, State
from edge.store.meter_status import Statuses
from edge.store.personal import PersonalStore
from edge.store.personal_rows import Household, HouseholdRow
from edge.store.village import VillageStore
from edge.store.village_rows import MeterRow
from edge.store.wide import wide
from edge.worker.meter_reader import Read, Reader
from edge.worker.opener import DoesNotOpen, Opener
from edge.worker.replays import HINT, Replays
from hardware.errors import DecodeError
from hardware.mbus.telegram import Telegram
from hardware.reading import TimeQuality
from hardware.wmbus.formats import FormatStore

BATCH = 200  # telegrams read before one commit: 0.1 s of work
# rounds of one run and lane: after weeks of being locked a stop must not wait for all of it
MOST_ROUNDS = 20
ERROR_EVERY_MS = 3_600_000  # the same error of the same meter is written once an hour
DAY_MS = 86_400_000

REMEMBERED_MS = 3 * DAY_MS  # after a start, a meter silent for longer begins anew

_HOUSEHOLD_FELL = "Zähler eines Haushalts: ein Zählerstand fiel"
_UNREADABLE = (
    "Was der Zähler sagt, ist nicht lesbar; es bleibt aufbewahrt, bis eine neuere Fassung es kann."
)
_LOCKED = (
    "Der Zähler sendet verschlüsselt. Sein Schlüssel läge in den persönlichen Daten, und die sind "
    "gesperrt: bitte die Schlüsseldatei bereitstellen."
)


@dataclass(slots=True)
class Drained:
    """How many telegrams went where; ``kept`` by the word for why they could not be read."""

    village: int = 0
    household: int = 0
    refused: int = 0  # no consent; their bytes are erased
    kept: Counter[str] = field(default_factory=Counter)


class MeterDrain:
    """Reads what the journal holds of wireless meters. One process works with one of them.

    :raises StoreError: or one of its kinds, from :meth:`run`; what was done before stays done.
    """

    def __init__(self, config: Config, journal: Journal, village: VillageStore, log: Log) -> None:
        self._meters = Communal(config.meters)
        self._journal = journal
        self._village = village
        self._log = log
        registry, wrong = hub_profiles(config.hub.profiles)
        for error in wrong:
            log.warning("profile", error=error, hint=ADVICE)
        self._reader = Reader(Keys(), FormatStore(), lambda: registry)
        self._remembered = False  # formats of earlier runs are known again
        self._ring: tuple[int, int] | None = None  # what the keys at hand were taken from
        self._numbers: dict[tuple[str, str], int] = {}  # (journal's device, device id) to device
        self._states: dict[str, str] = {}  # device to what became of its last telegram
        self._errors: dict[str, tuple[str, int]] = {}  # meter id to (message, written at)
        self._replays = Replays(village)
        self._statuses = Statuses(village)
        self._newest: dict[int, Known] | None = None  # what households' counters said last

    def lock(self) -> None:
        """Forget the keys and what households' counters said: personal.db was locked."""
        self._reader.keys = Keys()
        self._ring = None
        self._newest = None

    def run(self, personal: PersonalStore | None, now_ms: int) -> Drained:
        """Work through all new telegrams; ``personal`` is None while personal.db is locked."""
        self._replays.begin()
        if not self._remembered:
            self._remember_formats()
        if personal is None:
            self.lock()
        else:
            settle(personal, self._village, self._journal, now_ms)
            self._take_keys(personal, now_ms)
        done = Drained()
        self._village_lane(done, personal, now_ms)
        if personal is not None:
            self._care_lane(done, personal, now_ms)
        return done

    def _remember_formats(self) -> None:
        for skeleton in self._village.formats().values():
            try:
                self._reader.formats.remember(skeleton)
            except DecodeError as error:  # of another version of the tables
                self._log.warning("format-forgotten", error=error)
        for kept in self._journal.kept(KIND):
            signature = signature_of(kept.message)
            if signature is not None and signature in self._reader.formats:
                self._journal.requeue(KIND, kept.message)
        self._remembered = True

    def _take_keys(self, personal: PersonalStore, now_ms: int) -> None:
        """Take the keys anew if they changed, and requeue what they may open."""
        ring = personal.keys_changed()
        if ring == self._ring:
            return
        keys = personal.meter_keys()
        self._reader.keys = Keys(keys)
        fresh = [key.number for key in keys if key.state is None]
        for kept in self._journal.kept(KIND):
            own = self._reader.keys.of(names_of(kept.message))
            kind = kept.message.partition(" ")[0]
            if (kind == NO_KEY and own) or (
                kind == WRONG_KEY and any(key.number in fresh for key in own)
            ):
                count = self._journal.requeue(KIND, kept.message)
                if count:
                    self._log.info("telegrams-requeued", device=kept.device, count=count)
        personal.set_key_states(fresh, "unused", now_ms)
        self._ring = ring

    def _pending(self, lane: Lane) -> Iterator[Sequence[Entry]]:
        after = 0
        for _ in range(MOST_ROUNDS):
            entries = self._journal.pending(lane, BATCH, after=after, kind=KIND)
            if not entries:
                return
            after = entries[-1].id
            yield entries

    def _village_lane(self, done: Drained, personal: PersonalStore | None, now_ms: int) -> None:
        for entries in self._pending("village"):
            read = [
                (entry, self._judged(entry, self._read(entry, entry.payload))) for entry in entries
            ]
            rows = [
                row
                for entry, one in read
                if (row := self._communal(entry, one, is_locked=personal is None))
            ]
            self._village.add_round(rows)
            self._close(read, personal, now_ms, done, detailed=True)
            done.village += len(rows)

    def _communal(self, entry: Entry, read: Read, *, is_locked: bool) -> MeterRow | None:
        """Return the reading of a communal meter; tell its device what is wrong."""
        meter = self._meters.candidate(entry.device)
        telegram = read.telegram
        if telegram is None:
            if meter is not None and (
                read.reason != REPLAY or self._replays.is_news(meter.meter_id, entry.received_at)
            ):
                hint = _LOCKED if is_locked and read.state == "key_required" else read.hint
                words = f"{hint or _UNREADABLE} ({read.detail})"
                self._failed(meter, words, entry.received_at)
            return None
        if meter is not None:
            self._errors.pop(meter.meter_id, None)
        device = self._device(entry, telegram, meter)
        if read.meaning is not None:
            said = read.meaning
            self._statuses.note(device, said.status, said.flags, entry.received_at)
        values = wide(read.meaning.records) if read.meaning else {}
        if not values:
            return None
        return MeterRow(entry.received_at, device, entry.time_quality, entry.id, **values)

    def _device(self, entry: Entry, telegram: Telegram, meter: Meter | None) -> int:
        """Return the number of the device that speaks, made known on its first telegram."""
        device_id = telegram.device_id or entry.device
        number = self._numbers.get((entry.device, device_id))
        if number is None:
            number = self._village.device(
                device_id,
                label=meter.name if meter else None,
                site_id=meter.site_id if meter else None,
                meter_id=meter.meter_id if meter else None,
                manufacturer=telegram.manufacturer,
                seen_at=entry.received_at,
            )
            self._numbers[entry.device, device_id] = number
        return number

    def _failed(self, meter: Meter, message: str, at: int) -> None:
        known, written_at = self._errors.get(meter.meter_id, ("", 0))
        if message == known and 0 <= at - written_at < ERROR_EVERY_MS:
            return
        number = self._village.device_of_meter(meter.meter_id)
        if number is not None:
            self._village.device_error(number, message, at)
        self._errors[meter.meter_id] = (message, at)

    def _care_lane(self, done: Drained, personal: PersonalStore, now_ms: int) -> None:
        opener = Opener(personal.care_identity())
        homes = _Homes(personal)
        for entries in self._pending("care"):
            read: list[tuple[Entry, Read]] = []
            rows: list[HouseholdRow] = []
            closed: list[int] = []
            for entry in entries:
                home = homes.of(entry)
                if home is None:
                    closed.append(entry.id)  # not even opened
                    continue
                found = self._judged(entry, self._open(entry, opener))
                read.append((entry, found))
                row = homes.row(home, entry, found)
                if row is not None:
                    rows.append(row)
            self._note_falls(personal, homes, rows, now_ms)
            personal.add_household_round(rows)
            self._close(read, personal, now_ms, done, detailed=False)
            self._journal.refuse(closed, NO_CONSENT)
            done.household += len(rows)
            done.refused += len(closed)

    def _note_falls(
        self, personal: PersonalStore, homes: _Homes, rows: Sequence[HouseholdRow], now_ms: int
    ) -> None:
        """Note that a household's counter fell; what it said stays in personal.db."""
        if self._newest is None:
            self._newest = personal.household_newest(now_ms - REMEMBERED_MS)
        found, new = falls(rows, self._newest)
        for fall in found:
            name = homes.name_of(fall.device)
            self._village.add_event(fall.at, name, COUNTER_FELL, _HOUSEHOLD_FELL)
        self._newest.update(new)

    def _open(self, entry: Entry, opener: Opener) -> Read:
        try:
            return self._read(entry, opener(entry.payload))
        except DoesNotOpen as error:
            return Read(None, type(error).__name__)

    def _read(self, entry: Entry, raw: bytes) -> Read:
        try:
            return self._reader.read(raw)
        except Exception as error:  # noqa: BLE001 - one meter's bytes must not stop the others
            kind = type(error).__name__
            # the words of an unforeseen error may quote a household's value: only its kind
            self._log.error("decoder-failed", error=kind, journal=entry.id, device=entry.device)
            return Read(None, f"decoder failed: {kind}", f"decoder failed: {kind}")

    def _judged(self, entry: Entry, read: Read) -> Read:
        """Return what was read, but nothing of a telegram that somebody sent again."""
        if read.count is None or self._replays.accepts(entry, read.count):
            return read
        return Read(None, REPLAY, REPLAY, HINT, opened_by=read.opened_by)

    def _close(
        self,
        read: Sequence[tuple[Entry, Read]],
        personal: PersonalStore | None,
        now_ms: int,
        done: Drained,
        *,
        detailed: bool,
    ) -> None:
        """Mark entries whose readings are on the disk; keep what was learned on the way."""
        fresh = self._reader.formats.take_fresh()
        for signature, skeleton in fresh.items():
            self._village.save_format(signature, skeleton)
        self._journal.mark([entry.id for entry, one in read if one.telegram], State.DECODED)
        kept: dict[str, list[int]] = {}
        for entry, one in read:
            if one.telegram is None:
                is_plain_word = one.state != "unreadable" or not detailed
                kept.setdefault(one.reason if is_plain_word else one.detail, []).append(entry.id)
                done.kept[one.state] += 1
            is_locked = personal is None and one.state == "key_required"
            state = "locked" if is_locked else one.state
            if state != "replay" and self._states.get(entry.device) != state:
                self._states[entry.device] = state
                self._village.set_meter_state(entry.device, state, now_ms)
                self._log.info("meter", device=entry.device, state=state)
        for reason, ids in kept.items():
            self._journal.mark(ids, State.QUARANTINED, reason)
        self._replays.save()
        replayed = [entry for entry, one in read if one.reason == REPLAY]
        self._replays.note(replayed, now_ms // DAY_MS)
        for signature in fresh:  # also what came before the full telegram in this very batch
            self._journal.requeue(KIND, no_format(signature))
        if personal is not None:
            opened = {one.opened_by for _, one in read if one.opened_by is not None}
            refused = {number for _, one in read for number in one.refused} - opened
            personal.set_key_states(sorted(refused), "wrong", now_ms)
            personal.set_key_states(sorted(opened), "opens", now_ms)


class _Homes:
    """Whose home a telegram is of, during one run."""

    def __init__(self, personal: PersonalStore) -> None:
        self._personal = personal
        self._homes: dict[str, list[Household]] = {}
        for home in personal.households(ever=True):
            self._homes.setdefault(home.device, []).append(home)
        self._agreed: dict[int, bool] = {}
        self._devices: dict[tuple[int, str], int] = {}

    def of(self, entry: Entry) -> Household | None:
        """Return the household that had the meter when the entry came, None if none agrees.

        A clock that nobody had set says nothing: then whose it is now. What seems to be from
        before the first household is the first one's, since nothing was kept before.
        """
        homes = self._homes.get(entry.device, [])
        if entry.time_quality is TimeQuality.UNKNOWN:
            held = [home for home in homes if home.removed_at is None]
        else:
            at = max(entry.received_at, min((home.added_at for home in homes), default=0))
            held = [
                home
                for home in homes
                if home.added_at <= at and (home.removed_at is None or at < home.removed_at)
            ]
        if not held:
            return None
        person = held[-1].person
        if person not in self._agreed:
            self._agreed[person] = agreed(self._personal, person)
        return held[-1] if self._agreed[person] else None

    def name_of(self, device: int) -> str:
        """Return the device id behind the number of a row that :meth:`row` gave."""
        return next(name for (_, name), number in self._devices.items() if number == device)

    def row(self, home: Household, entry: Entry, read: Read) -> HouseholdRow | None:
        """Return the reading of a telegram, None if it holds none of the wide columns."""
        values = wide(read.meaning.records) if read.meaning else {}
        if read.telegram is None or not values:
            return None
        who = (home.household, read.telegram.device_id or entry.device)
        if who not in self._devices:
            self._devices[who] = self._personal.household_device(*who)
        return HouseholdRow(
            entry.received_at, self._devices[who], entry.time_quality, entry.id, **values
        )

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
from dataclasses import dataclass, field, replace
from itertools import chain

from edge.config import Config, Meter
from edge.config.communal import Communal
from edge.keyring.keys import Keys
from edge.keyring.reasons import (
    FRAGMENT,
    NO_KEY,
    REPLAY,
    UNSEALED,
    WRONG_KEY,
    names_of,
    no_format,
    signature_of,
)
from edge.process.log import Log
from edge.profiles import ADVICE, hub_profiles
from edge.store.continuity import COUNTER_FELL, REPLAYED, Known, falls
from edge.store.continuity import UNSEALED as UNSEALED_EVENT
from edge.store.household_gate import KIND, NO_CONSENT, settle
from edge.store.journal import Entry, Journal, Lane, State
from edge.store.meter_status import Statuses
from edge.store.personal import PersonalStore
from edge.store.personal_rows import HouseholdRow
from edge.store.values import ValueRow, value_rows
from edge.store.village import VillageStore
from edge.store.village_rows import MeterRow
from edge.store.wide import wide
from edge.worker.homes import Homes
from edge.worker.meter_reader import Read, Reader, refused, unsealed
from edge.worker.opener import DoesNotOpen, Opener
from edge.worker.pieces import Pieces
from edge.worker.replays import HINT, Replays
from edge.worker.sealing import Sealing, Totals
from hardware.errors import DecodeError
from hardware.mbus.telegram import Telegram
from hardware.profiles import Interpreted
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
    values: int = field(default=0, compare=False)  # beside the wide columns, that are new
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
        self._pieces = Pieces()
        self._remembered = False  # formats of earlier runs are known again
        self._ring: tuple[int, int] | None = None  # what the keys at hand were taken from
        self._numbers: dict[tuple[str, str], int] = {}  # (journal's device, device id) to device
        self._states: dict[str, str] = {}  # device to what became of its last telegram
        self._errors: dict[str, tuple[str, int]] = {}  # meter id to (message, written at)
        self._replays = Replays(village)
        self._statuses = Statuses(village)
        self._sealing = Sealing(village)
        self._totals = Totals()  # of communal meters
        self._home_totals = Totals()
        self._is_locked = True
        self._newest: dict[int, Known] | None = None  # what households' counters said last

    def lock(self) -> None:
        """Forget the keys and what households' counters said: personal.db was locked."""
        self._reader.keys = Keys()
        self._ring = None
        self._newest = None
        self._home_totals = Totals()
        self._is_locked = True
        self._pieces.forget()

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
            self._is_locked = False
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
            is_known = signature is not None and signature in self._reader.formats
            if is_known or kept.message == FRAGMENT:  # the rest may have come since
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
            read: list[tuple[Entry, Read]] = []
            rows: list[MeterRow] = []
            beside: list[ValueRow] = []
            for entry in entries:
                found = self._judged(entry, self._read(entry, entry.payload))
                row = self._communal(entry, found)
                if row is not None and not self._totals.knows(row.device):
                    self._totals.start(row.device, self._village.counters_of(row.device))
                if row is not None and _is_old(found, row, self._totals):
                    found, row = _replay(found), None
                self._tell(entry, found)
                if found.meaning is not None:
                    device = self._device(entry, found.meaning.telegram)
                    beside += _beside(entry, found.meaning, device)
                read.append((entry, found))
                if row is not None:
                    self._totals.take(row)
                    rows.append(row)
            self._village.add_round(rows)
            done.values += self._village.add_values(beside)
            self._close(read, personal, now_ms, done, detailed=True)
            done.village += len(rows)

    def _communal(self, entry: Entry, read: Read) -> MeterRow | None:
        """Return the reading of a communal meter, None if it holds none of the wide columns."""
        values = wide(read.meaning.records) if read.meaning else {}
        if read.telegram is None or not values:
            return None
        device = self._device(entry, read.telegram)
        return MeterRow(entry.received_at, device, entry.time_quality, entry.id, **values)

    def _tell(self, entry: Entry, read: Read) -> None:
        """Tell a communal meter's device what it says of itself, or what is wrong."""
        meter = self._meters.candidate(entry.device)
        if read.meaning is not None:
            said = read.meaning
            if meter is not None:
                self._errors.pop(meter.meter_id, None)
            device = self._device(entry, said.telegram)
            self._statuses.note(device, said.status, said.flags, entry.received_at)
            return
        if meter is None or read.reason == FRAGMENT:
            return
        event = _EVENTS.get(read.reason)
        if event is None or self._replays.is_news(meter.meter_id, entry.received_at, event):
            is_closed = self._is_locked and read.state == "key_required"
            words = f"{(_LOCKED if is_closed else read.hint) or _UNREADABLE} ({read.detail})"
            self._failed(meter, words, entry.received_at)

    def _device(self, entry: Entry, telegram: Telegram) -> int:
        """Return the number of the device that speaks, made known on its first telegram."""
        meter = self._meters.candidate(entry.device)
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
        homes = Homes(personal)
        for entries in self._pending("care"):
            read: list[tuple[Entry, Read]] = []
            rows: list[HouseholdRow] = []
            beside: list[ValueRow] = []
            closed: list[int] = []
            for entry in entries:
                home = homes.of(entry)
                if home is None:
                    closed.append(entry.id)  # not even opened
                    continue
                found = self._judged(entry, self._open(entry, opener))
                row = homes.row(home, entry, found)
                if row is not None and not self._home_totals.knows(row.device):
                    known = self._household_newest(personal, now_ms).get(row.device)
                    self._home_totals.start(row.device, known)
                if row is not None and _is_old(found, row, self._home_totals):
                    found, row = _replay(found), None
                if found.meaning is not None:
                    device = homes.device(home, entry, found.meaning.telegram)
                    beside += _beside(entry, found.meaning, device)
                read.append((entry, found))
                if row is not None:
                    self._home_totals.take(row)
                    rows.append(row)
            self._note_falls(personal, homes, rows, now_ms)
            personal.add_household_round(rows)
            done.values += personal.add_household_values(beside)
            self._close(read, personal, now_ms, done, detailed=False)
            self._journal.refuse(closed, NO_CONSENT)
            done.household += len(rows)
            done.refused += len(closed)

    def _note_falls(
        self, personal: PersonalStore, homes: Homes, rows: Sequence[HouseholdRow], now_ms: int
    ) -> None:
        """Note that a household's counter fell; what it said stays in personal.db."""
        newest = self._household_newest(personal, now_ms)
        found, new = falls(rows, newest)
        for fall in found:
            name = homes.name_of(fall.device)
            self._village.add_event(fall.at, name, COUNTER_FELL, _HOUSEHOLD_FELL)
        newest.update(new)

    def _household_newest(self, personal: PersonalStore, now_ms: int) -> dict[int, Known]:
        if self._newest is None:
            self._newest = personal.household_newest(now_ms - REMEMBERED_MS)
        return self._newest

    def _open(self, entry: Entry, opener: Opener) -> Read:
        try:
            return self._read(entry, opener(entry.payload))
        except DoesNotOpen as error:
            return Read(None, type(error).__name__)

    def _read(self, entry: Entry, raw: bytes) -> Read:
        try:
            piece = self._pieces.add(entry, raw)
            if piece is None:
                return self._reader.read(raw)
            if piece.frame is None:
                return Read(None, FRAGMENT, FRAGMENT)
            return replace(self._reader.read_joined(piece.frame), parts=piece.others)
        except DecodeError as error:
            return refused(error)
        except Exception as error:  # noqa: BLE001 - one meter's bytes must not stop the others
            kind = type(error).__name__
            # the words of an unforeseen error may quote a household's value: only its kind
            self._log.error("decoder-failed", error=kind, journal=entry.id, device=entry.device)
            return Read(None, f"decoder failed: {kind}", f"decoder failed: {kind}")

    def _judged(self, entry: Entry, read: Read) -> Read:
        """Return what was read, but nothing of a telegram that somebody sent again or made up."""
        is_plain = read.meaning is not None and read.opened_by is None
        if is_plain and self._is_locked and entry.device in self._sealing:
            return unsealed()
        if read.count is None or self._replays.accepts(entry, read.count):
            return read
        return _replay(read)

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
        decoded = [(entry.id, *one.parts) for entry, one in read if one.telegram]
        self._journal.mark(chain.from_iterable(decoded), State.DECODED)
        kept: dict[str, list[int]] = {}
        joined = {number for _, one in read for number in one.parts}
        for entry, one in read:
            if one.reason == FRAGMENT and entry.id in joined:
                continue
            if one.telegram is None:
                is_plain_word = one.state != "unreadable" or not detailed
                kept.setdefault(one.reason if is_plain_word else one.detail, []).extend(
                    (entry.id, *one.parts)
                )
                done.kept[one.state] += 1
            is_locked = personal is None and one.state == "key_required"
            state = "locked" if is_locked else one.state
            if state not in _STRANGERS and self._states.get(entry.device) != state:
                self._states[entry.device] = state
                self._village.set_meter_state(entry.device, state, now_ms)
                self._log.info("meter", device=entry.device, state=state)
        for reason, ids in kept.items():
            self._journal.mark(ids, State.QUARANTINED, reason)
        self._replays.save()
        replayed = [entry for entry, one in read if one.reason == REPLAY]
        self._replays.note(replayed, now_ms // DAY_MS)
        plain = [entry for entry, one in read if one.reason == UNSEALED]
        self._replays.note(plain, now_ms // DAY_MS, UNSEALED_EVENT)
        self._sealing.note((entry.device for entry, one in read if one.opened_by), now_ms)
        for signature in fresh:  # also what came before the full telegram in this very batch
            self._journal.requeue(KIND, no_format(signature))
        if personal is not None:
            opened = {one.opened_by for _, one in read if one.opened_by is not None}
            refused = {number for _, one in read for number in one.refused} - opened
            personal.set_key_states(sorted(refused), "wrong", now_ms)
            personal.set_key_states(sorted(opened), "opens", now_ms)


_EVENTS = {REPLAY: REPLAYED, UNSEALED: UNSEALED_EVENT}  # that are told once an hour
_STRANGERS = frozenset(("replay", "unsealed", "fragment"))  # say nothing of the meter's state


def _replay(read: Read) -> Read:
    return Read(None, REPLAY, REPLAY, HINT, opened_by=read.opened_by, parts=read.parts)


def _is_old(read: Read, row: MeterRow | HouseholdRow, totals: Totals) -> bool:
    """Tell whether a sealed telegram without a counter is one of long ago."""
    return read.opened_by is not None and read.count is None and totals.fell(row)


def _beside(entry: Entry, said: Interpreted, device: int) -> list[ValueRow]:
    values = wide(said.records)
    return value_rows(said.records, values, entry.received_at, device, entry.id)

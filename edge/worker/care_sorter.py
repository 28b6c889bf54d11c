"""What becomes of each value in the care lane: whose it is, when it was, what may be kept of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from types import MappingProxyType

from edge.care.consent import BLOOD_PRESSURE, CARE, standing
from edge.care.contact_clock import UNPAIRED, ContactClock
from edge.care.kinds import BUTTON, kinds_of
from edge.care.newcomer import as_of
from edge.care.owner import has_several_users, owner
from edge.clock import LATEST_MS
from edge.process.log import Log
from edge.store.journal import Entry
from edge.store.journal_parked import (
    NO_OWNER,
    NO_SESSION,
    WHOSE,
    WRONG_KEY,
)
from edge.store.personal import PersonalStore
from edge.store.personal_rows import Assignment, CareRow, Observation, Waiting
from edge.worker.care_adverts import Adverts
from edge.worker.care_batch import Batch
from edge.worker.care_moment import in_session, observed, session_start
from edge.worker.care_reader import CareReader, Read
from edge.worker.care_rows import (
    PRESSURES,
    care_row,
    observation,
    sequence_of,
    tells_users_apart,
    user_of,
)
from edge.worker.restarts import Restarts
from hardware.ble.measurement import Measurement
from hardware.reading import Record, TimeQuality

NO_CONSENT = "no consent"
NOBODYS = "nobody's"  # a person said that it is none of the people here
_OF_SCALES = frozenset({"ble:2A9C", "ble:2A9D"})


@dataclass(frozen=True, slots=True)
class _Place:
    """When something was measured, how far that is sure, and whose it is (None: not said)."""

    observed_at: int
    quality: TimeQuality
    person: int | None


class CareSorter:
    """Sorts the entries of one run by what is known of people and sensors.

    ``with_session`` are monitors whose session's start came just now. ``began`` says by sensor
    which user's number became somebody's when; None if nobody can tell now, and then what a scale
    says of its users waits. ``restarts`` remembers between runs which counters begin anew;
    ``buttons`` are those that somebody calls for help with.
    """

    def __init__(
        self,
        personal: PersonalStore,
        reader: CareReader,
        zone: tzinfo | None,
        log: Log,
        now_ms: int,
        *,
        began: Mapping[str, Sequence[tuple[int, int]]] | None = MappingProxyType({}),
        restarts: Restarts | None = None,
        buttons: frozenset[str] = frozenset(),
    ) -> None:
        self._personal = personal
        self._began = began
        self._reader = reader
        self._adverts = Adverts(
            reader, list(personal.counters()), log, restarts or Restarts(), buttons
        )
        self._zone = zone
        self._log = log
        self._now_ms = now_ms
        self._assignments: dict[str, list[Assignment]] = {}
        for assignment in personal.assignments_ever():
            self._assignments.setdefault(assignment.device_id, []).append(assignment)
        self._users = personal.sensor_users()
        self._announced = personal.announced_several()
        self._noted = {(one.device_id, one.received_at): one for one in personal.waiting()}
        self._agreed: dict[tuple[int, str], bool] = {}
        self._clocks: dict[str, list[ContactClock]] = {}
        self._opened: set[str] = set()
        self._wrong: set[str] = set()
        self.with_session: set[str] = set()

    def batch(self, entries: Sequence[Entry]) -> Batch:
        """Read entries and say what becomes of each."""
        batch = Batch()
        reads: list[Read] = []
        for entry in entries:
            if entry.device not in self._assignments and entry.kind == f"ble:{UNPAIRED}":
                batch.stored.append(entry.id)  # it was nobody's before
                batch.bare.append(entry.id)
                continue
            if entry.device not in self._assignments:  # nobody's sensor: not even opened
                if self._adverts.calls(entry.device):  # but who calls for help is heard
                    self._adverts.listen(batch, entry)
                batch.kept.setdefault(NO_OWNER, []).append(entry.id)
                continue
            try:
                reads.extend(self._reader.read(entry))
            except Exception as error:  # noqa: BLE001 - one sensor's bytes must not stop the others
                kind = type(error).__name__  # its words may quote a value
                self._log.error("decoder-failed", error=kind, journal=entry.id, device=entry.device)
                batch.kept.setdefault(f"decoder failed: {kind}", []).append(entry.id)
        self._settle(batch, reads)
        return batch

    def rest(self) -> Batch:
        """Say what becomes of parts that stayed alone."""
        batch = Batch()
        self._settle(batch, list(self._reader.rest(self._now_ms)))
        return batch

    def note_keys(self) -> None:
        """Note which keys opened something, and which did not."""
        self._personal.set_sensor_key_states(
            sorted(self._wrong - self._opened), "wrong", self._now_ms
        )
        self._personal.set_sensor_key_states(sorted(self._opened), "opens", self._now_ms)

    def _settle(self, batch: Batch, reads: Sequence[Read]) -> None:
        self._learn_users(reads)
        for read in reads:
            if read.reason:
                ids = [entry.id for entry in read.entries]
                batch.kept.setdefault(read.reason, []).extend(ids)
                if read.reason == WRONG_KEY:
                    self._wrong.add(read.entry.device)
                continue
            if read.counter is not None and read.counter.authentic:
                self._opened.add(read.entry.device)
            if read.source == UNPAIRED:
                self._end_assignments(read.entry)
            if read.clock is not None:
                self._personal.add_clock(read.entry.device, read.clock)
                self._clocks.pop(read.entry.device, None)
            if read.source == "2AAA":
                self._learn_session(read)
            self._one(batch, read)

    def _learn_users(self, reads: Sequence[Read]) -> None:
        """Note who uses a sensor before anything is decided, also from the batch's last value."""
        seen: dict[str, set[int]] = {}
        announced: set[str] = set()
        for read in reads:
            device = read.entry.device
            for measurement in read.measurements:
                user = user_of(measurement)
                if user is not None and user not in self._users.get(device, ()):
                    seen.setdefault(device, set()).add(user)
                if tells_users_apart(measurement):
                    announced.add(device)
        announced -= self._announced
        if seen or announced:
            self._personal.note_users(seen, announced, self._now_ms)
            self._users = self._personal.sensor_users()
            self._announced = self._personal.announced_several()

    def _end_assignments(self, entry: Entry) -> None:
        """Make a sensor nobody's that was unpaired; where the hub knew no time then, now."""
        is_known = entry.time_quality is not TimeQuality.UNKNOWN
        at = entry.received_at if is_known else self._now_ms
        if self._personal.end_assignments(entry.device, at):
            ever = self._personal.assignments_ever()
            self._assignments[entry.device] = [one for one in ever if one.device_id == entry.device]

    def _learn_session(self, read: Read) -> None:
        start = session_start(read.measurements[0], self._zone, self._clocks_at(read.entry))
        if start is not None:
            self._personal.add_session(read.entry.device, start)
            self.with_session.add(read.entry.device)

    def _one(self, batch: Batch, read: Read) -> None:
        """Say what becomes of one value that could be read."""
        ids = [entry.id for entry in read.entries]
        claim = self._noted.get((read.entry.device, read.entry.received_at))
        if claim is not None and claim.said_at is not None and claim.person is None:
            batch.settled.append((claim.device_id, claim.received_at))
            batch.refused.setdefault(NOBODYS, []).extend(ids)
            return
        # what waited was counted when it came
        heard = "" if claim is not None else self._adverts.heard(batch, read)
        if claim is None and self._adverts.tells_sensor(batch, read, heard):
            return
        parts = _parts(read, heard)
        found: list[CareRow | Observation] = []
        for measurement, kind, records in parts:
            place = self._place(batch, read, measurement)
            if place is None:
                batch.kept.setdefault(NO_SESSION, []).extend(ids)
                return
            person = claim.person if claim is not None and claim.person else place.person
            if person is None:
                self._wait(batch, read, kind, measurement, place)
                return
            if self._agrees(person, kind):
                found.append(_row(read, person, kind, measurement, records, place))
        if claim is not None:
            batch.settled.append((claim.device_id, claim.received_at))
        if parts and not found:
            batch.refused.setdefault(NO_CONSENT, []).extend(ids)
            return
        batch.rows.extend(row for row in found if isinstance(row, CareRow))
        batch.observations.extend(row for row in found if isinstance(row, Observation))
        batch.stored.extend(ids)
        if len(found) < len(parts) or not parts:
            batch.bare.extend(ids)  # they hold more than was agreed to, or nothing that is kept

    def _place(self, batch: Batch, read: Read, measurement: Measurement) -> _Place | None:
        """Return when it was measured and whose it is; None for want of a monitor's session."""
        entry = read.entry
        if read.source == "2A34":
            return self._place_of_context(batch, entry, sequence_of(measurement))
        if read.source == "2AA7":
            offset = int(measurement.flags["time_offset_min"])
            sessions = self._personal.sessions(entry.device)
            moment = in_session(entry, sessions, offset, self._clocks_at(entry))
            if moment is None:
                return None
        else:
            clocks = self._clocks_at(entry)
            moment = observed(entry, measurement.timestamp, self._zone, clocks)
        observed_at, quality = moment
        known = None if quality is TimeQuality.UNKNOWN else observed_at
        return _Place(observed_at, quality, self._owner(entry, user_of(measurement), known))

    def _clocks_at(self, entry: Entry) -> list[ContactClock]:
        """Return what is known of a sensor's clock from before a value came, the oldest first.

        Where the hub did not know the time, nobody knows which contacts were before.
        """
        if entry.device not in self._clocks:
            self._clocks[entry.device] = self._personal.clocks(entry.device)
        clocks = self._clocks[entry.device]
        if entry.time_quality is TimeQuality.UNKNOWN:
            return clocks
        return [one for one in clocks if one.at <= entry.received_at]

    def _place_of_context(self, batch: Batch, entry: Entry, sequence: int | None) -> _Place:
        """Return the place of the glucose value that a context belongs to.

        Without the value nobody knows when it was measured, and so whose it is if the meter
        was not always the same person's.
        """
        record = self._record_of(batch, entry, sequence)
        if record is not None:
            return _Place(record.observed_at, record.time_quality, record.person)
        is_sure = len({one.person for one in self._assignments[entry.device]}) == 1
        person = self._owner(entry, None, None) if is_sure else None
        return _Place(entry.received_at, entry.time_quality, person)

    def _owner(self, entry: Entry, user: int | None, moment: int | None) -> int | None:
        device = entry.device
        began = () if self._began is None else self._began.get(device, ())
        is_timed = entry.time_quality is not TimeQuality.UNKNOWN
        came_at = entry.received_at if is_timed else None
        owners = as_of(self._assignments[device], user, came_at, began, self._now_ms)
        announced = device in self._announced
        several = has_several_users(owners, len(self._users.get(device, ())), announced=announced)
        if self._began is None and entry.kind in _OF_SCALES and (several or user is not None):
            return None
        # where the hub did not know the day, any handover may be long ago
        arrived = entry.received_at if is_timed else LATEST_MS
        return owner(owners, user, moment, several=several, arrived=arrived)

    def _record_of(self, batch: Batch, entry: Entry, sequence: int | None) -> Observation | None:
        """Return the glucose value to which a context belongs, stored or about to be."""
        if sequence is None:
            return None
        for row in reversed(batch.observations):
            if (row.device_id, row.source, row.sequence) == (entry.device, "2A18", sequence):
                return row
        return self._personal.observation_numbered(entry.device, "2A18", sequence, entry.id)

    def _wait(
        self, batch: Batch, read: Read, kind: str, measurement: Measurement, place: _Place
    ) -> None:
        device, received_at = read.entry.device, read.entry.received_at
        batch.kept.setdefault(WHOSE, []).extend(one.id for one in read.entries)
        user = user_of(measurement)
        batch.waiting.append(
            Waiting(0, device, received_at, kind, place.observed_at, place.quality, user)
        )

    def _agrees(self, person: int, kind: str) -> bool:
        """Tell whether a person agrees that the hub keeps this kind of theirs, for care.

        What is erased for want of a consent does not come back, so no clock has a say.
        """
        if (person, kind) not in self._agreed:
            consents = self._personal.consents(person)
            self._agreed[person, kind] = standing(consents, CARE, kind) is not None
        return self._agreed[person, kind]


def _parts(read: Read, heard: str) -> list[tuple[Measurement, str, tuple[Record, ...]]]:
    """Return what a value says of which kind.

    Of what is repeated, a state in the open still holds; a press is none, and what was encrypted
    is old.
    """
    if heard and read.counter is not None and read.counter.authentic:
        return []
    return [
        (measurement, kind, records)
        for measurement in read.measurements
        for kind, records in kinds_of(read.source, measurement.records).items()
        if not heard or kind != BUTTON
    ]


def _row(  # noqa: PLR0917  # what a row is made of
    read: Read,
    person: int,
    kind: str,
    measurement: Measurement,
    records: Sequence[Record],
    place: _Place,
) -> CareRow | Observation:
    at = place.observed_at, place.quality
    if kind == BLOOD_PRESSURE and read.source in PRESSURES:
        return care_row(read.entry, person, measurement, *at)
    return observation(read.entry, person, read.source, kind, measurement, records, *at)

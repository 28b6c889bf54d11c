"""Readings of care in personal.db as single values, the way rules and pages read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edge.care.consent import BLOOD_PRESSURE
from edge.care.measured import Measured
from edge.store.connection import Connection, Row, Value
from edge.store.personal_placed import at_its_place
from hardware.reading import Quantity, TimeQuality

MOST_ROUNDS = 200  # of one look: others wait for a transaction that is longer


@dataclass(frozen=True, slots=True)
class Seen:
    """How far somebody looked: the last round of blood pressure, and of all else."""

    care_round: int = 0
    observation_round: int = 0


class MeasuredValues:
    """The part of personal.db that gives values one by one; use `PersonalStore`.

    Times are milliseconds since 1970, UTC. Values of somebody who was erased are not given.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def measured(
        self,
        person: int,
        since_ms: int,
        until_ms: int | None = None,
        kinds: Iterable[str] | None = None,
    ) -> list[Measured]:
        """Return a person's values with ``since_ms <= observed_at < until_ms``, oldest first.

        Of the kinds of data ``kinds`` (`edge.care.kinds`) or of all. What came under a wrong clock
        stands where it was placed later. Values of one moment stand as the sensor said them.
        """
        wanted = None if kinds is None else frozenset(kinds)
        span = (since_ms, 1 << 62 if until_ms is None else until_ms, person)
        rows: list[Row] = []
        if wanted is None or BLOOD_PRESSURE in wanted:
            rows += self.connection.rows(_PRESSURES, span)
        if wanted is None or wanted - {BLOOD_PRESSURE}:
            rows += self.connection.rows(_OBSERVED, span)
        found = _values(rows)
        if wanted is not None:
            found = [one for one in found if one.data_kind in wanted]
        return sorted(found, key=lambda one: one.observed_at)

    def measured_after(self, seen: Seen) -> tuple[list[Measured], Seen]:
        """Return the values of up to :data:`MOST_ROUNDS` rounds of each sort that are new.

        And how far was looked by that. By arrival, then by the time they were measured.
        """
        care, care_until = self._rounds("care_round", seen.care_round)
        observed, observed_until = self._rounds("observation_round", seen.observation_round)
        rows = self.connection.rows(_NEW_PRESSURES, care) if care else []
        rows += self.connection.rows(_NEW_OBSERVED, observed) if observed else []
        found = sorted(_values(rows), key=lambda one: (one.received_at, one.observed_at))
        return found, Seen(care_until, observed_until)

    def newest_seen(self) -> Seen:
        """Return how far somebody has looked who knows all that is there."""
        row = self.connection.row(
            "SELECT coalesce((SELECT max(round) FROM care_round), 0),"
            " coalesce((SELECT max(round) FROM observation_round), 0)"
        )
        return Seen(*(int(str(one)) for one in row or (0, 0)))

    def _rounds(self, table: str, after: int) -> tuple[Sequence[Value], int]:
        rows = self.connection.rows(
            f"SELECT round FROM {table} WHERE round > ? ORDER BY round LIMIT ?",  # noqa: S608
            (after, MOST_ROUNDS),
        )
        until = int(str(rows[-1][0])) if rows else after
        return ((after, until) if rows else ()), until


def _values(rows: Iterable[Row]) -> list[Measured]:
    return [
        Measured(
            person=int(str(person)),
            observed_at=int(str(observed_at)),
            received_at=int(str(received_at)),
            data_kind=str(kind),
            quantity=str(quantity),
            value=float(str(value)),
            device_id=str(device),
            time_quality=TimeQuality(int(str(quality))),
        )
        for person, observed_at, received_at, kind, quantity, value, device, quality, _ in rows
        if value is not None  # the sensor did not say it, or whose it was is erased
    ]


_PLACED = "coalesce(p.placed_at, r.observed_at)", "coalesce(p.quality, r.time_quality)"
_COLUMNS = (
    ("systolic_mmhg", Quantity.BLOOD_PRESSURE_SYSTOLIC),
    ("diastolic_mmhg", Quantity.BLOOD_PRESSURE_DIASTOLIC),
    ("mean_mmhg", Quantity.BLOOD_PRESSURE_MEAN),
    ("pulse_per_min", Quantity.PULSE_RATE),
)


def _pressures(source: str, at: str, quality: str) -> str:
    """Return a query of one row for each number of the readings ``r`` of ``source``."""
    parts = [
        f"SELECT r.person, {at} AS at, r.received_at, '{BLOOD_PRESSURE}', '{quantity.value}',"
        f" r.{column}, r.device_id AS device, {quality}, {place} AS place {source}"
        for place, (column, quantity) in enumerate(_COLUMNS)
    ]
    return " UNION ALL ".join(parts) + " ORDER BY 2, 7, 9"


_OF_CARE = "p.device_id = r.device_id AND p.data_kind = "
_OF_PRESSURE = f"{_OF_CARE}'{BLOOD_PRESSURE}'"
_PRESSURES = _pressures(
    f"FROM care_reading AS r{at_its_place('placed_care', _OF_PRESSURE)} AND r.person = ?3",
    *_PLACED,
)
_NEW_PRESSURES = _pressures(
    "FROM care_round AS n CROSS JOIN care_reading AS r"
    " ON r.observed_at BETWEEN n.first_at AND n.last_at AND +r.round = n.round"
    " WHERE n.round > ?1 AND n.round <= ?2",
    "r.observed_at",
    "r.time_quality",
)
_NUMBERS = (
    " CROSS JOIN observation_value AS v ON v.observed_at = r.observed_at"
    " AND v.device_id = r.device_id AND v.data_kind = r.data_kind"
)
_OBSERVED = (
    f"SELECT r.person, {_PLACED[0]} AS at, r.received_at, r.data_kind, v.quantity, v.value,"  # noqa: S608
    f" r.device_id, {_PLACED[1]}, v.position FROM observation AS r{_NUMBERS}"
    f"{at_its_place('placed_care', f'{_OF_CARE}r.data_kind')} AND r.person = ?3"
    " ORDER BY at, r.device_id, r.data_kind, v.position"
)
_NEW_OBSERVED = (
    "SELECT r.person, r.observed_at, r.received_at, r.data_kind, v.quantity, v.value,"  # noqa: S608
    " r.device_id, r.time_quality, v.position FROM observation_round AS n"
    " CROSS JOIN observation AS r ON r.observed_at BETWEEN n.first_at AND n.last_at"
    f" AND +r.round = n.round{_NUMBERS} WHERE n.round > ?1 AND n.round <= ?2"
    " ORDER BY n.round, r.observed_at, r.device_id, r.data_kind, v.position"
)

"""From rows of the village's databases to the bodies of segments, and back.

`meter/1`: columns named as in `village.db`'s ``meter_reading``, one source a device.
`care/1`: columns named as in `personal.db`'s ``care_reading``, sealed with age to the care
recipients.
`observation/1`: `personal.db`'s ``observation``, see `sync.observations`; sealed likewise.
`care-placed/1`: where rows of both belong that came under a wrong clock, a source a sensor and
kind (``ble:C0112233AABB blood_pressure``); sealed likewise.
A sealed body names people by the hub's own numbers, never by name, and holds one person's rows
only: taking its segment's salt and body away erases that person and nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import pyrage

from edge.care.consent import BLOOD_PRESSURE
from edge.store.personal_rows import Observation
from sync import columns, observations
from sync.columns import Source
from sync.errors import FormatError, SyncError
from sync.segment import StreamClass

METER_SCHEMA = "meter/1"
CARE_SCHEMA = "care/1"
PLACED_CARE_SCHEMA = "care-placed/1"
METER_COLUMNS = (
    "energy_kwh",
    "volume_m3",
    "power_kw",
    "volume_flow_m3_h",
    "flow_temperature_degc",
    "return_temperature_degc",
    "temperature_difference_k",
)
CARE_COLUMNS = (
    "person",
    "received_at",
    "systolic_mmhg",
    "diastolic_mmhg",
    "mean_mmhg",
    "pulse_per_min",
    "status",
    "user_index",
)
SEAL_BYTES = 64 << 10  # a segment is sealed at the latest with this much before packing
MAX_ROWS = 8192  # of one segment: 8 numbers a row are half a MiB, an eighth of a reader's bound
_CELL = 8  # bytes of one number before packing
_FIRST_COLUMN = 3  # of a row, after device, time and time quality

DbValue = int | float | str | bytes | None


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of numeric stream: its class, schema and columns.

    ``subject`` is the column that says whom a row is about; no segment is about two. ``cells`` is
    how many numbers a row has, where its columns do not say that.
    """

    stream: StreamClass
    schema: str
    columns: tuple[str, ...]
    subject: str = ""
    cells: int = 0

    @property
    def seal_rows(self) -> int:
        """The rows that make :data:`SEAL_BYTES`."""
        return SEAL_BYTES // (_CELL * ((self.cells or len(self.columns)) + 1))


METER = Kind(StreamClass.VILLAGE, METER_SCHEMA, METER_COLUMNS)
CARE = Kind(StreamClass.CARE, CARE_SCHEMA, CARE_COLUMNS, subject="person")
PLACED_CARE = Kind(StreamClass.CARE, PLACED_CARE_SCHEMA, ("person", "placed_ms"), subject="person")
# A measurement has one to nine numbers and as many words as its sensor likes; five and five.
OBSERVATION = Kind(StreamClass.CARE, observations.SCHEMA, observations.FIXED, "person", cells=14)


@dataclass(frozen=True, slots=True)
class Body:
    """What becomes one segment. ``count`` is rows; the times span them, in ms since 1970.

    ``subject`` is whom it is about, by the hub's own number; None for what is nobody's.
    ``data_kinds`` are what consents call what is in it.
    """

    kind: Kind
    count: int
    first_ms: int
    last_ms: int
    data: bytes
    subject: int | None = None
    data_kinds: frozenset[str] = frozenset()


def bodies(
    kind: Kind, rows: Sequence[Sequence[DbValue]], recipients: Sequence[str] = ()
) -> Iterator[Body]:
    """Yield bodies of at most :data:`MAX_ROWS` rows of one subject, in the order of the rows.

    A row is ``(device id, observed_at, time_quality, *kind.columns)``; of :data:`OBSERVATION` it
    is what :func:`observations.gather` takes. A care body is sealed to ``recipients``. What does
    not fit into one is in two, or more.

    :raises ValueError: for care rows without recipients: they are never sent in the clear.
    """
    if kind.stream is StreamClass.CARE and not recipients:
        raise ValueError("care rows without a recipient")
    if kind is OBSERVATION:
        yield from _observed(observations.gather(rows), recipients)
        return
    for part in _parts(kind, rows):
        data = columns.encode(list(_sources(kind, part)))
        if kind.stream is StreamClass.CARE:
            data = seal_to(data, recipients)
        times = [_integer(row[1]) for row in part]
        whose, what = _subject(kind, part), _data_kinds(kind, part)
        yield Body(kind, len(part), min(times), max(times), data, whose, what)


def seal_to(data: bytes, recipients: Sequence[str]) -> bytes:
    """Return ``data`` sealed with age to each of the recipients (``age1...``).

    :raises SyncError: if a recipient is no age public key.
    """
    try:
        keys = [pyrage.x25519.Recipient.from_str(text) for text in recipients]
    except pyrage.RecipientError as error:
        raise SyncError(
            "a care recipient is no age public key",
            hint="Die Gegenstelle muss sich mit einem gültigen age-Schlüssel neu anmelden.",
        ) from error
    sealed: bytes = pyrage.encrypt(data, keys)
    return sealed


def open_sealed(data: bytes, identities: Iterable[str]) -> bytes:
    """Return what :func:`seal_to` sealed; ``identities`` are ``AGE-SECRET-KEY-1...``.

    :raises FormatError: if none of them opens it, or it was changed.
    """
    try:
        keys = [pyrage.x25519.Identity.from_str(text) for text in identities]
        opened: bytes = pyrage.decrypt(data, keys)
    except (pyrage.DecryptError, pyrage.IdentityError) as error:
        raise FormatError("the care body does not open with these keys") from error
    return opened


def _subject(kind: Kind, rows: Sequence[Sequence[DbValue]]) -> int | None:
    if not kind.subject:
        return None
    return _integer(rows[0][_FIRST_COLUMN + kind.columns.index(kind.subject)])


def _data_kinds(kind: Kind, rows: Sequence[Sequence[DbValue]]) -> frozenset[str]:
    if kind is CARE:
        return frozenset((BLOOD_PRESSURE,))
    if kind is PLACED_CARE:  # named after the sensor
        return frozenset(str(row[0]).rpartition(" ")[2] for row in rows)
    return frozenset()


def _observed(rows: Sequence[Observation], recipients: Sequence[str]) -> Iterator[Body]:
    people: dict[int, list[Observation]] = {}
    for row in rows:
        people.setdefault(row.person, []).append(row)
    for mine in people.values():
        for start in range(0, len(mine), MAX_ROWS):
            yield from _halved(mine[start : start + MAX_ROWS], recipients)


def _halved(rows: Sequence[Observation], recipients: Sequence[str]) -> Iterator[Body]:
    try:
        data = columns.encode(observations.to_sources(rows))
    except ValueError:  # as many columns as its sensors have words: too large for a reader
        if len(rows) == 1:
            raise
        yield from _halved(rows[: len(rows) // 2], recipients)
        yield from _halved(rows[len(rows) // 2 :], recipients)
        return
    times = [row.observed_at for row in rows]
    sealed = seal_to(data, recipients)
    what = frozenset(row.data_kind for row in rows)
    yield Body(OBSERVATION, len(rows), min(times), max(times), sealed, rows[0].person, what)


def _parts(kind: Kind, rows: Sequence[Sequence[DbValue]]) -> Iterator[Sequence[Sequence[DbValue]]]:
    subjects: dict[DbValue, list[Sequence[DbValue]]] = {}
    for row in rows:
        subject = row[_FIRST_COLUMN + kind.columns.index(kind.subject)] if kind.subject else None
        subjects.setdefault(subject, []).append(row)
    for mine in subjects.values():
        for start in range(0, len(mine), MAX_ROWS):
            yield mine[start : start + MAX_ROWS]


def _sources(kind: Kind, rows: Sequence[Sequence[DbValue]]) -> Iterator[Source]:
    ordered = sorted(rows, key=lambda row: (str(row[0]), _integer(row[1])))
    for device, group in groupby(ordered, key=lambda row: str(row[0])):
        mine = list(group)
        cells = {
            name: [_number(row[index]) for row in mine]
            for index, name in enumerate(kind.columns, start=_FIRST_COLUMN)
        }
        yield Source(
            device=device,
            times_ms=[_integer(row[1]) for row in mine],
            qualities=[_integer(row[2]) for row in mine],
            columns={n: c for n, c in cells.items() if any(v is not None for v in c)},
        )


def _integer(value: DbValue) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is no integer")
    return value


def _number(value: DbValue) -> float | None:
    if value is not None and not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return None if value is None else float(value)

"""Reading what care sensors sent: opened, decoded, and put together where it came in parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from edge.care.contact_clock import CONTACT_CLOCK, UNPAIRED, ContactClock, read_contact
from edge.store.journal import Entry
from edge.store.journal_parked import NO_KEY, WRONG_KEY
from edge.worker.care_rows import ADVERT
from edge.worker.opener import DoesNotOpen
from hardware.ble import advert, decode
from hardware.ble.advert.payload import read_payload
from hardware.ble.advert.sighting import Sequence
from hardware.ble.body_composition import (
    BodyComposition,
    join,
    measurement_of,
    read_body_composition,
)
from hardware.ble.cgm import encode_cgm_record, read_cgm_records
from hardware.ble.measurement import Measurement
from hardware.ble.pressure_record import RecordAssembler, read_segment
from hardware.errors import DecodeError, KeyRequired, WrongKey

PART_MS = 60_000  # the second part of a measurement follows at once; after that it is lost


@dataclass(frozen=True, slots=True)
class Read:
    """What one value said, or why it could not be read (``reason``, which quotes no value).

    ``entries`` are the journal's, the last one completing it. ``source`` is the characteristic
    that measured, or `advert`. ``measurements`` are several where a value holds several records.
    ``counter`` is the number that an advertisement carries, if it carries one; ``clock`` is what
    the sensor's clock showed, if that is what was noted.
    """

    entries: tuple[Entry, ...]
    source: str
    measurements: tuple[Measurement, ...] = ()
    reason: str = ""
    counter: Sequence | None = None
    clock: ContactClock | None = None

    @property
    def entry(self) -> Entry:
        """The entry that completed it."""
        return self.entries[-1]


@dataclass(slots=True)
class _Segments:
    assembler: RecordAssembler = field(default_factory=RecordAssembler)
    entries: list[Entry] = field(default_factory=list)


class CareReader:
    """Reads entries of the care lane in their order; one run of the drain works with one.

    ``opener`` opens the seal, ``keys`` are the makers' keys by sensor.
    """

    def __init__(self, opener: Callable[[bytes], bytes], keys: Mapping[str, bytes]) -> None:
        self._opener = opener
        self._keys = keys
        self._segments: dict[str, _Segments] = {}
        self._halves: dict[str, tuple[Entry, BodyComposition]] = {}

    def read(self, entry: Entry) -> Iterator[Read]:
        """Give what became whole with this entry: nothing while a part of it is missing.

        Also what can no longer become whole, since this entry came instead of its other part.
        """
        source = entry.kind.removeprefix("ble:").upper()
        source = ADVERT if source == ADVERT.upper() else source
        try:
            payload = self._opener(entry.payload)
            if source == "2B36":
                yield from self._segment(entry, payload)
            elif source == UNPAIRED:
                yield Read((entry,), source)
            elif source == CONTACT_CLOCK:
                yield Read((entry,), source, clock=read_contact(payload))
            elif source == "2A9C":
                yield from self._half(entry, payload)
            else:
                yield self._whole(entry, source, payload)
        except (DecodeError, DoesNotOpen) as error:
            # only the error's name: the decoder's words may quote a value
            yield Read((entry,), source, reason=_reason(error))

    def rest(self, now_ms: int) -> Iterator[Read]:
        """Give what waited long enough for its other part, as far as it goes without it."""
        for device, (entry, half) in list(self._halves.items()):
            if abs(now_ms - entry.received_at) > PART_MS:
                del self._halves[device]
                yield Read((entry,), "2A9C", (measurement_of(half),))
        for device, held in list(self._segments.items()):
            if held.entries and abs(now_ms - held.entries[-1].received_at) > PART_MS:
                del self._segments[device]
                yield Read(tuple(held.entries), "2B36", reason=DecodeError.__name__)

    def _whole(self, entry: Entry, source: str, payload: bytes) -> Read:
        if source == ADVERT:
            sighting = advert.decode(read_payload(payload), self._keys.get(entry.device))
            return Read((entry,), source, (sighting.measurement,), counter=sighting.sequence)
        if source == "2AA7":
            records = read_cgm_records(payload)
            return Read(
                (entry,),
                source,
                tuple(decode(source, encode_cgm_record(record)) for record in records),
            )
        return Read((entry,), source, (decode(source, payload),))

    def _segment(self, entry: Entry, payload: bytes) -> Iterator[Read]:
        """Put a stored blood pressure together; what it holds is a value of its own kind."""
        held = self._segments.setdefault(entry.device, _Segments())
        if held.entries and read_segment(payload).first:  # the record begun before has no end
            yield Read(tuple(held.entries), "2B36", reason=DecodeError.__name__)
            held.entries.clear()
        held.entries.append(entry)
        try:
            record = held.assembler.feed(payload)
        except DecodeError as error:
            entries, held.entries = tuple(held.entries), []
            yield Read(entries, "2B36", reason=_reason(error))
            return
        if record is None:
            return
        entries, held.entries = tuple(held.entries), []
        try:
            inner = decode(record.uuid, record.value)
        except DecodeError as error:
            yield Read(entries, "2B36", reason=_reason(error))
            return
        yield Read(entries, record.uuid, (inner,))

    def _half(self, entry: Entry, payload: bytes) -> Iterator[Read]:
        """Join the two packets in which some scales send one measurement."""
        packet = read_body_composition(payload)
        before = self._halves.pop(entry.device, None)
        if before is not None:
            first, half = before
            try:
                whole = join(half, packet)
            except DecodeError:
                yield Read((first,), "2A9C", (measurement_of(half),))
            else:
                yield Read((first, entry), "2A9C", (measurement_of(whole),))
                return
        if packet.multiple:
            self._halves[entry.device] = (entry, packet)
        else:
            yield Read((entry,), "2A9C", (measurement_of(packet),))


def _reason(error: Exception) -> str:
    if isinstance(error, KeyRequired):
        return NO_KEY
    return WRONG_KEY if isinstance(error, WrongKey) else type(error).__name__

"""Bytes of meters become readings: journal first, then decoding, then one round in village.db.

Every line's thread calls the same :class:`Intake`. What a crash left undecoded in the journal is
decoded with whatever comes next, so there is one way from the journal to village.db and no other.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from edge.clock import Clock, Stamp, to_datetime, to_ms
from edge.collect.ledger import Ledger
from edge.config import Config, Meter
from edge.keyring.reasons import NO_KEY
from edge.process.log import Log
from edge.profiles import ADVICE, hub_profiles
from edge.store.journal import Arrival, Entry, Journal, State, entry_key
from edge.store.meter_status import Statuses
from edge.store.values import ValueRow, value_rows
from edge.store.village import VillageStore
from edge.store.village_desk import unread_id
from edge.store.village_rows import MeterRow, Request
from edge.store.wide import wide
from hardware.errors import DecodeError, FrameError, HardwareError, KeyRequired
from hardware.mbus.telegram import Telegram, decode, read_header
from hardware.optical import stored
from hardware.optical.session import Readout
from hardware.profiles import Interpreted, Registry, interpret
from hardware.profiles.readout import checked
from hardware.reading import TimeQuality

KIND = "mbus"
OPTICAL_KIND = "optical:"  # and the protocol
_KINDS = (KIND, *(OPTICAL_KIND + protocol for protocol in stored.DECODERS))
ROUND_LIMIT = 500  # entries decoded into one commit: some 0.1 s of the write lock on a card
ERROR_EVERY_MS = 3_600_000  # the same error of the same meter is written once an hour

_UNREADABLE = (
    "Was der Zähler sagt, ist nicht lesbar; es bleibt aufbewahrt, bis eine neuere Fassung es kann."
)
# the keys are in personal.db, which the collector never opens: the worker reads these telegrams
_WIRED_SEALED = (
    "Der Zähler sendet auf der Leitung verschlüsselt. Mit seinem Schlüssel liest ihn der Hub, auch"
    " was schon aufbewahrt ist: dorfhub meter key add. Ist er schon eingetragen, die persönlichen"
    " Daten entsperren."
)


@dataclass(frozen=True, slots=True)
class Heard:
    """A telegram that a line brought. ``at`` is its recorded time, None for this moment."""

    raw: bytes
    at: datetime | None = None


class Intake:
    """The one way from a meter's bytes to village.db. Threads may share one.

    :raises StoreError: or one of its kinds, from any method; nothing of the call was lost that
        an earlier call had kept.
    """

    def __init__(
        self,
        config: Config,
        journal: Journal,
        village: VillageStore,
        clock: Clock,
        log: Log,
    ) -> None:
        self._config = config
        self._meters = {unread_id(meter.meter_id): meter for meter in config.meters}
        self._journal = journal
        self._village = village
        self._clock = clock
        self._log = log
        self.ledger = Ledger(config.hub.state / "asked.json")
        self._decoding = threading.Lock()
        self._introduced = False  # sites and meters stand in village.db
        self._numbers: dict[tuple[str, str], int] = {}  # (journal device, device id) to device
        self._statuses = Statuses(village)
        self._profiles, wrong = hub_profiles(config.hub.profiles)
        for error in wrong:
            log.warning("profile", error=error, hint=ADVICE)
        self._errors: dict[str, tuple[str, int]] = {}  # meter id to (message, written at)

    def now(self) -> datetime:
        """Return the hub's time, UTC."""
        return to_datetime(self._clock.stamp().wall_ms)

    def time_quality(self) -> TimeQuality:
        """Return how far :meth:`now` may be trusted."""
        return self._clock.stamp().quality

    def keep(self, meter: Meter, raw: bytes, kind: str = KIND) -> int:
        """Keep one telegram that came just now; it is on the disk when this returns."""
        stamp = self._clock.stamp()
        key = entry_key(kind, meter.meter_id, stamp.boot_id, stamp.monotonic_ns, raw)
        return self._journal.append(
            "village", meter.transport, unread_id(meter.meter_id), kind, key, raw, stamp
        )

    def keep_recorded(self, meter: Meter, heard: Sequence[Heard]) -> None:
        """Keep telegrams of a recording. The same ones again are stored once."""
        now = self._clock.stamp()
        arrivals = []
        for index, telegram in enumerate(heard):
            # without a time of their own they stay in order, a millisecond apart
            wall_ms, quality, when = now.wall_ms + index, now.quality, "untimed"
            if telegram.at is not None:
                wall_ms, quality = to_ms(telegram.at), TimeQuality.RECORDED
                when = str(wall_ms)
            stamp = Stamp(wall_ms, now.boot_id, now.monotonic_ns, quality)
            key = entry_key("recorded", KIND, when, telegram.raw)
            device = unread_id(meter.meter_id)
            arrivals.append(
                Arrival("village", meter.transport, device, KIND, key, telegram.raw, stamp)
            )
        self._journal.append_many(arrivals)

    def is_newest(self, meter: Meter, raw: bytes) -> bool:
        """Say whether ``raw`` is what the meter's newest reading was decoded from."""
        number = self._village.device_of_meter(meter.meter_id)
        newest = [row for row in self._village.latest() if row.device == number]
        entry = self._journal.entry(newest[0].journal_id) if newest else None
        return entry is not None and entry.payload == raw

    def decode(self) -> int:
        """Decode all that waits, in rounds of :data:`ROUND_LIMIT`; return how many readings came.

        What no decoder reads is quarantined with the reason and told to the meter's device.
        """
        rows = 0
        with self._decoding:
            if not self._introduced:
                self._village.sync_sites(self._config)
                self._introduced = True
            for kind in _KINDS:
                rows += self._decode_kind(kind)
        return rows

    def _decode_kind(self, kind: str) -> int:
        rows = after = 0
        while entries := self._journal.pending("village", ROUND_LIMIT, after=after, kind=kind):
            after = entries[-1].id
            rows += self._round(entries)
        return rows

    def failed(self, meter: Meter, message: str) -> None:
        """Tell the meter's device why it could not be read; the same message once an hour."""
        at = self._clock.stamp().wall_ms
        known, written_at = self._errors.get(meter.meter_id, ("", 0))
        if message == known and 0 <= at - written_at < ERROR_EVERY_MS:
            return
        self._village.device_error(self._number(meter), message, at)
        self._errors[meter.meter_id] = (message, at)

    def seen(self, meter: Meter) -> None:
        """Note that the meter answered, though with nothing new."""
        self._errors.pop(meter.meter_id, None)
        self._village.device_seen(self._number(meter), self._clock.stamp().wall_ms)

    def asked_for(self, meter: Meter) -> list[Request]:
        """Return the open requests of people to read ``meter`` now."""
        return [
            request
            for request in self._village.open_requests("read")
            if request.arguments.get("meter_id") == meter.meter_id
        ]

    def answer(self, request: int, error: HardwareError | None) -> None:
        """Tell who asked that the meter was read, or why it was not."""
        told = {} if error is None else {"error": str(error), "hint": error.hint}
        at = self._clock.stamp().wall_ms
        self._village.finish(request, done=error is None, at=at, result=told)

    def _round(self, entries: Sequence[Entry]) -> int:
        rows: list[MeterRow] = []
        beside: list[ValueRow] = []
        decoded: list[int] = []
        refused: dict[str, list[int]] = {}
        for entry in entries:
            try:
                telegram = _decoded(entry)
                said = _said(telegram, self._profiles)
            except KeyRequired as error:
                message, hint = _waits_for(entry.payload, error), _WIRED_SEALED
            except (FrameError, DecodeError) as error:
                message, hint = f"{type(error).__name__}: {error}", error.hint or _UNREADABLE
            except Exception as error:  # noqa: BLE001 - one meter's bytes must not stop the others
                self._log.bug("decoder-failed", error, journal=entry.id, device=entry.device)
                message = f"decoder failed: {type(error).__name__}: {error}"
                hint = _UNREADABLE
            else:
                decoded.append(entry.id)
                values = wide(said.records)
                device = self._device(entry, telegram)
                flags = () if isinstance(said, Readout) else said.flags
                self._statuses.note(device, said.status, flags, entry.received_at)
                beside += value_rows(said.records, values, entry.received_at, device, entry.id)
                if values:
                    rows.append(
                        MeterRow(entry.received_at, device, entry.time_quality, entry.id, **values)
                    )
                continue
            refused.setdefault(message, []).append(entry.id)
            self._quarantined(entry, message, hint)
        if rows:
            self._village.add_round(rows)
        self._village.add_values(beside)
        if decoded:
            self._journal.mark(decoded, State.DECODED)
        for message, ids in refused.items():
            self._journal.mark(ids, State.QUARANTINED, message)
        return len(rows)

    def _quarantined(self, entry: Entry, message: str, hint: str) -> None:
        self._log.warning(
            "quarantined", journal=entry.id, device=entry.device, why=message, hint=hint
        )
        meter = self._meters.get(entry.device)
        if meter is not None:
            self.failed(meter, f"{hint} ({message})")

    def _device(self, entry: Entry, telegram: Telegram | Readout) -> int:
        """Return the number of the device that speaks, made known on its first telegram."""
        meter = self._meters.get(entry.device)
        device_id = telegram.device_id or entry.device
        if meter is not None:
            self._errors.pop(meter.meter_id, None)
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

    def _number(self, meter: Meter) -> int:
        number = self._village.device_of_meter(meter.meter_id)
        if number is not None:
            return number
        return self._village.device(
            unread_id(meter.meter_id),
            label=meter.name,
            site_id=meter.site_id,
            meter_id=meter.meter_id,
        )


def _said(telegram: Telegram | Readout, profiles: Registry) -> Interpreted | Readout:
    return checked(telegram) if isinstance(telegram, Readout) else interpret(telegram, profiles)


def _waits_for(raw: bytes, error: KeyRequired) -> str:
    """Return the word by which the worker finds what a key of that meter opens."""
    header = read_header(raw)
    if header.manufacturer is None or header.identification is None:
        return f"{type(error).__name__}: {error}"
    return f"{NO_KEY} {header.manufacturer}-{header.identification}"


def _decoded(entry: Entry) -> Telegram | Readout:
    if entry.kind == KIND:
        return decode(entry.payload)
    return stored.DECODERS[entry.kind.removeprefix(OPTICAL_KIND)](entry.payload)

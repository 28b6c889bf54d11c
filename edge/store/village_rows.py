"""What village.db gives and takes, as frozen rows. Times are ms since 1970, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hardware.reading import TimeQuality

DeviceKind = Literal["meter", "ble"]
RequestState = Literal["open", "done", "failed"]


@dataclass(frozen=True, slots=True)
class MeterRow:
    """One meter's values of one moment; None where the meter said nothing.

    Storage 0, tariff 0, subunit 0, instantaneous, in the unit of each name.
    """

    observed_at: int
    device: int
    time_quality: TimeQuality
    journal_id: int
    energy_kwh: float | None = None
    volume_m3: float | None = None
    power_kw: float | None = None
    volume_flow_m3_h: float | None = None
    flow_temperature_degc: float | None = None
    return_temperature_degc: float | None = None
    temperature_difference_k: float | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """One commit of readings, and the stretch of time it touched (both ends included)."""

    round: int
    first_at: int
    last_at: int
    row_count: int


@dataclass(frozen=True, slots=True)
class Device:
    """A meter or sensor. ``device`` is its number here, ``device_id`` its name everywhere."""

    device: int
    device_id: str
    kind: DeviceKind
    label: str
    site_id: str | None
    meter_id: str | None
    manufacturer: str
    model: str
    first_seen_at: int | None
    last_seen_at: int | None
    last_reading_at: int | None
    last_error: str | None
    last_error_at: int | None
    battery_percent: int | None

    @property
    def failing(self) -> bool:
        """True if the last thing known of it is an error."""
        if self.last_error_at is None:
            return False
        return self.last_seen_at is None or self.last_seen_at < self.last_error_at


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A place; only a communal one is published by itself."""

    site_id: str
    name: str
    communal: bool


@dataclass(frozen=True, slots=True)
class BleDevice:
    """A paired Bluetooth sensor. ``profile`` is its service, such as `1810`."""

    address: str
    device: int
    device_id: str
    profile: str
    name: str
    paired_at: int


@dataclass(frozen=True, slots=True)
class SensorLife:
    """A sensor's signs of life. ``data_at`` is when its last value came.

    ``expected_s`` is the longest time between two data that a person set, None for the usual one
    of its kind; ``silent_since`` is the last data before a silence that was told already;
    ``unread_since`` is the last value that counted, while what comes now is taken for recorded.
    """

    address: str
    heard_at: int | None = None
    rssi_dbm: int | None = None
    data_at: int | None = None
    expected_s: int | None = None
    silent_since: int | None = None
    unread_since: int | None = None


SensorEventKind = Literal["silent", "back", "sos", "restarted"]


@dataclass(frozen=True, slots=True)
class SensorEvent:
    """Something about a care sensor that a person may have to look at."""

    event: int
    at: int
    device_id: str
    kind: SensorEventKind
    detail: str


@dataclass(frozen=True, slots=True)
class Request:
    """Something the page or the command line asks the collector for."""

    request: int
    kind: str
    arguments: dict[str, object]
    state: RequestState
    created_at: int
    finished_at: int | None
    result: dict[str, object] | None


@dataclass(frozen=True, slots=True)
class Notice:
    """What is new in the village; shown while ``shown_from <= now < shown_until``."""

    notice: int
    title: str
    body: str
    shown_from: int
    shown_until: int | None
    source: str = ""  # who put it up, if not the village itself


@dataclass(frozen=True, slots=True)
class Exchange:
    """How the exchange with one peer stands."""

    peer: str
    name: str = ""
    last_contact_at: int | None = None
    last_success_at: int | None = None
    acknowledged_seq: int | None = None
    pending_segments: int | None = None
    last_error: str | None = None
    last_error_at: int | None = None


RoadState = Literal["busy", "good", "bad", "gone"]


@dataclass(frozen=True, slots=True)
class Road:
    """How one way out of the village goes: a call to the county, a stick, a bus.

    ``kind`` is `call`, `stick` or `bus`, ``state`` how serious it is, ``code`` the reason for
    programs. ``message`` and ``hint`` are German, for people; times are ms since 1970.
    """

    road: str
    kind: str
    state: RoadState
    code: str
    message: str
    hint: str
    at: int
    last_good_at: int | None = None


@dataclass(frozen=True, slots=True)
class HeardMeter:
    """A meter that a receiver hears; nothing of what it measures.

    ``device`` is its name everywhere (`wmbus:KAM-76348799-1B-04`). ``encryption`` is how it
    sends, as :mod:`hardware.wmbus.layers` calls it. ``state`` is what became of its telegrams,
    in the worker's word; empty until there is one.
    """

    device: str
    manufacturer: str
    identification: str
    version: int
    medium: str
    encryption: str
    first_heard_at: int
    last_heard_at: int
    telegrams: int
    last_rssi_dbm: float | None = None
    state: str = ""
    state_at: int | None = None


@dataclass(frozen=True, slots=True)
class MeterEvent:
    """Something about a meter that a person may have to look at, such as an exchange."""

    event: int
    at: int
    device: str
    kind: str
    detail: str


@dataclass(frozen=True, slots=True)
class ReceiverCount:
    """How often something of one kind happened at a receiver on one day (days since 1970, UTC)."""

    receiver: str
    day: int
    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class MeterCounter:
    """The highest telegram counter of one kind that a meter on the air has encrypted.

    ``heard_at`` and ``journal_id`` are the newest telegram's. ``before`` is the highest of the
    time before it began anew, ``restart`` the newest of ``restart_seen`` that may be a beginning.
    """

    device: str
    kind: str
    counter: int
    heard_at: int
    journal_id: int
    before: int = -1
    restart: int | None = None
    restart_seen: int = 0


@dataclass(frozen=True, slots=True)
class MeterStatus:
    """What a communal meter says of itself since ``since``: `OK` or conditions, and in German."""

    device: int
    status: str
    words: str
    since: int

    @property
    def is_well(self) -> bool:
        """True if the meter reports nothing."""
        return self.status == "OK"

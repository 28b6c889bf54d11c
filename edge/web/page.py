"""What stands on the terminal page, gathered from the village's database and the processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from edge.clock import Clock
from edge.config import Config
from edge.config.communal import communal_meters, communal_sites
from edge.process.heartbeat import Beat, read_all
from edge.publish.counter import Limits
from edge.publish.cube import cube_named
from edge.store.errors import StoreError
from edge.store.shared import looking
from edge.store.village import VillageStore
from edge.store.village_rows import Device
from edge.web import words
from edge.web.alarm_lines import AlarmLine, alarm_lines, mark
from edge.web.heat import HeatView, first_moment, heat_view
from edge.web.signs import Sign, signs
from edge.web.tongue import say, say_count
from edge.web.village.shown import Dated, Hanging, Opening, events, hanging, openings

# What must run for the hub to do its work; the page tells if one of them is missing.
PARTS = ("collector", "worker", "web", "datasette", "sync")
MAX_NOTICES = 6  # what fits on a board; the newest first
MAX_EVENTS = 3  # what comes next; all are on their own page
EVENT_DAYS = 14
MAX_DEVICES = 30
MAX_ALARMS = 3  # the newest: more would push everything else off the board

# A meter that missed this many polls, and was silent for this long, deserves a look.
SELDOM_S = 31_536_000.0  # of a meter that is read by hand: once a year for the bill
LATE_POLLS = 4
LATE_S = 3600

Mood = Literal["good", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list: what it is about, how it is, and how serious that is."""

    name: str
    state: str
    mood: Mood = "good"


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the template shows. Times are words already."""

    greeting: str
    village: str
    date: str
    time: str
    notices: tuple[Hanging, ...]
    events: tuple[Dated, ...]
    openings: tuple[Opening, ...]
    heat: HeatView | None
    newest_reading: str
    devices: tuple[Line, ...]
    exchange: Line
    waiting: str
    signs: tuple[Sign, ...]
    clock: Line
    parts: tuple[Line, ...]
    problem: str
    alarms: tuple[AlarmLine, ...] = ()

    @property
    def alarm_mark(self) -> str:
        """What is another once other alarms are shown."""
        return mark(self.alarms)


def gather(config: Config, clock: Clock) -> Page:
    """Return the page as of now. An unreadable database leaves its parts empty and says so."""
    stamp = clock.stamp()
    now = words.local(stamp.wall_ms)
    heat, problem = None, ""
    notices: Sequence[Hanging] = ()
    soon: Sequence[Dated] = ()
    places: Sequence[Opening] = ()
    devices: Sequence[Line] = ()
    exchange, waiting = Line("", say("Noch nicht mit dem Kreis abgeglichen."), "warn"), ""
    found: Sequence[Sign] = ()
    alarms: Sequence[AlarmLine] = ()
    try:
        with looking(config.hub.village_db) as village:
            notices = hanging(village, clock, MAX_NOTICES)
            told = {one.notice for one in notices}
            soon = [one for one in events(village, clock, EVENT_DAYS) if one.notice not in told]
            places = openings(village, stamp.wall_ms)
            heat = _heat(config, village, now)
            devices = _devices(config, village, now)
            exchange, waiting = _exchange(village, now, exchange)
            found = signs(village, stamp.wall_ms)
            alarms = alarm_lines(village.hall_alarms(), is_on=config.personal.alerts)
    except StoreError as error:
        problem = error.hint or say("Die Daten des Dorfes sind gerade nicht lesbar.")
    newest = words.ago(heat.newest_at, now) if heat and heat.newest_at else ""
    quality: Mood = "good" if stamp.quality >= 1 else "bad"
    return Page(
        greeting=words.greeting(now),
        village=config.hub.village,
        date=words.date(now),
        time=words.clock_time(now),
        notices=tuple(notices),
        events=tuple(soon[:MAX_EVENTS]),
        openings=tuple(places),
        heat=heat,
        newest_reading=newest,
        devices=tuple(devices[:MAX_DEVICES]),
        exchange=exchange,
        waiting=waiting,
        signs=tuple(found),
        clock=Line(say("Uhr"), words.clock_quality(stamp.quality), quality),
        parts=parts(read_all(config)),
        problem=problem,
        alarms=tuple(alarms[:MAX_ALARMS]),
    )


def parts(beats: Mapping[str, Beat]) -> tuple[Line, ...]:
    """Return how each process of the hub is, in words."""
    return tuple(_part(name, beats.get(name)) for name in PARTS)


def _part(name: str, beat: Beat | None) -> Line:
    label = words.part_name(name)
    if name == "web":
        return Line(label, say("läuft"))  # or nobody would read this
    if beat is None or not beat.alive:
        return Line(label, say("steht still"), "bad")
    if beat.state == "ok":
        return Line(label, say("läuft"))
    if beat.state == "starting":
        return Line(label, say("startet gerade"), "warn")
    return Line(label, say("läuft mit Einschränkung"), "warn")


def _heat(config: Config, village: VillageStore, now: datetime) -> HeatView | None:
    """Return the first communal meter of hub.toml."""
    places = communal_sites(config)
    meter = next(iter(communal_meters(config)), None)
    device = village.device_of_meter(meter.meter_id) if meter else None
    if meter is None or device is None:
        return None
    rules = cube_named("kommunale-waerme").rules
    limits = Limits(rules.largest_gap_s * 1000, rules.power_max_kw, rules.counter_step_kwh)
    rows = village.series(device, first_moment(now), int(now.timestamp() * 1000) + 1)
    return heat_view(meter.name, places[meter.site_id], rows, limits, now)


def _devices(config: Config, village: VillageStore, now: datetime) -> list[Line]:
    """Return the communal meters and the sensors; never a household's meter or a person.

    A care sensor may have one user whom everybody knows: no more than the day is told, and
    its place in the list depends on its name alone.
    """
    communal = communal_sites(config)
    polls = {meter.meter_id: meter.pace_s or SELDOM_S for meter in config.meters}
    profiles = {sensor.device: sensor.profile for sensor in village.ble_devices()}
    meters, sensors = [], []
    for device in village.devices():
        if device.kind == "meter" and device.site_id in communal:
            late_s = LATE_POLLS * polls.get(device.meter_id or "", 0.0)
            meters.append(_meter(device.label or say("Wärmezähler"), device, now, late_s))
        elif device.kind == "ble":
            kind = words.sensor_kind(profiles.get(device.device, ""))
            sensors.append(
                _sensor(kind or say("Messgerät"), device, now)
            )  # a label may name a person
    return meters + sorted(sensors, key=lambda line: (line.name, line.state))


def _sensor(name: str, device: Device, now: datetime) -> Line:
    if device.last_seen_at is None:
        return _never_heard(name, device)
    seen = words.day(device.last_seen_at, now)
    if device.failing:
        return Line(name, say("antwortet nicht, zuletzt {when}", when=seen), "bad")
    return Line(name, seen)


def _meter(name: str, device: Device, now: datetime, late_s: float) -> Line:
    if device.last_seen_at is None:
        return _never_heard(name, device)
    seen = words.ago(device.last_seen_at, now)
    silent_s = now.timestamp() - device.last_seen_at / 1000
    if device.failing and silent_s <= late_s:  # one answer was lost, the next came
        return Line(name, say("antwortet nicht jedes Mal, zuletzt {when}", when=seen), "warn")
    if device.failing:
        return Line(name, say("antwortet nicht, zuletzt {when}", when=seen), "bad")
    late = late_s and silent_s > max(late_s, LATE_S)
    return Line(name, seen, "warn" if late else "good")


def _never_heard(name: str, device: Device) -> Line:
    if device.failing:
        return Line(name, say("antwortet nicht, noch nie gehört"), "bad")
    return Line(name, say("hat sich noch nicht gemeldet"), "warn")


def _exchange(village: VillageStore, now: datetime, never: Line) -> tuple[Line, str]:
    done = [peer for peer in village.exchanges() if peer.last_success_at is not None]
    pending = sum(peer.pending_segments or 0 for peer in village.exchanges())
    waiting = ""
    if pending:
        waiting = say_count(
            "{count} Paket wartet auf die nächste Abholung.",
            "{count} Pakete warten auf die nächste Abholung.",
            pending,
        )
    for peer in village.exchanges():
        if peer.last_error and (peer.last_error_at or 0) > (peer.last_success_at or 0):
            stuck = say("Der Abgleich mit dem Kreis stockt.")
            return Line(peer.name, f"{stuck} {peer.last_error}", "bad"), waiting
    if not done:
        return never, waiting
    newest = max(done, key=lambda peer: peer.last_success_at or 0)
    when = words.ago(newest.last_success_at, now)
    return Line(newest.name, say("Zuletzt mit dem Kreis abgeglichen: {when}.", when=when)), waiting

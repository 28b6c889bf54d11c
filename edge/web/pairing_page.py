"""What stands on the volunteers' pages of care sensors: who is paired, who is near, how it goes.

No value and no moment of use: of a sensor the day it was heard, its battery and how loud it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from edge.clock import Clock
from edge.collect.ble.nearby import strength
from edge.collect.ble.profile import SOS, kind_word, profile_named
from edge.collect.ble.silence import needs_heed
from edge.config import Config
from edge.process.heartbeat import read_all
from edge.store.errors import StoreError
from edge.store.scale_users import ScaleUser, ScaleUsers, UsersUnreadable
from edge.store.shared import looking
from edge.store.village_rows import BleDevice, Device, Request, SensorLife
from edge.web import words
from edge.web.page import Line
from edge.web.scale_users_page import mood_of

LOW_BATTERY = 20
EVENTS = 8
WEEK_MS = 7 * 86_400_000
UNSERVED_MS = 30_000  # the collector sees what it is asked within a second, once it has started
Step = Literal["waiting", "connecting", "passkey", "done", "failed", "gone"]


@dataclass(frozen=True, slots=True)
class SensorView:
    """One paired sensor. ``ending`` are the last digits of its address, as on many labels.

    ``has_users``: it hands over a user's values only to whom that user's code was told.
    """

    address: str
    name: str
    kind: str
    ending: str
    lines: tuple[Line, ...]
    has_users: bool = False


@dataclass(frozen=True, slots=True)
class SensorsPage:
    """The page of all paired sensors."""

    time: str
    sensors: tuple[SensorView, ...]
    events: tuple[Line, ...]
    radio: Line
    problem: str = ""


@dataclass(frozen=True, slots=True)
class NearView:
    """One device that could be paired."""

    address: str
    name: str
    kind: str
    ending: str
    bars: int
    distance: str
    advert: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one request has come."""

    number: int
    step: Step
    hint: str = ""
    name: str = ""
    kind: str = ""
    address: str = ""
    proofs: tuple[str, ...] = ()
    unpaired: bool = False
    has_users: bool = False

    @property
    def is_button(self) -> bool:
        """Whether it is a call button: the proof that it works is a press."""
        return self.kind == kind_word(SOS)


def gather_sensors(config: Config, clock: Clock) -> SensorsPage:
    """Return the page as of now. An unreadable database leaves its parts empty and says so."""
    now_ms = clock.stamp().wall_ms
    now = words.local(now_ms)
    sensors: list[SensorView] = []
    events: list[Line] = []
    problem = ""
    scales = ScaleUsers(config.hub.scale_users)
    try:
        with_users = _with_users(scales)
        with looking(config.hub.village_db) as village:
            lives = village.sensor_lives()
            devices = {one.device: one for one in village.devices("ble")}
            paired = village.ble_devices()
            calls = village.last_calls()
            names = {one.device_id: one for one in paired}
            for one in paired:
                life = lives.get(one.address, SensorLife(one.address))
                view = _sensor(one, devices.get(one.device), life, now)
                called_at = calls.get(one.device_id)
                heed = needs_heed(one, life, called_at, now_ms)
                view = replace(view, lines=_heeded(one, view.lines, heed, called_at, now))
                profile = profile_named(one.profile)
                if with_users is None and profile is not None and profile.has_users:
                    view = replace(view, lines=(*view.lines, _UNREADABLE))
                elif with_users is not None and one.address in with_users:
                    lines = (*view.lines, _users(scales.users(one.address)))
                    view = replace(view, lines=lines, has_users=True)
                sensors.append(view)
            events = [
                _event(one.kind, names.get(one.device_id), one.at, now)
                for one in village.sensor_events(now_ms - WEEK_MS, EVENTS)
            ]
    except StoreError as error:
        problem = error.hint or "Die Daten des Dorfes sind gerade nicht lesbar."
    ordered = tuple(sorted(sensors, key=lambda one: (one.name.lower(), one.address)))
    return SensorsPage(words.clock_time(now), ordered, tuple(events), _radio(config), problem)


def near_views(request: Request) -> tuple[NearView, ...]:
    """Return what an open request to look around has found, nearest first."""
    found = (request.result or {}).get("found")
    views = []
    for one in found if isinstance(found, list) else []:
        address, kind = str(one.get("address", "")), str(one.get("kind", ""))
        name = str(one.get("name") or kind)
        bars, distance = int(one.get("bars", 1)), str(one.get("distance", ""))
        advert = one.get("advert") is True
        views.append(NearView(address, name, kind, address[-5:], bars, distance, advert))
    return tuple(views)


def unserved(request: Request, config: Config, now_ms: int) -> str:
    """Return why nobody serves an open request, empty if somebody does or soon will."""
    waits = request.state == "open" and not request.result
    if not waits or now_ms - request.created_at < UNSERVED_MS:
        return ""
    radio = _radio(config)
    return f"{radio.state} {_STANDS_STILL}" if radio.mood == "bad" else ""


def progress_of(request: Request | None, number: int, lives: Mapping[str, SensorLife]) -> Progress:
    """Return how far a request to pair, or to unpair, has come."""
    if request is None:
        return Progress(number, "gone")
    result = request.result or {}
    text = {key: str(result.get(key, "")) for key in ("hint", "name", "kind", "address", "stage")}
    unpaired = request.kind == "unpair"
    if request.state == "failed":
        return Progress(number, "failed", text["hint"] or _NO_HINT, unpaired=unpaired)
    if request.state == "open":
        step: Step = "waiting"
        if text["stage"] == "connecting":
            step = "connecting"
        elif text["stage"] == "passkey":
            step = "passkey"
        return Progress(number, step, name=text["name"], unpaired=unpaired)
    life = lives.get(text["address"])
    proofs = _unpair_proofs(result) if unpaired else _proofs(result, life, request.created_at)
    return Progress(
        number, "done", "", text["name"], text["kind"], text["address"], proofs, unpaired
    )


def _proofs(result: dict[str, object], life: SensorLife | None, asked_at: int) -> tuple[str, ...]:
    found = []
    if life is not None and (life.data_at or 0) >= asked_at:  # not those of an earlier pairing
        found.append("Seine ersten Werte sind angekommen.")
    if result.get("blinked") is True:
        found.append("Das Gerät hat gerade geblinkt oder gepiept.")
    if isinstance(result.get("battery"), int):
        found.append(f"Seine Batterie hat noch {result['battery']} %.")
    return tuple(found)


def _unpair_proofs(result: dict[str, object]) -> tuple[str, ...]:
    hub = (
        "Der Hub hat die Kopplung vergessen."
        if result.get("bond") == "forgotten"
        else "Der Hub nimmt von dem Gerät nichts mehr an; die Kopplung selbst konnte er gerade "
        "nicht löschen, weil der Bluetooth-Adapter nicht antwortet."
    )
    there = (
        "Das Gerät hat sie auch vergessen."
        if result.get("device_forgot") is True
        else "Am Gerät selbst bitte die Kopplung löschen, wenn es das kann (siehe Anleitung)."
    )
    whose = (
        "Es gehört jetzt niemandem mehr: Wird es wieder gekoppelt, warten seine Werte, bis jemand "
        "sagt, wessen es ist."
    )
    return (hub, there, whose, "Die Messwerte bleiben erhalten.")


def _sensor(one: BleDevice, device: Device | None, life: SensorLife, now: datetime) -> SensorView:
    lines = [_heard(life, now)]
    if life.silent_since is not None:
        since = words.day(life.silent_since, now)
        lines.append(Line("Werte", f"keine seit: {since}", "bad"))
    elif one.profile != SOS:
        given = words.day(life.data_at, now) if life.data_at is not None else "noch keine"
        lines.append(Line("Werte", given, "good" if life.data_at is not None else "warn"))
    if device is not None and device.battery_percent is not None:
        level = device.battery_percent
        mood: Literal["good", "bad"] = "bad" if level < LOW_BATTERY else "good"
        lines.append(Line("Batterie", f"{level} %", mood))
    if device is not None and device.failing:
        lines.append(Line("Störung", (device.last_error or "").split(" (")[0], "bad"))
    return SensorView(one.address, one.name, kind_word(one.profile), one.address[-5:], tuple(lines))


def _heeded(
    one: BleDevice,
    lines: tuple[Line, ...],
    heed: tuple[str, str] | None,
    called_at: int | None,
    now: datetime,
) -> tuple[Line, ...]:
    """Add when a call button was last pressed, and what a person should see to."""
    more: list[Line] = []
    if one.profile == SOS:
        pressed = words.day(called_at, now) if called_at is not None else "noch nie"
        more.append(Line("Gedrückt", pressed, "good" if called_at is not None else "warn"))
    if heed is not None:
        what, advice = heed
        if one.profile != SOS:  # its values are heard, and say nothing
            lines = tuple(line for line in lines if line.name != "Werte")
        more += [
            Line("Knopf" if one.profile == SOS else "Werte", what, "bad"),
            Line("Rat", advice, "warn"),
        ]
    return (*lines, *more)


_UNREADABLE = Line("Benutzer", "Codes nicht lesbar, siehe dorfhub doctor", "bad")


def _with_users(scales: ScaleUsers) -> frozenset[str] | None:
    """Return the scales with users, None if nobody can tell: other sensors have their page."""
    try:
        return scales.devices()
    except UsersUnreadable:
        return None


def _users(users: Sequence[ScaleUser]) -> Line:
    """Say how it stands with a scale's users, in one line."""
    if not users:
        return Line("Benutzer", "noch keiner angemeldet", "warn")
    moods = [mood_of(one) for one in users]
    if "bad" in moods:
        return Line("Benutzer", "mit einem Code stimmt etwas nicht", "bad")
    return Line("Benutzer", str(len(users)), "warn" if "warn" in moods else "good")


def _heard(life: SensorLife, now: datetime) -> Line:
    # a sensor that goes to sleep once it has given its values may not be heard beside them
    heard_at = max(life.heard_at or 0, life.data_at or 0)
    if not heard_at:
        return Line("Gehört", "noch nicht", "warn")
    text = words.day(heard_at, now)
    if life.rssi_dbm is not None:
        text += f", {strength(life.rssi_dbm)[1]}"
    return Line("Gehört", text)


def _event(kind: str, sensor: BleDevice | None, at: int, now: datetime) -> Line:
    name = sensor.name if sensor is not None else "Ein früheres Gerät"
    if kind == "sos":
        return Line(name, f"Ruf {words.ago(at, now)}", "bad")
    day = words.day(at, now)
    if kind == "restarted":
        return Line(name, f"Werte zählen nicht, Schlüssel noch einmal eingeben, {day}", "bad")
    return (
        Line(name, f"keine Werte mehr, gemeldet {day}", "bad")
        if kind == "silent"
        else Line(name, f"wieder da, {day}")
    )


def _radio(config: Config) -> Line:
    if config.radio.kind == "off":
        return Line("Funk", "Bluetooth ist in hub.toml ausgeschaltet.", "bad")
    beat = read_all(config).get("collector")
    parts = {part.name: part for part in beat.parts} if beat is not None and beat.alive else {}
    radio = parts.get("radio")
    if radio is None:
        return Line("Funk", "Das Sammeln der Messwerte steht still.", "bad")
    if radio.state == "ok":
        return Line(
            "Funk", radio.message or "Bluetooth hört zu.", "warn" if radio.message else "good"
        )
    if radio.state == "starting":
        return Line("Funk", "Bluetooth wird gerade eingeschaltet.", "warn")
    return Line("Funk", radio.message or "Bluetooth antwortet nicht.", "bad")


_NO_HINT = "Warum, steht im Protokoll des Hubs. Bitte noch einmal versuchen."
_STANDS_STILL = (
    "Bitte den Hub neu starten und noch einmal suchen. Was fehlt, sagt am Hub: dorfhub doctor."
)

"""Which sensor has brought no data for longer than it should. Pure.

It is told once, and once more when data come again: what is told each day is not read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from edge.collect.ble.profile import ADVERT, SOS, profile_named
from edge.store.village_rows import BleDevice, SensorLife

# A person who measures each day may sleep long, and go away for a day.
USUAL_S = 36 * 3600
STREAM_S = 3600
ADVERT_S = 2 * 3600  # such sensors speak each minute to each hour
# Nobody presses for that long without a pause: it speaks by itself.
TALK_MS = 600_000
PROBE_DAYS = 31  # so often somebody should press a call button to see whether it works
_DAY_MS = 86_400_000
MIN_S, MAX_S = 60, 366 * 86_400


@dataclass(frozen=True, slots=True)
class Change:
    """A sensor fell silent, or came back. ``since`` is its last data, ms since 1970."""

    sensor: BleDevice
    kind: Literal["silent", "back"]
    since: int


def expected_s(sensor: BleDevice, life: SensorLife | None) -> int | None:
    """Return the longest time between two data of a sensor; None if none is expected."""
    if life is not None and life.expected_s is not None:
        return life.expected_s
    if sensor.profile == SOS:
        return None  # it speaks when somebody needs help
    if sensor.profile == ADVERT:
        return ADVERT_S
    profile = profile_named(sensor.profile)
    return STREAM_S if profile is not None and profile.service == "181F" else USUAL_S


def is_talker(sensor: BleDevice, life: SensorLife | None, called_at: int | None) -> bool:
    """Tell whether a call button also speaks when nobody presses it.

    Each time it speaks after a silence is taken for a call. So one that is still heard long after
    the last call goes on without a pause.
    """
    if sensor.profile != SOS or life is None or life.heard_at is None:
        return False
    return life.heard_at - max(called_at or 0, sensor.paired_at) > TALK_MS


def wants_probe(sensor: BleDevice, called_at: int | None, now_ms: int) -> bool:
    """Tell whether a call button should be pressed once to see whether it works."""
    last = max(called_at or 0, sensor.paired_at)
    return sensor.profile == SOS and now_ms - last > PROBE_DAYS * _DAY_MS


def needs_heed(
    sensor: BleDevice, life: SensorLife, called_at: int | None, now_ms: int
) -> tuple[str, str] | None:
    """Return a word and a German sentence if a person should see to it, though it is heard."""
    if life.unread_since is not None:
        return ("zählen gerade nicht", RESTARTED)
    if is_talker(sensor, life, called_at):
        return ("spricht auch ohne Druck", TALKS)
    if wants_probe(sensor, called_at, now_ms):
        return ("bitte zur Probe drücken", PROBE)
    return None


RESTARTED = (
    "Batterie gewechselt? Dann den Schlüssel des Sensors noch einmal eingeben (dorfhub ble key "
    "add), seine Werte werden nachgelesen. Wenn nicht, sendet vielleicht jemand alte Meldungen."
)
TALKS = (
    "Verschlüsselt der Knopf, ruft er nur, solange sein Schlüssel eingetragen und personal.db "
    "offen ist. Sicherer: das regelmäßige Senden (Beacon) am Knopf abschalten; dann "
    "zur Probe drücken."
)
PROBE = (
    "Der Knopf meldet sich nur, wenn ihn jemand drückt. Einmal im Monat zur Probe drücken; kommt "
    "kein Ruf an, Batterie und Entfernung zum Hub prüfen."
)


def changes(
    sensors: Iterable[BleDevice], lives: dict[str, SensorLife], now_ms: int
) -> list[Change]:
    """Return what is to be told now."""
    found = []
    for sensor in sensors:
        life = lives.get(sensor.address)
        last = max(life.data_at or 0, sensor.paired_at) if life is not None else sensor.paired_at
        if life is not None and life.unread_since is not None:  # what came since does not count
            last = min(last, max(life.unread_since, sensor.paired_at))
        limit_s = expected_s(sensor, life)
        late = limit_s is not None and now_ms - last > limit_s * 1000
        told = life is not None and life.silent_since is not None
        if late and not told:
            found.append(Change(sensor, "silent", last))
        elif told and not late:
            found.append(Change(sensor, "back", last))
    return found

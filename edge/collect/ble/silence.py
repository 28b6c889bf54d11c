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


def changes(
    sensors: Iterable[BleDevice], lives: dict[str, SensorLife], now_ms: int
) -> list[Change]:
    """Return what is to be told now."""
    found = []
    for sensor in sensors:
        life = lives.get(sensor.address)
        last = max(life.data_at or 0, sensor.paired_at) if life is not None else sensor.paired_at
        limit_s = expected_s(sensor, life)
        late = limit_s is not None and now_ms - last > limit_s * 1000
        told = life is not None and life.silent_since is not None
        if late and not told:
            found.append(Change(sensor, "silent", last))
        elif told and not late:
            found.append(Change(sensor, "back", last))
    return found

"""Heat in a home: how warm a room feels, and when that is a warning. Pure.

How warm it feels is the heat index of temperature and humidity, never less than the air itself:
old people sweat little, so dry air does not spare them.

What is too warm, and how long before it is a warning:

======  =============================================  ======
track   from                                           for
======  =============================================  ======
day     32 degrees felt                                2 h
night   26 degrees felt, from 22 to 7 o'clock          4 h
danger  39.4 degrees felt, or 35 degrees of the air    1 h
======  =============================================  ======

Day and night make a warning, danger a strong one. A track ends when it was a whole degree cooler
than that for an hour; what goes to and fro in between changes nothing.

Source: NWS, "The Heat Index Equation" (Rothfusz, SR 90-23, with its adjustments; danger from 103
degrees Fahrenheit); WHO Europe, "Public health advice on preventing health effects of heat" (2011:
at most 32 degrees by day; above 35 a fan does not help); CIBSE TM59 (2017: bedrooms above 26
degrees from 22 to 7 o'clock). WHO's 24 degrees by night are what a summer's night mostly has.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from enum import IntEnum

from hardware.reading import TimeQuality

COOLER_K = 1.0
COOL_MS = 3_600_000
GAP_MS = 3 * 3_600_000  # what was between two values so far apart, nobody knows
HUMID_MS = 3_600_000  # so long a room's humidity is taken for the next temperature's
LATE_MS = 3_600_000  # a value that much older than the last: the clock was set back
SILENT_MS = 24 * 3_600_000  # without values so long a warning says nothing any more
# What a room can have. Beyond it a sensor is at fault, lies on a radiator or in the sun's glare.
ROOM_C = (-10.0, 55.0)
HUMIDITIES = (1.0, 100.0)
MOST_FELT_C = 60.0  # beyond what the index was made of, it is no measure any more


class Level(IntEnum):
    """How bad it is."""

    NONE = 0
    HEAT = 1
    DANGER = 2


@dataclass(frozen=True, slots=True)
class Climate:
    """What a sensor said of a room at one moment (ms since 1970, UTC); None if it did not.

    Degrees Celsius, and per cent of relative humidity.
    """

    at: int
    quality: TimeQuality
    temperature: float | None
    humidity: float | None


@dataclass(frozen=True, slots=True)
class Track:
    """One thing that may be too warm: since when without a break, and whether it warns."""

    warm_since: int | None = None
    cool_since: int | None = None
    is_on: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """What is known of a room after its last value. A new one knows nothing.

    ``felt`` and ``temperature`` are the last ones, ``humidity`` the last that was told.
    """

    at: int | None = None
    temperature: float | None = None
    felt: float | None = None
    humidity: float | None = None
    humidity_at: int | None = None
    day: Track = field(default_factory=Track)
    night: Track = field(default_factory=Track)
    danger: Track = field(default_factory=Track)

    @property
    def level(self) -> Level:
        """How bad it is by now."""
        if self.danger.is_on:
            return Level.DANGER
        return Level.HEAT if self.day.is_on or self.night.is_on else Level.NONE

    @property
    def warm_since(self) -> int | None:
        """Since when it is as warm as is warned of; None without a warning."""
        on = [track.warm_since for track in (self.day, self.night, self.danger) if track.is_on]
        return min((at for at in on if at is not None), default=None)


@dataclass(frozen=True, slots=True)
class _Limit:
    felt_c: float
    hold_ms: int
    air_c: float = math.inf


_DAY = _Limit(32.0, 2 * 3_600_000)
_NIGHT = _Limit(26.0, 4 * 3_600_000)
_DANGER = _Limit(39.4, 3_600_000, air_c=35.0)
_NIGHT_FROM, _NIGHT_TO = 22, 7  # o'clock, in the village's time


def heat_index(temperature: float, humidity: float) -> float:
    """Return the heat index in degrees Celsius, of degrees Celsius and per cent."""
    warm = temperature * 1.8 + 32
    simple = (0.5 * (warm + 61.0 + (warm - 68.0) * 1.2 + humidity * 0.094) + warm) / 2
    if simple < 80:
        return (simple - 32) / 1.8
    found = sum(
        factor * warm**power * humidity**other for (power, other), factor in _ROTHFUSZ.items()
    )
    if humidity < 13 and 80 <= warm <= 112:
        found -= (13 - humidity) / 4 * math.sqrt((17 - abs(warm - 95)) / 17)
    elif humidity > 85 and 80 <= warm <= 87:
        found += (humidity - 85) / 10 * (87 - warm) / 5
    return (found - 32) / 1.8


def felt(temperature: float, humidity: float | None) -> float:
    """Return how warm a room feels, in degrees Celsius; at most :data:`MOST_FELT_C`."""
    if humidity is None:
        return temperature
    return max(temperature, min(heat_index(temperature, humidity), MOST_FELT_C))


def step(room: Room, said: Climate, zone: tzinfo | None) -> Room:
    """Return what is known of a room after one more value.

    ``zone`` is the village's, None for the system's. A value of unknown time or beyond what a room
    can have changes nothing, and one that is a little late neither. If the clock was set back, what
    lasted has lasted until now and not longer.
    """
    if said.quality is TimeQuality.UNKNOWN:
        return room
    temperature = _within(said.temperature, ROOM_C)
    humidity = _within(said.humidity, HUMIDITIES)
    if room.at is not None and said.at < room.at:
        if room.at - said.at < LATE_MS:
            return room
        room = _restarted(room, said.at)
    if humidity is not None:
        room = replace(room, humidity=humidity, humidity_at=said.at)
    if temperature is None:
        return room
    damp = room.humidity
    if room.humidity_at is None or said.at - room.humidity_at > HUMID_MS:
        damp = None
    feels = felt(temperature, damp)
    known = room.at is not None and said.at - room.at <= GAP_MS
    values = (said.at, feels, temperature)
    night = _NIGHT if _is_night(said.at, zone) else _NEVER
    return replace(
        room,
        at=said.at,
        temperature=temperature,
        felt=feels,
        day=_follow(room.day, _DAY, *values, known=known),
        night=_follow(room.night, night, *values, known=known),
        danger=_follow(room.danger, _DANGER, *values, known=known),
    )


def climates(numbers: Sequence[tuple[int, TimeQuality, str, float]]) -> list[Climate]:
    """Return what one sensor said, by moment, of its numbers ``(at, quality, quantity, value)``.

    Of several numbers of one quantity and moment the first counts: it is the room's, and the others
    are a probe's.
    """
    found: dict[int, Climate] = {}
    for at, quality, quantity, value in numbers:
        one = found.get(at) or Climate(at, quality, None, None)
        if quantity == "air_temperature" and one.temperature is None:
            one = replace(one, temperature=value)
        if quantity == "relative_humidity" and one.humidity is None:
            one = replace(one, humidity=value)
        found[at] = one
    return list(found.values())


_NEVER = _Limit(math.inf, 0)
_ROTHFUSZ = {
    (0, 0): -42.379,
    (1, 0): 2.04901523,
    (0, 1): 10.14333127,
    (1, 1): -0.22475541,
    (2, 0): -6.83783e-3,
    (0, 2): -5.481717e-2,
    (2, 1): 1.22874e-3,
    (1, 2): 8.5282e-4,
    (2, 2): -1.99e-6,
}


def _follow(  # one value and what is asked of it
    track: Track, limit: _Limit, at: int, feels: float, air: float, *, known: bool
) -> Track:
    over = max(feels - limit.felt_c, air - limit.air_c)
    warm, cool = track.warm_since, track.cool_since
    if not known:  # a warning goes on, what leads to one or out of it starts anew
        warm = warm if track.is_on else None
        cool = None
    if over < -COOLER_K:
        cool = at if cool is None else cool
        if not track.is_on:
            return Track(None, cool)
        return Track(None, cool) if at - cool >= COOL_MS else Track(warm, cool, is_on=True)
    if warm is None and over >= 0:
        warm = at
    is_on = track.is_on or (warm is not None and over >= 0 and at - warm >= limit.hold_ms)
    return Track(warm, None, is_on=is_on)


def _restarted(room: Room, at: int) -> Room:
    def again(track: Track) -> Track:
        return Track(at if track.is_on else None, None, is_on=track.is_on)

    return replace(
        room,
        at=at,
        humidity=None,
        humidity_at=None,
        day=again(room.day),
        night=again(room.night),
        danger=again(room.danger),
    )


def _is_night(at: int, zone: tzinfo | None) -> bool:
    moment = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone)
    return moment.hour >= _NIGHT_FROM or moment.hour < _NIGHT_TO


def _within(value: float | None, bounds: tuple[float, float]) -> float | None:
    return value if value is not None and bounds[0] <= value <= bounds[1] else None

"""What a county may set at its hubs: each with its bounds, and who has the last word.

What stands in hub.toml itself wins: whoever runs the hub decided. What a county set and this
program cannot heed is kept, does nothing, and is shown with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from edge.config import Config, Sync

SEAL_AFTER, CARE_SEAL_AFTER = "seal-after-s", "care-seal-after-s"
RETENTION, WEATHER_STATION = "retention-days", "weather-station"
_STATION = re.compile(r"[A-Za-z0-9_.-]{1,20}")


@dataclass(frozen=True, slots=True)
class Known:
    """One setting: where it stands in hub.toml, whether a value is good, and what is."""

    key: str
    good: Callable[[object], bool]
    allowed: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one setting: it `acts`, hub.toml's `own` value wins, or it is `refused`."""

    name: str
    value: object
    state: Literal["acts", "own", "refused"]
    why: str = ""


def _number(low: int, high: int) -> Callable[[object], bool]:
    return lambda value: type(value) is int and low <= value <= high


# The bounds are narrower than hub.toml's: a slip at the county reaches every village.
KNOWN: Mapping[str, Known] = {
    SEAL_AFTER: Known("[sync] seal_after_s", _number(60, 86_400), "60 bis 86400"),
    CARE_SEAL_AFTER: Known("[sync] care_seal_after_s", _number(300, 604_800), "300 bis 604800"),
    RETENTION: Known("[sync] retention_days", _number(7, 3650), "7 bis 3650"),
    WEATHER_STATION: Known(
        "[web] weather_station",
        lambda value: type(value) is str and _STATION.fullmatch(value) is not None,
        "1 bis 20 Buchstaben, Ziffern und . _ -",
    ),
}


def verdict(config: Config, name: str, value: object) -> Verdict:
    """Return what becomes of what a county set."""
    known = KNOWN.get(name)
    if known is None:
        return Verdict(name, value, "refused", "kennt diese Programmversion nicht")
    if not known.good(value):
        return Verdict(name, value, "refused", f"erlaubt ist {known.allowed}")
    own = config.web.weather_station if name == WEATHER_STATION else _stated(config, known)
    if own:
        return Verdict(name, value, "own", f"in hub.toml steht {known.key}, das gilt")
    return Verdict(name, value, "acts")


def heeded(config: Config, told: Mapping[str, object]) -> Sync:
    """Return `[sync]` with what counties set and this hub heeds."""
    acts = {name for name, value in told.items() if verdict(config, name, value).state == "acts"}
    changes = {
        known.key.rpartition(" ")[2]: told[name]
        for name, known in KNOWN.items()
        if name in acts and name != WEATHER_STATION
    }
    return replace(config.sync, **changes)  # type: ignore[arg-type]  # numbers, as was looked at


def _stated(config: Config, known: Known) -> bool:
    return known.key.rpartition(" ")[2] in config.stated

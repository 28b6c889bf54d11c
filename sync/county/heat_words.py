"""A forecast of the county's heat in German, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from edge.heat.german import de
from sync.county.heat_ahead_file import Ahead, Place, Step
from sync.county.heat_merged import NOBODY

ZONE = ZoneInfo("Europe/Berlin")
_DAYS = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")
WEATHER = {
    "county": "Wettervorhersage des Landkreises",
    "part": "Wettervorhersage, die nicht alle Stunden erreicht",
    "normals": "das Wetter, das um diese Zeit üblich ist",
    "season": "das Wetter, das die Reihe um diese Zeit hatte",
    "none": "ohne Wetter, nach dem Kalender",
}


def as_table(found: Ahead, names: Mapping[str, str]) -> str:
    """Return what people read: a line for each place and day, and who is not in it, and why."""
    lines = [f"Wärmebedarf kommunaler Zähler, Stand {moment(found.now_ms)}"]
    places = (*found.places, found.whole) if found.whole else found.places
    if places:
        lines += ["", f"{'':<24} {'Tag':<12} {'kWh':>10} {'80-%-Band':>22} {'wie gestern':>12}"]
        for place in places:
            for number, one in enumerate(place.days):
                name = f"{name_of(place)} ({place.meters})" if not number else ""
                lines.append(_line(name, one))
        told = [f"{count} × {WEATHER.get(kind, kind)}" for kind, count in found.weather.items()]
        lines += ["", f"Gerechnet mit: {', '.join(told)}"]
    if found.failed:
        lines += ["", "Nicht vorhergesagt:"]
        lines += [
            f"  {names.get(one.hub, one.hub)}, {one.device}: {one.why}" for one in found.failed
        ]
    if not places and not found.failed:
        lines += ["", "Im Datenspeicher liegt kein Zähler."]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def name_of(place: Place) -> str:
    """Return how a place is called."""
    return place.name or NOBODY


def moment(at_ms: int) -> str:
    """Return a time as `Do 26.11.2026 14:00`, local."""
    at = datetime.fromtimestamp(at_ms / 1000, ZONE)
    return f"{_DAYS[at.weekday()]} {at:%d.%m.%Y %H:%M}"


def day(at_ms: int) -> str:
    """Return a day as `Fr 27.11.`, local."""
    at = datetime.fromtimestamp(at_ms / 1000, ZONE)
    return f"{_DAYS[at.weekday()]} {at:%d.%m.}"


def _line(name: str, one: Step) -> str:
    band = f"{de(one.low_kwh)} bis {de(one.high_kwh)}"
    naive = "-" if one.naive_kwh is None else de(one.naive_kwh)
    return (
        f"{name[:24]:<24} {day(one.begin_ms):<12} {de(one.expected_kwh):>10} {band:>22} {naive:>12}"
    )

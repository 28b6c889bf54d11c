"""What counties told a hub, as one JSON object and as German lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TypedDict

from sync import told_settings
from sync.commands.moments import iso, local
from sync.node import Node

HeatReport = TypedDict(
    "HeatReport", {"region": str, "level": int, "from": str | None, "until": str | None}
)


class ToldReport(TypedDict):
    """What counties told this hub. ``software`` are versions, ``weather`` when forecasts end.

    ``settings_not_heeded`` says of settings that do nothing why.
    """

    software: list[str]
    settings: dict[str, object]
    settings_not_heeded: dict[str, str]
    replies: int
    revoked_keys: int
    weather: dict[str, str | None]
    heat_warnings: list[HeatReport]


def gather(node: Node) -> ToldReport:
    """Return what this hub was told by its counties."""
    village = node.village
    ends = {
        station: max((one.valid_at for one in village.forecasts(station, 0, 1 << 62)), default=None)
        for station in village.weather_stations()
    }
    found = [
        told_settings.verdict(node.config, name, value)
        for name, value in sorted(village.settings().items())
    ]
    return ToldReport(
        software=[one.version for one in village.software()],
        settings={one.name: one.value for one in found},
        settings_not_heeded={one.name: one.why for one in found if one.state != "acts"},
        replies=len(village.replies()),
        revoked_keys=len(village.revoked_keys()),
        weather={station: iso(at) for station, at in ends.items()},
        heat_warnings=[
            {
                "region": one.region,
                "level": one.level,
                "from": iso(one.begins_at),
                "until": iso(one.ends_at),
            }
            for one in village.told_warnings(node.clock.stamp().wall_ms)
        ],
    )


def _letters(count: int) -> str:
    return "1 Antwort" if count == 1 else f"{count} Antworten"


def lines(told: ToldReport) -> Iterator[str]:
    """Say what counties told, and where each is to be seen."""
    if told["software"]:
        versions = ", ".join(told["software"])
        yield f"Angekündigt:     Version {versions} (mehr: dorfhub doctor)"
    if told["replies"]:
        yield f"Pflegeseite:     {_letters(told['replies'])} (lesen: dorfhub care replies)"
    for name, value in told["settings"].items():
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        why = told["settings_not_heeded"].get(name)
        yield f"Vom Kreis:       {name} = {shown}" + (f" (gilt nicht: {why})" if why else "")
    if told["revoked_keys"]:
        yield f"Nicht geglaubt:  {told['revoked_keys']} Schlüssel (vom Kreis gesperrt)"
    for station, until in told["weather"].items():
        yield f"Wetter:          {station}, vorhergesagt bis {local(until)}"
    for one in told["heat_warnings"]:
        when = f"{local(one['from'])} bis {local(one['until'])}"
        yield f"Hitzewarnung:    Stufe {one['level']}, {one['region']}, {when}"

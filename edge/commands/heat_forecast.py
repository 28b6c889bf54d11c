"""`dorfhub heat forecast`: what the village's heat meters will need, made by hand."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.heat_cadastre import AS_JSON, in_words, village_of
from edge.commands.numpy_extra import needs_numpy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.cadastre.load_view import LoadView


@click.command("forecast")
@click.argument("meter", metavar="[ZÄHLER]", default="")
@AS_JSON
@click.pass_obj
def forecast(config_path: Path, meter: str, *, as_json: bool) -> None:
    """Rechne die Prognose der kommunalen Wärmezähler für die nächsten 72 Stunden neu.

    Der Hub tut das jeden Morgen von selbst, und wenn neues Wetter vom Kreis kommt.

    \b
    Beispiele:
      dorfhub heat forecast
      dorfhub heat forecast heizwerk --json

    \b
    Rückgabewert (Exit code): 0 gerechnet (auch wenn ein Zähler noch zu wenig gemessen hat),
    1 es gibt keinen solchen Zähler, 78 hub.toml ist falsch.
    """
    from edge.cadastre.load_view import load_view  # noqa: PLC0415  # `--help` is quick
    from edge.clock import SystemClock  # noqa: PLC0415
    from edge.config import load  # noqa: PLC0415
    from edge.config.communal import communal_meters  # noqa: PLC0415
    from hardware.reading import TimeQuality  # noqa: PLC0415

    with needs_numpy("die Wärmeprognose"):
        from edge.cadastre.loads import Wanted, forecast_load  # noqa: PLC0415 - numpy is an extra
    with in_words(), village_of(config_path) as village:
        config = load(config_path)
        meters = [one for one in communal_meters(config) if meter in ("", one.meter_id)]
        if not meters:
            raise click.ClickException(
                f"Einen Zähler „{meter}“ gibt es in hub.toml nicht."
                if meter
                else "In hub.toml steht kein Zähler."
            )
        now = SystemClock().stamp()
        if now.quality is TimeQuality.UNKNOWN:
            click.echo("Achtung: die Uhr ist nicht gestellt.", err=True)
        station = village.chosen_station(config.web.weather_station)
        views = {}
        for one in meters:
            wanted = Wanted(one.meter_id, one.pace_s)
            forecast_load(village, wanted, station, now.wall_ms, now.quality)
            views[one.meter_id] = load_view(village, one.meter_id, one.name, station, now.wall_ms)
    if as_json:
        found = {one: as_object(view) for one, view in views.items()}
        click.echo(json.dumps(found, ensure_ascii=False, allow_nan=False))
        return
    for view in views.values():
        click.echo("\n".join(_lines(view)))


def as_object(view: LoadView) -> dict[str, object]:
    """Return a forecast for programs: times in ms since 1970, heat in kWh."""
    return {
        "forecast": None if view.made is None else asdict(view.made),
        "hours": [asdict(one) for one in view.hours],
        "days": [asdict(one) for one in view.days],
        "doubts": list(view.doubts),
        "quality": view.quality,
    }


def _lines(view: LoadView) -> Iterator[str]:
    yield view.name
    said = (view.sum_text, view.peak_text, view.weather if view.days else "", *view.doubts)
    yield from (f"  {one}" for one in (*said, view.quality if view.days else "") if one)

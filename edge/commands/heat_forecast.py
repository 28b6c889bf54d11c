"""`dorfhub heat forecast`: what the village's heat meters will need, made by hand."""

from __future__ import annotations

import json
from pathlib import Path

import click

from edge.commands.heat_cadastre import AS_JSON, in_words, village_of
from edge.commands.heat_network import forecast_network, load_lines, load_object
from edge.commands.numpy_extra import needs_numpy


@click.command("forecast")
@click.argument("meter", metavar="[ZÄHLER]", default="")
@click.option("--network", metavar="NAME", help="Ein ganzes Wärmenetz und seine Übergabestationen.")
@AS_JSON
@click.pass_obj
def forecast(config_path: Path, meter: str, network: str | None, *, as_json: bool) -> None:
    """Rechne die Prognose der kommunalen Wärmezähler für die nächsten 72 Stunden neu.

    Der Hub tut das jeden Morgen von selbst, und wenn neues Wetter vom Kreis kommt. Ein Netz
    ist der Zähler am Heizwerk (feeds in hub.toml), sonst die Summe der Zähler an den
    Übergabestationen; was darin fehlt, wird genannt.

    \b
    Beispiele:
      dorfhub heat forecast
      dorfhub heat forecast heizwerk --json
      dorfhub heat forecast --network "Nahwärme Süd"

    \b
    Rückgabewert (Exit code): 0 gerechnet (auch wenn ein Zähler noch zu wenig gemessen hat),
    1 es gibt keinen solchen Zähler oder kein solches Netz, 2 falscher Aufruf, 78 hub.toml ist
    falsch.
    """
    if network is not None:
        if meter:
            raise click.UsageError("Entweder ein Zähler oder --network, nicht beides.")
        forecast_network(config_path, network, as_json=as_json)
        return
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
        found = {one: load_object(view) for one, view in views.items()}
        click.echo(json.dumps(found, ensure_ascii=False, allow_nan=False))
        return
    for view in views.values():
        click.echo("\n".join(load_lines(view)))

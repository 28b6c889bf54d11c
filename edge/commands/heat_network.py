"""`dorfhub heat forecast --network`: what a whole heat network will need, made by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.heat_cadastre import in_words, village_of
from edge.commands.numpy_extra import needs_numpy

if TYPE_CHECKING:
    from edge.cadastre.load_view import LoadView
    from edge.cadastre.network_view import NetworkView


def forecast_network(config_path: Path, name: str, *, as_json: bool) -> None:
    """Forecast a network and say what came of it."""
    from edge.cadastre.load_child import Due  # noqa: PLC0415  # `--help` is quick
    from edge.cadastre.network_view import (  # noqa: PLC0415
        network_view,
        networks_of,
    )
    from edge.clock import SystemClock  # noqa: PLC0415
    from edge.config import load  # noqa: PLC0415
    from edge.config.communal import communal_meters  # noqa: PLC0415
    from edge.worker.load_watch import forecast_meters  # noqa: PLC0415
    from hardware.reading import TimeQuality  # noqa: PLC0415

    with needs_numpy("die Wärmeprognose"):
        from edge.cadastre.network_loads import forecast_all  # noqa: PLC0415 - numpy is an extra
    with in_words(), village_of(config_path) as village:
        config = load(config_path)
        feeds = {one.meter_id: one.feeds for one in communal_meters(config)}
        now = SystemClock().stamp()
        known = {one.name: one for one in networks_of(village, feeds.items(), now.wall_ms)}
        if name not in known:
            names = ", ".join(f"„{one}“" for one in known)
            there = f"Bekannt sind: {names}." if names else "Im Kataster steht noch keines."
            raise click.ClickException(f"Ein Wärmenetz „{name}“ gibt es nicht. {there}")
        if now.quality is TimeQuality.UNKNOWN:
            click.echo("Achtung: die Uhr ist nicht gestellt.", err=True)
        station = village.chosen_station(config.web.weather_station)
        due = Due((), (name,), forecast_meters(config), feeds)
        for _ in forecast_all(village, due, station, now.wall_ms, now.quality):
            pass
        view = network_view(village, known[name], communal_meters(config), station, now.wall_ms)
    if as_json:
        click.echo(json.dumps(_as_object(view), ensure_ascii=False, allow_nan=False))
    else:
        click.echo("\n".join(_lines(view)))


def load_object(view: LoadView) -> dict[str, object]:
    """Return a forecast for programs: times in ms since 1970, heat in kWh."""
    return {
        "forecast": None if view.made is None else asdict(view.made),
        "hours": [asdict(one) for one in view.hours],
        "days": [asdict(one) for one in view.days],
        "doubts": list(view.doubts),
        "quality": view.quality,
    }


def _as_object(view: NetworkView) -> dict[str, object]:
    return {
        "network": view.network.name,
        "basis": "plant" if view.is_plant else "stations" if view.network.meters else "none",
        "meters": list(view.network.plant if view.is_plant else view.network.station_meters),
        "covered": asdict(view.covered),
        **load_object(view.load),
        "stations": [
            {
                "station": one.name,
                "buildings": one.buildings,
                "tomorrow": None if one.tomorrow is None else asdict(one.tomorrow),
                "state": one.state,
            }
            for one in view.stations
        ],
    }


def load_lines(view: LoadView) -> Iterator[str]:
    """Yield a forecast in German."""
    yield view.name
    said = (view.sum_text, view.peak_text, view.weather if view.days else "", *view.doubts)
    yield from (f"  {one}" for one in (*said, view.quality if view.days else "") if one)


def _lines(view: NetworkView) -> Iterator[str]:
    from edge.cadastre.network_view import station_row  # noqa: PLC0415  # `--help` is quick

    yield from load_lines(view.load)
    yield from (f"  {one}" for one in view.basis)
    if not view.stations:
        return
    yield ""
    yield "  Übergabestationen, morgen in kWh (in acht von zehn Fällen):"
    for one in view.stations:
        name, meters, state, expected, band = station_row(one)
        yield f"    {name}: {expected} ({band}); {meters}; {state}"

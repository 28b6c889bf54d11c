"""`dorfhub heat season`: what the coming heating season is likely to need."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.heat_cadastre import AS_JSON, in_words, kwh, village_of
from edge.commands.heat_estimate import TYPOLOGY, need_buildings, typology_of
from edge.commands.heat_evaluate import lines_of, refusal
from edge.commands.numpy_extra import needs_numpy
from edge.commands.unlocked import now_ms
from edge.heat.german import de

if TYPE_CHECKING:
    from edge.heat.season import series, village
    from edge.heat.season.winter import Winter

_DAY_H = 24


@click.command("season")
@click.argument("file", metavar="[DATEI]", required=False,
                type=click.Path(path_type=Path, exists=True, dir_okay=False))  # fmt: skip
@click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="JJJJ-MM-TT",
    help="Was vor diesem Tag war, ist bekannt; sonst heute, oder bis wohin DATEI reicht.",
)
@click.option(
    "--kd", type=click.FloatRange(0, 6000), help="Gradtage dieser Heizzeit bis dahin (ohne DATEI)."
)
@TYPOLOGY
@AS_JSON
@click.pass_obj
def season(
    config_path: Path,
    file: Path | None,
    *,
    on: datetime | None,
    kd: float | None,
    typology_path: Path | None,
    as_json: bool,
) -> None:
    """Sage, was die Heizzeit (Oktober bis April) voraussichtlich braucht, mit Band (80 %).

    Ohne DATEI das ganze Dorf: aus der Schätzung des Katasters und seinen Gradtagszahlen; hat die
    Heizzeit begonnen, mit den Gradtagen G 20/15 seit dem 1. Oktober (--kd). Mit DATEI ein Zähler:
    eine Tabelle wie für „heat evaluate“; ältere Jahre dürfen nur Temperaturen haben. Was in der
    laufenden Heizzeit schon gemessen ist, zählt. Daneben steht die letzte Heizzeit noch einmal.
    Formeln: docs/heat-scenarios.md

    \b
    Beispiele:
      dorfhub heat season
      dorfhub heat season --on 2026-12-01 --kd 612
      dorfhub heat season heizwerk.csv

    \b
    Rückgabewert (Exit code): 0 gerechnet, 1 es fehlen Gebäude, Typologie, Gradtage, Messwerte oder
    numpy; 2 falscher Aufruf; 78 hub.toml ist falsch.
    """
    with needs_numpy("die Schätzung"):
        from edge.cadastre.season import coming  # noqa: PLC0415  # `--help` is quick
        from edge.heat.forecast.findings import SeriesError  # noqa: PLC0415
        from edge.heat.forecast.series import load  # noqa: PLC0415
        from edge.heat.season import series  # noqa: PLC0415

    if file is not None and (kd is not None or typology_path is not None):
        raise click.UsageError("--kd und --typology gelten nur ohne DATEI.")
    day = None if on is None else on.date()
    with in_words():
        if file is not None:
            try:
                table = load(lines_of(file))
            except SeriesError as wrong:
                raise click.ClickException("\n".join(refusal(wrong))) from wrong
            found = series.season(table.daily, day)
            hours = _DAY_H if table.hourly is not None else 1
            _say(found, series_lines(found, hours), as_json=as_json, times=hours)
            return
        values = typology_of(config_path, typology_path)
        with village_of(config_path) as store:
            need_buildings(store)
            today = date.today()  # noqa: DTZ011  # people's day
            whole = coming(store, values, day or today, kd, now_ms())
    _say(whole, village_lines(whole, made_up=values.made_up), as_json=as_json)


def _say(
    found: series.Season | village.Season, lines: Iterator[str], *, as_json: bool, times: int = 1
) -> None:
    if not as_json:
        for line in lines:
            click.echo(line)
        return
    plain = asdict(found)
    winter = found.winter
    plain["winter"] = {"first": winter.first.isoformat(), "end": winter.end.isoformat()}
    plain["on"] = found.on.isoformat()
    names = ("measured", "total", "low", "high", "naive", "mild", "cold")
    for name in (*names, "by_weather", "by_level", "by_days"):
        if times > 1 and plain.get(name) is not None:
            plain[name] *= times
    if times > 1:
        plain["as_in"] = [one * times for one in plain["as_in"]]
    click.echo(json.dumps(plain, ensure_ascii=False))


def village_lines(found: village.Season, *, made_up: bool) -> Iterator[str]:
    """Yield what to say of the village's season."""
    if made_up:
        yield "Achtung: die Kennwerte dieser Typologie sind erfunden."
    yield f"{_winter(found.winter)}, ganzes Dorf:"
    yield (
        f"  voraussichtlich {kwh(found.kwh)}, mit 80 % zwischen {kwh(found.low)} und"
        f" {kwh(found.high)}"
    )
    if found.so_far:
        yield f"  davon bis zum {found.on:%d.%m.%Y} nach dem Wetter: {kwh(found.so_far)}"
    yield (
        f"  mildestes und kältestes von {found.years} Jahren: {kwh(found.mild)}, {kwh(found.cold)}"
    )
    yield f"  einfach: wie nach dem Wetter von {found.naive_year}: {kwh(found.naive)}"


def series_lines(found: series.Season, hours: int) -> Iterator[str]:
    """Yield what to say of a meter's season; ``hours`` of a day that a value stands for."""

    def shown(amount: float) -> str:
        return de(amount * hours)

    yield f"{_winter(found.winter)}:"
    yield (
        f"  voraussichtlich {shown(found.total)}, mit 80 % zwischen {shown(found.low)} und"
        f" {shown(found.high)}"
    )
    if found.days:
        yield (
            f"  davon bis zum {found.on:%d.%m.%Y} an {found.days} Tagen gemessen:"
            f" {shown(found.measured)}; das sind {found.level:+.1%} gegen das Erwartete"
        )
    yield (
        f"  mildester und kältester von {len(found.winters)} Wintern: {shown(found.mild)},"
        f" {shown(found.cold)}"
    )
    yield "  einfach: die letzte Heizzeit noch einmal: " + (
        "nicht gemessen" if found.naive is None else shown(found.naive)
    )
    yield (
        "  (Summe der Tageswerte in der Einheit der Tabelle"
        + ("; bei Stundenwerten in kW sind es kWh)" if hours > 1 else ")")
    )


def _winter(one: Winter) -> str:
    return f"Heizzeit {one.first:%d.%m.%Y} bis {one.end - timedelta(days=1):%d.%m.%Y}"

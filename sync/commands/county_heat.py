"""`dorfhub county heat`: all villages' cadastres as one, and what their meters will need."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from sync.commands.county import county_option, errors, opened

_HELP = {"help_option_names": ["-h", "--help"]}
_FORMATS = ("table", "csv", "geojson", "json", "parquet")


@click.group(context_settings=_HELP)
def heat() -> None:
    """All villages' heat: the merged cadastre and forecasts per municipality."""


@heat.command()
@click.option("--format", "form", type=click.Choice(_FORMATS), default="table", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Into this file.")
@county_option
def cadastre(path: Path, *, form: str, out: Path | None) -> None:
    """Merge what the villages released of their heat cadastres.

    Sums are of areas of at least five buildings, as the villages published them; who has no
    release, or an old one, is named. In which municipality a hub is stands in [county.places].

    \b
    Examples:
      dorfhub county heat cadastre
      dorfhub county heat cadastre --format parquet --out waermekataster.parquet

    \b
    Exit codes: 0 told, 1 no village released anything or it cannot be read, 2 usage,
    78 county.toml is wrong.
    """
    from sync.county import heat_table  # noqa: PLC0415 - `--help` needs no lake
    from sync.county.heat_cadastre import merged  # noqa: PLC0415
    from sync.county.visits import now_ms  # noqa: PLC0415

    if form == "parquet" and out is None:
        raise click.UsageError("--format parquet braucht --out DATEI")
    with opened(path) as county:
        found = merged(county, now_ms())
    if form == "parquet":
        made = heat_table.as_parquet(found)
    else:
        text = {
            "table": heat_table.as_table,
            "csv": heat_table.as_csv,
            "json": heat_table.as_json,
            "geojson": heat_table.as_geojson,
        }[form](found)
        made = text.encode("utf-8-sig" if form == "csv" and out else "utf-8")
    if out is None:
        click.echo(made, nl=not made.endswith(b"\n"))
    else:
        with errors():
            _write(out, made)
        click.echo(f"Geschrieben: {out}", err=True)
    if not found.whole.sum.areas:
        raise SystemExit(1)


@heat.command()
@click.option("--station", default="", help="Whose weather; default: what the hubs were told.")
@click.option("--format", "form", type=click.Choice(("table", "json")), default="table")
@click.option("--no-keep", is_flag=True, help="Not for the officials' page.")
@county_option
def forecast(path: Path, *, station: str, form: str, no_keep: bool) -> None:
    """Forecast what communal meters will need in the next 72 hours, per municipality.

    Each meter in the lake is forecast as its hub would, with the weather that the county sent
    (dorfhub county forecast import); a Ray cluster of [county.engine] shares them out. Meters that
    cannot be forecast are named and end nothing. The band of a sum is not the sum of bands: see
    docs/county.md. The newest is kept for the officials' page.

    \b
    Example:
      dorfhub county heat forecast --station K2204

    \b
    Exit codes: 0 told, 1 no meter can be forecast or the lake cannot be asked, 2 usage,
    78 county.toml is wrong.
    """
    from sync.county import keeping  # noqa: PLC0415 - `--help` needs no lake
    from sync.county import query as lake  # noqa: PLC0415
    from sync.county.heat_job import made  # noqa: PLC0415
    from sync.county.heat_words import as_table  # noqa: PLC0415
    from sync.county.visits import now_ms  # noqa: PLC0415

    with opened(path) as county:
        names = {one.hub: one.name or one.hub for one in county.ledger.hubs()}
        config = county.config
        with errors():
            found = made(county, now_ms(), station or config.heat.station)
            if not no_keep:
                keeping.write(config.heat_ahead, found)
    click.echo(keeping.text(found) if form == "json" else as_table(found, names).rstrip())
    lake.leave(0 if found.places else 1)


@heat.command()
@click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="What was before this day is known; default: today.",
)
@click.option("--kd", type=click.FloatRange(0, 6000), help="Degree days of the season so far.")
@click.option("--station", default="", help="Whose weather; default: what the hubs were told.")
@click.option("--format", "form", type=click.Choice(("table", "csv", "json")), default="table")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Into this file.")
@click.option("--no-keep", is_flag=True, help="Not for the officials' page.")
@county_option
def season(
    path: Path,
    *,
    on: datetime | None,
    kd: float | None,
    station: str,
    form: str,
    out: Path | None,
    no_keep: bool,
) -> None:
    """Say what October to April is likely to need, per municipality, with a band (80 %).

    Whole villages from the cadastres that they released, as each hub says it of its own; communal
    meters from what they measured, and what of the season is measured counts. [county.heat] says
    where older temperatures and the degree days of a normal year are. Villages and meters that are
    in no sum are named. With --on or --kd nothing is kept for the officials' page.

    \b
    Examples:
      dorfhub county heat season
      dorfhub county heat season --format csv --out heizzeit.csv

    \b
    Exit codes: 0 told, 1 nothing can be computed or the lake cannot be asked, 2 usage,
    78 county.toml is wrong.
    """
    from edge.learning.moment import local_day  # noqa: PLC0415
    from sync.county import heat_season, heat_season_words, keeping  # noqa: PLC0415
    from sync.county import query as lake  # noqa: PLC0415 - `--help` needs no lake
    from sync.county.visits import now_ms  # noqa: PLC0415

    now = now_ms()
    day = None if on is None else on.date()
    if day is not None and day > local_day(now):
        raise click.UsageError("--on darf nicht nach heute liegen.")
    with opened(path) as county:
        names = {one.hub: one.name or one.hub for one in county.ledger.hubs()}
        config = county.config
        with errors():
            found = heat_season.made(county, now, station or config.heat.station, day, kd)
            if not no_keep and day is None and kd is None:
                keeping.write(config.heat_season, found)
    text = {
        "table": lambda: heat_season_words.as_table(found, names),
        "csv": lambda: heat_season_words.as_csv(found),
        "json": lambda: heat_season_words.as_json(found),
    }[form]()
    if out is None:
        click.echo(text.rstrip("\r\n"))
    else:
        with errors():
            _write(out, text.encode("utf-8-sig" if form == "csv" else "utf-8"))
        click.echo(f"Geschrieben: {out}", err=True)
    lake.leave(0 if found.lines else 1)


def _write(file: Path, content: bytes) -> None:
    part = file.with_name(f".{file.name}.part")
    part.write_bytes(content)
    part.replace(file)

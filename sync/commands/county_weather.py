"""`dorfhub county forecast|normals import`, `heat-warning`: weather for the villages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync import county_words
from sync.commands.county import county_option, errors, opened
from sync.commands.county_write import tell

if TYPE_CHECKING:
    from sync.columns import Source

MAX_DAYS = 10  # no longer does a hub let one hold
_MOMENT = click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])
_HELP = {"help_option_names": ["-h", "--help"]}


@click.group(context_settings=_HELP)
def forecast() -> None:
    """Send weather forecasts to all hubs."""


@forecast.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@county_option
def forecast_import(file: Path, path: Path) -> None:
    """Send the forecast in FILE: CSV, or a MOSMIX file (KML, KMZ) of the Deutscher Wetterdienst.

    \b
    Example:
      dorfhub county forecast import MOSMIX_L_LATEST_K2204.kmz

    \b
    Exit codes: 0 written, 1 the file is no forecast, 2 usage, 78 county.toml is wrong.
    """
    from sync.county import weather  # noqa: PLC0415 - `--help` is quick

    with errors():
        sources = weather.read_forecast(_read(file))
    _send(path, county_words.WEATHER_SCHEMA, sources)
    hours = sum(len(one.times_ms) for one in sources)
    click.echo(f"Vorhersage für {len(sources)} Stationen, {hours} Stunden, geht an alle Hubs.")


@click.group(context_settings=_HELP)
def normals() -> None:
    """Send what weather is usual to all hubs."""


@normals.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@county_option
def normals_import(file: Path, path: Path) -> None:
    """Send what is usual on each day of the year, from FILE (CSV: station, day, ...).

    \b
    Example:
      dorfhub county normals import giessen-1991-2020.csv

    \b
    Exit codes: 0 written, 1 the file is none, 2 usage, 78 county.toml is wrong.
    """
    from sync.county import weather  # noqa: PLC0415 - `--help` is quick

    with errors():
        sources = weather.read_normals(_read(file))
    _send(path, county_words.NORMAL_SCHEMA, sources)
    click.echo(f"Übliche Werte von {len(sources)} Stationen gehen an alle Hubs.")


@click.command("heat-warning")
@click.argument("level", type=click.IntRange(0, 2))
@click.option("--region", required=True, help="For which area, in the Service's own words.")
@click.option("--from", "begin", type=_MOMENT, help="Local time; default: now.")
@click.option("--until", "end", type=_MOMENT, help="Local time; default: 24 hours later.")
@click.option("--issued", type=_MOMENT, help="When the Service issued it; default: now.")
@click.option("--to", "hub_name", metavar="HUB", help="Only this hub; default: all hubs.")
@county_option
def heat_warning(
    level: int,
    path: Path,
    *,
    region: str,
    begin: datetime | None,
    end: datetime | None,
    issued: datetime | None,
    hub_name: str | None,
) -> None:
    """Send the German Weather Service's warning of heat: LEVEL 1 strong, 2 extreme, 0 not any more.

    While it holds, heat in a home is urgent at the hubs. For one region the warning that was
    issued last holds, also before its predecessor's end.

    \b
    Examples:
      dorfhub county heat-warning 1 --region "Kreis Gießen" --from 2026-07-14T11:00 \\
        --until 2026-07-14T19:00
      dorfhub county heat-warning 0 --region "Kreis Gießen"

    \b
    Exit codes: 0 written, 1 it cannot be sent like that, 2 usage, 78 county.toml is wrong.
    """
    from sync.county.visits import now_ms  # noqa: PLC0415 - `--help` is quick

    now = now_ms()
    begins_at = now if begin is None else _ms(begin)
    ends_at = begins_at + county_words.DAY_MS if end is None else _ms(end)
    if not 0 < ends_at - begins_at <= MAX_DAYS * county_words.DAY_MS:
        raise click.UsageError(f"--until: nach --from, und höchstens {MAX_DAYS} Tage danach")
    if ends_at <= now and level:
        raise click.UsageError("--until: liegt in der Vergangenheit")
    issued_at = now if issued is None else _ms(issued)
    if issued_at > now:
        raise click.UsageError("--issued: liegt in der Zukunft")
    data = {
        "region": region.strip(),
        "level": level,
        "from": begins_at,
        "until": ends_at,
        "issued": issued_at,
    }
    tell(path, county_words.HEAT_WARNING, data, hub_name)
    what = f"Hitzewarnung Stufe {level}" if level else "Keine Hitzewarnung mehr"
    click.echo(f"{what} für {region.strip()} geht an {hub_name or 'alle Hubs'}.")


def _ms(moment: datetime) -> int:
    return round(moment.astimezone().timestamp() * 1000)


def _read(file: Path) -> bytes:
    from sync.county import weather  # noqa: PLC0415 - see above

    with file.open("rb") as stream:
        return stream.read(weather.MAX_FILE + 1)


def _send(path: Path, schema: str, sources: Sequence[Source]) -> None:
    from edge.clock import SystemClock  # noqa: PLC0415 - see above
    from sync.county import weather  # noqa: PLC0415

    with opened(path) as county, county.streams() as streams:
        for part in weather.parts(sources):
            streams.measure(schema, part, SystemClock().stamp())

"""`dorfhub care weather`: warnings of heat, typed in here or sent by the county."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.unlocked import now_ms, unlocked

if TYPE_CHECKING:
    from edge.store.personal_rules import Weather
    from edge.store.village_warnings import ToldWarning

_HOUR_MS = 3_600_000
_LEVELS = ("keine", "starke Wärmebelastung", "extreme Wärmebelastung")


@click.command()
@click.argument("level", type=click.IntRange(0, 2), metavar="[STUFE]", required=False)
@click.option(
    "--hours", type=click.IntRange(1, 240), default=36, show_default=True, help="Wie lange."
)
@click.option("--by", default="von Hand", show_default=True, help="Woher das bekannt ist.")
@click.pass_obj
def weather(config_path: Path, level: int | None, hours: int, by: str) -> None:
    """Zeige, ob der Deutsche Wetterdienst vor Hitze warnt, oder trage es ein.

    STUFE ist 0 (keine Warnung), 1 (starke) oder 2 (extreme Wärmebelastung). Solange sie gilt, ist
    Hitze in einer Wohnung dringend. Was der Landkreis sendet, gilt ohne Zutun; ist beides da, gilt
    die höhere Stufe. Mit 0 endet nur, was hier eingetragen wurde. Ohne STUFE wird nichts geändert.

    \b
    Beispiele:
      dorfhub care weather
      dorfhub care weather 1 --hours 24

    \b
    Rückgabewert (Exit code): 0 getan, 75 personal.db ist gesperrt, 78 hub.toml ist falsch.
    """
    from edge.config import load  # noqa: PLC0415  # `--help` is quick
    from edge.store.personal_rules import Weather  # noqa: PLC0415
    from edge.store.village import VillageStore  # noqa: PLC0415

    now = now_ms()
    with unlocked(config_path) as store:
        if level is not None:
            store.set_weather(Weather(level, now + hours * _HOUR_MS, by[:200]))
        typed = store.weather()
        with VillageStore(load(config_path).hub.village_db) as village:
            told = village.told_warnings(now)
    if level is not None:
        click.echo(f"Hitzewarnung Stufe {level}" + (f" für {hours} Stunden." if level else "."))
    for line in lines(typed, told, now):
        click.echo(line)


def lines(typed: Weather, told: Sequence[ToldWarning], now: int) -> Iterator[str]:
    """Say what holds now, and who said so, until when."""
    mine = typed.level if now < typed.until else 0
    level = max([mine, *(one.level for one in told if one.begins_at <= now)])
    yield f"Es gilt:         {_level(level)}"
    if mine:
        yield f"Eingetragen:     {_level(mine)}, bis {_moment(typed.until)} ({typed.by})"
    for one in told:
        since = "" if one.begins_at <= now else f"von {_moment(one.begins_at)} "
        yield (
            f"Vom Landkreis:   {_level(one.level)}, {one.region}, {since}bis"
            f" {_moment(one.ends_at)} ({one.source}, ausgegeben {_moment(one.issued_at)})"
        )


def _level(level: int) -> str:
    return f"Stufe {level} ({_LEVELS[level]})" if level else "keine Hitzewarnung"


def _moment(at_ms: int) -> str:
    from edge.clock import to_datetime  # noqa: PLC0415  # as above

    return to_datetime(at_ms).astimezone().strftime("%d.%m.%Y %H:%M")

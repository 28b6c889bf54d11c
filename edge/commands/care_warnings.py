"""`dorfhub care warnings`: in whose home it is too warm."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.unlocked import now_ms, unlocked

if TYPE_CHECKING:
    from edge.store.personal_rows import HeatWarning

_DAY_MS = 86_400_000
_LEVELS = {1: "Hitze in der Wohnung", 2: "GEFÄHRLICHE HITZE in der Wohnung"}
_ENDED = {
    "cooler": "es ist kühler geworden",
    "silent": "seit einem Tag kommen keine Werte mehr",
    "returned": "der Sensor gehört jemand anderem",
}
_ADVICE = {
    1: "Nachfragen, ob genug getrunken wird; Läden zu, nachts lüften, in den kühlsten Raum gehen.",
    2: "Gleich hingehen oder anrufen: trinken, nasse Tücher, in einen kühlen Raum. Ab 35 Grad "
    "hilft ein Ventilator nicht. Bei Verwirrtheit, Krämpfen oder Bewusstlosigkeit: 112.",
}


@click.command()
@click.option(
    "--days",
    type=click.IntRange(0, 3650),
    default=0,
    show_default=True,
    help="Auch die, die in den letzten so vielen Tagen endeten.",
)
@click.option("--json", "as_json", is_flag=True, help="Als JSON, für Programme.")
@click.pass_obj
def warnings(config_path: Path, days: int, *, as_json: bool) -> None:
    """Nenne die Personen, in deren Wohnung es zu warm ist, die schlimmste zuerst.

    Nur von Personen, die eingewilligt haben, dass der Hub Werte ihres Raumes aufbewahrt
    (`dorfhub care consent give PERSON --kind room_climate`). Dass nachgesehen wurde, steht danach
    in deren Buch.

    \b
    Beispiel:
      dorfhub care warnings --days 7

    \b
    Rückgabewert (Exit code): 0 jetzt keine Warnung, 1 mindestens eine, 75 personal.db ist
    gesperrt, 78 hub.toml ist falsch.
    """
    from edge.ward.office import warnings_at_the_hub  # noqa: PLC0415  # `--help` is quick

    with unlocked(config_path) as store:
        since = now_ms() - days * _DAY_MS if days else None
        found = warnings_at_the_hub(store, since, "Nachgesehen, wo es zu warm ist")
        names = {one.person: one.name for one in store.persons()}
    if as_json:
        told = [asdict(one) | {"name": names.get(one.person, "")} for one in found]
        click.echo(json.dumps({"warnings": told}, ensure_ascii=False, indent=2))
    else:
        for one in found:
            _tell(one, names.get(one.person, f"Nr. {one.person}"))
        if not found:
            click.echo("Keine Hitzewarnung.")
    if any(one.ended_at is None for one in found):
        raise SystemExit(1)


def _tell(one: HeatWarning, name: str) -> None:
    if one.ended_at is not None:
        click.echo(
            f"{name}: {_LEVELS[one.worst]} von {_moment(one.since)} bis {_moment(one.ended_at)}, "
            f"gefühlt bis {_degrees(one.most_felt)}; {_ENDED[str(one.ended_how)]}."
        )
        return
    click.echo(f"{name}: {_LEVELS[one.level]}, Warnung seit {_moment(one.level_since)}.")
    click.echo(
        f"  So warm seit {_moment(one.warm_since)}; zuletzt {_degrees(one.temperature)}, gefühlt "
        f"{_degrees(one.felt)} ({_moment(one.last_at)}). Sensor: {one.device_id}"
    )
    click.echo(f"  {_ADVICE[one.level]}")


def _degrees(value: float) -> str:
    return f"{value:.1f} °C".replace(".", ",")


def _moment(at_ms: int) -> str:
    from edge.clock import to_datetime  # noqa: PLC0415  # `--help` is quick

    return to_datetime(at_ms).astimezone().strftime("%d.%m.%Y %H:%M")

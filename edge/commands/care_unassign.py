"""`dorfhub care unassign`: a sensor, or one of its users, is nobody's from now on."""

from __future__ import annotations

from pathlib import Path

import click

from edge.commands.scale_code import forget_codes
from edge.commands.unlocked import now_ms, unlocked


@click.command()
@click.argument("device_id", metavar="SENSOR")
@click.option("--user-index", type=click.IntRange(0, 254), help="Nur diese Taste des Sensors.")
@click.pass_obj
def unassign(config_path: Path, device_id: str, user_index: int | None) -> None:
    """Sag, dass SENSOR (seine Kennung), oder eine Taste davon, ab jetzt niemandem gehört.

    Was vorher gemessen wurde, bleibt bei der Person. Was später kommt, wartet, bis jemand sagt,
    wessen es ist. Bei einer Waage vergisst der Hub den Code des Benutzers und holt keine Werte von
    ihm mehr.

    \b
    Beispiel:
      dorfhub care unassign ble:C0112233AABB --user-index 1

    \b
    Rückgabewert (Exit code): 0 getan, 1 er gehörte niemandem oder ein Code war nicht zu vergessen,
    75 personal.db ist gesperrt, 78 hub.toml ist falsch.
    """
    with unlocked(config_path) as store:
        held = store.assignments()
        theirs = [one for one in held if (one.device_id, one.user_index) == (device_id, user_index)]
        if not theirs:
            raise click.ClickException(
                "Das gehört schon niemandem. Was wem gehört, zeigt: dorfhub care person list"
            )
        told = forget_codes(config_path, theirs, held)  # first: what fails here can be repeated
        store.end_assignment(device_id, now_ms(), user_index)
    button = "" if user_index is None else f", Taste {user_index},"
    click.echo(
        f"{device_id}{button} gehört niemandem mehr. Frühere Messwerte bleiben, wo sie sind."
    )
    for line in told:
        click.echo(line)

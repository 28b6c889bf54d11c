"""`dorfhub ble unpair`: forget a sensor and its bond, on both sides as far as it allows."""

from __future__ import annotations

from pathlib import Path

import click

from edge.commands.ble_request import NO_ANSWER, ask_and_wait, failed
from edge.process.running import ask_config
from edge.process.words import said
from edge.store.errors import StoreError
from edge.store.village import VillageStore

LIMIT_S = 60.0  # a pairing under way is finished first


@click.command()
@click.argument("sensor")
@click.pass_obj
def unpair(config_path: Path, sensor: str) -> None:
    """Vergiss SENSOR: seine Adresse, seine Kennung (`ble:...`) oder der Name, den er hier hat.

    Seine Messwerte bleiben. Er gehört dann niemandem: wieder gekoppelt, warten seine Werte, bis
    gesagt ist, wessen er ist (`dorfhub care assign`). Liegt er eingeschaltet neben dem Hub, wird er
    gebeten, auch den Hub zu vergessen.

    \b
    Beispiel:
      $ dorfhub ble unpair "Waage Küche"

    \b
    Rückgabewerte (Exit codes):
      0   vergessen
      1   nicht; die Meldung sagt, warum und was zu tun ist
      78  hub.toml fehlt oder ist falsch
    """
    config = ask_config(config_path)
    try:
        with VillageStore(config.hub.village_db) as village:
            known = [
                one
                for one in village.ble_devices()
                if sensor.upper() in {one.address, one.device_id.upper(), one.name.upper()}
            ]
            if len(known) != 1:
                names = ", ".join(f"{one.name} ({one.address})" for one in village.ble_devices())
                raise failed(f"So heißt nicht genau ein Gerät. Gekoppelt: {names or 'keines'}.")
            arguments = {"address": known[0].address}
            request = ask_and_wait(village, "unpair", arguments, LIMIT_S)
    except StoreError as error:
        raise failed(said(error)) from None
    if request is None:
        raise failed(NO_ANSWER)
    result = request.result or {}
    if request.state != "done":
        raise failed(str(result.get("hint") or "Warum, steht im Protokoll des Hubs."))
    click.echo(f"Gelöst: {known[0].name} ({known[0].address}).")
    click.echo(
        "Es gehört jetzt niemandem mehr. Wird es wieder gekoppelt, warten seine Werte, bis gesagt"
        f" ist, wessen es ist: dorfhub care assign {known[0].device_id} PERSON"
    )
    if result.get("bond") != "forgotten":
        click.echo("Die Kopplung selbst bleibt gespeichert: Der Adapter antwortet nicht.", err=True)
    if result.get("device_forgot") is not True:
        click.echo("Am Gerät die Kopplung löschen, wenn es das kann (Anleitung).", err=True)

"""`dorfhub county identity|rotate-key|revoke`: keys, the county's own and the hubs'."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from sync.commands import show
from sync.commands.county import county_option, errors, json_option, opened, print_json


@click.command(name="identity")
@county_option
@click.option("--qr", is_flag=True, help="Show the QR code here.")
@click.option(
    "--svg", "picture", type=click.Path(path_type=Path, dir_okay=False), help="Write it as a file."
)
def identity_(path: Path, picture: Path | None, *, qr: bool) -> None:
    """Say who this county is: what a village compares before it confirms it.

    \b
    Examples:
      dorfhub county identity
      dorfhub county identity --svg landkreis.svg

    \b
    Exit codes: 0 it was said, 1 the key cannot be used, 2 usage, 78 county.toml is wrong.
    """
    with opened(path) as county:
        for line in show.lines(county.identity.name, "dorfhub sync enrol"):
            click.echo(line)
        if county.chain:
            click.echo(f"Schlüssel gewechselt:  {len(county.chain)}-mal; Name und Wörter bleiben.")
        show.code(county.identity.name, picture, qr=qr)


@click.command()
@county_option
def rotate_key(path: Path) -> None:
    """Change the county's key; old and new key both sign the change, its name stays.

    The hubs take the new key by themselves, at the next pull or from the next stick.

    \b
    Example:
      dorfhub county rotate-key

    \b
    Exit codes: 0 changed, 1 it could not be changed (the old key holds), 2 usage,
    78 county.toml is wrong.
    """
    from sync import identity, rotation  # noqa: PLC0415 - `--help` needs no lake

    with errors(), opened(path) as county:
        made = rotation.change(county.config.key_file)
        with county.streams() as streams:
            streams.resign()
    click.echo(f"Neuer Schlüssel {identity.short_id(made.new)}. Die Hubs übernehmen ihn beim")
    click.echo("nächsten Abruf oder vom nächsten Stick; die sechs Wörter bleiben gleich.")
    click.echo("Bitte jetzt die Sicherung der Schlüssel erneuern.")


@click.command()
@click.argument("hub_name", metavar="HUB")
@click.option(
    "--up-to",
    "up_to",
    type=click.IntRange(min=0),
    required=True,
    help="The last number that is still believed.",
)
@click.option("--epoch", help="Of which stream (hex); default: the one that moved last.")
@county_option
@json_option
def revoke(hub_name: str, path: Path, up_to: int, epoch: str | None, *, as_json: bool) -> None:
    """Take the data of HUB (its id, words or fingerprint) up to a number only.

    For a key that was lost or stolen. What has a higher number goes to the quarantine, also
    what is in the lake already. The hub goes on with a new key, as a new hub.

    \b
    Example:
      dorfhub county revoke 66687aadf862bd77 --up-to 412

    \b
    Exit codes: 0 revoked, 1 no such hub, 2 usage, 78 county.toml is wrong.
    """
    from sync.county import visits  # noqa: PLC0415 - see rotate_key
    from sync.county.hub import label  # noqa: PLC0415
    from sync.county.revoke import revoke as apply  # noqa: PLC0415

    if epoch is not None and (len(epoch) != 16 or not set(epoch) <= set("0123456789abcdef")):
        raise click.UsageError("--epoch: 16 hex digits, as `dorfhub county status` shows them")
    with opened(path, as_json=as_json) as county:
        hub = visits.find(county, hub_name)
        done = apply(county, hub, up_to=up_to, epoch=epoch, now_ms=visits.now_ms())
    if as_json:
        print_json(
            {
                "hub": hub.hub,
                "epoch": done.epoch,
                "up_to": up_to,
                "segments": done.segments,
                "readings": done.readings,
            }
        )
        return
    click.echo(f"Gesperrt: {label(hub)}, ab Nummer {up_to + 1} wird nichts mehr übernommen.")
    if done.segments:
        click.echo(
            f"In Quarantäne verschoben: {done.segments} Sendungen mit {done.readings} Messwerten "
            "(quarantine/revoked)."
        )
    click.echo("Im Dorf einen neuen Schlüssel anlegen lassen und den Hub neu anmelden.")


@click.command()
@click.argument("request", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.argument("into", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True)
@county_option
def bus_pass(request: Path, into: Path, days: int, path: Path) -> None:
    """Make a bus this county's carrier: from its REQUEST (`dorfhub bus request`) a pass INTO.

    Every hub that has confirmed this county then gives the bus parcels that only the county
    can open.

    \b
    Example:
      dorfhub county bus-pass bus.request bus.pass --days 365

    \b
    Exit codes: 0 written, 1 it could not be, 2 usage, 78 county.toml is wrong.
    """
    from sync import identity, parcel, wire  # noqa: PLC0415 - `--help` needs no lake
    from sync.county import buses  # noqa: PLC0415
    from sync.county.visits import now_ms  # noqa: PLC0415

    with opened(path) as county:
        asked = wire.decode_enrolment(request.read_bytes())
        _, recipient = parcel.parcel_key(county.config.parcel_file)
        one = parcel.Pass(
            county.identity.name,
            asked.county,
            asked.name,
            recipient,
            now_ms() + days * 86_400_000,
        )
        raw = parcel.sign(one, county.identity)
        buses.note(county, replace(one, raw=raw))  # refuses a key that was distrusted
        identity.write_private(into.absolute(), raw)
    click.echo(f"Ausweis für „{asked.name}“ ({identity.fingerprint(asked.county)}), {days} Tage.")
    click.echo("Bitte den Fingerabdruck mit dem am Bus vergleichen („dorfhub bus status“).")
    click.echo(f"Dann {into} zum Bus bringen: dorfhub bus pass {into.name}")

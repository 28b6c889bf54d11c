"""`dorfhub county certificates`: what hubs ask certificates for, and what becomes of it."""

from __future__ import annotations

from pathlib import Path

import click

from edge.clock import SystemClock
from sync.commands.county import county_option, json_option, opened, print_json
from sync.commands.moments import iso, local

_HELP = {"help_option_names": ["-h", "--help"]}


@click.group(context_settings=_HELP, invoke_without_command=True)
@county_option
@json_option
@click.pass_context
def certificates(context: click.Context, path: Path, *, as_json: bool) -> None:
    """Say which hubs ask for a certificate, for which name, and what became of it.

    \b
    Examples:
      dorfhub county certificates
      dorfhub county certificates allow 66687aadf862bd77 dorfhub.wetterfeld.example
      dorfhub county certificates work

    \b
    Exit codes: 0 it was said, 1 it cannot be read, 2 usage, 78 county.toml is wrong.
    """
    if context.invoked_subcommand is not None:
        return
    from sync.county import certificates as work  # noqa: PLC0415 - `--help` needs no lake
    from sync.county.hub import label  # noqa: PLC0415
    from sync.county.visits import now_ms  # noqa: PLC0415

    with opened(path, as_json=as_json) as county:
        work.gather(county, now_ms())
        with county.streams() as streams:
            found = work.wanted(streams)
        names = {hub.hub: label(hub) for hub in county.ledger.hubs()}
    if as_json:
        print_json({"certificates": [one.plain() for one in found]})
        return
    if not found:
        click.echo("Kein Hub hat um ein Zertifikat gebeten.")
    for one in found:
        click.echo(f"{names.get(one.hub, one.hub)}: {one.name}")
        click.echo(f"  angekommen am {local(iso(one.taken_at))}")
        if one.state == "issued":
            click.echo(f"  verschickt, gilt bis {local(iso(one.until_ms))}")
        elif one.state == "refused":
            click.echo(f"  abgelehnt: {one.why}")
        elif not one.allowed:
            click.echo(f"  -> dorfhub county certificates allow {one.hub} {one.name}")
        else:
            click.echo(f"  erlaubt, in Arbeit. {one.why}".rstrip())


@certificates.command(context_settings=_HELP)
@click.argument("hub_name", metavar="HUB")
@click.argument("name")
@county_option
def allow(hub_name: str, name: str, path: Path) -> None:
    """Let HUB have certificates for NAME, this one and its renewals.

    \b
    Example:
      dorfhub county certificates allow 66687aadf862bd77 dorfhub.wetterfeld.example

    \b
    Exit codes: 0 allowed, 1 it is another hub's or no name, 2 usage, 78 county.toml is wrong.
    """
    from sync.county import certificates as work  # noqa: PLC0415 - see above
    from sync.county import visits  # noqa: PLC0415

    with opened(path) as county:
        hub = visits.find(county, hub_name)
        with county.streams() as streams:
            work.allow(streams, hub, name, visits.now_ms())
    click.echo(f"{name} gehört jetzt {hub.name or hub.hub}.")


@certificates.command(context_settings=_HELP)
@click.argument("hub_name", metavar="HUB")
@click.argument("why")
@county_option
def refuse(hub_name: str, why: str, path: Path) -> None:
    """Refuse what HUB asks for, tell it WHY, and take its names back.

    \b
    Example:
      dorfhub county certificates refuse 66687aadf862bd77 "Bitte den Namen der Gemeinde nehmen."

    \b
    Exit codes: 0 done, 1 the hub is not known, 2 usage, 78 county.toml is wrong.
    """
    from sync.county import certificates as work  # noqa: PLC0415 - see above
    from sync.county import visits  # noqa: PLC0415

    with opened(path) as county:
        hub = visits.find(county, hub_name)
        with county.streams() as streams:
            count = work.refuse(streams, hub, why, SystemClock().stamp())
    click.echo(f"{count} Anträge abgelehnt; der Hub erfährt, warum.")


@certificates.command(name="work", context_settings=_HELP)
@county_option
@json_option
def work_(path: Path, *, as_json: bool) -> None:
    """Have what is allowed made now by the tool of [county.certificates], and send it.

    `dorfhub county serve` does it by itself.

    \b
    Example:
      dorfhub county certificates work --county /srv/landkreis

    \b
    Exit codes: 0 nothing failed, 1 something did, 2 usage, 78 county.toml is wrong.
    """
    from sync.county import certificates as work  # noqa: PLC0415 - see above

    with opened(path, as_json=as_json) as county:
        issuer = work.issuer_of(county.config)
        sent, failed = work.work(county, issuer, SystemClock().stamp())
        with county.streams() as streams:
            wrong = [one for one in work.wanted(streams) if one.why and one.state == "new"]
    if as_json:
        print_json({"sent": sent, "failed": failed})
    else:
        if issuer is None:
            click.echo("[county.certificates] in county.toml nennt noch kein Werkzeug.", err=True)
        click.echo(f"{sent} verschickt, {failed} gescheitert.")
        for one in wrong:
            click.echo(f"  {one.name}: {one.why}", err=True)
    if failed:
        raise SystemExit(1)

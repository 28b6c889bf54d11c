"""`dorfhub sync certificate`: how it stands with the certificate for browsers in the hall."""

from __future__ import annotations

from pathlib import Path

import click

from edge.process.log import Log
from sync.certificate import store
from sync.certificate.keeper import Keeper, state_of
from sync.commands.sync import with_node
from sync.errors import SyncError


@click.command()
@click.option("--again", is_flag=True, help="Ask the county for a new one now.")
@click.pass_obj
def certificate(config_path: Path, *, again: bool) -> None:
    """Say how it stands with the certificate for `[web] name`, or ask for a new one.

    The running hub asks by itself, also for the next one in time.

    \b
    Examples:
      dorfhub sync certificate
      dorfhub sync certificate --again

    \b
    Exit codes: 0 it was said, 1 it cannot be read or written, 78 hub.toml is wrong.
    """
    with with_node(config_path) as node:
        web, stamp = node.config.web, node.clock.stamp()
        if not web.name:
            click.echo("In hub.toml steht unter [web] kein name: Die Seiten gehen ohne HTTPS.")
            return
        try:
            if again:
                keeper = Keeper(web, node.outbox, node.connection, Log())
                state = keeper.step(stamp, again=True)
            else:
                state = state_of(web, store.last(node.connection), stamp)
        except OSError as error:
            raise SyncError(
                f"{web.tls}: {error.strerror or error}",
                hint="Der Ordner muss dem Benutzer des Hubs gehören.",
            ) from error
    click.echo(state.message)
    if state.hint:
        click.echo(f"  -> {state.hint}")

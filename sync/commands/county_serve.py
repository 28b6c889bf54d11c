"""`dorfhub county serve|official|upkeep`: the county that works by itself, and its pages."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from edge.process.lifecycle import EXIT_TEMPORARY
from sync.commands.county import county_option, errors, opened


@click.command()
@county_option
@click.option("--host", help="Instead of [county.web] host.")
@click.option("--port", type=click.IntRange(0, 65535), help="Instead of [county.web] port.")
def serve(path: Path, host: str | None, port: int | None) -> None:
    """Pull from every hub on schedule, keep the lake in order, serve the officials' pages.

    Runs in the foreground until SIGTERM or SIGINT. The pages are for this machine only; a reverse
    proxy with HTTPS hands them on (see docs/running.md).

    \b
    Example:
      dorfhub county serve --county /srv/landkreis

    \b
    Exit codes: 0 stopped, 1 failed, 2 usage, 75 it runs already or its port is taken,
    78 county.toml is wrong.
    """
    from edge.process.heartbeat import Heartbeat  # noqa: PLC0415 - `--help` needs no lake
    from edge.process.lifecycle import AlreadyRunning, only_one, stop_on_signals  # noqa: PLC0415
    from edge.process.log import start  # noqa: PLC0415
    from edge.worker.jobs import Worker, run_worker  # noqa: PLC0415
    from sync.county import calls  # noqa: PLC0415
    from sync.county.jobs import jobs_of  # noqa: PLC0415
    from sync.county.visits import now_ms  # noqa: PLC0415
    from sync.county.web.app import create_app  # noqa: PLC0415
    from sync.pull_server import PullServer  # noqa: PLC0415

    with opened(path) as county:
        config = county.config
    log, stop, run = start("county", "info"), stop_on_signals(), config.state / "run"
    worker = Worker(jobs_of(config, stop), log)
    try:
        with errors(), only_one(run, "county"), Heartbeat(run, "county") as beat:
            app = create_app(config, jobs=worker.status, now_ms=now_ms, log=log)
            address = host or config.web.host
            listen = config.web.port if port is None else port
            with ExitStack() as stack:
                with _opening("county.web", listen):
                    server = stack.enter_context(PullServer(app, address, listen))
                if config.listen.port:
                    place = config.listen.host, config.listen.port
                    with _opening("county.calls", place[1]):
                        stack.enter_context(calls.listening(config.source, *place, log))
                log.info("up", pages=f"http://{address}:{server.port}/")
                run_worker(worker, beat, stop)
            log.info("down")
    except AlreadyRunning as error:
        click.echo(f"Fehler: „county serve“ läuft schon (Prozess {error.pid}).", err=True)
        raise SystemExit(EXIT_TEMPORARY) from None


@contextmanager
def _opening(table: str, port: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = error.strerror or error
        click.echo(f"Fehler: Port {port} lässt sich nicht öffnen: {why}", err=True)
        click.echo(
            f"  Das andere Programm beenden, oder [{table}] in county.toml ändern.", err=True
        )
        raise SystemExit(EXIT_TEMPORARY) from None


@click.command()
@click.argument("name", required=False)
@county_option
@click.option("--remove", is_flag=True, help="Let NAME in no more.")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the password from standard input.")
def official(name: str | None, path: Path, *, remove: bool, from_stdin: bool) -> None:
    """Let NAME use the officials' pages, or give NAME a new password. Without NAME: who may.

    \b
    Examples:
      dorfhub county official "Frau Becker"
      dorfhub county official "Frau Becker" --remove

    \b
    Exit codes: 0 done, 1 the name or password cannot be used, 2 usage, 78 county.toml is wrong.
    """
    from sync.county.config import load  # noqa: PLC0415 - see serve
    from sync.county.web.officials import Officials  # noqa: PLC0415

    with errors():
        officials = Officials(load(path).officials)
        if name is None:
            for one in officials.names():
                click.echo(one)
            return
        if remove:
            officials.remove(name)
            click.echo(f"{name} kommt nicht mehr auf die Seiten.")
            return
        if from_stdin:
            password = sys.stdin.readline().rstrip("\r\n")
        else:
            password = click.prompt("Passwort", hide_input=True, confirmation_prompt="Noch einmal")
        officials.set(name, password)
    click.echo(f"{name} kann sich jetzt anmelden.")


@click.command()
@county_option
@click.option("--create", is_flag=True, help="Make the lake where county.toml says, if it is not.")
@click.option("--all", "everything", is_flag=True, help="Also what has gathered little.")
@click.option("--keep-hours", type=click.IntRange(0), default=48, show_default=True)
def upkeep(path: Path, keep_hours: int, *, create: bool, everything: bool) -> None:
    """Sort the lake's files and delete those that were replaced, as `serve` does by itself.

    \b
    Example:
      dorfhub county upkeep --county /srv/landkreis

    \b
    Exit codes: 0 done, 1 the lake cannot be written, 2 usage, 78 county.toml is wrong.
    """
    import secrets  # noqa: PLC0415 - see serve

    from sync.county import store  # noqa: PLC0415
    from sync.county import upkeep as work  # noqa: PLC0415

    with opened(path) as county:
        if create:
            store.create(county.lake, nonce=secrets.token_hex(4))
            click.echo(f"Der Datenspeicher liegt in {county.lake.path}")
        done = work.compact(county.lake, everything=everything)
        gone = work.vacuum(county.lake, keep_hours=keep_hours)
    click.echo(f"Geordnet: {done.files_before} Dateien zu {done.files_after}. Gelöscht: {gone}.")

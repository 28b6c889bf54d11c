"""`dorfhub serve`: the whole hub under one supervisor."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from edge.config import Config
from edge.process.lifecycle import EXIT_CONFIG, EXIT_TEMPORARY, AlreadyRunning, only_one
from edge.process.log import start
from edge.process.running import ask_config
from edge.process.supervisor import Program, Supervisor

# Each thread of glibc's allocator keeps its own heap otherwise: 10 to 20 MB of nothing a process.
_ENVIRONMENT = {"MALLOC_ARENA_MAX": "2"}


@click.command()
@click.pass_obj
def serve(config_path: Path) -> None:
    """Run the whole hub under one supervisor, until Ctrl-C or SIGTERM.

    Starts web, datasette, collector, worker, sync and library, and starts again whichever ends.
    One line an event on standard error. When stopping, the collector goes first, so that nothing is
    acknowledged to a device any more.

    \b
    Examples:
      dorfhub serve
      dorfhub --config /srv/dorfhub/hub.toml serve

    \b
    Exit codes: 0 stopped, 75 another supervisor runs with this state folder, 78 hub.toml is
    wrong or the hub was never made (`dorfhub init`).
    """
    config_path = config_path.absolute()
    config = ask_config(config_path)
    log = start("supervisor", config.hub.log_level)
    if not config.hub.village_db.exists():
        hint = f"Zuerst den Hub anlegen: dorfhub init {config_path.parent}"
        log.error("no-hub", state=config.hub.state, hint=hint)
        raise SystemExit(EXIT_CONFIG)
    try:
        with only_one(config.hub.run, "supervisor", wait_s=1.0):
            log.info("up", web=_address(config), state=config.hub.state)
            supervisor = Supervisor(
                programs(config_path), run=config.hub.run, elsewhere=config.hub.elsewhere,
                log=log, environment=_ENVIRONMENT,
            )  # fmt: skip
            supervisor.run()
    except AlreadyRunning as error:
        hint = f"Der Hub läuft schon. Prozess {error.pid} beenden oder ihn weiter benutzen."
        log.error("already-running", holder=error.pid, hint=hint)  # noqa: TRY400 - one line
        raise SystemExit(EXIT_TEMPORARY) from None


def programs(config_path: Path) -> tuple[Program, ...]:
    """Return the hub's six processes, in the order of starting."""
    # -P: a folder named `sync` where the hub was started from must not take our place
    command = (sys.executable, "-P", "-m", "sync", "--config", str(config_path), "run")
    return tuple(
        Program(name, (*command, name), stops_first=name == "collector")
        for name in ("collector", "worker", "web", "sync", "datasette", "library")
    )


def _address(config: Config) -> str:
    return f"http://{config.web.host}:{config.web.port}/"

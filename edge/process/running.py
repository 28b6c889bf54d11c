"""The frame around every process of the hub: configuration, log, lock, heartbeat, stop, exit."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from edge.config import Config
from edge.process.heartbeat import Heartbeat, Status
from edge.process.lifecycle import (
    EXIT_CONFIG,
    EXIT_TEMPORARY,
    AlreadyRunning,
    exit_on_signals,
    only_one,
    stop_on_signals,
)
from edge.process.log import Log, line, start
from edge.process.ports import can_listen, holder


@dataclass(frozen=True, slots=True)
class Process:
    """What the frame gives: ``stop`` is set by SIGTERM, SIGINT or SIGHUP."""

    config: Config
    log: Log
    stop: Event
    heartbeat: Heartbeat


@contextmanager
def process(
    config_path: Path,
    name: str,
    *,
    raises: bool = False,
) -> Iterator[Process]:
    """Frame one process; the block keeps the heartbeat (:meth:`Heartbeat.beat` or ``watch``).

    With ``raises`` a stop signal raises ``SystemExit`` in the main thread instead of setting
    ``stop``, for servers that own the main loop.

    :raises SystemExit: 78 if hub.toml is wrong, 75 if the process is running already, 1 if the
        block failed; each with one line in the log.
    """
    config = read_config(config_path, name)
    log = start(name, config.hub.log_level)
    if raises:
        exit_on_signals()
    stop = Event() if raises else stop_on_signals()
    try:
        folder = config.hub.run_of(name)
        with only_one(folder, name), Heartbeat(folder, name) as beat:
            log.info("up")
            yield Process(config, log, stop, beat)
        log.info("down")
    except SystemExit as leaving:
        if not leaving.code:
            log.info("down")
        raise
    except AlreadyRunning as error:
        hint = f"Prozess {error.pid} zuerst beenden."
        log.error("already-running", holder=error.pid, hint=hint)  # noqa: TRY400 - one line
        raise SystemExit(EXIT_TEMPORARY) from None
    except Exception as error:
        log.bug("failed", error)
        raise SystemExit(1) from error


def read_config(config_path: Path, name: str) -> Config:
    """Return the configuration to a process, whose words are lines of a log.

    :raises SystemExit: 78 after one line that says what is wrong and what to do.
    """
    from edge.config import ConfigError, load  # noqa: PLC0415

    try:
        return load(config_path)
    except ConfigError as error:
        _say(name, "config", error=str(error), hint=getattr(error, "hint", ""))
        raise SystemExit(EXIT_CONFIG) from None


def ask_config(config_path: Path) -> Config:
    """Return the configuration to a command that a person has typed.

    :raises SystemExit: 78 after sentences that say what is wrong and what to do.
    """
    from edge.config import ConfigError, load  # noqa: PLC0415

    try:
        return load(config_path)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n{error.hint}\n")
        raise SystemExit(EXIT_CONFIG) from None


def require_port(process: Process, host: str, port: int, section: str) -> None:
    """Check that ``host``:``port`` is free before a server with worse words finds out.

    :raises SystemExit: 75 after saying who holds it and what to do; the heartbeat says so too.
    """
    try:
        if can_listen(host, port):
            return
        found = holder(port)
        who = f"Prozess {found.pid} ({found.command})" if found and found.pid else "unbekannt"
        hint = f"Ihn beenden oder in hub.toml unter [{section}] einen anderen port eintragen."
        message = f"Port {port} ist belegt: {who}. {hint}"
        process.log.error("port-in-use", host=host, port=port, holder=who, hint=hint)
    except OSError as error:
        hint = f"In hub.toml unter [{section}] host und port prüfen."
        message = f"{host}:{port} geht nicht: {error.strerror}. {hint}"
        values = {"host": host, "port": port, "error": error, "hint": hint}
        process.log.error("port-refused", **values)  # noqa: TRY400 - one line an event
    process.heartbeat.write(Status("failed", message))
    raise SystemExit(EXIT_TEMPORARY)


def _say(name: str, event: str, **values: object) -> None:
    sys.stderr.write(line(name, "error", event, dict(values), at_s=time.time()) + "\n")

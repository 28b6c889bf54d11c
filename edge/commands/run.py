"""`dorfhub run ...`: one process of the hub, framed alike for the supervisor and for systemd."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import click

from edge.process.heartbeat import Status
from edge.process.running import process, require_port


@click.command()
@click.pass_obj
def web(config_path: Path) -> None:
    """Serve the terminal's pages until SIGTERM."""
    with process(config_path, "web", raises=True) as running:
        place = running.config.web
        require_port(running, place.host, place.port, "web")
        running.heartbeat.watch(listening(place.host, place.port))
        from edge.web.server import serve  # noqa: PLC0415 - each process carries its own room

        serve(running.config)


@click.command()
@click.pass_obj
def datasette(config_path: Path) -> None:
    """Serve the published snapshots with Datasette until SIGTERM."""
    with process(config_path, "datasette", raises=True) as running:
        place = running.config.datasette
        require_port(running, place.host, place.port, "datasette")
        running.heartbeat.watch(listening(place.host, place.port))
        from edge.publish.serve import run_datasette  # noqa: PLC0415 - each its own room

        run_datasette(running.config)


@click.command()
@click.pass_obj
def collector(config_path: Path) -> None:
    """Own the lines, the radio and the journal until SIGTERM."""
    from edge.collect.main import StuckError, run_collector  # noqa: PLC0415 - each its own room

    try:
        with process(config_path, "collector") as running:
            run_collector(running.config, running.stop, running.heartbeat, running.log)
    except SystemExit as leaving:
        if isinstance(leaving.__cause__, StuckError):
            os._exit(1)  # the interpreter would wait for that thread for ever
        raise


@click.command()
@click.pass_obj
def worker(config_path: Path) -> None:
    """Run the scheduled jobs until SIGTERM."""
    with process(config_path, "worker") as running:
        from edge.worker.jobs import Worker, run_worker  # noqa: PLC0415 - each its own room
        from edge.worker.node import worker_jobs  # noqa: PLC0415 - each its own room

        with worker_jobs(running.config) as jobs:
            run_worker(Worker(jobs, running.log), running.heartbeat, running.stop)


@click.command()
@click.pass_obj
def library(config_path: Path) -> None:
    """Serve ZIM files where kiwix-serve is installed, and find Kolibris, until SIGTERM."""
    with process(config_path, "library") as running:
        from edge.material.library import run_library  # noqa: PLC0415 - each its own room

        run_library(running.config, running.stop, running.heartbeat, running.log)


def listening(host: str, port: int) -> Callable[[], Status]:
    """Return a probe: `starting` until somebody can connect to ``host``:``port``, then `ok`."""
    reached = False
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared only

    def probe() -> Status:
        nonlocal reached
        if not reached:
            try:
                socket.create_connection((here, port), timeout=1.0).close()
            except OSError:
                return Status("starting", f"http://{here}:{port}/")
            reached = True
        return Status("ok", f"http://{here}:{port}/")

    return probe

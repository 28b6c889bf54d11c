"""`dorfhub run sync`: the pull interface, the sealer and the advertisement in one process."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click

from edge.process.heartbeat import Part, Status
from edge.process.lifecycle import EXIT_TEMPORARY
from edge.process.running import Process, process, require_port
from edge.process.words import said
from edge.store.errors import StoreError
from sync import identity
from sync.errors import IdentityError
from sync.node import Node, keys, opened

_LOOK_S = 2.0  # how often rounds are looked for: two small queries
_RETRY_S = 30.0  # after a full or busy disk


@click.command()
@click.pass_obj
def sync(config_path: Path) -> None:
    """Serve the pull interface and seal new rounds until SIGTERM."""
    with process(config_path, "sync") as running:
        place = running.config.sync
        if place.port:
            require_port(running, place.host, place.port, "sync")
        try:
            with opened(running.config) as node:
                _run(node, running)
        except (IdentityError, StoreError) as error:
            running.log.error(  # noqa: TRY400 - one line an event
                "not-opened", error=str(error), hint=error.hint
            )
            running.heartbeat.write(Status("failed", said(error)))
            raise SystemExit(EXIT_TEMPORARY) from None


def _run(node: Node, running: Process) -> None:
    from sync.discovery import Advertisement  # noqa: PLC0415 - a command that fails needs none
    from sync.server import Desk, PullServer, create_app  # noqa: PLC0415 - likewise

    config, log = node.config, running.log
    desk = Desk(
        config.hub.name,
        node.identity,
        node.outbox,
        node.peers,
        node.clock,
        log,
        lambda: keys(config, node.identity),
    )
    with ExitStack() as stack:
        server = stack.enter_context(
            PullServer(create_app(desk), config.sync.host, config.sync.port)
        )
        log.info(
            "listening",
            url=f"http://{config.sync.host}:{server.port}/",
            fingerprint=identity.fingerprint(node.identity.name),
        )
        parts = []
        if config.sync.advertise:
            hub_id = identity.short_id(node.identity.name)
            advertisement = stack.enter_context(
                Advertisement(hub_id, config.sync.host, server.port, log)
            )
            state = "degraded" if advertisement.problem else "ok"
            parts.append(Part("mdns", state, advertisement.problem))
        wait_s = 0.0
        while not running.stop.wait(wait_s):
            if not server.alive:
                raise RuntimeError("the pull interface ended by itself")
            wait_s = _look(node, running, parts)


def _look(node: Node, running: Process, parts: list[Part]) -> float:
    """Seal what is due, say how it stands, and return the seconds to the next look."""
    try:
        sealed = node.sealer.step(node.clock.stamp())
        if sealed.village or sealed.care or sealed.pruned:
            running.log.info(
                "sealed", village=sealed.village, care=sealed.care, pruned=sealed.pruned
            )
        last = node.outbox.position().last_seq
    except StoreError as error:
        running.log.error(  # noqa: TRY400 - one line an event
            "not-sealed", error=str(error), hint=error.hint
        )
        running.heartbeat.beat(Status("degraded", said(error), tuple(parts)))
        return _RETRY_S
    care = Part("care", "waiting", sealed.care_waits) if sealed.care_waits else Part("care", "ok")
    running.heartbeat.beat(
        Status("ok", f"Segment {last}, bestätigt {node.peers.acknowledged()}", (*parts, care))
    )
    return _LOOK_S

"""`dorfhub run sync`: pull interface, sealer, and every way out of the village, in one process."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.process.heartbeat import Part, Status
from edge.process.lifecycle import EXIT_TEMPORARY
from edge.process.running import Process, process, require_port
from edge.process.words import said
from edge.store.errors import StoreError
from edge.store.setup import care_public_key, open_journal
from sync import identity, told_settings
from sync.errors import IdentityError
from sync.node import Node, keys, opened, parcels
from sync.rotation import Rotation
from sync.sealer import Sealed
from sync.timekeeper import Timekeeper

if TYPE_CHECKING:
    from sync.certificate.keeper import Keeper
    from sync.roads import Roads

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
    from sync.certificate.keeper import Keeper  # noqa: PLC0415 - a command that fails needs none
    from sync.counter import Counter  # noqa: PLC0415 - likewise
    from sync.line.door import Door  # noqa: PLC0415 - a command that fails needs none
    from sync.porters import Porters  # noqa: PLC0415 - likewise
    from sync.roads import Roads  # noqa: PLC0415 - likewise
    from sync.server import Desk  # noqa: PLC0415 - likewise
    from sync.server_county import CountyRoutes  # noqa: PLC0415 - likewise
    from sync.tls import ServerContext  # noqa: PLC0415 - likewise

    config, log = node.config, running.log

    def changes() -> Sequence[Rotation]:
        return keys(config, node.identity)

    porters = Porters(node.connection, node.peers, parcels(config))
    counter = Counter(
        porters, node.outbox, node.peers, node.village, lambda: node.clock.stamp().wall_ms
    )
    desk = Desk(
        config.hub.name,
        node.identity,
        node.outbox,
        node.peers,
        node.clock,
        log,
        changes,
        counter,
        CountyRoutes(
            node.inflow,
            node.book,
            node.identity,
            node.clock,
            log,
            lambda: care_public_key(config.hub),
        ),
        lambda: _fetched(node, running),
    )
    if learnt := node.inflow.read_kept(node.clock.stamp().wall_ms):
        log.info("read-late", count=learnt)
    with ExitStack() as stack:
        contexts = ServerContext(node.identity, changes)
        door = stack.enter_context(Door(desk, contexts, log))
        port = door.open(config.sync.host, config.sync.port)
        log.info(
            "listening",
            url=f"https://{config.sync.host}:{port}/",
            fingerprint=identity.fingerprint(node.identity.name),
        )
        roads = stack.enter_context(Roads(node, door, contexts, port, log))
        timekeeper = Timekeeper(node.village, node.outbox, lambda: open_journal(config.hub))
        keeper = Keeper(config.web, node.outbox, node.connection, log)
        wait_s = 0.0
        while not running.stop.wait(wait_s):
            if not door.alive:
                raise RuntimeError("the pull interface ended by itself")
            wait_s = _look(node, timekeeper, running, roads, keeper)


def _fetched(node: Node, running: Process) -> None:
    """Seal what a county that asks should find; what does not work now waits for the next look."""
    try:
        sealed = node.sealer.step(node.clock.stamp(), asked=True)
    except StoreError as error:
        running.log.warning("not-sealed", error=str(error), hint=error.hint)
        return
    _note(sealed, running)


def _note(sealed: Sealed, running: Process) -> None:
    if sealed.village or sealed.care or sealed.pruned:
        running.log.info("sealed", village=sealed.village, care=sealed.care, pruned=sealed.pruned)
    if sealed.plans:
        running.log.info("heat-plan-told")
    if sealed.plan_waits:
        running.log.warning("heat-plan-not-told", hint=sealed.plan_waits)
    if sealed.releases:
        running.log.info("open-data-told", releases=sealed.releases)
    if sealed.release_waits:
        running.log.warning("open-data-not-told", hint=sealed.release_waits)


def _look(
    node: Node, timekeeper: Timekeeper, running: Process, roads: Roads, keeper: Keeper
) -> float:
    """Seal what is due, say how it stands, and return the seconds to the next look."""
    try:
        stamp = node.clock.stamp()
        parts = [*roads.look(), *keeper.look(stamp)]
        kept = timekeeper.step(stamp)
        if kept.offset:
            running.log.info("clock-known", placed=kept.placed)
        node.sealer.keep_to(told_settings.heeded(node.config, node.village.settings()))
        sealed = node.sealer.step(stamp, everything=roads.departing())
        _note(sealed, running)
        last = node.outbox.position().last_seq
    except StoreError as error:
        running.log.error(  # noqa: TRY400 - one line an event
            "not-sealed", error=str(error), hint=error.hint
        )
        running.heartbeat.beat(Status("degraded", said(error)))
        return _RETRY_S
    care = Part("care", "waiting", sealed.care_waits) if sealed.care_waits else Part("care", "ok")
    running.heartbeat.beat(
        Status("ok", f"Segment {last}, bestätigt {node.peers.acknowledged()}", (*parts, care))
    )
    return _LOOK_S

"""The bus's loop: who is near is visited; where the county's folder is, all is unloaded.

Meanwhile the county may fetch over a line (`sync.bus.desk`).
"""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event

from edge.process.log import Log
from sync import identity
from sync.bus.config import BusConfig
from sync.bus.desk import create_app
from sync.bus.round import Bus
from sync.carrier.base import CarrierError
from sync.discovery import BUS_SERVICE, SERVICE, Advertisement, Watch
from sync.identity import Identity
from sync.line.door import Door
from sync.tls import ServerContext

_LOOK_S = 2.0
_AGAIN_S = 600.0  # a hub that was visited has little new before that
_FIRST_RETRY_S = 10.0
_NO_PORT = 9  # of a bus that does not listen; the protocol wants a number
_UNLOAD_S = 60.0


@dataclass(slots=True)
class _Stop:
    """When an address is due again. ``failed`` counts in a row."""

    at_s: float = 0.0
    failed: int = 0


def run(config: BusConfig, key: Identity, bus: Bus, stop: Event, log: Log) -> None:
    """Drive until ``stop`` is set.

    :raises OSError: if it cannot listen where it should.
    """
    rng = random.Random()  # noqa: S311 - for patience, not for secrets
    stops: dict[str, _Stop] = {}
    unload_s = 0.0
    with ExitStack() as stack:
        watch = None
        port = _NO_PORT
        if config.listen is not None:
            door = stack.enter_context(Door(create_app(bus, log), ServerContext(key), log))
            port = door.open(*config.listen)
            log.info("listening", url=f"https://{config.listen[0]}:{port}/")
        if config.discover:
            short = identity.short_id(key.name)
            stack.enter_context(Advertisement(short, "0.0.0.0", port, log, BUS_SERVICE))  # noqa: S104
            watch = stack.enter_context(Watch(SERVICE, log))
        while not stop.wait(_LOOK_S):
            near = [
                f"https://{address}:{found.port}"
                for found in (watch.found() if watch else [])
                for address in found.addresses[:1]
            ]
            for address in dict.fromkeys([*config.hubs, *near]):
                due = stops.setdefault(address, _Stop())
                if time.monotonic() < due.at_s or stop.is_set():
                    continue
                _visit(bus, address, due, rng, log)
            for gone in [one for one in stops if one not in near and one not in config.hubs]:
                del stops[gone]  # when it is near again, it is due at once
            if config.deliver is not None and time.monotonic() >= unload_s:
                unload_s = time.monotonic() + _UNLOAD_S
                _unload(bus, config, log)


def _visit(bus: Bus, address: str, due: _Stop, rng: random.Random, log: Log) -> None:
    seen = bus.visit(address)
    if seen.code == "ok":
        due.failed, wait_s = 0, _AGAIN_S
        log.info(
            "visited", hub=seen.hub, parcels=seen.parcels, size=seen.size, replies=seen.replies
        )
    else:
        due.failed += 1
        wait_s = min(_AGAIN_S, _FIRST_RETRY_S * 2.0 ** min(due.failed - 1, 8))
        log.warning("not-visited", address=address, why=seen.code, error=seen.message)
    due.at_s = time.monotonic() + wait_s * rng.uniform(0.5, 1.0)


def _unload(bus: Bus, config: BusConfig, log: Log) -> None:
    if config.deliver is None or not config.deliver.is_dir():
        return  # the county is not here
    try:
        parcels, replies = bus.deliver(config.deliver)
    except CarrierError as error:
        log.warning("not-unloaded", why=error.reason, error=error)
        return
    if parcels or replies:
        log.info("unloaded", parcels=parcels, replies=replies)

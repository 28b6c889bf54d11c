"""Asking the collector, which owns the radio, and waiting for its answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import click

from edge.clock import SystemClock
from edge.store.village import VillageStore
from edge.store.village_rows import Request

POLL_S = 0.3
NO_ANSWER = "Der Sammler antwortet nicht. Läuft der Hub (`dorfhub serve`)?"


def failed(message: str) -> SystemExit:
    """Say what went wrong and return what ends the command."""
    click.echo(message, err=True)
    return SystemExit(1)


def ask_and_wait(
    village: VillageStore,
    kind: str,
    arguments: Mapping[str, object],
    limit_s: float,
    watch: Callable[[Request], bool] = lambda _request: True,
) -> Request | None:
    """Ask, and return the answered request; None if nobody answered, which withdraws it.

    ``watch`` is given the open request again and again; once it returns False the request is
    withdrawn and returned as it was then.
    """
    clock = SystemClock()
    number = village.ask(kind, arguments, clock.stamp().wall_ms)
    until = time.monotonic() + limit_s
    try:
        while time.monotonic() < until:
            request = village.request(number)
            if request is None or request.state != "open":
                return request
            if not watch(request):
                return request
            time.sleep(POLL_S)
        return None
    finally:
        now = clock.stamp().wall_ms
        village.finish(number, done=False, at=now, result={"error": "nobody waits any more"})

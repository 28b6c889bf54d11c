"""`dorfhub ble pair`: ask the collector, which owns the radio, to pair a new sensor."""

from __future__ import annotations

import time
from pathlib import Path

import click

from edge.clock import SystemClock
from edge.process.running import ask_config
from edge.process.words import said
from edge.store.errors import StoreError
from edge.store.village import VillageStore
from edge.store.village_rows import Request

POLL_S = 0.3
GRACE_S = 45.0  # a connection that began in time may take that long to pair and be drained


@click.command()
@click.option(
    "--wait-s",
    type=click.IntRange(5, 300),
    default=60,
    show_default=True,
    help="How long to look for a cuff that is not paired yet.",
)
@click.option("--address", help="Pair this one, also if it is paired already.")
@click.pass_obj
def pair(config_path: Path, wait_s: int, address: str | None) -> None:
    """Pair a new blood pressure cuff: the nearest one that is not paired yet.

    Start pairing at the cuff (mostly by holding a button), put it beside the hub, and run this
    while the hub is running.

    \b
    Example:
      $ dorfhub ble pair
      Gekoppelt: UA-651BLE (C0:26:DA:01:02:03), Kennung ble:C026DA010203.

    \b
    Exit codes:
      0   paired
      1   not paired; the message says why and what to do
      2   wrong usage
      78  hub.toml is missing or wrong
    """
    config = ask_config(config_path)
    click.echo(f"Suche ein Blutdruckmessgerät, bis zu {wait_s} s ...", err=True)
    arguments: dict[str, object] = {"wait_s": wait_s}
    if address:
        arguments["address"] = address.upper()
    try:
        with VillageStore(config.hub.village_db) as village:
            request = _wait(village, arguments, wait_s + GRACE_S)
    except StoreError as error:
        raise _failed(said(error)) from None
    if request is None:
        raise _failed("Der Sammler antwortet nicht. Läuft der Hub (`dorfhub serve`)?")
    result = request.result or {}
    if request.state != "done":
        hint = result.get("hint") or "Warum, steht im Protokoll des Hubs."
        raise _failed(f"Nicht gekoppelt. {hint}")
    click.echo(
        f"Gekoppelt: {result.get('name')} ({result.get('address')}), "
        f"Kennung {result.get('device_id')}."
    )


def _failed(message: str) -> SystemExit:
    click.echo(message, err=True)
    return SystemExit(1)


def _wait(village: VillageStore, arguments: dict[str, object], limit_s: float) -> Request | None:
    """Ask, and return the answered request; None if nobody answered, which withdraws it."""
    clock = SystemClock()
    number = village.ask("pair", arguments, clock.stamp().wall_ms)
    until = time.monotonic() + limit_s
    try:
        while time.monotonic() < until:
            request = village.request(number)
            if request is not None and request.state != "open":
                return request
            time.sleep(POLL_S)
        return None
    finally:
        now = clock.stamp().wall_ms
        village.finish(number, done=False, at=now, result={"error": "nobody waits any more"})

"""`dorfhub meter read --meter ID`: let the collector, which keeps readings, read a meter now."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from edge.clock import SystemClock
from edge.config import ConfigError, Meter, load
from edge.config.asking import BATTERY
from edge.process.heartbeat import read_all
from edge.store.errors import StoreError
from edge.store.village import VillageStore

WAIT_S = 150.0  # a slow readout takes 110 seconds
LOOK_S = 0.3


def ask_collector(config_path: Path, meter_id: str) -> int:
    """Ask, wait, and print {"meter": ..., "read": true} or an error; return the exit code."""
    try:
        config = load(config_path)
    except ConfigError as error:
        raise click.ClickException(f"{error}\n{error.hint}") from error
    meter = _optical(config.meters, meter_id)
    beat = read_all(config).get("collector")
    if beat is None or not beat.alive:
        return _told({"error": "Stopped", "message": "the collector does not run",
                      "hint": "Den Hub starten: dorfhub serve"})  # fmt: skip
    if meter.protocol == "iec62056":
        click.echo(f"Hinweis: {BATTERY}.", err=True)
    try:
        with VillageStore(config.hub.village_db) as village:
            now = SystemClock().stamp().wall_ms
            number = village.ask("read", {"meter_id": meter_id}, now)
            answer = _wait(village, number)
            if answer is None:
                village.finish(number, done=False, at=SystemClock().stamp().wall_ms)
    except StoreError as error:
        raise click.ClickException(f"{error}\n{error.hint}") from error
    if answer is None:
        return _told({"error": "NoAnswer", "message": f"nothing came within {WAIT_S:.0f} seconds",
                      "hint": "dorfhub doctor zeigt, wie es dem Zähler geht."})  # fmt: skip
    if "error" in answer:
        return _told(answer)
    click.echo(json.dumps({"meter": meter_id, "read": True}))
    return 0


def _optical(meters: tuple[Meter, ...], meter_id: str) -> Meter:
    optical = [meter for meter in meters if meter.is_optical]
    for meter in optical:
        if meter.meter_id == meter_id:
            return meter
    allowed = ", ".join(meter.meter_id for meter in optical) or "keiner"
    raise click.BadParameter(
        f"{meter_id!r} ist kein optischer Zähler in hub.toml (erlaubt: {allowed})",
        param_hint="--meter",
    )


def _wait(village: VillageStore, number: int) -> dict[str, object] | None:
    until_s = time.monotonic() + WAIT_S
    while time.monotonic() < until_s:
        request = village.request(number)
        if request is not None and request.state != "open":
            return dict(request.result or {})
        time.sleep(LOOK_S)
    return None


def _told(answer: dict[str, object]) -> int:
    click.echo(json.dumps(answer, ensure_ascii=False))
    return 3

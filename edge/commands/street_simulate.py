"""`dorfhub meter simulate --street`: a street of meters on one virtual receiver."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from edge.process.lifecycle import stop_on_signals
from hardware.sim.stick import VirtualStick
from hardware.sim.stick_wire import Amb8465Wire, CulWire, HexWire, Im871aWire, RtlWire, Wire
from hardware.sim.street import Street
from hardware.sim.street_play import Player, Troubles

_WIRES: dict[str, Callable[[], Wire]] = {
    "im871a": Im871aWire,
    "amb8465": Amb8465Wire,
    "cul": CulWire,
    "rtl_wmbus": RtlWire,
    "raw_hex": HexWire,
}
KINDS = tuple(_WIRES)


def play_street(
    count: int,
    *,
    kind: str,
    seed: int,
    speed: float,
    trouble_every: int,
    link: Path | None,
    keys: Path | None,
) -> None:
    """Play until SIGTERM or Ctrl-C.

    Every ``trouble_every``-th transmission comes with noise, every so many-th in half, damaged,
    again or replayed as well; 0 for none.

    :raises click.UsageError: if ``link`` or ``keys`` is in the way of something.
    """
    stop = stop_on_signals()
    street = Street(count, datetime.now(UTC), seed=seed)
    if keys is not None:
        _write_keys(street, keys)
    troubles = Troubles(
        noise_every=trouble_every,
        half_every=2 * trouble_every,
        damage_every=3 * trouble_every,
        copy_every=5 * trouble_every,
        replay_every=7 * trouble_every,
    )
    with VirtualStick(_WIRES[kind]()) as stick, _linked(link, stick.port):
        ready = {"pty": stick.port, "link": str(link) if link else None, "meters": count}
        click.echo(json.dumps(ready))
        Player(stick, street.air(), speed, troubles).play(stop)
        told = {"sent": stick.heard, "missed": stick.missed}
    click.echo(json.dumps(told), err=True)


def _write_keys(street: Street, path: Path) -> None:
    """Write the meters' keys to a new file, a line `KAM-40000001;KEY` each."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            for meter in street.meters:
                file.write(f"{meter.name};{meter.key.hex().upper()}\n")
    except OSError as error:
        raise click.UsageError(f"{path} lässt sich nicht schreiben: {error.strerror}") from error


@contextmanager
def _linked(link: Path | None, port: str) -> Iterator[None]:
    """Let ``link`` lead to ``port`` while the block runs; a file in its place stays."""
    if link is None:
        yield
        return
    try:
        if link.is_symlink():
            link.unlink()
        link.symlink_to(port)
    except OSError as error:
        raise click.UsageError(
            f"Der Link {link} lässt sich nicht anlegen: {error.strerror}"
        ) from error
    try:
        yield
    finally:
        if link.is_symlink() and str(link.readlink()) == port:
            link.unlink()

"""`dorfhub meter simulate`: a virtual heat meter on a pseudo-terminal, or a recording of one."""

from __future__ import annotations

import contextlib
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from edge.commands.street_simulate import KINDS, play_street
from edge.process.lifecycle import stop_on_signals
from hardware.errors import HardwareError
from hardware.sim.link import Faults
from hardware.sim.meter import Acknowledgements, LinkInUse, VirtualMeter
from hardware.sim.telegrams import INSTALLED, FileTelegrams, HeatTelegrams
from hardware.transport.recording import Direction, format_line

POLL_INTERVAL = timedelta(minutes=15)

_ADDRESS = 1  # of a modelled meter that is given none
_EPILOG = """\b
Examples:
  dorfhub meter simulate --link /tmp/hall-meter &
  dorfhub meter read serial:/tmp/hall-meter
  dorfhub meter simulate --telegrams captured.hex --garbage-every 5
  dorfhub meter simulate --record past.rec --days 30
  dorfhub meter simulate --street 300 --receiver im871a --link /tmp/stick --speed 10

\b
One JSON line {"pty": ..., "link": ...} says that the meter is ready; it answers until SIGTERM or
Ctrl-C. With --record the past is written to a file instead and the program ends; the same --seed
gives the same building, so that the live meter goes on where the recording ends (unless the
recording begins before 2026, when the virtual meters were mounted).

\b
With --street it is a radio receiver that hears so many meters, encrypted in all the usual ways,
from each every 16 to 120 seconds. `dorfhub meter listen` and a hub's [[receivers]] hear it.

\b
Exit code: 0 after a clean stop, 1 if something failed, 2 for wrong usage, which a --link that
another simulator uses is, too.
"""

_Path = click.Path(path_type=Path, dir_okay=False)
_Every = click.IntRange(min=0)


@click.command(epilog=_EPILOG)
@click.option("--link", type=_Path, help="A symbolic link to make to the pseudo-terminal.")
@click.option(
    "--telegrams",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Lines of hex, or a recording: real frames to give in rotation.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option(
    "--address",
    type=click.IntRange(0, 250),
    help=f"Primary address; default {_ADDRESS}, with --telegrams that of the first frame.",
)
@click.option("--garbage-every", type=_Every, default=0, help="Every n-th answer is noise.")
@click.option("--silence-every", type=_Every, default=0, help="Every n-th answer is missing.")
@click.option("--checksum-every", type=_Every, default=0, help="Every n-th checksum is wrong.")
@click.option("--cut-every", type=_Every, default=0, help="Every n-th answer ends too early.")
@click.option(
    "--acknowledged",
    type=_Path,
    help="A file to append each telegram to whose receipt the meter was told of, durably.",
)
@click.option("--street", type=click.IntRange(1, 100_000), help="Be a receiver that hears so many.")
@click.option("--receiver", type=click.Choice(KINDS), default="im871a", show_default=True)
@click.option(
    "--speed",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="Of a street: how much faster than it is; 0 is as fast as it goes.",
)
@click.option("--trouble-every", type=_Every, default=0, help="Of a street: noise and damage.")
@click.option("--keys", type=_Path, help="Of a street: a new file for the meters' keys.")
@click.option("--record", type=_Path, help="Write the past to this new file and end.")
@click.option(
    "--days", type=click.IntRange(1, 3660), default=30, show_default=True, help="For --record."
)
def simulate(
    *,
    link: Path | None,
    telegrams: Path | None,
    seed: int,
    address: int | None,
    garbage_every: int,
    silence_every: int,
    checksum_every: int,
    cut_every: int,
    acknowledged: Path | None,
    record: Path | None,
    days: int,
    street: int | None,
    receiver: str,
    speed: float,
    trouble_every: int,
    keys: Path | None,
) -> None:
    """Be a heat meter on a pseudo-terminal or in a recording, or a street on a radio receiver."""
    if street is not None:
        if record is not None or telegrams is not None:
            raise click.UsageError("--street stands alone: leave --record and --telegrams out")
        play_street(
            street,
            kind=receiver,
            seed=seed,
            speed=speed,
            trouble_every=trouble_every,
            link=link,
            keys=keys,
        )
        return
    if record is not None:
        if telegrams is not None:
            raise click.UsageError("--record writes a modelled meter: leave --telegrams out")
        _write_past(record, seed, _ADDRESS if address is None else address, days)
        return
    faults = Faults(
        silence_every=silence_every,
        garbage_every=garbage_every,
        checksum_every=checksum_every,
        cut_every=cut_every,
    )
    try:
        source = FileTelegrams.read(telegrams, address=address) if telegrams else None
        stop = stop_on_signals()
        with contextlib.ExitStack() as stack:
            told = None
            if acknowledged is not None:
                told = Acknowledgements(acknowledged)
                stack.callback(told.close)
            meter = stack.enter_context(
                VirtualMeter(
                    source or HeatTelegrams(seed, address=_ADDRESS if address is None else address),
                    address=_address(source, address),
                    link=link,
                    acknowledged=told,
                    faults=faults,
                )
            )
            click.echo(json.dumps({"pty": meter.port, "link": str(link) if link else None}))
            while not stop.wait(0.5) and meter.failure is None:
                pass
    except LinkInUse as error:
        raise click.UsageError(f"{error}\n{error.hint}") from error
    except HardwareError as error:
        raise click.ClickException(f"{error}\n{error.hint}".rstrip()) from error
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error


def _address(source: FileTelegrams | None, address: int | None) -> int:
    if address is not None:
        return address
    return source.address if source else _ADDRESS


def _write_past(path: Path, seed: int, address: int, days: int) -> None:
    """Write the polls of the last ``days`` days, up to now, in a file that is new."""
    now = datetime.now(UTC)
    at = now - timedelta(days=days)
    at -= (at - datetime.min.replace(tzinfo=UTC)) % POLL_INTERVAL
    meter = HeatTelegrams(seed, address=address, installed=min(at, INSTALLED))
    try:
        with path.open("x", encoding="ascii") as file:
            file.write(f"# a virtual heat meter, seed {seed}, polled every 15 minutes\n")
            while at <= now:
                file.write(format_line(at, Direction.RX, meter.current(at)))
                meter.advance()
                at += POLL_INTERVAL
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise click.ClickException(f"cannot write {path}: {error.strerror}") from error

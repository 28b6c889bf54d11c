"""`dorfhub meter read`: ask one meter on a line, now."""

from __future__ import annotations

import json

import click

from edge.collect.poll import poll
from edge.commands.meter_decode import answer_line
from hardware.errors import DecodeError, FrameError, HardwareError
from hardware.mbus.frame import ADDRESS_ANY, ADDRESS_LAST
from hardware.mbus.master import Answer, PollSession
from hardware.mbus.telegram import decode
from hardware.transport import open_transport

_EPILOG = """\b
Examples:
  dorfhub meter read serial:/dev/ttyUSB0
  dorfhub meter read 'serial:/dev/ttyUSB0?baud=300' --address 5
  dorfhub meter read tcp:192.168.1.20:10001 --address 12
  dorfhub meter read record:hall.rec+serial:/dev/ttyUSB0

\b
Address 254 asks whoever is there: for exactly one meter on the line. The running hub holds its
lines; stop it before asking over one of them.

\b
Exit code: 0 if the meter was read, 1 if it answered with something that cannot be decoded, 2 for
wrong usage, 3 if the line failed or the meter does not answer.
"""

_NO_ANSWER = 3


@click.command(epilog=_EPILOG)
@click.argument("moniker")
@click.option(
    "--address",
    type=click.IntRange(0, ADDRESS_ANY),
    default=ADDRESS_ANY,
    show_default=True,
    help=f"The meter's primary address, 0 to {ADDRESS_LAST}, or {ADDRESS_ANY} for any.",
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(0.05, 60),
    default=2.0,
    show_default=True,
    help="Seconds to wait for the beginning of an answer.",
)
@click.pass_context
def read(ctx: click.Context, *, moniker: str, address: int, timeout_s: float) -> None:
    """Ask the meter on the line MONIKER once and print what `meter decode` prints for it."""
    raws: list[bytes] = []

    def keep(answer: Answer) -> bool:
        raws.append(answer.raw)
        try:
            return decode(answer.raw).more_follows
        except (FrameError, DecodeError):
            return False

    try:
        session = PollSession(address)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--address") from error
    try:
        line = open_transport(moniker)
        try:
            poll(line, session, timeout_s, keep)
        finally:
            line.close()
    except ValueError as error:  # MonikerError, RecordingError
        hint = getattr(error, "hint", "")
        raise click.BadParameter(f"{error}. {hint}".rstrip(), param_hint="MONIKER") from error
    except HardwareError as error:
        click.echo(
            json.dumps(
                {"error": type(error).__name__, "message": str(error), "hint": error.hint},
                ensure_ascii=False,
            )
        )
        ctx.exit(_NO_ANSWER)
    if not raws:
        click.echo(json.dumps({"error": "NoAnswer", "message": "the meter has nothing to say"}))
        ctx.exit(_NO_ANSWER)
    answer = answer_line(",".join(raw.hex() for raw in raws))
    click.echo(json.dumps(answer, ensure_ascii=False))
    if "error" in answer:
        ctx.exit(1)

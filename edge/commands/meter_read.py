"""`dorfhub meter read`: ask one meter on a line, now."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import click

from edge.collect.optical import read_out
from edge.collect.poll import poll
from edge.commands.meter_decode import answer_line
from hardware.errors import DecodeError, FrameError, HardwareError
from hardware.mbus.frame import ADDRESS_ANY, ADDRESS_LAST
from hardware.mbus.master import Answer, PollSession
from hardware.mbus.telegram import decode
from hardware.optical.iec62056 import Iec62056Session
from hardware.optical.kmp import KmpSession
from hardware.optical.session import LineSetting, Readout, Session
from hardware.transport import Moniker, open_transport
from hardware.transport.moniker import RecordName, SerialName

_EPILOG = """\b
Examples:
  dorfhub meter read serial:/dev/ttyUSB0
  dorfhub meter read 'serial:/dev/ttyUSB0?baud=300' --address 5
  dorfhub meter read tcp:192.168.1.20:10001 --address 12
  dorfhub meter read record:hall.rec+serial:/dev/ttyUSB0
  dorfhub meter read serial:/dev/ttyUSB1 --protocol iec62056
  dorfhub meter read serial:/dev/ttyUSB1 --protocol kmp

\b
iec62056 is an optical head on a Landis+Gyr Ultraheat (T550, UH50): each readout costs the meter
about 30 minutes of its battery's life, so nothing is repeated by itself. kmp is one on a
Kamstrup MULTICAL. Both set speed and parity of a serial line themselves.

\b
Address 254 asks whoever is there: for exactly one meter on the line. The running hub holds its
lines; stop it before asking over one of them.

\b
Exit code: 0 if the meter was read, 1 if it answered with something that cannot be decoded, 2 for
wrong usage, 3 if the line failed or the meter does not answer.
"""

_NO_ANSWER = 3
_MBUS_TIMEOUT_S = 2.0
_OPTICAL: dict[str, Callable[[float | None], Session]] = {
    "iec62056": lambda timeout_s: (
        Iec62056Session() if timeout_s is None else Iec62056Session(patience_s=timeout_s)
    ),
    "kmp": lambda timeout_s: (
        KmpSession() if timeout_s is None else KmpSession(patience_s=timeout_s)
    ),
}


@click.command(epilog=_EPILOG)
@click.argument("moniker")
@click.option(
    "--protocol",
    type=click.Choice(["mbus", *_OPTICAL]),
    default="mbus",
    show_default=True,
    help="M-Bus, or what the meter behind an optical head speaks.",
)
@click.option(
    "--address",
    type=click.IntRange(0, ADDRESS_ANY),
    help=f"The meter's primary M-Bus address, 0 to {ADDRESS_LAST}; default {ADDRESS_ANY}, any.",
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(0.05, 60),
    help="Seconds to wait for the beginning of an answer; default 2, for iec62056 5.",
)
@click.pass_context
def read(
    ctx: click.Context,
    *,
    moniker: str,
    protocol: str,
    address: int | None,
    timeout_s: float | None,
) -> None:
    """Ask the meter on the line MONIKER once and print what `meter decode` prints for it."""
    if protocol in _OPTICAL and address is not None:
        raise click.UsageError("an optical head has one meter in front of it: leave --address out")
    answer: dict[str, object] | None
    try:
        if protocol in _OPTICAL:
            answer = _optical(moniker, _OPTICAL[protocol](timeout_s))
        else:
            answer = _mbus(moniker, ADDRESS_ANY if address is None else address, timeout_s)
    except (FrameError, DecodeError) as error:
        nothing = dict.fromkeys(("manufacturer", "id", "version", "medium"))
        answer = {**_error(error), **nothing}
    except ValueError as error:  # MonikerError, RecordingError
        hint = getattr(error, "hint", "")
        raise click.BadParameter(f"{error}. {hint}".rstrip(), param_hint="MONIKER") from error
    except HardwareError as error:
        click.echo(json.dumps(_error(error), ensure_ascii=False))
        ctx.exit(_NO_ANSWER)
    if answer is None:
        click.echo(json.dumps({"error": "NoAnswer", "message": "the meter has nothing to say"}))
        ctx.exit(_NO_ANSWER)
    click.echo(json.dumps(answer, ensure_ascii=False))
    if "error" in answer:
        ctx.exit(1)


def _mbus(moniker: str, address: int, timeout_s: float | None) -> dict[str, object] | None:
    """Return the JSON object for one round of telegrams, None if the meter has none to give."""
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
    line = open_transport(moniker)
    try:
        poll(line, session, _MBUS_TIMEOUT_S if timeout_s is None else timeout_s, keep)
    finally:
        line.close()
    return answer_line(",".join(raw.hex() for raw in raws)) if raws else None


def _optical(moniker: str, session: Session) -> dict[str, object]:
    """Return the JSON object for one readout, with the keys that `meter decode` gives."""
    line = _set(Moniker.parse(moniker), session.setting).open()
    try:
        read_out(line, session)
    finally:
        line.close()
    return _message(session.readout())


def _set(name: Moniker, setting: LineSetting) -> Moniker:
    """Return ``name`` with the serial line in it set as the protocol demands."""
    line = name.line
    if isinstance(line, SerialName):
        line = replace(
            line,
            baud=setting.baud,
            parity=setting.parity,
            byte_size=setting.byte_size,
            stop_bits=setting.stop_bits,
        )
    elif isinstance(line, RecordName):
        line = replace(line, inner=_set(line.inner, setting))
    return replace(name, line=line)


def _message(readout: Readout) -> dict[str, object]:
    return {
        "manufacturer": readout.manufacturer,
        "id": readout.identification,
        "version": None,
        "medium": readout.medium,
        "encryption": "none",
        "status": readout.status,
        "profile": None,
        "readings": [
            {
                "quantity": record.quantity.value,
                "value": record.value,
                "unit": record.unit.value,
                "storage": record.register.storage,
                "tariff": record.register.tariff,
                "subunit": record.register.subunit,
                "function": record.register.function.value,
                "name": record.name,
            }
            for record in readout.records
        ],
    }


def _error(error: HardwareError) -> dict[str, object]:
    return {"error": type(error).__name__, "message": str(error), "hint": error.hint}

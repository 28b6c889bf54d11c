"""`dorfhub meter read`: ask one meter on a line, now."""

from __future__ import annotations

import json

import click

from edge.collect.optical import SESSIONS, optical_setting, read_out
from edge.collect.poll import poll
from edge.commands.meter_decode import answer_line
from edge.config.asking import BATTERY
from hardware.errors import DecodeError, FrameError, HardwareError
from hardware.mbus.frame import ADDRESS_ANY, ADDRESS_LAST
from hardware.mbus.master import Answer, PollSession
from hardware.mbus.secondary import SecondaryAddress
from hardware.mbus.telegram import decode
from hardware.optical.session import Readout, Session
from hardware.transport import Moniker, open_transport

_EPILOG = """\b
Examples:
  dorfhub meter read serial:/dev/ttyUSB0
  dorfhub meter read 'serial:/dev/ttyUSB0?baud=300' --address 5
  dorfhub meter read tcp:192.168.1.20:10001 --address 12
  dorfhub meter read serial:/dev/ttyUSB0 --secondary 76348799
  dorfhub meter read record:hall.rec+serial:/dev/ttyUSB0
  dorfhub meter read serial:/dev/ttyUSB1 --protocol iec62056
  dorfhub meter read serial:/dev/ttyUSB1 --protocol kmp
  dorfhub meter read --meter halle

\b
iec62056 is an optical head on a Landis+Gyr Ultraheat (T550, UH50): each readout costs the meter
about 30 minutes of its battery's life, so nothing is repeated by itself. kmp is one on a
Kamstrup MULTICAL. Both set speed and parity of a serial line themselves.

\b
Address 254 asks whoever is there: for exactly one meter on the line. A secondary address
(76348799, 7634????, 76348799KAM1B04; `dorfhub meter scan` names them) picks one of many. The
running hub holds its wired lines; stop it before asking over one of them.

\b
--meter lets the running hub read an optical meter of hub.toml, now: the reading is kept. It is
never refused, and does not count against daily_at.

\b
Exit code: 0 if the meter was read, 1 if it answered with something that cannot be decoded, 2 for
wrong usage, 3 if the line failed or the meter does not answer.
"""

_NO_ANSWER = 3
_MBUS_TIMEOUT_S = 2.0


@click.command(epilog=_EPILOG)
@click.argument("moniker", required=False)
@click.option("--meter", "meter_id", help="A meter_id of hub.toml, instead of MONIKER.")
@click.option(
    "--protocol",
    type=click.Choice(["mbus", *SESSIONS]),
    default="mbus",
    show_default=True,
    help="M-Bus, or what the meter behind an optical head speaks.",
)
@click.option(
    "--address",
    type=click.IntRange(0, ADDRESS_ANY),
    help=f"The meter's primary M-Bus address, 0 to {ADDRESS_LAST}; default {ADDRESS_ANY}, any.",
)
@click.option("--secondary", metavar="ADDRESS", help="The meter's secondary M-Bus address.")
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
    moniker: str | None,
    meter_id: str | None,
    protocol: str,
    address: int | None,
    secondary: str | None,
    timeout_s: float | None,
) -> None:
    """Ask the meter on the line MONIKER once and print what `meter decode` prints for it."""
    if (moniker is None) == (meter_id is None):
        raise click.UsageError("one of MONIKER and --meter says what to read")
    if moniker is None:
        from edge.commands.meter_request import ask_collector  # noqa: PLC0415 - loads the stores

        ctx.exit(ask_collector(ctx.obj, meter_id or ""))
    chosen = _address(protocol, address, secondary)
    answer: dict[str, object] | None
    try:
        if protocol in SESSIONS:
            answer = _optical(moniker, SESSIONS[protocol](timeout_s))
        else:
            answer = _mbus(moniker, chosen, timeout_s)
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


def _address(protocol: str, address: int | None, secondary: str | None) -> int | SecondaryAddress:
    """Return whom to ask, and say what asking costs."""
    if protocol in SESSIONS and (address is not None or secondary is not None):
        raise click.UsageError(
            "an optical head has one meter in front of it: leave --address and --secondary out"
        )
    if protocol == "iec62056":
        click.echo(f"Hinweis: {BATTERY}.", err=True)
    if secondary is None:
        return ADDRESS_ANY if address is None else address
    if address is not None:
        raise click.UsageError("a meter has one address: leave --address or --secondary out")
    try:
        return SecondaryAddress.parse(secondary.upper())
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--secondary") from error


def _mbus(
    moniker: str, address: int | SecondaryAddress, timeout_s: float | None
) -> dict[str, object] | None:
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
    line = optical_setting(Moniker.parse(moniker), session.setting).open()
    try:
        read_out(line, session)
    finally:
        line.close()
    return _message(session.readout())


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

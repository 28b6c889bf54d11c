"""`dorfhub meter read`: ask one meter on a line, now."""

from __future__ import annotations

import json

import click

from edge.collect.optical import SESSIONS, optical_setting, read_out
from edge.collect.poll import poll
from edge.commands.meter_decode import answer_line
from edge.commands.meter_json import reading
from edge.config.asking import BATTERY
from hardware.errors import DecodeError, FrameError, HardwareError
from hardware.mbus.frame import ADDRESS_ANY, ADDRESS_LAST
from hardware.mbus.master import Answer, PollSession
from hardware.mbus.secondary import SecondaryAddress
from hardware.mbus.telegram import decode
from hardware.optical.session import Readout, Session
from hardware.profiles.readout import checked
from hardware.transport import Moniker, open_transport

_EPILOG = """\b
Beispiele:
  dorfhub meter read serial:/dev/ttyUSB0
  dorfhub meter read 'serial:/dev/ttyUSB0?baud=300' --address 5
  dorfhub meter read tcp:192.168.1.20:10001 --address 12
  dorfhub meter read serial:/dev/ttyUSB0 --secondary 76348799
  dorfhub meter read record:hall.rec+serial:/dev/ttyUSB0
  dorfhub meter read serial:/dev/ttyUSB1 --protocol iec62056
  dorfhub meter read serial:/dev/ttyUSB1 --protocol kmp
  dorfhub meter read --meter halle

\b
iec62056 ist ein Lesekopf an einem Landis+Gyr Ultraheat (T550, UH50): jede Ablesung kostet ihn etwa
30 Minuten Lebensdauer der Batterie, darum wird nichts von selbst wiederholt. kmp ist einer an
einem Kamstrup MULTICAL. Beide stellen eine serielle Leitung selbst ein.

\b
Adresse 254 fragt, wer auch da ist: für genau einen Zähler an der Leitung. Eine Sekundäradresse
(76348799, 7634????, 76348799KAM1B04; `dorfhub meter scan` nennt sie) wählt einen von vielen. Der
laufende Hub hält seine Leitungen: ihn vorher anhalten.

\b
--meter lässt den laufenden Hub einen optischen Zähler aus hub.toml jetzt ablesen; der Messwert wird
aufbewahrt. Das wird nie verweigert und zählt nicht zu daily_at.

\b
Rückgabewert (Exit code): 0 wenn der Zähler abgelesen ist, 1 wenn seine Antwort nicht lesbar ist, 2
bei falschem Aufruf, 3 wenn die Leitung versagt oder der Zähler nicht antwortet.
"""

_NO_ANSWER = 3
_MBUS_TIMEOUT_S = 2.0


@click.command(epilog=_EPILOG)
@click.argument("moniker", metavar="[LEITUNG]", required=False)
@click.option("--meter", "meter_id", help="Eine meter_id aus hub.toml, statt LEITUNG.")
@click.option(
    "--protocol",
    type=click.Choice(["mbus", *SESSIONS]),
    default="mbus",
    show_default=True,
    help="M-Bus, oder was der Zähler hinter einem Lesekopf spricht.",
)
@click.option(
    "--address",
    type=click.IntRange(0, ADDRESS_ANY),
    help=f"Primäradresse des Zählers, 0 bis {ADDRESS_LAST}; Vorgabe {ADDRESS_ANY}: wer da ist.",
)
@click.option("--secondary", metavar="ADRESSE", help="Sekundäradresse des Zählers.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(0.05, 60),
    help="Sekunden bis zum Beginn der Antwort; Vorgabe 2, bei iec62056 5.",
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
    """Lies den Zähler an LEITUNG einmal ab; gezeigt wird es wie von `meter decode`."""
    if (moniker is None) == (meter_id is None):
        raise click.UsageError("entweder LEITUNG oder --meter sagt, was abzulesen ist")
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
        raise click.BadParameter(f"{error}. {hint}".rstrip(), param_hint="LEITUNG") from error
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
            "vor einem Lesekopf ist nur ein Zähler: --address und --secondary weglassen"
        )
    if protocol == "iec62056":
        click.echo(f"Hinweis: {BATTERY}.", err=True)
    if secondary is None:
        return ADDRESS_ANY if address is None else address
    if address is not None:
        raise click.UsageError("ein Zähler hat eine Adresse: --address oder --secondary weglassen")
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
    return _message(checked(session.readout()))


def _message(readout: Readout) -> dict[str, object]:
    return {
        "manufacturer": readout.manufacturer,
        "id": readout.identification,
        "version": None,
        "medium": readout.medium,
        "encryption": "none",
        "status": readout.status,
        "profile": None,
        "readings": [reading(record) for record in readout.records],
    }


def _error(error: HardwareError) -> dict[str, object]:
    return {"error": type(error).__name__, "message": str(error), "hint": error.hint}

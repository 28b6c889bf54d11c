"""`dorfhub meter simulate`: a virtual heat meter on a pseudo-terminal, or a recording of one."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from edge.commands.bus_meter import bus_meter
from edge.commands.street_simulate import KINDS, play_street
from edge.process.lifecycle import stop_on_signals
from edge.process.words import said
from hardware.errors import HardwareError
from hardware.sim.bus import BusMeter
from hardware.sim.link import Faults
from hardware.sim.meter import Acknowledgements, VirtualBus
from hardware.sim.port_link import LinkInUse
from hardware.sim.telegrams import INSTALLED, FileTelegrams, HeatTelegrams
from hardware.transport.recording import Direction, format_line

POLL_INTERVAL = timedelta(minutes=15)

_ADDRESS = 1  # of a modelled meter that is given none
_EPILOG = """\b
Beispiele:
  dorfhub meter simulate --link /tmp/hallenzaehler &
  dorfhub meter read serial:/tmp/hallenzaehler
  dorfhub meter simulate --telegrams aufgenommen.hex --garbage-every 5
  dorfhub meter simulate --record vergangenheit.rec --days 30
  dorfhub meter simulate --street 300 --receiver im871a --link /tmp/stick --speed 10
  dorfhub meter simulate --meter seed=1,address=1 --meter seed=2,baud=300 --echo

\b
Jedes --meter ist ein Zähler an einem gemeinsamen Bus: Paare NAME=WERT aus seed, id (acht
Ziffern), manufacturer, version, medium, address (Vorgabe 0), baud (Vorgabe: jede), parts
(Telegramme einer Antwort), late (Sekunden), fabrication, mute (1: antwortet nie). Antworten, die
sich überschneiden, werden verstümmelt wie am echten Bus. Ohne --meter gibt es einen Zähler, so
wie die anderen Optionen sagen.

\b
Eine JSON-Zeile {"pty": ..., "link": ...} sagt, dass der Zähler bereit ist; er antwortet bis
SIGTERM oder Strg-C. Mit --record wird stattdessen die Vergangenheit in eine Datei geschrieben, und
das Programm endet. Gleicher --seed heißt gleiches Gebäude: der lebende Zähler fährt fort, wo die
Aufnahme endet (außer sie beginnt vor 2026, als die virtuellen Zähler eingebaut wurden).

\b
Mit --street ist es ein Funkempfänger, der so viele Zähler hört, auf alle üblichen Arten
verschlüsselt, jeden alle 16 bis 120 Sekunden. `dorfhub meter listen` und die [[receivers]] eines
Hubs hören ihn.

\b
Rückgabewert (Exit code): 0 nach einem sauberen Ende, 1 wenn etwas misslang, 2 bei falschem
Aufruf, auch wenn ein anderer Simulator den --link schon benutzt.
"""

_Path = click.Path(path_type=Path, dir_okay=False)
_Every = click.IntRange(min=0)


@click.command(epilog=_EPILOG)
@click.option(
    "--link", type=_Path, help="Ein symbolischer Link, der auf das Pseudo-Terminal zeigen soll."
)
@click.option(
    "--telegrams",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Zeilen mit Hex oder eine Aufnahme: echte Telegramme, reihum gegeben.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option(
    "--address",
    type=click.IntRange(0, 250),
    help=f"Primäradresse; Vorgabe {_ADDRESS}, mit --telegrams die des ersten.",
)
@click.option(
    "--meter", "meters", multiple=True, metavar="NAME=WERT,...", help="Einer von mehreren am Bus."
)
@click.option("--echo", is_flag=True, help="Der Pegelwandler gibt zurück, was gesendet wird.")
@click.option("--garbage-every", type=_Every, default=0, help="Jede n-te Antwort ist Rauschen.")
@click.option("--silence-every", type=_Every, default=0, help="Jede n-te Antwort fehlt.")
@click.option("--checksum-every", type=_Every, default=0, help="Jede n-te Prüfsumme ist falsch.")
@click.option("--cut-every", type=_Every, default=0, help="Jede n-te Antwort endet zu früh.")
@click.option(
    "--acknowledged",
    type=_Path,
    help="Datei, an die jedes Telegramm dauerhaft angehängt wird, dessen Empfang quittiert wurde.",
)
@click.option(
    "--street",
    type=click.IntRange(1, 100_000),
    help="Ein Empfänger sein, der so viele Zähler hört.",
)
@click.option("--receiver", type=click.Choice(KINDS), default="im871a", show_default=True)
@click.option(
    "--speed",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="Mit --street: wie viel schneller als echt; 0 heißt so schnell es geht.",
)
@click.option(
    "--trouble-every",
    type=_Every,
    default=0,
    help="Mit --street: Rauschen und Schäden bei jedem n-ten.",
)
@click.option("--keys", type=_Path, help="Mit --street: neue Datei für die Schlüssel der Zähler.")
@click.option(
    "--record", type=_Path, help="Die Vergangenheit in diese neue Datei schreiben und enden."
)
@click.option(
    "--days",
    type=click.IntRange(1, 3660),
    default=30,
    show_default=True,
    help="Zu --record: wie viele Tage.",
)
def simulate(
    *,
    link: Path | None,
    telegrams: Path | None,
    seed: int,
    address: int | None,
    meters: tuple[str, ...],
    echo: bool,
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
    """Spiele einen Wärmezähler, seine Vergangenheit oder eine Straße an einem Funkempfänger."""
    if street is not None:
        if record is not None or telegrams is not None:
            raise click.UsageError("--street steht allein: --record und --telegrams weglassen")
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
            raise click.UsageError(
                "--record schreibt einen nachgebildeten Zähler: --telegrams weglassen"
            )
        _write_past(record, seed, _ADDRESS if address is None else address, days)
        return
    faults = Faults(
        silence_every=silence_every,
        garbage_every=garbage_every,
        checksum_every=checksum_every,
        cut_every=cut_every,
    )
    if meters and (telegrams is not None or address is not None):
        raise click.UsageError(
            "jedes --meter sagt das für sich: --telegrams und --address weglassen"
        )
    _play(
        lambda told: (
            [bus_meter(text, faults, told) for text in meters]
            or [_one_meter(telegrams, seed, address, faults, told)]
        ),
        acknowledged=acknowledged,
        link=link,
        echo=echo,
        seed=seed,
    )


def _one_meter(
    telegrams: Path | None,
    seed: int,
    address: int | None,
    faults: Faults,
    told: Acknowledgements | None,
) -> BusMeter:
    source = FileTelegrams.read(telegrams, address=address) if telegrams else None
    at = _address(source, address)
    one = source or HeatTelegrams(seed, address=at)
    return BusMeter(one, at, faults=faults, acknowledged=told)


def _play(
    on_bus_of: Callable[[Acknowledgements | None], list[BusMeter]],
    *,
    acknowledged: Path | None,
    link: Path | None,
    echo: bool,
    seed: int,
) -> None:
    """Put the meters on one bus until a signal."""
    try:
        stop = stop_on_signals()
        with contextlib.ExitStack() as stack:
            told = None
            if acknowledged is not None:
                told = Acknowledgements(acknowledged)
                stack.callback(told.close)
            on_bus = on_bus_of(told)
            meter = stack.enter_context(VirtualBus(on_bus, link=link, echo=echo, seed=seed))
            click.echo(json.dumps({"pty": meter.port, "link": str(link) if link else None}))
            while not stop.wait(0.5) and meter.failure is None:
                pass
    except LinkInUse as error:
        raise click.UsageError(said(error)) from error
    except HardwareError as error:
        raise click.ClickException(said(error)) from error
    except (OSError, ValueError) as error:
        raise click.ClickException(f"Das Nachbilden ging nicht: {error}") from error


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
        raise click.ClickException(
            f"{path} lässt sich nicht schreiben: {error.strerror}"
        ) from error

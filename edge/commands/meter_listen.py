"""`dorfhub meter listen`: which meters a receiver hears, and with keys what they say."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.collect.counters import told
from edge.collect.listener import Listener, open_receiver
from edge.collect.street import CHECKSUMS
from edge.process.lifecycle import stop_on_signals
from edge.process.words import said
from hardware.errors import FrameError, HardwareError, MonikerError
from hardware.receiver import KINDS, Heard, LinkMode, receiver_of
from hardware.transport.replay import EndOfRecordingError
from hardware.wmbus import link
from hardware.wmbus.glance import SENDS, Glance, glance, wireless_address

if TYPE_CHECKING:
    from edge.commands.listen_values import Said, Values

_EPILOG = """\b
Beispiele:
  dorfhub meter listen --receiver im871a --transport serial:/dev/ttyUSB1
  dorfhub meter listen --receiver cul --transport serial:/dev/ttyACM0 --mode C1 --json
  rtl_sdr ... | rtl_wmbus | dorfhub meter listen --receiver rtl_wmbus --transport pipe:/dev/stdin
  dorfhub meter listen --receiver cul --transport serial:/dev/ttyACM0 --hex | dorfhub meter decode

  dorfhub meter listen --receiver cul --transport serial:/dev/ttyACM0 --key KAM-76348799

\b
Gezeigt wird, was jeder Zähler offen sagt. Mit --key oder --keys werden auch die Werte gelesen. Ein
Schlüssel wird verdeckt gefragt oder von der Eingabe gelesen, eine Zeile je --key, und steht nie
auf der Befehlszeile. Nichts wird gespeichert, auch kein Schlüssel. Der laufende Hub hält seine
Empfänger: ihn vorher anhalten.

\b
Rückgabewert (Exit code): 0 nach Strg-C, --seconds oder dem Ende einer Aufnahme, 1 wenn ein
Schlüssel keiner ist, 2 bei falschem Aufruf, 3 wenn die Leitung versagt oder der Empfänger nicht
antwortet.
"""

_FAILED = 3
MOST_METERS = 10_000  # a table of more is no table; more are only counted
MOST_ROWS = 40  # of a live table: the newest ones fit a terminal
REDRAW_S = 1.0
_CLEAR = "\x1b[H\x1b[2J"
_STANDARD_INPUT = frozenset(("pipe:/dev/stdin", "pipe:/proc/self/fd/0", "pipe:/dev/fd/0"))


@click.command(epilog=_EPILOG)
@click.option("--receiver", "kind", type=click.Choice(KINDS), required=True)
@click.option("--transport", required=True, help="Seine Leitung, etwa serial:/dev/ttyUSB1.")
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in LinkMode]),
    help="Welche Sendungen; Vorgabe C1+T1, oder T1, wenn der Empfänger nicht beide hört.",
)
@click.option("--json", "as_json", is_flag=True, help="Ein JSON-Objekt je Telegramm.")
@click.option(
    "--hex", "as_hex", is_flag=True, help="Eine Zeile Hex je Telegramm, für meter decode."
)
@click.option(
    "--key",
    "asked_for",
    multiple=True,
    metavar="ZÄHLER",
    help="Nach dem Schlüssel dieses Zählers fragen und seine Werte zeigen; mehrmals möglich.",
)
@click.option(
    "--keys",
    "key_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Datei mit Schlüsseln, wie `meter key import` sie liest.",
)
@click.option(
    "--seconds", type=click.FloatRange(min=0.1), help="Nach so vielen Sekunden von selbst enden."
)
@click.pass_context
def listen(
    ctx: click.Context,
    *,
    kind: str,
    transport: str,
    mode: str | None,
    as_json: bool,
    as_hex: bool,
    asked_for: tuple[str, ...],
    key_file: Path | None,
    seconds: float | None,
) -> None:
    """Zeige, welche Zähler ein Empfänger hört, bis Strg-C."""
    if as_json and as_hex:
        raise click.UsageError("entweder --json oder --hex")
    if as_hex and (asked_for or key_file):
        raise click.UsageError(
            "--hex schreibt Telegramme, wie sie kamen: --key und --keys weglassen"
        )
    if asked_for and transport in _STANDARD_INPUT and not sys.stdin.isatty():
        raise click.UsageError(
            "die Eingabe ist schon die Leitung: die Schlüssel aus einer Datei lesen, mit --keys"
        )
    able = receiver_of(kind).modes
    chosen = LinkMode(mode or ("C1+T1" if LinkMode.C1_T1 in able else "T1"))
    if chosen not in able:
        modes = ", ".join(sorted(able))
        raise click.BadParameter(f"{kind} kann nur: {modes}", param_hint="--mode")
    show = _show_json if as_json else _show_hex if as_hex else _show_new
    values = _values(asked_for, key_file)
    view = _View(_show_nothing if show is _show_new and sys.stdout.isatty() else show, values)
    failure = _listen(view, transport, kind, chosen.value, seconds)
    click.echo(view.summary(), err=True)
    if failure is not None:
        click.echo(said(failure), err=True)
        ctx.exit(_FAILED)


def _values(asked_for: tuple[str, ...], key_file: Path | None) -> Values | None:
    """Return what reads telegrams, None if no keys are given."""
    if not asked_for and key_file is None:
        return None
    from edge.commands.listen_values import Values, asked, from_file  # noqa: PLC0415  # `--help` is quick

    keys = {} if key_file is None else from_file(key_file)
    return Values(keys | asked(asked_for))


def _listen(
    view: _View, transport: str, kind: str, mode: str, seconds: float | None
) -> HardwareError | None:
    """Listen until it is enough; return what has failed, None if nothing did."""
    stop = stop_on_signals()
    until_s = None if seconds is None else time.monotonic() + seconds
    try:
        line = open_receiver(transport, kind)
    except MonikerError as error:
        raise click.BadParameter(said(error), param_hint="--transport") from error
    except HardwareError as error:
        return error
    try:
        listener = Listener(line, kind, mode)
        while not stop.is_set() and (until_s is None or time.monotonic() < until_s):
            for heard in listener.step():
                view.take(heard)
            view.hall.counts.update(listener.new_damage())
            view.draw(ready=listener.ready)
    except EndOfRecordingError:
        return None
    except HardwareError as error:
        return error
    finally:
        line.close()
    return None


@dataclass(slots=True)
class Row:
    """One meter that was heard.

    ``said`` is what its last telegram says, None if nobody asked; ``is_news`` says that it is the
    meter's first telegram, or the first of which values could be read.
    """

    seen: Glance
    first_at: datetime
    last_at: datetime
    telegrams: int = 0
    rssi_dbm: float | None = None
    said: Said | None = None
    is_news: bool = True


@dataclass(slots=True)
class Hall:
    """Everything that was heard since the start; ``values`` reads it, if there are keys."""

    values: Values | None = None
    rows: dict[str, Row] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def take(self, heard: Heard) -> Row | None:
        """Take one telegram in; None if it is no meter's."""
        try:
            frame = link.parse(heard.telegram, CHECKSUMS[heard.crc])
        except FrameError:
            self.counts["bad_frame"] += 1
            return None
        if frame.control not in SENDS:
            self.counts["no_meter"] += 1
            return None
        self.counts["heard"] += 1
        seen = glance(frame)
        now = datetime.now(UTC)
        row = self.rows.get(seen.device)
        if row is None:
            row = Row(seen, now, now)
            if len(self.rows) < MOST_METERS:
                self.rows[seen.device] = row
        row.seen = seen
        row.last_at = now
        row.telegrams += 1
        row.rssi_dbm = row.rssi_dbm if heard.rssi_dbm is None else heard.rssi_dbm
        if self.values is not None:
            could_read = row.said is not None and row.said.is_read
            row.said = self.values.read(frame)
            row.is_news = row.telegrams == 1 or (row.said.is_read and not could_read)
        else:
            row.is_news = row.telegrams == 1
        return row


Show = Callable[["Row", Heard], None]


class _View:
    """What stands on the terminal: a table that lives, or what ``show`` writes a telegram."""

    def __init__(self, show: Show, values: Values | None) -> None:
        self.hall = Hall(values)
        self._show = show
        self._started_s = self._drawn_s = time.monotonic()

    def take(self, heard: Heard) -> None:
        """Take one telegram in."""
        row = self.hall.take(heard)
        if row is not None:
            self._show(row, heard)

    def draw(self, *, ready: bool) -> None:
        """Draw the table anew, if there is one and it is old enough."""
        if self._show is _show_nothing and time.monotonic() - self._drawn_s >= REDRAW_S:
            self._drawn_s = time.monotonic()
            click.echo(_CLEAR + _table(self.hall, ready=ready), nl=False)

    def summary(self) -> str:
        """Return what was heard in all."""
        return _summary(self.hall, time.monotonic() - self._started_s)


def _show_nothing(row: Row, heard: Heard) -> None:
    """Leave it to the table."""


def _show_new(row: Row, heard: Heard) -> None:
    del heard
    if row.is_news:
        click.echo(_line(row))


def _show_json(row: Row, heard: Heard) -> None:
    seen = row.seen
    answer: dict[str, object] = {
        "at": row.last_at.isoformat(timespec="milliseconds"),
        "device": seen.device,
        "wireless": wireless_address(seen.device),
        "manufacturer": seen.header.manufacturer,
        "id": seen.header.identification,
        "version": seen.header.version,
        "medium": seen.header.medium,
        "encryption": seen.encryption,
        "access_number": seen.access_number,
        "rssi_dbm": heard.rssi_dbm,
        "telegrams": row.telegrams,
    }
    if row.said is not None:
        answer["said"] = row.said.as_json()
    click.echo(json.dumps(answer, ensure_ascii=False))
    sys.stdout.flush()


def _show_hex(row: Row, heard: Heard) -> None:
    del row
    click.echo(heard.telegram.hex().upper())
    sys.stdout.flush()


def _line(row: Row) -> str:
    header = row.seen.header
    strength = "" if row.rssi_dbm is None else f"{row.rssi_dbm:.0f} dBm"
    values = "" if row.said is None else f"  {row.said.in_short()}"
    return (
        f"{wireless_address(row.seen.device):14} {header.version or 0:02X} "
        f"{header.medium or '?':28.28} {row.seen.encryption:14} {strength:>8} {row.telegrams:>9}"
        f"{values}"
    )


def _table(hall: Hall, *, ready: bool) -> str:
    newest = sorted(hall.rows.values(), key=lambda row: row.last_at, reverse=True)[:MOST_ROWS]
    state = "Der Empfänger hört." if ready else "Der Empfänger wird eingestellt ..."
    lines = [
        f"{state} {len(hall.rows)} Zähler, {hall.counts['heard']} Telegramme. Strg-C beendet.",
        "",
        f"{'Zähler':14} V  {'Medium':28} {'Verschlüsselt':14} {'Stärke':>8} {'Telegramme':>9}"
        + ("  Werte" if hall.values else ""),
        *map(_line, sorted(newest, key=lambda row: row.seen.device)),
    ]
    if len(hall.rows) > MOST_ROWS:
        lines.append(f"... und {len(hall.rows) - MOST_ROWS} weitere; --json zeigt alle.")
    return "\n".join(lines) + "\n"


def _summary(hall: Hall, passed_s: float) -> str:
    meters = "1 Zähler" if len(hall.rows) == 1 else f"{len(hall.rows)} Zähler"
    heard = hall.counts["heard"]
    telegrams = "1 Telegramm" if heard == 1 else f"{heard} Telegrammen"
    rest = told({kind: count for kind, count in hall.counts.items() if kind != "heard"})
    damaged = f" Außerdem: {rest}." if rest else ""
    return f"In {passed_s:.0f} s {meters} mit {telegrams} gehört.{damaged}"

"""`dorfhub meter listen`: which meters a receiver hears, without a hub and without a key."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

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

_EPILOG = """\b
Examples:
  dorfhub meter listen --receiver im871a --transport serial:/dev/ttyUSB1
  dorfhub meter listen --receiver cul --transport serial:/dev/ttyACM0 --mode C1 --json
  rtl_sdr ... | rtl_wmbus | dorfhub meter listen --receiver rtl_wmbus --transport pipe:/dev/stdin
  dorfhub meter listen --receiver cul --transport serial:/dev/ttyACM0 --hex | dorfhub meter decode

\b
What is shown is what every meter says openly: nothing is decrypted and nothing is stored. The
running hub holds its receivers; stop it before listening with one of them.

\b
Exit code: 0 after Ctrl-C, --seconds or the end of a recording, 2 for wrong usage, 3 if the line
fails or the receiver does not answer.
"""

_FAILED = 3
MOST_METERS = 10_000  # a table of more is no table; more are only counted
MOST_ROWS = 40  # of a live table: the newest ones fit a terminal
REDRAW_S = 1.0
_CLEAR = "\x1b[H\x1b[2J"


@click.command(epilog=_EPILOG)
@click.option("--receiver", "kind", type=click.Choice(KINDS), required=True)
@click.option("--transport", required=True, help="The line it is on, such as serial:/dev/ttyUSB1.")
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in LinkMode]),
    help="Which transmissions; default C1+T1, or T1 where the receiver cannot hear both.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a telegram.")
@click.option("--hex", "as_hex", is_flag=True, help="One line of hex a telegram, for meter decode.")
@click.option("--seconds", type=click.FloatRange(min=0.1), help="End by itself after this time.")
@click.pass_context
def listen(
    ctx: click.Context,
    *,
    kind: str,
    transport: str,
    mode: str | None,
    as_json: bool,
    as_hex: bool,
    seconds: float | None,
) -> None:
    """Show which meters a receiver hears, until Ctrl-C."""
    if as_json and as_hex:
        raise click.UsageError("--json and --hex exclude each other")
    able = receiver_of(kind).modes
    chosen = LinkMode(mode or ("C1+T1" if LinkMode.C1_T1 in able else "T1"))
    if chosen not in able:
        modes = ", ".join(sorted(able))
        raise click.BadParameter(f"{kind} kann nur: {modes}", param_hint="--mode")
    show = _show_json if as_json else _show_hex if as_hex else _show_new
    view = _View(_show_nothing if show is _show_new and sys.stdout.isatty() else show)
    failure = _listen(view, transport, kind, chosen.value, seconds)
    click.echo(view.summary(), err=True)
    if failure is not None:
        click.echo(said(failure), err=True)
        ctx.exit(_FAILED)


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
    """One meter that was heard."""

    seen: Glance
    first_at: datetime
    last_at: datetime
    telegrams: int = 0
    rssi_dbm: float | None = None


@dataclass(slots=True)
class Hall:
    """Everything that was heard since the start."""

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
        return row


Show = Callable[["Row", Heard], None]


class _View:
    """What stands on the terminal: a table that lives, or what ``show`` writes a telegram."""

    def __init__(self, show: Show) -> None:
        self.hall = Hall()
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
    if row.telegrams == 1:
        click.echo(_line(row))


def _show_json(row: Row, heard: Heard) -> None:
    seen = row.seen
    answer = {
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
    click.echo(json.dumps(answer, ensure_ascii=False))
    sys.stdout.flush()


def _show_hex(row: Row, heard: Heard) -> None:
    del row
    click.echo(heard.telegram.hex().upper())
    sys.stdout.flush()


def _line(row: Row) -> str:
    header = row.seen.header
    strength = "" if row.rssi_dbm is None else f"{row.rssi_dbm:.0f} dBm"
    return (
        f"{wireless_address(row.seen.device):14} {header.version or 0:02X} "
        f"{header.medium or '?':28.28} {row.seen.encryption:14} {strength:>8} {row.telegrams:>9}"
    )


def _table(hall: Hall, *, ready: bool) -> str:
    newest = sorted(hall.rows.values(), key=lambda row: row.last_at, reverse=True)[:MOST_ROWS]
    state = "Der Empfänger hört." if ready else "Der Empfänger wird eingestellt ..."
    lines = [
        f"{state} {len(hall.rows)} Zähler, {hall.counts['heard']} Telegramme. Strg-C beendet.",
        "",
        f"{'Zähler':14} V  {'Medium':28} {'Verschlüsselt':14} {'Stärke':>8} {'Telegramme':>9}",
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

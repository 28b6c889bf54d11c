"""`dorfhub ble pair`: ask the collector, which owns the radio, to pair a new sensor."""

from __future__ import annotations

import select
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from edge.clock import SystemClock
from edge.collect.ble.profile import SOS, kind_word
from edge.commands.ble_request import NO_ANSWER, ask_and_wait, failed
from edge.process.running import ask_config
from edge.process.words import said
from edge.store.errors import StoreError
from edge.store.village import VillageStore
from edge.store.village_rows import Request

GRACE_S = 90.0  # a connection that began in time may take that long to pair, code included
LOOK_S = 300.0
PASSKEY_DIGITS = 6
_ROW = "{number:>3}  {bars:5}{distance:16}{name:28.28}{kind:22.22}…{ending}"


@click.command()
@click.option(
    "--wait-s",
    type=click.IntRange(5, 300),
    default=60,
    show_default=True,
    help="So lange nach dem Gerät suchen.",
)
@click.option("--address", metavar="ADRESSE", help="Dieses koppeln, auch wenn es das schon ist.")
@click.option("--nearest", is_flag=True, help="Ohne Liste: das nächstliegende nehmen.")
@click.option("--name", help="Wie es heißen soll (kein Name einer Person: alle sehen ihn).")
@click.option("--sos", is_flag=True, help="Es ist ein Rufknopf: jeder Druck ist ein Ruf.")
@click.option(
    "--every-h",
    type=click.FloatRange(0.02, 8784),
    help="Melden, wenn so viele Stunden kein Wert kam (sonst meist 36).",
)
@click.pass_obj
def pair(  # noqa: PLR0917  # the options
    config_path: Path,
    wait_s: int,
    address: str | None,
    nearest: bool,  # noqa: FBT001  # an option
    name: str | None,
    sos: bool,  # noqa: FBT001
    every_h: float | None,
) -> None:
    """Kopple einen neuen Sensor: hier aus einer Liste, in einem Skript den nächstliegenden.

    Am Gerät die Kopplung starten (meist eine Taste lange drücken), es neben den Hub legen und dies
    eintippen, während der Hub läuft. Zeigt das Gerät sechs Ziffern, wird nach ihnen gefragt.

    \b
    Beispiele:
      $ dorfhub ble pair
      $ dorfhub ble pair --nearest --name "Blutdruck Gemeindehaus"
      Gekoppelt: Blutdruck Gemeindehaus (C0:26:DA:01:02:03), Kennung ble:C026DA010203.

    \b
    Rückgabewerte (Exit codes):
      0   gekoppelt
      1   nicht gekoppelt; die Meldung sagt, warum und was zu tun ist
      2   falscher Aufruf
      78  hub.toml fehlt oder ist falsch
    """
    config = ask_config(config_path)
    given = {"address": address.upper() if address else None, "name": name, "expected_h": every_h}
    arguments: dict[str, object] = {
        "wait_s": wait_s,
        **{key: value for key, value in given.items() if value is not None},
        **({"sos": True} if sos else {}),
    }
    try:
        with VillageStore(config.hub.village_db) as village:
            shows = sys.stdin.isatty() and sys.stdout.isatty()
            if address is None and not nearest and shows:
                chosen = _choose(village)
                arguments["address"] = chosen
            click.echo(f"Suche das Gerät, bis zu {wait_s} s ...", err=True)
            limit_s = wait_s + GRACE_S
            request = ask_and_wait(village, "pair", arguments, limit_s, _Typist(village))
    except StoreError as error:
        raise failed(said(error)) from None
    _tell(request)


def _tell(request: Request | None) -> None:
    if request is None:
        raise failed(NO_ANSWER)
    result = request.result or {}
    if request.state != "done":
        hint = result.get("hint") or "Warum, steht im Protokoll des Hubs."
        raise failed(f"Nicht gekoppelt. {hint}")
    if result.get("blinked") is True:
        click.echo("Das Gerät hat gerade geblinkt oder gepiept: Ist es das richtige?", err=True)
    if "battery" in result:
        click.echo(f"Seine Batterie hat noch {result['battery']} %.", err=True)
    click.echo(
        f"Gekoppelt: {result.get('name')} ({result.get('address')}), "
        f"Kennung {result.get('device_id')}."
    )
    if result.get("kind") == kind_word(SOS):
        click.echo(
            "Bitte den Knopf jetzt zur Probe drücken: auf der Seite /geraete/koppeln muss ein Ruf "
            "stehen. Verschlüsselt er, vorher: dorfhub ble key add. Sendet er auch von selbst, "
            "ruft er nur damit.",
            err=True,
        )


class _Typist:
    """Asks for the code once, when the device shows one."""

    def __init__(self, village: VillageStore) -> None:
        self._village = village
        self._asked = False

    def __call__(self, request: Request) -> bool:
        if self._asked or (request.result or {}).get("stage") != "passkey":
            return True
        self._asked = True
        text = "Das Gerät zeigt sechs Ziffern. Bitte innerhalb einer halben Minute eintippen"
        code = click.prompt(text, value_proc=_passkey, err=True)
        now = SystemClock().stamp().wall_ms
        self._village.ask("passkey", {"pairing": request.request, "passkey": code}, now)
        return True


def _passkey(text: str) -> int:
    digits = text.strip()
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= PASSKEY_DIGITS):
        raise click.UsageError("Es sind sechs Ziffern, wie das Gerät sie zeigt.")
    return int(digits)


def _choose(village: VillageStore) -> str:
    """Show who is near until a person has chosen, and return the address."""
    click.echo("1. Am Gerät die Kopplung starten (meist eine Taste lange drücken), neben den Hub.")
    click.echo("2. Nummer eingeben, sobald das Gerät in der Liste steht. Eingabetaste: neue Liste.")
    shown: list[Mapping[str, object]] = []
    chosen: list[str] = []
    fresh = True

    def watch(request: Request) -> bool:
        nonlocal shown, fresh
        found = (request.result or {}).get("found")
        listed = found if isinstance(found, list) else []
        now: list[Mapping[str, object]] = [one for one in listed if isinstance(one, dict)]
        if fresh or [one["address"] for one in now] != [one["address"] for one in shown]:
            shown, fresh = now, False
            _show(shown)
        if select.select([sys.stdin], [], [], 0)[0]:
            typed = sys.stdin.readline().strip()
            fresh = True
            if typed.isdecimal() and 1 <= int(typed) <= len(shown):
                chosen.append(str(shown[int(typed) - 1]["address"]))
                return False
        return True

    request = ask_and_wait(village, "look", {"wait_s": LOOK_S}, LOOK_S + 10, watch)
    if chosen:
        return chosen[0]
    hint = (request.result or {}).get("hint") if request is not None else NO_ANSWER
    raise failed(str(hint or "Nichts ausgewählt."))


def _show(found: list[Mapping[str, object]]) -> None:
    if not found:
        click.echo("     noch nichts zu hören ...")
    for number, one in enumerate(found, 1):
        bars = one.get("bars")
        count = bars if isinstance(bars, int) else 1
        row = _ROW.format(
            number=number,
            bars="▮" * count + "▯" * (4 - count),
            distance=str(one.get("distance", "")),
            name=str(one.get("name", "")),
            kind=str(one.get("kind", "")),
            ending=str(one.get("address", ""))[-5:],
        )
        click.echo(row)
    click.echo("")

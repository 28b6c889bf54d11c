"""`dorfhub meter scan`: who is on this bus, and what to write into hub.toml."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import click

from edge.collect.survey import BAUDS, Patience, lead, set_baud
from edge.commands.scan_progress import Progress
from edge.process.words import said
from hardware.errors import HardwareError, MonikerError
from hardware.mbus.frame import ADDRESS_LAST
from hardware.mbus.probe import Found, LineNoise, Survey
from hardware.mbus.scan import ALL_ADDRESSES, Presence, PrimaryScan
from hardware.mbus.search import EVERYBODY, SecondarySearch
from hardware.mbus.secondary import SecondaryAddress
from hardware.mbus.telegram import read_header
from hardware.transport import Moniker, Transport
from hardware.transport.moniker import ReplayName, SerialName

_EPILOG = """\b
Beispiele:
  dorfhub meter scan serial:/dev/ttyUSB0
  dorfhub meter scan serial:/dev/ttyUSB0 --baud all
  dorfhub meter scan serial:/dev/ttyUSB0 --within '6600????'
  dorfhub meter scan tcp:192.168.1.20:10001 --primary --addresses 1-20
  dorfhub meter scan serial:/dev/ttyUSB0 --json > zaehler.json

\b
Ohne --primary wird nach Sekundäradressen gesucht (Nummer, Hersteller, Version, Medium): das findet
auch Zähler, die noch keine Primäradresse haben oder sich eine teilen. Der Fortschritt steht auf
der Fehlerausgabe, das Ergebnis mit den fertigen Abschnitten für hub.toml auf der Standardausgabe.

\b
--baud geht nur an serial:, ein Pegelwandler im Netz hat seine eigene Geschwindigkeit. Eine
Geschwindigkeit, bei der auf Adresse 254 niemand antwortet, wird übersprungen. Der laufende Hub
hält seine Leitungen: ihn vorher anhalten.

\b
Rückgabewert (Exit code): 0 wenn Zähler gefunden wurden, 1 wenn etwas antwortet, das sich nicht
auflösen ließ (das Ergebnis nennt es), 2 bei falschem Aufruf, 3 wenn niemand
antwortet oder die Leitung versagt.
"""

_NOBODY = 3
_SITE = "HIER-DEN-ORT-EINTRAGEN"
_MEDIA = {
    "heat": "Wärme",
    "heat/cooling load": "Wärme/Kälte",
    "cooling load volume at outlet": "Kälte",
    "cooling load volume at inlet": "Kälte",
    "heat volume at inlet": "Wärme",
    "water": "Wasser",
    "warm water": "Warmwasser",
    "hot water": "Heißwasser",
    "cold water": "Kaltwasser",
    "electricity": "Strom",
    "gas": "Gas",
    "heat cost allocation": "Heizkosten",
}


@dataclass(frozen=True, slots=True)
class _Hit:
    found: Found
    baud: int | None


@dataclass(slots=True)
class _Result:
    hits: list[_Hit] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)  # sentences
    asked: int = 0


@click.command(epilog=_EPILOG)
@click.argument("moniker", metavar="LEITUNG")
@click.option("--secondary", "way", flag_value="secondary", default=True, help="Die Vorgabe.")
@click.option("--primary", "way", flag_value="primary", help="Primäradressen 0 bis 250 fragen.")
@click.option("--addresses", metavar="VON-BIS", help="Mit --primary: nur diese, etwa 1-20.")
@click.option("--within", metavar="MUSTER", help="Nur Sekundäradressen dieser Form: 6600????")
@click.option("--baud", metavar="LISTE", help="Geschwindigkeiten, etwa 300,2400, oder all.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(0.02, 60),
    help="Sekunden bis zur Antwort; Vorgabe nach Norm und Geschwindigkeit.",
)
@click.option("--json", "as_json", is_flag=True, help="Das Ergebnis als JSON.")
@click.pass_context
def scan(
    ctx: click.Context,
    *,
    moniker: str,
    way: str,
    addresses: str | None,
    within: str | None,
    baud: str | None,
    timeout_s: float | None,
    as_json: bool,
) -> None:
    """Suche die Zähler an LEITUNG (M-Bus mit Draht)."""
    make = _survey(way, addresses, within)
    try:
        name = Moniker.parse(moniker)
        bauds = _bauds(name, baud)
    except MonikerError as error:
        raise click.BadParameter(f"{error}. {error.hint}", param_hint="LEITUNG") from error
    result = _Result()
    told = Progress()
    failure: HardwareError | None = None
    try:
        line = name.open()
        try:
            _all_bauds(line, bauds, make, timeout_s, result, told)
        finally:
            line.close()
    except HardwareError as error:  # what was found before is still worth telling
        failure = error
    told.end()
    _tell(name, result, _site(ctx.obj), failure, way, as_json=as_json)
    if failure is not None or not (result.hits or result.unclear):
        ctx.exit(_NOBODY)
    if result.unclear:
        ctx.exit(1)


def _survey(way: str, addresses: str | None, within: str | None) -> Callable[[], Survey]:
    if way == "primary":
        if within is not None:
            raise click.UsageError("--within gehört zur Suche nach Sekundäradressen")
        chosen = ALL_ADDRESSES if addresses is None else _range(addresses)
        return lambda: PrimaryScan(chosen)
    if addresses is not None:
        raise click.UsageError("--addresses gehört zu --primary")
    try:
        pattern = EVERYBODY if within is None else SecondaryAddress.parse(within.upper())
    except ValueError as error:
        words = "erlaubt ist etwa 76348799, 7634???? oder 76348799KAM1B04"
        raise click.BadParameter(words, param_hint="--within") from error
    return lambda: SecondarySearch(pattern)


def _range(text: str) -> range:
    first, dash, last = text.partition("-")
    try:
        chosen = range(int(first), int(last if dash else first) + 1)
    except ValueError:
        chosen = range(0)
    if not chosen or chosen[0] < 0 or chosen[-1] > ADDRESS_LAST:
        words = f"erlaubt ist eine Adresse oder VON-BIS innerhalb 0-{ADDRESS_LAST}"
        raise click.BadParameter(words, param_hint="--addresses")
    return chosen


def _bauds(name: Moniker, text: str | None) -> list[int | None]:
    """Return the speeds to try, None for that of a line which has its own."""
    inner = name.innermost.line
    if isinstance(inner, ReplayName):
        raise click.BadParameter("eine Aufzeichnung antwortet nicht", param_hint="LEITUNG")
    if not isinstance(inner, SerialName):
        if text is not None:
            words = (
                "ein Pegelwandler im Netz hat seine eigene Geschwindigkeit; sie wird an ihm selbst "
                "eingestellt"
            )
            raise click.BadParameter(words, param_hint="--baud")
        return [None]
    if text is None:
        return [inner.baud]
    if text == "all":
        return list(BAUDS)
    found: list[int | None] = []
    for word in text.split(","):
        if not word.strip().isdecimal() or int(word) not in BAUDS:
            allowed = ", ".join(map(str, sorted(BAUDS)))
            raise click.BadParameter(f"erlaubt ist all oder {allowed}", param_hint="--baud")
        found.append(int(word))
    return list(dict.fromkeys(found))


def _all_bauds(  # noqa: PLR0917 - the parts of one run
    line: Transport,
    bauds: list[int | None],
    make: Callable[[], Survey],
    timeout_s: float | None,
    result: _Result,
    told: Progress,
) -> None:
    for baud in bauds:
        if baud is not None:
            set_baud(line, baud)
        told.at(baud)
        patience = Patience.at(baud, timeout_s)
        if len(bauds) > 1:
            presence = Presence()
            try:
                lead(line, presence, patience)
            finally:
                result.asked += presence.asked
            if not presence.anybody:
                told.say("niemand")
                continue
        survey = make()
        try:
            lead(line, survey, patience, told)
        except LineNoise as error:
            result.unclear.append(_at(baud, said(error)))
        finally:
            result.asked += survey.asked
            known = {(hit.found.primary, hit.found.secondary) for hit in result.hits}
            result.hits += [
                _Hit(found, baud)
                for found in survey.found
                if (found.primary, found.secondary) not in known
            ]
        result.unclear += [_at(baud, sentence) for sentence in _unclear(survey)]


def _unclear(survey: Survey) -> list[str]:
    if isinstance(survey, PrimaryScan):
        return [
            f"Auf Primäradresse {address} antworten mehrere Zähler oder einer gestört; ohne "
            f"--primary werden sie einzeln gefunden."
            for address in survey.collisions
        ]
    if not isinstance(survey, SecondarySearch):
        return []
    found = [
        f"Auf {pattern.text} antwortet etwas, das sich nicht einzeln ansprechen lässt: zwei "
        f"gleiche Nummern, ein gestörter oder sehr langsamer Zähler (dann hilft --timeout)."
        for pattern in survey.unresolved
    ]
    if survey.strays:
        found.append(
            f"{survey.strays} Antworten kamen zu spät; mit einem längeren --timeout noch einmal "
            f"suchen."
        )
    return found


def _at(baud: int | None, sentence: str) -> str:
    return sentence if baud is None else f"Bei {baud} Bd: {sentence}"


def _tell(
    name: Moniker,
    result: _Result,
    site: str,
    failure: HardwareError | None,
    way: str,
    *,
    as_json: bool,
) -> None:
    meters = [_described(name, hit, site, way) for hit in result.hits]
    if as_json:
        answer: dict[str, object] = {
            "line": name.text,
            "asked": result.asked,
            "meters": meters,
            "unclear": result.unclear,
        }
        if failure is not None:
            answer |= {
                "error": type(failure).__name__,
                "message": str(failure),
                "hint": failure.hint,
            }
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    if meters:
        click.echo(_table(meters))
        click.echo("\nFür hub.toml (meter_id, name und site_id anpassen):\n")
        click.echo("\n".join(str(meter["toml"]) for meter in meters))
    elif failure is None:
        click.echo(
            "Niemand antwortet. Busleitung und Netzteil des Pegelwandlers prüfen, --baud all "
            "versuchen."
        )
    for sentence in result.unclear:
        click.echo(f"Unklar: {sentence}")
    if failure is not None:
        click.echo(said(failure), err=True)


def _described(name: Moniker, hit: _Hit, site: str, way: str) -> dict[str, object]:
    found = hit.found
    header = read_header(found.frame.raw) if found.frame else None
    digits = header.identification if header else None
    if digits is None and found.secondary is not None and "F" not in found.secondary.digits:
        digits = found.secondary.digits
    line = name.innermost
    transport = line.text if hit.baud is None else line.at_baud(hit.baud)
    described: dict[str, object] = {
        "primary": found.primary,
        "secondary": found.secondary.text if found.secondary else None,
        "manufacturer": header.manufacturer if header else None,
        "id": digits,
        "version": header.version if header else None,
        "medium": header.medium if header else None,
        "baud": hit.baud,
    }
    described["toml"] = _block(described, transport, site, way)
    return described


def _block(meter: dict[str, object], transport: str, site: str, way: str) -> str:
    number = meter["id"] or meter["primary"]
    maker = str(meter["manufacturer"] or "zaehler").lower()
    medium = _MEDIA.get(str(meter["medium"]), "Zähler")
    if way == "primary":
        address = f"address = {meter['primary']}"
    else:
        address = f"secondary = {json.dumps(meter['secondary'])}"
    return (
        "[[meters]]\n"
        f'meter_id = "{maker}-{number}"\n'
        f'name = "{medium} {number}"\n'
        f"site_id = {json.dumps(site)}\n"
        f"transport = {json.dumps(transport, ensure_ascii=False)}\n"
        f"{address}\n"
    )


def _table(meters: list[dict[str, object]]) -> str:
    rows = [("Primär", "Sekundär", "Hersteller", "Nummer", "Medium", "Baud")]
    for meter in meters:
        medium = meter["medium"]
        cells = (
            meter["primary"],
            meter["secondary"],
            meter["manufacturer"],
            meter["id"],
            _MEDIA.get(str(medium), medium),
            meter["baud"],
        )
        rows.append(tuple("-" if cell is None else str(cell) for cell in cells))  # type: ignore[arg-type]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _site(config_path: Path | None) -> str:
    """Return a communal site of hub.toml, where there is one: the block is then ready to use."""
    from edge.config import ConfigError, load  # noqa: PLC0415 - a scan needs no hub

    if config_path is None or not config_path.is_file():
        return _SITE
    try:
        config = load(config_path)
    except ConfigError:
        return _SITE
    return next((site.site_id for site in config.sites if site.communal), _SITE)

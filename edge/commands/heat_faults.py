"""`dorfhub heat faults`: where heat is lost, by a table or by the hub's communal meters."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.cadastre.faults_child import OWN
from edge.commands.heat_cadastre import in_words, text_of, village_of
from edge.commands.numpy_extra import needs_numpy
from edge.commands.unlocked import now_ms

if TYPE_CHECKING:
    from edge.heat.faults.fault import Verdict
    from edge.heat.faults.limits import Limits, Said
    from edge.heat.forecast.findings import Finding

UNITS = {"kW": 1.0, "MW": 1000.0, "W": 0.001}
_EPILOG = """\b
DATEI ist eine Tabelle (CSV) mit time_utc und heat und, soweit gemessen, volume (m³/h oder
Zählerstand in m³), flow_c und return_c (°C), cooling (wie heat), temp_c (Außentemperatur);
stündlich oder feiner. heat in kW oder als Zählerstand in kWh, mit --unit MW in MW oder MWh.

\b
Ohne DATEI: alle kommunalen Zähler des Hubs, mit dem Wetter des Kreises, wie es der Worker jeden
Morgen tut; das Ergebnis steht danach auf der Seite „Wo Wärme verloren geht“ (/pult/waerme).
Angaben je Zähler und eigene Grenzwerte stehen in faults.toml neben hub.toml (oder --limits DATEI).
Jede Formel, Einheit und Quelle: docs/heat-faults.md

\b
Beispiele:
  dorfhub heat faults rathaus.csv --hot-water 40 --draw rathaus.html
  dorfhub heat faults

\b
Rückgabewert (Exit code): 0 geprüft, 1 die Tabelle oder faults.toml taugt nicht oder numpy fehlt,
2 falscher Aufruf, 78 hub.toml ist falsch.
"""


@click.command("faults", epilog=_EPILOG)
@click.argument(
    "file",
    metavar="[DATEI]",
    required=False,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
)
@click.option("--hot-water", type=float, metavar="KWH", help="Warmwasser: kWh je Tag.")
@click.option("--wanted-return", type=float, metavar="GRAD", help="Gewünschter Rücklauf in °C.")
@click.option("--loss", type=float, metavar="W_K", help="Verlust des Netzrücklaufs, W je Grad.")
@click.option(
    "--unit",
    type=click.Choice(list(UNITS)),
    default="kW",
    show_default=True,
    help="Einheit von heat und cooling in DATEI.",
)
@click.option(
    "--limits",
    "limits_path",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Eigene Grenzwerte und Angaben (TOML).",
)
@click.option(
    "--draw",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="AUS.html",
    help="Die Belege zeichnen: .html alle, .svg den größten Fehler.",
)
@click.option("--json", "as_json", is_flag=True, help="Für Programme.")
@click.pass_obj
def faults(
    config_path: Path,
    file: Path | None,
    *,
    hot_water: float | None,
    wanted_return: float | None,
    loss: float | None,
    unit: str,
    limits_path: Path | None,
    draw: Path | None,
    as_json: bool,
) -> None:
    """Suche Fehler im Betrieb, die Wärme kosten, mit kWh, Band und Beleg."""
    from edge.heat.faults import limits as given  # noqa: PLC0415  # `--help` is quick

    own = given.Said(hot_water, wanted_return, loss)
    if any(one is not None and one <= 0 for one in asdict(own).values()):
        raise click.UsageError("--hot-water, --wanted-return und --loss sind größer als 0.")
    beside = config_path.parent / OWN
    chosen = limits_path or (beside if beside.exists() else None)
    with in_words():
        limits, said = (given.usual(), {}) if chosen is None else given.loads(text_of(chosen))
    if file is None:
        if draw is not None or unit != "kW" or own != given.Said():
            raise click.UsageError(
                "Ohne DATEI gibt es nur --json und --limits; Angaben je Zähler stehen in "
                "faults.toml, gezeichnet wird auf der Seite /pult/waerme."
            )
        _of_hub(config_path, limits, said, as_json=as_json)
        return
    name = file.stem
    stated = {meter: _over(one, own) for meter, one in said.items()}
    verdict, found = _of_file(file, UNITS[unit], stated.get(name, own), limits)
    if draw is not None:
        picture = _drawn(name, verdict, draw.suffix)
        try:
            draw.write_text(picture, encoding="utf-8")
        except OSError as error:
            raise click.ClickException(
                f"{draw}: {error.strerror}. Bitte Platz und Schreibrechte prüfen."
            ) from error
    if as_json:
        click.echo(json.dumps(_object(verdict, found), ensure_ascii=False, allow_nan=False))
        return
    for line in as_text(verdict, found):
        click.echo(line)


def _of_hub(config_path: Path, limits: Limits, said: Mapping[str, Said], *, as_json: bool) -> None:
    with needs_numpy("die Fehlersuche"):
        from edge.cadastre.faults import look  # noqa: PLC0415 - numpy is an extra
    from edge.config import load  # noqa: PLC0415
    from edge.heat.faults.fault import as_object  # noqa: PLC0415

    with in_words(), village_of(config_path) as village:
        found = look(village, load(config_path), limits, said, now_ms())
    if as_json:
        told = {
            one.meter: {"why": one.why} | ({} if one.verdict is None else as_object(one.verdict))
            for one in found
        }
        click.echo(json.dumps(told, ensure_ascii=False, allow_nan=False))
        return
    if not found:
        click.echo("In hub.toml steht kein Zähler an einem kommunalen Ort.")
    for number, one in enumerate(found):
        click.echo(("\n" if number else "") + f"{one.name} ({one.meter})")
        for line in [one.why] if one.verdict is None else as_text(one.verdict):
            click.echo(line)


def _over(said: Said, own: Said) -> Said:
    """Return what was stated, with what the command says over it."""
    return replace(said, **{name: one for name, one in asdict(own).items() if one is not None})


def _of_file(
    file: Path, factor: float, said: Said, limits: Limits
) -> tuple[Verdict, Sequence[Finding]]:
    with needs_numpy("die Fehlersuche"):
        from edge.heat.faults.rules import find  # noqa: PLC0415 - numpy is an extra
        from edge.heat.faults.tidy import load  # noqa: PLC0415
        from edge.heat.forecast.findings import SeriesError  # noqa: PLC0415
    from edge.commands.heat_evaluate import lines_of, refusal  # noqa: PLC0415

    try:
        operation, found = load(lines_of(file), factor)
    except SeriesError as wrong:
        raise click.ClickException("\n".join(refusal(wrong))) from wrong
    return find(operation, said, limits), found


def _object(verdict: Verdict, found: Sequence[Finding]) -> dict[str, object]:
    from edge.heat.faults.fault import as_object  # noqa: PLC0415

    return {**as_object(verdict), "findings": [asdict(one) for one in found]}


def as_text(verdict: Verdict, found: Sequence[Finding] = ()) -> Iterator[str]:
    """Return a verdict for people, in German."""
    from edge.commands.heat_evaluate import finding_line  # noqa: PLC0415
    from edge.heat.faults.words import TITLES, TODO, UNSEEN, size_of  # noqa: PLC0415

    yield (
        f"Gesehen: {verdict.first:%d.%m.%Y} bis {verdict.last:%d.%m.%Y}, "
        f"{verdict.hours} Stunden mit Wärme."
    )
    if not verdict.faults:
        yield "Kein Fehler gefunden."
    for number, fault in enumerate(verdict.faults, 1):
        yield ""
        yield f"{number}. {TITLES[fault.kind]}: {size_of(fault)}"
        yield f"   Seit {fault.since:%d.%m.%Y}. {fault.seen}"
        for one in fault.basis:
            yield f"   - {one}"
        yield f"   Was tun: {TODO[fault.kind]}"
    if verdict.clear:
        yield ""
        yield f"Ohne Befund: {', '.join(UNSEEN[kind] for kind in verdict.clear)}."
    if verdict.unjudged:
        yield ""
        yield "Nicht zu beurteilen:"
        for other in verdict.unjudged:
            yield f"   {UNSEEN[other.kind]}: {other.why}"
    if found:
        yield ""
        yield "Was an den Daten auffiel:"
        yield from map(finding_line, found)


def _drawn(name: str, verdict: Verdict, suffix: str) -> str:
    """Return the drawing of the largest fault (.svg), or a page of all with what they say."""
    from edge.heat.faults.drawing import STYLE, svg  # noqa: PLC0415
    from edge.heat.faults.words import TITLES, TODO, size_of  # noqa: PLC0415

    if suffix.lower() == ".svg":
        if not verdict.faults:
            raise click.ClickException("Es gibt keinen Fehler und also nichts zu zeichnen.")
        return svg(verdict.faults[0].evidence, style=STYLE)
    title = f"Wo Wärme verloren geht: {escape(name)}"
    head = (
        f'<!doctype html><html lang="de"><meta charset="utf-8"><title>{title}</title>'
        f"<style>body{{font-family:sans-serif;max-width:50rem;margin:1rem auto}}{STYLE}</style>"
        f"<h1>{title}</h1>"
    )
    parts = [head]
    for number, fault in enumerate(verdict.faults):
        notes = "".join(f"<li>{escape(one)}</li>" for one in fault.basis)
        parts.append(
            f"<h2>{escape(TITLES[fault.kind])}</h2><p><strong>{escape(size_of(fault))}</strong></p>"
            f"<p>Seit {fault.since:%d.%m.%Y}. {escape(fault.seen)}</p>"
            f"{svg(fault.evidence, number)}<ul>{notes}</ul>"
            f"<p>Was tun: {escape(TODO[fault.kind])}</p>"
        )
    if not verdict.faults:
        parts.append("<p>Kein Fehler gefunden.</p>")
    return "".join([*parts, "</html>\n"])

"""`dorfhub heat evaluate`: how good the forecasts are on a recorded series."""

from __future__ import annotations

import codecs
import io
import json
import math
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.numpy_extra import needs_numpy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge.heat.forecast.evaluate import Report, Score, Span
    from edge.heat.forecast.findings import Finding, SeriesError

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_EPILOG = """\b
DATEI ist eine Tabelle (CSV) mit den Spalten time_utc, heat und temp_c, in beliebiger Folge
und mit beliebigen weiteren; viertelstündlich, stündlich oder täglich, Lücken sind erlaubt.
heat in irgendeiner Einheit (Leistung oder Wärme je Zeile, auch Zählerstände).

\b
Gelernt wird auf dem Jahr vor dem Stichtag, vorhergesagt das Jahr danach mit der wirklichen
Temperatur. Tage: ohne einen einzigen Wärmewert ab dem Stichtag (nur die Breite des Bandes lernt
täglich aus den Fehlern der Tage davor; „festes Band“ tut auch das nicht). Stunden: jede Mitternacht
neu, aus allem, was bis dahin gemessen war. Näheres: docs/heat-forecast.md.

\b
Beispiel:
  dorfhub heat evaluate heizwerk.csv --split 2015-01-01

\b
Rückgabewert (Exit code): 0 bewertet, 1 die Tabelle taugt nicht, 2 falscher Aufruf.
"""


@click.command(epilog=_EPILOG)
@click.argument(
    "file", metavar="DATEI", type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option(
    "--split",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="JJJJ-MM-TT",
    help="Erster Tag, der vorhergesagt wird; sonst ein Jahr vor dem Ende.",
)
@click.option("--json", "as_json", is_flag=True, help="Für Programme.")
def evaluate(file: Path, split: datetime | None, *, as_json: bool) -> None:
    """Bewerte die Wärmeprognose an einer aufgezeichneten Reihe, neben einfachen Prognosen."""
    with needs_numpy("die Wärmeprognose"):
        from edge.heat.forecast.evaluate import evaluate as evaluated  # noqa: PLC0415 - numpy is an extra
        from edge.heat.forecast.findings import SeriesError  # noqa: PLC0415
        from edge.heat.forecast.series import load  # noqa: PLC0415
    try:
        series = load(lines_of(file))
        report = evaluated(series, None if split is None else split.date())
    except SeriesError as wrong:
        raise click.ClickException("\n".join(refusal(wrong))) from wrong
    if as_json:
        click.echo(json.dumps(as_object(report), ensure_ascii=False, allow_nan=False))
    else:
        click.echo(as_text(report))


def refusal(wrong: SeriesError) -> list[str]:
    """Return what is wrong, what to do, and what was found until then, which may tell why."""
    lines = [str(wrong), wrong.hint]
    if wrong.findings:
        lines += ["", "Was an den Daten auffiel:", *map(finding_line, wrong.findings)]
    return lines


def lines_of(file: Path) -> Iterable[str]:
    """Return a table's lines, whatever its encoding."""
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-16" if raw.startswith(_UTF16) else "utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")  # reads every byte; the columns that count are plain ASCII
    return io.StringIO(text, newline=None)  # splitlines would also break at characters in cells


def as_object(report: Report) -> dict[str, object]:
    """Return the report for programs; null where nothing can be said."""
    fixed = {"coverage80_fixed_percent": _plain(report.daily_fixed_coverage80_percent)}
    return {
        "daily": _score(report.daily) | fixed,
        "h24": _score(report.ahead.get(24)),
        "h72": _score(report.ahead.get(72)),
        "naive": {
            "daily": _score(report.naive_daily),
            "h24": _score(report.naive_ahead.get(24)),
            "h72": _score(report.naive_ahead.get(72)),
            "week": {
                "h24": _score(report.naive_week.get(24)),
                "h72": _score(report.naive_week.get(72)),
            },
        },
        "hourly": _score(report.ahead.get(24)),
        "fit": _span(report.fit),
        "test": _span(report.test),
        "findings": [asdict(found) for found in report.findings],
    }


def _score(score: Score | None) -> dict[str, float | int | None]:
    if score is None:
        return {
            "cv_rmse_percent": None,
            "nmbe_percent": None,
            "coverage80_percent": None,
            "mape_percent": None,
        }
    return {name: _plain(value) for name, value in asdict(score).items()}


def _plain(value: float) -> float | int | None:
    if isinstance(value, int):
        return value
    return round(value, 4) if math.isfinite(value) else None


def _span(span: Span) -> dict[str, object]:
    return {"from": span.first.isoformat(), "to": span.end.isoformat(), "days": span.days}


def as_text(report: Report) -> str:
    """Return the report for people, in German."""
    lines = [
        f"Gelernt:       {report.fit.first} bis vor {report.fit.end}, {report.fit.days} Tage",
        f"Vorhergesagt:  {report.test.first} bis vor {report.test.end}, {report.test.days} Tage",
        "",
        f"{'':34}{'CV(RMSE)':>10}{'NMBE':>9}{'80-%-Band':>11}{'MAPE':>9}{'Pinball':>9}{'MASE':>7}",
        _row("Tage", report.daily),
        _row("  einfach: nach Gradtagen", report.naive_daily),
    ]
    for ahead, score in report.ahead.items():
        lines += [
            _row(f"Stunden 1 bis {ahead}", score),
            _row("  einfach: letzter Tag noch einmal", report.naive_ahead[ahead]),
            _row("  einfach: wie vor einer Woche", report.naive_week[ahead]),
        ]
    fixed = _figure(report.daily_fixed_coverage80_percent)
    lines += [
        "",
        f"Festes Band der Tage (lernt ab dem Stichtag nichts): {fixed.strip()} %",
        "CV(RMSE), NMBE, MAPE, Pinball in % (NMBE über 0: zu viel vorhergesagt).",
    ]
    if report.findings:
        lines += ["", "Was an den Daten auffiel:"]
        lines += [finding_line(found) for found in report.findings]
    return "\n".join(lines)


def _row(name: str, score: Score) -> str:
    return (
        f"{name:34}{_figure(score.cv_rmse_percent):>10}{_figure(score.nmbe_percent):>9}"
        f"{_figure(score.coverage80_percent):>11}{_figure(score.mape_percent):>9}"
        f"{_figure(score.pinball_percent):>9}{_figure(score.mase):>7}"
    )


def _figure(value: float) -> str:
    return f"{value:.2f}".replace(".", ",") if math.isfinite(value) else "-"


def finding_line(found: Finding) -> str:
    """Return a finding as a line for people."""
    first = f" (zuerst {found.first})" if found.first else ""
    return f"  {found.count:>7}  {found.text}{first}"

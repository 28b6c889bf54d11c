"""What is found wrong once a line meets what is known: in words, with what to do."""

from __future__ import annotations

from collections.abc import Iterable

from edge.heat.building import FEW_UNITS
from edge.heat.intake.lines import Finding, Line
from edge.store.personal_homes import YEAR
from edge.store.village_heat import Kept


def own_of_home(line: Line, own: Iterable[str]) -> Finding:
    """Return that something is a household's own."""
    what = "Verbrauch" if any(name.startswith(YEAR) for name in own) else "Heizung"
    return Finding(
        *(line.number, what, "", "household"),
        f"{what} eines Hauses mit wenigen Wohnungen gehört dem Haushalt und wird hier nicht "
        "aufbewahrt",
        'Entweder mindestens 5 Gebäude als Gruppe einlesen (kind = "groups"), oder mit '
        "Einwilligung: dorfhub heat home add GEBÄUDE PERSON. Bei 5 Wohnungen und mehr bitte ihre "
        "Zahl angeben.",
    )


def few_on_meter(line: Line) -> Finding:
    """Return that a meter has few homes on it."""
    return Finding(
        *(line.number, "Zähler", "", "meter"),
        f"An diesem Zähler hängen weniger als {FEW_UNITS} Wohnungen; was er misst, zählt nicht",
        "Gehört er einem Haushalt, bitte nicht hier, sondern mit Einwilligung eintragen: "
        "dorfhub meter household add PERSON ZÄHLER. Sonst bitte alle Gebäude zuordnen, die an ihm "
        "hängen, oder die Zahl ihrer Wohnungen angeben.",
    )


def lost(line: Line, kept: Kept) -> Finding:
    """Return that what was kept of a building is erased."""
    return Finding(
        *(line.number, "Wohnungen", "", "lost"),
        f"Das Gebäude hat doch nur wenige Wohnungen: {kept.lost} frühere Angaben zu Verbrauch oder "
        "Heizung wurden gelöscht",
        "Nichts, wenn das stimmt; sonst bitte die Zahl der Wohnungen berichtigen und neu einlesen.",
    )


def absent(line: Line, what: str) -> Finding:
    """Return that a line names nothing that is known."""
    return Finding(
        *(line.number, what, line.address[:60], "unknown"),
        f"{what} fehlt oder ist hier nicht eindeutig bekannt",
        "Bitte zuerst die Gebäude einlesen, und die Adresse genauso schreiben.",
        whole=True,
    )


def several(line: Line, count: int) -> Finding:
    """Return that a line may mean any of several buildings."""
    return Finding(
        *(line.number, "Adresse", line.address[:60], "several"),
        f"An dieser Adresse stehen {count} Gebäude, und die Zeile sagt nicht, welches gemeint ist",
        "Bitte die Kennung des Gebäudes angeben.",
        whole=True,
    )

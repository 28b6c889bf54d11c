"""The receipt of an erasure: what was erased, when, by whom, and that the county was told.

It names nobody: the hub does not know the name any more. Whoever gets it writes it down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from edge.clock import Stamp, to_datetime
from hardware.reading import TimeQuality
from sync.erasure import Erased

_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "account_name": "Name an einem Zugang",
        "alert": "Meldungen",
        "assignment": "Zuordnungen von Sensoren",
        "attendance": "Anwesenheiten",
        "award": "Bescheinigungen",
        "borrower": "Ausleihen",
        "care_audit": "Einträge im Buch „Wer hat was gesehen?“ (geleert)",
        "care_reading_sealed": "Blutdruckmessungen",
        "circle": "Kontakte im Kreis",
        "consent": "Einwilligungen",
        "contact": "Kontakte, die sonst niemanden haben",
        "enrolment": "Anmeldungen zu Kursen",
        "heat_home_fact_sealed": "Angaben zur eigenen Heizung",
        "household_reading_sealed": "Werte vom Zähler der Wohnung",
        "learner": "Namen in Kursen",
        "market_contact": "Einträge am Markt",
        "observation_sealed": "andere Messungen",
        "person": "Name und Nummer in der Pflege",
        "person_card": "Karte",
        "sent_body": "Vermerke über gesendete Daten",
        "trainer": "Namen von Kursleitungen",
        "volunteer": "Namen im Helferplan",
    }
)


def lines(done: Erased, by: str) -> Iterator[str]:
    """Yield the receipt, in German, line by line; ``by`` is who erased."""
    yield "Quittung über eine Löschung"
    yield "Name: ______________________ (bitte von Hand; der Hub kennt ihn nicht mehr)"
    if done.at is not None:
        yield f"Gelöscht am {_moment(done.at)}"
    yield f"Gelöscht durch: {by}"
    yield "Gelöscht wurden:"
    for table, count in done.tables.items():
        if table in _WORDS:
            yield f"  {count} {_WORDS[table]}"
    rest = sum(count for table, count in done.tables.items() if table not in _WORDS)
    if rest:
        yield f"  {rest} weitere Zeilen in anderen Tabellen"
    yield f"  die Bytes von {done.entries} Einträgen im Journal"
    yield "  der Schlüssel der Person: auch ältere Kopien der Datenbank sagen nichts mehr"
    if done.order is None:
        yield "An den Landkreis war nichts gegangen; er brauchte keinen Auftrag."
    else:
        yield (
            f"An den Landkreis waren {done.sent} Sendungen gegangen. Auftrag zum Löschen Nr. "
            f"{done.order.hex()} ist an ihn geschrieben; seine Antwort zeigt `dorfhub sync status` "
            "unter dieser Nummer."
        )


def _moment(at: Stamp) -> str:
    text = to_datetime(at.wall_ms).astimezone().strftime("%d.%m.%Y, %H:%M Uhr")
    if at.quality is TimeQuality.UNKNOWN:
        return f"{text} (die Uhr des Hubs war nicht gestellt)"
    return text

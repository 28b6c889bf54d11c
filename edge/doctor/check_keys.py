"""The doctor's look at the meters heard by radio that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from edge.config import Config
from edge.doctor.checks import Finding
from edge.keyring.reasons import NO_FORMAT, NO_KEY, WRONG_KEY
from edge.store.integrity import read_only

_KIND = "wmbus"


def keys(config: Config) -> Iterator[Finding]:
    """Count the meters whose telegrams wait for a key or a format; personal.db may be locked."""
    if not config.receivers or not config.hub.journal_db.exists():
        return
    with closing(read_only(config.hub.journal_db)) as connection:
        rows = connection.execute(_WAITING, (_KIND,)).fetchall()
    meters: dict[str, set[str]] = {}
    for device, message in rows:
        meters.setdefault(message.partition(" ")[0], set()).add(device)
    days = config.wireless.raw_retention_days
    list_them = (
        "dorfhub meter key missing sagt, was beim Lieferanten anzufragen ist."
        if config.personal.key_file.exists()
        else "Zuerst die persönlichen Daten entsperren: dort liegen die Schlüssel."
    )
    wrong = len(meters.pop(WRONG_KEY, ()))
    if wrong:
        yield Finding(
            "key.wrong", "warn", f"{_count(wrong)}: der Schlüssel passt nicht.", list_them
        )
    without = len(meters.pop(NO_KEY, ()))
    if without:
        message = (
            f"{_count(without)}: kein Schlüssel. Die Telegramme werden {days} Tage aufbewahrt und"
            " dann gelesen, wenn er kommt."
        )
        yield Finding("key.missing", "warn", message, list_them)
    meters.pop(NO_FORMAT, None)  # settles by itself within minutes
    unread = len(set().union(*meters.values()))
    if unread:
        advice = "Ein Telegramm davon hilft den Entwicklern: dorfhub meter decode zeigt den Grund."
        yield Finding("key.unread", "warn", f"{_count(unread)}: nicht lesbar.", advice)
    if not wrong and not without:
        yield Finding("key", "ok", "Keinem Funkzähler des Hubs fehlt ein Schlüssel.")


_WAITING = "SELECT DISTINCT device, message FROM entry WHERE state = 'quarantined' AND kind = ?"


def _count(number: int) -> str:
    return "Ein Funkzähler" if number == 1 else f"{number} Funkzähler"

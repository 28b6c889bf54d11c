"""Erasing one person: at the village, and, by an order that travels, wherever copies were carried.

Done in steps, each of which may be repeated: after a stop at any moment the erasure is gone on
with, by `resume`. First it is written down that somebody is to be erased, so that nothing more of
theirs is sent; last their name goes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edge.clock import Stamp
from edge.store import erasure as at_village
from edge.store.journal import Journal
from edge.store.personal import PersonalStore
from edge.store.personal_sent import Erasing
from edge.store.scale_users import ScaleUsers
from edge.store.village import VillageStore
from sync import cases, cbor, erasing
from sync.erasing import Order
from sync.errors import FormatError
from sync.ordering import give
from sync.outbox import Outbox
from sync.stream import open_sealed


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done. ``order`` is None if nothing of the person ever left the village.

    ``busy`` names the databases whose write-ahead log somebody was still reading; ``series`` the
    meters whose readings had left in the clear, together with the village's own; ``learners`` is
    how many names signed up for courses, ``tables`` how many rows of which table of personal.db
    went, at ``at``.
    """

    order: bytes | None
    readings: int
    entries: int
    segments: int
    sent: int
    shared: tuple[str, ...]
    busy: tuple[str, ...]
    series: tuple[str, ...] = ()
    learners: int = 0
    helps: int = 0
    loans: int = 0
    tables: Mapping[str, int] = field(default_factory=dict)
    at: Stamp | None = None


@dataclass(frozen=True, slots=True)
class Eraser:
    """The hub's stores. One erasure at a time.

    ``scales`` keeps codes of scales' users; in ``parcels`` lie bundles that buses fetch.
    """

    personal: PersonalStore
    village: VillageStore
    journal: Journal
    outbox: Outbox
    random: Callable[[int], bytes] = os.urandom
    scales: ScaleUsers | None = None
    parcels: Path | None = None

    def erase(self, person: int, stamp: Stamp) -> Erased:
        """Erase a person; again, or after a stop, it goes on where it was.

        :raises StoreError: if a database fails; call again then.
        """
        fresh = self.random(erasing.ORDER_SIZE)
        return self._go_on(self.personal.begin_erasing(person, fresh, stamp.wall_ms), stamp)

    def resume(self, stamp: Stamp) -> list[Erased]:
        """Finish what was begun and stopped."""
        return [self._go_on(begun, stamp) for begun in self.personal.erasing()]

    def _go_on(self, begun: Erasing, stamp: Stamp) -> Erased:
        person = begun.person
        found = at_village.belongings(self.personal, person)
        entries = at_village.erase_from_journal(self.journal, found)
        cases.collect(self.village.connection, self.personal, stamp.wall_ms)
        cases.note_bodies(self.personal, person)
        self._note_unnoted(person)
        bodies = self.personal.sent_bodies(person)
        series = at_village.open_series(self.village, found)
        order = Order(begun.order, bodies, frozenset(series))
        segments = give(order, self.outbox, self.village.connection, stamp, self.parcels)
        self._erase_replies(person)
        if self.scales is not None:
            at_village.forget_codes(self.scales, self.personal, person)
        with self.village.connection.transaction() as driver:
            at_village.erase_from_village(driver, found)
        tables = at_village.erase_from_personal(self.personal, person, found, stamp)
        busy = at_village.empty_logs(self.personal, self.village, self.journal)
        return Erased(
            order=begun.order if bodies or series else None,
            series=series,
            readings=found.readings,
            entries=entries,
            segments=segments,
            sent=len(bodies),
            shared=found.shared,
            busy=tuple(_name(one) for one in busy),
            learners=len(found.learners),
            helps=len(found.volunteers),
            loans=len(found.loans),
            tables=tables,
            at=stamp,
        )

    def _note_unnoted(self, person: int) -> None:
        """Find the person's segments that were sealed before it was noted whose they are.

        A body that nobody here can open is theirs if its number of rows and its earliest and
        latest time are those of rows of theirs; in doubt it is erased.
        """
        known = self.personal.known_bodies()
        times = self.personal.measured_at(person)
        there = set(times)
        found = []
        for one in self.outbox.care_segments():
            header = one.header
            if (digest := erasing.body_id(one.body)) in known:
                continue
            if {header.first_ms, header.last_ms} <= there:
                within = sum(header.first_ms <= at <= header.last_ms for at in times)
                if within >= header.count:
                    found.append(digest)
        self.personal.note_bodies(person, found)

    def _erase_replies(self, person: int) -> None:
        identity = self.personal.care_identity()
        theirs = []
        for reply in self.village.replies():
            letter = read_letter(reply.sealed, identity)
            if letter is None or letter.person == person:  # unreadable: nobody's use
                theirs.append(reply.number)
        self.village.remove_replies(theirs)


@dataclass(frozen=True, slots=True)
class Letter:
    """An answer of the care side to a person, opened."""

    person: int
    text: str
    sender: str


def read_letter(sealed: bytes, identity: str) -> Letter | None:
    """Return an answer of the care side; None if it does not open or is none."""
    try:
        fields = cbor.Fields(
            cbor.loads(open_sealed(sealed, [identity]), limit=1 << 16),
            "reply",
            frozenset(("person", "text", "from")),
        )
        text = fields.any_text("text", 4000)
        return Letter(fields.number("person", 1), text, fields.text("from", 200))
    except FormatError:
        return None


def sentences(done: Erased) -> Iterator[str]:
    """Say, in German, what was erased, and what remains where, until when."""
    yield f"Gelöscht: {done.readings} Messwerte, die Bytes von {done.entries} Einträgen im Journal."
    if done.learners:
        yield "Gelöscht sind auch alle Anmeldungen zu Kursen unter diesem Namen."
    if done.helps:
        yield "Gelöscht sind auch Dienste, Qualifikationen und Stunden unter diesem Namen."
    if done.loans:
        yield (
            "Gelöscht ist auch, wer unter diesem Namen etwas ausgeliehen hat; was noch nicht "
            "zurück ist, steht ohne Namen in der Ausleihe."
        )
    if done.order is not None:
        yield (
            f"An den Landkreis gegangen waren {done.sent} Sendungen; {done.segments} davon lagen "
            "noch hier und sind gelöscht. Der Löschauftrag reist mit dem nächsten Abgleich oder "
            "Stick; was der Landkreis antwortet, zeigt: dorfhub sync status"
        )
    for meter in done.series:
        yield (
            f"{meter} galt als Zähler des Dorfes: Seine Werte sind hier gelöscht, der Landkreis "
            "löscht seine Messreihe. In Sendungen, in denen sie mit anderen stehen, bleiben "
            "sie, bis diese nach der Aufbewahrungszeit wegfallen, auf Sticks bis zum nächsten Mal."
        )
    for sensor in done.shared:
        yield (
            f"{sensor} benutzen auch andere: Werte, von denen noch niemand gesagt hat, wessen sie "
            "sind, bleiben versiegelt im Journal (höchstens 30 Tage)."
        )
    for name in done.busy:
        yield (
            f"Im Schreibprotokoll von {name} stehen noch alte Seiten, weil jemand liest; der Hub "
            "räumt sie binnen einer Viertelstunde ab."
        )
    yield (
        "In älteren Sicherungen von „dorfhub backup“ ist die Person gelöscht, sobald die Schlüssel "
        "neu gesichert sind: bitte jetzt auf jeden Schlüssel-Stick. Kopien, die jemand anders von "
        "der Speicherkarte gemacht hat, kennt der Hub nicht: bitte vernichten."
    )


def _name(store: object) -> str:
    path = getattr(store, "path", None)
    return path.name if path is not None else "journal.db"

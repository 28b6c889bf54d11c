"""The papers of courses, put together from what is stored."""

from __future__ import annotations

from dataclasses import dataclass

from edge.clock import Clock
from edge.config import Config
from edge.desk.courses import place_of
from edge.desk.paper import qr_svg
from edge.desk.reports import SUBJECT_WORDS, VALUE_WORDS, periods
from edge.desk.signups import Slip
from edge.desk.vault import Vault
from edge.learning import report
from edge.learning.course import GERMAN, Course, Session, units
from edge.learning.earning import held
from edge.learning.moment import to_local
from edge.learning.report import SUBJECTS, Cell, Period, Subject
from edge.paper.documents import (
    Bar,
    Chart,
    FundingReport,
    Participant,
    ParticipantList,
    Poster,
    ReportPart,
    SignInSheet,
    SlipPaper,
)
from edge.paper.wording import day_of, euros, session_line, short_day, span_of
from edge.store.personal_signups import Enrolment
from edge.store.village import VillageStore

SPARE_ROWS = 6  # for who comes without a sign-up
POSTER_DATES = 4  # a poster is read from three metres
_STATES = {"confirmed": "Platz", "done": "war dabei", "offered": "angeboten", "waiting": "wartet"}
_SLIP_STATES = {
    "received": "Eingegangen. Der Platz ist noch nicht sicher.",
    "confirmed": "Sie haben einen Platz.",
    "waiting": "Sie stehen auf der Warteliste.",
    "offered": "Ein Platz ist frei: bitte zusagen.",
    "cancelled": "Sie sind abgemeldet.",
    "done": "Sie waren dabei.",
}


@dataclass(frozen=True, slots=True)
class PaperDesk:
    """Papers of one hub; ``place`` and ``hub`` are what village and hub are called."""

    village: VillageStore
    vault: Vault
    clock: Clock
    place: str
    hub: str

    @classmethod
    def at(cls, config: Config, village: VillageStore, vault: Vault, clock: Clock) -> PaperDesk:
        """Return the papers of a hub."""
        return cls(village, vault, clock, config.hub.village, config.hub.name)

    @property
    def now_ms(self) -> int:
        """What time it is."""
        return self.clock.stamp().wall_ms

    def participants(self, number: int) -> ParticipantList:
        """Return who has a seat, by name, and then who waits, in their order.

        :raises Locked: while personal.db is locked.
        """
        course = self.village.course(number)
        line = self._line(number)
        seated = _by_name(line, "confirmed", "done")
        people = sum(one.party for one in seated)
        seats = f"{people} von {course.seats} Plätzen" if course.seats else f"{people} Personen"
        return ParticipantList(
            **self._base(),
            course=course.title,
            season=self._season(course),
            dates=tuple(short_day(one) for one in held(course)),
            seats=f"{seats} vergeben." if course.seats else f"{seats} angemeldet.",
            rows=tuple(
                Participant(
                    name=one.name or "(Name gelöscht)",
                    party=one.party,
                    phone=one.phone or "",
                    state=_STATES[one.state],
                )
                for one in (
                    *seated,
                    *(each for each in line if each.state in ("offered", "waiting")),
                )
            ),
        )

    def sign_in(self, number: int) -> SignInSheet:
        """Return a sheet to sign, a column a session.

        :raises Locked: while personal.db is locked.
        """
        course = self.village.course(number)
        names = [
            one.name if seat == 1 else f"{one.name} ({seat}. Person)"
            for one in _by_name(self._line(number), "confirmed", "done")
            for seat in range(1, one.party + 1)
            if one.name
        ]
        return SignInSheet(
            **self._base(),
            course=course.title,
            season=self._season(course),
            sessions=tuple(short_day(one) for one in held(course)),
            names=tuple(names),
            spare=SPARE_ROWS,
        )

    def poster(self, number: int) -> Poster:
        """Return the course's poster. Works while personal.db is locked."""
        course = self.village.course(number)
        text, sessions = course.text(GERMAN), held(course)
        facts = [
            ("Wo", ", ".join(dict.fromkeys(filter(None, map(self._where, sessions))))),
            ("Kosten", euros(course.cost_cents)),
            ("Plätze", str(course.seats) if course.seats else ""),
            ("Mit", course.announced_as),
            ("Zugang", course.access),
        ]
        cancelled = course.state == "cancelled"
        note = "Dieser Kurs fällt aus." if cancelled else ""
        sign_up = "Anmelden: am Terminal in der Halle oder am Tisch. Ohne E-Mail, ohne Konto."
        return Poster(
            **self._base(),
            course=text.title,
            summary=text.summary,
            dates=tuple(_poster_line(one) for one in sessions[:POSTER_DATES]),
            more_dates=(
                f"und {len(sessions) - POSTER_DATES} weitere Termine, {span_of(sessions)}"
                if len(sessions) > POSTER_DATES
                else ""
            ),
            facts=tuple((name, value) for name, value in facts if value),
            sign_up=sign_up if course.seats else "Einfach kommen: Eine Anmeldung braucht es nicht.",
            note=" ".join(filter(None, (note, course.note))),
        )

    def slip(self, slip: Slip) -> SlipPaper:
        """Return the slip of who signed up. It needs what the slip says, and no name."""
        state = _SLIP_STATES[slip.state]
        if slip.state == "waiting":
            state = f"{state} Vor Ihnen: {slip.ahead}."
        many = "1 Person" if slip.party == 1 else f"{slip.party} Personen"
        lines = [many, "Der Kurs fällt aus." if slip.is_cancelled else "", slip.note]
        if slip.offer_until is not None:
            until = to_local(slip.offer_until)
            lines.append(f"Zusagen bis {day_of(slip.offer_until)}, {until:%H:%M} Uhr.")
        return SlipPaper(
            **self._base(),
            course=slip.title,
            number=slip.shown,
            state=state,
            lines=tuple(filter(None, lines)),
            dates=tuple(
                session_line(one, place)
                for one, place in zip(slip.sessions, slip.places, strict=True)
            ),
            qr=qr_svg(slip.number, sized=False),
        )

    def report(self) -> FundingReport:
        """Return the report of all seasons that were counted. Works while personal.db is locked."""
        names = {one.season_id: one.name for one in self.village.seasons()}
        known = periods(self.village)
        parts = [_part(one, " + ".join(names.get(s, s) for s in one.seasons)) for one in known]
        if len(known) > 1:
            parts.insert(0, _part(report.together(known), "Alle Zeiträume zusammen"))
        return FundingReport(**self._base(), least=report.LEAST, parts=tuple(parts))

    def _base(self) -> dict[str, str]:
        return {"village": self.place, "hub": self.hub, "made": day_of(self.now_ms)}

    def _line(self, course: int) -> list[Enrolment]:
        with self.vault.open() as personal:
            return personal.line(course)

    def _season(self, course: Course) -> str:
        names = {one.season_id: one.name for one in self.village.seasons()}
        return names.get(course.season_id, "")

    def _where(self, session: Session) -> str:
        return place_of(session, {one.room_id: one.name for one in self.village.rooms()})


def _by_name(line: list[Enrolment], *states: str) -> list[Enrolment]:
    return sorted(
        (one for one in line if one.state in states),
        key=lambda one: (one.name.casefold(), one.queue),
    )


def _poster_line(session: Session) -> str:
    begin, end = to_local(session.starts_at), to_local(session.ends_at)
    return f"{short_day(session)}, {begin:%H:%M} bis {end:%H:%M} Uhr"


def _part(period: Period, name: str) -> ReportPart:
    return ReportPart(
        period=name,
        enrolments=period.enrolments,
        visits=period.visits,
        taught=tuple(
            (
                VALUE_WORDS["area"][str(one.area)],
                str(one.courses),
                str(one.sessions),
                f"{units(one.minutes):.2f}".replace(".", ","),
            )
            for one in period.taught
        ),
        charts=tuple(
            _chart(subject, [one for one in period.cells if one.subject == subject])
            for subject in SUBJECTS
            if any(one.subject == subject for one in period.cells)
        ),
    )


def _chart(subject: Subject, cells: list[Cell]) -> Chart:
    title = f"Belegungen nach {SUBJECT_WORDS[subject]}"
    bars = tuple(
        Bar(
            name=" + ".join(VALUE_WORDS[subject][value] for value in one.values),
            number=one.enrolments,
        )
        for one in cells
    )
    told = "; ".join(f"{one.name}: {one.number}" for one in bars)
    return Chart(title=title, bars=bars, told=f"Balken. {title}. {told}.")

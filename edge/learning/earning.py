"""Who earned a certificate, and what of DigComp a course taught; names of it in our own words.

Source: DigComp 3.0 (JRC144121) and 2.2 (JRC128415): five areas and the numbers of 21 competences.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from edge.learning.course import Course, Session
from edge.learning.errors import Refused

PERCENTS = range(1, 101)
AREA_NAMES: Mapping[int, str] = {
    1: "Informationen suchen, bewerten und verwalten",
    2: "Kommunizieren und zusammenarbeiten",
    3: "Inhalte erstellen",
    4: "Sicher und gesund im Netz",
    5: "Probleme erkennen und lösen",
}
# What the numbers are about, short, so that it holds in both versions.
COMPETENCES: Mapping[str, str] = {
    "1.1": "Informationen suchen und finden",
    "1.2": "Informationen bewerten",
    "1.3": "Informationen ordnen und verwalten",
    "2.1": "Sich über digitale Wege austauschen",
    "2.2": "Inhalte teilen",
    "2.3": "Als Bürgerin oder Bürger teilhaben",
    "2.4": "Digital zusammenarbeiten",
    "2.5": "Umgangsformen im Netz",
    "2.6": "Die eigene digitale Identität pflegen",
    "3.1": "Inhalte erstellen",
    "3.2": "Inhalte überarbeiten und verbinden",
    "3.3": "Urheberrecht und Lizenzen beachten",
    "3.4": "Programmieren",
    "4.1": "Geräte schützen",
    "4.2": "Daten und Privatsphäre schützen",
    "4.3": "Auf Gesundheit und Wohlbefinden achten",
    "4.4": "Die Umwelt schonen",
    "5.1": "Technische Probleme lösen",
    "5.2": "Bedarf erkennen und Passendes finden",
    "5.3": "Digitale Werkzeuge kreativ nutzen",
    "5.4": "Eigene Lücken erkennen",
}


def held(course: Course) -> tuple[Session, ...]:
    """Return the sessions that count: all that do not fall through, also those to come."""
    return tuple(one for one in course.sessions if not one.cancelled)


def attended(counts: Mapping[int, int], sessions: Sequence[Session], seat: int) -> int:
    """Return to how many sessions the ``seat``-th of a party came.

    Of a party only is known how many came: two of three means the first and the second. Nobody is
    given more sessions that way than the party had people there.
    """
    return sum(counts.get(one.session, 0) >= seat for one in sessions)


def earned(present: int, sessions: int, percent: int) -> bool:
    """Say whether somebody came to enough sessions."""
    return sessions > 0 and present * 100 >= percent * sessions


def checked_percent(percent: int) -> int:
    """Return a share in percent.

    :raises Refused: if it is none.
    """
    if percent not in PERCENTS:
        raise Refused(
            f"a share of {percent} %", hint="Möglich sind hier 1 bis 100 Prozent.", field="percent"
        )
    return percent


def competences_of(course: Course) -> dict[str, str]:
    """Return the competences of the areas that a course teaches."""
    areas = {str(one.area) for one in course.digcomp}
    return {code: name for code, name in COMPETENCES.items() if code[0] in areas}


def checked_competences(course: Course, codes: Collection[str]) -> tuple[str, ...]:
    """Return competences in their order.

    :raises Refused: if the course teaches nothing of DigComp, or one is of no area of it.
    """
    if not course.digcomp:
        raise Refused(
            "no DigComp area",
            hint="Beim Kurs ist kein DigComp-Bereich eingetragen. Bitte erst dort eintragen.",
            field="digcomp",
        )
    known = competences_of(course)
    strange = [one for one in codes if one not in known]
    if strange:
        raise Refused(
            f"{strange} are not of the course's areas",
            hint="Diese Kompetenz gehört zu keinem Bereich des Kurses.",
            field="competences",
        )
    return tuple(code for code in known if code in codes)

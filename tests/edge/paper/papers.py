"""One paper of each kind, with what people write on purpose and by accident."""

from __future__ import annotations

from typing import Any

from edge.desk.paper import qr_svg
from edge.paper.documents import (
    Bar,
    Certificate,
    Certificates,
    Chart,
    Competence,
    CompetenceProof,
    Day,
    FundingReport,
    Paper,
    Participant,
    ParticipantList,
    Poster,
    ReportPart,
    Rota,
    Shift,
    SignInSheet,
    SlipPaper,
    Thanks,
)

EVIL = '#read("/etc/passwd") *fett* $x^2$ <a> @b #import "x.typ": * \\ `c` = 1'
ARABIC, UKRAINIAN, TURKISH = "محمد العلي", "Олександра Ґрунько", "Şükrü İğdır"
NAMES = (EVIL, ARABIC, UKRAINIAN, TURKISH)
BASE: dict[str, Any] = {
    "village": "Holzheim", "hub": "Dorfhub Holzheim", "made": "26. November 2026"
}  # fmt: skip
CERTIFICATE: dict[str, Any] = {
    **BASE,
    "name": UKRAINIAN,
    "course": "Handy-Sprechstunde",
    "summary": "Passwörter, Updates.",
    "when": "7. September bis 23. November 2026",
    "extent": "9 Termine, 13,5 Unterrichtseinheiten",
    "attended": "8 von 9 Terminen",
    "confirmed_by": "Petra Volz",
    "number": "7F3A-22C1",
    "signer": "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
    "check": "Prüfen: an jedem Dorfhub.",
    "qr": qr_svg("DHZ1-" + "ABCDEFG234" * 45),
}


def certificate(**changed: Any) -> Certificate:
    return Certificate(**{**CERTIFICATE, **changed})


def all_papers() -> dict[str, Paper]:
    return {
        "slip": SlipPaper(
            **BASE,
            course="Handy",
            number="2AF-9KM-XYU",
            state="Sie haben einen Platz.",
            lines=(EVIL,),
            dates=tuple(f"Mo {day}.9.2026" for day in range(1, 14)),
            qr=qr_svg("2AF9KMXYU"),
        ),
        "participants": ParticipantList(
            **BASE,
            course=EVIL,
            season="Herbst 2026",
            dates=("Mo 7.9.",),
            seats="8 von 10 Plätzen",
            rows=tuple(
                Participant(name=one, party=1, phone="0641 123", state="Platz") for one in NAMES
            ),
        ),
        "participants-empty": ParticipantList(
            **BASE, course="Leer", season="Herbst", dates=(), seats="", rows=()
        ),
        "sign-in": SignInSheet(
            **BASE,
            course="Handy",
            season="Herbst 2026",
            sessions=tuple(f"{day}.9.2026" for day in range(1, 12)),
            names=NAMES,
            spare=40,
        ),
        "sign-in-empty": SignInSheet(
            **BASE, course="Handy", season="Herbst", sessions=(), names=(), spare=0
        ),
        "poster": Poster(
            **BASE,
            course="Handy-Sprechstunde",
            summary=f"Eins.\nZwei.\n{EVIL}",
            dates=("Montags ab 7. September",),
            more_dates="9 Termine",
            facts=(("Wo", "Halle"), ("Mit", ARABIC)),
            sign_up="Anmelden am Terminal.",
            note="Verlegt!",
        ),
        "certificate": certificate(),
        "certificate-plain": certificate(name=EVIL, qr="", summary="", confirmed_by=""),
        "digcomp": CompetenceProof(
            **{**CERTIFICATE, "name": ARABIC},
            framework="DigComp 3.0",
            areas=(("1 Informationen", "Grundlagen"),),
            competences=(Competence(number="1.1", name="Suchen und Finden"),),
        ),
        "certificates": Certificates(
            **BASE, course="Handy", pages=tuple(certificate(name=one) for one in NAMES)
        ),
        "thanks": Thanks(
            **BASE,
            name=TURKISH,
            when="Januar bis November 2026",
            hours="42,5 Stunden",
            work=(("Theke", "42,5"),),
            confirmed_by="Petra Volz",
        ),
        "rota": Rota(
            **BASE,
            when="30. November bis 6. Dezember 2026",
            days=(
                Day(
                    day="Montag, 30. November",
                    shifts=(
                        Shift(time="14–16 Uhr", what="Theke", people=NAMES, wanted=5),
                        Shift(time="16–18 Uhr", what="Tür", people=(), wanted=1),
                    ),
                ),
            ),
        ),
        "report": FundingReport(
            **BASE,
            least=5,
            parts=(
                ReportPart(
                    period="Herbst 2026",
                    enrolments=55,
                    visits=320,
                    taught=(("Gesundheit", "3", "27", "40,50"),),
                    charts=(
                        Chart(
                            title="Alter",
                            bars=(
                                Bar(name="unter 25", number=7),
                                Bar(name="65 und älter", number=48),
                            ),
                            told="Alter: unter 25 7, 65 und älter 48.",
                        ),
                    ),
                ),
            ),
        ),
        "report-empty": FundingReport(**BASE, least=5),
    }

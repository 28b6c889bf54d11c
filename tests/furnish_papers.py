"""Certificates of a course that is over, and a proof in hand, for browser tests."""

from __future__ import annotations

from edge.badges.compact import Shown, packed
from edge.clock import FixedClock
from edge.config import Config
from edge.desk import Register, Vault
from edge.desk.awards import Awards, Choice
from edge.store.village import VillageStore
from edge.web.papers import check
from hardware.reading import TimeQuality

COURSE = 110  # `tests.furnish_desk.NOW_ON`: four sessions, of which the first is on
PAPER_PAGES = {
    "pult-druck": "/pult/druck",
    "pult-druck-kurs": f"/pult/druck/kurs/{COURSE}",
    "pult-druck-liste": f"/pult/druck/kurs/{COURSE}/liste",
    "pult-druck-unterschriften": f"/pult/druck/kurs/{COURSE}/unterschriften",
    "pult-druck-aushang": f"/pult/druck/kurs/{COURSE}/aushang",
    "pult-druck-bericht": "/pult/druck/bericht",
    "pult-druck-dienste": "/pult/druck/dienste",
    "pult-druck-dank": "/pult/druck/dank/2/2026",
    "pult-bescheinigungen": "/pult/bescheinigungen",
    "pult-bescheinigungen-kurs": f"/pult/bescheinigungen/{COURSE}",
    "pult-bescheinigungen-alle": f"/pult/bescheinigungen/{COURSE}/alle",
    "pult-bescheinigung": "/pult/bescheinigungen/einzeln/1",
    "pult-bescheinigung-zurueck": "/pult/bescheinigungen/einzeln/1/zuruecknehmen",
    "pruefen": "/pruefen",
    "pruefen-ergebnis": "/pruefen/ergebnis",
}
# What a visit keeps on some of these pages; `furnish_papers` fills in the proof.
PAPER_KEPT: dict[str, dict[str, tuple[str, ...]]] = {"/pruefen/ergebnis": {}}


def furnish_papers(config: Config, now_ms: int) -> None:
    """Give certificates in a village that `furnish_desk` furnished."""
    clock = FixedClock(now_ms, TimeQuality.SYNCHRONISED)
    with VillageStore(config.hub.village_db) as village, Vault.of(config) as vault:
        awards = Awards.at(config, village, vault, clock)
        awards.set_threshold(COURSE, 25)
        register = Register(village, vault, clock)
        session = village.course(COURSE).sessions[0].session
        for row in register.rows(session)[:6]:
            register.tick(session, row.enrolment.enrolment)
        ready = [one for one in awards.candidates(COURSE) if one.has_earned]
        chosen = [Choice(one.enrolment, one.seat, one.name or "Zoë Öz") for one in ready[:3]]
        given = awards.give(COURSE, chosen, by="Amsel")
        (proof,) = awards.give(COURSE, chosen[:1], "digcomp", by="Amsel", competences=("4.1",))
        awards.revoke(given[-1].award)
    text = packed(Shown(proof.token, proof.name))
    pieces = [text[at : at + 380] for at in range(0, len(text), 380)]
    PAPER_KEPT["/pruefen/ergebnis"][check.KEPT] = tuple(pieces)

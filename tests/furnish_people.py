"""The pages of people and consents, with what a visit keeps for them: for browser tests."""

from __future__ import annotations

from edge.care.audit import Look
from edge.care.consent import BLOOD_PRESSURE
from edge.care.kinds import OXYGEN, WEIGHT
from edge.care.people import ContactRole, QuietHours
from edge.clock import Stamp
from edge.config import Config
from edge.desk.register import card_hash
from edge.desk.vault import Vault
from edge.web.care.people_consents import CHOSEN
from hardware.reading import TimeQuality

DAY_MS = 86_400_000
OWN_CARD = "DHK1-" + "0E" * 16
MIA = 3  # her number: the rooms before this one have furnished two contacts
PEOPLE_PAGES = {
    "menschen": "/pflege/menschen",
    "mensch": "/pflege/menschen/2",
    "mensch-langer-name": "/pflege/menschen/6",
    "mensch-kreis": f"/pflege/menschen/2/kreis/{MIA}",
    "mensch-einwilligung": "/pflege/menschen/2/einwilligung",
    "mensch-satz": "/pflege/menschen/2/einwilligung/satz",
    "mensch-widerruf": "/pflege/menschen/2/widerruf",
    "mensch-buch": "/pflege/menschen/2/buch",
    "kontakte": "/pflege/kontakte",
    "kontakt": f"/pflege/kontakte/{MIA}",
    "gesehen": "/karte/gesehen",
}
PEOPLE_CARDS = {"/karte/gesehen": card_hash(OWN_CARD)}
PEOPLE_KEPT: dict[str, dict[str, tuple[str, ...]]] = {
    "/pflege/menschen/2/einwilligung/satz": {CHOSEN: (f"2 hub {WEIGHT},{OXYGEN}",)},
}


def furnish_people(config: Config, now_ms: int) -> None:
    """Give the second in care a circle, a card and a book in which somebody looked."""
    with Vault.of(config) as vault, vault.open() as personal:
        mia = personal.add_contact("Mia Müller", ContactRole.RELATIVE, now_ms, phone="0151 2345")
        assert mia == MIA
        practice = personal.add_contact(
            "Praxis Dr. Ünal & Partner", ContactRole.PRACTICE, now_ms, phone="06403 99"
        )
        personal.put_in_circle(2, mia, now_ms, relation="Tochter", quiet=QuietHours(1320, 390))
        personal.put_in_circle(2, practice, now_ms)
        personal.give_person_card(2, card_hash(OWN_CARD), now_ms)
        for n, (kinds, refused) in enumerate(
            (((BLOOD_PRESSURE,), False), ((BLOOD_PRESSURE, WEIGHT), True), ((OXYGEN,), False))
        ):
            look = Look(
                person=2,
                who=f"contact:{mia if n < 2 else 999}",
                role=ContactRole.RELATIVE if n < 2 else ContactRole.DOCTOR,
                kinds=kinds,
                since=now_ms - 30 * DAY_MS,
                until=None if n else now_ms,
                why="Werte angesehen",
                refused=refused,
            )
            quality = TimeQuality.UNKNOWN if n == 2 else TimeQuality.SYNCHRONISED
            at = Stamp(now_ms - (3 - n) * DAY_MS, "boot", 10**9, quality)
            personal.note_looks([look, look], at)

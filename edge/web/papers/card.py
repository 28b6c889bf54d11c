"""What somebody's own card shows of certificates: each with its day, or that it was withdrawn."""

from __future__ import annotations

from edge.clock import Clock
from edge.config import Config
from edge.desk.awards import Awards, Given
from edge.desk.vault import Vault
from edge.paper.documents import CompetenceProof
from edge.store.village import VillageStore
from edge.web import words
from edge.web.card_parts import CardPart
from edge.web.page import Line
from edge.web.tongue import later, say

_ATTENDANCE, _DIGCOMP = later("Teilnahme-Bescheinigung"), later("DigComp-Nachweis")


class CardCertificates:
    """Makes the part of a card."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock

    def __call__(self, card: bytes) -> CardPart | None:
        """Return the certificates of whoever has this card, None if there are none."""
        config = self._config
        with VillageStore(config.hub.village_db) as village, Vault.of(config) as vault:
            found = Awards.at(config, village, vault, self._clock).of(card)
        if not found:
            return None
        return CardPart(
            "bescheinigungen",
            say("Meine Bescheinigungen"),
            [_line(one) for one in found],
            "check.form",
            say("Bescheinigung prüfen"),
        )


def _line(given: Given) -> Line:
    kind = say(_DIGCOMP if given.kind == CompetenceProof.kind else _ATTENDANCE)
    day = words.date(words.local(given.award.issued_at))
    state = say("zurückgenommen") if given.is_revoked else day
    return Line(f"{kind}: {given.title}", state, "bad" if given.is_revoked else "good")

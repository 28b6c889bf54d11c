"""Somebody who is asked to measure again, by the rules themselves: for browser tests."""

from __future__ import annotations

from edge.care import kinds
from edge.clock import Stamp
from edge.config import Config
from edge.desk.register import card_hash
from edge.desk.vault import Vault
from edge.store.personal_rows import CareRow, Number, Observation
from edge.worker.care_watch import CareWatch
from hardware.reading import TimeQuality
from tests.furnish_ward import add_person

CARD = "DHK1-" + "4E" * 16
# the query only tells the pages apart: whose card lies on the reader makes the difference
ASKED_PAGES = {"eigene-werte-bitte": "/karte/werte?bitte", "karte-bitte": "/karte?bitte"}
ASKED_CARDS = dict.fromkeys(ASKED_PAGES.values(), card_hash(CARD))


def furnish_asked(config: Config, now_ms: int) -> None:
    """Let somebody measure a high pressure, and with a thermometer that lay on the table."""
    at, known = now_ms - 60_000, TimeQuality.SYNCHRONISED
    with Vault.of(config) as vault, vault.open() as personal:
        person = add_person(personal, "Paula Kern", now_ms)
        personal.give_person_card(person, card_hash(CARD), now_ms)
        row = CareRow(at, "ble:CUFF9", person, known, at, 9001, 206.0, 92.0, None, 71.0)
        cold = Observation(
            at, "ble:THERMO9", kinds.TEMPERATURE, person, known, at, 9002, "test",
            values=(Number("body_temperature", 21.5),),
        )  # fmt: skip
        personal.add_measured([row], [cold])
        CareWatch().run(personal, Stamp(now_ms, "boot", 10**9, known))

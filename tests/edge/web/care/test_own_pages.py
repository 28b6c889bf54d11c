"""`/karte/werte`: who may see somebody's own values, by the consents in force, in all languages."""

from __future__ import annotations

import re

from edge.care import kinds
from edge.care.consent import BLOOD_PRESSURE, COUNTY
from tests.carers import Ward, words
from tests.furnish_ward import CARD, DAUGHTER, NURSE, agree
from tests.hall import NOW_MS

VALUES = "/karte/werte"


def may_see(ward: Ward, tongue: str = "") -> str:
    client = ward.with_card(CARD)
    if tongue:
        client.post("/anzeige", data={"sprache": tongue})
    page = ward.look(VALUES, client=client)
    found = re.search(r'<h2 id="wer">.*?</section>', page, re.DOTALL)
    assert found is not None
    assert 'href="/karte/gesehen"' in found[0]
    return words(found[0])


def test_each_who_may_see_stands_there_with_what_and_how_long(ward: Ward) -> None:
    said = may_see(ward)
    assert "Wer darf das sehen?" in said
    assert f"{DAUGHTER}, Angehörige Blutdruck, Gewicht Erlaubt seit: Sonntag" in said
    assert f"{NURSE}, Pflegefachkraft Blutdruck, Körpertemperatur, Gewicht, Sauerst" in said
    assert said.count("bis Sie es zurücknehmen") == 2
    assert "Landkreis" not in said
    assert "Bernd Kowalski" not in said  # around her, and may see nothing


def test_what_is_given_or_taken_back_counts_at_the_next_look(ward: Ward) -> None:
    (nurse,) = ward.personal(lambda p: [one for one in p.contacts() if one.name == NURSE])
    ward.personal(lambda p: p.withdraw_consent(1, NOW_MS, recipient=nurse.recipient))
    ward.personal(lambda p: agree(p, 1, BLOOD_PRESSURE, COUNTY, NOW_MS))
    said = may_see(ward)
    assert NURSE not in said
    assert "Pflegedienst über den Landkreis Blutdruck Erlaubt seit: Montag, 23. November" in said
    # who may not even be kept by the hub is nobody's to see
    ward.personal(lambda p: p.withdraw_consent(1, NOW_MS, data_kind=kinds.WEIGHT))
    assert "Gewicht" not in may_see(ward)


def test_where_nobody_may_it_says_so(ward: Ward) -> None:
    for one in ward.personal(lambda p: p.contacts()):
        ward.personal(lambda p, to=one.recipient: p.withdraw_consent(1, NOW_MS, recipient=to))
    said = may_see(ward)
    assert "Außer Ihnen niemand" in said
    assert "Erlaubt seit" not in said


def test_it_is_said_in_every_language(ward: Ward) -> None:
    german = may_see(ward)
    said = {tongue: may_see(ward, tongue) for tongue in ("leicht", "en", "uk", "tr", "ar")}
    assert "Who may see this?" in said["en"]
    assert "This holds until you take it back." in said["en"]
    assert len({german, *said.values()}) == 6
    assert all(DAUGHTER in one for one in said.values())
    assert not any("zurücknehmen" in one for one in said.values())

"""What carers do: alerts, handover, devices, cards; and what others see by theirs."""

from __future__ import annotations

import re
import time
from html import unescape

from edge.care.audit import LISTED, SELF
from edge.care.consent import BLOOD_PRESSURE
from edge.ward.inbox import WHY as OPENED
from edge.ward.round import WHY as ROUND
from tests.carers import Ward, words
from tests.furnish_ward import (
    CARD,
    DAUGHTER,
    NEIGHBOUR,
    RELATIVE_CARD,
)  # fmt: skip
from tests.hall import CUFF, NOW_MS

# alerts


def test_the_first_who_takes_an_alert_has_it_and_the_second_is_told_who(ward: Ward) -> None:
    other = ward.other_nurse("Pfleger Ben Sommer")
    assert ward.nurse.post("/pflege/meldungen/nehmen", data={"meldung": "2"}).status_code == 303
    answer = other.post("/pflege/meldungen/nehmen", data={"meldung": "2"})
    page = words(ward.look(answer.headers["Location"], client=other))
    assert "Jemand war schneller" in page
    assert "Schwester Amira Nowak kümmert sich" in page
    again = ward.nurse.post("/pflege/meldungen/nehmen", data={"meldung": "2"})  # pressed twice
    assert "Jemand war schneller" not in ward.look(again.headers["Location"])


def test_an_alert_is_handed_over_taken_and_closed(ward: Ward) -> None:
    other = ward.other_nurse("Pfleger Ben Sommer")
    ben = ward.personal(lambda p: next(c.contact for c in p.contacts() if "Ben" in c.name))
    form = {"meldung": "2", "an": str(ben)}
    early = ward.nurse.post("/pflege/meldungen/weitergeben", data=form)
    assert early.status_code == 422
    assert "zuerst übernehmen" in unescape(early.get_data(as_text=True))
    ward.nurse.post("/pflege/meldungen/nehmen", data={"meldung": "2"})
    assert ward.nurse.post("/pflege/meldungen/weitergeben", data=form).status_code == 303
    assert "weitergegeben an Pfleger Ben Sommer" in words(ward.look("/pflege/meldungen/2"))
    assert "Ich übernehme" in ward.look("/pflege/meldungen/2", client=other)
    other.post("/pflege/meldungen/nehmen", data={"meldung": "2"})
    empty = other.post("/pflege/meldungen/abschliessen", data={"meldung": "2", "ausgang": " "})
    assert empty.status_code == 422
    done = {"meldung": "2", "ausgang": "War gestürzt, <b>nichts</b> gebrochen 🙂"}
    assert other.post("/pflege/meldungen/abschliessen", data=done).status_code == 303
    assert "Karl-Heinz" not in ward.look("/pflege/meldungen")
    assert "Karl-Heinz Müller" in ward.look("/pflege/meldungen/frueher")
    page = other.get("/pflege/meldungen/2").get_data(as_text=True)
    assert "&lt;b&gt;nichts&lt;/b&gt;" in page
    untold = ward.nurse.get("/pflege/meldungen/2").get_data(as_text=True)
    assert "gestürzt" not in untold  # nobody told her even that the button was pressed


def test_too_long_an_outcome_is_given_back_as_it_was_written(ward: Ward) -> None:
    text = "ä" * 10_000
    answer = ward.nurse.post(
        "/pflege/meldungen/abschliessen", data={"meldung": "2", "ausgang": text}
    )
    assert answer.status_code == 422
    assert text in answer.get_data(as_text=True)


def test_nobody_hands_over_to_somebody_outside_of_the_circle(ward: Ward) -> None:
    ward.nurse.post("/pflege/meldungen/nehmen", data={"meldung": "2"})
    daughter = ward.personal(lambda p: next(c.contact for c in p.contacts() if c.name == DAUGHTER))
    form = {"meldung": "2", "an": str(daughter)}
    assert ward.nurse.post("/pflege/meldungen/weitergeben", data=form).status_code == 422


def test_anothers_alert_does_not_exist(ward: Ward) -> None:
    stranger = ward.other_nurse("Fremde Pflege", people=())
    assert stranger.get("/pflege/meldungen/1").status_code == 404
    for step in ("nehmen", "weitergeben", "abschliessen"):
        form = {"meldung": "1", "an": "1", "ausgang": "x"}
        assert stranger.post(f"/pflege/meldungen/{step}", data=form).status_code == 404
    assert ward.nurse.get("/pflege/meldungen/999").status_code == 404


def test_an_alert_says_what_it_is_about_only_to_who_may_read_that(ward: Ward) -> None:
    other = ward.other_nurse("Pfleger Ben Sommer", people=(1, 2))
    title = "Anders als sonst"
    mine = words(ward.look("/pflege/meldungen/1"))
    assert "182" in mine
    assert title in mine
    page = words(ward.look("/pflege/meldungen/1", client=other))
    assert "Bitte bei Erna Weber nachsehen." in page
    assert "Worum es geht, hat diese Person für Sie nicht freigegeben." in page
    assert "Dringend" in page
    for path in ("", "/liste", "/1"):
        page = words(ward.look(f"/pflege/meldungen{path}", client=other))
        assert "Bitte nachsehen" in page
        assert title not in page
        assert "182" not in page
    for path in ("/pflege", "/pflege/kacheln", "/pflege/runde"):
        page = words(ward.look(path, client=other))
        assert "Bitte nachsehen" in page
        assert title not in page
        assert "Ruf um Hilfe" in page  # a call is told to whom the person called by it
        assert title in words(ward.look(path))
    ward.nurse.post("/pflege/meldungen/abschliessen", data={"meldung": "1", "ausgang": "182 war"})
    assert "182 war" in ward.look("/pflege/meldungen/1")
    assert "182" not in ward.look("/pflege/meldungen/1", client=other)
    assert title not in ward.look("/pflege/meldungen/frueher", client=other)
    assert {look.who for look in ward.book(1)} == {
        ward.personal(lambda p: next(c for c in p.contacts() if "Amira" in c.name)).recipient
    }


def test_names_in_lists_and_tiles_are_once_a_day_in_the_book_and_what_is_opened_each_time(
    ward: Ward,
) -> None:
    for path in ("/pflege", "/pflege/kacheln", "/pflege/meldungen", "/pflege/meldungen/liste"):
        assert "Anders als sonst" in words(ward.look(path)), path
        (look,) = ward.book(1)
        assert look.why == LISTED, path
        assert "blood_pressure" in look.kinds
    ward.look("/pflege/runde")
    ward.look("/pflege/meldungen/1")
    assert [look.why for look in ward.book(1)] == [OPENED, ROUND, LISTED]
    page = words(ward.look("/pflege/menschen/1/buch"))
    assert "hat in einer Liste gelesen, dass etwas aufgefallen ist: Blutdruck" in page
    assert LISTED in page


def test_what_an_alert_was_about_that_is_over_is_in_the_book_too(ward: Ward) -> None:
    ward.nurse.post("/pflege/meldungen/abschliessen", data={"meldung": "1", "ausgang": "gut"})
    assert ward.book(1) == []
    assert "Anders als sonst" in ward.look("/pflege/meldungen/frueher")
    assert [look.why for look in ward.book(1)] == [LISTED]


def test_who_may_not_know_what_an_alert_is_about_read_nothing(ward: Ward) -> None:
    other = ward.other_nurse("Pfleger Ben Sommer", people=(1, 2))
    for path in ("/pflege", "/pflege/meldungen"):
        assert "Bitte nachsehen" in words(ward.look(path, client=other))
    assert ward.book(1) == []
    assert [look.kinds for look in ward.book(2)] == [("button",)]


def test_a_call_for_help_that_was_read_stands_in_the_book(ward: Ward) -> None:
    other = ward.other_nurse("Pfleger Ben Sommer", people=(2,))
    page = words(ward.look("/pflege/meldungen/2", client=other))
    assert "gedrückt vor 2 Minuten" in page
    (look,) = ward.book(2)
    assert look.kinds == ("button",)


def test_a_withdrawal_takes_the_words_of_an_alert_at_once(ward: Ward) -> None:
    nurse = ward.personal(lambda p: next(c for c in p.contacts() if "Amira" in c.name)).recipient
    assert "Anders als sonst" in ward.look("/pflege/meldungen")
    ward.personal(lambda p: p.put_in_circle(1, int(nurse.partition(":")[2]), NOW_MS))
    ward.personal(lambda p: p.withdraw_consent(1, NOW_MS, recipient=nurse))
    page = ward.look("/pflege/meldungen")
    assert "Anders als sonst" not in page
    assert "Erna Weber" in page  # help comes all the same


def test_the_list_changes_its_mark_when_an_alert_does(ward: Ward) -> None:
    def mark() -> str:
        found = re.search(r'data-stand="([^"]+)"', ward.look("/pflege/meldungen/liste"))
        assert found is not None
        return found[1]

    before = mark()
    ward.nurse.post("/pflege/meldungen/nehmen", data={"meldung": "2"})
    time.sleep(1.1)  # it is looked at once a second
    assert mark() != before


def test_a_page_on_the_wall_is_drawn_anew_when_somebody_may_know_less(ward: Ward) -> None:
    def mark() -> str:
        found = re.search(r'data-stand="([^"]+)"', ward.look("/pflege/kacheln"))
        assert found is not None
        time.sleep(1.1)  # it is looked at once a second
        return found[1]

    nurse = ward.personal(lambda p: next(c for c in p.contacts() if "Amira" in c.name)).recipient
    before = [mark(), mark()]
    assert before[0] == before[1]
    ward.personal(lambda p: p.withdraw_consent(1, NOW_MS, recipient=nurse))
    before.append(mark())
    ward.personal(lambda p: p.take_from_circle(2, 1, NOW_MS))
    before.append(mark())
    assert len(set(before)) == 3


# handover


def test_a_handover_begins_with_facts_and_is_printed_as_written(ward: Ward) -> None:
    page = ward.look("/pflege/uebergabe/1")
    assert "Blutdruck: 174/86 mmHg" in page
    assert "Jana Weber (Tochter)" in page
    form = {
        "situation": "Sie ist <i>blass</i>.", "hintergrund": "Zucker", "einschaetzung": "ärztlich",
        "empfehlung": "Heute\nanrufen",
    }  # fmt: skip
    answer = ward.nurse.post("/pflege/uebergabe/1", data=form)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Sie ist &lt;i&gt;blass&lt;/i&gt;." in text
    assert "Heute\nanrufen" in text
    back = ward.nurse.post("/pflege/uebergabe/1", data=form | {"weiter": "1"})
    assert "Heute\nanrufen" in back.get_data(as_text=True)


def test_a_handover_that_is_too_long_is_given_back(ward: Ward) -> None:
    answer = ward.nurse.post("/pflege/uebergabe/1", data={"situation": "x" * 10_000})
    assert answer.status_code == 422
    assert "x" * 10_000 in answer.get_data(as_text=True)


def test_no_handover_of_whom_one_may_not_read(ward: Ward) -> None:
    assert ward.nurse.get("/pflege/uebergabe/7").status_code == 404
    assert ward.nurse.post("/pflege/uebergabe/7", data={"situation": "x"}).status_code == 404


# devices


def test_a_device_is_handed_out_confirmed_and_taken_back(ward: Ward) -> None:
    page = ward.look(f"/pflege/geraete/ausgeben/{CUFF}")
    assert "Erna Weber" in page
    form = {"geraet": CUFF, "person": "2"}
    for _ in range(2):  # pressed twice
        assert ward.nurse.post("/pflege/geraete/ausgeben", data=form).status_code == 303
    taken = ward.nurse.post("/pflege/geraete/ausgeben", data=form | {"person": "3"})
    assert taken.status_code == 422
    assert "noch nicht bestätigt" in ward.look("/pflege/geraete")
    assert ward.nurse.post("/pflege/geraete/bestaetigen", data=form).status_code == 303
    assert "noch nicht bestätigt" not in ward.look("/pflege/geraete")
    assert ward.nurse.post("/pflege/geraete/zuruecknehmen", data=form).status_code == 303
    found = ward.personal(
        lambda p: [a for a in p.assignments() if a.device_id == "ble:C0000000A1B2"]
    )
    assert found == []


def test_without_consent_no_device_is_handed_out(ward: Ward) -> None:
    ward.personal(lambda p: p.withdraw_consent(2, NOW_MS, data_kind=BLOOD_PRESSURE))
    answer = ward.nurse.post("/pflege/geraete/ausgeben", data={"geraet": CUFF, "person": "2"})
    assert answer.status_code == 422
    assert "Ohne Einwilligung löscht er" in unescape(answer.get_data(as_text=True))


def test_no_such_device_or_person(ward: Ward) -> None:
    assert ward.nurse.get("/pflege/geraete/ausgeben/C0:00:00:00:00:00").status_code == 404
    assert ward.nurse.get("/pflege/geraete/ausgeben/x").status_code == 404
    answer = ward.nurse.post("/pflege/geraete/ausgeben", data={"geraet": CUFF, "person": "999"})
    assert answer.status_code == 422


# one's own values, and relatives


def test_ones_own_values_are_large_in_plain_words_and_noted(ward: Ward) -> None:
    client = ward.app.test_client()
    assert client.post("/karte", data={"nummer": CARD}).status_code == 303
    assert "Meine Werte ansehen" in ward.look("/karte", client=client)
    page = ward.look("/karte/werte", client=client)
    assert "Blutdruck: 174 zu 86 mmHg." in page
    assert "Bei Ihnen üblich" in page
    assert 'class="limit' not in page
    assert "/karte/gesehen" in page
    assert ward.looks(1) == [SELF]


def test_without_a_card_or_with_anothers_there_are_no_values(ward: Ward) -> None:
    for client in (ward.app.test_client(), ward.with_card("DHK1-" + "AA" * 16)):
        for path in ("/karte/werte", "/karte/angehoerige"):
            answer = client.get(path)
            assert answer.status_code == 303, path
            assert answer.headers["Location"].endswith("/karte")


def test_a_relative_sees_the_chosen_few_and_nothing_else(ward: Ward) -> None:
    client = ward.app.test_client()
    assert client.post("/karte", data={"nummer": RELATIVE_CARD}).status_code == 303
    page = words(ward.look("/karte/angehoerige", client=client))
    assert "Erna Weber" in page
    assert "174/86" in page
    assert "73,8" in page
    assert "Sauerstoff" not in page
    assert "Karl-Heinz" not in page
    ward.personal(lambda p: p.withdraw_consent(1, NOW_MS, data_kind=BLOOD_PRESSURE))
    assert "174" not in words(ward.look("/karte/angehoerige", client=client))


def test_a_relatives_card_is_given_shown_once_and_blocked(ward: Ward) -> None:
    number = ward.personal(lambda p: next(c.contact for c in p.contacts() if c.name == DAUGHTER))
    answer = ward.nurse.post("/pflege/angehoerige/1/karte", data={"kontakt": str(number)})
    assert "<svg" in ward.look(answer.headers["Location"])
    old = ward.app.test_client().post("/karte", data={"nummer": RELATIVE_CARD})
    assert old.status_code == 422  # the one before is worth nothing now
    ward.nurse.post("/pflege/angehoerige/1/gedruckt")
    assert "card-paper" not in ward.look("/pflege/angehoerige/1/karte", 303)
    ward.nurse.post("/pflege/angehoerige/1/sperren", data={"kontakt": str(number)})
    assert ward.personal(lambda p: p.contacts_with_card()) == frozenset()


def test_a_nurse_gets_no_card_and_strangers_neither(ward: Ward) -> None:
    nurse = ward.personal(lambda p: next(c.contact for c in p.contacts() if c.name == NEIGHBOUR))
    for contact in (nurse, 9999):
        form = {"kontakt": str(contact)}
        assert ward.nurse.post("/pflege/angehoerige/1/karte", data=form).status_code != 303
    assert ward.nurse.post("/pflege/angehoerige/7/karte", data={"kontakt": "1"}).status_code == 404

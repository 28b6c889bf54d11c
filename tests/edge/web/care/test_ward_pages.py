"""What carers see of people, and what they do not."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from edge.access.role import Role
from edge.care import kinds
from edge.care.audit import LISTED
from edge.clock import FixedClock
from edge.store.personal import PersonalStore
from edge.store.personal_rows import CareRow
from edge.store.village import VillageStore
from edge.store.village_alarms import HallAlarm
from edge.web.app import create_app
from edge.web.care.overview import doubts
from edge.worker.node import worker_jobs
from hardware.reading import TimeQuality
from tests.carers import Ward, carer, lock, words
from tests.furnish_ward import (
    CARD,
    KNOWN,
    LONG_NAME,
    NEIGHBOUR,
    RELATIVE_CARD,
    furnish_ward,
)  # fmt: skip
from tests.hall import NOW_MS, furnished
from tests.signed_in import sign_in

DAY_MS = 86_400_000

NO_RESCUE = "Der Dorfhub ersetzt keinen Notruf. Im Notfall 112 wählen."
OPEN = ("/pflege", "/pflege/runde", "/pflege/meldungen", "/pflege/meldungen/1")


def test_every_page_of_care_says_that_it_replaces_no_emergency_call(ward: Ward) -> None:
    for path in (*OPEN, "/pflege/person/1", "/pflege/menschen/1", "/pflege/faelle"):
        assert NO_RESCUE in ward.look(path), path
    own, daughter = ward.with_card(CARD), ward.with_card(RELATIVE_CARD)
    for path, client in (
        ("/karte/werte", own),
        ("/karte/gesehen", own),
        ("/karte/angehoerige", daughter),
        ("/gespraech", own),
    ):
        assert NO_RESCUE in ward.look(path, client=client), path
    said = set()
    for tongue in ("leicht", "en", "uk", "tr", "ar"):
        own.post("/anzeige", data={"sprache": tongue})
        found = re.search('<p class="no-rescue">(.*)</p>', ward.look("/karte/werte", client=own))
        assert found is not None
        said.add(found[1])
    assert len(said - {NO_RESCUE}) == 5
    assert all("112" in one for one in said)
    lock(ward)
    assert NO_RESCUE in ward.look("/pflege", status=503)


# the overview


def test_the_overview_says_who_needs_somebody_in_order_by_colour_sign_and_word(ward: Ward) -> None:
    page = ward.look("/pflege")
    tiles = re.findall(r'<a class="(lv-\S+)" href="[^"]*"><svg.*?</svg>(.*?)</a>', page)
    levels = [(level, words(text).split()[0]) for level, text in tiles]
    assert levels == [
        ("lv-4", "Sofort"), ("lv-3", "Dringend"), ("lv-3", "Dringend"), ("lv-2", "Heute"),
        ("lv-1", "Beachten"), ("lv-0", "Ruhig"), ("lv-none", "Kein"),
    ]  # fmt: skip
    assert "Erna Weber" in tiles[1][1]  # nobody has it: before the one that somebody has
    assert f"{NEIGHBOUR} kümmert sich" in tiles[2][1]
    assert "1 sofort" in words(page)


def test_the_overview_names_no_value_and_nobody_who_is_not_theirs(ward: Ward) -> None:
    page = ward.look("/pflege")
    assert "182" not in words(page)
    assert "Franz Josef Groß" not in page
    assert [look.why for look in ward.book(1)] == [LISTED]  # its name alone
    assert ward.book(5) == []


def test_quiet_is_doubted_while_nobody_looks_at_values(ward: Ward) -> None:
    assert "heißt dann nicht" not in ward.look("/pflege")
    (ward.config.hub.run / "worker.json").unlink()
    assert "wertet gerade keine Werte aus" in ward.look("/pflege")


def test_where_alerts_are_switched_off_the_pages_say_so(tmp_path: Path) -> None:
    config = furnished(tmp_path, [furnish_ward])
    off = replace(config, personal=replace(config.personal, alerts=False))
    clock = FixedClock(NOW_MS, TimeQuality.SYNCHRONISED)
    assert any("ausgeschaltet" in one for one in doubts(off, clock))
    assert not any("ausgeschaltet" in one for one in doubts(config, clock))
    names: dict[bool, list[str]] = {True: [], False: []}
    for one, found in ((config, names[True]), (off, names[False])):
        with worker_jobs(one) as jobs:
            found += [job.name for job in jobs]
    assert set(names[True]) - set(names[False]) == {"ladder", "alarm"}


def test_the_board_calls_nobody_where_alerts_were_switched_off(tmp_path: Path) -> None:
    config = furnished(tmp_path)
    with VillageStore(config.hub.village_db) as village:
        village.show_alarm(HallAlarm("alert:1", "rescue", "", NOW_MS))
        village.show_alarm(HallAlarm("button:ble:1", "button", "Bad im Hof", NOW_MS))
        village.show_alarm(HallAlarm("test", "test", "", NOW_MS))
    off = replace(config, personal=replace(config.personal, alerts=False))
    clock = FixedClock(NOW_MS, TimeQuality.SYNCHRONISED)
    for one, is_on in ((config, True), (off, False)):
        client = create_app(one, clock).test_client()
        for path in ("/", "/alarme"):
            page = client.get(path).text
            assert ("Niemand hat geantwortet" in page) is is_on, path
            assert ("Bad im Hof" in page) is is_on, path
            assert "Probe: kein Alarm" in page, path


def test_a_name_of_two_hundred_signs_is_whole_on_every_page(ward: Ward) -> None:
    name = LONG_NAME
    assert len(name) == 200
    for path in ("/pflege", "/pflege/runde", "/pflege/meldungen", "/pflege/person/6"):
        assert name in ward.look(path), path


def test_who_is_no_contact_yet_is_told_what_to_do(ward: Ward) -> None:
    client, _ = carer(ward.app)
    for path in ("/pflege", "/pflege/runde", "/pflege/meldungen", "/pflege/person/1"):
        assert "Noch ist niemand mit Ihnen verbunden" in ward.look(path, 409, client), path


def test_while_locked_pages_say_so_and_what_to_do(ward: Ward) -> None:
    lock(ward)
    for path in (
        "/pflege", "/pflege/runde", "/pflege/meldungen", "/pflege/meldungen/1", "/pflege/person/1",
        "/pflege/uebergabe/1", "/pflege/geraete", "/pflege/angehoerige/1", "/pflege/kacheln",
    ):  # fmt: skip
        page = ward.look(path, 503)
        assert "Holen Sie den Schlüssel" in page, path
        assert "meldet der Hub nicht" in page, path
    for card, path in ((CARD, "/karte/werte"), (RELATIVE_CARD, "/karte/angehoerige")):
        page = ward.look(path, 503, ward.with_card(card))
        assert "verschlossen" in page
        assert "Erna" not in page


def test_a_volunteer_and_an_administrator_see_nothing_of_it(ward: Ward) -> None:
    for role in (Role.VOLUNTEER, Role.ADMINISTRATOR, Role.OFFICIAL):
        client = sign_in(ward.app.test_client(), role)
        assert client.get("/pflege").status_code == 403
        assert client.get("/pflege/person/1").status_code == 403


# the round


def test_the_round_says_why_since_when_and_notes_what_it_showed(ward: Ward) -> None:
    page = words(ward.look("/pflege/runde"))
    assert "Oberer Blutdruck 182 mmHg" in page
    assert "seit 11:24 Uhr" in page
    assert "Sauerstoffsättigung 84 %" in page
    assert len(ward.looks(1)) == 1
    assert len(ward.looks(2)) == 0  # a call for help tells no value


def test_a_number_of_a_kind_that_was_not_shared_is_not_shown(ward: Ward) -> None:
    ward.personal(lambda p: p.withdraw_consent(3, NOW_MS, data_kind=kinds.OXYGEN))
    page = words(ward.look("/pflege/runde"))
    assert "84 %" not in page


# one person's values


def test_a_page_shows_values_gap_and_unknown_time_and_notes_the_look(ward: Ward) -> None:
    page = ward.look("/pflege/person/1")
    said = words(page)
    assert "174/86" in said
    assert "Keine Werte: 3.11. bis 9.11." in said
    assert "Bei 1 Wert ist unbekannt, wann er gemessen wurde" in said
    assert "Zeit unbekannt, angekommen" in said
    assert 'class="band"' in page
    assert "<table" in page
    (who,) = ward.looks(1)
    assert who.startswith("contact:")


def test_without_consent_there_is_nothing_and_the_try_is_in_the_book(ward: Ward) -> None:
    page = ward.look("/pflege/person/7", 404)
    assert "Franz Josef" not in page
    assert [look.refused for look in ward.book(7)] == [True]
    assert ward.look("/pflege/person/9999", 404)


def test_a_withdrawal_counts_at_the_next_look(ward: Ward) -> None:
    assert "Gewicht" in ward.look("/pflege/person/1")
    ward.personal(lambda p: p.withdraw_consent(1, NOW_MS, data_kind=kinds.WEIGHT))
    page = ward.look("/pflege/person/1")
    assert "73,8" not in page
    assert "174/86" in words(page)


def test_who_measured_nothing_is_shown_as_that(ward: Ward) -> None:
    assert "In diesem Zeitraum ist nichts gemessen worden" in ward.look("/pflege/person/8")


def test_ten_thousand_values_make_a_page_as_light_as_any(ward: Ward) -> None:
    def many(personal: PersonalStore) -> None:
        begin, step = NOW_MS - 29 * DAY_MS, 28 * DAY_MS // 10_000
        rows = [
            CareRow(
                begin + n * step, "ble:CUFF8", 8, KNOWN, begin + n * step, 50_000 + n,
                120.0 + n % 31, 80.0, None, None,
            )
            for n in range(10_000)
        ]  # fmt: skip
        personal.add_care_round(rows)

    ward.personal(many)
    page = ward.look("/pflege/person/8")
    assert len(page) < 250_000
    assert "Hier stehen die neuesten 200 von 10.000 Werten" in page
    assert "120 bis 150" in words(page)


def test_a_strange_span_is_the_usual_one(ward: Ward) -> None:
    for text in ("0", "-1", "9999999", "<script>", "٣"):
        page = ward.look(f"/pflege/person/1?tage={text}")
        assert re.search(r'aria-current="true">30 Tage', page), text

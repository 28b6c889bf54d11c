"""The pages of a plan: what they show, whom, and that what is entered there holds."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from edge.access.role import Role
from edge.care.consent import BLOOD_PRESSURE
from edge.care.kinds import OXYGEN, WEIGHT
from edge.care.people import ContactRole
from edge.care.rules import judge
from edge.care.rules.plan import MEASURED, Due, Limit, Pause, Plan
from edge.care.rules.ruleset import default
from edge.care.rules.state import Course
from edge.clock import Stamp
from edge.store.personal import PersonalStore
from edge.store.personal_rules import Asked, PlanChange
from edge.ward.plans import PLAN
from edge.worker.care_watch import CareWatch
from hardware.reading import TimeQuality
from tests.carers import Ward, carer, lock, words
from tests.furnish_ward import NURSE, agree
from tests.hall import NOW_MS
from tests.signed_in import sign_in

HERE = "/pflege/plan/1"
LIMIT = f"{HERE}/grenze/blood_pressure_systolic"
HOUR, DAY = 3_600_000, 86_400_000
ASKED = {"praxis": "Praxis Dr. Beispiel", "tag": "2026-11-20"}
PAUSE = {"warum": "hospital", "von": "23.11.2026", "bis": "2026-11-25"}


def plan_of(ward: Ward, person: int = 1) -> Plan:
    return ward.personal(lambda one: one.plan(person, NOW_MS))


def changes(ward: Ward, person: int = 1) -> list[PlanChange]:
    return ward.personal(lambda one: one.plan_changes(person))


def send(ward: Ward, path: str, form: dict[str, object], client: FlaskClient | None = None) -> str:
    answer = (client or ward.nurse).post(path, data=form)
    assert answer.status_code == 303, words(answer.text)
    return answer.location


def refused(ward: Ward, path: str, form: dict[str, object]) -> str:
    answer = ward.nurse.post(path, data=form)
    assert answer.status_code == 422
    return answer.text


# seeing


def test_a_plan_says_in_words_what_holds_who_wanted_it_and_since_when(ward: Ward) -> None:
    page = words(ward.look(HERE))
    assert "Es gibt keine festen Messzeiten" in page
    assert "ab 200 mmHg : binnen einer Stunde" in page
    assert "Noch niemand etwas" in page
    send(ward, f"{HERE}/pause", PAUSE)
    form = {"was": WEIGHT, "von": "07:00", "bis": "10:00", "tag": ["0", "3"]}
    send(ward, f"{HERE}/messen", form)
    send(ward, LIMIT, {**ASKED, "unten": "100", "ja": "1"})
    page = words(ward.look(HERE))
    assert (
        "Krankenhaus, ab Montag, 23. November 2026 bis einschließlich Mittwoch, 25. November 2026"
        in page
    )
    assert "Gewicht 7:00 bis 10:00 Uhr, Montag und Donnerstag" in page
    assert "bis 100 mmHg : noch heute (für alle: keine)" in page
    assert (
        "Praxis Dr. Beispiel, Freitag, 20. November 2026; eingetragen am 23.11.2026, 16:24 Uhr"
        f" von {NURSE}" in page
    )
    assert page.count(NURSE) >= 4
    assert "Grenze oberer Blutdruck: heute bis 100 mmHg, dringend bis 90 mmHg" in page


def test_that_it_was_seen_stands_in_the_persons_book(ward: Ward) -> None:
    ward.look(HERE)
    (look,) = ward.book(1)
    assert (look.kinds, look.why, look.refused) == ((PLAN,), "Pflegeplan angesehen", False)
    book = words(ward.look("/pflege/menschen/1/buch"))
    assert "hat gesehen: was für Sie vereinbart ist (Plan)" in book


def test_without_role_or_consent_there_is_nothing_to_see_or_to_change(ward: Ward) -> None:
    for client in (None, sign_in(ward.app.test_client(), Role.VOLUNTEER)):
        status = 404 if client is None else 403
        page = (client or ward.nurse).get("/pflege/plan/7")
        assert page.status_code == status
        assert "Franz" not in page.text
        answer = (client or ward.nurse).post("/pflege/plan/7/pause", data=PAUSE)
        assert answer.status_code == status
    assert plan_of(ward, 7) == replace(Plan(7), devices=plan_of(ward, 7).devices)
    assert [one.refused for one in ward.book(7)] == [True]
    stranger, _ = carer(ward.app)
    assert "Noch ist niemand mit Ihnen verbunden" in ward.look(HERE, 409, stranger)
    lock(ward)
    assert "Holen Sie den Schlüssel" in ward.look(HERE, 503)


def test_of_kinds_that_were_not_shared_nothing_is_shown_or_changed(ward: Ward) -> None:
    ward.personal(lambda one: one.withdraw_consent(1, NOW_MS, data_kind=OXYGEN))
    hidden = Due(OXYGEN, 480, 540)
    plan = Plan(1, limits={"oxygen_saturation": Limit(low=93)}, schedule=(hidden,))
    ward.personal(lambda one: one.set_plan(plan, "Praxis", NOW_MS))
    page = words(ward.look(HERE))
    assert "93" not in page
    assert "Sauerstoff" not in page
    assert "die diese Person für Sie nicht freigegeben hat" in page
    ward.look(f"{HERE}/grenze/oxygen_saturation", 404)
    form = {**ASKED, "unten": "70", "ja": "1", "spaeter": "1"}
    assert ward.nurse.post(f"{HERE}/grenze/oxygen_saturation", data=form).status_code == 404
    send(ward, f"{HERE}/messen/weg", {"zeit": hidden.name})
    due = {"was": OXYGEN, "von": "7", "bis": "8", "tag": ["0"]}
    assert "Bitte auswählen" in refused(ward, f"{HERE}/messen", due)
    # what is not seen stays when something else changes
    send(ward, f"{HERE}/messen", {**due, "was": WEIGHT})
    after = plan_of(ward)
    assert hidden in after.schedule
    assert after.limits["oxygen_saturation"] == Limit(low=93)


def test_a_relative_with_a_carers_account_sees_and_does_not_change(ward: Ward) -> None:
    client, account = carer(ward.app)

    def add(personal: PersonalStore) -> None:
        son = personal.add_contact("Sohn", ContactRole.RELATIVE, NOW_MS, account=account)
        agree(personal, 1, BLOOD_PRESSURE, f"contact:{son}", NOW_MS)

    ward.personal(add)
    page = ward.look(HERE, client=client)
    assert "Pause eintragen" not in page
    answer = client.post(f"{HERE}/pause", data=PAUSE)
    assert (answer.status_code, "Den Plan ändern" in answer.text) == (422, True)
    assert client.post(f"{HERE}/messen/weg", data={"zeit": "x"}).status_code == 422
    assert changes(ward) == []
    # no form is filled in for nothing
    assert "Pause eintragen" not in client.get("/pflege/person/1").text
    for path in ("/pause", "/messen", "/grenze/blood_pressure_systolic"):
        answer = client.get(HERE + path)
        assert (answer.status_code, "Den Plan ändern" in answer.text) == (422, True)


# pauses


def test_a_pause_is_entered_and_ended_from_the_page_of_values(ward: Ward) -> None:
    page = ward.look("/pflege/person/1")
    assert f'href="{HERE}/pause"' in page
    send(ward, f"{HERE}/pause", PAUSE)
    send(ward, f"{HERE}/pause", PAUSE)  # the button once more
    (pause,) = plan_of(ward).pauses
    assert (pause.why, pause.holds_at(NOW_MS)) == ("hospital", True)
    assert [one.by for one in changes(ward)] == [changes(ward)[0].by]
    page = ward.look("/pflege/person/1")
    found = re.search(r'name="seit" value="(\d+)"', page)
    assert found is not None
    assert "Krankenhaus, ab Montag" in words(page)
    send(ward, f"{HERE}/pause/ende", {"seit": found[1]})
    (pause,) = plan_of(ward).pauses
    assert pause.until == NOW_MS
    page = words(ward.look(f"{HERE}?getan=pause-ende"))
    assert "Die Pause ist beendet." in page
    assert "Pause beendet: Krankenhaus, ab Montag, 23. November 2026 bis" in page
    assert "Pause beenden" not in ward.look("/pflege/person/1")


def test_who_has_a_pause_is_not_called_quiet_in_the_overview(ward: Ward) -> None:
    send(ward, "/pflege/plan/5/pause", PAUSE)
    tiles = re.findall(r'<a class="(lv-\S+)" href="[^"]*/person/5"', ward.look("/pflege"))
    assert tiles == ["lv-pause"]


NO_PAUSES: tuple[tuple[dict[str, object], str], ...] = (
    ({"von": "31.02.2027"}, "Das ist kein Tag"),
    ({"von": ""}, "Das ist kein Tag"),
    ({"bis": "bald"}, "Das ist kein Tag: „bald“"),
    ({"von": "2026-11-25", "bis": "2026-11-24"}, "liegt vor dem ersten"),
    ({"bis": "2126-11-24"}, "Länger als ein Jahr"),
    ({"von": "1926-11-24"}, "Jahr prüfen"),
    ({"warum": "Mondfahrt"}, "Bitte sagen, warum."),
    ({"bis": "<script>"}, "„&lt;script&gt;“"),
)


def test_what_is_no_pause_is_said_and_stays_typed(ward: Ward) -> None:
    for form, words_ in NO_PAUSES:
        page = refused(ward, f"{HERE}/pause", {**PAUSE, **form})
        assert words_ in page
        assert 'aria-invalid="true"' in page or "kern-fieldset--error" in page
        if "warum" not in form:
            assert 'value="hospital" checked' in page
        if "von" not in form:
            assert 'value="2026-11-23"' in page
        assert changes(ward) == []


def test_what_was_planned_is_called_off(ward: Ward) -> None:
    send(ward, f"{HERE}/pause", {"warum": "holiday", "von": "24.12.2026", "bis": "1.1.2027"})
    (pause,) = plan_of(ward).pauses
    assert "Geplant" in ward.look(HERE)
    for since in ("", "x", "9" * 40, str(pause.since + 1)):
        send(ward, f"{HERE}/pause/ende", {"seit": since})
        assert plan_of(ward).pauses == (pause,)
    send(ward, f"{HERE}/pause/ende", {"seit": str(pause.since)})
    assert plan_of(ward).pauses == ()
    assert "Pause abgesagt: Urlaub" in words(ward.look(HERE))


@pytest.mark.parametrize("is_away", [True, False])
def test_who_is_away_is_not_missed_and_who_is_here_is(ward: Ward, *, is_away: bool) -> None:
    """Through the worker's rules: a plan of these pages, and two days without a weight."""
    form = {"was": WEIGHT, "von": "7:00", "bis": "9:00", "tag": [str(n) for n in range(7)]}
    send(ward, f"{HERE}/messen", form)
    if is_away:
        send(ward, f"{HERE}/pause", {"warum": "holiday", "von": "23.11.2026", "bis": ""})

    def watch(personal: PersonalStore) -> list[tuple[str, object]]:
        look = CareWatch()
        for n in range(4 * 48):
            at = NOW_MS + n * HOUR // 2
            stamp = Stamp(at, "boot", 10**12 + (at - NOW_MS) * 10**6, TimeQuality.SYNCHRONISED)
            look.run(personal, stamp)
        found = [one for one in personal.alerts(person=1) if one.rule == "missed"]
        return [(one.rule, one.facts["data_kind"]) for one in found]

    assert ward.personal(watch) == ([] if is_away else [("missed", WEIGHT)])


# what is measured when


def test_times_are_added_changed_and_taken_out(ward: Ward) -> None:
    form = {"was": WEIGHT, "von": "7.30", "bis": "0:00", "tag": ["6", "0"]}
    send(ward, f"{HERE}/messen", form)
    (due,) = plan_of(ward).schedule
    assert due == Due(WEIGHT, 450, 1440, (0, 6))
    page = ward.look(f"{HERE}/messen?statt={due.name}")
    assert 'value="07:30"' in page
    assert page.count("checked") == 2
    send(ward, f"{HERE}/messen", {**form, "bis": "9", "statt": due.name})
    (changed,) = plan_of(ward).schedule
    assert changed == Due(WEIGHT, 450, 540, (0, 6))
    assert "Nicht mehr messen: Gewicht" in words(ward.look(HERE))
    send(ward, f"{HERE}/messen/weg", {"zeit": changed.name})
    send(ward, f"{HERE}/messen/weg", {"zeit": changed.name})
    assert plan_of(ward).schedule == ()
    assert len(changes(ward)) == 3


NO_TIMES: tuple[tuple[dict[str, object], str], ...] = (
    ({"was": ""}, "Bitte auswählen"),
    ({"was": "unsinn"}, "Bitte auswählen"),
    ({"was": "button"}, "Bitte auswählen"),
    ({"von": "25:00"}, "Das ist keine Uhrzeit"),
    ({"bis": ""}, "Das ist keine Uhrzeit"),
    ({"von": "10:00", "bis": "9:00"}, "Das Ende muss nach dem Anfang liegen"),
    ({"von": "9:00", "bis": "9:00"}, "Das Ende muss nach dem Anfang liegen"),
    ({"tag": []}, "mindestens einen Tag"),
    ({"tag": ["7", "x"]}, "mindestens einen Tag"),
    ({"von": "8:00", "bis": "8:30"}, "überschneidet"),
)


def test_what_is_no_time_of_measuring_is_said_and_stays_typed(ward: Ward) -> None:
    good: dict[str, object] = {"was": WEIGHT, "von": "07:00", "bis": "09:00", "tag": ["0"]}
    send(ward, f"{HERE}/messen", good)
    for form, words_ in NO_TIMES:
        page = refused(ward, f"{HERE}/messen", {**good, "statt": "", **form})
        assert words_ in page
        for name in ("von", "bis"):
            typed = form.get(name, good[name])
            assert typed == "" or f'value="{typed}"' in page
        assert len(changes(ward)) == 1


# limits


def test_a_limit_is_shown_beside_the_general_one_before_it_holds(ward: Ward) -> None:
    form = {**ASKED, "unten": "100", "oben": "150,5"}
    page = ward.nurse.post(LIMIT, data=form)
    assert page.status_code == 200
    said = words(page.text)
    assert "bis 100 mmHg : noch heute (für alle: keine)" in said
    assert "ab 200 mmHg : binnen einer Stunde (für alle: ab 200 mmHg)" in said
    assert "später gerufen" not in said
    assert changes(ward) == []  # nothing holds before somebody said yes
    send(ward, LIMIT, {**form, "ja": "1"})
    assert plan_of(ward).limits == {
        "blood_pressure_systolic": Limit(100, 150.5, 90, 200, 80, 220),
    }
    (change,) = changes(ward)
    assert change.asked == Asked("Praxis Dr. Beispiel", "2026-11-20", "blood_pressure_systolic")
    assert change.by.startswith("contact:")
    page_ = ward.look(LIMIT)
    assert 'value="150,5"' in page_
    assert 'id="unten-dringend" name="unten-dringend" type="text" autocomplete' in page_


def test_no_urgent_end_goes_without_a_word(ward: Ward) -> None:
    form = {**ASKED, "oben-dringend": "215"}
    page = words(ward.nurse.post(LIMIT, data=form).text)
    assert "Jemand wird später gerufen als bisher" in page
    assert (
        "Für alle wird ab 200 mmHg jemand gerufen (binnen einer Stunde), hier dann erst ab 215"
        in page
    )
    again = refused(ward, LIMIT, {**form, "ja": "1"})
    assert "Bitte bestätigen" in again
    assert changes(ward) == []
    send(ward, LIMIT, {**form, "ja": "1", "spaeter": "1"})
    # whatever is typed, an urgent end is there
    assert plan_of(ward).limits["blood_pressure_systolic"] == Limit(None, None, 90, 215, 80, 220)


def test_a_belts_own_limit_is_seen_and_not_weakened_without_a_word(ward: Ward) -> None:
    assert "Herzfrequenz am Gurt, wo es anders ist: ab 150" in words(ward.look(HERE))
    belt = Plan(1, limits={"heart_rate": Limit(low_urgent=50, high_urgent=110)})
    ward.personal(lambda one: one.set_plan(belt, "Praxis", NOW_MS))
    page = words(ward.look(HERE))
    assert "bis 50/min : binnen einer Stunde (für alle: bis 40/min)" in page
    assert "Grenze Herzfrequenz am Gurt: dringend bis 50/min, dringend ab 110/min" in page
    pulse = f"{HERE}/grenze/heart_rate"
    form = {**ASKED, "unten": "45", "ja": "1"}
    page = words(refused(ward, pulse, form))
    assert "Herzfrequenz am Gurt: Bisher wird ab 110/min jemand gerufen" in page
    assert plan_of(ward).limits == belt.limits
    send(ward, pulse, {**form, "spaeter": "1"})
    assert plan_of(ward).limits["heart_rate"] == Limit(45, None, 40, 131, 35, 150)


def test_a_practices_renewed_word_is_kept_and_shown(ward: Ward) -> None:
    form = {**ASKED, "unten": "100", "ja": "1"}
    send(ward, LIMIT, form)
    send(ward, LIMIT, form)  # the button once more
    assert len(changes(ward)) == 1
    send(ward, LIMIT, {**form, "praxis": "Praxis Neu", "tag": "2026-11-22"})
    send(ward, f"{HERE}/grenze/body_weight", {**ASKED, "praxis": "Andere", "oben": "90", "ja": "1"})
    page = words(ward.look(HERE))
    assert "eigene Grenze Praxis Neu, Sonntag, 22. November 2026; eingetragen" in page
    assert "Grenze oberer Blutdruck: bestätigt" in page


def test_what_was_typed_is_there_when_it_is_changed_once_more(ward: Ward) -> None:
    form = {**ASKED, "unten": "100", "oben-dringend": "215"}
    assert 'name="zurueck"' in ward.nurse.post(LIMIT, data=form).text
    page = ward.nurse.post(LIMIT, data={**form, "zurueck": "1"})
    assert page.status_code == 200
    for value in form.values():
        assert f'value="{value}"' in page.text
    assert changes(ward) == []


def test_no_limit_of_their_own_any_more_is_asked_for_like_another_one(ward: Ward) -> None:
    send(ward, LIMIT, {**ASKED, "unten": "110", "unten-dringend": "100", "ja": "1"})
    page = words(ward.nurse.post(LIMIT, data=ASKED).text)
    assert "Es gilt wieder, was für alle gilt" in page
    assert "Bisher wird bis 100 mmHg jemand gerufen" in page
    send(ward, LIMIT, {**ASKED, "ja": "1", "spaeter": "1"})
    assert plan_of(ward).limits == {}
    assert "wieder die allgemeine" in words(ward.look(HERE))


NO_LIMITS: tuple[tuple[dict[str, object], str], ...] = (
    ({"unten": "x"}, "Das ist keine Zahl: „x“"),
    ({"unten": "1e2"}, "Das ist keine Zahl"),
    ({"unten": "-5"}, "Das ist keine Zahl"),
    ({"unten": "٩٠"}, "Das ist keine Zahl"),
    ({"oben": "1500"}, "möglich ist 50 bis 260"),
    ({"unten": "160", "oben": "150"}, "Das muss größer sein"),
    ({"unten": "100", "unten-dringend": "105"}, "Das muss größer sein"),
    ({"praxis": "  "}, "Namen der Praxis"),
    ({"praxis": "x" * 101}, "Namen der Praxis"),
    ({"tag": ""}, "Das ist kein Tag"),
    ({"tag": "24.11.2026"}, "liegt in der Zukunft"),
    ({"tag": "20.11.2006"}, "über drei Jahre her"),
)


def test_what_is_no_limit_is_said_and_stays_typed(ward: Ward) -> None:
    for form, words_ in NO_LIMITS:
        page = refused(ward, LIMIT, {**ASKED, "unten": "100", "ja": "1", "spaeter": "1", **form})
        assert words_ in page
        assert 'aria-invalid="true"' in page
        if "praxis" not in form:
            assert 'value="Praxis Dr. Beispiel"' in page
        if "unten" not in form:
            assert 'value="100"' in page
        assert changes(ward) == []


def test_what_has_no_limit_here_is_not_found(ward: Ward) -> None:
    for name in ("unsinn", "pulse_rate", "body_height", "glucose_mass_concentration"):
        ward.look(f"{HERE}/grenze/{name}", 404)


def test_a_limit_of_these_pages_calls_in_the_workers_rules(ward: Ward) -> None:
    send(ward, LIMIT, {**ASKED, "oben": "150", "ja": "1"})
    found = judge.value(
        default(), plan_of(ward), "blood_pressure_systolic", 152.0, Course(), NOW_MS
    )
    assert found is not None
    assert (found.facts["whose"], found.facts["limit"]) == ("practice", 150.0)


def test_what_a_command_set_is_shown_with_who_typed_it(ward: Ward) -> None:
    plan = Plan(1, pauses=(Pause(NOW_MS - HOUR, NOW_MS + 26 * HOUR, "other"),))
    ward.personal(lambda one: one.set_plan(plan, "Tochter am Telefon", NOW_MS))
    silent = replace(plan, no_data={WEIGHT: 36, MEASURED: 0, "glucose": 12})
    ward.personal(lambda one: one.set_plan(silent, "Tochter am Telefon", NOW_MS + 1))
    page = words(ward.look(HERE))
    assert "Tägliches Messen: wird nicht erwartet." in page
    assert "Gewicht: Meldung nach 36 Stunden ohne Daten." in page
    assert "12 Stunden ohne Daten" not in page  # that was not shared
    assert "Tochter am Telefon" in page
    assert "Anderes, ab Montag, 23. November 2026, 15:24 Uhr bis Dienstag" in page


def test_who_made_a_change_and_is_forgotten_is_named_no_more(ward: Ward) -> None:
    client = ward.other_nurse("Pfleger Ben Sommer", people=(1,))

    def trust(personal: PersonalStore) -> int:
        (ben,) = (one for one in personal.contacts() if one.name == "Pfleger Ben Sommer")
        agree(personal, 1, WEIGHT, ben.recipient, NOW_MS)
        return ben.contact

    ben = ward.personal(trust)
    send(ward, f"{HERE}/pause", PAUSE, client)
    assert "Pfleger Ben Sommer" in ward.look(HERE)
    ward.personal(lambda one: one.forget_contact_person(ben, NOW_MS))
    page = ward.look(HERE)
    assert "Pfleger Ben Sommer" not in page
    assert "ein gelöschter Kontakt" in page

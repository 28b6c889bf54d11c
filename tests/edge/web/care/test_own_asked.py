"""`/karte/werte` and `/karte`: what somebody is asked to measure, from the rules to the page."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from edge.care import kinds
from edge.care.audit import SELF
from edge.care.consent import BLOOD_PRESSURE
from edge.care.finding import Finding, Stage, Urgency
from edge.care.rules.plan import Due, Plan
from edge.clock import FixedClock
from edge.desk.register import card_hash
from edge.store.personal_rows import CareRow, Number, Observation
from edge.web.care.own import WHY
from edge.web.readable import pieces
from edge.worker.care_watch import CareWatch
from hardware.reading import TimeQuality
from tests.carers import Ward, lock, words
from tests.furnish_ward import RELATIVE_CARD, add_person
from tests.hall import NOW_MS

VALUES, CARD = "/karte/werte", "DHK1-" + "4F" * 16
MINUTE, HOUR = 60_000, 3_600_000
AGAIN = "Bitte messen Sie noch einmal"
TONGUES = ("leicht", "en", "uk", "tr", "ar")


class Life:
    """Somebody with a card, the worker's rules over what they measure, and their pages."""

    def __init__(self, ward: Ward) -> None:
        self.ward = ward
        self.clock = FixedClock(NOW_MS - 2 * HOUR, TimeQuality.SYNCHRONISED)
        self.watch = CareWatch()
        self.person = ward.personal(lambda p: add_person(p, "Paula Kern", NOW_MS))
        ward.personal(lambda p: p.give_person_card(self.person, card_hash(CARD), NOW_MS))
        self.client = ward.with_card(CARD)
        self.look()

    def look(self, minutes: int = 0) -> None:
        for _ in range(max(minutes, 1)):
            self.clock.advance(MINUTE if minutes else 0)
            self.ward.personal(lambda p: self.watch.run(p, self.clock.stamp()))

    def pressure(self, high: float, low: float = 78.0) -> None:
        now = self.clock.wall_ms
        row = CareRow(
            now, "ble:CUFF9", self.person, TimeQuality.DEVICE, now, now % 10**6, high, low,
            None, 70.0,
        )  # fmt: skip
        self.ward.personal(lambda p: p.add_measured([row], []))
        self.look()

    def measure(self, kind: str, quantity: str, value: float) -> None:
        now = self.clock.wall_ms
        row = Observation(
            now, f"ble:{kind}", kind, self.person, TimeQuality.DEVICE, now, now % 10**6, "test",
            values=(Number(quantity, value),),
        )  # fmt: skip
        self.ward.personal(lambda p: p.add_measured([], [row]))
        self.look()

    def states(self) -> list[tuple[str, str]]:
        found = self.ward.personal(lambda p: p.alerts(person=self.person))
        return [(one.rule, one.state.value) for one in found]

    def page(self, path: str = VALUES) -> str:
        return self.ward.look(path, client=self.client)


@pytest.fixture
def life(ward: Ward) -> Iterator[Life]:
    return Life(ward)


def requests(page: str) -> list[str]:
    found = re.findall(r'<section class="[^"]* asked".*?</section>', page, re.DOTALL)
    return [words(one) for one in found]


def test_a_second_measurement_is_asked_for_until_it_came(life: Life) -> None:
    assert requests(life.page()) == []
    life.pressure(205)
    assert life.states() == [("limit", "asked")]
    (said,) = requests(life.page())
    assert said.startswith(f"{AGAIN}: Blutdruck Setzen Sie sich vorher fünf Minuten ruhig hin.")
    assert "Gefragt: heute, 14:24 Uhr." in said
    assert "205" not in said
    for alarm in ("dringend", "Grenze", "hoch", "Alarm", "Notfall"):
        assert alarm not in said
    life.look(5)
    life.pressure(128)
    assert life.states() == [("limit", "over")]
    page = life.page()
    assert requests(page) == []
    assert "Danke, Ihre Messung ist da" in page
    assert "Angekommen: heute, 14:29 Uhr." in page
    assert "205" in page  # what was measured stands there as it was


def test_until_when_is_said_where_somebody_waits_within_the_hour(life: Life) -> None:
    life.clock.wall_ms = NOW_MS - 10 * MINUTE
    life.look()
    life.pressure(205)
    (said,) = requests(life.page())
    assert "Schön wäre es bis heute, 17:14 Uhr." in said


def test_who_did_not_measure_is_asked_on_until_somebody_sees_to_it(life: Life) -> None:
    life.pressure(225, 100)  # extreme: within the hour somebody is called
    life.look(62)
    ((rule, state),) = life.states()
    assert (rule, state) == ("limit", "climbing")
    page = life.page()
    assert len(requests(page)) == 1
    assert "Danke" not in page
    life.pressure(130)
    assert requests(life.page()) == []


def test_a_value_that_cannot_be_is_shown_and_said_to_be_none(life: Life) -> None:
    life.measure(kinds.TEMPERATURE, "body_temperature", 52.0)
    assert life.states() == [("odd", "asked")]
    page = life.page()
    (said,) = requests(page)
    assert said.startswith(f"{AGAIN}: Körpertemperatur")
    assert "der nicht stimmen kann" in said
    assert "52,0" in words(page)
    assert "Danke" not in page
    life.look(2)
    life.measure(kinds.TEMPERATURE, "body_temperature", 36.6)
    page = life.page()
    assert requests(page) == []
    assert "52,0" in words(page)  # it is not hidden afterwards


def test_what_was_left_out_is_asked_for_until_it_came(life: Life) -> None:
    plan = Plan(life.person, schedule=(Due(BLOOD_PRESSURE, 0, 60), Due(BLOOD_PRESSURE, 300, 360)))
    life.ward.personal(lambda p: p.set_plan(plan, "Praxis", life.clock.wall_ms))
    life.clock.wall_ms = NOW_MS - 18 * HOUR
    for _ in range(18 * 12):
        life.clock.advance(5 * MINUTE)
        life.ward.personal(lambda p: life.watch.run(p, life.clock.stamp()))
    assert life.states() == [("missed", "asked")]
    (said,) = requests(life.page())
    assert said.startswith("Bitte messen Sie wieder: Blutdruck")
    (hint,) = requests(life.page("/karte"))
    assert hint.startswith("Bitte messen Sie Was und wie")  # nothing came: no "once more"
    life.pressure(126)
    assert requests(life.page()) == []
    assert requests(life.page("/karte")) == []


def test_the_card_says_that_something_is_asked_and_not_what(life: Life) -> None:
    assert AGAIN not in life.page("/karte")
    life.pressure(205)
    page = life.page("/karte")
    (said,) = requests(page)
    assert said.startswith(f"{AGAIN} Was und wie, steht bei Ihren Werten.")
    assert f'href="{VALUES}"' in page
    assert page.index('class="note whole asked"') < page.index('id="kurse"')
    assert life.ward.book(life.person) == []  # nothing of a value was told


def test_that_it_was_read_is_in_the_book_with_what_was_asked_for(life: Life) -> None:
    life.page()
    (look,) = life.ward.book(life.person)
    assert kinds.BODY_COMPOSITION not in look.kinds
    at, facts = NOW_MS - HOUR, {"data_kind": kinds.BODY_COMPOSITION, "count": 2}
    key = f"missed:{kinds.BODY_COMPOSITION}:{at}"
    missed = Finding(life.person, key, "missed", Stage.ASK, Urgency.NOTE, at, at, facts)
    life.ward.personal(lambda p: p.take_findings([missed], life.clock.stamp()))
    assert requests(life.page())[0].startswith("Bitte messen Sie wieder: Körperzusammensetzung")
    look, _ = life.ward.book(life.person)  # the newest first
    assert (look.who, look.why, look.refused) == (SELF, WHY, False)
    assert {BLOOD_PRESSURE, kinds.BODY_COMPOSITION} <= set(look.kinds)


def test_what_is_not_kept_any_more_is_not_asked_for(life: Life) -> None:
    life.pressure(205)
    life.ward.personal(lambda p: p.withdraw_consent(life.person, NOW_MS, data_kind=BLOOD_PRESSURE))
    assert requests(life.page()) == []
    assert AGAIN not in life.page("/karte")


def test_nobody_else_is_told(life: Life) -> None:
    life.pressure(205)
    daughter = life.ward.with_card(RELATIVE_CARD)
    for path in ("/karte", "/karte/angehoerige"):
        assert AGAIN not in life.ward.look(path, client=daughter)


def test_while_names_are_locked_nothing_is_said(life: Life) -> None:
    life.pressure(205)
    lock(life.ward)
    page = life.ward.look(VALUES, 503, life.client)
    assert requests(page) == []
    assert AGAIN not in life.ward.look("/karte", 503, life.client)


def test_it_is_said_and_read_aloud_in_every_language(life: Life) -> None:
    life.pressure(205)
    life.measure(kinds.TEMPERATURE, "body_temperature", 52.0)
    said = {"": requests(life.page())}
    aloud = " ".join(one.text for one in pieces(life.page()))
    assert f"{AGAIN}: Blutdruck" in aloud
    assert "fünf Minuten ruhig hin" in aloud
    for tongue in TONGUES:
        life.client.post("/anzeige", data={"sprache": tongue})
        said[tongue] = requests(life.page())
    assert all(len(one) == 2 for one in said.values())
    assert len({str(one) for one in said.values()}) == 6
    assert "Please measure once more: Blood pressure" in " ".join(said["en"])

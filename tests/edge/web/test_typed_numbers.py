"""A number typed on the wrong page leads to the right one; wrong ones count on all pages alike."""

from __future__ import annotations

from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from edge.clock import FixedClock
from edge.learning.slip import shown, slip_of
from edge.web.app import create_app
from tests.edge.web.villagers import House, said
from tests.furnish_board import MARKET_SLIP, SLIP, furnish_board
from tests.furnish_courses import SLIPS as COURSES
from tests.furnish_courses import furnish_courses
from tests.furnish_volunteers import SLIPS as LOANS
from tests.furnish_volunteers import furnish_volunteers
from tests.hall import NOW_MS, furnished

FIELDS = {"/zettel": "nummer", "/ausleihe/zettel": "nummer", "/aushang/zettel": "slip"}
PAGES = [*FIELDS, "/karte"]
LEADS = [
    (COURSES["seat"], "/zettel/1", "Handy für Anfänger"),
    (LOANS["late"], "/ausleihe/zettel/1", "Pavillon"),
    (SLIP, "/aushang/zettel", "Plätzchen backen mit Kindern"),
    (MARKET_SLIP, "/aushang/zettel", "Hilfe beim Laubharken"),
]


@pytest.fixture
def house(tmp_path: Path) -> House:
    rooms = [furnish_courses, furnish_volunteers, furnish_board]
    config, clock = furnished(tmp_path, rooms), FixedClock(NOW_MS)
    return House(config, clock, create_app(config, clock))


def typed(house: House, page: str, number: str) -> TestResponse:
    form = {FIELDS.get(page, "nummer"): number}
    return house.villager.client.post(page, data=form)


@pytest.mark.parametrize("page", PAGES)
def test_each_page_knows_every_slip(house: House, page: str) -> None:
    for number, address, title in LEADS:
        villager = house.villager
        form = {FIELDS.get(page, "nummer"): f" {shown(number).lower()}"}
        answer = villager.client.post(page, data=form)
        assert answer.status_code == 303, said(answer, answer.status_code)
        assert answer.headers["Location"].removesuffix("#inhalt") == address
        assert title in villager.get(address)
        assert villager.client.post(page, data=form).headers["Location"] == answer.location


def test_wrong_ones_are_counted_wherever_they_are_typed(house: House) -> None:
    for at in range(5):
        page = PAGES[at % len(PAGES)]
        assert "vergleichen" in said(typed(house, page, slip_of(f"no {at}")), 422) or at == 2
    for page in PAGES:
        assert "zu viele falsche Nummern" in said(typed(house, page, LOANS["late"]), 429)
    house.clock.advance(6_000)
    for page in PAGES:
        assert typed(house, page, LOANS["late"]).status_code == 303


def test_while_names_are_locked_nothing_can_be_found_out(house: House) -> None:
    house.lock()
    for page in ("/zettel", "/ausleihe/zettel"):
        for number in (SLIP, LOANS["late"], slip_of("nobody")):
            assert "gerade gesperrt" in said(typed(house, page, number), 422)
    assert typed(house, "/aushang/zettel", SLIP).status_code == 303
    for _ in range(5):
        told = said(typed(house, "/aushang/zettel", LOANS["late"]), 422)
        assert "gerade gesperrt" in told
    assert typed(house, "/aushang/zettel", SLIP).status_code == 429


def test_what_is_mistyped_is_no_attempt(house: House) -> None:
    for wrong in ("abc", "", "<script>", "x" * 10_000, SLIP[:-1]):
        for page in FIELDS:
            answer = typed(house, page, wrong)
            assert answer.status_code == 422
            assert b"<script>" not in answer.data
    assert typed(house, "/aushang/zettel", SLIP).status_code == 303

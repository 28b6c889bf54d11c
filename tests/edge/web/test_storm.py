"""Sixty people send the form for two seats in the same second, to the web process as it runs."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from edge.clock import SystemClock
from edge.desk import CourseDesk, SignupDesk, Vault
from edge.learning.course import Course, Session, Text
from edge.learning.moment import HOUR_MS
from edge.store.village import VillageStore
from edge.store.village_courses import Seats
from tests.furnish_courses import AUTUMN
from tests.web_process import Browser, WebProcess, percentile, web_process

PEOPLE, SEATS = 60, 2


def two_seats(config_of: WebProcess) -> int:
    """Publish a course with two seats; return its number."""
    config, clock = config_of.config, SystemClock()
    begins = clock.stamp().wall_ms + 400 * HOUR_MS
    course = Course(
        season_id=AUTUMN.season_id,
        texts={"de": Text("Zwei Plätze")},
        seats=SEATS,
        area=5,
        sessions=(Session(begins, begins + HOUR_MS, room_id="saal"),),
    )
    with VillageStore(config.hub.village_db) as village, Vault.of(config) as vault:
        desk = CourseDesk(village, vault, clock)
        (made,) = desk.create([course])
        return desk.publish(made.course).course


def storm(port: int, course: int) -> tuple[list[float], list[str]]:
    """Let everybody send, and again as a double click does.

    Return how long the first time took, in ms, and the slips' pages.
    """
    gate = threading.Barrier(PEOPLE)

    def person(number: int) -> tuple[float, str]:
        browser = Browser(port)
        try:
            form = browser.form(course) | {"name": f"Person {number}"}
            gate.wait()
            begun = time.monotonic()
            status, _, target = browser.ask(f"/kurse/{course}/anmelden", form)
            took = (time.monotonic() - begun) * 1000
            assert status == 303
            gate.wait()
            assert browser.ask(f"/kurse/{course}/anmelden", form)[0] == 303
            _, page, _ = browser.ask(target.partition("#")[0])
            return took, page
        finally:
            browser.close()

    with ThreadPoolExecutor(PEOPLE) as pool:
        done = list(pool.map(person, range(PEOPLE)))
    return [took for took, _ in done], [page for _, page in done]


def test_sixty_forms_for_two_seats_are_never_overbooked(tmp_path: Path) -> None:
    with web_process(tmp_path) as web:
        course = two_seats(web)
        took, pages = storm(web.port, course)
        with VillageStore(web.config.hub.village_db) as village, Vault.of(web.config) as vault:
            desk = SignupDesk.of(web.config, village, vault, SystemClock())
            line = desk.line(course)
            seats = village.seats()[course]
    assert [one.state for one in line] == ["confirmed"] * SEATS + ["waiting"] * (PEOPLE - SEATS)
    assert [one.queue for one in line] == list(range(1, PEOPLE + 1))
    assert len({one.slip for one in line}) == PEOPLE
    assert seats == Seats(SEATS, waits=True)
    assert sum("Sie haben einen Platz" in page for page in pages) == SEATS
    places = sorted(
        number
        for page in pages
        for number in range(1, PEOPLE)
        if f"Sie stehen an Stelle {number}<" in page
    )
    assert places == list(range(1, PEOPLE - SEATS + 1))
    print(f"storm: p50 {percentile(took, 0.5):.0f} ms, p95 {percentile(took, 0.95):.0f} ms")  # noqa: T201

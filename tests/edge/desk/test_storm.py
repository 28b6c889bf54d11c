"""Sixty people want two seats in the same second; two volunteers edit one course."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from edge.learning.course import Course, Text, differences
from edge.learning.errors import Refused
from edge.store.village_courses import EditedMeanwhile, Seats
from tests.edge.desk.conftest import NOW_MS, Hall

PEOPLE = 60


def held_its_order(hall: Hall, course: Course) -> None:
    line = hall.desk.line(course.course)
    assert len(line) == PEOPLE
    assert [one.state for one in line] == ["confirmed"] * 2 + ["waiting"] * (PEOPLE - 2)
    assert [one.queue for one in line] == list(range(1, PEOPLE + 1))
    assert [one.enrolment for one in line] == sorted(one.enrolment for one in line)
    assert len({one.slip for one in line}) == PEOPLE
    assert hall.village.seats() == {course.course: Seats(2, waits=True)}


def test_sixty_threads_of_one_web_process(hall: Hall) -> None:
    course = hall.published()
    gate = threading.Barrier(PEOPLE)

    def person(number: int) -> None:
        token = hall.desk.token()
        gate.wait()
        slips = {hall.desk.signup(course.course, f"P {number}", token=token) for _ in range(2)}
        assert len({one.number for one in slips}) == 1

    with ThreadPoolExecutor(PEOPLE) as pool:
        list(pool.map(person, range(PEOPLE)))
    held_its_order(hall, course)


def test_processes_at_once(hall: Hall) -> None:
    course = hall.published()
    with hall.vault.open():
        pass
    script = Path(__file__).with_name("storm.py")
    arguments = [str(hall.folder), str(course.course), str(NOW_MS)]
    started = [
        subprocess.Popen(
            [sys.executable, str(script), *arguments, str(number), str(PEOPLE // 4)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    for one in started:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    took: list[float] = []
    for one in started:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    for one in started:
        said, _ = one.communicate(timeout=120)
        assert one.returncode == 0
        took += json.loads(said)
    assert len(took) == PEOPLE
    held_its_order(hall, course)


def test_the_second_of_two_volunteers_is_told_and_loses_nothing(hall: Hall) -> None:
    course = hall.published()
    gate = threading.Barrier(2)

    def volunteer(title: str) -> Course | EditedMeanwhile:
        mine = replace(course, texts={"de": Text(title)})
        gate.wait()
        try:
            return hall.courses.edit(mine)
        except EditedMeanwhile as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(volunteer, ["Erste Fassung", "Zweite Fassung"]))
    (error,) = (one for one in done if isinstance(one, EditedMeanwhile))
    (kept,) = (one for one in done if isinstance(one, Course))
    assert hall.village.course(course.course) == kept == error.theirs
    assert error.mine.title != error.theirs.title
    assert differences(error.mine, error.theirs) == ["texts"]
    again = hall.courses.edit(replace(error.mine, rev=error.theirs.rev))
    assert again.title == error.mine.title
    with pytest.raises(EditedMeanwhile):
        hall.courses.publish(course.course, rev=1)


def test_seats_that_people_have_cannot_be_taken_away(hall: Hall) -> None:
    course = hall.published(seats=3)
    for name in "ABCD":
        hall.desk.signup(course.course, name)
    with pytest.raises(Refused) as refused:
        hall.courses.edit(replace(course, seats=2))
    assert "3 Plätze" in refused.value.hint
    larger = hall.courses.edit(replace(course, seats=5))
    assert [one.name for one in hall.desk.offer(course.course)] == ["D"]
    assert hall.courses.edit(replace(larger, seats=4)).seats == 4
    with pytest.raises(Refused):
        hall.courses.withdraw(course.course)

"""Three years of a busy learning point: counting them and writing the report.

Figures are printed and stand in `extra_info`; nothing is asserted of times.
"""

from __future__ import annotations

import random
import time as clock
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from edge.desk.reports import count_seasons, periods, to_csv
from edge.learning.course import Course, Season, Text
from edge.learning.moment import to_ms
from edge.learning.series import Series, sessions
from edge.learning.signup import AGE_BANDS, GENDERS
from edge.store.personal import PersonalStore
from edge.store.village import VillageStore

SEASONS, COURSES, PEOPLE, MEETINGS = 6, 40, 12, 10


def filled(village: VillageStore, personal: PersonalStore) -> None:
    """Fill three years: 240 courses, 2,880 sign-ups, about 20,000 visits."""
    rng = random.Random(6)
    for at in range(SEASONS):
        first = date(2024, 2, 1) + timedelta(days=182 * at)
        village.put_season(Season(f"s{at}", f"Saison {at}", first, first + timedelta(days=181)))
        meets = sessions(Series(first + timedelta(days=14), time(18), time(19, 30), MEETINGS))
        texts = {"de": Text("Kurs")}
        plans = [
            Course(season_id=f"s{at}", texts=texts, area=1 + n % 7, seats=PEOPLE, sessions=meets,
                   state="published")
            for n in range(COURSES)
        ]  # fmt: skip
        for course in village.add_courses(plans, 1):
            with personal.connection.transaction() as driver:
                for n in range(PEOPLE):
                    cursor = driver.execute(
                        "INSERT INTO learner (name, same_name, age_band, gender, created_at,"
                        " delete_after) VALUES ('A', 'a', ?, ?, 1, 1)",
                        (rng.choice([*AGE_BANDS, None]), rng.choice([*GENDERS, None])),
                    )
                    learner = int(cursor.lastrowid or 0)
                    cursor = driver.execute(
                        "INSERT INTO enrolment (course, learner, party, state, queue, channel,"
                        " dates_rev, created_at, changed_at)"
                        " VALUES (?, ?, 1, 'done', ?, 'desk', 1, 1, 1)",
                        (course.course, learner, n + 1),
                    )
                    driver.executemany(
                        "INSERT INTO attendance VALUES (?, ?, 1, 'list', 1)",
                        [
                            (one.session, int(cursor.lastrowid or 0))
                            for one in course.sessions
                            if rng.random() < 0.7
                        ],
                    )


@pytest.mark.benchmark(group="learning")
def test_three_years_are_counted_and_reported(tmp_path: Path, benchmark: BenchmarkFixture) -> None:
    key_file = tmp_path / "personal.key"
    key_file.write_text("5a" * 32)
    today = date(2027, 6, 1)
    with (
        VillageStore(tmp_path / "village.db") as village,
        PersonalStore.open(tmp_path / "personal.db", key_file) as personal,
    ):
        filled(village, personal)
        begun, cpu = clock.monotonic(), clock.process_time()
        made = count_seasons(village, personal, today=today, now_ms=to_ms(today, time(12)))
        counted_s, cpu_s = clock.monotonic() - begun, clock.process_time() - cpu
        assert len(made) == SEASONS
        assert sum(one.enrolments for one in made) == SEASONS * COURSES * PEOPLE
        table = benchmark(lambda: to_csv(village, periods(village)))
    assert table.count("\r\n") > 100
    benchmark.extra_info["counted_s"] = round(counted_s, 3)
    print(f"\ncounted three years in {counted_s:.2f} s ({cpu_s:.2f} s of a core)")  # noqa: T201

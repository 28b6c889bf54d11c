"""The learning point's numbers as open data: nothing of fewer than five, and what is refused."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from datasette.app import Datasette

from edge.config import Config
from edge.learning import report
from edge.learning.course import Season
from edge.learning.report import Cell, Enrolled, Period, Taught
from edge.publish import AuditFailed, build_current, learning
from edge.publish.audit import audit
from edge.publish.cube import cube_named
from edge.publish.errors import SnapshotUnreadable
from edge.publish.learning import learning_rows, tellable_periods
from edge.publish.release import current, releases
from edge.store.village import VillageStore
from tests.releases import ask, forged, outcome, served

NAME = "lernstatistik"
CUBE = cube_named(NAME)
K = 5
NOW = datetime(2040, 1, 1, tzinfo=UTC)
AGES = ("65-", "50-64", "35-49", "18-24", None)


@dataclass(frozen=True)
class Held:
    """A course, as the calendar tells of it: exactly from five on, and when it is full."""

    season: str
    area: int
    seats: int
    people: int

    @property
    def is_told(self) -> bool:
        return self.people >= min(K, self.seats)

    @property
    def most(self) -> int:
        return min(K, self.seats) - 1 if self.seats else 0  # no seats: whoever wants comes


def counted(season: str, held: list[Held], rng: random.Random) -> Period | None:
    """Count a season as the hub does; None if it is too small to be counted by itself."""
    enrolled = [
        Enrolled(one.area, rng.choice(AGES), rng.choice("wmd"), 1)
        for one in held
        for _ in range(one.people)
    ]
    visits = 2 * len(enrolled)
    if not report.is_enough(len(enrolled), visits):
        return None
    small: dict[int, tuple[int, int]] = {}
    for one in held:
        rest, room = report.uncounted(one.seats, one.people)
        before = small.get(one.area, (0, 0))
        small[one.area] = (before[0] + rest, before[1] + room)
    areas = sorted({one.area for one in held})
    taught = tuple(
        Taught(a, n := sum(one.area == a for one in held), 2 * n, 180 * n) for a in areas
    )
    return Period((season,), taught, report.cells(enrolled, areas, small), len(enrolled), visits)


def village_of(seed: int, seasons: int = 24) -> tuple[list[Period], list[Held]]:
    """Return a village's seasons, most of their courses small."""
    rng = random.Random(seed)
    periods, held = [], []
    for number in range(seasons):
        its = [
            Held(f"s{number:02}", rng.randint(1, 7), seats, min(seats, rng.choice(SIZES)))
            for _ in range(rng.randint(1, rng.choice((3, 12))))
            for seats in (rng.choice((0, 0, 2, 4, 5, 8, 12, 20)),)
        ]
        found = counted(f"s{number:02}", its, rng)
        if found is not None:
            periods.append(found)
            held += its
    return periods, held


SIZES = (0, 1, 1, 2, 2, 3, 3, 4, 4, 6, 9, 15)


def leaks(periods: list[Period], held: list[Held]) -> list[str]:
    """Attack what is published with the calendar's exact numbers; return what that gives."""
    found = []
    for period in periods:
        its = [one for one in held if one.season in period.seasons]
        cells = [one for one in period.cells if one.subject == "area"]
        every = tuple(str(area) for area in range(8))
        for cell in [*cells, Cell("area", every, period.enrolments)]:
            mine = [one for one in its if str(one.area) in cell.values]
            small = [one for one in mine if not one.is_told]
            rest = cell.enrolments - sum(one.people for one in mine if one.is_told)
            if 0 < rest < K:
                found.append(f"{period.seasons} {cell.values}: {rest} people")
            for one in small:
                least = rest - sum(other.most for other in small if other is not one)
                if rest and (least > 0 or rest < one.most):
                    found.append(f"{period.seasons} {cell.values}: a course of {least} to {rest}")
        found += [f"{period.seasons} {one}" for one in period.cells if one.enrolments < K]
        for subject in report.SUBJECTS:
            whole = sum(one.enrolments for one in period.cells if one.subject == subject)
            if whole != period.enrolments:
                found.append(f"{period.seasons} {subject}: {whole}")
    return found


@pytest.mark.parametrize("seed", range(60))
def test_24_releases_tell_of_nobody(seed: int) -> None:
    periods, held = village_of(seed)
    before: list[Period] = []
    for number in range(len(periods) + 1):
        told = tellable_periods(periods[:number])
        assert told[: len(before)] == before  # nothing that was published changes
        assert leaks(told, held) == []
        before = told


def test_most_of_what_was_counted_is_told() -> None:
    told = whole = 0
    for seed in range(60):
        periods, _ = village_of(seed)
        whole += len(periods)
        told += sum(len(one.seasons) for one in tellable_periods(periods))
    assert told > 0.8 * whole


@pytest.mark.parametrize(
    "wrong",
    [
        lambda _: True,  # no look at small courses
        lambda rest: rest[0] == 0 or rest[0] >= K,  # all four of two courses of four
        lambda rest: rest[0] == 0 or rest[1] - rest[0] >= K,  # two people left over
    ],
)
def test_a_laxer_rule_leaks(
    monkeypatch: pytest.MonkeyPatch, wrong: Callable[[tuple[int, int]], bool]
) -> None:
    monkeypatch.setattr(learning, "is_safe", wrong)
    assert any(leaks(tellable_periods(p), h) for p, h in map(village_of, range(60)))


def test_what_was_counted_before_the_rule_is_left_out() -> None:
    periods, _ = village_of(1)
    old = [
        replace(one, cells=tuple(replace(cell, rest=None) for cell in one.cells)) for one in periods
    ]
    assert tellable_periods([one for one in old if one.enrolments]) == []


def test_open_talks_hide_nobody() -> None:
    held = [
        Held("s00", 2, 12, 4),
        Held("s00", 2, 12, 4),
        Held("s00", 2, 0, 0),
        Held("s00", 2, 0, 0),
    ]
    period = counted("s00", held, random.Random(1))
    assert period is not None
    (cell,) = (one for one in period.cells if one.subject == "area")
    assert (cell.rest, cell.room) == (8, 8)  # else both of four would be known
    assert tellable_periods([period]) == []


@pytest.mark.parametrize("taken", [0, 1, 4, 7])
def test_sign_ups_without_seats_are_never_safe(taken: int) -> None:
    assert report.uncounted(0, taken) == (taken, 0)
    assert learning.is_safe(report.uncounted(0, taken)) == (taken == 0)


def test_what_an_older_rule_counted_leaves_the_folder(
    village: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    with VillageStore(village.hub.village_db) as opened, opened.connection.transaction() as driver:
        driver.execute(
            """UPDATE learning_period SET cells = replace(cells, '"rule": 2', '"rule": 1')"""
        )
    with monkeypatch.context() as before:
        before.setattr(learning, "RULE", 1)
        before.setattr("edge.publish.build.RULE", 1)
        before.setattr("edge.publish.audit_learning._RULE", 1)
        assert outcome(village, NAME, NOW) == "published"
    with monkeypatch.context() as lax:
        lax.setattr(learning, "RULE", 1)
        with pytest.raises(AuditFailed, match="let too much be known"):
            build_current(village, NOW)
    assert outcome(village, NAME, NOW) == "published"
    outcome(village, NAME, NOW)
    assert [one.number for one in releases(village.hub.public, NAME)] == [2]
    release = current(village.hub.public, NAME)
    assert release is not None
    with closing(sqlite3.connect(f"file:{release.path}?immutable=1", uri=True)) as connection:
        assert connection.execute("SELECT count(*) FROM anmeldung").fetchone() == (0,)


@pytest.fixture
def village(config: Config) -> Config:
    """A hub where 24 seasons were counted."""
    periods, _ = village_of(3)
    keep(config, periods)
    return config


def keep(config: Config, periods: list[Period]) -> None:
    with VillageStore(config.hub.village_db) as opened:
        for number in range(24):
            first = date(2027, 1, 1) + timedelta(days=182 * number)
            name = f"Halbjahr {number + 1}"
            opened.put_season(Season(f"s{number:02}", name, first, first + timedelta(days=150)))
        with opened.connection.transaction() as driver:
            driver.executemany(
                "INSERT INTO learning_period"
                " (seasons, taught, cells, enrolments, visits, counted_at)"
                " VALUES (?, ?, ?, ?, ?, 0)",
                [
                    (
                        json.dumps(one.seasons),
                        json.dumps([asdict(each) for each in one.taught]),
                        json.dumps([asdict(each) for each in one.cells]),
                        one.enrolments,
                        one.visits,
                    )
                    for one in periods
                ],
            )


def test_it_is_published_and_passes_the_auditor(village: Config) -> None:
    assert outcome(village, NAME, NOW) == "published"
    release = current(village.hub.public, NAME)
    assert release is not None
    assert release.certificate().k == K
    with closing(sqlite3.connect(f"file:{release.path}?immutable=1", uri=True)) as connection:
        (least,) = connection.execute("SELECT min(anmeldungen) FROM anmeldung").fetchone()
        (count,) = connection.execute("SELECT count(*) FROM zeitraum").fetchone()
    assert least >= K
    assert count > 5
    assert outcome(village, NAME, NOW) == "unchanged"


def alike() -> Period:
    """A season of eight women aged 65 and more."""
    people = [Enrolled(2, "65-", "w", 8)]
    small = {2: report.uncounted(20, 8)}
    return Period(("s00",), (Taught(2, 1, 2, 180),), report.cells(people, [2], small), 8, 16)


def test_what_all_people_are_is_told_of_nobody(config: Config) -> None:
    keep(config, [alike()])
    assert outcome(config, NAME, NOW) == "published"
    release = current(config.hub.public, NAME)
    assert release is not None
    words = CUBE.learning.words
    with closing(sqlite3.connect(f"file:{release.path}?immutable=1", uri=True)) as connection:
        told = dict(connection.execute("SELECT gegenstand, gruppe FROM anmeldung"))
    for subject in ("age", "gender"):
        every = " + ".join(words[subject][one] for one in report.VALUES[subject])
        assert told[CUBE.learning.subjects[subject]] == every


def test_the_auditor_refuses_what_all_people_are(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(config, [alike()])
    monkeypatch.setattr(learning, "_nobodys", list)
    with pytest.raises(AuditFailed, match="tells the same of everybody"):
        build_current(config, NOW)


def test_a_season_named_by_its_months_is_no_reason_to_refuse(village: Config) -> None:
    with VillageStore(village.hub.village_db) as opened, opened.connection.transaction() as driver:
        driver.execute("UPDATE season SET name = '09/2026-02/2027'")
    assert outcome(village, NAME, NOW) == "published"


def test_nothing_counted_is_nothing(config: Config) -> None:
    assert outcome(config, NAME, NOW) == "nothing"


@pytest.mark.parametrize("mutant", ["lax", "apart", "small", "twice"])
def test_a_wrong_builder_publishes_nothing(
    village: Config, monkeypatch: pytest.MonkeyPatch, mutant: str
) -> None:
    if mutant == "lax":
        monkeypatch.setattr(learning, "is_safe", lambda _: True)
    elif mutant == "apart":
        monkeypatch.setattr(learning, "merged_areas", list)
    elif mutant == "small":
        real = learning._told
        monkeypatch.setattr(
            learning, "_told", lambda *a: (*real(*a)[:3], int(str(real(*a)[3])) - 1)
        )
    else:
        whole = learning.tellable_periods
        monkeypatch.setattr(learning, "tellable_periods", lambda p: [*whole(p), replace(p[0])])
    with pytest.raises((AuditFailed, sqlite3.IntegrityError)):
        build_current(village, NOW)
    assert current(village.hub.public, NAME) is None


@pytest.mark.parametrize(
    ("sql", "cell"),
    [
        ("UPDATE anmeldung SET anmeldungen = 4", "fewer than 5"),
        ("UPDATE anmeldung SET anmeldungen = anmeldungen + 1", "were counted"),
        ("UPDATE OR IGNORE anmeldung SET gruppe = 'Erna'", "no group"),
        ("DELETE FROM anmeldung WHERE gegenstand = 'Alter'", "are not all people"),
        ("UPDATE zeitraum SET besuche = 3", "fewer than 5"),
        ("UPDATE zeitraum SET anmeldungen = anmeldungen + 1", "were counted"),
        ("UPDATE zeitraum SET zeitraum = zeitraum || '+s99'", "not what was counted together"),
        ("UPDATE zeitraum SET von = 'bald'", "von"),
        ("UPDATE zeitraum SET name = 'bei Erna, +49 170 5550199'", "name"),
        ("UPDATE unterricht SET kurse = 99", "not what was counted"),
        ("UPDATE OR IGNORE unterricht SET bereich = 'Party'", "was not counted"),
        ("DELETE FROM unterricht", "is missing"),
        ("UPDATE _about SET value = 'x' WHERE name = 'lizenz'", "_about"),
    ],
)
def test_the_auditor_refuses(village: Config, tmp_path: Path, sql: str, cell: str) -> None:
    outcome(village, NAME, NOW)
    release = current(village.hub.public, NAME)
    assert release is not None
    ledger = village.hub.village_db
    assert audit(release.path, CUBE, {}, None, ledger).passed
    copy = forged(release, sql, tmp_path)
    told = [str(finding) for finding in audit(copy, CUBE, {}, None, ledger).findings]
    assert any(cell in one for one in told), told


def test_rows_name_no_unknown_season() -> None:
    periods, _ = village_of(5)
    assert learning_rows(CUBE, periods, {})["zeitraum"] == []


def test_every_table_is_served_with_its_licence(village: Config) -> None:
    build_current(village, NOW)

    async def questions(datasette: Datasette) -> None:
        for table in CUBE.tables:
            page = await datasette.client.get(f"/{NAME}/{table.name}")
            assert page.status_code == 200
            assert CUBE.licence_url in page.text
            assert table.title in page.text

    ask(village, questions)


def test_a_ledger_that_cannot_be_read_is_named(village: Config, tmp_path: Path) -> None:
    outcome(village, NAME, NOW)
    ledger = tmp_path / "other.db"
    ledger.write_bytes(b"no database")
    with pytest.raises(SnapshotUnreadable, match=r"other\.db cannot be read"):
        audit(served(village, NAME).path, CUBE, {}, None, ledger)

"""`dorfhub care erase` and what somebody signed up for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

from click.testing import CliRunner

from edge.clock import SystemClock
from edge.config import load
from edge.desk import SignupDesk, Vault
from edge.learning.course import Course, Season, Session, Text
from edge.learning.moment import local_day, span
from edge.store.village import VillageStore
from sync.cli import root


def run(*arguments: str) -> str:
    done = CliRunner().invoke(root, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_sign_ups_go_with_their_person_also_those_that_wait_sealed(tmp_path: Path) -> None:
    run("init", str(tmp_path), "--name", "Hub", "--village", "Dorf")
    hub = tmp_path / "hub.toml"
    config = load(hub)
    clock = SystemClock()
    today = local_day(clock.stamp().wall_ms)
    begin, end = span(today + timedelta(days=9), time(18), time(20))
    key_file = config.personal.key_file
    run("--config", str(hub), "care", "person", "add", "Erna Weber")
    with VillageStore(config.hub.village_db) as village, Vault.of(config) as vault:
        village.put_season(Season("s", "Saison", date(2026, 1, 1), date(2036, 1, 1)))
        plan = Course(
            season_id="s", texts={"de": Text("Kurs")}, seats=9, sessions=(Session(begin, end),)
        )
        (course,) = village.add_courses([plan], 1)
        village.change_course(replace(course, state="published"), 2)
        desk = SignupDesk.of(config, village, vault, clock)
        desk.signup(course.course, "Erna Weber", phone="06031 99887766")
        desk.signup(course.course, "Karl")
        key_file.rename(key_file.with_suffix(".away"))
        assert desk.signup(course.course, "ERNA weber").state == "received"
        key_file.with_suffix(".away").rename(key_file)
    told = run("--config", str(hub), "care", "erase", "Erna Weber", "--yes")
    assert "alle Anmeldungen" in told
    with VillageStore(config.hub.village_db) as village, Vault.of(config) as vault:
        desk = SignupDesk.of(config, village, vault, clock)
        assert [one.name for one in desk.line(course.course)] == ["Karl"]
        assert village.sealed_signups() == []

"""The county's forecast of the morning: when it runs, in a process of its own, and what is kept."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from datetime import time as wall
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest

from edge.cadastre.apart import ApartError, ApartStopped
from edge.clock import FixedClock
from sync import columns, county_words
from sync.columns import Source
from sync.county import (
    heat_ahead_file,
    heat_child,
    heat_job,
    heat_run,
    heat_season,
    heat_season_file,
    heat_watch,
    keeping,
    report,
)
from sync.county.config import load
from sync.county.heat_child import forecast_apart
from sync.county.heat_run import Run
from sync.county.jobs import health, jobs_of
from tests.furnish_county_heat import HOUR, ahead, season

if TYPE_CHECKING:
    from tests.sync.county.conftest import Office, Writer

MORNING = wall(5, 30)
DAY = 24 * HOUR


def at(hour: int, minute: int = 0, day: int = 20) -> int:
    return round(datetime(2026, 1, day, hour, minute, tzinfo=UTC).timestamp() * 1000)


class Apart:
    """Stands for the process: writes forecast and season as it does, or fails as told."""

    def __init__(self, county: Office, error: ApartError | OSError | None = None) -> None:
        self.config = county.county.config
        self.error = error
        self.why = ""
        self.runs = 0

    def __call__(self, source: Path, now_ms: int, stop: Event) -> str:
        assert source.is_file()
        assert not stop.is_set()
        self.runs += 1
        if self.error is not None:
            raise self.error
        keeping.write(self.config.heat_ahead, ahead(now_ms))
        if not self.why:
            keeping.write(self.config.heat_season, season(now_ms))
        return self.why


def run_of(office: Office) -> Run:
    found = heat_run.read(office.county.config.heat_run)
    assert found is not None
    return found


def test_it_is_due_once_a_day_and_again_where_it_failed() -> None:
    assert not heat_run.due(None, at(4, 29), MORNING)  # 5:29 in Germany
    assert heat_run.due(None, at(4, 30), MORNING)
    first = heat_run.begun(None, at(4, 30))
    assert (first.day, first.tries, first.state) == ("2026-01-20", 1, "running")
    for state in ("ok", "unchanged"):
        done = replace(first, state=state)
        assert not heat_run.due(done, at(22), MORNING)
        assert not heat_run.due(done, at(23, 30), MORNING)  # the next day, before the morning
        assert heat_run.due(done, at(4, 30, day=21), MORNING)
    for state in ("failed", "running"):  # one that was killed had its try
        failed = replace(first, state=state)
        assert not heat_run.due(failed, at(4, 59), MORNING)
        assert heat_run.due(failed, at(5), MORNING)
        last = replace(failed, tries=heat_run.TRIES)
        assert not heat_run.due(last, at(20), MORNING)
        assert heat_run.due(last, at(5, day=21), MORNING)
        assert heat_run.begun(failed, at(5)).tries == 2
        assert heat_run.begun(last, at(5, day=21)).tries == 1
    assert heat_run.due(replace(first, state="stopped"), at(4, 31), MORNING)
    # a clock that was set back a day does not silence it
    assert heat_run.due(replace(first, state="ok"), at(6, day=19), MORNING)


def test_a_morning_has_one_run_and_without_news_none(office: Office, writer: Writer) -> None:
    source, stop, apart = office.county.config.source, Event(), Apart(office)
    assert heat_watch.watch(source, at(3), stop, apart).state == "waiting"
    assert heat_watch.watch(source, at(5), stop, apart).state == "ok"
    run = run_of(office)
    assert (run.state, run.tries, run.made_ms, apart.runs) == ("ok", 1, at(5), 1)
    # a restart knows it
    assert heat_watch.watch(source, at(9), Event(), apart).state == "ok"
    # nothing came: what is there stays
    said = heat_watch.watch(source, at(5) + DAY, stop, apart)
    assert (said.state, apart.runs, run_of(office).state) == ("ok", 1, "unchanged")
    assert "nichts Neues" in said.message
    assert run_of(office).made_ms == at(5)
    # weather came, then readings, then a word of county.toml: each is news
    with office.county.streams() as streams:
        value = {"made_at": [1.0], "temperature_degc": [2.0]}
        told = Source("K1", [at(5)], [0], value)
        streams.measure(county_words.WEATHER_SCHEMA, [told], FixedClock(at(5)).stamp())
    heat_watch.watch(source, at(5) + 2 * DAY, stop, apart)
    assert apart.runs == 2
    writer.add(body=columns.encode([Source("mbus:A", [at(1)], [4], {"energy_kwh": [1.0]})]))
    office.know(writer)
    office.pull(writer)
    heat_watch.watch(source, at(5) + 3 * DAY, stop, apart)
    assert apart.runs == 3
    source.write_text(f'{source.read_text()}\n[county.places]\n"{writer.id}" = "Lich"\n')
    heat_watch.watch(source, at(5) + 4 * DAY, stop, apart)
    assert apart.runs == 4
    # a forecast that somebody deleted is made again
    office.county.config.heat_ahead.unlink()
    heat_watch.watch(source, at(5) + 5 * DAY, stop, apart)
    assert apart.runs == 5
    heat_watch.watch(source, at(5) + 6 * DAY, stop, apart)
    assert apart.runs == 5


def test_a_failure_is_told_tried_again_and_keeps_what_was(office: Office) -> None:
    source, stop, apart = office.county.config.source, Event(), Apart(office)
    heat_watch.watch(source, at(5), stop, apart)
    kept = heat_ahead_file.read(office.county.config.heat_ahead)
    with office.county.streams() as streams:
        streams.measure(
            county_words.WEATHER_SCHEMA,
            [Source("K1", [at(5)], [0], {"made_at": [1.0], "temperature_degc": [2.0]})],
            FixedClock(at(5)).stamp(),
        )
    apart.error = ApartError("no memory", hint="Der Speicher reicht nicht.")
    for number, minute in ((1, 0), (1, 20), (2, 30), (2, 59), (3, 60), (3, 90), (3, 600)):
        said = heat_watch.watch(source, at(5, day=21) + minute * 60_000, stop, apart)
        assert said.state == "failed"
        assert f"Versuch {number} von 3" in said.message
    assert apart.runs == 4
    assert heat_ahead_file.read(office.county.config.heat_ahead) == kept
    assert run_of(office).made_ms == at(5)
    status = report.status(office.county)
    lines = list(report.sentences(status, now_ms=at(20, day=21)))
    assert any("Der Speicher reicht nicht." in line for line in lines)
    assert report.plain(status, 0)["heat"]["tries"] == 3  # type: ignore[index]
    assert "Wärmevorhersage ist gescheitert" in health(source, at(20, day=21)).message
    apart.error = None
    assert heat_watch.watch(source, at(5, day=22), stop, apart).state == "ok"
    assert "Wärmevorhersage" not in health(source, at(20, day=22)).message


def test_a_season_that_lacks_something_is_tried_again_without_news(office: Office) -> None:
    source, stop, apart = office.county.config.source, Event(), Apart(office)
    apart.why = "Die Heizzeit ist nicht gerechnet: die Tabelle fehlt."
    assert "die Tabelle fehlt" in heat_watch.watch(source, at(5), stop, apart).message
    assert "die Tabelle fehlt" in heat_watch.watch(source, at(5, day=21), stop, apart).message
    apart.why = ""
    heat_watch.watch(source, at(5, day=22), stop, apart)
    assert apart.runs == 3
    heat_watch.watch(source, at(5, day=23), stop, apart)
    assert (apart.runs, run_of(office).state) == (3, "unchanged")
    # a season that somebody deleted is made again, and one of a table that has more years now
    office.county.config.heat_season.unlink()
    heat_watch.watch(source, at(5, day=24), stop, apart)
    assert apart.runs == 4
    table = source.with_name("wetter.csv")
    table.write_text("time_utc,temp_c\n")
    source.write_text(f'{source.read_text()}\n[county.heat]\nweather = "wetter.csv"\n')
    for day, text in ((25, "time_utc,temp_c\n"), (26, "time_utc,temp_c\n2025-01-01T00:00Z,1\n")):
        table.write_text(text)
        heat_watch.watch(source, at(5, day=day), stop, apart)
    assert apart.runs == 6
    heat_watch.watch(source, at(5, day=27), stop, apart)
    assert apart.runs == 6


def test_a_sum_that_a_bug_ended_is_told_and_tried_again_without_news(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, broken = office.county.config.source, ["Hungen", ""]

    def forecast(_: object, now_ms: int, __: str) -> object:
        return replace(ahead(now_ms), broken=tuple(broken))

    def apart(source: Path, now_ms: int, _: Event) -> str:
        return heat_child._work({"source": str(source), "now_ms": now_ms})

    monkeypatch.setattr(heat_job, "made", forecast)
    monkeypatch.setattr(heat_season, "made", lambda _, now_ms, __: season(now_ms))
    for day in (20, 21):
        said = heat_watch.watch(source, at(5, day=day), Event(), apart)
        assert "Ohne Vorhersage der Summe" in said.message
        assert "Hungen, ohne Gemeinde" in said.message
    broken.clear()
    said = heat_watch.watch(source, at(5, day=22), Event(), apart)
    assert "Ohne Vorhersage" not in said.message
    heat_watch.watch(source, at(5, day=23), Event(), apart)
    assert run_of(office).state == "unchanged"


def test_a_run_of_which_nothing_more_was_heard_failed(office: Office) -> None:
    source, apart = office.county.config.source, Apart(office)
    file = office.county.config.heat_run
    last = replace(heat_run.begun(None, at(5)), tries=heat_run.TRIES)
    keeping.write(file, last)  # and then the power went
    assert heat_watch.watch(source, at(5, 20), Event(), apart).state == "ok"  # another one's, maybe
    said = heat_watch.watch(source, at(8), Event(), apart)
    assert (said.state, heat_run.DIED in said.message) == ("failed", True)
    assert "Wärmevorhersage ist gescheitert" in health(source, at(8)).message
    assert apart.runs == 0  # it had its three tries
    assert heat_watch.watch(source, at(5, day=21), Event(), apart).state == "ok"


def test_a_process_that_cannot_begin_is_a_failure(office: Office) -> None:
    apart = Apart(office, OSError(28, "No space left on device"))
    said = heat_watch.watch(office.county.config.source, at(5), Event(), apart)
    assert (said.state, heat_child.BROKEN in said.message) == ("failed", True)


def test_a_run_that_the_program_s_end_ended_had_no_try(office: Office) -> None:
    source, apart = office.county.config.source, Apart(office, ApartStopped("stopped", hint=""))
    heat_watch.watch(source, at(5), Event(), apart)
    assert (run_of(office).state, run_of(office).tries) == ("stopped", 0)
    apart.error = None
    assert heat_watch.watch(source, at(5, 1), Event(), apart).state == "ok"
    assert run_of(office).tries == 1


def test_the_real_process_makes_what_the_page_reads(office: Office, writer: Writer) -> None:
    now = at(5)
    told = Source("mbus:A", [now - n * HOUR for n in (2, 1)], [4, 4], {"energy_kwh": [1.0, 2.0]})
    writer.add(body=columns.encode([told]))
    office.know(writer)
    assert office.pull(writer).code == "ok"
    config = office.county.config
    said = heat_watch.watch(config.source, now, Event())
    assert said.state == "ok", said.message
    found = heat_ahead_file.read(config.heat_ahead)
    assert found is not None
    assert [(one.hub, one.meters, one.failed) for one in found.villages] == [(writer.id, 0, 1)]
    assert (found.now_ms, found.whole) == (now, None)
    assert run_of(office).took_s > 0
    season = heat_season_file.read(config.heat_season)
    assert season is not None
    assert "normal_kd" in season.why_areas
    assert [one.device for one in season.failed] == ["mbus:A"]
    # a table of temperatures that cannot be read takes no forecast away
    config.source.write_text(f'{config.source.read_text()}\n[county.heat]\nweather = "weg.csv"\n')
    said = heat_watch.watch(config.source, now + DAY, Event())
    assert (said.state, "weg.csv lässt sich nicht lesen" in said.message) == ("ok", True)
    found = heat_ahead_file.read(config.heat_ahead)
    assert found is not None
    assert found.now_ms == now + DAY
    # Daft and the forecast stay out of the process that serves pages
    clean = (
        "import sys, sync.county.jobs, sync.county.web.app; "
        "sys.exit(any(one in sys.modules for one in ('daft', 'edge.heat.forecast.ahead')))"
    )
    assert subprocess.run([sys.executable, "-c", clean], check=False).returncode == 0


def test_a_second_one_waits_for_the_first(office: Office) -> None:
    from edge.process.lifecycle import only_one  # noqa: PLC0415 - for this test alone

    config = office.county.config
    with (
        only_one(config.state / "run", heat_child.LOCK),
        pytest.raises(ApartError) as caught,
    ):
        forecast_apart(config.source, at(5), Event())
    assert caught.value.hint == heat_child.BUSY


def test_it_can_be_set_and_switched_off(office: Office) -> None:
    source = office.county.config.source
    assert "heat" in {job.name for job in jobs_of(load(source))}
    text = source.read_text()
    source.write_text(text + '\n[county.heat]\nmorning = "04:10"\nstation = "K2"\n')
    assert load(source).heat.morning == wall(4, 10)
    source.write_text(text + '\n[county.heat]\nmorning = ""\n')
    assert "heat" not in {job.name for job in jobs_of(load(source))}
    apart = Apart(office)
    assert heat_watch.watch(source, at(9), Event(), apart).state == "waiting"
    assert apart.runs == 0


def test_what_is_kept_of_a_run_is_read_again_and_nonsense_is_none(tmp_path: Path) -> None:
    run = Run("2026-01-20", 1, "ok", 5, 1.5, "x", "m", 4)
    keeping.write(tmp_path / "run.json", run)
    assert heat_run.read(tmp_path / "run.json") == run
    (tmp_path / "run.json").write_text("[]")
    assert heat_run.read(tmp_path / "run.json") is None
    assert list(heat_run.sentences(None)) == []

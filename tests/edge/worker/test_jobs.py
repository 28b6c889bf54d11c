from __future__ import annotations

import io
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import apscheduler.executors.base
import apscheduler.schedulers.base
import pytest

from edge.process.heartbeat import Heartbeat, read_folder
from edge.process.log import Log, start
from edge.worker import jobs
from edge.worker.jobs import Job, Outcome, Worker, run_worker

PATIENCE_S = 20.0
FEW = 3


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    start("worker", "info", stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)


class Wall:
    """The wall clock as the scheduler sees it; ``jump`` moves it."""

    offset = timedelta(0)

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        wall = self

        class Shifted(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Self:
                moment = datetime.now(tz) + wall.offset
                return cls.fromtimestamp(moment.timestamp(), tz)

        for module in (apscheduler.schedulers.base, apscheduler.executors.base, jobs):
            monkeypatch.setattr(module, "datetime", Shifted)
        offset_s = jobs._offset_s
        monkeypatch.setattr(jobs, "_offset_s", lambda: offset_s() + wall.offset.total_seconds())

    def jump(self, by: timedelta) -> None:
        self.offset += by


class Counter:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> Outcome:
        self.count += 1
        return Outcome()


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize("days", [-20_000, -30, 30, 20_000])
def test_a_jumping_clock_stops_no_job(
    monkeypatch: pytest.MonkeyPatch, said: io.StringIO, days: int
) -> None:
    wall = Wall(monkeypatch)
    work = Counter()
    worker = Worker([Job("care", work, 0.05), Job("snapshot", Counter(), 900.0)], Log())
    worker.start()
    try:
        wait_until(lambda: work.count >= FEW)
        wall.jump(timedelta(days=days))
        if days < 0:  # the trap is real: nothing runs before somebody looks at the clock
            time.sleep(0.2)
            stuck = work.count
            time.sleep(0.5)
            assert work.count == stuck
        worker.watch_clock()
        jumped = work.count
        wait_until(lambda: work.count >= jumped + FEW)
        assert work.count < jumped + 100  # missed runs are not made up
    finally:
        worker.stop()
    assert "worker clock-jumped by_s=" in said.getvalue()


def test_a_correct_clock_is_left_alone(said: io.StringIO) -> None:
    work = Counter()
    worker = Worker([Job("care", work, 0.05)], Log())
    worker.start()
    try:
        for _ in range(50):
            worker.watch_clock()
        wait_until(lambda: work.count >= FEW)
    finally:
        worker.stop()
    assert "clock-jumped" not in said.getvalue()


def test_a_failing_job_is_news_once_and_fails_alone(said: io.StringIO) -> None:
    runs = Counter()

    def fail() -> Outcome:
        runs()
        raise ValueError("kaputt")

    good = Counter()
    worker = Worker([Job("snapshot", fail, 0.02), Job("care", good, 0.02)], Log())
    worker.start()
    try:
        wait_until(lambda: runs.count >= FEW and good.count >= FEW)
        status = worker.status()
    finally:
        worker.stop()
    assert status.state == "degraded"
    assert {(part.name, part.state) for part in status.parts} == {
        ("snapshot", "failed"),
        ("care", "ok"),
    }
    assert said.getvalue().count("job-failed job=snapshot") == 1
    assert "ValueError: kaputt" in said.getvalue()


def test_recovery_is_told(said: io.StringIO) -> None:
    answers = iter([Outcome("locked", "gesperrt"), Outcome("locked", "gesperrt")])
    work = Counter()

    def run() -> Outcome:
        work()
        return next(answers, Outcome())

    worker = Worker([Job("care", run, 0.02)], Log())
    worker.start()
    try:
        wait_until(lambda: work.count > FEW)
    finally:
        worker.stop()
    assert said.getvalue().count("job=care state=locked") == 1
    assert said.getvalue().count("job=care state=ok") == 1


def test_a_slow_job_never_runs_twice_at_once(said: io.StringIO) -> None:
    inside = Counter()
    most = [0]
    lock = threading.Lock()

    def slow() -> Outcome:
        with lock:
            inside.count += 1
            most[0] = max(most[0], inside.count)
        time.sleep(0.1)
        with lock:
            inside.count -= 1
        return Outcome()

    quick = Counter()
    worker = Worker([Job("snapshot", slow, 0.01), Job("care", quick, 0.01)], Log())
    worker.start()
    try:
        time.sleep(0.5)
    finally:
        worker.stop()
    assert most[0] == 1
    assert inside.count == 0  # stop waited for what ran
    assert quick.count > FEW
    assert said.getvalue() == "" or "maximum number" not in said.getvalue()


def test_the_loop_beats_and_ends(tmp_path: Path, said: io.StringIO) -> None:
    del said
    stop = threading.Event()
    work = Counter()
    worker = Worker([Job("care", work, 0.05)], Log())

    def end() -> None:
        wait_until(lambda: "worker" in read_folder(tmp_path))
        stop.set()

    watcher = threading.Thread(target=end)
    watcher.start()
    run_worker(worker, Heartbeat(tmp_path, "worker"), stop)
    watcher.join()
    assert [part.name for part in read_folder(tmp_path)["worker"].parts] == ["care"]
    assert work.count

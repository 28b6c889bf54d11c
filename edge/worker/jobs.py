"""The worker: plain functions on a schedule, each failing alone, whatever the clock does.

APScheduler plans in wall time, and a Raspberry Pi's wall time jumps: forward by days once a time
server answers, backward when a person corrects it. Jobs here are planned from the end of the wait
before (a jump forward is one run, not thousands), and :meth:`Worker.watch_clock` pulls back a job
that a jump backward has put further away than its own interval.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from edge.process.heartbeat import Part, Status
from edge.process.log import Log, describe
from edge.process.words import said

if TYPE_CHECKING:
    from threading import Event

    from edge.process.heartbeat import Heartbeat

# The care drain must not wait behind a snapshot that takes a minute, and an alarm neither behind
# the drain nor a modem that looks for its network; more would only fight for the same card.
THREADS = 4
WATCH_S = 1.0  # how often the clock is looked at and the heartbeat offered
JUMP_S = 2.0  # a smaller step of the wall clock is not worth a line
TOLERANCE_S = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a job has to say: ``state`` `ok`, or a word for why it waits, such as `locked`."""

    state: str = "ok"
    message: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """``work`` runs ``every_s`` seconds after it was last started, never twice at once.

    It may raise anything: the error is logged with the job's name and the job is tried again.
    """

    name: str
    work: Callable[[], Outcome]
    every_s: float
    first_after_s: float = 0.0


class Worker:
    """Runs ``jobs`` in :data:`THREADS` threads from :meth:`start` to :meth:`stop`."""

    def __init__(self, jobs: Sequence[Job], log: Log) -> None:
        self._jobs = {job.name: job for job in jobs}
        self._log = log
        self._lock = threading.Lock()
        self._outcomes = {job.name: Outcome("waiting") for job in jobs}
        self._offset_s = _offset_s()
        # "skipped: maximum number of instances" is what a slow job is meant to do
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(THREADS)},
            # however late: a job that waited for the card or the clock is still due, once
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def start(self) -> None:
        """Start the schedule; returns at once."""
        for job in self._jobs.values():
            self._scheduler.add_job(
                self._run,
                _Every(job.every_s),
                args=(job,),
                id=job.name,
                name=job.name,
                next_run_time=datetime.now(UTC) + timedelta(seconds=job.first_after_s),
            )
        self._scheduler.start()

    def stop(self) -> None:
        """Start nothing any more and wait for what runs."""
        self._scheduler.shutdown(wait=True)

    def watch_clock(self) -> None:
        """Keep every job at most its own interval away; call it about once a second."""
        now = datetime.now(UTC)
        offset_s = _offset_s()
        if abs(offset_s - self._offset_s) > JUMP_S:
            self._log.warning("clock-jumped", by_s=round(offset_s - self._offset_s, 1))
        self._offset_s = offset_s
        for planned in self._scheduler.get_jobs():
            job = self._jobs[planned.id]
            furthest = now + timedelta(seconds=max(job.every_s, job.first_after_s) + TOLERANCE_S)
            if planned.next_run_time and planned.next_run_time > furthest:
                planned.modify(next_run_time=now + timedelta(seconds=job.every_s))

    def status(self) -> Status:
        """Return how each job ended last."""
        with self._lock:
            parts = tuple(
                Part(name, outcome.state, outcome.message)
                for name, outcome in self._outcomes.items()
            )
        failed = [part.name for part in parts if part.state == "failed"]
        if failed:
            return Status("degraded", "Gescheitert: " + ", ".join(failed), parts)
        return Status("ok", "", parts)

    def _run(self, job: Job) -> None:
        begun_s = time.monotonic()
        try:
            outcome = job.work()
        except Exception as error:  # noqa: BLE001 - whatever it was, the other jobs go on
            outcome = Outcome("failed", said(error))
            self._tell_failure(job, error, outcome)
        else:
            self._log.debug("job", job=job.name, state=outcome.state, message=outcome.message)
            if outcome.state != self._outcomes[job.name].state:
                took = f"{time.monotonic() - begun_s:.2f}"
                self._log.info("job", job=job.name, state=outcome.state, took_s=took)
        with self._lock:
            self._outcomes[job.name] = outcome

    def _tell_failure(self, job: Job, error: Exception, outcome: Outcome) -> None:
        # a job that fails every two seconds for the same reason is one piece of news
        if outcome != self._outcomes[job.name]:
            hint = getattr(error, "hint", "")
            values = {**describe(error), **({"hint": hint} if hint else {})}
            self._log.error("job-failed", job=job.name, **values)


def run_worker(worker: Worker, heartbeat: Heartbeat, stop: Event) -> None:
    """Run ``worker`` until ``stop`` is set, keeping its heartbeat."""
    worker.start()
    try:
        while not stop.wait(WATCH_S):
            worker.watch_clock()
            heartbeat.beat(worker.status())
    finally:
        worker.stop()


class _Every(BaseTrigger):  # type: ignore[misc]  # APScheduler 3 carries no types
    """Fires ``every_s`` after the moment it is asked, so that no missed run is ever made up."""

    __slots__ = ("_interval",)

    def __init__(self, every_s: float) -> None:
        self._interval = timedelta(seconds=every_s)

    def get_next_fire_time(
        self, previous_fire_time: datetime | None, now: datetime
    ) -> datetime | None:
        del previous_fire_time
        return now + self._interval


def _offset_s() -> float:
    return time.time() - time.monotonic()

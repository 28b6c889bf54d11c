"""An optical head: read when a person asks for it, and by itself at most once a day.

A person asks through a request (`read`, in village.db) that the command line leaves; the port is
open only while the meter is read, so that `dorfhub meter read` can use it as well.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from edge.collect.intake import OPTICAL_KIND, Intake
from edge.collect.lines import Line
from edge.collect.optical import SESSIONS, optical_setting, read_out
from edge.collect.schedule import following
from edge.config import Meter
from edge.process.log import Log
from edge.process.words import said
from edge.store.village_rows import Request
from hardware.errors import DecodeError, HardwareError, TransportError
from hardware.optical.iec62056 import may_read
from hardware.reading import TimeQuality

LOOK_S = 1.0  # how soon a person's request is noticed


class AlreadyWokenError(HardwareError):
    """A request must not cost the meter's battery twice."""


class OpticalLine(Line):
    """One optical head and its one meter."""

    def __init__(
        self,
        meters: Sequence[Meter],
        intake: Intake,
        stop: threading.Event,
        log: Log,
        rng: random.Random,
    ) -> None:
        super().__init__(meters, intake, stop, log, rng)
        self._outcome: tuple[str, HardwareError | None] = ("", None)  # of the last request
        self._due: datetime | None = None  # of the next automatic readout
        self._waiting = "wartet auf eine Ablesung von Hand"
        if meters[0].daily_at:
            self._waiting = f"wird um {meters[0].daily_at} abgelesen"

    def _work(self) -> None:
        meter = self.meters[0]
        self._told(meter, "ok", self._waiting)
        while not self._stop.is_set():
            for request in self._intake.asked_for(meter):
                self._by_hand(meter, request)
            if meter.daily_at:
                self._look_at_clock(meter)
            self._stop.wait(LOOK_S)

    def _by_hand(self, meter: Meter, request: Request) -> None:
        """Wake the meter once for a request, however often its answer cannot be stored."""
        name = f"{request.request} of {request.created_at}"
        try:
            self._read(meter, lambda: self._take(meter, name))
        except AlreadyWokenError as error:
            self._intake.decode()  # what it said then may still wait
            known, outcome = self._outcome
            self._intake.answer(request.request, outcome if known == name else error)
            self._worked()
            return
        except HardwareError as error:
            self._outcome = name, error
            self._failed_reading(meter, error)
        else:
            self._outcome = name, None
        self._intake.answer(request.request, self._outcome[1])

    def _take(self, meter: Meter, name: str) -> None:
        if not self._intake.ledger.take(meter.meter_id, name, self._intake.now()):
            raise AlreadyWokenError(
                "the meter was woken for this request before",
                hint="Der Zähler wurde dafür schon einmal geweckt, die Ablesung aber nicht zu Ende"
                " gebracht. Nachsehen, ob der Messwert da ist; sonst noch einmal verlangen.",
            )

    def _look_at_clock(self, meter: Meter) -> None:
        now = self._intake.now()
        if self._due is None or self._due > following(meter.daily_at, now):
            self._due = following(meter.daily_at, now)
        if now < self._due:
            return
        if self._intake.time_quality() is TimeQuality.UNKNOWN:
            self._told(meter, "degraded", "Die Uhr ist nicht gestellt; es wird nicht abgelesen.")
            self._due = following(meter.daily_at, now)
            return
        ledger = self._intake.ledger
        if not may_read(ledger.last(meter.meter_id, now), now, automatic=True):
            self._due = following(meter.daily_at, now)
            return
        try:
            # noted before the meter is woken: what a power cut interrupts has cost battery too
            self._read(meter, lambda: ledger.note(meter.meter_id, now))
        except TransportError:
            raise  # nothing was read and nothing noted: later on, when the port is there
        except HardwareError as error:
            self._failed_reading(meter, error)
        self._due = following(meter.daily_at, self._intake.now())

    def _read(self, meter: Meter, opened: Callable[[], None]) -> None:
        session = SESSIONS[meter.protocol](None)
        line = optical_setting(self.moniker, session.setting).open()
        try:
            opened()
            read_out(line, session)
        finally:
            line.close()
        self._intake.keep(meter, session.raw(), OPTICAL_KIND + meter.protocol)
        self._intake.decode()
        self._worked()
        self._told(meter, "ok", self._waiting)
        session.readout()  # for its errors; the intake quarantined what cannot be decoded

    def _failed_reading(self, meter: Meter, error: HardwareError) -> None:
        message = said(error)
        self._log.warning("meter-not-read", meter=meter.meter_id, error=error, hint=error.hint)
        self._told(meter, "degraded", message)
        if not isinstance(error, DecodeError):
            self._tell_device(meter, message)

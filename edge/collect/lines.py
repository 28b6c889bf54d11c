"""One line, one thread: polling its meters, listening to it, or reading its recording."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from edge.collect.cutter import Cutter
from edge.collect.intake import ROUND_LIMIT, Heard, Intake
from edge.collect.patient import Patient
from edge.collect.poll import poll
from edge.config import Meter
from edge.process.heartbeat import Part
from edge.process.log import Log
from edge.process.words import said
from edge.store.errors import StoreError
from hardware.errors import DecodeError, FrameError, TransportError
from hardware.mbus.frame import LONGEST_FRAME
from hardware.mbus.master import Answer, NoAnswer, PollSession
from hardware.mbus.telegram import decode
from hardware.transport import Direction, Moniker, RecordingError, RecordingReader, Transport
from hardware.transport.moniker import ReplayName
from hardware.transport.replay import EndOfRecordingError

LISTEN_S = 1.0  # how long a listening line may take to notice that it is to stop


class Line(Patient):
    """What is alike for every line to configured meters, and what is told of them."""

    def __init__(
        self,
        meters: Sequence[Meter],
        intake: Intake,
        stop: threading.Event,
        log: Log,
        rng: random.Random,
    ) -> None:
        self.meters = tuple(meters)
        self.moniker = Moniker.parse(meters[0].transport)
        super().__init__(self.moniker.text, stop, log, rng)
        self._intake = intake
        self._parts = {meter.meter_id: Part(meter.meter_id, "starting") for meter in meters}

    def status(self) -> tuple[Part, ...]:
        """Return one part a meter."""
        if self.bug is not None:
            message = said(self.bug)
            return tuple(Part(meter.meter_id, "failed", message) for meter in self.meters)
        return tuple(self._parts.values())

    def _down(self, error: TransportError | StoreError) -> None:
        for meter in self.meters:
            message = said(error)
            self._told(meter, "degraded", message)
            if isinstance(error, TransportError):
                self._tell_device(meter, message)

    def _told(self, meter: Meter, state: str, message: str = "") -> None:
        self._parts[meter.meter_id] = Part(meter.meter_id, state, message)

    def _tell_device(self, meter: Meter, message: str) -> None:
        try:
            self._intake.failed(meter, message)
        except StoreError as error:
            self._log.warning("store-failed", error=error, hint=error.hint)


class PolledLine(Line):
    """A line whose meters are asked, each at its own pace. It stays open in between."""

    def __init__(
        self,
        meters: Sequence[Meter],
        intake: Intake,
        stop: threading.Event,
        log: Log,
        rng: random.Random,
    ) -> None:
        super().__init__(meters, intake, stop, log, rng)
        self._sessions = {meter.meter_id: PollSession(meter.address) for meter in meters}
        self._newest: dict[str, bytes | None] = {}  # what each meter said last
        self._due_s = dict.fromkeys(self._sessions, 0.0)
        self._lost: dict[str, str] = {}  # meters that do not answer, and why

    def _work(self) -> None:
        line = self.moniker.open()
        try:
            while not self._stop.is_set():
                self._round(line)
                wait_s = min(self._due_s.values()) - time.monotonic()
                if wait_s > 0:
                    self._stop.wait(wait_s)
        except EndOfRecordingError:
            self._log.info("recording-read", line=self.moniker.text)
            for meter in self.meters:
                self._told(meter, "ok", "Aufzeichnung gelesen")
            self._stop.wait()
        finally:
            line.close()

    def _round(self, line: Transport) -> None:
        """Ask every meter that is due, then decode what came into one round."""
        try:
            for meter in self.meters:
                if not self._stop.is_set() and self._due_s[meter.meter_id] <= time.monotonic():
                    self._ask(line, meter)
        finally:
            self._intake.decode()
        self._worked()

    def _ask(self, line: Transport, meter: Meter) -> None:
        session = self._sessions[meter.meter_id]

        def keep(answer: Answer) -> bool:
            return self._keep(meter, session, answer)

        try:
            poll(line, session, meter.timeout_s, keep, self._stop.is_set)
        except NoAnswer as error:
            self._silent(meter, error)
        else:
            self._told(meter, "ok")
            if self._lost.pop(meter.meter_id, None):
                self._log.info("meter-back", meter=meter.meter_id)
        now_s = time.monotonic()
        due_s = self._due_s[meter.meter_id] + meter.poll_s
        self._due_s[meter.meter_id] = due_s if due_s > now_s else now_s + meter.poll_s

    def _keep(self, meter: Meter, session: PollSession, answer: Answer) -> bool:
        """Store a telegram before the meter may drop it; say whether another one follows."""
        if session.fresh and self._is_repeated(meter, answer.raw):
            # It was stored, but the meter was never told: the link or this process broke off.
            self._intake.seen(meter)
        else:
            self._intake.keep(meter, answer.raw)
        self._newest[meter.meter_id] = answer.raw
        try:
            return decode(answer.raw).more_follows
        except (FrameError, DecodeError):
            return False  # the intake quarantines it

    def _is_repeated(self, meter: Meter, raw: bytes) -> bool:
        if meter.meter_id in self._newest:
            return self._newest[meter.meter_id] == raw
        return self._intake.is_newest(meter, raw)

    def _silent(self, meter: Meter, error: NoAnswer) -> None:
        told = str(error)
        if self._lost.get(meter.meter_id) != told:
            self._log.warning(
                "meter-silent",
                meter=meter.meter_id,
                error=told,
                damage=error.damage or "",
                hint=error.hint,
            )
        self._lost[meter.meter_id] = told
        message = said(error)
        self._told(meter, "degraded", message)
        self._intake.failed(meter, message)


class ListeningLine(Line):
    """A line that brings whole telegrams unasked; they are those of its one meter entry."""

    def _work(self) -> None:
        meter = self.meters[0]
        cutter = Cutter(keep_damaged=False)
        line = self.moniker.open()
        self._told(meter, "ok")
        try:
            while not self._stop.is_set():
                data = line.read(LONGEST_FRAME, LISTEN_S)
                self._worked()
                heard = cutter.feed(data) if data else cutter.silence()
                for raw in heard:
                    self._intake.keep(meter, raw)
                if heard:
                    self._intake.decode()
                    noise = f"{cutter.damaged} unlesbare Stücke" if cutter.damaged else ""
                    self._told(meter, "ok", noise)
        finally:
            line.close()


class RecordedLine(Line):
    """A recording of telegrams, which keep their recorded times. Reading it again adds nothing.

    At its end the file is looked at every ``poll_s`` seconds, and read again if it has changed.
    """

    def _work(self) -> None:
        name = self.moniker.line
        assert isinstance(name, ReplayName)  # noqa: S101 - chosen by `line_for`
        meter = self.meters[0]
        known: tuple[int, int] | None = None
        while not self._stop.is_set():
            found = _version(name.file)
            if found != known:
                count = self._read(meter, name)
                self._worked()
                if self._stop.is_set():
                    return
                self._log.info("recording-read", line=self.moniker.text, telegrams=count)
                self._told(meter, "ok", f"Aufzeichnung gelesen, {count} Telegramme")
            known = found
            self._stop.wait(meter.poll_s)

    def _read(self, meter: Meter, name: ReplayName) -> int:
        count = 0
        batch: list[Heard] = []
        cutter = Cutter(keep_damaged=True)
        last_s: float | None = None
        with RecordingReader(name.file) as lines:
            while not self._stop.is_set():
                try:
                    line = next(lines)
                except StopIteration:
                    break
                except RecordingError as error:
                    self._log.warning("recording-line", error=error, hint=error.hint)
                    continue
                if line.direction is Direction.TX:
                    continue
                at_s = line.at.timestamp() if line.at and name.speed else None
                if at_s is not None and last_s is not None and at_s > last_s:
                    self._flush(meter, batch)
                    self._stop.wait((at_s - last_s) / name.speed)
                last_s = at_s
                heard = [Heard(raw, line.at) for raw in cutter.feed(line.data)]
                count += len(heard)
                batch += heard
                if len(batch) >= ROUND_LIMIT:
                    self._flush(meter, batch)
        batch += [Heard(raw) for raw in cutter.silence()]
        self._flush(meter, batch)
        return count

    def _flush(self, meter: Meter, batch: list[Heard]) -> None:
        if batch:
            self._intake.keep_recorded(meter, batch)
            batch.clear()
            self._told(meter, "ok")
        self._intake.decode()


def line_for(
    meters: Sequence[Meter],
    intake: Intake,
    stop: threading.Event,
    log: Log,
    rng: random.Random,
) -> Line:
    """Return the line for meters that share a transport and a protocol.

    :raises MonikerError: if the transport's name means nothing.
    """
    if meters[0].protocol == "mbus":
        return PolledLine(meters, intake, stop, log, rng)
    if isinstance(Moniker.parse(meters[0].transport).line, ReplayName):
        return RecordedLine(meters, intake, stop, log, rng)
    return ListeningLine(meters, intake, stop, log, rng)


def _version(file: Path) -> tuple[int, int]:
    try:
        status = file.stat()
    except OSError as error:
        raise TransportError(
            f"cannot open the recording {file}: {error.strerror}",
            hint="Den Namen der Datei prüfen, und ob dieser Benutzer sie lesen darf.",
        ) from error
    return status.st_mtime_ns, status.st_size

"""One question to an unknown number of meters, and surveys that are made of such questions.

Who polls a meter takes the first answer; who looks for meters wants to know of the second as
well. A survey therefore listens until the line is silent before it judges::

    while (request := survey.request()) is not None:
        line.discard()
        line.write(request)
        while survey.waiting:
            data = line.read(300, timeout_s)
            survey.feed(data) if data else survey.silence()  # may raise LineNoise

Source: EN 13757-2, clause 5.7.3 (what a master makes of answers); EN 13757-7, clause 7.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from dataclasses import dataclass
from enum import Enum, auto

from hardware.errors import FrameError, HardwareError
from hardware.mbus.frame import ACD, DFC, RSP_UD, Frame, Receiver
from hardware.mbus.secondary import SecondaryAddress
from hardware.resume import accepted

MOST_SPOILED_RUN = 12  # answers in a row that are damaged: eight digits and some are no meters

_LINK_BITS = ACD | DFC


class LineNoise(HardwareError):
    """So much of what comes is damaged that looking further would find nothing."""

    hint = (
        "Es kommen nur gestörte Antworten. Baudrate prüfen, andere Sender am Bus (ein zweiter "
        "Leser, ein anderer Master) abschalten, Schirm und Klemmen ansehen."
    )


class Verdict(Enum):
    """What came in answer to one question."""

    SILENT = auto()
    ACK = auto()  # exactly one E5
    TELEGRAM = auto()  # exactly one whole telegram
    SPOILED = auto()  # anything else: several meters at once, or noise


@dataclass(frozen=True, slots=True)
class Heard:
    """The judgement on one question; ``frame`` is the telegram's."""

    verdict: Verdict
    frame: Frame | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A meter that was found.

    ``primary`` is its primary address, None if it did not say. ``secondary`` is the address that
    selects it, None where it does not say who it is. ``frame`` is its telegram, None if it
    answers but has nothing to say.
    """

    primary: int | None
    secondary: SecondaryAddress | None
    frame: Frame | None


# Requests in their order; what is sent in is what came back.
Steps = Generator[bytes, Heard, None]


class Probe:
    """Everything that comes back until silence. The echo of ``request`` is passed over once."""

    def __init__(self, request: bytes) -> None:
        self._echo: bytes | None = request
        self._receiver = Receiver()
        self._acks = 0
        self._frames: list[Frame] = []
        self._spoiled = False

    def feed(self, data: bytes) -> None:
        """Take bytes from the line."""
        for frame in accepted(self._receiver.feed(data), self._spoil):
            self._take(frame)

    def silence(self) -> Heard:
        """Say that nothing more comes, and judge."""
        for frame in accepted(self._receiver.idle(), self._spoil):
            self._take(frame)
        if self._spoiled or self._acks + len(self._frames) > 1:
            return Heard(Verdict.SPOILED)
        if self._frames:
            return Heard(Verdict.TELEGRAM, self._frames[0])
        return Heard(Verdict.ACK if self._acks else Verdict.SILENT)

    def _spoil(self, _damage: FrameError) -> None:
        self._spoiled = True

    def _take(self, frame: Frame) -> None:
        if frame.raw == self._echo:
            self._echo = None
        elif frame.is_ack:
            self._acks += 1
        elif frame.control_information is not None and (frame.control or 0) & ~_LINK_BITS == RSP_UD:
            self._frames.append(frame)
        else:
            self._spoiled = True


class Survey(ABC):
    """Questions that follow from one another. See the module for how to lead one.

    ``found`` grows as meters are found; ``asked`` counts questions; ``share`` goes from 0 to 1;
    ``where`` says in words of the protocol what is being looked at.
    """

    def __init__(self) -> None:
        self.found: list[Found] = []
        self.asked = 0
        self.share = 0.0
        self.where = ""
        self._steps = self._walk()
        self._next: bytes | None = None
        self._started = False
        self._probe: Probe | None = None
        self._run = 0  # of spoiled answers

    @property
    def waiting(self) -> bool:
        """True from a request until silence."""
        return self._probe is not None

    def request(self) -> bytes | None:
        """Return the frame to send now, None once the survey is over.

        What arrived before and was not fed belongs to an earlier question: discard it.
        """
        if not self._started:
            self._started = True
            self._next = next(self._steps, None)
        if self._next is not None:
            self.asked += 1
            self._probe = Probe(self._next)
        return self._next

    def feed(self, data: bytes) -> None:
        """Take bytes from the line."""
        if self._probe is not None:
            self._probe.feed(data)

    def silence(self) -> None:
        """Say that nothing more comes.

        :raises LineNoise: if only damage comes; the survey is over, what it found stays.
        """
        if self._probe is None:
            return
        heard, self._probe, self._next = self._probe.silence(), None, None
        self._run = self._run + 1 if heard.verdict is Verdict.SPOILED else 0
        if self._run > MOST_SPOILED_RUN:
            self._steps.close()
            raise LineNoise(f"{self._run} answers in a row are damaged")
        try:
            self._next = self._steps.send(heard)
        except StopIteration:
            self.share = 1.0

    @abstractmethod
    def _walk(self) -> Steps:
        """Yield the requests in their order."""

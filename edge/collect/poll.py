"""One round of questions to one meter over an open line."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from hardware.mbus.frame import LONGEST_FRAME
from hardware.mbus.master import Answer, PollSession
from hardware.transport.base import Transport

# Within a frame no byte lags more than this: 13 byte times at 300 Bd, or a slow WLAN's hiccup.
GAP_S = 0.5
SLICE_S = 0.5  # a stop is noticed within this time, whatever the patience with the meter
# A line that never falls silent is noise; the longest frame takes 9.6 s at 300 Bd.
LONGEST_ANSWER_S = 12.0

T_co = TypeVar("T_co", covariant=True)


class Asker(Protocol[T_co]):
    """Whoever asks a question and takes what comes back."""

    @property
    def waiting(self) -> bool:
        """True until the question is settled."""

    def feed(self, data: bytes) -> T_co | None:
        """Take bytes; return the answer, once there is one."""

    def silence(self) -> T_co | None:
        """Say that nothing more comes."""


def poll(
    line: Transport,
    session: PollSession,
    timeout_s: float,
    keep: Callable[[Answer], bool],
    stopped: Callable[[], bool] = lambda: False,
) -> int:
    """Ask until the meter has no more to say; return how many telegrams came.

    ``stopped`` is asked at least every half second and ends the round early.

    ``keep`` stores a telegram for good and says whether the telegram announces another one. If
    it raises, the meter is not told that the telegram was taken and gives it again next time.

    :raises NoAnswer: if the meter does not answer, or only with damaged frames.
    :raises TransportError: if the line failed.
    """
    count = 0
    session.begin()
    while not stopped() and (request := session.request()) is not None:
        line.discard()
        line.write(request)
        answer = listen(line, session, timeout_s, stopped=stopped)
        if answer is not None:
            session.committed(more_follows=keep(answer))
            count += 1
    return count


def listen(
    line: Transport,
    session: Asker[T_co],
    timeout_s: float,
    *,
    gap_s: float = GAP_S,
    longest_s: float = LONGEST_ANSWER_S,
    stopped: Callable[[], bool] = lambda: False,
) -> T_co | None:
    """Hand on what comes until the question is settled; return the answer, if there is one.

    ``timeout_s`` is how long silence may last before the first byte, ``gap_s`` between two.

    :raises TransportError: if the line failed; and what the session's ``silence`` raises.
    """
    now_s = time.monotonic()
    silent_s = now_s + timeout_s  # when nothing that comes later counts any more
    end_s = silent_s + longest_s
    answer = None
    while answer is None and session.waiting and not stopped():
        data = line.read(LONGEST_FRAME, min(silent_s - now_s, SLICE_S))
        now_s = time.monotonic()
        if data and now_s < end_s:
            silent_s = now_s + min(timeout_s, gap_s)
            answer = session.feed(data)
        elif now_s >= silent_s or data:
            answer = session.silence()
    return answer

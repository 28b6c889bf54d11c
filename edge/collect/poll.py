"""One round of questions to one meter over an open line."""

from __future__ import annotations

import time
from collections.abc import Callable

from hardware.mbus.frame import LONGEST_FRAME
from hardware.mbus.master import Answer, PollSession
from hardware.transport.base import Transport

# Within a frame no byte lags more than this: 13 byte times at 300 Bd, or a slow WLAN's hiccup.
GAP_S = 0.5
# A line that never falls silent is noise; the longest frame takes 9.6 s at 300 Bd.
LONGEST_ANSWER_S = 12.0


def poll(
    line: Transport,
    session: PollSession,
    timeout_s: float,
    keep: Callable[[Answer], bool],
) -> int:
    """Ask until the meter has no more to say; return how many telegrams came.

    ``keep`` stores a telegram for good and says whether the telegram announces another one. If
    it raises, the meter is not told that the telegram was taken and gives it again next time.

    :raises NoAnswer: if the meter does not answer, or only with damaged frames.
    :raises TransportError: if the line failed.
    """
    count = 0
    session.begin()
    while (request := session.request()) is not None:
        line.discard()
        line.write(request)
        answer = _answer(line, session, timeout_s)
        if answer is not None:
            session.committed(more_follows=keep(answer))
            count += 1
    return count


def _answer(line: Transport, session: PollSession, timeout_s: float) -> Answer | None:
    patience_s = timeout_s
    end_s = time.monotonic() + timeout_s + LONGEST_ANSWER_S
    answer = None
    while answer is None and session.waiting:
        data = line.read(LONGEST_FRAME, patience_s)
        if data and time.monotonic() < end_s:
            patience_s = min(timeout_s, GAP_S)
            answer = session.feed(data)
        else:
            answer = session.silence()
    return answer

"""Looking for meters over an open line, speed after speed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edge.collect.poll import listen
from hardware.errors import TransportError
from hardware.mbus.frame import LONGEST_FRAME
from hardware.mbus.probe import Survey
from hardware.transport.base import FIXED_SPEED, Transport, TunableTransport

BAUDS = (2400, 300, 9600, 4800, 1200, 600, 19200, 38400)  # the likeliest first

_BITS = 11  # of a byte: start, eight, parity, stop
_SLOWEST_BITS = 330  # a meter answers after at most so many bit times and 50 ms
_LEAST_S = 0.15  # those 50 ms, and what a USB adapter holds back
_FIXED_LINE = (1.0, 0.3)  # seconds; a converter on the network has a speed that is not known here


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to listen: before the first byte, between two, and at most."""

    timeout_s: float
    gap_s: float
    longest_s: float

    @classmethod
    def at(cls, baud: int | None, timeout_s: float | None = None) -> Patience:
        """Return what the standard lets a meter take at ``baud``, None for a speed not known."""
        if baud is None:
            usual_s, gap_s = _FIXED_LINE
            longest_s = LONGEST_FRAME * _BITS / 300
        else:
            usual_s = _SLOWEST_BITS / baud + _LEAST_S
            # answers of several meters may follow one another
            gap_s, longest_s = usual_s, LONGEST_FRAME * _BITS / baud
        patience_s = usual_s if timeout_s is None else timeout_s
        return cls(patience_s, min(gap_s, patience_s), longest_s + patience_s)


def set_baud(line: Transport, baud: int) -> None:
    """Go on at ``baud``.

    :raises TransportError: if the line has no speed that can be changed.
    """
    if not isinstance(line, TunableTransport):
        raise TransportError(f"{line.moniker} has no speed to change", hint=FIXED_SPEED)
    line.set_baud(baud)


def lead(
    line: Transport,
    survey: Survey,
    patience: Patience,
    told: Callable[[Survey], None] = lambda _survey: None,
) -> None:
    """Lead ``survey`` to its end; ``told`` is called after each question.

    :raises LineNoise: if only damage comes; what was found stays in the survey.
    :raises TransportError: if the line failed.
    """
    while (request := survey.request()) is not None:
        line.discard()
        line.write(request)
        listen(line, survey, patience.timeout_s, gap_s=patience.gap_s, longest_s=patience.longest_s)
        told(survey)

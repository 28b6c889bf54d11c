"""Whole telegrams out of a line, or a recording, that brings them unasked."""

from __future__ import annotations

from hardware.errors import FrameError
from hardware.mbus.frame import LONG_START, Receiver, parse_long

DAMAGED_LIMIT = 1024  # bytes of one damaged stretch that are kept: four of the longest frames


class Cutter:
    """Cut what comes into telegrams.

    With ``keep_damaged``, for recordings, a stretch of bytes in which there was no telegram is
    given out as well, so that it can be quarantined with the decoder's word on it; noise on a
    live line is only counted in ``damaged``.
    """

    def __init__(self, *, keep_damaged: bool) -> None:
        self._receiver = Receiver()
        self._keep_damaged = keep_damaged
        self._stretch = bytearray()  # since the receiver was last empty
        self._useful = False  # something in the stretch was a frame
        self.damaged = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes and return the telegrams, whole frames, that they complete."""
        if data[:1] == bytes((LONG_START,)) and _is_whole(data):
            return [*self.silence(), data]
        self._stretch += data[: DAMAGED_LIMIT - len(self._stretch)]
        return self._take(silent=False, data=data)

    def silence(self) -> list[bytes]:
        """Say that what is incomplete now will never be complete."""
        return self._take(silent=True, data=b"")

    def _take(self, *, silent: bool, data: bytes) -> list[bytes]:
        found: list[bytes] = []
        frames = self._receiver.feed(data)
        if silent:
            frames = self._receiver.idle()
        while True:
            try:
                frame = next(frames, None)
            except FrameError:
                continue
            if frame is None:
                break
            self._useful = True
            if frame.control_information is not None:
                found.append(frame.raw)
        if not self._receiver.pending:
            if self._stretch and not self._useful:
                self.damaged += 1
                if self._keep_damaged:
                    found.append(bytes(self._stretch))
            self._stretch.clear()
            self._useful = False
        return found


def _is_whole(data: bytes) -> bool:
    try:
        parse_long(data)
    except FrameError:
        return False
    return True

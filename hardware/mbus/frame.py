"""M-Bus link-layer frames, without any I/O.

Everything that finds a frame in a stream of bytes, or makes one, is here; what a frame's
payload means is `telegram.py`'s business. Feed bytes in whatever pieces the line yields::

    frames = receiver.feed(line.read(64, 0.1))
    while True:
        try:
            frame = next(frames)
        except StopIteration:
            break
        except FrameError as error:  # the iterator goes on behind the bad bytes
            ...

Source: EN 13757-2 (the FT 1.2 formats of EN 60870-5-1), clause 5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from hardware.errors import FrameError
from hardware.resume import Resuming

ACK = 0xE5
SHORT_START = 0x10
LONG_START = 0x68
STOP = 0x16

# control fields, master to meter
SND_NKE = 0x40  # reset the link
SND_UD = 0x53  # data to the meter
REQ_UD1 = 0x5A  # ask for class 1 data (alarms)
REQ_UD2 = 0x5B  # ask for class 2 data (the readings)
FCB = 0x20  # frame count bit: toggled once the last answer was taken
FCV = 0x10  # frame count bit is valid
# control fields, meter to master
RSP_UD = 0x08
ACD = 0x20  # class 1 data waits
DFC = 0x10  # do not send more data now

ADDRESS_LAST = 250  # the highest primary address
ADDRESS_SELECTED = 253  # whoever was selected by its secondary address
ADDRESS_ANY = 254  # everybody answers: for exactly one meter on a line
ADDRESS_ALL = 255  # everybody listens, nobody answers

LONGEST_FRAME = 261  # bytes: 68 L L 68, at most 255 counted bytes, checksum, 16
MOST_PENDING = 65_536  # bytes fed and not taken: a caller that never takes frames has a bug

_SHORT_LENGTH = 5  # start, C, A, checksum, stop
_LONG_HEAD = 4  # 68 L L 68
_LONG_OVERHEAD = 6  # 68 L L 68 ... checksum stop
_LEAST_COUNTED = 3  # C, A, CI
_MOST_PAYLOAD = 252  # 255 less C, A, CI
_STARTS = frozenset((ACK, SHORT_START, LONG_START))


@dataclass(frozen=True, slots=True)
class Frame:
    """One link-layer frame.

    An acknowledgement has no field at all; a short frame has ``control`` and ``address``; a
    long one also has ``control_information`` and a payload of 0 to 252 bytes.
    """

    control: int | None = None
    address: int | None = None
    control_information: int | None = None
    payload: bytes = b""

    @property
    def is_ack(self) -> bool:
        """True for the single character E5."""
        return self.control is None

    @property
    def raw(self) -> bytes:
        """The frame's bytes as they were on the line."""
        if self.control is None or self.address is None:
            return bytes((ACK,))
        if self.control_information is None:
            return encode_short(self.control, self.address)
        return encode_long(self.control, self.address, self.control_information, self.payload)


def encode_short(control: int, address: int) -> bytes:
    """Return the five bytes of a short frame. Both fields are 0 to 255."""
    return bytes((SHORT_START, control, address, (control + address) & 0xFF, STOP))


def encode_long(control: int, address: int, control_information: int, payload: bytes) -> bytes:
    """Return a long frame, or a control frame if ``payload`` is empty.

    :raises ValueError: if ``payload`` is longer than 252 bytes or a field does not fit a byte.
    """
    if len(payload) > _MOST_PAYLOAD:
        raise ValueError(f"{len(payload)} bytes do not fit a frame, which holds {_MOST_PAYLOAD}")
    body = bytes((control, address, control_information)) + payload
    head = bytes((LONG_START, len(body), len(body), LONG_START))
    return head + body + bytes((sum(body) & 0xFF, STOP))


class Receiver:
    """Cut a byte stream into frames.

    The frames and errors depend on the bytes only, never on how they were cut. A stretch of
    bytes that belongs to no frame gives one :exc:`FrameError` with the offset of its first
    byte; each false start inside it gives one more. No byte behind a false start is lost.
    Once its iterator is exhausted the receiver holds less than one frame.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._offset = 0  # of the buffer's first byte in the stream
        self._lost = False  # inside bytes that were already reported
        self._frames = Resuming(lambda: self._next(silent=False))

    @property
    def pending(self) -> int:
        """Bytes that wait for the rest of their frame."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take ``data`` and return an iterator over the frames that are complete now.

        The iterator raises :exc:`FrameError` where bytes form no frame and may be used
        further; what it was not asked for comes with the next call.

        :raises BufferError: if more than 64 KiB were fed and never taken.
        """
        if len(self._buffer) + len(data) > MOST_PENDING:
            raise BufferError(f"more than {MOST_PENDING} bytes were fed and not taken")
        self._buffer += data
        return self._frames

    def idle(self) -> Iterator[Frame]:
        """Say that the line fell silent: what is incomplete now will never be complete.

        Returns an iterator as :meth:`feed` does; it raises a :exc:`FrameError` for the frame that
        was cut short and still finds the frames behind a false start. Afterwards nothing pends.
        """
        return Resuming(lambda: self._next(silent=True))

    def discard(self) -> int:
        """Throw away what pends, without an error, and return how many bytes that were.

        The next byte fed counts as the start of a frame.
        """
        count = len(self._buffer)
        self._drop(count)
        self._lost = False
        return count

    def _next(self, *, silent: bool) -> Frame | None:
        """Return the next whole frame, None if there is none (yet)."""
        if self._lost:
            self._skip_to_start()
        if not self._buffer:
            return None
        length = self._frame_length()
        if length is None or len(self._buffer) < length:
            if silent:
                self._reject("frame is cut short")
            return None
        frame = self._parse(bytes(self._buffer[:length]))
        self._drop(length)
        self._lost = False
        return frame

    def _skip_to_start(self) -> None:
        count = 0
        for byte in self._buffer:
            if byte in _STARTS:
                break
            count += 1
        self._drop(count)

    def _frame_length(self) -> int | None:
        """Bytes of the frame at the buffer's start, None while not yet known."""
        buffer = self._buffer
        start = buffer[0]
        if start == ACK:
            return 1
        if start == SHORT_START:
            return _SHORT_LENGTH
        if start != LONG_START:
            self._reject(f"0x{start:02X} starts no frame")
        if len(buffer) > 1 and buffer[1] < _LEAST_COUNTED:
            self._reject(f"long frame counts {buffer[1]} bytes, needs {_LEAST_COUNTED}")
        if len(buffer) > 2 and buffer[1] != buffer[2]:
            self._reject(f"long frame gives two lengths, {buffer[1]} and {buffer[2]},")
        if len(buffer) < 4:
            return None
        if buffer[3] != LONG_START:
            self._reject("long frame lacks its second start byte")
        return buffer[1] + _LONG_OVERHEAD

    def _parse(self, raw: bytes) -> Frame:
        if raw[0] == ACK:
            return Frame()
        body = raw[1:-2] if raw[0] == SHORT_START else raw[4:-2]
        if raw[-1] != STOP:
            self._reject(f"frame ends in 0x{raw[-1]:02X} instead of 0x16")
        if sum(body) & 0xFF != raw[-2]:
            self._reject("checksum does not match in the frame")
        if raw[0] == SHORT_START:
            return Frame(body[0], body[1])
        return Frame(body[0], body[1], body[2], body[3:])

    def _reject(self, message: str) -> NoReturn:
        offset = self._offset
        self._drop(1)
        self._lost = True
        raise FrameError(message, offset=offset)

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._offset += count


def parse_long(raw: bytes) -> Frame:
    """Return the one long frame that ``raw`` is, all of it.

    :raises FrameError: if ``raw`` is no long frame, is damaged or goes on behind it.
    """
    counted = len(raw) - _LONG_OVERHEAD
    if (
        counted >= _LEAST_COUNTED
        and raw[0] == raw[3] == LONG_START
        and raw[1] == raw[2] == counted
        and raw[-1] == STOP
        and sum(raw[_LONG_HEAD:-2]) & 0xFF == raw[-2]
    ):
        return Frame(raw[4], raw[5], raw[6], raw[7:-2])
    receiver = Receiver()
    frame = next(receiver.feed(raw), None)
    if frame is None:
        frame = next(receiver.idle(), None)
    if frame is None or frame.control_information is None:
        raise FrameError("no long frame", offset=0)
    raise FrameError("bytes behind the end of the frame", offset=len(raw) - receiver.pending)

"""Kamstrup Meter Protocol: frames, requests and one readout of a MULTICAL heat meter.

A frame is a start byte, the stuffed bytes of destination, command, data and CRC, and a stop byte.
Reading wakes the meter: a readout costs it a little of its battery, so ask seldom.

Source: Kamstrup, KMP protocol description (physical layer 3.1, data link layer 3.2, GetType,
GetSerialNo and GetRegister 6.2), as implemented by others; CRC-16 CCITT (1021) with initial 0.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from hardware.errors import FrameError
from hardware.optical import kmp_registers
from hardware.optical.session import LineSetting, NoAnswer, Readout, Step
from hardware.resume import Resuming, accepted

SETTING = LineSetting(1200, "N", 8, 2.0)
START_TO_METER = 0x80
START_FROM_METER = 0x40
STOP = 0x0D
STUFFING = 0x1B
ACK = 0x06
HEAT_METER = 0x3F

GET_TYPE = 0x01
GET_SERIAL_NUMBER = 0x02
GET_REGISTER = 0x10

MOST_REGISTERS = 8  # of one request
MOST_FRAME = 512  # unstuffed bytes; eight registers of the longest kind take 168
MOST_PENDING = 65_536  # bytes fed and not taken: a caller that never takes frames has a bug
TRIES = 3
READ_REGISTERS = (60, 68, 74, 80, 86, 87, 89, 99, 1001, 1004, 112, 1010)  # two requests

_STUFFED = frozenset((START_TO_METER, START_FROM_METER, STOP, ACK, STUFFING))
_LEAST = 4  # destination, command, CRC
_QUIET = frozenset((0, ACK))  # a head's start-up byte; an acknowledgement, which none of ours gets
_PATIENCE_S = 2.0
_GAP_S = 0.5
_LONGEST_S = 6.0  # 512 bytes take 4.7 s at 1200 Bd


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, its CRC checked and taken off. ``to_meter`` tells requests from answers."""

    to_meter: bool
    destination: int
    command: int
    data: bytes = b""

    @property
    def raw(self) -> bytes:
        """The frame as it is on the line."""
        body = bytes((self.destination, self.command)) + self.data
        body += crc_hqx(body, 0).to_bytes(2, "big")
        stuffed = bytearray((START_TO_METER if self.to_meter else START_FROM_METER,))
        for byte in body:
            stuffed += bytes((STUFFING, byte ^ 0xFF)) if byte in _STUFFED else bytes((byte,))
        return bytes(stuffed) + bytes((STOP,))


def get_type() -> bytes:
    """Return the request for the meter's type and software."""
    return Frame(to_meter=True, destination=HEAT_METER, command=GET_TYPE).raw


def get_serial_number() -> bytes:
    """Return the request for the meter's serial number."""
    return Frame(to_meter=True, destination=HEAT_METER, command=GET_SERIAL_NUMBER).raw


def get_register(numbers: Sequence[int]) -> bytes:
    """Return the request for one to eight registers.

    :raises ValueError: for none, more than eight, or a number that does not fit 16 bits.
    """
    if not 0 < len(numbers) <= MOST_REGISTERS:
        raise ValueError(f"a request asks for 1 to {MOST_REGISTERS} registers, not {len(numbers)}")
    if not all(0 <= number <= 0xFFFF for number in numbers):
        raise ValueError(f"a register is 0 to 65535: {numbers}")
    data = bytes((len(numbers),)) + b"".join(number.to_bytes(2, "big") for number in numbers)
    return Frame(to_meter=True, destination=HEAT_METER, command=GET_REGISTER, data=data).raw


class Receiver:
    """Cut a byte stream into frames of either direction.

    The result depends on the bytes only, never on how they were cut. A stretch of bytes that
    belongs to no frame gives one :exc:`FrameError` with the offset of its first byte, each false
    start one more. Start bytes are stuffed inside frames, so that no frame hides another.
    """

    def __init__(self) -> None:
        self._input: deque[int] = deque()
        self._offset = 0  # of the next byte of the input in the stream
        self._start: int | None = None  # the offset of the frame that is being read
        self._to_meter = False
        self._body = bytearray()
        self._escaped = False
        self._lost = False
        self._frames = Resuming(self._next)

    @property
    def pending(self) -> int:
        """Unstuffed bytes of a frame in part, and bytes that were not looked at."""
        return len(self._body) + len(self._input)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take ``data`` and return an iterator over the frames that are complete now.

        The iterator raises :exc:`FrameError` where bytes form no frame and may be used further.

        :raises BufferError: if more than 64 KiB were fed and never taken.
        """
        if len(self._input) + len(data) > MOST_PENDING:
            raise BufferError(f"more than {MOST_PENDING} bytes were fed and not taken")
        self._input += data
        return self._frames

    def idle(self) -> None:
        """Say that the line fell silent.

        :raises FrameError: if a frame was cut short by it.
        """
        if self._start is not None:
            self._reject("frame is cut short")

    def _next(self) -> Frame | None:
        while self._input:
            byte = self._input.popleft()
            self._offset += 1
            frame = self._take(byte)
            if frame is not None:
                self._lost = False
                return frame
        return None

    def _take(self, byte: int) -> Frame | None:
        if self._start is None:
            if not self._begins(byte) and byte not in _QUIET and not self._lost:
                self._lost = True
                raise FrameError(f"0x{byte:02X} starts no frame", offset=self._offset - 1)
            return None
        if byte in (START_TO_METER, START_FROM_METER):
            self._reject("another frame starts inside the frame", byte)
        if self._escaped:
            self._escaped = False
            if byte ^ 0xFF not in _STUFFED:
                self._reject(f"0x{byte:02X} is nothing that is stuffed, in the frame")
            self._body.append(byte ^ 0xFF)
        elif byte == STOP:
            return self._ended()
        elif byte == STUFFING:
            self._escaped = True
        else:
            self._body.append(byte)
        if len(self._body) > MOST_FRAME:
            self._reject(f"more than {MOST_FRAME} bytes in the frame")
        return None

    def _begins(self, byte: int) -> bool:
        if byte not in (START_TO_METER, START_FROM_METER):
            return False
        self._start = self._offset - 1
        self._to_meter = byte == START_TO_METER
        return True

    def _ended(self) -> Frame:
        body = bytes(self._body)
        if len(body) < _LEAST:
            self._reject(f"{len(body)} bytes are no frame")
        if crc_hqx(body, 0) != 0:
            self._reject("CRC does not match in the frame")
        self._end()
        return Frame(self._to_meter, body[0], body[1], body[2:-2])

    def _end(self) -> None:
        self._start = None
        self._body = bytearray()
        self._escaped = False

    def _reject(self, message: str, byte: int | None = None) -> NoReturn:
        """Give the frame up; ``byte`` may start the next one."""
        start = self._start or 0
        self._end()
        self._lost = True
        if byte is not None:
            self._begins(byte)
        raise FrameError(message, offset=start)


class KmpSession:
    """One readout: the serial number, then ``registers``, eight at a time, three tries each.

    :raises ValueError: if ``registers`` is empty or holds what is no register's number.
    """

    setting = SETTING

    def __init__(
        self, registers: Sequence[int] = READ_REGISTERS, *, patience_s: float = _PATIENCE_S
    ) -> None:
        groups = [
            registers[at : at + MOST_REGISTERS] for at in range(0, len(registers), MOST_REGISTERS)
        ]
        if not groups:
            raise ValueError("no register is asked for")
        self._requests = [get_serial_number(), *(get_register(group) for group in groups)]
        self._commands = [GET_SERIAL_NUMBER, *(GET_REGISTER for _ in groups)]
        self._patience_s = patience_s
        self._receiver = Receiver()
        self._answers: list[Frame] = []
        self._tries = 0
        self._damage: FrameError | None = None

    def step(self) -> Step | None:
        """Return what to do next, None once every request was answered.

        :raises NoAnswer: after three tries of one request.
        """
        if len(self._answers) == len(self._requests):
            return None
        if self._tries == TRIES:
            raise NoAnswer(
                "the meter does not answer",
                self._damage,
                hint="Den Lesekopf gerade auf die Markierung am Zähler setzen und eine Taste am "
                "Zähler drücken, damit er aufwacht; dann noch einmal auslösen.",
            )
        self._tries += 1
        request = self._requests[len(self._answers)]
        longest_s = self._patience_s + _LONGEST_S
        return Step(request, SETTING, self._patience_s, _GAP_S, longest_s)

    def feed(self, data: bytes) -> bool:
        """Take bytes from the line; True once the request's answer is there."""
        found = False
        for frame in accepted(self._receiver.feed(data), self._spoiled):
            if not found and self._answers_request(frame):
                found = True
                self._answers.append(frame)
                self._tries = 0
                self._damage = None
        return found

    def silence(self) -> None:
        """Say that nothing more comes: a frame in part is damage."""
        try:
            self._receiver.idle()
        except FrameError as error:
            self._damage = error

    def raw(self) -> bytes:
        """Return the bytes of every whole answer, in order."""
        return b"".join(answer.raw for answer in self._answers)

    def readout(self) -> Readout:
        """Decode what was read; only once :meth:`step` gave None.

        :raises DecodeError: if an answer does not hold what its command promises.
        """
        if len(self._answers) < len(self._requests):
            raise RuntimeError("not everything was read yet")
        return kmp_registers.decode(
            self._answers[0].data,
            [answer.data for answer in self._answers[1:]],
            raw=tuple(answer.raw for answer in self._answers),
        )

    def _spoiled(self, damage: FrameError) -> None:
        self._damage = damage

    def _answers_request(self, frame: Frame) -> bool:
        """Tell if this is no echo, nor the late answer to an earlier command."""
        return (
            not frame.to_meter
            and frame.destination == HEAT_METER
            and len(self._answers) < len(self._commands)
            and frame.command == self._commands[len(self._answers)]
        )

"""IEC 62056-21 mode B as Landis+Gyr Ultraheat T550 and UH50 speak it over their optical head.

The meter sleeps: 40 NUL characters at 300 Bd wake it, `/?!` asks, `/LUGCUH50` answers, and the
letter before the model says at which speed the data block follows by itself.

Every readout costs the meter about 30 minutes of the life of a battery that is sealed in and has
to last its calibration period. Hence nothing here reads or repeats by itself: a person triggers a
readout, and whatever reads automatically asks :func:`may_read`, which allows one a day.

Source: IEC 62056-21:2002, clauses 5 (characters), 6.3.1, 6.3.2, 6.3.14 (messages), 6.4.2 (mode B),
7 (syntax) and ISO 1155 (block check).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import reduce
from operator import xor
from types import MappingProxyType
from typing import NoReturn

from hardware.errors import FrameError, Unsupported
from hardware.optical import iec62056_data
from hardware.optical.session import LineSetting, NoAnswer, Readout, Step
from hardware.resume import Resuming, accepted

STX = 0x02
ETX = 0x03
WAKE_UP = bytes(40)
REQUEST = b"/?!\r\n"
REQUEST_SETTING = LineSetting(300, "E", 7)
MODE_B_BAUD = MappingProxyType({"A": 600, "B": 1200, "C": 2400, "D": 4800, "E": 9600, "F": 19200})

MOST_IDENTIFICATION = 40  # characters: `/XXXZ`, at most 16 of a model, CR LF, and some slack
MOST_BLOCK = 16_384  # bytes: an Ultraheat sends 1,100; 16 KiB take 68 s at 2400 Bd
MOST_PENDING = 65_536  # bytes fed and not taken: a caller that never takes events has a bug
# 30 minutes of battery a day are two per cent of its life. An hour less than a day: at the same
# time of day, also when the clocks go forward and after a readout that came late.
AUTOMATIC_INTERVAL = timedelta(hours=23)

_REACTION_S = 5.0  # 1.5 by the standard, 1.5 that an adapter still sends, and a slow one's slack
_GAP_S = 1.5  # between two characters, by the standard
_LONGEST_IDENTIFICATION_S = 12.0
_LONGEST_BLOCK_S = 90.0
_QUIET = frozenset(b"\0\r\n ")  # between messages; the head may echo our wake-up
_LF = 0x0A
_CR = 0x0D
_IDENTIFICATION = re.compile(r"/([A-Za-z]{3})([0-9A-Z])([^/!]{1,16})")


@dataclass(frozen=True, slots=True)
class Identification:
    """Who answers: three letters, the character that names the speed, and the model."""

    manufacturer: str
    baud_character: str
    model: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """A data block whose check character matched. ``raw`` is STX ... ETX BCC."""

    raw: bytes

    @property
    def text(self) -> bytes:
        """What stands between STX and ETX."""
        return self.raw[1:-2]


def block_check(data: bytes) -> int:
    """Return the check character over ``data``: all behind STX, up to and with ETX."""
    return reduce(xor, data, 0)


def encode_block(text: bytes) -> bytes:
    """Return the data block that holds ``text`` (7-bit characters)."""
    body = text + bytes((ETX,))
    return bytes((STX, *body, block_check(body)))


def may_read(last_read: datetime | None, now: datetime, *, automatic: bool) -> bool:
    """Tell if the meter may be read at ``now``, having been read at ``last_read`` (None: never).

    A person may always; an automatism once in 23 hours, and not while ``last_read`` lies in the
    future: who cannot tell how much time has passed spares the battery.

    :raises ValueError: if a time has no offset from UTC.
    """
    for moment in (now, last_read):
        if moment is not None and moment.utcoffset() is None:
            raise ValueError("the time has no offset from UTC")
    return not automatic or last_read is None or now - last_read >= AUTOMATIC_INTERVAL


class _State(Enum):
    BETWEEN = auto()
    IDENTIFICATION = auto()
    BLOCK = auto()
    CHECK = auto()


class Receiver:
    """Cut a byte stream into identifications and data blocks.

    The result depends on the bytes only, never on how they were cut. A stretch of bytes that
    belongs to no message gives one :exc:`FrameError` with the offset of its first byte, each false
    start one more. Our own request, which many heads echo, is passed over.
    """

    def __init__(self) -> None:
        self._input: deque[int] = deque()
        self._offset = 0  # of the next byte of the input in the stream
        self._state = _State.BETWEEN
        self._message = bytearray()
        self._start = 0
        self._lost = False  # inside bytes that were already reported
        self._events: Resuming[Identification | Block] = Resuming(self._next)

    @property
    def pending(self) -> int:
        """Bytes that wait for the rest of their message."""
        return len(self._message) + len(self._input)

    def feed(self, data: bytes) -> Iterator[Identification | Block]:
        """Take ``data`` and return an iterator over what is complete now.

        The iterator raises :exc:`FrameError` where bytes form no message and may be used further.

        :raises BufferError: if more than 64 KiB were fed and never taken.
        """
        if len(self._input) + len(data) > MOST_PENDING:
            raise BufferError(f"more than {MOST_PENDING} bytes were fed and not taken")
        self._input += data
        return self._events

    def idle(self) -> None:
        """Say that the line fell silent.

        :raises FrameError: if a message was cut short by it.
        """
        if self._state is not _State.BETWEEN:
            self._reject("message is cut short")

    def _next(self) -> Identification | Block | None:
        while self._input:
            byte = self._input.popleft()
            self._offset += 1
            event = self._take(byte)
            if event is not None:
                self._lost = False
                return event
        return None

    def _take(self, byte: int) -> Identification | Block | None:
        if self._state is _State.BETWEEN:
            if not self._begins(byte) and byte not in _QUIET and not self._lost:
                self._lost = True
                raise FrameError(f"0x{byte:02X} starts no message", offset=self._offset - 1)
            return None
        if self._state is _State.CHECK:
            return self._checked(byte)
        printable = 0x20 <= byte < 0x7F and (byte != ord("/") or self._state is _State.BLOCK)
        ends = byte == ETX and self._state is _State.BLOCK
        if not (printable or ends or byte in (_CR, _LF)):
            self._reject(f"0x{byte:02X} in the message that began", byte)
        self._message.append(byte)
        if ends:
            self._state = _State.CHECK
        elif self._state is _State.BLOCK:
            if len(self._message) > MOST_BLOCK:
                self._reject(f"more than {MOST_BLOCK} bytes in the block that began")
        elif byte == _LF:
            return self._identified()
        elif len(self._message) > MOST_IDENTIFICATION:
            self._reject(f"more than {MOST_IDENTIFICATION} bytes in the line that began")
        return None

    def _begins(self, byte: int) -> bool:
        if byte not in (STX, ord("/")):
            return False
        self._state = _State.BLOCK if byte == STX else _State.IDENTIFICATION
        self._start = self._offset - 1
        self._message = bytearray((byte,))
        return True

    def _identified(self) -> Identification | None:
        raw = bytes(self._message)
        line = raw.decode("ascii")
        found = _IDENTIFICATION.fullmatch(line.removesuffix("\r\n"))
        if found is None or "\r" in found[3]:
            if not re.fullmatch(r"/\?[^\r]*!\r\n", line):
                self._reject("no identification in the line that began")
            self._end()
            return None
        self._end()
        return Identification(found[1], found[2], found[3], raw)

    def _checked(self, byte: int) -> Block:
        wanted = block_check(bytes(self._message[1:]))
        if byte != wanted:
            self._reject(
                f"check character 0x{byte:02X} is not 0x{wanted:02X} in the block that began"
            )
        raw = bytes((*self._message, byte))
        self._end()
        return Block(raw)

    def _end(self) -> None:
        self._state = _State.BETWEEN
        self._message = bytearray()

    def _reject(self, message: str, byte: int | None = None) -> NoReturn:
        """Give the message up; ``byte`` may be the first of the next one."""
        start = self._start
        self._end()
        self._lost = True
        if byte is not None:
            self._begins(byte)
        raise FrameError(message, offset=start)


class Iec62056Session:
    """One readout: wake, ask once, change the speed, take the block. There is no second try.

    Costs the meter about 30 minutes of battery life, see the module.
    """

    setting = REQUEST_SETTING

    def __init__(self, *, patience_s: float = _REACTION_S) -> None:
        self._patience_s = patience_s
        self._receiver = Receiver()
        self._asked = False
        self._listened = False
        self._identification: Identification | None = None
        self._block: Block | None = None
        self._damage: FrameError | None = None

    def step(self) -> Step | None:
        """Return what to do next, None once the block is there.

        :raises NoAnswer: if no identification, or no whole block behind it, came.
        :raises Unsupported: if the meter answers in another mode than B.
        """
        if self._block is not None:
            return None
        if not self._asked:
            self._asked = True
            return Step(
                WAKE_UP + REQUEST,
                REQUEST_SETTING,
                self._patience_s,
                _GAP_S,
                self._patience_s + _LONGEST_IDENTIFICATION_S,
            )
        if self._identification is None:
            raise NoAnswer(
                "the meter does not identify itself",
                self._damage,
                hint="Den Lesekopf gerade auf die runde Fläche am Zähler setzen, das Kabel nach "
                "unten, und noch einmal auslösen. Jeder Versuch kostet etwas Batterie.",
            )
        if self._listened:
            raise NoAnswer(
                "the meter's data did not arrive whole",
                self._damage,
                hint="Den Lesekopf nicht bewegen, Sonne und Lampen abschirmen, noch einmal "
                "auslösen.",
            )
        self._listened = True
        baud = MODE_B_BAUD.get(self._identification.baud_character)
        if baud is None:
            raise Unsupported(
                f"the meter {self._identification.raw[1:-2].decode()} speaks another mode than B",
                offset=4,
            )
        setting = LineSetting(baud, "E", 7)
        return Step(b"", setting, self._patience_s, _GAP_S, self._patience_s + _LONGEST_BLOCK_S)

    def feed(self, data: bytes) -> bool:
        """Take bytes from the line; True once the step has what it waited for."""
        found = False
        for event in accepted(self._receiver.feed(data), self._spoiled):
            if isinstance(event, Identification):
                found = found or self._identification is None
                self._identification = self._identification or event
                self._damage = None
            elif self._identification is not None:
                found = True
                self._block = event
        return found

    def silence(self) -> None:
        """Say that nothing more comes: a message in part is damage."""
        try:
            self._receiver.idle()
        except FrameError as error:
            self._damage = error

    def raw(self) -> bytes:
        """Return the bytes of every whole answer, in order."""
        answers = (self._identification, self._block)
        return b"".join(answer.raw for answer in answers if answer is not None)

    def readout(self) -> Readout:
        """Decode what was read; only once :meth:`step` gave None.

        :raises DecodeError: if the block breaks the standard's syntax.
        """
        if self._identification is None or self._block is None:
            raise RuntimeError("nothing was read yet")
        return iec62056_data.decode(
            self._block.raw,
            manufacturer=self._identification.manufacturer.upper(),
            before=(self._identification.raw,),
        )

    def _spoiled(self, damage: FrameError) -> None:
        self._damage = damage

"""Asking one meter for its readings, without any I/O.

One :class:`PollSession` lives as long as its meter is configured; each round goes::

    session.begin()
    while (request := session.request()) is not None:
        line.discard()
        line.write(request)
        answer = None
        while answer is None and session.waiting:
            data = line.read(300, timeout_s)
            answer = session.feed(data) if data else session.silence()  # may raise NoAnswer
        if answer is not None:
            store(answer.raw)  # durable before the meter may forget it
            session.committed(more_follows=...)

A meter that is known by its secondary address is selected at the beginning of each round and then
asked at address 253; it begins at its first telegram, and what it sends must name it.

The frame count bit is what makes this safe: a meter repeats its telegram as long as it is asked
with the same bit, and drops it once the bit is toggled. Here the bit is toggled by
:meth:`PollSession.committed` and by nothing else.

Source: EN 13757-2, clauses 5.5 (link services, frame count bit) and 5.7.3.3 (three tries);
EN 13757-3, annex on multi-telegram answers (DIF 1F); EN 13757-7, clause 7 (selection).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto

from hardware.errors import FrameError, HardwareError
from hardware.mbus.frame import (
    ACD,
    ADDRESS_ANY,
    ADDRESS_LAST,
    ADDRESS_SELECTED,
    DFC,
    FCB,
    FCV,
    REQ_UD2,
    RSP_UD,
    SND_NKE,
    Frame,
    Receiver,
    encode_short,
)
from hardware.mbus.secondary import SecondaryAddress, address_of, select

TRIES = 3  # EN 13757-2: a request is repeated at most twice
MOST_TELEGRAMS = 16  # of one round; real meters send up to five, an endless one must not block

_LINK_BITS = ACD | DFC  # a slave may set them in any answer


class NoAnswer(HardwareError, TimeoutError):
    """The meter gave no valid answer to three requests.

    ``damage`` is what was wrong with the bytes that came instead, None if the line was silent.
    """

    def __init__(self, address: int | str, damage: HardwareError | None) -> None:
        if damage is None:
            message = f"the meter at address {address} does not answer"
            hint = "Adresse des Zählers, Busleitung und Netzteil des Pegelwandlers prüfen."
        elif isinstance(damage, WrongMeter):
            message = f"another meter answers at address {address}: {damage}"
            hint = "Adresse in hub.toml prüfen; `dorfhub meter scan` zeigt, wer am Bus ist."
        else:
            message = f"the meter at address {address} answers with damaged frames"
            hint = (
                "Baudrate und Parität prüfen. Auch zwei Zähler mit derselben Adresse, eine lose "
                "Ader oder ein überlasteter Pegelwandler sehen so aus."
            )
        super().__init__(message, hint=hint)
        self.address = address
        self.damage = damage


class WrongMeter(HardwareError):
    """A whole telegram came, but of somebody who was not asked."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One telegram. ``raw`` is the whole long frame as it was on the line."""

    raw: bytes
    frame: Frame


class _State(Enum):
    IDLE = auto()  # no round is on
    RESET = auto()  # SND_NKE, or a selection, is to be sent or repeated
    ASK = auto()  # REQ_UD2 is to be sent or repeated
    ANSWERED = auto()  # a telegram was handed out and is not committed


class PollSession:
    """What is known of one meter's link.

    ``address`` is 0 to 250, 253 or 254, or a secondary address, of which parts may be open.

    :raises ValueError: if nobody can answer at ``address``.
    """

    def __init__(self, address: int | SecondaryAddress) -> None:
        self._secondary: SecondaryAddress | None = None
        if isinstance(address, SecondaryAddress):
            self._secondary, address = address, ADDRESS_SELECTED
        if not (0 <= address <= ADDRESS_LAST or address in (ADDRESS_SELECTED, ADDRESS_ANY)):
            raise ValueError(f"no meter answers at address {address}")
        self.address = address
        self._receiver = Receiver()
        self._state = _State.IDLE
        self._linked = False  # the meter's frame count bit is known
        self._count_bit = FCB
        self._tries = 0
        self._telegrams = 0  # in this round
        self._reset_in_round = False
        self._unsettled = True  # a telegram may have been taken without the meter being told
        self._may_repeat = True  # as it was when the round began
        self._waiting = False
        self._request = b""
        self._damage: HardwareError | None = None  # in this request's tries
        self._spoiled = False  # in this try
        self._nothing_there = False  # an E5 came in this try

    @property
    def waiting(self) -> bool:
        """True from a request until its answer, its acknowledgement or silence."""
        return self._waiting

    @property
    def fresh(self) -> bool:
        """True if the telegram at hand may be one that was taken already.

        It is the first since the link was reset, and the last telegrams before (or those of an
        earlier process) were not committed to the end. The same bytes after a round that was
        are a meter that stands still.
        """
        return self._may_repeat and self._reset_in_round and self._telegrams == 1

    def begin(self) -> None:
        """Start a round. An uncommitted telegram of the last one is asked for again."""
        self._telegrams = 0
        self._reset_in_round = False
        self._may_repeat = self._unsettled
        self._waiting = False
        # somebody else may have been selected since
        again = self._secondary is None and self._linked
        self._enter(_State.ASK if again else _State.RESET)

    def request(self) -> bytes | None:
        """Return the frame to send now, None once the round is over.

        What arrived before and was not fed belongs to an earlier question: discard it.

        :raises RuntimeError: if a telegram was handed out and :meth:`committed` was not called.
        """
        if self._state is _State.IDLE:
            return None
        if self._state is _State.ANSWERED:
            raise RuntimeError("the telegram was not committed; begin() gives it up")
        if self._state is not _State.RESET:
            self._request = encode_short(REQ_UD2 & ~FCB | FCV | self._count_bit, self.address)
        elif self._secondary is not None:
            self._request = select(self._secondary)
        else:
            self._request = encode_short(SND_NKE, self.address)
        self._tries += 1
        self._receiver.discard()
        self._spoiled = self._nothing_there = False
        self._waiting = True
        return self._request

    def feed(self, data: bytes) -> Answer | None:
        """Take bytes from the line; return the telegram they complete, if they do."""
        if not self._waiting:
            return None
        self._receiver.feed(data)
        return self._take(silent=False)

    def silence(self) -> Answer | None:
        """Say that nothing more comes. Returns a telegram that stood behind a false start.

        :raises NoAnswer: if this was the third try; the round is over.
        """
        if not self._waiting:
            return None
        answer = self._take(silent=True)
        if answer is not None or not self._waiting:
            return answer
        self._waiting = False
        if self._tries < TRIES:
            return None
        self._state = _State.IDLE
        self._linked = False  # whatever the meter remembers, the next round sets it anew
        raise NoAnswer(self._secondary.text if self._secondary else self.address, self._damage)

    def committed(self, *, more_follows: bool) -> None:
        """Say that the telegram at hand is stored for good: the meter may drop it.

        ``more_follows`` is what the telegram says of itself; the round then goes on.

        :raises RuntimeError: if no telegram is at hand.
        """
        if self._state is not _State.ANSWERED:
            raise RuntimeError("there is no telegram to commit")
        self._count_bit ^= FCB
        self._unsettled = more_follows
        if not more_follows:
            self._enter(_State.IDLE)
        elif self._telegrams < MOST_TELEGRAMS:
            self._enter(_State.ASK)
        else:
            self._linked = False  # the next round starts at the meter's first telegram
            self._enter(_State.IDLE)

    def _enter(self, state: _State) -> None:
        self._state = state
        self._tries = 0
        self._damage = None

    def _take(self, *, silent: bool) -> Answer | None:
        """Go through the frames that are complete until one answers the request."""
        frames = self._receiver.idle() if silent else self._receiver.feed(b"")
        while self._waiting:
            try:
                frame = next(frames, None)
            except FrameError as error:
                self._spoil(error)
                continue
            if frame is None:
                break
            if frame.is_ack:
                self._acknowledged()
            elif (answer := self._answered(frame)) is not None:
                return answer
        if silent and self._waiting and self._nothing_there and not self._spoiled:
            self._nothing_more()
        return None

    def _acknowledged(self) -> None:
        """Take an E5; damaged frames are full of them, so only a clean one counts."""
        if self._spoiled:
            return
        if self._state is _State.RESET:
            self._waiting = False
            self._linked = True
            self._count_bit = FCB
            self._reset_in_round = True
            self._enter(_State.ASK)
        else:
            self._nothing_there = True  # if silence follows

    def _nothing_more(self) -> None:
        """Start from the meter's first telegram: it has none for this frame count bit.

        The bit is not toggled: a stray E5 must never count as a telegram that was taken.
        """
        self._waiting = False
        self._linked = False
        again = self._telegrams == 0 and not self._reset_in_round
        self._enter(_State.RESET if again else _State.IDLE)

    def _spoil(self, damage: HardwareError) -> None:
        self._damage = damage
        self._spoiled = True

    def _answered(self, frame: Frame) -> Answer | None:
        raw = frame.raw
        if raw == self._request:
            return None  # the echo of a level converter or an optical head
        if self._state is _State.RESET or frame.control_information is None:
            self._spoil(HardwareError("a frame came that answers nothing"))
            return None
        control = frame.control or 0
        if control & ~_LINK_BITS != RSP_UD:
            self._spoil(HardwareError(f"control field 0x{control:02X} is no answer"))
            return None
        if self.address <= ADDRESS_LAST and frame.address != self.address:
            self._spoil(HardwareError(f"address {frame.address} answered instead"))
            return None
        if self._secondary is not None and not _names(frame, self._secondary):
            self._spoil(WrongMeter(f"{_name(frame)} was not selected"))
            return None
        self._waiting = False
        self._unsettled = True
        self._telegrams += 1
        self._state = _State.ANSWERED
        return Answer(raw, frame)


def _names(frame: Frame, wanted: SecondaryAddress) -> bool:
    """Tell if a telegram may be of a meter that ``wanted`` selects; not every one says whose."""
    named = address_of(frame)
    if named is None:
        return True
    if not named.is_exact:  # the fixed structure names a number and no more
        return SecondaryAddress(wanted.digits).matches(named)
    return replace(wanted, fabrication=None).matches(named)


def _name(frame: Frame) -> str:
    named = address_of(frame)
    return named.text if named else "somebody"

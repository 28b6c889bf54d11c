"""Amber (Würth) AMB8465-M: the command interface of the module and its USB stick.

A message is ``FF``, command, length, payload, checksum (exclusive or of all bytes before it).
A telegram comes as a data indication: the stick has checked its CRCs and taken them out, and
the message's length stands in the place of the L field. If the signal strength is switched on,
it is one more byte of the payload, counted in the length: whether the last byte belongs to
the telegram cannot be seen from the message. Until a parameter that was read tells, telegrams
are counted as ``unsure`` and not passed on.

Built from the documents and the maker's own driver, without a stick at hand; what that leaves
open: the time a stick needs after a reset (1.5 s are waited), and the transparent output
(without ``FF``) in which a stick is delivered, which is not read: the set-up switches it off.
The parameters that stand in the flash are written only where they differ.

Source: AMBER wireless, Manual AMB8426-M/8626-M 2.4, chapter 7 (commands, checksum, signal
strength), whose interface the AMB8465-M shares; the numbers of its manual 2.7 (commands,
modes, parameters 0x05 and 0x45) as public drivers quote them; Würth Elektronik, Wireless
Connectivity SDK, Metis driver (signal strength counted in the length).
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from types import MappingProxyType

from hardware.errors import DeviceRefused
from hardware.receiver.base import (
    SHORTEST_TELEGRAM,
    Answer,
    Command,
    Damage,
    Heard,
    LinkMode,
    Setup,
)
from hardware.receiver.binary import BinaryFraming

STX = 0xFF
DATA_HEARD = 0x03
SET_MODE = 0x04
RESET = 0x05
SET = 0x09
GET = 0x0A
CONFIRMED = 0x80  # is set in the answer to a command

COMMAND_OUTPUT = 0x05  # position of the parameter: telegrams come as messages
RSSI_ATTACHED = 0x45  # position of the parameter: signal strength behind the telegram

RESET_PAUSE_S = 1.5  # the maker's driver waits one second for the module to start

_HEAD = 3  # bytes: start, command, length
_OVERHEAD = 4  # the checksum too
_WANTED = (COMMAND_OUTPUT, RSSI_ATTACHED)
_COMMANDS = (
    0x00,
    0x02,
    SET_MODE,
    RESET,
    0x06,
    SET,
    GET,
    0x0B,
    0x0C,
    0x0D,
    0x10,
    0x11,
    0x30,
    0x31,
    0x50,
    0x51,
    0x52,
)
_MESSAGES = frozenset((DATA_HEARD, *(command | CONFIRMED for command in _COMMANDS)))
_ON = 1
# S2, T2 and C2 "other", the collector's side, hear S1, T1 and C1; 9 hears C and T
_LINK_MODES: Mapping[LinkMode, int] = MappingProxyType(
    {LinkMode.S1: 0x03, LinkMode.T1: 0x08, LinkMode.C1_T1: 0x09, LinkMode.C1: 0x0E}
)


class Amb8465(BinaryFraming):
    """The stick's side of its line, 9,600 Bd 8N1.

    ``rssi`` tells if the signal strength is attached; None if that is to be learnt from the
    stick's answers.
    """

    kind = "amb8465"
    serial_options = "baud=9600&parity=N"
    modes = frozenset(_LINK_MODES)
    START = STX

    def __init__(self, *, rssi: bool | None = None) -> None:
        super().__init__()
        self._rssi = rssi

    def configure(self, mode: LinkMode) -> Setup:
        """Return the commands that make the stick listen to ``mode`` until it is reset.

        :raises DeviceRefused: from the generator, if a command fails or a parameter stays.
        """
        return _setup(mode)

    def _size(self, head: bytearray) -> int | None:
        # FF is frequent inside telegrams and eight bits of checksum are few: be strict here
        if len(head) > 1 and head[1] not in _MESSAGES:
            return 0
        if len(head) < _HEAD:
            return None
        if head[1] == DATA_HEARD and head[2] < SHORTEST_TELEGRAM - 1:
            return 0
        return _OVERHEAD + head[2]

    def _intact(self, raw: bytes) -> bool:
        return _checksum(raw[:-1]) == raw[-1]

    def _take(self, raw: bytes) -> Heard | None:
        code, payload = raw[1], raw[_HEAD:-1]
        if code != DATA_HEARD:
            self._learn(code, payload)
            self._answers.append(Answer(code, payload))
            return None
        if self._rssi is None:
            self._damage[Damage.UNSURE] += 1
            return None
        rssi_dbm = None
        if self._rssi:
            payload, rssi_dbm = payload[:-1], _dbm(payload[-1])
        telegram = bytes((len(payload),)) + payload
        return Heard(telegram, "checked", rssi_dbm) if self._whole(telegram) else None

    def _learn(self, code: int, payload: bytes) -> None:
        """Note from an answer whether the signal strength is attached."""
        if code == SET | CONFIRMED:
            self._rssi = None  # what was set counts from the next reset on
        elif code == GET | CONFIRMED:
            value = _parameter(payload, RSSI_ATTACHED)
            if value is not None:
                self._rssi = bool(value)


def encode_message(command: int, payload: bytes = b"") -> bytes:
    """Return a message to the stick.

    :raises ValueError: if ``payload`` is longer than 255 bytes.
    """
    body = bytes((STX, command, len(payload))) + payload
    return body + bytes((_checksum(body),))


def _setup(mode: LinkMode) -> Setup:
    flash = {}
    for position in _WANTED:
        flash[position] = yield from _read(position)
    wrong = [position for position, value in flash.items() if value != _ON]
    for position in wrong:
        yield from _order(SET, bytes((position, 1, _ON)))
    if wrong:
        yield from _order(RESET, pause_s=RESET_PAUSE_S)
        for position in _WANTED:
            if (value := (yield from _read(position))) != _ON:
                raise DeviceRefused(
                    f"parameter {position:#04x} stays {value} though it was set to {_ON}",
                    hint="Den Stick abziehen, wieder einstecken und es noch einmal versuchen.",
                )
    yield from _order(SET_MODE, bytes((_LINK_MODES[mode],)))


def _read(position: int) -> Generator[Command, Answer, int | None]:
    answer = yield Command(
        encode_message(GET, bytes((position, 1))),
        lambda answer: answer.code == GET | CONFIRMED and answer.payload[:1] == bytes((position,)),
    )
    return _parameter(answer.payload, position)


def _order(command: int, payload: bytes = b"", *, pause_s: float = 0.0) -> Setup:
    answer = yield Command(
        encode_message(command, payload),
        lambda answer: answer.code == command | CONFIRMED,
        pause_s,
    )
    status = answer.payload
    if status != b"\x00":
        raise DeviceRefused(
            f"the stick answers command {command:#04x} with status {status.hex() or 'none'}",
            hint="Den Stick abziehen, wieder einstecken und es noch einmal versuchen.",
        )


def _parameter(payload: bytes, position: int) -> int | None:
    """Return one parameter out of the answer to a GET (first position, count, values)."""
    at = position - payload[0] + 2 if payload else 0
    return payload[at] if 2 <= at < len(payload) else None


def _checksum(data: bytes) -> int:
    checksum = 0
    for byte in data:
        checksum ^= byte
    return checksum


def _dbm(raw: int) -> float:
    return (raw - 256 if raw >= 128 else raw) / 2 - 74

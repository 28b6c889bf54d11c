"""IMST iM871A: the host controller interface of the module and its USB stick.

A message is ``A5``, control and endpoint in one byte, message id, length, payload, then what
the control bits announce: a time stamp (4 bytes), a signal strength (1 byte) and a frame
check (2 bytes). The stick checks the telegram's CRCs, takes them out and hands it over without
its L field, which the message's own length replaces.

Built from the documents, without a stick at hand; checked against answers to a ping and to a
configuration that users of such sticks published. What that leaves open:

- The stick's own time is not used: its clock runs from power-on unless set, and it is
  switched off here. A time stamp that comes all the same is skipped.
- The signal strength follows the curve of the radio chip's data sheet as a straight line,
  good to some dB; above -20 dBm, where the curve bends, it is only "near".
- ``C1`` alone sets the mode for frame format A, as other hosts do; ``C1+T1`` hears both.
- A message without frame check is accepted, since the check can be switched off in the
  stick, but its telegram counts as ``stripped``: nothing proves that it came over whole.

The iM170A (169 MHz) speaks the same wire but other modes and is refused; the newer iU891A wraps
its messages in SLIP and is not this receiver.

Source: IMST, Wireless M-Bus Host Controller Interface, 4100/6404/0050, V1.6, "HCI Message
Format", "Device Configuration", "WM-Bus Message Reception", as far as it is public and as drivers
written after it show it (the values of the link modes, the combined one of V1.7);
iM871A User Manual, 4100/6404/0048, 3.2; Silicon Labs Si1002 data sheet, RSSI against input power.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hardware.errors import DeviceRefused
from hardware.receiver.base import (
    Answer,
    Command,
    Heard,
    LinkMode,
    Setup,
)
from hardware.receiver.binary import BinaryFraming
from hardware.receiver.crc import frame_check

SOF = 0xA5
DEVICE_MANAGEMENT = 1
RADIO_LINK = 2
RADIO_LINK_TEST = 3
HARDWARE_TEST = 4

SET_CONFIG = 0x03  # of device management; an answer has the next number
GET_CONFIG = 0x05
GET_DEVICE_INFO = 0x0F
TELEGRAM_HEARD = 0x03  # of the radio link

MODULE_IM871A = 0x33
FIRST_FIRMWARE_WITH_C_AND_T = 0x14

_RESERVED = 0x10
_HAS_TIME = 0x20
_HAS_RSSI = 0x40
_HAS_CHECK = 0x80
_HEAD = 4  # bytes: start, control, message id, length
_LAST_MESSAGE: Mapping[int, int] = MappingProxyType(
    {DEVICE_MANAGEMENT: 0x27, RADIO_LINK: 0x05, RADIO_LINK_TEST: 0x07, HARDWARE_TEST: 0x02}
)

_LINK_MODES: Mapping[LinkMode, int] = MappingProxyType(
    {LinkMode.S1: 0, LinkMode.T1: 3, LinkMode.C1: 6, LinkMode.C1_T1: 10}
)
_IN_MEMORY = 0  # not in the flash: it wears out, and the hub sets the stick at every start
_OTHER = 0  # the device mode of whoever is no meter
# The fields of a configuration in the order of the bits that announce them, with their sizes.
_FIRST_GROUP = (
    ("device_mode", 1),
    ("link_mode", 1),
    ("c_field", 1),
    ("manufacturer", 2),
    ("device_id", 4),
    ("version", 1),
    ("device_type", 1),
    ("channel", 1),
)
_SECOND_GROUP = (
    ("power_level", 1),
    ("data_rate", 1),
    ("rx_window", 1),
    ("power_saving", 1),
    ("attach_rssi", 1),
    ("attach_time", 1),
    ("led_control", 1),
    ("rtc_control", 1),
)


class Im871a(BinaryFraming):
    """The stick's side of its line, 57,600 Bd 8N1."""

    kind = "im871a"
    serial_options = "baud=57600&parity=N"
    modes = frozenset(_LINK_MODES)
    START = SOF

    def configure(self, mode: LinkMode) -> Setup:
        """Return the commands that make the stick listen to ``mode`` until it loses power.

        :raises DeviceRefused: from the generator, if the stick is another one, has too old
            a firmware for ``C1+T1`` or does not keep what was set.
        """
        return _setup(mode)

    def _size(self, head: bytearray) -> int | None:
        if len(head) > 1 and (head[1] & _RESERVED or head[1] & 0x0F not in _LAST_MESSAGE):
            return 0
        if len(head) > 2 and not 0 < head[2] <= _LAST_MESSAGE[head[1] & 0x0F]:
            return 0
        if len(head) < _HEAD:
            return None
        control = head[1]
        return (
            _HEAD
            + head[3]
            + 4 * bool(control & _HAS_TIME)
            + bool(control & _HAS_RSSI)
            + 2 * bool(control & _HAS_CHECK)
        )

    def _intact(self, raw: bytes) -> bool:
        if not raw[1] & _HAS_CHECK:
            return True
        return frame_check(raw[1:-2]) == int.from_bytes(raw[-2:], "little")

    def _take(self, raw: bytes) -> Heard | None:
        control, message, length = raw[1:_HEAD]
        endpoint, payload = control & 0x0F, raw[_HEAD : _HEAD + length]
        if (endpoint, message) != (RADIO_LINK, TELEGRAM_HEARD):
            self._answers.append(Answer(endpoint << 8 | message, payload))
            return None
        telegram = bytes((length,)) + payload
        if not self._whole(telegram):
            return None
        rssi_dbm = None
        if control & _HAS_RSSI:
            rssi_dbm = _dbm(raw[_HEAD + length + 4 * bool(control & _HAS_TIME)])
        return Heard(telegram, "checked" if control & _HAS_CHECK else "stripped", rssi_dbm)


def encode_message(endpoint: int, message: int, payload: bytes = b"") -> bytes:
    """Return a message to the stick, with its frame check.

    :raises ValueError: if ``payload`` is longer than 255 bytes.
    """
    body = bytes((_HAS_CHECK | endpoint, message, len(payload))) + payload
    return bytes((SOF,)) + body + frame_check(body).to_bytes(2, "little")


def parse_config(payload: bytes) -> dict[str, int]:
    """Return the fields that a configuration announces, little endian numbers by name.

    :raises DeviceRefused: if it ends before its last field.
    """
    fields: dict[str, int] = {}
    at = 0
    for group in (_FIRST_GROUP, _SECOND_GROUP):
        flags = payload[at] if at < len(payload) else 0
        at += 1
        for bit, (name, size) in enumerate(group):
            if flags & 1 << bit:
                fields[name] = int.from_bytes(payload[at : at + size], "little")
                at += size
    if at > len(payload):
        raise DeviceRefused("the stick's configuration is cut short", offset=len(payload))
    return fields


def _setup(mode: LinkMode) -> Setup:
    info = yield _ask(GET_DEVICE_INFO)
    payload = info.payload
    if len(payload) < 3 or payload[0] != MODULE_IM871A:
        raise DeviceRefused(
            f"device information {payload.hex()!r} is not that of an iM871A",
            hint="Einen Stick iM871A anschließen oder einen anderen Empfänger einstellen.",
        )
    if mode is LinkMode.C1_T1 and payload[2] < FIRST_FIRMWARE_WITH_C_AND_T:
        raise DeviceRefused(
            f"firmware {payload[2]:02X} cannot hear C1 and T1 at once",
            hint="Die Firmware des Sticks erneuern oder nur T1 oder nur C1 einstellen.",
        )
    first = bytes((_bits(_FIRST_GROUP, "device_mode", "link_mode"), _OTHER, _LINK_MODES[mode]))
    second = bytes(
        (_bits(_SECOND_GROUP, "power_saving", "attach_rssi", "attach_time"), False, True, False)
    )
    yield _ask(SET_CONFIG, bytes((_IN_MEMORY,)) + first + second)
    kept = yield _ask(GET_CONFIG)
    config = parse_config(kept.payload)
    if config.get("link_mode") != _LINK_MODES[mode]:
        raise DeviceRefused(
            f"the stick keeps link mode {config.get('link_mode')} instead of {_LINK_MODES[mode]}",
            hint="Den Stick abziehen, wieder einstecken und es noch einmal versuchen.",
        )


def _ask(message: int, payload: bytes = b"") -> Command:
    code = DEVICE_MANAGEMENT << 8 | message + 1
    return Command(
        encode_message(DEVICE_MANAGEMENT, message, payload), lambda answer: answer.code == code
    )


def _bits(group: tuple[tuple[str, int], ...], *names: str) -> int:
    return sum(1 << bit for bit, (name, _) in enumerate(group) if name in names)


def _dbm(raw: int) -> float:
    return min(0.0, raw / 2 - 122.5)

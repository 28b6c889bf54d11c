"""BTHome, versions 1 and 2, plain and encrypted: Shelly BLU, b-parasite, custom firmware.

Source: BTHome format v1 and v2 (bthome.io): service data, encryption, packet id.
"""

from __future__ import annotations

import math
import struct
from datetime import UTC, datetime
from fractions import Fraction

from hardware.ble.advert import bthome_objects as objects
from hardware.ble.advert.advertisement import Advertisement
from hardware.ble.advert.sealed import CHECK_BYTES, open_checked
from hardware.ble.advert.sighting import Envelope, Findings, Sequence, Sighting
from hardware.ble.cursor import Cursor
from hardware.errors import DecodeError, KeyRequired, Unauthenticated, Unsupported
from hardware.reading import ButtonPress

FAMILY = "bthome"
V1_PLAIN, V1_SEALED, V2 = "181c", "181e", "fcd2"
NO_KEY = "Für diesen Sensor den Schlüssel (bindkey) eintragen; er steht in der App des Herstellers."
FORGED = (
    "Dieser Sensor verschlüsselt sonst. Ist das gewollt, den Schlüssel löschen; "
    "sonst sendet jemand unter falschem Namen."
)

_MODELS = (
    ("SBBT-EUEEFF", "shelly_blu_wall_switch_4"),
    ("SBBT-USEEFF", "shelly_blu_rc_button_4"),
    ("SBBT-004CEU", "shelly_blu_wall_switch_4"),
    ("SBBT-004CUS", "shelly_blu_rc_button_4"),
    ("SBBT", "shelly_blu_button"),
    ("SBDW", "shelly_blu_door_window"),
    ("SBMO", "shelly_blu_motion"),
    ("SBHT", "shelly_blu_ht"),
    ("SBTR", "shelly_blu_trv"),
    ("SBRC", "shelly_blu_remote"),
    ("prst", "b_parasite"),
    ("ATC", "xiaomi_custom_firmware"),
    ("asensor_", "april_brother_n07"),
)

_COUNTER_BYTES = 4
_V1_ASSOCIATED = b"\x11"
_V2_VERSION = 2
_ENCRYPTED, _TRIGGER_BASED = 0x01, 0x04
_MEASURING = frozenset({"xiaomi_custom_firmware", "b_parasite"})


def matches(advert: Advertisement) -> bool:
    """Tell whether the service data is BTHome's."""
    return any(uuid in advert.service_data for uuid in (V2, V1_PLAIN, V1_SEALED))


def decode(advert: Advertisement, key: bytes | None) -> Sighting:
    """Decode one advertisement.

    Flags: ``packet_id``, ``encrypted``, ``encryption_counter``, ``trigger_based``,
    ``firmware_version``, ``device_type_id``, each button's event and the states that are no
    record.

    :raises KeyRequired: if it is encrypted and there is no key.
    :raises Unauthenticated: if it is plain although there is a key.
    """
    if V2 in advert.service_data:
        return _decode_v2(advert, key)
    answer = Findings(_device(advert.local_name))
    if V1_SEALED in advert.service_data:
        data = advert.service_data[V1_SEALED]
        if not advert.mac:
            raise DecodeError("the address is needed to decrypt")
        nonce = advert.mac + bytes.fromhex("1e18")
        payload, sequence = _open(answer, data, nonce, key, _V1_ASSOCIATED)
    else:
        payload, sequence = _plain(advert.service_data[V1_PLAIN], key), None
    packet = _read_v1(answer, Cursor(payload))
    return _sighting(answer, sequence, packet)


def envelope(advert: Advertisement) -> Envelope | None:
    """Return what an encrypted message shows, None if it is not encrypted or cut.

    Version 2 says whether something happened. Version 1 does not: only sensors that are known by
    their name to measure are taken to do so.
    """
    if V2 in advert.service_data:
        data = advert.service_data[V2]
        information, sealed = int.from_bytes(data[:1], "little"), data[1:]
        if information >> 5 != _V2_VERSION or not information & _ENCRYPTED:
            return None
        tells_event = bool(information & _TRIGGER_BASED)
    else:
        data = sealed = advert.service_data.get(V1_SEALED, b"")
        tells_event = _device(advert.local_name) not in _MEASURING
    if len(sealed) <= _COUNTER_BYTES + CHECK_BYTES:
        return None
    return Envelope(data, tells_event)


def _decode_v2(advert: Advertisement, key: bytes | None) -> Sighting:
    cursor = Cursor(advert.service_data[V2])
    information = cursor.unsigned(1, "the device information")
    if information >> 5 != _V2_VERSION:
        raise Unsupported(f"BTHome version {information >> 5} is not known", offset=0)
    answer = Findings(_device(advert.local_name))
    answer.flag("trigger_based", bool(information & _TRIGGER_BASED))
    mac = cursor.take(6, "the address")[::-1] if information & 0x02 else advert.mac
    payload = cursor.rest()
    if information & _ENCRYPTED:
        if not mac:
            raise DecodeError("the address is needed to decrypt")
        nonce = mac + bytes.fromhex("d2fc") + bytes((information,))
        payload, sequence = _open(answer, payload, nonce, key, None)
    else:
        payload, sequence = _plain(payload, key), None
    return _sighting(answer, sequence, _read_v2(answer, Cursor(payload)))


def _open(
    answer: Findings, data: bytes, nonce: bytes, key: bytes | None, associated: bytes | None
) -> tuple[bytes, Sequence]:
    """Return the plain objects and the counter of an encrypted message."""
    if len(data) <= _COUNTER_BYTES + CHECK_BYTES:
        raise DecodeError("encrypted data is cut", offset=len(data))
    if key is None:
        raise KeyRequired("the data is encrypted and there is no key", hint=NO_KEY)
    counter = data[-_COUNTER_BYTES - CHECK_BYTES : -CHECK_BYTES]
    sealed = data[: -_COUNTER_BYTES - CHECK_BYTES] + data[-CHECK_BYTES:]
    payload = open_checked(key, nonce + counter, sealed, associated)
    number = int.from_bytes(counter, "little")
    answer.flag("encrypted", value=True)
    answer.flag("encryption_counter", number)
    return payload, Sequence(number, 32, authentic=True)


def _plain(payload: bytes, key: bytes | None) -> bytes:
    if key is not None:
        raise Unauthenticated("the data is plain although a key is known", hint=FORGED)
    return payload


def _sighting(answer: Findings, sequence: Sequence | None, packet: int | None) -> Sighting:
    if packet is not None:
        answer.flag("packet_id", packet)
        sequence = sequence or Sequence(packet, 8)
    answer.number_names()
    return answer.sighting(FAMILY, sequence)


def _read_v2(answer: Findings, cursor: Cursor) -> int | None:
    """Read objects to the end, or to the first whose id, hence whose length, is not known."""
    found = _Found(answer)
    while cursor.left:
        code = cursor.unsigned(1, "an object id")
        size = _size(code, cursor)
        if size is None:
            answer.flag("unknown_object", code)
            break
        found.add(code, cursor.take(size, f"object {code:#04x}"))
    return found.finish()


def _size(code: int, cursor: Cursor) -> int | None:
    if code in objects.NUMBERS:
        return objects.NUMBERS[code].size
    if code in objects.SIZES:
        return objects.SIZES[code]
    if code == objects.COMMAND:
        return 1 + (cursor.unsigned(1, "a length") & 0x1F)
    if code in (objects.TEXT, objects.RAW):
        return cursor.unsigned(1, "a length")
    return 1 if code in objects.BINARIES else None


def _read_v1(answer: Findings, cursor: Cursor) -> int | None:
    """Read objects that tell their own length and format; unknown ones are left out."""
    found = _Found(answer)
    while cursor.left:
        control = cursor.unsigned(1, "an object's control byte")
        size = control & 0x1F
        if size < 2:
            raise DecodeError("an object without a value", offset=cursor.offset - 1)
        code = cursor.unsigned(1, "an object id")
        data = cursor.take(size - 1, f"object {code:#04x}")
        kind = objects.VERSION_1_FORMATS.get(control >> 5)
        if kind == "float":
            found.real(code, data)
        else:
            found.add(code, data, signed=kind == "signed")
    return found.finish()


class _Found:
    """The objects of one message, put into an answer."""

    def __init__(self, answer: Findings) -> None:
        self._answer = answer
        self._buttons: list[int] = []
        self._packet: int | None = None

    def add(self, code: int, data: bytes, *, signed: bool | None = None) -> None:
        """Add an object; ``signed`` overrules the table. Unknown ones become a flag."""
        raw = int.from_bytes(data, "little")
        if len(data) != objects.SIZES.get(code, len(data)):
            raise DecodeError(f"object {code:#04x} of {len(data)} bytes")
        if code == objects.PACKET_ID:
            self._packet = raw
        elif code in objects.NUMBERS:
            number = objects.NUMBERS[code]
            if number.signed if signed is None else signed:
                raw = int.from_bytes(data, "little", signed=True)
            self._number(number, raw * number.step)
        elif code in objects.BINARIES:
            self._binary(objects.BINARIES[code], bool(raw))
        elif code == objects.BUTTON:
            self._buttons.append(raw)
        else:
            self._rare(code, raw, data)

    def real(self, code: int, data: bytes) -> None:
        """Add a number in IEEE 754, which version 1 allows."""
        form = {2: "<e", 4: "<f", 8: "<d"}.get(len(data))
        if form is None or code not in objects.NUMBERS:
            raise DecodeError(f"object {code:#04x} as a float of {len(data)} bytes")
        (value,) = struct.unpack(form, data)
        if not math.isfinite(value):
            raise DecodeError(f"object {code:#04x} is no number")
        number = objects.NUMBERS[code]
        self._number(number, Fraction(value) * number.step)

    def finish(self) -> int | None:
        """Add the buttons; return the packet id."""
        for place, raw in enumerate(self._buttons, 1):
            name = "button" if len(self._buttons) == 1 else f"button_{place}"
            code = ButtonPress.HOLD_PRESS if raw == objects.HOLD_BY_SHELLY else raw
            if code in set(ButtonPress):
                self._answer.press(ButtonPress(code), name)
            else:
                self._answer.flag(name, "none" if code == 0 else "reserved")
        return self._packet

    def _number(self, number: objects.Number, value: Fraction) -> None:
        if number.unit is not None:
            self._answer.other(number.name, value, number.unit)
        else:
            self._answer.bounded(number.quantity, value, name=number.name)

    def _binary(self, binary: objects.Binary, value: bool) -> None:  # noqa: FBT001  # a state
        if binary.quantity is None:
            self._answer.flag(binary.name, value)
        else:
            self._answer.state(binary.quantity, value is not binary.inverted, binary.name)

    def _rare(self, code: int, raw: int, data: bytes) -> None:
        answer = self._answer
        if code == objects.DIMMER:
            answer.flag("dimmer", objects.DIMMER_EVENTS.get(data[0], "none"))
            answer.flag("dimmer_steps", data[1])
        elif code == objects.COMMAND:
            answer.flag("command", objects.COMMANDS.get(data[0], "reserved"))
            answer.flag("command_arguments", data[1:].hex())
        elif code == objects.TIMESTAMP:
            answer.time(datetime.fromtimestamp(raw, UTC).strftime("%Y-%m-%dT%H:%M:%S"))
        elif code == objects.TEXT:
            answer.flag("text", data.decode("utf-8", "replace"))
        elif code == objects.RAW:
            answer.flag("raw", data.hex())
        elif code == objects.DEVICE_TYPE:
            answer.flag("device_type_id", raw)
        elif code in objects.FIRMWARE:
            answer.flag("firmware_version", ".".join(map(str, reversed(data))))
        else:
            answer.flag("unknown_object", code)


def _device(name: str) -> str:
    """Return the model a BTHome device names itself by, without its own address in it."""
    for prefix, model in _MODELS:
        if name.startswith(prefix):
            return model
    return "bthome"

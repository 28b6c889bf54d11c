"""The messages of the User Control Point (2A9F).

Source: Bluetooth User Data Service 1.1, User Control Point.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from hardware.ble.answer import Answer
from hardware.ble.cursor import Cursor
from hardware.ble.measurement import Measurement
from hardware.errors import DecodeError

MAX_CONSENT_CODE = 9999
_RESPONSE = 0x20


class Op(IntEnum):
    """What is asked of the device's list of users."""

    REGISTER = 1
    CONSENT = 2
    DELETE_DATA = 3
    LIST = 4
    DELETE_USER = 5


class Result(IntEnum):
    """What became of a request."""

    SUCCESS = 1
    OP_CODE_NOT_SUPPORTED = 2
    INVALID_PARAMETER = 3
    OPERATION_FAILED = 4
    NOT_AUTHORIZED = 5


_RESULTS = {result.value: result.name.lower() for result in Result}


@dataclass(frozen=True, slots=True)
class Answered:
    """An indication. ``parameter`` is what follows the result: a new user's index, say."""

    request: int
    result: int
    parameter: bytes = b""


def encode_register(consent_code: int) -> bytes:
    """Return the request for a new user who is to be asked for ``consent_code``.

    :raises ValueError: if the code is not in 0 to 9999.
    """
    return bytes((Op.REGISTER,)) + _code(consent_code)


def encode_consent(user_index: int, consent_code: int) -> bytes:
    """Return the request to act for a user. :raises ValueError: as above."""
    return bytes((Op.CONSENT, user_index)) + _code(consent_code)


def encode_delete_user_data() -> bytes:
    """Return the request to delete the user who consented, with all that is stored of them."""
    return bytes((Op.DELETE_DATA,))


def encode_answer(answer: Answered) -> bytes:
    """Return a device's answer."""
    return bytes((_RESPONSE, answer.request, answer.result)) + answer.parameter


def read_answer(value: bytes) -> Answered:
    """Read an indication.

    :raises DecodeError: on a request (no device indicates one), a value cut short, a success
        without what it must bring or with what it must not.
    """
    cursor = Cursor(value)
    op = cursor.unsigned(1, "the op code")
    if op != _RESPONSE:
        raise DecodeError(f"op code {op} is no answer of a device", offset=0)
    request = cursor.unsigned(1, "the request's op code")
    result = cursor.unsigned(1, "the response")
    if result == Result.SUCCESS and request == Op.REGISTER:
        parameter = cursor.take(1, "the user index")
    elif request in (Op.LIST, Op.DELETE_USER):
        parameter = cursor.rest()
    else:
        parameter = b""
    cursor.end()
    return Answered(request, result, parameter)


def decode_user_control(value: bytes) -> Measurement:
    """Decode an indication of the User Control Point (2A9F).

    Flags: ``request_op_code``, ``response``; ``user_index`` of a new user, else ``parameter``
    (hexadecimal) where there is one.
    """
    read = read_answer(value)
    answer = Answer("user_control_point")
    answer.flag("request_op_code", read.request)
    answer.choice("response", read.result, _RESULTS)
    if read.parameter and read.request == Op.REGISTER:
        answer.flag("user_index", read.parameter[0])
    elif read.parameter:
        answer.flag("parameter", read.parameter.hex())
    return answer.measurement()


def _code(consent_code: int) -> bytes:
    if not 0 <= consent_code <= MAX_CONSENT_CODE:
        raise ValueError(f"consent code {consent_code} is out of range")
    return consent_code.to_bytes(2, "little")

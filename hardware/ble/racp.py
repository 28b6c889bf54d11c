"""The messages of the Record Access Control Point (2A52).

Source: Bluetooth Glucose Service 1.0.1, 3.4; Continuous Glucose Monitoring Service 1.0.2, 3.6;
Pulse Oximeter Service 1.0.1, 3.4; GATT Specification Supplement, Record Access Control Point.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from hardware.ble.answer import Answer
from hardware.ble.cursor import Cursor
from hardware.ble.measurement import Measurement
from hardware.errors import DecodeError

COUNT_BYTES = (1, 2, 4)  # "field size defined by service"; all known ones say two


class Op(IntEnum):
    """What is asked or answered."""

    REPORT = 1
    DELETE = 2
    ABORT = 3
    COUNT = 4
    COUNT_RESPONSE = 5
    RESPONSE = 6
    COMBINED_REPORT = 7
    COMBINED_RESPONSE = 8


class Operator(IntEnum):
    """Which records."""

    NULL = 0
    ALL = 1
    AT_MOST = 2
    AT_LEAST = 3
    WITHIN = 4
    FIRST = 5
    LAST = 6


class Result(IntEnum):
    """What became of a request."""

    SUCCESS = 1
    OP_CODE_NOT_SUPPORTED = 2
    INVALID_OPERATOR = 3
    OPERATOR_NOT_SUPPORTED = 4
    INVALID_OPERAND = 5
    NO_RECORDS_FOUND = 6
    ABORT_UNSUCCESSFUL = 7
    PROCEDURE_NOT_COMPLETED = 8
    OPERAND_NOT_SUPPORTED = 9
    SERVER_BUSY = 10


_RESULTS = {result.value: result.name.lower() for result in Result}


@dataclass(frozen=True, slots=True)
class Answered:
    """An indication: either how many records (``count``), or the ``result`` of ``request``.

    ``result`` is a number: codes of a later version of the standard are not refused.
    """

    count: int | None = None
    request: int = 0
    result: int = 0


def encode_request(
    op: Op, operator: Operator = Operator.NULL, filter_type: int = 0, values: tuple[int, ...] = ()
) -> bytes:
    """Return what to write. ``values`` are the bounds of a filter, two bytes each."""
    operand = b"".join(value.to_bytes(2, "little") for value in values)
    if values:
        operand = bytes((filter_type,)) + operand
    return bytes((op, operator)) + operand


def encode_count(count: int, op: Op = Op.COUNT_RESPONSE) -> bytes:
    """Return a device's answer that it holds, or has sent, so many records."""
    return bytes((op, Operator.NULL)) + count.to_bytes(2, "little")


def encode_result(request: int, result: int) -> bytes:
    """Return a device's answer to a request."""
    return bytes((Op.RESPONSE, Operator.NULL, request, result))


def read_answer(value: bytes) -> Answered:
    """Read an indication.

    :raises DecodeError: on a request (no device indicates one), an operator other than null, a
        value cut short or too long.
    """
    cursor = Cursor(value)
    op = cursor.unsigned(1, "the op code")
    if op not in (Op.COUNT_RESPONSE, Op.RESPONSE, Op.COMBINED_RESPONSE):
        raise DecodeError(f"op code {op} is no answer of a device", offset=0)
    operator = cursor.unsigned(1, "the operator")
    if operator != Operator.NULL:
        raise DecodeError(f"operator {operator} in an answer", offset=1)
    if op != Op.RESPONSE:
        size = len(value) - cursor.offset
        if size not in COUNT_BYTES:
            raise DecodeError(f"a number of records in {size} bytes", offset=2)
        asked = Op.COUNT if op == Op.COUNT_RESPONSE else Op.COMBINED_REPORT
        return Answered(cursor.unsigned(size, "the number of records"), asked)
    request, result = cursor.unsigned(1, "the request"), cursor.unsigned(1, "the result")
    cursor.end()
    return Answered(None, request, result)


def decode_record_access(value: bytes) -> Measurement:
    """Decode an indication of the Record Access Control Point (2A52).

    Flags: ``number_of_records``, or ``request_op_code`` and ``response``.
    """
    read = read_answer(value)
    answer = Answer("record_access_control_point")
    answer.flag("request_op_code", int(read.request))
    if read.count is not None:
        answer.flag("number_of_records", read.count)
    else:
        answer.choice("response", read.result, _RESULTS)
    return answer.measurement()

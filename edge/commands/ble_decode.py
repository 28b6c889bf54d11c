"""`dorfhub ble decode`: characteristic values to JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO

import click

from hardware.ble import Measurement, short_uuid
from hardware.ble import decode as decode_value
from hardware.errors import DecodeError, Unsupported
from hardware.reading import Quantity, Record

# An attribute holds 512 bytes, an extended advertisement 1,650: as hex with names, well below.
MAX_LINE_BYTES = 65_536

_ADVERTISEMENT = {"local_name", "manufacturer_data", "service_data", "service_uuids"}


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.pass_context
def decode(ctx: click.Context, file: BinaryIO) -> None:
    """Decode characteristic values, one JSON object a line, to one JSON object a line.

    FILE holds lines of {"uuid": "2A35", "value": "HEX"}; without FILE, or with -, they are
    read from standard input. What cannot be decoded is answered with
    {"error": ..., "message": ...} in its place; advertisements are not decoded yet.
    docs/ble-values.md says which characteristics are known and what the answers mean.

    \b
    Example:
      $ echo '{"uuid": "2A19", "value": "57"}' | dorfhub ble decode
      {"device": "battery_level", "readings": [{"quantity": "battery_level", ...

    \b
    Exit codes:
      0  every line was decoded
      1  at least one line was answered with an error
      2  wrong usage, or FILE cannot be read
    """
    failed = False
    for line in _lines(file):
        answer = answer_line(line)
        failed |= "error" in answer
        click.echo(json.dumps(answer, ensure_ascii=False))
    ctx.exit(1 if failed else 0)


def answer_line(line: bytes) -> dict[str, object]:
    """Return what is printed for one line of input."""
    try:
        uuid, value = _parse(line)
    except DecodeError as error:
        return _error(error)
    try:
        return _success(decode_value(uuid, value))
    except DecodeError as error:
        return _error(error) | {"uuid": short_uuid(uuid)}


def _parse(line: bytes) -> tuple[str, bytes]:
    if len(line) > MAX_LINE_BYTES:
        raise DecodeError(f"line is longer than {MAX_LINE_BYTES} bytes")
    try:
        item = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"line is not JSON: {error}") from None
    if not isinstance(item, dict):
        raise DecodeError("line is not a JSON object")
    if "uuid" not in item and _ADVERTISEMENT & item.keys():
        raise Unsupported("no decoder for advertisements")
    uuid, value = item.get("uuid"), item.get("value")
    if not isinstance(uuid, str) or not isinstance(value, str):
        raise DecodeError('"uuid" and "value" must be there and be strings')
    try:
        return uuid, bytes.fromhex(value)
    except ValueError:
        raise DecodeError('"value" is not hexadecimal') from None


def _success(measurement: Measurement) -> dict[str, object]:
    return {
        "device": measurement.device,
        "readings": [_reading(record) for record in measurement.records],
        "flags": measurement.flags,
        "timestamp": measurement.timestamp,
    }


def _reading(record: Record) -> dict[str, object]:
    """Return a number as printed; one of no known quantity says its name."""
    answer: dict[str, object] = {
        "quantity": record.quantity.value,
        "value": record.value,
        "unit": record.unit.value,
    }
    return answer | {"name": record.name} if record.quantity is Quantity.OTHER else answer


def _error(error: DecodeError) -> dict[str, object]:
    answer: dict[str, object] = {"error": type(error).__name__, "message": str(error)}
    if error.offset is not None:
        answer["offset"] = error.offset
    return answer


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Give the lines that are not blank; of one that is too long, its beginning alone."""
    while line := file.readline(MAX_LINE_BYTES + 1):
        rest = line
        while len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
            rest = file.readline(MAX_LINE_BYTES + 1)
        if line.strip():
            yield line

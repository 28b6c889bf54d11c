"""`dorfhub ble decode`: characteristic values and advertisements to JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO

import click

from hardware.ble import Measurement, short_uuid
from hardware.ble import decode as decode_value
from hardware.ble.advert import Sighting
from hardware.ble.advert import decode as decode_advertisement
from hardware.ble.advert.payload import advertisement_of, hex_bytes
from hardware.errors import DecodeError, Unsupported
from hardware.reading import Quantity, Record

# An attribute holds 512 bytes, an extended advertisement 1,650: as hex with names, well below.
MAX_LINE_BYTES = 65_536

_LINE = (
    'In jede Zeile gehört ein JSON-Objekt, etwa {"uuid": "2A19", "value": "57"}: '
    "dorfhub ble decode --help"
)
_UNKNOWN = (
    "Das kann diese Fassung nicht lesen. Was sie kennt, steht in docs/ble-values.md und "
    "docs/ble-adverts.md."
)
_BROKEN = (
    "Der Wert bricht seine eigene Norm: noch einmal aufnehmen und ganz hineinkopieren. Bleibt es "
    "dabei, sendet das Gerät ihn so."
)
_ADVERTISEMENT = {"local_name", "manufacturer_data", "service_data", "service_uuids"}


@click.command()
@click.argument("file", metavar="[DATEI]", type=click.File("rb"), default="-")
@click.pass_context
def decode(ctx: click.Context, file: BinaryIO) -> None:
    """Lies, was Sensoren sagen: ein JSON-Objekt je Zeile hinein, eines je Zeile heraus.

    In DATEI steht je Zeile {"uuid": "2A35", "value": "HEX"} (der Wert eines Merkmals) oder
    {"local_name": "...", "manufacturer_data": {"76": "HEX"}, "service_data": {"fcd2": "HEX"},
    "service_uuids": ["fcd2"], "address": "AA:BB:CC:DD:EE:FF", "bindkey": "HEX"} (eine Meldung;
    was man nicht weiß, lässt man weg). Ohne DATEI, oder mit -, wird von der Eingabe gelesen. Was
    nicht lesbar ist, wird an seiner Stelle zu {"error": ..., "message": ..., "hint": ...}. Was der
    Hub kennt und was die Antworten bedeuten, sagen docs/ble-values.md und docs/ble-adverts.md.

    \b
    Beispiel:
      $ echo '{"uuid": "2A19", "value": "57"}' | dorfhub ble decode
      {"device": "battery_level", "readings": [{"quantity": "battery_level", ...

    \b
    Rückgabewerte (Exit codes):
      0  jede Zeile war lesbar
      1  mindestens eine Zeile nicht
      2  falscher Aufruf, oder DATEI ist nicht lesbar
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
        item = _parse(line)
    except DecodeError as error:
        return _error(error)
    if "uuid" not in item and _ADVERTISEMENT & item.keys():
        return _answer_advertisement(item)
    return _answer_value(item)


def _answer_value(item: dict[str, object]) -> dict[str, object]:
    uuid, value = item.get("uuid"), item.get("value")
    if not isinstance(uuid, str) or not isinstance(value, str):
        return _error(DecodeError('"uuid" and "value" must be there and be strings', hint=_LINE))
    try:
        return _success(decode_value(uuid, hex_bytes(value, "value")))
    except DecodeError as error:
        return _error(error) | {"uuid": short_uuid(uuid)}


def _answer_advertisement(item: dict[str, object]) -> dict[str, object]:
    address = item.get("address")
    who = {"address": address} if isinstance(address, str) and address else {}
    try:
        key = item.get("bindkey")
        sighting = decode_advertisement(
            advertisement_of(item), None if key in (None, "") else hex_bytes(key, "bindkey")
        )
    except DecodeError as error:
        return _error(error) | who
    return _sighted(sighting) | who


def _parse(line: bytes) -> dict[str, object]:
    if len(line) > MAX_LINE_BYTES:
        raise DecodeError(f"line is longer than {MAX_LINE_BYTES} bytes", hint=_LINE)
    try:
        item = json.loads(line)
        json.dumps(item, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # what is given back must be text
        raise DecodeError("line holds half a surrogate pair", hint=_LINE) from None
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"line is not JSON: {error}", hint=_LINE) from None
    if not isinstance(item, dict):
        raise DecodeError("line is not a JSON object", hint=_LINE)
    return item


def _sighted(sighting: Sighting) -> dict[str, object]:
    return _success(sighting.measurement) | {"family": sighting.family}


def _success(measurement: Measurement) -> dict[str, object]:
    return {
        "device": measurement.device,
        "readings": [_reading(record) for record in measurement.records],
        "flags": measurement.flags,
        "timestamp": measurement.timestamp,
    }


def _reading(record: Record) -> dict[str, object]:
    """Return a number as printed; one that has a name besides its quantity says it."""
    answer: dict[str, object] = {
        "quantity": record.quantity.value,
        "value": record.value,
        "unit": record.unit.value,
    }
    named = record.quantity is Quantity.OTHER or record.name not in ("", record.quantity.value)
    if record.mark:
        answer["mark"] = record.mark.value
    return answer | {"name": record.name} if named else answer


def _error(error: DecodeError) -> dict[str, object]:
    usual = _UNKNOWN if isinstance(error, Unsupported) else _BROKEN
    answer: dict[str, object] = {
        "error": type(error).__name__,
        "message": str(error),
        "hint": error.hint or usual,
    }
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

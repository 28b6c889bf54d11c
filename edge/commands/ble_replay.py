"""`dorfhub ble replay`: a recorded radio to JSON, decoded."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

import click

from edge.commands.ble_decode import answer_line
from hardware.errors import DecodeError
from hardware.hci.advertising import Report, content
from hardware.hci.btsnoop import Reader
from hardware.hci.listen import Garbled, Heard, Listener, Met, Passed

PIECE_BYTES = 1 << 16
MAX_REPEATS = 4096  # different advertisements told apart, before repeats are shown again


@click.command()
@click.argument("file", metavar="DATEI", type=click.File("rb"))
@click.option("--all", "repeats", is_flag=True, help="Auch jede Wiederholung einer Meldung zeigen.")
@click.option("--address", metavar="ADRESSE", help="Nur dieses Gerät.")
@click.pass_context
def replay(ctx: click.Context, file: BinaryIO, *, repeats: bool, address: str | None) -> None:
    """Lies eine Aufzeichnung des Funks: eine JSON-Zeile je Meldung und je Wert.

    DATEI ist, was der Hub mit [radio] record = "..." aufgezeichnet hat, oder was
    `sudo btmon -w DATEI` geschrieben hat (btsnoop; auch Wireshark liest beides). Jede
    Meldung und jeder Wert, den ein Gerät gesendet hat oder der ihm geschrieben wurde, geht
    durch dieselben Decoder wie im Betrieb; was sie sagen, steht unter "decoded". Zu einem Wert
    ohne "uuid" fehlt in der Aufzeichnung, zu welchem Merkmal er gehört.

    Die Aufzeichnung und diese Ausgabe enthalten Messwerte im Klartext.

    \b
    Beispiel:
      $ dorfhub ble replay funk.btsnoop
      {"at": "2026-11-23T15:00:00.125000Z", "event": "indication", "address": "F5:B1:...

    \b
    Rückgabewerte (Exit codes):
      0  gelesen
      1  keine Aufzeichnung, oder sie bricht mittendrin ab; das Gelesene ist ausgegeben
      2  falscher Aufruf
    """
    seen: Counter[tuple[str, bytes]] = Counter()
    failed = False
    for event in _events(file):
        if isinstance(event, DecodeError):
            click.echo(json.dumps(_error(event)))
            failed = True
            continue
        if isinstance(event, Heard) and not repeats:
            key = event.report.address, event.report.data
            seen[key] += 1
            if seen[key] > 1:
                continue
            if len(seen) > MAX_REPEATS:
                seen.clear()
        line = _line(event)
        if address is None or line.get("address") == address.upper():
            click.echo(json.dumps(line, ensure_ascii=False))
    ctx.exit(1 if failed else 0)


def _events(file: BinaryIO) -> Iterator[Heard | Passed | Garbled | DecodeError]:
    """Give every event; then the error, if the file is none or breaks off."""
    reader, listener = Reader(), Listener()
    any_bytes = False
    try:
        while data := file.read(PIECE_BYTES):
            any_bytes = True
            for packet in reader.feed(data):
                for event in listener.packet(packet):
                    if not isinstance(event, Met):
                        yield event
    except DecodeError as error:
        yield error
        return
    for event in listener.end():
        if not isinstance(event, Met):
            yield event
    if reader.unread or not any_bytes:
        yield DecodeError("the recording ends within a record")


def _line(event: Heard | Passed | Garbled) -> dict[str, object]:
    line: dict[str, object] = {"at": _time(event.at)}
    if isinstance(event, Garbled):
        return line | _error(event.error)
    if isinstance(event, Heard):
        return line | _heard(event.report)
    return line | _passed(event)


def _heard(report: Report) -> dict[str, object]:
    said = content(report.data)
    told: dict[str, object] = {
        "event": "advertisement",
        "address": report.address,
        "rssi": report.rssi_dbm,
        "local_name": said.name or "",
        "service_uuids": said.services,
        "service_data": {uuid.lower(): data.hex() for uuid, data in said.service_data.items()},
        "manufacturer_data": {str(c): data.hex() for c, data in said.manufacturer_data.items()},
    }
    if not report.complete:
        return told | {"event": "advertisement_part"}
    told["decoded"] = answer_line(json.dumps(told).encode())
    return told


def _passed(event: Passed) -> dict[str, object]:
    value = event.value
    told: dict[str, object] = {
        "event": value.how.value,
        "address": event.address,
        "handle": value.handle,
        "uuid": value.uuid,
        "value": value.value.hex(),
    }
    if value.uuid is not None:
        told["decoded"] = answer_line(json.dumps(told).encode())
    return told


def _error(error: DecodeError) -> dict[str, object]:
    answer: dict[str, object] = {"error": type(error).__name__, "message": str(error)}
    return answer | ({"hint": error.hint} if error.hint else {})


def _time(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")

"""`dorfhub meter decode`: telegrams to JSON, one object a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TextIO

import click

from hardware.errors import DecodeError, FrameError, KeyRequired, Unsupported
from hardware.mbus.header import Header
from hardware.mbus.telegram import Telegram, is_wireless, read_header
from hardware.mbus.telegram import decode as decode_telegram
from hardware.reading import Record
from hardware.wmbus import telegram as wireless
from hardware.wmbus.formats import FormatStore

# A line is one message: a meter that needs more than 32 telegrams of 261 bytes is a broken file.
LONGEST_LINE = 32 * (2 * 261 + 1) + 64

_KEY_BYTES = 16
_NO_KEY = "NOKEY"
_HEX_SIGN = re.compile(r"(?<![0-9A-Fa-f])0[xX]")
_AROUND_COMMA = re.compile(r"\s*,\s*")
_MOST_GROUP_DIGITS = 8  # a telegram written in groups of bytes; no whole one is as short
_EPILOG = """\b
Each line is HEX or HEX KEY_HEX (NOKEY for none), of a wired telegram (68 .. .. 68) or a
wireless one, with or without its checksums; telegrams that belong together are
separated by commas. Bytes may stand apart (68 1F 1F 68 ...) and begin with 0x.
Empty lines and lines that begin with # are skipped.

\b
Example:
  echo 681F1F680802727856341224400107550000000313153100DA023B13018B60043718021816 \\
    | dorfhub meter decode

\b
Exit code: 0 if every line was decoded, 1 if any line gave an error, 2 for wrong usage.
"""


@click.command(epilog=_EPILOG)
@click.argument("file", type=click.File("r", encoding="utf-8-sig", errors="replace"), default="-")
@click.pass_context
def decode(ctx: click.Context, file: TextIO) -> None:
    """Decode M-Bus telegrams from FILE (default: standard input) to JSON, one object a line.

    What cannot be decoded becomes {"error": ..., "message": ..., "hint": ...} with as much of
    the telegram's header as was read.
    """
    failed = False
    formats = FormatStore()
    for line in _lines(file):
        answer = answer_line(line, formats)
        failed = failed or "error" in answer
        click.echo(json.dumps(answer, ensure_ascii=False))
    if failed:
        ctx.exit(1)


def answer_line(line: str, formats: FormatStore | None = None) -> dict[str, object]:
    """Return the JSON object for one line, which is not empty and no comment.

    ``formats`` is what earlier lines taught of compact wireless telegrams, None for nothing.
    """
    messages: list[bytes] = []
    try:
        messages, key = _parse(line)
        if any(is_wireless(raw) for raw in messages):
            formats = FormatStore() if formats is None else formats
            return _message([wireless.decode(messages, key, formats)])
        return _message([_decode(raw, key) for raw in messages])
    except (FrameError, DecodeError) as error:
        return _error(error, _header(messages))


def _lines(file: TextIO) -> Iterator[str]:
    while line := file.readline(LONGEST_LINE):
        text = line.strip()
        while len(line) == LONGEST_LINE and not line.endswith("\n"):
            line = file.readline(LONGEST_LINE)  # the rest of a line that is too long
        if text and not text.startswith("#"):
            yield text


def _parse(line: str) -> tuple[list[bytes], bytes | None]:
    if len(line) >= LONGEST_LINE:
        raise FrameError(
            f"a line has at most {LONGEST_LINE} characters",
            offset=0,
            hint="Nur eine Nachricht in jede Zeile schreiben.",
        )
    words = _joined(_AROUND_COMMA.sub(",", _HEX_SIGN.sub("", line)).split())
    if len(words) > 2:
        raise FrameError(
            "a line is HEX or HEX KEY_HEX, with nothing behind it",
            offset=0,
            hint="Nur eine Nachricht in jede Zeile schreiben.",
        )
    return [_hex(part) for part in words[0].split(",")], _key(words[1]) if len(words) == 2 else None


def _joined(words: list[str]) -> list[str]:
    """Return ``words`` with a telegram that is written in groups of bytes made one word."""
    count = 0
    while count < len(words) and _is_group(words[count]):
        count += 1
    return ["".join(words[:count]), *words[count:]] if count > 1 else words


def _is_group(word: str) -> bool:
    return len(word) <= _MOST_GROUP_DIGITS and word.upper() != _NO_KEY


def _hex(digits: str) -> bytes:
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        raw = b""
    if not raw:
        raise FrameError(
            "the line holds no whole bytes of hex",
            offset=0,
            hint="Ein Telegramm besteht aus einer geraden Zahl der Zeichen 0-9 und A-F.",
        )
    return raw


def _key(digits: str) -> bytes | None:
    if digits.upper() == _NO_KEY:
        return None
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise DecodeError(
            "the key is not 32 hex digits", hint="Den Schlüssel ohne Leerzeichen übernehmen."
        )
    return key


def _decode(raw: bytes, key: bytes | None) -> Telegram:
    try:
        return decode_telegram(raw)
    except KeyRequired as error:
        if key is None:
            raise
        raise Unsupported(f"{error}, which wired telegrams are not decrypted from") from error


def _header(messages: list[bytes]) -> Header:
    """Return what can be said of who sent ``messages``, of which one cannot be decoded."""
    for raw in messages:
        header = wireless.read_header(raw) if is_wireless(raw) else read_header(raw)
        if header != Header():
            return header
    return Header()


def _message(telegrams: list[Telegram]) -> dict[str, object]:
    last = telegrams[-1]
    for telegram in telegrams:
        if telegram.device_id != last.device_id:
            raise DecodeError(
                f"telegrams of {telegram.device_id} and {last.device_id} are no one message",
                hint="Telegramme verschiedener Zähler in getrennte Zeilen schreiben.",
            )
    return {
        "manufacturer": last.manufacturer,
        "id": last.identification,
        "version": last.version,
        "medium": last.medium,
        "encryption": last.encryption,
        "status": last.status,
        "profile": None,
        "readings": [_reading(record) for telegram in telegrams for record in telegram.records],
    }


def _reading(record: Record) -> dict[str, object]:
    return {
        "quantity": record.quantity.value,
        "value": record.value,
        "unit": record.unit.value,
        "storage": record.register.storage,
        "tariff": record.register.tariff,
        "subunit": record.register.subunit,
        "function": record.register.function.value,
        "name": record.name,
    }


def _error(error: FrameError | DecodeError, header: Header) -> dict[str, object]:
    return {
        # one name for whatever is unknown here, however precisely it is told inside
        "error": "Unsupported" if isinstance(error, Unsupported) else type(error).__name__,
        "message": str(error),
        "hint": error.hint,
        "manufacturer": header.manufacturer,
        "id": header.identification,
        "version": header.version,
        "medium": header.medium,
    }

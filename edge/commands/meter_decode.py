"""`dorfhub meter decode`: telegrams to JSON, one object a line."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import click

from edge.commands.meter_explain import Explainer
from edge.commands.meter_json import error, message, message_text
from edge.profiles import ADVICE, hub_profiles, profiles_with
from hardware.errors import DecodeError, FrameError
from hardware.explain import Language
from hardware.profiles import (
    Interpreted,
    ProfileError,
    Registry,
    decode_message,
    header_of,
    shipped,
)
from hardware.wmbus.formats import FormatStore

# A line is one message: a meter that needs more than 32 telegrams of 261 bytes is a broken file.
LONGEST_LINE = 32 * (2 * 261 + 1) + 64

_KEY_BYTES = 16
_NO_KEY = "NOKEY"
_HEX_SIGN = re.compile(r"(?<![0-9A-Fa-f])0[xX]")
_AROUND_COMMA = re.compile(r"\s*,\s*")
_MOST_GROUP_DIGITS = 8  # a telegram written in groups of bytes; no whole one is as short
_LEAST_DIGITS, _MOST_DIGITS = 10, 2048  # of a line of one telegram: nearly every line there is
_KEY_DIGITS = (0, 2 * _KEY_BYTES)
_EPILOG = """\b
Jede Zeile ist HEX oder HEX SCHLÜSSEL_HEX (NOKEY: keiner), eines Telegramms mit Draht
(68 .. .. 68) oder über Funk, mit oder ohne Prüfsummen; zwischen Telegrammen, die
zusammengehören, stehen Kommas. Bytes dürfen getrennt stehen (68 1F 1F 68 ...) und mit
0x beginnen. Leere Zeilen und solche, die mit # beginnen, werden übergangen.

\b
Beispiel:
  echo 681F1F680802727856341224400107550000000313153100DA023B13018B60043718021816 \\
    | dorfhub meter decode

\b
"mark" sagt, was nicht wie ein normaler Wert zu nehmen ist: an einem Wert error_state oder
implausible, am ganzen Telegramm unauthenticated (Modus 7, und kein Prüfcode von mindestens
vier Bytes ließ sich prüfen: dass unterwegs nichts verändert wurde, beweist nichts).

\b
Mit --explain wird jedes Byte der Reihe nach erklärt und ein Profil für den Anfang
geschrieben. Eigene Profile: docs/new-meter.md.

\b
Rückgabewert (Exit code): 0 wenn jede Zeile lesbar war, 1 wenn eine nicht, 2 bei falschem Aufruf.
"""


@click.command(epilog=_EPILOG)
@click.argument(
    "file",
    metavar="[DATEI]",
    type=click.File("r", encoding="utf-8-sig", errors="replace"),
    default="-",
)
@click.option("--explain", is_flag=True, help="Jedes Byte erklären, für Menschen.")
@click.option("--json", "as_json", is_flag=True, help="Dasselbe als Liste, für Programme.")
@click.option("--toml", "as_toml", is_flag=True, help="Nur ein Profil für den Anfang.")
@click.option(
    "--profiles",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Eigene Profile (*.toml) vor denen des Programms; sonst die aus hub.toml.",
)
@click.option(
    "--language",
    type=click.Choice([language.name.lower() for language in Language]),
    default=Language.DE.name.lower(),
    show_default=True,
    help="Sprache der Erklärung.",
)
@click.pass_context
def decode(
    ctx: click.Context,
    file: TextIO,
    folder: Path | None,
    language: str,
    *,
    explain: bool,
    as_json: bool,
    as_toml: bool,
) -> None:
    """Mache aus M-Bus-Telegrammen in DATEI (sonst: Eingabe) JSON, ein Objekt je Zeile.

    Was nicht lesbar ist, wird {"error": ..., "message": ..., "hint": ...} mit so viel vom Kopf des
    Telegramms, wie zu lesen war.
    """
    how = "toml" if as_toml else "json" if as_json else "explain" if explain else None
    failed = False
    formats = FormatStore()
    try:
        registry = _hubs(ctx.obj) if folder is None else profiles_with(folder)
    except ProfileError as broken:
        raise click.ClickException(f"{broken}\n{ADVICE}") from broken
    out = sys.stdout
    waits = not file.seekable()  # somebody writes the next line only after reading this answer
    for line in _lines(file):
        if how is not None:
            explainer = Explainer(how, Language[language.upper()], registry)
            failed = not explainer.line(_parse, line, formats) or failed
            continue
        text, is_whole = answer_text(line, formats, registry)
        failed = failed or not is_whole
        out.write(f"{text}\n")
        if waits:
            out.flush()
    out.flush()
    if failed:
        ctx.exit(1)


def _hubs(config_path: Path | None) -> Registry:
    """Return the profiles that the hub uses, the program's where there is no hub.

    What is wrong with them is told on standard error, and the others are used.
    """
    from edge.config import ConfigError, load  # noqa: PLC0415 - most telegrams come without a hub

    if config_path is None or not config_path.exists():
        return shipped()
    try:
        registry, wrong = hub_profiles(load(config_path).hub.profiles)
    except ConfigError as error:
        click.echo(f"{error}", err=True)
        return shipped()
    for one in wrong:
        click.echo(f"{one}\n{ADVICE}", err=True)
    return registry


def answer_line(
    line: str, formats: FormatStore | None = None, registry: Registry | None = None
) -> dict[str, object]:
    """Return the JSON object for one line, which is not empty and no comment.

    ``formats`` is what earlier lines taught of compact wireless telegrams, None for nothing;
    ``registry`` holds the profiles, None for the program's own.
    """
    found = _read(line, formats, registry)
    return found if isinstance(found, dict) else message(found)


def answer_text(
    line: str, formats: FormatStore | None = None, registry: Registry | None = None
) -> tuple[str, bool]:
    """Return the text of :func:`answer_line`, and whether it is no error."""
    found = _read(line, formats, registry)
    if isinstance(found, dict):
        return json.dumps(found, ensure_ascii=False), False
    return message_text(found), True


def _read(
    line: str, formats: FormatStore | None, registry: Registry | None
) -> tuple[Interpreted, ...] | dict[str, object]:
    """Return what the telegrams of ``line`` mean, or the error."""
    messages: list[bytes] = []
    try:
        messages, key = _parse(line)
        formats = FormatStore() if formats is None else formats
        return decode_message(messages, key, formats, registry or shipped())
    except (FrameError, DecodeError) as found:
        return error(found, header_of(messages))


def _lines(file: TextIO) -> Iterator[str]:
    while line := file.readline(LONGEST_LINE):
        text = line.strip()
        while len(line) == LONGEST_LINE and not line.endswith("\n"):
            line = file.readline(LONGEST_LINE)  # the rest of a line that is too long
        if text and not text.startswith("#"):
            yield text


def _parse(line: str) -> tuple[list[bytes], bytes | None]:
    plain = _plain(line)
    if plain:
        return plain
    if len(line) >= LONGEST_LINE:
        raise FrameError(
            f"a line has at most {LONGEST_LINE} characters",
            offset=0,
            hint="Nur eine Nachricht in jede Zeile schreiben.",
        )
    words = _joined(_AROUND_COMMA.sub(",", _HEX_SIGN.sub("", line)).split()) or [""]
    if len(words) > 2:
        raise FrameError(
            "a line is HEX or HEX KEY_HEX, with nothing behind it",
            offset=0,
            hint="Nur eine Nachricht in jede Zeile schreiben.",
        )
    return [_hex(part) for part in words[0].split(",")], _key(words[1]) if len(words) == 2 else None


def _plain(line: str) -> tuple[list[bytes], bytes | None] | None:
    """Return what a line of one telegram and perhaps its key says, None if it is no such line."""
    digits, _, key = line.partition(" ")
    if not (_LEAST_DIGITS <= len(digits) <= _MOST_DIGITS and len(key) in _KEY_DIGITS):
        return None
    try:
        raw, opened = bytes.fromhex(digits), bytes.fromhex(key)
    except ValueError:
        return None
    # `fromhex` passes over whitespace: only what was digits alone has half as many bytes
    if 2 * len(raw) != len(digits) or 2 * len(opened) != len(key):
        return None
    return [raw], opened or None


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

"""Everything that can be said about a message: its bytes, its profile, its readings.

Any bytes are explained: what nothing here knows is said to be so, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hardware.errors import DecodeError, FrameError, KeyRequired, Unsupported
from hardware.explain.radio import radio
from hardware.explain.span import Text
from hardware.explain.verdict import Verdict, verdict
from hardware.explain.wired import wired
from hardware.mbus.header import Header
from hardware.mbus.telegram import Telegram, is_wireless
from hardware.mbus.telegram import decode as decode_wired
from hardware.mbus.telegram import read_header as read_wired_header
from hardware.profiles.interpret import Interpreted, interpret
from hardware.profiles.registry import Registry
from hardware.wmbus import telegram as wireless
from hardware.wmbus.formats import FormatStore
from hardware.wmbus.link import Checksums

Error = FrameError | DecodeError


@dataclass(frozen=True, slots=True)
class Explained:
    """One telegram: its texts, and what the decoder says if it refuses it."""

    texts: tuple[Text, ...]
    header: Header
    error: Error | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One message of one or more telegrams.

    ``meanings`` are what `decode` gives for it, empty where it gives ``error``.
    """

    telegrams: tuple[Explained, ...]
    verdict: Verdict
    meanings: tuple[Interpreted, ...]
    error: Error | None


def decode_message(
    messages: Sequence[bytes], key: bytes | None, formats: FormatStore, registry: Registry
) -> tuple[Interpreted, ...]:
    """Return what the telegrams of one meter mean.

    :raises FrameError: if one is no whole frame.
    :raises DecodeError: if one cannot be read, or they are of several meters.
    """
    if any(is_wireless(raw) for raw in messages):
        found = [wireless.decode(messages, key, formats, is_own=registry.is_own)]
    else:
        found = [_decode_wired(raw, key) for raw in messages]
    last = found[-1]
    for telegram in found:
        if telegram.device_id != last.device_id:
            raise DecodeError(
                f"telegrams of {telegram.device_id} and {last.device_id} are no one message",
                hint="Telegramme verschiedener Zähler in getrennte Zeilen schreiben.",
            )
    return tuple(interpret(telegram, registry) for telegram in found)


def header_of(messages: Sequence[bytes]) -> Header:
    """Return what can be said without a key of who sent ``messages``; never raises."""
    for raw in messages:
        header = wireless.read_header(raw) if is_wireless(raw) else read_wired_header(raw)
        if header != Header():
            return header
    return Header()


def explain(
    messages: Sequence[bytes], key: bytes | None, formats: FormatStore, registry: Registry
) -> Explanation:
    """Return all that can be said about ``messages``, which are not empty.

    ``formats`` learns as it does in decoding. Never raises for any bytes.
    """
    is_radio = any(is_wireless(raw) for raw in messages)
    meanings: tuple[Interpreted, ...] = ()
    error: Error | None = None
    try:
        meanings = decode_message(messages, key, formats, registry)
    except (FrameError, DecodeError) as found:
        error = found
    telegrams = []
    for raw in messages:
        problem = _problem(raw, key, formats, registry, is_radio=is_radio)
        header = wireless.read_header(raw) if is_radio else read_wired_header(raw)
        texts = (
            radio(raw, key, registry, formats, Checksums.UNKNOWN, problem)
            if is_radio
            else (wired(raw, registry, problem),)
        )
        telegrams.append(Explained(texts, header, problem))
    header = meanings[-1].telegram.header if meanings else header_of(messages)
    return Explanation(tuple(telegrams), verdict(header, registry), meanings, error)


def _problem(
    raw: bytes, key: bytes | None, formats: FormatStore, registry: Registry, *, is_radio: bool
) -> Error | None:
    """Return why one telegram is refused, None if it is not."""
    try:
        if is_radio:
            found = wireless.decode([raw], key, formats, is_own=registry.is_own)
        else:
            found = _decode_wired(raw, key)
        interpret(found, registry)
    except (FrameError, DecodeError) as error:
        return error
    return None


def _decode_wired(raw: bytes, key: bytes | None) -> Telegram:
    try:
        return decode_wired(raw)
    except KeyRequired as error:
        if key is None:
            raise
        raise Unsupported(f"{error}, which wired telegrams are not decrypted from") from error

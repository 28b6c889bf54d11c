"""Everything that can be said about a message: its bytes, its profile, its readings.

Any bytes are explained: what nothing here knows is said to be so, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hardware.errors import DecodeError, FrameError
from hardware.explain.radio import radio
from hardware.explain.span import Text
from hardware.explain.verdict import Verdict, verdict
from hardware.explain.wired import wired
from hardware.profiles.interpret import Interpreted
from hardware.profiles.message import decode_message, header_of, is_by_radio
from hardware.profiles.registry import Registry
from hardware.wmbus.formats import FormatStore

Error = FrameError | DecodeError


@dataclass(frozen=True, slots=True)
class Explained:
    """One telegram: its texts, and what the decoder says if it refuses it."""

    texts: tuple[Text, ...]
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


def explain(
    messages: Sequence[bytes], key: bytes | None, formats: FormatStore, registry: Registry
) -> Explanation:
    """Return all that can be said about ``messages``: at least one, none of them empty.

    ``formats`` learns as it does in decoding. Never raises for any bytes.
    """
    meanings, error = _decoded(messages, key, formats, registry)
    telegrams = tuple(_one(raw, key, formats, registry) for raw in messages)
    header = meanings[-1].telegram.header if meanings else header_of(messages)
    return Explanation(telegrams, verdict(header, registry), meanings, error)


def _one(raw: bytes, key: bytes | None, formats: FormatStore, registry: Registry) -> Explained:
    error = _decoded([raw], key, formats, registry)[1]
    if is_by_radio([raw]):
        texts = radio(raw, key, registry, formats, error)
    else:
        texts = (wired(raw, registry, error),)
    return Explained(texts, error)


def _decoded(
    messages: Sequence[bytes], key: bytes | None, formats: FormatStore, registry: Registry
) -> tuple[tuple[Interpreted, ...], Error | None]:
    try:
        return decode_message(messages, key, formats, registry), None
    except (FrameError, DecodeError) as error:
        return (), error

"""Everything that can be said about a message: its bytes, its profile, its readings.

Any bytes are explained: what nothing here knows is said to be so, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hardware.errors import DecodeError, FrameError
from hardware.explain.radio import joined, radio
from hardware.explain.span import Text
from hardware.explain.verdict import Verdict, verdict
from hardware.explain.wired import wired
from hardware.profiles.interpret import Interpreted
from hardware.profiles.message import decode_message, header_of, is_by_radio, opener
from hardware.profiles.registry import Registry
from hardware.wmbus import link
from hardware.wmbus.formats import FormatStore
from hardware.wmbus.fragments import Assembly, fragment_of
from hardware.wmbus.link import LinkFrame

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
    telegrams = [_one(raw, key, formats, registry) for raw in messages]
    for index, frame in _wholes(messages):
        texts = joined(frame, key, registry, formats, error)
        telegrams[index] = replace(telegrams[index], texts=telegrams[index].texts + texts)
    header = meanings[-1].telegram.header if meanings else header_of(messages)
    return Explanation(tuple(telegrams), verdict(header, registry), meanings, error)


def _one(raw: bytes, key: bytes | None, formats: FormatStore, registry: Registry) -> Explained:
    error = _decoded([raw], key, formats, registry)[1]
    if is_by_radio([raw]):
        texts = radio(raw, key, registry, formats, error)
    else:
        texts = wired(raw, registry, error, opener(key))
    return Explained(texts, error)


def _wholes(messages: Sequence[bytes]) -> Iterator[tuple[int, LinkFrame]]:
    """Yield the messages that stand in several telegrams, each with its last telegram's index."""
    assembly = Assembly()
    for index, raw in enumerate(messages):
        try:
            frame = link.parse(raw)
            whole = assembly.add(frame) if fragment_of(frame) else None
        except (FrameError, DecodeError):
            continue
        if whole is not None:
            yield index, whole


def _decoded(
    messages: Sequence[bytes], key: bytes | None, formats: FormatStore, registry: Registry
) -> tuple[tuple[Interpreted, ...], Error | None]:
    try:
        return decode_message(messages, key, formats, registry), None
    except (FrameError, DecodeError) as error:
        return (), error

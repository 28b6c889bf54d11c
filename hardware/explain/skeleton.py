"""A profile to begin with: what the telegram at hand says, as the TOML that a volunteer edits.

It never holds a key: what was encrypted is carried as the plain telegram that the key gave.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from hardware.errors import DecodeError, FrameError
from hardware.explain.context import amount
from hardware.explain.fields import medium_phrase
from hardware.explain.telegram import Explanation
from hardware.explain.words import say, visible
from hardware.mbus.header import Header
from hardware.profiles.interpret import Interpreted
from hardware.profiles.load import parse
from hardware.profiles.message import decode_message, is_by_radio
from hardware.profiles.model import Profile
from hardware.profiles.registry import Registry
from hardware.reading import Quantity, Record
from hardware.wmbus import layers, link
from hardware.wmbus.formats import FormatStore
from hardware.wmbus.layers import Body, Content
from hardware.wmbus.link import LINK_SIZE, LinkFrame
from hardware.wmbus.trace import trace

_STATUS_OWN = 0xE0
_MOST_BITS = 53  # of a number that a float holds exactly
_FILLERS = b"\x2f\x2f"


def skeleton(
    explanation: Explanation, messages: Sequence[bytes], key: bytes | None, registry: Registry
) -> str | None:
    """Return a whole profile that reads this message, None if there is none to be written."""
    if explanation.meanings:
        last = explanation.meanings[-1]
        header = last.telegram.header
        body = [
            *_records(explanation.meanings, explanation.verdict.profile, registry),
            *_status(last),
        ]
    else:
        content = _own_content(messages, key)
        if content is None:
            return None
        header, body = content.header, list(_layout(content))
    head = _head(header)
    if head is None:
        return None
    rules = "\n".join((*head, *body))
    return f"{rules}\n" + "".join(f"{line}\n" for line in _example(rules, messages, key, registry))


def _head(header: Header) -> list[str] | None:
    """Return what names the profile and its meters, None if the telegram does not tell."""
    letters, version, medium = header.manufacturer, header.version, header.medium_code
    if letters is None or version is None or medium is None:
        return None
    name = f"{letters.lower()}-{version:02x}-{medium:02x}"
    return [
        "# Was ein Eintrag bedeutet, sagt docs/new-meter.md.",
        f"profile = {_text(name)}",
        f"title = {{ de = {_text(f'Zähler {name}')}, en = {_text(f'Meter {name}')} }}",
        "",
        "[[match]]",
        f"manufacturer = {_text(letters)}",
        f'version = ["{version:02x}"]',
        f'medium = ["{medium:02x}"]  # {say(medium_phrase(medium))}',
        "",
    ]


def _own_content(messages: Sequence[bytes], key: bytes | None) -> Content | None:
    """Return what the manufacturer laid out in the one telegram, None if that is not so."""
    if len(messages) != 1 or not is_by_radio(messages):
        return None
    try:
        content = layers.unwrap(link.parse(messages[0]), key)
    except (FrameError, DecodeError):
        return None
    return content if content.body is Body.OWN and content.data else None


def _layout(content: Content) -> Iterator[str]:
    """Yield a layout that takes all own bytes for one field."""
    size = len(content.data)
    yield "# Ein Feld für alle Bytes: durch die wahren Felder ersetzen (at zählt ab 0)."
    yield "[[layout]]"
    yield f'ci = ["{content.ci:02x}"]'
    yield f"lengths = [{size}]"
    yield f'fields = [{{ name = "own_bytes", at = 0, size = {size}, coding = "hex" }}]'
    yield ""


def _records(
    meanings: Sequence[Interpreted], profile: Profile | None, registry: Registry
) -> Iterator[str]:
    """Yield a rule for each record, with the name that it has now."""
    medium = meanings[-1].telegram.header.medium_code
    yield "[records]"
    yield "# links der Name nach der Norm, rechts der, den die Messreihe tragen soll"
    bits: dict[str, Record] = {}
    names = dict.fromkeys(record.name for one in meanings for record in one.telegram.records)
    by_name = {record.name: record for one in meanings for record in one.telegram.records}
    for name in names:
        record = by_name[name]
        rule = registry.rule(profile, name, medium)
        if rule is not None and rule.ignore:
            yield f"{_key(name)} = {{ ignore = true }}"
        elif record.quantity is Quantity.ERROR_FLAGS:
            bits[name] = record
            usual = (rule.name if rule is not None else "") or name
            yield f"{_key(name)} = {{ name = {_text(usual)}, bits = {_text(name)} }}"
        else:
            usual = (rule.name if rule is not None else "") or name
            yield f"{_key(name)} = {_text(usual)}  # {_shown(record)}"
    yield ""
    for name, record in bits.items():
        yield f"# {name} ist jetzt {_shown(record)}: für jedes Bit ein Eintrag"
        for bit in _set_bits(record) or [0]:
            yield f"[[bits.{_key(name)}]]"
            yield from _row(bit, f"BIT_{bit}")


def _set_bits(record: Record) -> list[int]:
    number = 0 if isinstance(record.value, str) else int(record.value)
    return [bit for bit in range(_MOST_BITS) if number >> bit & 1]


def _row(bit: int, name: str) -> Iterator[str]:
    yield f"mask = 0x{1 << bit:02x}"
    yield f"name = {_text(name)}"
    yield f'de = "Bedeutung von Bit {bit}, aus der Anleitung des Zählers."'
    yield f'en = "Meaning of bit {bit}, from the meter\'s manual."'
    yield ""


def _status(meaning: Interpreted) -> Iterator[str]:
    """Yield a table for the bits of the status byte that are the manufacturer's and set now."""
    own = (meaning.telegram.header.status_byte or 0) & _STATUS_OWN
    for bit in (7, 6, 5):
        if own >> bit & 1:
            yield "[[status]]"
            yield from _row(bit, f"STATUS_BIT_{bit}")


def _example(
    rules: str, messages: Sequence[bytes], key: bytes | None, registry: Registry
) -> Iterator[str]:
    """Yield the message as the example of a profile of ``rules``, with what comes of it."""
    general = [
        profile
        for profile in registry.profiles.values()
        if all(match.manufacturer is None for match in profile.matches)
    ]
    own = Registry((parse(rules, "skeleton"), *general))
    try:
        shown = [_without_key(raw, key) for raw in messages] if is_by_radio(messages) else messages
        meanings = decode_message(shown, None, FormatStore(), own)
    except (FrameError, DecodeError):
        yield "# [[example]]: ein volles Telegramm des Zählers einsetzen; dieses ist allein nicht"
        yield "# lesbar (kurze Form, in Teilen, oder der Hersteller hat es selbst aufgebaut)."
        return
    yield "# Zählernummer und Werte stehen im Telegramm: vor dem Teilen den Besitzer fragen."
    yield "[[example]]"
    yield "telegrams = ["
    for raw in shown:
        yield f'  "{raw.hex().upper()}",'
    yield "]"
    yield ""
    yield "[example.readings]"
    for name, record in {record.name: record for one in meanings for record in one.records}.items():
        value = _text(record.value) if isinstance(record.value, str) else repr(record.value)
        yield f"{_key(name)} = {value}  # {record.unit.value}"


def _without_key(raw: bytes, key: bytes | None) -> bytes:
    """Return a telegram that needs no key: the plain one, if a key opened it."""
    frame = link.parse(raw)
    content = layers.unwrap(frame, key)
    start = content.offset - LINK_SIZE
    data = trace(frame, key).data
    head = data[:start]
    if content.body is Body.COMPACT and content.data != data[start:]:
        head = head[: -len(_FILLERS)] + _FILLERS  # they verified the decryption and were taken off
    payload = head + content.data
    if payload == frame.payload:
        return raw
    return LinkFrame(frame.control, frame.address, payload).raw


def _shown(record: Record) -> str:
    return visible(amount(record.value, record.unit))


def _key(name: str) -> str:
    is_bare = bool(name) and name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if is_bare else _text(name)


def _text(words: str) -> str:
    """Return a TOML basic string; JSON's escapes are among TOML's, DEL is not."""
    return json.dumps(words, ensure_ascii=False).replace("\x7f", "\\u007f")

r"""A consultation: what a village asks a practice, what comes back, and the bytes of both. Pure.

The bytes are ``DHFALL1\n``, ``u32`` length of a JSON object (UTF-8, no spaces, keys sorted), the
object, then the attachments' bytes one after the other. Integers are big-endian. The object has
``kind`` (``case``, ``answer``, ``receipt``), ``case`` (32 hex digits) and what its kind says below;
a reader refuses what it does not know.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from edge.care.case_errors import Damaged, TooLarge, Unfit

MAGIC = b"DHFALL1\n"
ID_BYTES = 16
MAX_QUESTION = 4000  # characters: two pages; what is longer nobody answers from
MAX_ABOUT = 200
MAX_NAME = 100
MAX_ANSWER = 8000
MAX_VALUES = 2000  # ten kinds, twice a day, a quarter of a year
MAX_FILES = 8
MAX_FILE = 6 << 20  # a clip of half a minute from a phone, made small
MAX_CASE = 12 << 20  # what a stick writes in seconds and a thin line carries in a night
_MAX_HEAD = 1 << 20
TYPES: Mapping[str, str] = {"image/jpeg": ".jpg", "video/mp4": ".mp4"}
_HEX = re.compile("[0-9a-f]{32}")
_DIGEST = re.compile("[0-9a-f]{64}")
_LENGTH = struct.Struct(">I")
_TIME_LIMIT = 1 << 53


@dataclass(frozen=True, slots=True)
class CaseValue:
    """One number that was chosen: when (ms since 1970, UTC), of which kind, how much of what."""

    at: int
    data_kind: str
    quantity: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture or a short clip. ``name`` is for people and no path."""

    name: str = field(repr=False)
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked. ``about`` is whom it is about, in the words of who asks.

    ``reply_to`` is the address (`edge.care.case_key.Address`, as text) that the answer is sealed
    to, ``village`` how the hub calls itself. The `repr` names nobody.
    """

    id: bytes
    at: int
    village: str
    about: str = field(repr=False)
    question: str = field(repr=False)
    reply_to: str
    values: Sequence[CaseValue] = field(default=(), repr=False)
    files: Sequence[Attachment] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a practice says to a case. ``id`` is the answer's own; the same again is the same."""

    case: bytes
    id: bytes
    at: int
    sender: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A practice has opened a case."""

    case: bytes
    at: int
    sender: str = field(repr=False)


Letter = Case | Answer | Receipt


def encode(letter: Letter) -> bytes:
    """Return the bytes that :func:`decode` gives back as ``letter``.

    :raises TooLarge: if it is more than a reader takes.
    :raises Unfit: if a reader would refuse it otherwise.
    """
    head, files = _head(letter)
    if len(files) > MAX_FILES or any(len(one.data) > MAX_FILE for one in files):
        raise TooLarge("more or larger attachments than a case may have")
    raw = json.dumps(
        head, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()
    data = b"".join((MAGIC, _LENGTH.pack(len(raw)), raw, *(one.data for one in files)))
    if len(data) > MAX_CASE or len(raw) > _MAX_HEAD:
        raise TooLarge(f"a case of {len(data)} bytes; at most {MAX_CASE} are taken")
    try:
        decode(data)
    except Damaged as error:
        raise Unfit(str(error), hint="Das lässt sich so nicht verschicken.") from error
    return data


def decode(data: bytes) -> Letter:
    """Return what :func:`encode` wrote.

    :raises Damaged: whatever else the bytes are.
    """
    if len(data) > MAX_CASE:
        raise Damaged(f"{len(data)} bytes; at most {MAX_CASE} are read")
    start = len(MAGIC) + _LENGTH.size
    if data[: len(MAGIC)] != MAGIC or len(data) < start:
        raise Damaged("no case of a version that this program knows")
    (size,) = _LENGTH.unpack(data[len(MAGIC) : start])
    if size > _MAX_HEAD or start + size > len(data):
        raise Damaged("a case that ends too early")
    try:
        head = json.loads(data[start : start + size].decode(), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Damaged("the head of a case is no JSON") from error
    fields = _Fields(head)
    rest = data[start + size :]
    kind = fields.text("kind", 10)
    case = fields.identity("case")
    letter: Letter
    if kind == "case":
        letter = _case(fields, case, rest)
    elif rest:
        raise Damaged("bytes behind the end")
    elif kind == "answer":
        letter = Answer(
            case,
            fields.identity("answer"),
            fields.time("at"),
            fields.text("from", MAX_NAME),
            fields.text("text", MAX_ANSWER, least=1),
        )
    elif kind == "receipt":
        letter = Receipt(case, fields.time("at"), fields.text("from", MAX_NAME))
    else:
        raise Damaged("a kind of letter that this program does not know")
    fields.done()
    return letter


def _head(letter: Letter) -> tuple[dict[str, object], Sequence[Attachment]]:
    if isinstance(letter, Case):
        return {
            "kind": "case",
            "case": letter.id.hex(),
            "at": letter.at,
            "village": letter.village,
            "about": letter.about,
            "question": letter.question,
            "reply_to": letter.reply_to,
            "values": [
                [one.at, one.data_kind, one.quantity, one.value, one.unit] for one in letter.values
            ],
            "files": [
                [one.name, one.media_type, len(one.data), hashlib.sha256(one.data).hexdigest()]
                for one in letter.files
            ],
        }, letter.files
    common: dict[str, object] = {"case": letter.case.hex(), "at": letter.at, "from": letter.sender}
    if isinstance(letter, Answer):
        return {**common, "kind": "answer", "answer": letter.id.hex(), "text": letter.text}, ()
    return {**common, "kind": "receipt"}, ()


def _case(fields: _Fields, case: bytes, rest: bytes) -> Case:
    values = [_value(one) for one in fields.items("values", MAX_VALUES)]
    files, start = [], 0
    for one in fields.items("files", MAX_FILES):
        made = _file(one, rest[start:])
        start += len(made.data)
        files.append(made)
    if start != len(rest):
        raise Damaged("bytes behind the last attachment")
    return Case(
        id=case,
        at=fields.time("at"),
        village=fields.text("village", MAX_NAME),
        about=fields.text("about", MAX_ABOUT),
        question=fields.text("question", MAX_QUESTION, least=1),
        reply_to=fields.text("reply_to", 300),
        values=tuple(values),
        files=tuple(files),
    )


def _value(item: object) -> CaseValue:
    if not isinstance(item, list) or len(item) != 5:
        raise Damaged("a value has not 5 items")
    at, kind, quantity, value, unit = item
    if not (
        _is_time(at)
        and all(_is_word(one) for one in (kind, quantity, unit))
        and type(value) in (int, float)
        and abs(value) < 1e12
    ):
        raise Damaged("a value is not as it should be")
    return CaseValue(at, kind, quantity, float(value), unit)


def _file(item: object, rest: bytes) -> Attachment:
    if not isinstance(item, list) or len(item) != 4:
        raise Damaged("an attachment has not 4 items")
    name, media_type, size, digest = item
    if not (
        _is_word(name)
        and name
        and not set(name) & set("/\\:")
        and name[0] != "."
        and type(media_type) is str
        and media_type in TYPES
        and type(size) is int
        and 0 < size <= MAX_FILE
        and type(digest) is str
        and _DIGEST.fullmatch(digest)
    ):
        raise Damaged("an attachment is not as it should be")
    data = rest[:size]
    if len(data) != size or hashlib.sha256(data).hexdigest() != digest:
        raise Damaged("an attachment was changed or cut off")
    return Attachment(name, media_type, data)


class _Fields:
    """The head, field by field; what was not asked for is refused at the end."""

    def __init__(self, head: object) -> None:
        if not isinstance(head, dict):
            raise Damaged("the head of a case is no object")
        self._left: dict[str, object] = dict(head)

    def text(self, name: str, most: int, *, least: int = 0) -> str:
        value = self._take(name)
        if type(value) is not str or not least <= len(value) <= most:
            raise Damaged(f"{name} is no text of {least} to {most} characters")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise Damaged(f"{name} is no text") from error
        return value

    def time(self, name: str) -> int:
        value = self._take(name)
        if not _is_time(value):
            raise Damaged(f"{name} is no time")
        return cast("int", value)

    def identity(self, name: str) -> bytes:
        value = self._take(name)
        if type(value) is not str or not _HEX.fullmatch(value):
            raise Damaged(f"{name} is no number of a case")
        return bytes.fromhex(value)

    def items(self, name: str, most: int) -> list[object]:
        value = self._take(name)
        if not isinstance(value, list) or len(value) > most:
            raise Damaged(f"{name} is no list of at most {most}")
        return value

    def done(self) -> None:
        if self._left:
            raise Damaged("a case with more than this program knows")

    def _take(self, name: str) -> object:
        if name not in self._left:
            raise Damaged(f"{name} lacks")
        return self._left.pop(name)


def _is_time(value: object) -> bool:
    return type(value) is int and 0 <= value < _TIME_LIMIT


def _is_word(value: object) -> bool:
    return type(value) is str and len(value) <= MAX_NAME and value.isprintable()


def _refuse(name: str) -> object:
    raise ValueError(f"{name} is no number")

"""Reading a telegram heard by radio with the keys at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from edge.keyring.keys import Keys
from edge.keyring.reasons import (
    FRAGMENT,
    NO_FORMAT,
    NO_KEY,
    REPLAY,
    UNSEALED,
    UNVOUCHED,
    WRONG_KEY,
    no_format,
)
from edge.store.personal_rows import MeterKey
from hardware.errors import DecodeError, FrameError, KeyRequired, WrongKey
from hardware.mbus.header import Header
from hardware.mbus.telegram import Telegram
from hardware.profiles import Interpreted, Registry, interpret, shipped
from hardware.wmbus import diehl, layers, link
from hardware.wmbus.afl import LEAST_CODE
from hardware.wmbus.counted import Count, count_of
from hardware.wmbus.formats import FormatStore, FormatUnknown
from hardware.wmbus.fragments import vouching
from hardware.wmbus.link import LINK_SIZE, Checksums, LinkFrame
from hardware.wmbus.telegram import decode_frames

_UNVOUCHED_HINT = (
    "Die Nachricht kommt in mehreren Telegrammen, und nichts beweist, dass sie zusammengehören; sie"
    " bleibt aufbewahrt. Den Lieferanten fragen, ob der Zähler mit Schlüssel senden kann."
)
_NO_CODE_HINT = (
    "Nichts beweist, dass dieses Telegramm so vom Zähler kommt; es bleibt aufbewahrt. Bei"
    " Verschlüsselung nach Modus 7 gehört ein Prüfcode dazu: den Lieferanten danach fragen."
)
UNSEALED_HINT = (
    "Der Zähler sendet verschlüsselt, dieses Telegramm unter seiner Nummer ist es nicht; es wird"
    " nicht gezählt. Wurde die Verschlüsselung am Zähler abgeschaltet oder entschlüsselt ein"
    " Empfänger selbst, den Schlüssel hier entfernen: dorfhub meter key remove. Sonst sendet"
    " jemand unter fremder Nummer."
)


@dataclass(frozen=True, slots=True)
class Read:
    """What became of a telegram: read (``meaning``), or not (``reason``, ``hint``).

    ``opened_by`` is the number of the key that opened it, ``refused`` those that did not.
    ``reason`` is one of :mod:`edge.keyring.reasons` or the error's kind and quotes no value that a
    meter measured; ``detail`` may.
    """

    meaning: Interpreted | None
    reason: str = ""
    detail: str = ""
    hint: str = ""
    opened_by: int | None = None
    refused: tuple[int, ...] = ()
    count: Count | None = None  # that the key vouches for
    parts: tuple[int, ...] = ()  # ids of the entries that held the rest of the message

    @property
    def telegram(self) -> Telegram | None:
        """What was read, as the standard has it."""
        return None if self.meaning is None else self.meaning.telegram

    @property
    def state(self) -> str:
        """The reason in one word, `ok` if there is none."""
        return _STATES.get(self.reason.partition(" ")[0], "unreadable") if self.reason else "ok"


class Reader:
    """Reads telegrams; learns record headers from full ones for the compact ones."""

    def __init__(
        self, keys: Keys, formats: FormatStore, registry: Callable[[], Registry] = shipped
    ) -> None:
        self.keys = keys
        self.formats = formats
        self._registry = registry
        self._opening: set[int] = set()  # numbers of keys that opened something in this process

    def read(self, raw: bytes) -> Read:
        """Read one telegram without checksums; never raises but for a bug."""
        try:
            return self.read_frame(link.parse(raw, Checksums.REMOVED))
        except FrameError as error:
            return refused(error)

    def read_joined(self, frame: LinkFrame) -> Read:
        """Read a message that came in several telegrams; never raises but for a bug.

        Only a key tells that the fragments are of one message: without its code, nothing is read.
        That a key does not fit may be a fragment's fault, and is not held against the key.
        """
        read = replace(self.read_frame(frame), refused=())
        if read.meaning is None:
            return read
        code = vouching(frame).code
        if read.count is None or len(code) < LEAST_CODE:
            return Read(None, UNVOUCHED, UNVOUCHED, _UNVOUCHED_HINT)
        return read

    def read_frame(self, frame: LinkFrame) -> Read:
        """Read one frame without checksums; never raises but for a bug."""
        try:
            names = _names(frame.header, layers.read_header(frame))
            keys = self.keys.of(names)
            return self._with_keys(frame, names, keys) if keys else self._without(frame, names)
        except FormatUnknown as error:
            reason = no_format(error.signature)
            return Read(None, reason, reason, error.hint)
        except (FrameError, DecodeError) as error:
            return refused(error)

    def _with_keys(self, frame: LinkFrame, names: Sequence[str], keys: Sequence[MeterKey]) -> Read:
        for key in keys:
            try:
                meaning = self._decode(frame, key.key)
            except WrongKey:
                continue
            if not _is_opened(frame, key.key, meaning.telegram):
                return self._unsealed(meaning, keys)
            if _lacks_code(frame, meaning.telegram):
                return Read(None, UNVOUCHED, UNVOUCHED, _NO_CODE_HINT)
            self._opening.add(key.number)
            return Read(meaning, opened_by=key.number, count=count_of(frame))
        reason = " ".join((WRONG_KEY, *names))
        closed = tuple(key.number for key in keys)
        return Read(None, reason, reason, layers.CHECK_KEY, refused=closed)

    def _unsealed(self, meaning: Interpreted, keys: Sequence[MeterKey]) -> Read:
        """Return what needed no key: nothing of a meter that is known to need one."""
        if any(key.state == "opens" or key.number in self._opening for key in keys):
            return unsealed()
        return Read(meaning)

    def _without(self, frame: LinkFrame, names: Sequence[str]) -> Read:
        try:
            return Read(self._decode(frame, None))
        except KeyRequired:
            reason = " ".join((NO_KEY, *names))
            return Read(None, reason, reason, layers.ASK_FOR_KEY)

    def _decode(self, frame: LinkFrame, key: bytes | None) -> Interpreted:
        registry = self._registry()
        telegram = decode_frames([frame], key, self.formats, is_own=registry.is_own)
        return interpret(telegram, registry)


def refused(error: FrameError | DecodeError) -> Read:
    """Return what is to be said of a telegram that raised ``error``."""
    kind = type(error).__name__
    return Read(None, kind, f"{kind}: {error}", error.hint)


def unsealed() -> Read:
    """Return what is to be said of a plain telegram of a meter that encrypts."""
    return Read(None, UNSEALED, UNSEALED, UNSEALED_HINT)


_STATES = {
    UNSEALED: "unsealed",
    NO_KEY: "key_required",
    WRONG_KEY: "wrong_key",
    NO_FORMAT: "format_unknown",
    REPLAY: "replay",
    FRAGMENT: "fragment",
}


def _names(*headers: Header) -> tuple[str, ...]:
    named = [
        f"{header.manufacturer}-{header.identification}"
        for header in headers
        if header.manufacturer and header.identification
    ]
    return tuple(dict.fromkeys(named))


def _is_opened(frame: LinkFrame, key: bytes, telegram: Telegram) -> bool:
    """Tell whether ``key`` took part: what the frame holds as it came needed none."""
    if telegram.encryption in {"", layers.NONE, diehl.SCRAMBLED}:
        return False
    content = layers.unwrap(frame, key)
    return frame.payload[content.offset - LINK_SIZE :] != content.data


def _lacks_code(frame: LinkFrame, telegram: Telegram) -> bool:
    """Tell whether an encrypted telegram can be turned, bit by bit, without anybody noticing."""
    is_derived = telegram.encryption == layers.MODES[7]
    return is_derived and len(vouching(frame).code) < LEAST_CODE

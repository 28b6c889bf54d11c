"""Reading a telegram heard by radio with the keys at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.keyring.keys import Keys
from edge.keyring.reasons import NO_FORMAT, NO_KEY, REPLAY, WRONG_KEY, no_format
from edge.store.personal_rows import MeterKey
from hardware.errors import DecodeError, FrameError, KeyRequired, WrongKey
from hardware.mbus.header import Header
from hardware.mbus.telegram import Telegram
from hardware.profiles import Interpreted, Registry, interpret, shipped
from hardware.wmbus import layers, link
from hardware.wmbus.counted import Count, count_of
from hardware.wmbus.formats import FormatStore, FormatUnknown
from hardware.wmbus.link import Checksums
from hardware.wmbus.telegram import decode


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

    def read(self, raw: bytes) -> Read:
        """Read one telegram without checksums; never raises but for a bug."""
        try:
            frame = link.parse(raw, Checksums.REMOVED)
            names = _names(frame.header, layers.read_header(frame))
            keys = self.keys.of(names)
            return self._with_keys(raw, names, keys) if keys else self._without(raw, names)
        except FormatUnknown as error:
            reason = no_format(error.signature)
            return Read(None, reason, reason, error.hint)
        except (FrameError, DecodeError) as error:
            kind = type(error).__name__
            return Read(None, kind, f"{kind}: {error}", error.hint)

    def _with_keys(self, raw: bytes, names: Sequence[str], keys: Sequence[MeterKey]) -> Read:
        for key in keys:
            try:
                meaning = self._decode(raw, key.key)
            except WrongKey:
                continue
            is_sealed = meaning.telegram.encryption not in {"", layers.NONE}
            if not is_sealed:
                return Read(meaning)
            count = count_of(link.parse(raw, Checksums.REMOVED))
            return Read(meaning, opened_by=key.number, count=count)
        reason = " ".join((WRONG_KEY, *names))
        refused = tuple(key.number for key in keys)
        return Read(None, reason, reason, layers.CHECK_KEY, refused=refused)

    def _without(self, raw: bytes, names: Sequence[str]) -> Read:
        try:
            return Read(self._decode(raw, None))
        except KeyRequired:
            reason = " ".join((NO_KEY, *names))
            return Read(None, reason, reason, layers.ASK_FOR_KEY)

    def _decode(self, raw: bytes, key: bytes | None) -> Interpreted:
        registry = self._registry()
        telegram = decode([raw], key, self.formats, Checksums.REMOVED, is_own=registry.is_own)
        return interpret(telegram, registry)


_STATES = {
    NO_KEY: "key_required",
    WRONG_KEY: "wrong_key",
    NO_FORMAT: "format_unknown",
    REPLAY: "replay",
}


def _names(*headers: Header) -> tuple[str, ...]:
    named = [
        f"{header.manufacturer}-{header.identification}"
        for header in headers
        if header.manufacturer and header.identification
    ]
    return tuple(dict.fromkeys(named))

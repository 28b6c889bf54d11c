"""A short clip as phones write it: what it says of place, time, device and person is taken out.

Only boxes that are needed to play it stay. All others are turned into free space of the same
length, so that nothing else of the file moves: places (``udta``, ``meta``, ``uuid``), makers' own
boxes, and whatever lies in space that was free. Of those that stay, moments, names of handlers and
coders are emptied. Tracks that are neither picture nor sound (GPS of action cameras, ``camm`` of
Android, timed notes of Apple, subtitles of drones) go with all they say: of the media data only
what a picture or sound track points at is left. Pictures and sound themselves stay as they are.

Source: ISO/IEC 14496-12, sections 4.2, 8.1.2, 8.2.2, 8.3.2, 8.4.2, 8.4.3, 8.5.2, 8.7.2, 8.10.1,
8.11.1, 12.1.3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from edge.care.case_clip_track import HINT as _HINT
from edge.care.case_clip_track import Track
from edge.care.case_errors import Damaged

_BOX = struct.Struct(">I4s")
_LARGE = struct.Struct(">Q")
_TOP, _TRAK = b"", b"trak"
_SPACE = frozenset((b"free", b"skip", b"wide"))
# What stays, by the box that it is in; all that is not named goes.
_KEPT: Mapping[bytes, frozenset[bytes]] = {
    _TOP: frozenset((b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"sidx", b"mfra")),
    b"moov": frozenset((b"mvhd", _TRAK, b"mvex")),
    _TRAK: frozenset((b"tkhd", b"edts", b"mdia")),
    b"edts": frozenset((b"elst",)),
    b"mdia": frozenset((b"mdhd", b"hdlr", b"minf")),
    b"minf": frozenset((b"vmhd", b"smhd", b"dinf", b"stbl")),
    b"dinf": frozenset((b"dref",)),
    b"stbl": frozenset((b"stsd", b"stts", b"ctts", b"cslg", b"stss", b"stsc", b"stsz", b"stco",
                        b"co64", b"sdtp", b"sgpd", b"sbgp")),
    b"mvex": frozenset((b"mehd", b"trex")),
    b"moof": frozenset((b"mfhd", b"traf")),
    b"traf": frozenset((b"tfhd", b"tfdt", b"trun", b"sgpd", b"sbgp")),
}  # fmt: skip
_MOMENTS = frozenset((b"mvhd", b"tkhd", b"mdhd"))
_TABLES = frozenset((b"stsc", b"stsz", b"stco", b"co64"))
_BRANDS = frozenset((b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1",
                     b"M4V ", b"qt  ", b"dash", b"3gp4", b"3gp5", b"3gp6"))  # fmt: skip
_MAX_BOXES = 4000  # a clip in fragments of a tenth of a second


def is_clip(data: bytes) -> bool:
    """Tell whether these bytes begin as a clip that :func:`clean` reads."""
    return len(data) >= 12 and data[4:8] == b"ftyp" and data[8:12] in _BRANDS


def is_other_film(data: bytes) -> bool:
    """Tell whether these bytes begin as a film of a kind that is not taken: WebM, Matroska, AVI."""
    return data[:4] == b"\x1a\x45\xdf\xa3" or (data[:4] == b"RIFF" and data[8:12] == b"AVI ")


def clean(data: bytes) -> bytes:
    """Return the clip without what it says besides pictures and sound, as long as it was.

    :raises Damaged: if it is none, its boxes do not fit into each other, or what it says beside
        its pictures cannot be told from them.
    """
    if not is_clip(data):
        raise Damaged("no clip of a kind that is taken", hint=_HINT)
    walker = _Walker(bytearray(data))
    walker.walk(0, len(data), _TOP)
    walker.finish()
    return bytes(walker.data)


class _Walker:
    """Goes from box to box."""

    def __init__(self, data: bytearray) -> None:
        self.data = data
        self._count = 0
        self._tracks: list[Track] = []
        self._dropped = 0
        self._media: list[tuple[int, int]] = []
        self._is_fragmented = False

    def walk(self, at: int, end: int, parent: bytes) -> None:
        while at < end:
            self._count += 1
            start, stop, kind = self._box(at, end, parent)
            if kind in _KEPT[parent]:
                self._keep(at, start, stop, kind)
            elif kind in _SPACE:
                self._empty(start, stop)
            else:
                self._free(at, start, stop)
            at = stop

    def finish(self) -> None:
        """Empty the media data that no picture or sound is in."""
        if not any(one.handler == b"vide" for one in self._tracks):
            raise Damaged("a clip without pictures", hint=_HINT)
        if self._is_fragmented:  # then fragments say what belongs to whom
            if self._dropped:
                raise Damaged("fragments of something that is no picture", hint=_MORE)
            return
        kept = sorted(span for one in self._tracks for span in one.spans(len(self.data)))
        for start, stop in self._media:
            at = start
            for begin, end in kept:
                if begin >= at:
                    self._empty(at, min(begin, stop))
                at = max(at, min(end, stop))
            self._empty(at, stop)

    def _keep(self, at: int, start: int, stop: int, kind: bytes) -> None:
        if kind == _TRAK:
            self._track(at, start, stop)
        elif kind in _KEPT:
            self._is_fragmented |= kind == b"moof"
            self.walk(start, stop, kind)
        elif kind == b"mdat":
            self._media.append((start, stop))
        elif kind in _MOMENTS:  # after version and flags
            length = 16 if self.data[start : start + 1] == b"\1" else 8
            self._empty(min(stop, start + 4), min(stop, start + 4 + length))
        elif kind == b"dref":
            for first, after in self._entries(start, stop):
                self._empty(min(after, first + 4), after)
        elif self._tracks:
            self._note(start, stop, kind)

    def _track(self, at: int, start: int, stop: int) -> None:
        """Go through a track; one that is neither picture nor sound goes."""
        track = Track()
        self._tracks.append(track)
        self.walk(start, stop, _TRAK)
        for first, after in track.formats:
            self._empty(min(after, first + 12), min(after, first + 16))  # QuickTime's maker
            if track.handler == b"vide":
                self._empty(min(after, first + 42), min(after, first + 74))  # the coder
        if not track.is_seen:
            self._tracks.remove(track)
            self._dropped += 1
            self._free(at, start, stop)

    def _note(self, start: int, stop: int, kind: bytes) -> None:
        """Note what a box says of the track that is gone through."""
        track = self._tracks[-1]
        if kind == b"hdlr":
            track.handler = bytes(self.data[start + 8 : start + 12])
            self._empty(min(stop, start + 12), stop)
        elif kind == b"stsd":
            track.formats += self._entries(start, stop)
        elif kind in _TABLES:
            track.tables[kind] = bytes(self.data[start:stop])

    def _entries(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Yield where the contents of a table's entries lie."""
        at = start + 8
        while at < stop:
            first, after, _ = self._box(at, stop, b"stsd")
            yield first, after
            at = after

    def _free(self, at: int, start: int, stop: int) -> None:
        self.data[at + 4 : at + 8] = b"free"
        self._empty(start, stop)

    def _empty(self, start: int, stop: int) -> None:
        self.data[start:stop] = bytes(max(0, stop - start))

    def _box(self, at: int, end: int, parent: bytes) -> tuple[int, int, bytes]:
        """Return where a box's content begins, where the box ends, and its kind."""
        if end - at < _BOX.size or self._count > _MAX_BOXES:
            raise Damaged("a clip that ends too early", hint=_HINT)
        size, kind = _BOX.unpack_from(self.data, at)
        start = at + _BOX.size
        if size == 1:
            if end - start < _LARGE.size:
                raise Damaged("a clip that ends too early", hint=_HINT)
            (size,) = _LARGE.unpack_from(self.data, start)
            start += _LARGE.size
        elif size == 0 and parent == _TOP:  # to the end of the file
            size = end - at
        if not start - at <= size <= end - at:
            raise Damaged("a box that does not fit into the clip", hint=_HINT)
        return start, at + size, kind


_MORE = (
    "In diesem Film steckt neben Bild und Ton noch etwas, zum Beispiel Ortsdaten, das der Hub "
    "nicht sicher entfernen kann. Bitte mit der gewöhnlichen Kamera des Telefons neu aufnehmen."
)

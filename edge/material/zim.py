"""ZIM files (Wikipedia and others, offline): the header looked at, the checksum recomputed.

Source: the openZIM file format, header of 80 bytes, MD5 over everything before itself.
"""

from __future__ import annotations

import hashlib
import struct
from typing import BinaryIO

from edge.material.errors import Refused

MAGIC = b"ZIM\x04"
_HEADER = struct.Struct("<4sHH16sIIQQQQIIQ")
_LISTS = (72, 80)  # where the list of types may begin: right behind the header
_MOST_ENTRIES = 500_000_000
_CHUNK = 1 << 20


def check(file: BinaryIO, size: int) -> int:
    """Return how many entries a ZIM file has, once all of it was read.

    :raises Refused: if the header is none, or the file is not what its checksum says.
    """
    file.seek(0)
    head = file.read(_HEADER.size)
    if len(head) < _HEADER.size or size < _HEADER.size + 16:
        raise _broken()
    magic, major, _minor, _uuid, entries, clusters, paths, titles, places, types, *rest = (
        _HEADER.unpack(head)
    )
    checksum = rest[-1]
    if magic != MAGIC or major not in (5, 6):
        raise Refused(
            "zim_version",
            "Diese ZIM-Datei hat eine Fassung, die der Hub nicht kennt. Bitte eine neuere holen.",
        )
    inside = all(
        begin + width * count <= checksum
        for begin, width, count in ((paths, 8, entries), (places, 8, clusters))
    ) and (titles <= checksum or titles == (1 << 64) - 1)
    if (
        checksum != size - 16
        or types not in _LISTS
        or not 0 < entries <= _MOST_ENTRIES
        or clusters > entries
        or not inside
    ):
        raise _broken()
    digest, left = hashlib.md5(usedforsecurity=False), checksum
    file.seek(0)
    while left:
        piece = file.read(min(_CHUNK, left))
        if not piece:
            raise _broken()
        digest.update(piece)
        left -= len(piece)
    if file.read(16) != digest.digest():
        raise _broken()
    return int(entries)


def _broken() -> Refused:
    return Refused(
        "damaged",
        "Die ZIM-Datei ist nicht vollständig oder beschädigt: Ihre Prüfsumme stimmt nicht. Bitte "
        "noch einmal holen. Eine in Stücke geteilte Datei (.zimaa, .zimab) geht nicht.",
    )

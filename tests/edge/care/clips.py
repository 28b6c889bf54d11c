"""Clips as phones and cameras write them, made here byte by byte, with all that they say."""

from __future__ import annotations

import struct
from collections.abc import Sequence

PLACE = b"+50.5840+008.6784/"
MAKER = b"Kanarienphone 12"
MOMENT = 0xE5C0FFEE  # a second since 1904
PICTURES, SOUND, NOTES = b"pictures" * 3, b"sound" * 4, PLACE * 2


def box(kind: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return struct.pack(">I4s", 8 + len(data), kind) + data


def numbers(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


def header(kind: bytes, *, version: int = 0) -> bytes:
    moment = struct.pack(">QQ" if version else ">II", MOMENT, MOMENT)
    return box(kind, bytes((version, 0, 0, 0)), moment, bytes(20))


def table(at: Sequence[int], size: int, *, wide: bool = False) -> bytes:
    """Return `stsc`, `stsz` and `stco` of chunks of two samples of ``size`` bytes each."""
    places = struct.pack(f">{len(at)}{'Q' if wide else 'I'}", *at)
    return b"".join(
        (
            box(b"stsc", numbers(0, 1, 1, 2, 1)),
            box(b"stsz", numbers(0, 0, 2 * len(at), *[size] * (2 * len(at)))),
            box(b"co64" if wide else b"stco", numbers(0, len(at)), places),
        )
    )


def track(handler: bytes, tables: bytes, *, version: int = 0) -> bytes:
    coder = MAKER.ljust(32, b"\0") if handler == b"vide" else bytes(32)
    entry = box(b"avc1", bytes(12), MAKER[:4], bytes(26), coder, bytes(4))
    return box(
        b"trak",
        header(b"tkhd", version=version),
        box(b"udta", PLACE),
        box(b"tref", box(b"cdsc", numbers(2))),
        box(b"edts", box(b"elst", bytes(8))),
        box(
            b"mdia",
            header(b"mdhd", version=version),
            box(b"hdlr", bytes(8), handler, bytes(12), MAKER + b"\0"),
            box(
                b"minf",
                box(b"dinf", box(b"dref", numbers(0, 1), box(b"alis", bytes(4), PLACE))),
                box(b"stbl", box(b"stsd", numbers(0, 1), entry), tables),
            ),
        ),
    )


def clip(*, notes: bytes = b"meta", brand: bytes = b"mp42", wide: bool = False) -> bytes:
    """Return a clip of pictures, sound and notes of the place, as a phone writes one."""
    ftyp = box(b"ftyp", brand, bytes(4), b"mp42isom")
    media = PICTURES + PLACE + SOUND + NOTES + PICTURES

    def moov(at: int) -> bytes:
        first, sound = at, at + len(PICTURES + PLACE)
        second = at + len(media) - len(PICTURES)
        return box(
            b"moov",
            header(b"mvhd"),
            track(b"vide", table([first, second], 12, wide=wide), version=1),
            track(b"soun", table([sound], 10)),
            track(notes, table([sound + len(SOUND)], 18)),
            box(b"udta", box(b"\xa9xyz", PLACE), box(b"\xa9mak", MAKER)),
            box(b"meta", bytes(4), box(b"keys", PLACE)),
        )

    before = box(b"wide") + box(b"free", PLACE) + box(b"uuid", PLACE) + box(b"beam", MAKER)
    at = len(ftyp) + len(moov(0)) + len(before) + 8
    return ftyp + moov(at) + before + box(b"mdat", media)


CLIP = clip()

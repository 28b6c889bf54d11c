"""Receipts for what lies on a stick: whoever wrote or read it signs, once for each bundle."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from edge.clock import Stamp
from sync import bundle, custody
from sync.custody import Act, Kind, Receipt
from sync.custody_book import Book
from sync.identity import Signer


def note(
    book: Book, signer: Signer, file: Path, *, name: str, act: Act, stamp: Stamp
) -> Receipt | None:
    """Sign and keep that the stick ``name`` took or gave the bundle in ``file``.

    None if the same was noted before.

    :raises FormatError: if the file is no bundle.
    :raises OSError: if it cannot be read.
    """
    with file.open("rb") as stream:
        manifest = bundle.Reader(stream).manifest
    return note_manifest(book, signer, manifest, name=name, act=act, stamp=stamp)


def note_manifest(
    book: Book, signer: Signer, manifest: bundle.Manifest, *, name: str, act: Act, stamp: Stamp
) -> Receipt | None:
    """As :func:`note`, for a bundle that is at hand.

    A copy that was erased and is taken again is signed for again.
    """
    here = (signer.name, name, manifest.digest)
    known = book.all()
    acts = [one.act for one in known if (one.carrier, one.name, one.digest) == here]
    since = acts[len(acts) - acts[::-1].index(Act.ERASED) :] if Act.ERASED in acts else acts
    if act in since or (act is Act.ERASED and not since and acts):
        return None
    ends = None
    if act is Act.ERASED:
        ends = custody.open_copies(known, signer.name, name, manifest.digest)
    make = partial(
        custody.sign,
        signer,
        manifest,
        kind=Kind.STICK,
        name=name,
        act=act,
        time_quality=int(stamp.quality),
        ends=ends,
    )
    ids = {one.id for one in known}
    at_ms = stamp.wall_ms
    # the same act at the same moment of another boot, by a clock that begins in 1970 each time
    while (made := make(at_ms=at_ms)).id in ids:
        at_ms += 1
    book.add([made.raw], stamp.wall_ms)
    return made


def stick_name(folder: Path, by: str = "") -> str:
    """Return what people call a stick: the folder it hangs in, and who plugged it in."""
    name = "".join(c for c in folder.absolute().name or str(folder) if c.isprintable())
    return (f"{name}, {by}" if by else name)[: custody.MAX_NAME]

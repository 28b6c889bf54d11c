"""What a bus shows its county over a line, and what the county lays on it: names and bytes.

Names are paths below `DORFHUB`, of the kinds that are written out here and no others, so that
no name leads anywhere else.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from sync import cbor, identity, parcel
from sync.errors import FormatError, Refused

CARGO_TARGET = "/v1/cargo"
FILE_TARGET = "/v1/cargo/file"
UNLOADED_TARGET = "/v1/unloaded"
RECEIPTS_TARGET = "/v1/receipts"
KEYS_TARGET = "/v1/keys"
MAX_PAGE = 300  # files of one answer, which is a message of at most 64 KiB
MAX_PAGE_BYTES = 64 * 1024
MAX_LAID = 1 << 20  # one file of the county's; its bundles have a quarter of that
_DIGEST = 32
_MAX_PATH = 160
_HEX = "[0-9a-f]{16}"
_RUN = rf"{_HEX}-\d{{1,16}}-\d{{1,16}}"
_NEWS = rf"from/{_HEX}/(?:{_HEX}/)?{_RUN}\.dhb"
# what a bus has for the county: parcels, how hubs changed their keys, how far they are
_OUT = re.compile(rf"{_HEX}/(?:{_RUN}\.dhb\.age|hub\.keys|{_HEX}\.got)|{_NEWS}")
# what the county lays on it: its word for hubs, and its streams
_IN = re.compile(rf"acks/{_HEX}(?:-{_HEX}){{0,2}}\.(?:ack|notice|keys)|{_NEWS}")


@dataclass(frozen=True, slots=True)
class Item:
    """One file: its path below `DORFHUB`, its size and the SHA-256 of its bytes."""

    path: str
    size: int
    sha256: bytes


def may_be_shown(path: str) -> bool:
    """Tell if a bus shows the county a file of this name."""
    return _OUT.fullmatch(path) is not None


def may_be_laid(path: str) -> bool:
    """Tell if the county may lay a file of this name on a bus."""
    return _IN.fullmatch(path) is not None


def laid_in(root: Path) -> Iterator[str]:
    """Yield the paths below ``root`` of what the county laid there of its streams."""
    for pattern in ("from/*/*", "from/*/*/*"):
        for file in root.glob(pattern):
            path = file.relative_to(root).as_posix()
            if _IN.fullmatch(path):
                yield path


class Hold:
    """The files of one bus below ``root``; remembers their digests. Threads may share it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[str, tuple[int, int, bytes]] = {}  # of what is here: page() forgets

    def page(self, after: str) -> list[Item]:
        """Return the files with paths above ``after``, in order, at most :data:`MAX_PAGE`."""
        found: list[Item] = []
        here = sorted(self._paths())
        for gone in set(self._known).difference(here):
            self._known.pop(gone, None)
        for path in here:
            if path > after and (item := self._item(path)) is not None:
                found.append(item)
                if len(found) == MAX_PAGE:
                    break
        return found

    def item(self, path: str) -> tuple[Path, Item]:
        """Return a file that may be shown.

        :raises Refused: if there is none.
        """
        item = self._item(path) if may_be_shown(path) else None
        if item is None:
            raise Refused(f"no file {path!r}", hint="Die Liste neu holen: /v1/cargo.")
        return self._root / path, item

    def lay(self, path: str, data: bytes) -> None:
        """Take a file from the county, whole or not at all.

        :raises Refused: if such a file has no place here.
        :raises OSError: if the disk does not take it.
        """
        if not may_be_laid(path):
            raise Refused(f"no place for {path!r}", hint="docs/bundle-format.md sagt, was geht.")
        file = self._root / path
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        identity.write_private(file, data)

    def _paths(self) -> Iterator[str]:
        for pattern in ("*/*", "from/*/*", "from/*/*/*"):
            for file in self._root.glob(pattern):
                path = file.relative_to(self._root).as_posix()
                if may_be_shown(path):
                    yield path

    def _item(self, path: str) -> Item | None:
        file = self._root / path
        try:
            status = file.stat()
            known = self._known.get(path)
            if known is None or known[:2] != (status.st_size, status.st_mtime_ns):
                with file.open("rb") as stream:
                    digest = hashlib.file_digest(stream, "sha256").digest()
                known = (status.st_size, status.st_mtime_ns, digest)
                self._known[path] = known
        except OSError:  # dropped meanwhile
            self._known.pop(path, None)
            return None
        return Item(path, known[0], known[2])


def encode_page(items: Iterable[Item]) -> bytes:
    """Return one answer with up to :data:`MAX_PAGE` files."""
    return cbor.dumps({"files": [[one.path, one.size, one.sha256] for one in items]})


def decode_page(data: bytes, after: str) -> list[Item]:
    """Return the files of an answer, all of them with names of ours above ``after``, in order.

    :raises FormatError: if the bytes are no such answer.
    """
    fields = cbor.Fields(cbor.loads(data, limit=MAX_PAGE_BYTES), "cargo", frozenset(("files",)))
    found: list[Item] = []
    for entry in fields.items("files", MAX_PAGE):
        if type(entry) is not list or len(entry) != 3:
            raise FormatError("cargo: a file is no path, size and digest")
        named = dict(zip(("path", "size", "sha256"), cast("list[object]", entry), strict=True))
        one = cbor.Fields(named, "cargo: a file", frozenset(named))
        path = one.text("path", _MAX_PATH)
        if not may_be_shown(path) or path <= (found[-1].path if found else after):
            raise FormatError("cargo: a path that no bus of ours has, or out of order")
        found.append(Item(path, one.number("size"), one.data("sha256", _DIGEST)))
    return found


def is_parcel(path: str) -> bool:
    """Tell if a path is a parcel's."""
    return path.endswith(parcel.SUFFIX)

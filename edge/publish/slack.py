"""Every byte of a SQLite file that belongs to no row: the place where deleted rows live on.

SQLite never shows these bytes, but whoever downloads the file has them. This reads
the file format itself and asks no SQLite. The builder erases what it finds; the auditor looks
again.

Source: SQLite, "Database File Format", sections 1.3 (header), 1.5 (free pages), 1.6 (B-tree pages),
1.6.1 (overflow pages).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MAGIC = b"SQLite format 3\x00"
_TABLE_LEAF, _TABLE_INNER, _INDEX_LEAF, _INDEX_INNER = 13, 5, 10, 2
# Header fields that must be zero in what we publish: nothing may be written into them.
_ZERO_FIELDS = ((20, 1), (32, 8), (48, 4), (52, 4), (60, 4), (64, 4), (68, 4), (72, 20))


@dataclass(frozen=True, slots=True)
class Slack:
    """Bytes outside every row: ``offset`` counts from the start of the file.

    ``length`` is 0 where it is not about bytes that could be erased.
    """

    offset: int
    length: int
    what: str


def find_slack(content: bytes, roots: tuple[int, ...]) -> Iterator[Slack]:
    """Yield what of a database file's ``content`` is not accounted for by rows and structure.

    ``roots`` are the root pages of all tables, without the schema's own (page 1).
    A file whose structure does not hold gives a finding and no exception.
    """
    if len(content) < 512 or not content.startswith(MAGIC):
        yield Slack(0, 0, "no SQLite file")
        return
    size = int.from_bytes(content[16:18], "big")
    size = 65536 if size == 1 else size
    pages = len(content) // size if size >= 512 else 0
    if not pages or len(content) % size or pages != int.from_bytes(content[28:32], "big"):
        yield Slack(len(content), 0, "the file's length is not what its header says")
        return
    for offset, length in _ZERO_FIELDS:
        if any(content[offset : offset + length]):
            yield Slack(offset, 0, "a header field that must be empty is not")
    walk = _Walk(content, size)
    for root in (1, *roots):
        yield from walk.tree(root)
    for page in range(1, pages + 1):
        if page not in walk.seen:
            yield Slack((page - 1) * size, 0, f"page {page} belongs to no table")


class _Walk:
    def __init__(self, content: bytes, size: int) -> None:
        self._content = content
        self._size = size
        self.seen: set[int] = set()

    def tree(self, root: int) -> Iterator[Slack]:
        todo = [root]
        while todo:
            page = todo.pop()
            if not self._take(page):
                yield Slack(0, 0, f"page {page} is used twice or does not exist")
                continue
            try:
                children, spare = self._btree_page(page)
            except (IndexError, ValueError):
                yield Slack((page - 1) * self._size, 0, f"page {page} is not well-formed")
                continue
            todo += children
            yield from spare

    def _take(self, page: int) -> bool:
        if page in self.seen or not 1 <= page <= len(self._content) // self._size:
            return False
        self.seen.add(page)
        return True

    def _btree_page(self, page: int) -> tuple[list[int], list[Slack]]:
        base = (page - 1) * self._size
        data = self._content[base : base + self._size]
        at = 100 if page == 1 else 0
        kind = data[at]
        if kind not in (_TABLE_LEAF, _TABLE_INNER, _INDEX_LEAF, _INDEX_INNER):
            raise ValueError(kind)
        inner = kind in (_TABLE_INNER, _INDEX_INNER)
        cells = int.from_bytes(data[at + 3 : at + 5], "big")
        pointers = at + (12 if inner else 8)
        children = [int.from_bytes(data[at + 8 : at + 12], "big")] if inner else []
        used = bytearray(self._size)
        used[: pointers + 2 * cells] = b"\x01" * (pointers + 2 * cells)
        found: list[Slack] = []
        for cell in range(cells):
            start = int.from_bytes(data[pointers + 2 * cell : pointers + 2 * cell + 2], "big")
            end, child, overflow = _cell(data, start, kind)
            if end > self._size or any(used[start:end]):
                raise ValueError(start)
            used[start:end] = b"\x01" * (end - start)
            if inner:
                children.append(child)
            if overflow:
                found += self._overflow(*overflow)
        for start in _free_blocks(data, at):
            used[start : start + 4] = b"\x01" * 4  # the next one's place and this one's size
        for start, end in _gaps(used):
            if any(data[start:end]):
                found.append(Slack(base + start, end - start, f"page {page} holds bytes of no row"))
        return children, found

    def _overflow(self, page: int, rest: int) -> list[Slack]:
        found = []
        while rest:
            if not self._take(page):
                raise ValueError(page)
            base = (page - 1) * self._size
            here = min(rest, self._size - 4)
            spare = self._size - 4 - here
            if any(self._content[base + 4 + here : base + self._size]):
                what = f"page {page} holds bytes of no row"
                found.append(Slack(base + 4 + here, spare, what))
            rest -= here
            page = int.from_bytes(self._content[base : base + 4], "big")
        if page:
            raise ValueError(page)
        return found


def _free_blocks(data: bytes, at: int) -> Iterator[int]:
    """Yield where each free block of the page whose header is at ``at`` begins, in order."""
    start, before = int.from_bytes(data[at + 1 : at + 3], "big"), 0
    while start:
        if start < before + 4 or start + 4 > len(data):
            raise ValueError(start)
        yield start
        start, before = int.from_bytes(data[start : start + 2], "big"), start


def _gaps(used: bytearray) -> Iterator[tuple[int, int]]:
    start = used.find(0)
    while start >= 0:
        end = used.find(1, start)
        yield start, len(used) if end < 0 else end
        start = -1 if end < 0 else used.find(0, end)


def _cell(data: bytes, start: int, kind: int) -> tuple[int, int, tuple[int, int] | None]:
    """Return the cell's end, its left child (inner pages) and ``(overflow page, its bytes)``."""
    at, child = start, 0
    if kind in (_TABLE_INNER, _INDEX_INNER):
        child = int.from_bytes(data[at : at + 4], "big")
        at += 4
    if kind == _TABLE_INNER:
        _, at = _varint(data, at)
        return at, child, None
    payload, at = _varint(data, at)
    if kind == _TABLE_LEAF:
        _, at = _varint(data, at)
    local = _local(payload, len(data), table=kind == _TABLE_LEAF)
    end = at + local
    if local == payload:
        return max(end, start + 4), child, None  # a cell has at least four bytes
    overflow = int.from_bytes(data[end : end + 4], "big")
    return end + 4, child, (overflow, payload - local)


def _local(payload: int, usable: int, *, table: bool) -> int:
    most = usable - 35 if table else (usable - 12) * 64 // 255 - 23
    if payload <= most:
        return payload
    least = (usable - 12) * 32 // 255 - 23
    fitting = least + (payload - least) % (usable - 4)
    return fitting if fitting <= most else least


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for number in range(9):
        byte = data[at + number]
        if number == 8:
            return (value << 8) | byte, at + 9
        value = (value << 7) | (byte & 0x7F)
        if byte < 0x80:
            return value, at + number + 1
    raise ValueError(at)

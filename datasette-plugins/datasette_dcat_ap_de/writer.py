"""Pages of the catalogue in every format: each made once in a process of its own, then kept."""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections import OrderedDict
from pathlib import Path

from datasette_common import child

PROGRAM = Path(__file__).with_name("rdf.py")
TIMEOUT_S = 120.0  # a thousand datasets on a slow card; usually a second or two
# Packed, a hundred datasets take some 30 KB a format: enough for a few hundred pages.
KEEP_BYTES = 2_000_000


class WriterError(Exception):
    """The process that writes RDF failed; the message says how."""


class Writer:
    """Turns N-Triples into a format, one process at a time, and keeps what fits."""

    def __init__(self, keep_bytes: int = KEEP_BYTES) -> None:
        self._keep_bytes = keep_bytes
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._size = 0
        self._lock = asyncio.Lock()
        self.runs = 0  # how many processes were started

    async def write(self, triples: bytes, form: str) -> tuple[str, bytes]:
        """Return the digest of the page and the page in ``form`` (`ttl`, `rdf` or `jsonld`).

        :raises WriterError: if it could not be written.
        """
        key = (hashlib.sha256(triples).hexdigest(), form)
        kept = self._get(key)
        if kept is None:
            async with self._lock:  # who waited finds what the one before had made
                kept = self._get(key)
                if kept is None:
                    self.runs += 1
                    kept = await _run(triples, form)
                    self._keep(key, kept)
        return key[0], kept

    def _get(self, key: tuple[str, str]) -> bytes | None:
        packed = self._kept.get(key)
        if packed is None:
            return None
        self._kept.move_to_end(key)
        return zlib.decompress(packed)

    def _keep(self, key: tuple[str, str], page: bytes) -> None:
        packed = zlib.compress(page, 6)
        if len(packed) > self._keep_bytes:
            return
        self._kept[key] = packed
        self._size += len(packed)
        while self._size > self._keep_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._size -= len(oldest)


async def _run(triples: bytes, form: str) -> bytes:
    try:
        return await child.run(PROGRAM, form, given=triples, timeout_s=TIMEOUT_S)
    except TimeoutError:
        raise WriterError(f"no answer within {TIMEOUT_S:.0f} s") from None
    except child.ChildError as error:
        raise WriterError(str(error)) from error

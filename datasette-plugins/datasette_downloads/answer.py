"""A file as an answer: whole, a part of it, or nothing new."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping

from datasette.utils.asgi import Response
from datasette_common.caches import has

from datasette_downloads.store import File

CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_TYPES = {
    ".csv.gz": "application/gzip",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
}
Send = Callable[[dict[str, object]], Awaitable[None]]


class FileAnswer(Response):  # type: ignore[misc]  # Datasette carries no types
    """Sends ``length`` bytes of a file from ``start`` on, some at a time."""

    def __init__(
        self, file: File, start: int, length: int, status: int, headers: Mapping[str, str]
    ) -> None:
        super().__init__("", status=status, headers=dict(headers))
        self._file, self._start, self._length = file, start, length

    async def asgi_send(self, send: Send) -> None:
        """Send the answer. A reader that goes away ends it."""
        headers = [
            (name.lower().encode(), str(value).encode()) for name, value in self.headers.items()
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        left = self._length
        source = await asyncio.to_thread(self._file.path.open, "rb")
        try:
            await asyncio.to_thread(source.seek, self._start)
            while left:
                chunk = await asyncio.to_thread(source.read, min(CHUNK, left))
                if not chunk:
                    break  # cut off under us: the length that was promised says so
                left -= len(chunk)
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        finally:
            source.close()
        await send({"type": "http.response.body", "body": b""})


def answer(file: File, asked: Mapping[str, str], max_age_s: int) -> Response:
    """Answer a request with the headers ``asked`` (names in small letters)."""
    etag = f'"{file.sha256[:32]}"'
    headers = {
        "etag": etag,
        "cache-control": f"max-age={max_age_s}",
        "accept-ranges": "bytes",
        "content-type": _type(file.path.name),
        "content-disposition": f'attachment; filename="{file.path.name}"',
        "x-content-type-options": "nosniff",
    }
    if has(asked, etag):
        return FileAnswer(file, 0, 0, 304, headers)
    start, end = 0, file.size
    status = 200
    if "range" in asked and asked.get("if-range", etag) == etag:
        found = _RANGE.fullmatch(asked["range"].strip())
        if found and found.group(0) != "bytes=-":  # anything else is answered whole, as HTTP allows
            part = _part(found.group(1), found.group(2), file.size)
            if part is None:
                headers |= {"content-range": f"bytes */{file.size}", "content-length": "0"}
                return FileAnswer(file, 0, 0, 416, headers)
            start, end = part
            status = 206
            headers["content-range"] = f"bytes {start}-{end - 1}/{file.size}"
    headers["content-length"] = str(end - start)
    return FileAnswer(file, start, end - start, status, headers)


def _part(first: str, last: str, size: int) -> tuple[int, int] | None:
    """Return where a part begins and ends, None if the file has no such part."""
    if not first:
        length = min(int(last), size)
        return (size - length, size) if length else None
    start, end = int(first), int(last) + 1 if last else size
    return (start, min(end, size)) if start < min(end, size) else None


def _type(name: str) -> str:
    for suffix, kind in _TYPES.items():
        if name.endswith(suffix):
            return kind
    return "text/plain; charset=utf-8"

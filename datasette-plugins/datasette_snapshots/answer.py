"""A version's file as an answer that may be kept for good."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import BinaryIO

from datasette.utils.asgi import Response
from datasette_common.caches import A_YEAR_S, has

from datasette_snapshots.versions import Version

CHUNK = 256 * 1024
Send = Callable[[dict[str, object]], Awaitable[None]]


class FileAnswer(Response):  # type: ignore[misc]  # Datasette carries no types
    """Sends an open file, some bytes at a time, and closes it. One removed meanwhile ends whole."""

    def __init__(self, file: BinaryIO, headers: Mapping[str, str]) -> None:
        super().__init__("", status=200, headers=dict(headers))
        self._file = file

    async def asgi_send(self, send: Send) -> None:
        """Send the answer. A reader that goes away ends it."""
        headers = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        with self._file as file:
            await send({"type": "http.response.start", "status": self.status, "headers": headers})
            while chunk := await asyncio.to_thread(file.read, CHUNK):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def answer(
    version: Version, file: BinaryIO, asked: Mapping[str, str], *, everybody: bool
) -> Response:
    """Answer a request with the headers ``asked`` (names in small letters).

    ``everybody`` says whether a cache that many share may keep it.
    """
    etag = f'"{version.sha256}"'
    headers = {
        "etag": etag,
        "cache-control": f"{'public' if everybody else 'private'}, max-age={A_YEAR_S}, immutable",
        "x-content-type-options": "nosniff",
    }
    if has(asked, etag):
        file.close()
        return Response("", status=304, headers=headers)
    headers |= {
        "content-type": "application/vnd.sqlite3",
        "content-length": str(version.size),
        "content-disposition": f'attachment; filename="{version.file}"',
    }
    return FileAnswer(file, headers)

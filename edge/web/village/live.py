"""Streams of server-sent events: who follows holds a thread, so there are few, and each one ends.

Beyond the most there may be, and for browsers that know no streams, pages ask every few seconds
instead (`static/live.js`). A stream only says that something is new; what it is, a page asks for.

Source: HTML Living Standard, section 9.2 (server-sent events).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus

from flask import Response, request

MOST = 24  # half of the threads: pages are never kept waiting by those who follow
LOOK_S = 1.0  # how long a stream waits for news before it looks whether anybody is there
BEAT_S = 15.0  # a line that is silent for longer is cut by what stands between
LAST_S = 300.0  # a browser opens the next one by itself; one that is gone unnoticed ends here
AGAIN_MS = 2000

News = Callable[[float], str | None]  # waits as many seconds at most; None if nothing is new
_GONE = "waitress.client_disconnected"


class Streams:
    """The streams of one web process, at most ``most`` at a time."""

    def __init__(self, most: int = MOST, *, last_s: float = LAST_S) -> None:
        self.most = most
        self._last_s = last_s
        self._lock = threading.Lock()
        self._open: set[int] = set()
        self._number = 0
        self._is_over = False

    def __len__(self) -> int:
        return len(self._open)

    def answer(self, news: News) -> Response:
        """Answer this request with a stream, or with nothing if there are enough.

        `204 No Content` tells a browser not to try again: the page asks by itself then.
        """
        number = self._begun() if request.method == "GET" else None
        if number is None:
            return Response(status=HTTPStatus.NO_CONTENT)
        is_gone: Callable[[], bool] = request.environ.get(_GONE, lambda: False)
        ends_s = time.monotonic() + self._last_s
        body = _Stream(
            news,
            lambda: self._is_over or is_gone() or time.monotonic() >= ends_s,
            lambda: self._ended(number),
        )
        answer = Response(body, mimetype="text/event-stream")
        answer.headers["X-Accel-Buffering"] = "no"  # nginx: each piece as it comes
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def stop(self) -> None:
        """Let every stream end; there are no more."""
        self._is_over = True

    def _begun(self) -> int | None:
        with self._lock:
            if self._is_over or len(self._open) >= self.most:
                return None
            self._number += 1
            self._open.add(self._number)
            return self._number

    def _ended(self, number: int) -> None:
        with self._lock:
            self._open.discard(number)


class _Stream:
    """The body of an answer. The server closes it, also one that it never began to send."""

    def __init__(self, news: News, is_over: Callable[[], bool], ended: Callable[[], None]) -> None:
        self._news = news
        self._is_over = is_over
        self._ended = ended
        self._beat_s: float | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._beat_s is None:  # at once, so that the browser knows it is heard
            self._beat_s = time.monotonic()
            return b"retry: %d\n\n" % AGAIN_MS
        while not self._is_over():
            said = self._news(LOOK_S)
            if said is not None:
                self._beat_s = time.monotonic()
                return f"data: {said}\n\n".encode()
            if time.monotonic() - self._beat_s >= BEAT_S:
                self._beat_s = time.monotonic()
                return b":\n\n"
        self.close()
        raise StopIteration

    def close(self) -> None:
        """Give the place to the next one."""
        self._ended()

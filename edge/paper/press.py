"""Papers as PDF: set in a process of its own, one at a time, within a time.

Typesetting is an extra (`dorfhub[paper]`). Without it pages show the same paper to be printed by
the browser.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import select
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Sequence

from edge.paper.documents import Paper
from edge.store.errors import StoreError

LIMIT_S = 30.0  # a certificate takes a tenth of a second, on a Raspberry Pi 3 ten times that
QUEUE_S = 20.0  # then somebody else's paper takes too long
MOST = 6  # one is set, the others wait, and each holds a thread of the pages
MAX_CONTENT_BYTES = 2_000_000  # a list of a thousand names is a tenth of it
MAX_PDF_BYTES = 32_000_000
_THREADS = "1"  # one paper leaves the other cores to the collector


class NoPdf(StoreError):
    """No PDF can be made; ``hint`` says what to do instead."""


class NotInstalled(NoPdf):
    """Typesetting is not installed on this hub."""

    hint = (
        "Auf diesem Hub ist der PDF-Satz nicht installiert. Das Blatt lässt sich trotzdem "
        "drucken: im Browser mit Strg und P."
    )


class PressBusy(NoPdf):
    """Others print right now."""

    hint = "Es wird gerade etwas anderes gesetzt. Bitte gleich noch einmal versuchen."


class Press:
    """Sets papers. Threads may share one; the next waits for the one before.

    ``command`` starts a process that answers as `edge.paper.setter` does.
    """

    def __init__(
        self,
        *,
        limit_s: float = LIMIT_S,
        queue_s: float = QUEUE_S,
        command: Sequence[str] = (sys.executable, "-m", "edge.paper.setter"),
    ) -> None:
        self._command = command
        self._limit_s = limit_s
        self._queue_s = queue_s
        self._turn = threading.Lock()
        self._places = threading.BoundedSemaphore(MOST)
        self._child: subprocess.Popen[bytes] | None = None
        self._ending: weakref.finalize | None = None  # type: ignore[type-arg]

    @property
    def is_there(self) -> bool:
        """Whether typesetting is installed."""
        return importlib.util.find_spec("typst") is not None

    def pdf(self, paper: Paper, at_ms: int) -> bytes:
        """Return a paper as PDF/UA-1, made ``at_ms``.

        :raises NotInstalled: if typesetting is not installed.
        :raises PressBusy: if others print for too long, or too many wait.
        :raises NoPdf: if this paper cannot be set, or not in time.
        """
        if not self.is_there:
            raise NotInstalled("typst is not installed")
        request = json.dumps(
            {"template": paper.template, "paper": paper.content(), "at": at_ms // 1000}
        ).encode()
        if len(request) > MAX_CONTENT_BYTES:
            raise NoPdf("the paper is too long", hint="Das ist für ein Blatt zu viel Text.")
        if not self._places.acquire(blocking=False):
            raise PressBusy("too many papers wait")
        try:
            return self._in_turn(request)
        finally:
            self._places.release()

    def _in_turn(self, request: bytes) -> bytes:
        if not self._turn.acquire(timeout=self._queue_s):
            raise PressBusy("somebody else's paper is being set")
        try:
            return self._ask(request)
        finally:
            self._turn.release()

    def close(self) -> None:
        """End the process. Closing twice does nothing; the next paper starts another."""
        with self._turn:
            self._end()

    def _ask(self, request: bytes) -> bytes:
        deadline = time.monotonic() + self._limit_s
        child = self._running()
        try:
            code, answer = _exchange(child, request, deadline)
        except BrokenPipeError:  # it ended by itself between two papers
            self._end()
            child = self._running()
            try:
                code, answer = _exchange(child, request, deadline)
            except (OSError, EOFError) as error:
                self._end()
                raise _broken() from error
        except (TimeoutError, EOFError, OSError) as error:
            self._end()
            raise _broken() from error
        if code:
            raise NoPdf(
                "the paper cannot be set",
                hint="Dieses Blatt lässt sich nicht als PDF setzen, wohl wegen eines Zeichens, für "
                "das es hier keine Schrift gibt. Im Browser drucken geht: Strg und P.",
            )
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._end()
        self._child = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "RAYON_NUM_THREADS": _THREADS},
        )
        self._ending = weakref.finalize(self, _kill, self._child)  # also when the program ends
        return self._child

    def _end(self) -> None:
        self._child = None
        if self._ending is not None:
            self._ending()


def _kill(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # what was left unwritten
                pipe.close()
    child.wait()


def _broken() -> NoPdf:
    return NoPdf(
        "the setting of a paper was ended",
        hint="Das Setzen hat zu lange gedauert oder zu viel Speicher gebraucht. Bitte weniger auf "
        "einmal drucken, oder im Browser: Strg und P.",
    )


def _exchange(child: subprocess.Popen[bytes], request: bytes, deadline: float) -> tuple[int, bytes]:
    assert child.stdin is not None  # noqa: S101 - both are pipes
    assert child.stdout is not None  # noqa: S101
    child.stdin.write(len(request).to_bytes(4, "big") + request)
    child.stdin.flush()
    head = _read(child.stdout.fileno(), 5, deadline)
    size = int.from_bytes(head[1:], "big")
    if size > MAX_PDF_BYTES:
        raise EOFError
    return head[0], _read(child.stdout.fileno(), size, deadline)


def _read(source: int, count: int, deadline: float) -> bytes:
    """Read from the descriptor itself: a buffer would hide from `select` what is there."""
    found = bytearray()
    while len(found) < count:
        ready, _, _ = select.select([source], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError
        part = os.read(source, min(count - len(found), 1 << 20))
        if not part:
            raise EOFError
        found += part
    return bytes(found)

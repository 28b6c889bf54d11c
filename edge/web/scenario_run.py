"""Scenarios that are being reckoned for a page: one at a time, in a process of its own, kept short.

A page asks again until the answer is there; nobody waits in a request.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from edge.cadastre.apart import ApartError
from edge.process.log import Log

KEPT_MS = 15 * 60_000  # the cadastre may have changed since
RETRY_MS = 10_000  # after an error
MOST = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it at ``at`` (ms): ``found``, or ``hint`` says in German why not."""

    at: int
    found: Mapping[str, Any] | None
    hint: str = ""


class Reckoner:
    """Reckons what is asked for in a thread, one after the other, and keeps the last answers."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._answers: dict[str, Answer] = {}
        self._running: set[str] = set()

    def ask(self, key: str, work: Callable[[], Mapping[str, Any]], now_ms: int) -> Answer | None:
        """Return the answer to ``key``, or None while ``work`` is being done, which begins now."""
        with self._lock:
            answer = self._answers.get(key)
            if answer is not None and now_ms - answer.at < (KEPT_MS if answer.found else RETRY_MS):
                return answer
            if key in self._running:
                return None
            if len(self._running) >= MOST:
                return Answer(now_ms, None, _TOO_MANY)
            self._running.add(key)
        threading.Thread(target=self._do, args=(key, work, now_ms), daemon=True).start()
        return None

    def _do(self, key: str, work: Callable[[], Mapping[str, Any]], now_ms: int) -> None:
        hint = _FAILED
        found = None
        began_s = self._seconds()  # it may have to wait for its turn, and then take its time
        try:
            with self._turn:
                found = work()
        except ApartError as error:
            hint = error.hint
        except Exception as error:  # noqa: BLE001 - a thread has nobody else to tell
            Log().error("scenario-failed", error=str(error))
        with self._lock:
            self._running.discard(key)
            self._answers.pop(key, None)
            ended_ms = now_ms + round((self._seconds() - began_s) * 1000)
            self._answers[key] = Answer(ended_ms, found, "" if found is not None else hint)
            for old in list(self._answers)[:-MOST]:
                del self._answers[old]


_FAILED = "Das Szenario war nicht zu rechnen. Mehr steht im Protokoll des Hubs."
_TOO_MANY = "Es werden schon mehrere Szenarien gerechnet. Bitte in ein paar Minuten wiederkommen."

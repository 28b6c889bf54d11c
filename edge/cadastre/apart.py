"""A process of its own for what needs numpy: its memory goes back, and its end ends nothing else.

The process is ``python -m MODULE``, with one JSON object on standard input, one on standard output,
and :func:`serve` around what it does. With it goes all that it began, however it ends; and it ends
with who began it, whatever ends that.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Event
from typing import IO, Any

from edge.heat.errors import CadastreError
from edge.process.log import describe
from edge.store.errors import StoreError

NICE = 10  # alerts and pages go first
_POLL_S = 0.2
_SAID = 4000  # bytes of what it said last, for the log
_LIFELINE = "DORFHUB_APART_LIFELINE"  # the number of a pipe that ends with who began the process


class ApartError(Exception):
    """The process failed. ``hint`` says in German what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class ApartStopped(ApartError):
    """It was ended because who began it ends."""


def ask_apart(
    module: str,
    wishes: Mapping[str, object],
    limit_s: float,
    *,
    slow: str,
    hint: str,
    stop: Event | None = None,
    command: Sequence[str] = (),
) -> Any:
    """Return what ``module`` answers to ``wishes``.

    ``slow`` and ``hint``: in German, if it takes longer than ``limit_s``, if it fails otherwise.
    ``stop`` ends it. ``command``: another program that answers as such a module does.

    :raises ApartStopped: if ``stop`` was set.
    :raises ApartError: if it takes too long, or fails.
    :raises OSError: if it cannot begin.
    """
    with _files() as (asked, out, said):
        asked.write(json.dumps(wishes).encode())
        asked.seek(0)
        code = _run(
            command or (sys.executable, "-m", module), (asked, out, said), limit_s, slow, stop
        )
        out.seek(0)
        said.seek(0)
        lines = said.read()[-_SAID:].decode("utf-8", "replace").strip().splitlines()
        if code:
            raise ApartError(lines[-1] if lines else f"ended with {code}", hint)
        try:
            answer = json.loads(out.read())
            if "wrong" not in answer:
                return answer["done"]
            wrong, why = str(answer["wrong"]), str(answer["hint"])
        except (ValueError, LookupError, TypeError) as error:
            raise ApartError(f"no answer: {error}", hint) from error
    raise ApartError(wrong, why or hint)


@contextlib.contextmanager
def _files() -> Iterator[tuple[IO[bytes], IO[bytes], IO[bytes]]]:
    with (
        tempfile.TemporaryFile() as asked,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as said,
    ):
        yield asked, out, said


def _run(
    command: Sequence[str],
    files: tuple[IO[bytes], IO[bytes], IO[bytes]],
    limit_s: float,
    slow: str,
    stop: Event | None,
) -> int:
    line, held = os.pipe()
    # one thread of linear algebra: more cost memory and take the card's cores from the rest
    single = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", _LIFELINE: str(line)}
    asked, out, said = files
    try:
        with subprocess.Popen(
            command,
            stdin=asked,
            stdout=out,
            stderr=said,
            env={**os.environ, **single},
            pass_fds=(line,),
            start_new_session=True,
        ) as process:
            try:
                return _wait(process, limit_s, slow, stop)
            finally:  # whatever it started goes with it
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
    finally:
        os.close(line)
        os.close(held)


def _wait(process: subprocess.Popen[bytes], limit_s: float, slow: str, stop: Event | None) -> int:
    until = time.monotonic() + limit_s
    while True:
        left = until - time.monotonic()
        try:
            return process.wait(max(0.0, min(_POLL_S, left)))
        except subprocess.TimeoutExpired:
            if stop is not None and stop.is_set():
                raise ApartStopped("stopped", "") from None
            if time.monotonic() >= until:
                raise ApartError("too slow", slow) from None


def serve(
    work: Callable[[Any], object],
    known: tuple[type[Exception], ...] = (CadastreError, StoreError),
) -> None:
    """Do what standard input wishes, niced; an error of ``known``, with a hint, is answered so."""
    os.nice(NICE)
    if line := os.environ.get(_LIFELINE):
        threading.Thread(target=_end_with_parent, args=(int(line),), daemon=True).start()
    wishes = json.load(sys.stdin)
    try:
        answer: dict[str, object] = {"done": work(wishes)}
    except known as error:
        answer = {"wrong": str(error), "hint": getattr(error, "hint", "")}
    json.dump(answer, sys.stdout)
    sys.stdout.flush()


def _end_with_parent(line: int) -> None:
    """Wait for the end of who began this process, and end it then with all that it began."""
    os.read(line, 1)
    os.killpg(os.getpid(), signal.SIGKILL)


def told(error: Exception) -> str:
    """Return an unexpected error and where it was raised, for the log."""
    return " ".join(str(one) for one in describe(error).values())

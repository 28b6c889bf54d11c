"""A process of its own for what needs numpy: it stays in no process that runs for weeks.

The process is ``python -m MODULE``, with one JSON object on standard input, one on standard output,
and :func:`serve` around what it does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

from edge.heat.errors import CadastreError
from edge.process.log import describe
from edge.store.errors import StoreError

NICE = 10  # alerts and pages go first


class ApartError(Exception):
    """The process failed. ``hint`` says in German what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def ask_apart(
    module: str, wishes: Mapping[str, object], limit_s: float, *, slow: str, hint: str
) -> Any:
    """Return what ``module`` answers to ``wishes``.

    ``slow`` and ``hint``: in German, if it takes longer than ``limit_s``, if it fails otherwise.

    :raises ApartError: if it does either.
    """
    # one thread of linear algebra: more cost memory and take the card's cores from the rest
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", module],
            input=json.dumps(wishes).encode(),
            capture_output=True,
            timeout=limit_s,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired as error:
        raise ApartError("too slow", slow) from error
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ApartError(lines[-1] if lines else f"ended with {done.returncode}", hint)
    answer = json.loads(done.stdout)
    if "wrong" in answer:
        raise ApartError(answer["wrong"], answer["hint"] or hint)
    return answer["done"]


def serve(work: Callable[[Any], object]) -> None:
    """Do what standard input wishes, niced; an error that has a hint is answered with it."""
    os.nice(NICE)
    wishes = json.load(sys.stdin)
    try:
        answer: dict[str, object] = {"done": work(wishes)}
    except (CadastreError, StoreError) as error:
        answer = {"wrong": str(error), "hint": error.hint}
    json.dump(answer, sys.stdout)


def told(error: Exception) -> str:
    """Return an unexpected error and where it was raised, for the log."""
    return " ".join(str(one) for one in describe(error).values())

"""One line an event: `2026-11-23T14:05:06Z level process event key=value ...`.

A process calls :func:`start` once; everything in it may then make a :class:`Log`. Lines of other
people's libraries (standard `logging`) come out in the same shape, with the logger's name as event.
Nothing that a device measured and nobody's name belongs in a line.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

# A line is for a person and for journald, which splits at 48 KiB: nothing useful is longer.
MAX_LINE = 2000

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
_NEEDS_QUOTES = re.compile(r'[\s"=]')


class Log:
    """Where events go. ``values`` of every call become `key=value`, quoted where needed."""

    def __init__(self, name: str = "dorfhub") -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, /, **values: object) -> None:
        """Tell what is only of use while looking for a fault."""
        self._write(logging.DEBUG, event, values)

    def info(self, event: str, /, **values: object) -> None:
        """Tell what happened as it should."""
        self._write(logging.INFO, event, values)

    def warning(self, event: str, /, **values: object) -> None:
        """Tell what went wrong and is tried again."""
        self._write(logging.WARNING, event, values)

    def error(self, event: str, /, **values: object) -> None:
        """Tell what somebody has to look at."""
        self._write(logging.ERROR, event, values)

    def bug(self, event: str, error: BaseException, /, **values: object) -> None:
        """Tell an error that was not foreseen: its type, its words and where it came from."""
        self._write(logging.ERROR, event, {**values, **describe(error)})

    def _write(self, level: int, event: str, values: dict[str, object]) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, extra={"dorfhub_values": values})


def start(process: str, level: str = "info", stream: TextIO | None = None) -> Log:
    """Send every event of this process to ``stream`` (standard error); return its log.

    Calling it again replaces the name, the level and the stream.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Formatter(process))
    root = logging.getLogger()
    for old in root.handlers[:]:
        if isinstance(old.formatter, _Formatter):
            root.removeHandler(old)
    root.addHandler(handler)
    # libraries are asked for less than we are: their "info" is about themselves
    root.setLevel(max(logging.WARNING, _LEVELS[level]) if level != "debug" else logging.INFO)
    for ours in ("dorfhub", "edge", "sync", "hardware"):
        logging.getLogger(ours).setLevel(_LEVELS[level])
    return Log()


def line(process: str, level: str, event: str, values: dict[str, object], *, at_s: float) -> str:
    """Return the line, without its end. ``at_s`` counts seconds since 1970, UTC."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s))
    text = " ".join(
        [moment, level, process, _word(event), *(f"{k}={_word(v)}" for k, v in values.items())]
    )
    return text if len(text) <= MAX_LINE else text[: MAX_LINE - 1] + "…"


def describe(error: BaseException) -> dict[str, object]:
    """Return ``error`` (type and words) and ``at`` (the innermost file and line)."""
    told: dict[str, object] = {"error": f"{type(error).__name__}: {error}"}
    frames = traceback.extract_tb(error.__traceback__)
    if frames:
        told["at"] = f"{frames[-1].filename}:{frames[-1].lineno}"
    return told


class _Formatter(logging.Formatter):
    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        values = getattr(record, "dorfhub_values", None)
        if values is None:
            event, values = record.name, {"message": record.getMessage()}
        else:
            event = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            values = {**values, **describe(record.exc_info[1])}
        level = record.levelname.lower()
        return line(self._process, level, event, values, at_s=record.created)


def _word(value: object) -> str:
    text = value if isinstance(value, str) else str(value)
    if text and text.isprintable() and not _NEEDS_QUOTES.search(text):
        return text
    # a control character, or what a terminal takes for one, never reaches the terminal
    quoted = json.dumps(text, ensure_ascii=not text.isprintable())
    return quoted.replace("\x7f", "\\u007f")

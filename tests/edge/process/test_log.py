from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator

import pytest

from edge.process import log
from edge.process.log import Log, line, start


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:], level = before
    root.setLevel(level)
    for name in ("dorfhub", "edge", "sync", "hardware"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def test_the_shape() -> None:
    text = line("web", "info", "up", {"port": 8080, "name": 'Haus "am" Bach'}, at_s=1_795_442_706)
    assert text == r'2026-11-23T14:05:06Z info web up port=8080 name="Haus \"am\" Bach"'


@pytest.mark.parametrize(
    "value", ["a b", "a=b", 'a"b', "a\nb", "", "\x1b[31m", "\x7f", "a\u2028b", "\x9b1m"]
)
def test_a_value_never_breaks_its_line(value: str) -> None:
    text = line("web", "info", "up", {"value": value}, at_s=0)
    assert len(text.splitlines()) == 1
    assert json.loads(text.partition("value=")[2]) == value
    assert "\x1b" not in text


def test_a_line_is_bounded() -> None:
    assert len(line("web", "info", "up", {"v": "x" * 10_000}, at_s=0)) == log.MAX_LINE


def test_levels_and_errors(stream: io.StringIO) -> None:
    told = start("worker", "warning", stream)
    told.info("quiet")
    told.warning("loud", n=1)
    try:
        int("oh no")
    except ValueError as error:
        told.bug("broken", error, job="snapshot")
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert lines[0].endswith(" warning worker loud n=1")
    assert re.search(
        r' error worker broken job=snapshot error="ValueError: .*" at=\S+test_log.py:\d+$',
        lines[1],
    )


def test_libraries_speak_the_same_way(stream: io.StringIO) -> None:
    start("worker", "info", stream)
    logging.getLogger("zeroconf").info("chatter")
    logging.getLogger("zeroconf").warning("missed %s", "by 3 s")
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        logging.getLogger("waitress").exception("failed")
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert lines[0].endswith('warning worker zeroconf message="missed by 3 s"')
    assert "ZeroDivisionError" in lines[1]


def test_starting_again_replaces(stream: io.StringIO) -> None:
    other = io.StringIO()
    start("a", "info", stream)
    start("b", "info", other)
    Log().info("once")
    assert stream.getvalue() == ""
    assert other.getvalue().count("\n") == 1

"""A process of its own: what it answers, how it ends, and that all it began ends with it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event, Timer
from typing import Any

import pytest

from edge.cadastre.apart import ApartError, ApartStopped, ask_apart

SLOW, BROKEN = "Es dauert zu lange.", "Es ist gescheitert."


def ask(
    command: Sequence[str],
    limit_s: float = 600.0,
    *,
    stop: Event | None = None,
    wishes: Mapping[str, object] | None = None,
) -> Any:
    return ask_apart("", wishes or {}, limit_s, slow=SLOW, hint=BROKEN, stop=stop, command=command)


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    return tmp_path / "pid"


def hanging(marked: Path) -> tuple[str, ...]:
    """Return a program that begins another one, says its number, and hangs."""
    text = (
        "import subprocess, sys, time, pathlib\n"
        "one = subprocess.Popen(['sleep', '600'])\n"
        f"part = pathlib.Path({str(marked)!r} + '.part')\n"
        "part.write_text(str(one.pid))\n"
        f"part.rename({str(marked)!r})\n"
        "time.sleep(600)\n"
    )
    return sys.executable, "-c", text


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True


def wait_gone(pid: int) -> None:
    until = time.monotonic() + 20
    while not gone(pid):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_what_hangs_is_ended_with_all_that_it_began(marked: Path) -> None:
    with pytest.raises(ApartError, match="too slow") as caught:
        ask(hanging(marked), 3.0)
    assert not isinstance(caught.value, ApartStopped)
    assert caught.value.hint == SLOW
    wait_gone(int(marked.read_text()))


def test_the_end_of_the_program_ends_it(marked: Path) -> None:
    stop = Event()

    def set_once_it_runs() -> None:
        until = time.monotonic() + 30
        while not marked.exists() and time.monotonic() < until:
            time.sleep(0.05)
        stop.set()

    watch = Timer(0.0, set_once_it_runs)
    watch.start()
    with pytest.raises(ApartStopped):
        ask(hanging(marked), stop=stop)
    watch.join()
    wait_gone(int(marked.read_text()))


def test_the_sudden_end_of_the_program_ends_it_too(marked: Path) -> None:
    """Whoever is killed kills nobody; the process notices that it is alone."""
    work = (
        "import pathlib, subprocess, time\n"
        "from edge.cadastre.apart import serve\n"
        "def work(wishes):\n"
        "    one = subprocess.Popen(['sleep', '600'])\n"
        "    part = pathlib.Path(wishes['mark'] + '.part')\n"
        "    part.write_text(str(one.pid))\n"
        "    part.rename(wishes['mark'])\n"
        "    time.sleep(600)\n"
        "serve(work)\n"
    )
    program = (
        "import sys\n"
        "from edge.cadastre.apart import ask_apart\n"
        f"command = (sys.executable, '-c', {work!r})\n"
        f"ask_apart('', {{'mark': {str(marked)!r}}}, 600.0, slow='', hint='', command=command)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program]) as process:
        until = time.monotonic() + 60
        while not marked.exists():
            assert time.monotonic() < until
            assert process.poll() is None
            time.sleep(0.05)
        process.kill()
    wait_gone(int(marked.read_text()))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import os; os.kill(os.getpid(), 9)", "ended with -9"),
        ("import sys; sys.stderr.write('x' * 300_000 + chr(10) + 'the last line'); sys.exit(3)",
         "the last line"),
        ("print('no json')", "no answer"),
        ("print('[]')", "no answer"),
        ("print('{}')", "no answer"),
        ("""print('{"wrong": "no lake"}')""", "no answer"),
        ("""print('{"wrong": "no lake", "hint": "Kein See."}')""", "no lake"),
    ],
)  # fmt: skip
def test_a_crash_and_nonsense_are_failures(text: str, message: str) -> None:
    with pytest.raises(ApartError, match=message) as caught:
        ask((sys.executable, "-c", text))
    assert caught.value.hint == ("Kein See." if message == "no lake" else BROKEN)


def test_a_large_wish_is_answered_and_one_that_nobody_reads_hinders_nobody() -> None:
    echo = "from edge.cadastre.apart import serve; serve(lambda wishes: len(wishes['x']))"
    large = {"x": "x" * 1_000_000}
    assert ask((sys.executable, "-c", echo), wishes=large) == 1_000_000
    deaf = """print('{"done": 1}')"""
    assert ask((sys.executable, "-c", deaf), wishes=large) == 1


def test_only_known_errors_are_answered() -> None:
    text = (
        "from edge.cadastre.apart import serve\n"
        "class Known(Exception):\n"
        "    hint = 'Bekannt.'\n"
        "def work(wishes):\n"
        "    raise Known('one') if wishes else KeyError('two')\n"
        "serve(work, (Known,))\n"
    )
    with pytest.raises(ApartError, match="one") as caught:
        ask((sys.executable, "-c", text), wishes={"x": 1})
    assert caught.value.hint == "Bekannt."
    with pytest.raises(ApartError, match="KeyError: 'two'") as caught:
        ask((sys.executable, "-c", text))
    assert caught.value.hint == BROKEN

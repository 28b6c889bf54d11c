"""The demo's processes and folder, when somebody is in a hurry."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from typing import NoReturn

import pytest

from sync.demo import world as module
from sync.demo.world import ENDING, World


@pytest.fixture(autouse=True)
def _as_the_command_does() -> Iterator[None]:
    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ENDING)
def test_ctrl_c_while_a_process_starts_leaves_none(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Hurried(subprocess.Popen[bytes]):
        def __init__(self, *arguments: object, **named: object) -> None:
            super().__init__(*arguments, **named)  # type: ignore[call-overload]
            started.append(self)
            os.kill(os.getpid(), number)

    monkeypatch.setattr(module.subprocess, "Popen", Hurried)
    with pytest.raises(KeyboardInterrupt), World() as world:
        world.start("sim-meter", "meter", "simulate")
    assert [one.returncode is not None for one in started] == [True]
    assert not world.folder.exists()


@pytest.mark.parametrize("number", ENDING)
def test_a_second_one_does_not_stop_the_ending(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    with World() as world:
        process = world.start("sim-meter", "meter", "simulate").process
        terminate = process.terminate

        def impatient() -> None:
            os.kill(os.getpid(), number)
            terminate()

        monkeypatch.setattr(process, "terminate", impatient)
    assert process.returncode is not None
    assert not world.folder.exists()

"""Commands typed at a hub: in this process, or each in one of its own beside a running hub."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner, Result

from edge.cli import root
from edge.config import Config

DORFHUB = [sys.executable, "-m", "sync"]


def typed_to(*group: str) -> Callable[..., Result]:
    """Return what runs a command of that group; ``typed`` is its standard input."""

    def run(config: Config, *arguments: str, typed: str = "") -> Result:
        command = ["--config", str(config.source), *group, *arguments]
        return CliRunner().invoke(root, command, input=typed)

    return run


def dorfhub(path: Path, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [*DORFHUB, "--config", str(path), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, input=typed)


@contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*DORFHUB, *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            assert process.wait(20) == 0


def use_radio(path: Path, adapter: str) -> None:
    text = re.sub(r"(?ms)^\[radio\].*?(?=^\[|\Z)", "", path.read_text())
    path.write_text(
        f'{text}\n[radio]\nkind = "virtual"\nadapter = "{adapter}"\nscan_interval_s = 5.0\n'
    )

"""A hub that was set up with two of three and started anew: nothing opens it but stick and PIN."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from edge.config import Config
from edge.store.setup import create
from edge.unlock import memory
from edge.unlock.installing import Installing
from edge.unlock.opener import Opener
from edge.unlock.wrapping import KEY_BYTES
from tests.hall import furnished

PIN = "271828"


@contextmanager
def memory_folder() -> Iterator[Path]:
    """Give a folder on a file system that is memory."""
    if not Path("/dev/shm").is_dir():  # noqa: S108 - the one place that is memory everywhere
        pytest.skip("no memory file system")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def locked_hub(
    folder: Path, in_memory: Path, rooms: Sequence[Callable[[Config, int], None]] = ()
) -> Config:
    """Return a furnished village's hub as it is after a reboot; its stick is plugged in."""
    config = furnished(folder, rooms)
    create(config)
    return two_of_three(config, in_memory)


def two_of_three(config: Config, in_memory: Path) -> Config:
    """Return a hub that two of three open, and nobody has yet.

    ``in_memory`` is a folder on a file system that is memory: for the opened key, and the stick.
    The key server is one that never answers.
    """
    stick = in_memory / "media" / "STICK"
    stick.mkdir(parents=True)
    plain = config.personal.key_file
    key = memory.read(plain)
    assert key is not None
    config = replace(
        config,
        personal=replace(config.personal, key_file=in_memory / "run" / "personal.key"),
        sync=replace(config.sync, sticks=(stick.parent,)),
    )
    work = Installing(Opener.of(config), key)
    work.use_token(stick)
    work.use_pin(PIN)
    work._tang = ("http://127.0.0.1:9", "e30.a.b.c.d")
    work._secrets["tang"] = secrets.token_bytes(KEY_BYTES)
    work.draft()
    work._draft.replace(work.opener.record_path)
    plain.unlink()
    return config

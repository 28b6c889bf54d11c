"""A program of a plugin in a process of its own: what it loads and needs goes when it ends."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path


class ChildError(Exception):
    """The program failed; the message is the last line that it said of it."""


async def run(program: Path, *arguments: str, given: bytes, timeout_s: float) -> bytes:
    """Run a Python file, hand it ``given``, and return what it wrote.

    It is killed when the time is over, or whoever waits for it is cancelled.

    :raises ChildError: if it failed.
    :raises TimeoutError: if it took longer.
    """
    # -P: nothing is imported from the working folder, which may be the one that is published
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        str(program),
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        written, said = await asyncio.wait_for(child.communicate(given), timeout_s)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode:
        lines = said.decode(errors="replace").strip().splitlines()
        raise ChildError(lines[-1] if lines else f"code {child.returncode}")
    return written

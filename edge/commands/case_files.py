"""Files of consultations as commands read and write them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

SUFFIX = ".dhfall"
_MAX_FILES = 2000  # of a folder; a stick with more was filled with something else
_MAX_BYTES = 16 << 20


def as_path() -> click.Path:
    """Return the type of an argument that must be there."""
    return click.Path(exists=True, path_type=Path)


def case_files(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield files as they are, and of folders what is named as a packet."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        yield from sorted(path.glob(f"*{SUFFIX}"))[:_MAX_FILES]


def read_file(file: Path) -> bytes:
    """Return a file's bytes, no more than a packet has; say in words if it cannot be read."""
    try:
        with file.open("rb") as stream:
            return stream.read(_MAX_BYTES)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from None


def write_file(file: Path, data: bytes) -> None:
    """Write a file as a whole, its folder too; say in words if that cannot be."""
    from hardware.durable import flush, fresh_private  # noqa: PLC0415 - `--help` is quick

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh_private(file, data).replace(file)
        flush(file.parent)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from None


def now_ms() -> int:
    """Return this moment, ms since 1970."""
    return time.time_ns() // 1_000_000

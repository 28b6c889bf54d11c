"""What a county reckoned, kept as one JSON file until it is reckoned anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sync.county import disk

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")


def text(found: DataclassInstance) -> str:
    """Return it as JSON: its fields by name, tuples as lists."""
    return json.dumps(asdict(found), ensure_ascii=False)


def write(file: Path, found: DataclassInstance) -> None:
    """Keep it; the one before is replaced.

    :raises OSError: if the disk does not take it.
    """
    disk.write(file, text(found).encode())


def read(file: Path, of: Callable[[Any], T]) -> T | None:
    """Return what is kept, None if there is nothing, or it is another version's.

    ``of`` makes it of the file's object; what it raises of a wrong one is no fault.
    """
    try:
        return of(json.loads(file.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        return None

"""What a person tells a scale of their body, on its way there: a file in `run/` for a moment.

`run/` is memory on the Pi. Whoever takes the data removes it; what nobody took in time is swept.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

OLDEST_MS = 600_000  # no request waits that long
_NAME = "[0-9a-f]{32}"


def data_file(token: str) -> str:
    """Return the name under which a person's data for a scale lies in ``run/`` for a moment.

    :raises ValueError: if ``token`` is none that :func:`new_token` gave.
    """
    if not re.fullmatch(_NAME, token):
        raise ValueError("no token")
    return f"scale-data-{token}.json"


def new_token() -> str:
    """Return a name that nobody guesses."""
    return secrets.token_hex(16)


def lay_down(folder: Path, stored: Mapping[str, object], now_ms: int) -> str:
    """Lay data where the collector finds it; return the token that the request must name.

    What was laid there long ago is removed.

    :raises OSError: if it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for old in folder.glob("scale-data-*.json"):
        with contextlib.suppress(FileNotFoundError):  # another does the same
            if abs(now_ms - old.stat().st_mtime * 1000) > OLDEST_MS:
                old.unlink()
    token = new_token()
    path = folder / data_file(token)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(stored, file)
    return token


def take(folder: Path, token: str) -> Mapping[str, object] | None:
    """Return what lies there and leave nothing of it behind; None if there is nothing."""
    try:
        stored = json.loads((folder / data_file(token)).read_bytes())
    except (OSError, ValueError):
        return None
    finally:
        remove(folder, token)
    return stored if isinstance(stored, dict) else None


def remove(folder: Path, token: object) -> None:
    """Leave nothing of it behind; anything but a token names nothing."""
    with contextlib.suppress(ValueError):
        (folder / data_file(str(token))).unlink(missing_ok=True)

"""The stick: a file with 32 random bytes on something that is plugged in."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path

from edge.material.sticks import sticks
from edge.unlock.errors import FactorAbsent, Refused, WrongFactor
from edge.unlock.wrapping import KEY_BYTES, Record, check
from hardware.durable import flush

PREFIX = "dorfhub-unlock-"
_MOST = 256  # such files of one stick; a setting up that was broken off leaves one

_NOT_WRITTEN = "Auf den Stick konnte nicht geschrieben werden. Bitte einen anderen nehmen."


def write(stick: Path) -> tuple[Path, bytes]:
    """Write a new token on a stick; others there stay. Return its file and secret.

    :raises Refused: if the stick takes nothing.
    """
    secret = secrets.token_bytes(KEY_BYTES)
    path = stick / f"{PREFIX}{secrets.token_hex(4)}.key"
    try:
        with path.open("xb") as file:
            file.write(secret)
        flush(path)
        flush(stick)
        is_there = path.read_bytes() == secret
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}", hint=_NOT_WRITTEN) from error
    if not is_there:
        raise Refused(f"{path}: what was written is not there", hint=_NOT_WRITTEN)
    return path, secret


def find(places: Sequence[Path], record: Record) -> bytes:
    """Return the secret of this hub's token among what is plugged in.

    :raises FactorAbsent: if no stick has a token.
    :raises WrongFactor: if there are only tokens of others.
    """
    wrong: WrongFactor | None = None
    for stick in sticks(places):
        for path in sorted(stick.glob(f"{PREFIX}*.key"))[:_MOST]:
            try:
                with path.open("rb") as file:
                    secret = file.read(KEY_BYTES + 1)
            except OSError:
                continue
            if len(secret) != KEY_BYTES:
                continue
            try:
                check(record, "token", secret)
            except WrongFactor as error:
                wrong = error
            else:
                return secret
    if wrong is not None:
        raise wrong
    raise FactorAbsent("no stick with a token", hint="Der Stick zum Entsperren steckt nicht.")

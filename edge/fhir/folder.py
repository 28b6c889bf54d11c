"""A folder of files that another program fetches, or that a practice's answers come in.

What goes out is there whole or not at all. What came in and was dealt with, or refused, lies
beside, sealed to the care key, so that nothing is lost and nothing lies open.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from edge.fhir.issue import FhirError
from edge.fhir.json_text import MOST_BYTES
from hardware.durable import flush

TAKEN, REFUSED = "uebernommen", "abgelehnt"
KEEP_DAYS = 90  # a quarter: until then a practice is asked and has answered
_SUFFIXES = (".json", ".json.age")


def recipients(texts: Iterable[str]) -> list[str]:
    """Return the keys that files are to be sealed to.

    :raises FhirError: if one is no age recipient.
    """
    import pyrage  # noqa: PLC0415 - not needed for a file in the clear

    found = [text.strip() for text in texts]
    for text in found:
        try:
            pyrage.x25519.Recipient.from_str(text)
        except (ValueError, pyrage.RecipientError):
            raise FhirError(
                "Das ist kein Empfänger von age.", "Einen Schlüssel angeben, der mit age1 beginnt."
            ) from None
    return found


def sealed(content: bytes, to: Sequence[str]) -> bytes:
    """Return content that only these recipients open."""
    import pyrage  # noqa: PLC0415 - see above

    keys = [pyrage.x25519.Recipient.from_str(one) for one in to]
    return bytes(pyrage.encrypt(content, keys))


def opened(content: bytes, identity: str) -> bytes:
    """Return what was sealed to the hub's care key.

    :raises FhirError: if it was sealed to another, or is damaged.
    """
    import pyrage  # noqa: PLC0415 - see above

    try:
        return bytes(pyrage.decrypt(content, [pyrage.x25519.Identity.from_str(identity)]))
    except pyrage.DecryptError:
        raise FhirError(
            "Die Datei ist für einen anderen Schlüssel versiegelt oder beschädigt.",
            "Die Praxis bitten, sie für den Schlüssel dieses Hubs zu versiegeln.",
        ) from None


def put(into: Path, name: str, files: Mapping[str, bytes], to: Sequence[str] = ()) -> Path:
    """Write files as one folder ``name``; an earlier one of that name is replaced.

    Each is sealed to the recipients, if there are any, and then ends in ``.age``.

    :raises OSError: if there is no room or no right to write; then nothing is there.
    """
    into.mkdir(parents=True, exist_ok=True)
    made, old, whole = into / f".{name}.neu", into / f".{name}.alt", into / name
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(mode=0o700)
    try:
        for file, content in files.items():
            path = made / (f"{file}.age" if to else file)
            _write(path, sealed(content, to) if to else content)
        flush(made)
        if whole.exists():
            shutil.rmtree(old, ignore_errors=True)
            whole.rename(old)
        made.rename(whole)
        flush(into)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        if old.exists() and not whole.exists():
            old.rename(whole)
        raise
    shutil.rmtree(old, ignore_errors=True)
    return whole


def put_file(path: Path, content: bytes, to: Sequence[str] = ()) -> None:
    """Write one file as a whole, readable by its owner alone, sealed if there are recipients."""
    made = path.with_name(f".{path.name}.neu")
    made.unlink(missing_ok=True)
    try:
        _write(made, sealed(content, to) if to else content)
        made.replace(path)
    except BaseException:
        made.unlink(missing_ok=True)
        raise
    flush(path.parent)


def incoming(folder: Path) -> list[Path]:
    """Return the files of a folder that nobody dealt with, oldest name first."""
    return sorted(
        one
        for one in folder.iterdir()
        if one.is_file() and one.name.endswith(_SUFFIXES) and not one.name.startswith(".")
    )


def content_of(path: Path, identity: str) -> bytes:
    """Return what a file holds, opened if it is sealed.

    :raises FhirError: if it is too large or cannot be opened.
    """
    with path.open("rb") as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise FhirError(f"Größer als {MOST_BYTES >> 20} MB.", "In mehreren Teilen ausgeben lassen.")
    return opened(content, identity) if path.name.endswith(".age") else content


def set_aside(path: Path, where: str, content: bytes, why: str, to: str) -> Path:
    """Move a file that came in to `TAKEN` or `REFUSED`, sealed to the care key, with the reason."""
    folder = path.parent / where
    folder.mkdir(mode=0o700, exist_ok=True)
    name = path.name.removesuffix(".age")
    put_file(folder / f"{name}.age", content, [to])
    if why:
        put_file(folder / f"{name}.warum.txt.age", why.encode(), [to])
    path.unlink()
    flush(path.parent)
    return folder / f"{name}.age"


def tidy(folder: Path, now_ms: int) -> int:
    """Delete what was set aside more than `KEEP_DAYS` ago; return how many files."""
    count = 0
    for where in (TAKEN, REFUSED):
        for one in sorted((folder / where).glob("*.age")):
            if now_ms - one.stat().st_mtime_ns // 1_000_000 > KEEP_DAYS * 86_400_000:
                one.unlink()
                count += 1
    return count


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())

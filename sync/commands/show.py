"""Who somebody is, for people: words, fingerprint and QR code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from sync import comparison, identity, words


def lines(name: bytes, command: str) -> Iterator[str]:
    """Yield what the other side compares, and the command that it then types."""
    spoken = words.spoken(name)
    yield f"Sechs Wörter:          {spoken}"
    yield f"Fingerabdruck:         {identity.fingerprint(name)}"
    yield f"Drüben bestätigen:     {command} {spoken.lower()}"


def code(name: bytes, picture: Path | None, *, qr: bool) -> None:
    """Print the QR code if ``qr``; write it as SVG if there is a ``picture`` to write."""
    if qr:
        click.echo(comparison.terminal(name))
    if picture is not None:
        picture.write_bytes(comparison.svg(name))
        click.echo(f"QR-Code geschrieben:   {picture}")

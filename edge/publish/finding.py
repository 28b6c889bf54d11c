"""What the auditor finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason to refuse. ``where`` names the cell, the table or the byte.

    ``stops``: the rules of the cube cannot be asked of such a file.
    """

    where: str
    what: str
    stops: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"

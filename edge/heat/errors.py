"""What the rules of the heat cadastre raise."""

from __future__ import annotations


class CadastreError(Exception):
    """Somebody gave what cannot be taken; ``hint`` says in German what to do about it."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint

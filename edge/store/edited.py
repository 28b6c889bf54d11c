"""Two people edit one thing: the second is told, and nothing is lost."""

from __future__ import annotations

from edge.store.errors import StoreError


class EditedSince(StoreError):
    """Somebody else changed it since it was read: what was sent is not stored. ``rev`` stands."""

    hint = "Jemand anderes hat das inzwischen geändert. Es ist nichts verloren."

    def __init__(self, what: str, rev: int) -> None:
        super().__init__(f"{what} is at revision {rev} now")
        self.rev = rev


class NotThere(StoreError):
    """There is nothing of that number any more."""

    hint = "Das gibt es nicht mehr."

"""The manufacturer's own bytes: fields at fixed places, laid out by a profile."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.reading import Record


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the values stand in a manufacturer's own bytes.

    ``source`` is `telegram` for all that follows the CI field (one of ``cis``), or the standard
    name of the record whose bytes they are.
    """

    source: str
    cis: frozenset[int] = frozenset()

    def read(self, data: bytes) -> tuple[Record, ...]:
        """Return the values in ``data``.

        :raises DecodeError: if ``data`` are not of this layout.
        """
        raise NotImplementedError

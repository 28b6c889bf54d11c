"""Sentences made of parts: what a table is narrowed to, and what went wrong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from datasette_deutsch.catalogue import Catalogue


class Filters(Protocol):
    """What of Datasette's filters is needed."""

    def selections(self) -> Iterable[tuple[str, str, str]]:
        """Yield column, key of the comparison, value."""

    def lookups(self) -> Iterable[tuple[str, str, bool]]:
        """Yield key, English name, and whether it takes no value."""


def narrowed(catalogue: Catalogue, filters: Filters, search: str | None) -> list[str]:
    """Return the conditions that the shown rows meet, each as a phrase."""
    names = {key: (display, no_value) for key, display, no_value in filters.lookups()}
    found = [catalogue.text("contains “{text}”", text=search)] if search else []
    for column, key, value in filters.selections():
        display, no_value = names.get(key, (key, False))
        said = comparison(catalogue, key, display)
        found.append(f"{column} {said}" if no_value else f"{column} {said} „{value}“")
    return found


def comparison(catalogue: Catalogue, key: str, display: str) -> str:
    """Return a comparison's name: by its key, for two of Datasette's have one English name."""
    known = catalogue.texts.get(f"filter:{key}")
    return known if known is not None else catalogue.text(display)


def failure(catalogue: Catalogue, status: int | None, title: str | None) -> str:
    """Return the heading of an error's page."""
    by_status = catalogue.texts.get(f"error:{status}") if status else None
    by_title = catalogue.texts.get(title) if title else None
    if by_title or by_status:
        return str(by_title or by_status)
    return title or catalogue.text("Error {status}", status=status or "")

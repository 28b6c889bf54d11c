"""Addresses of the page one is on: bare query strings, in which no host or prefix can be wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit


def same_page(url: str) -> str:
    """Return ``url``, which leads to the page one is on with another query, without its path."""
    parts = urlsplit(url)
    return f"?{parts.query}" + (f"#{parts.fragment}" if parts.fragment else "")


def query_with(
    query: str,
    *,
    put: Mapping[str, str] | None = None,
    add: Iterable[tuple[str, str]] = (),
    drop: Iterable[str] = (),
) -> str:
    """Return ``query`` with other arguments, from the first of the list's pages."""
    put = put or {}
    gone = {"_next", *put, *drop}
    kept = [(key, value) for key, value in parse_qsl(query, True) if key not in gone]
    return "?" + urlencode([*kept, *put.items(), *add])

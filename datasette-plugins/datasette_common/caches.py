"""What answers say to those that keep them, and whether one has what is asked for.

Source: RFC 9110, 13.1.2 (If-None-Match); RFC 9111, 5.2.2.1 (max-age).
"""

from __future__ import annotations

from collections.abc import Mapping

A_YEAR_S = 31536000  # the longest that is asked for, of what never changes at its address


def has(asked: Mapping[str, str], etag: str) -> bool:
    """Return whether who asks with the headers ``asked`` (names in small letters) has ``etag``."""
    known = [one.strip().removeprefix("W/") for one in asked.get("if-none-match", "").split(",")]
    return etag in known or "*" in known

"""How an error is told to a person: first what to do, in German, then the technical words."""

from __future__ import annotations

_NO_HINT = "Unbekannte Störung; im Protokoll des Hubs steht mehr."


def said(error: BaseException, words: str = "") -> str:
    """Return the error's ``hint`` and, in brackets, ``words`` or else the error's own.

    An error without a hint is told with its type. What is cut off at the end, on a page or in a
    table, is what only a technician needs.
    """
    hint = str(getattr(error, "hint", "")).strip()
    technical = words or str(error)
    if not hint:
        technical = f"{type(error).__name__}: {technical}" if technical else type(error).__name__
    technical = technical.strip().rstrip(".")
    return f"{hint or _NO_HINT} ({technical})" if technical else hint

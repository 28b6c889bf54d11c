"""What a failure of SQLite means for whoever asks, and texts that it takes."""

from __future__ import annotations

# What it says of a statement that is too much for it, because so much was asked.
_TOO_MUCH = (
    "expression tree is too large", "parser stack overflow", "too many", "too complex", "too big",
    "integer overflow",
)  # fmt: skip


def is_asked_too_much(error: Exception) -> bool:
    """Tell whether SQLite refuses for the size of what is asked, and not for a fault of ours."""
    said = str(error).lower()
    return any(words in said for words in _TOO_MUCH)


def is_text(value: str) -> bool:
    """Tell whether SQLite takes a text: half a character, as JSON can say it, is none."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True

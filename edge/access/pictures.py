"""The picture PIN: three of twelve pictures, in order. Pure."""

from __future__ import annotations

from collections.abc import Sequence

# key: what it is called, aloud and below the drawing. Where each stands is learnt: never changed.
PICTURES = {
    "apfel": "Apfel",
    "baum": "Baum",
    "boot": "Boot",
    "fisch": "Fisch",
    "glocke": "Glocke",
    "haus": "Haus",
    "herz": "Herz",
    "mond": "Mond",
    "schirm": "Schirm",
    "sonne": "Sonne",
    "stern": "Stern",
    "tasse": "Tasse",
}
PICKS = 3


def is_pin(picks: Sequence[str]) -> bool:
    """Tell whether these are three different pictures that there are."""
    return len(picks) == PICKS == len(set(picks)) and all(one in PICTURES for one in picks)


def secret_of(picks: Sequence[str]) -> str:
    """Return the text that stands for the row of pictures."""
    return ".".join(picks)

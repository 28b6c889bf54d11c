"""What can be wrong with a key or a proof."""

from __future__ import annotations

from edge.store.errors import StoreError


class KeyUnusable(StoreError):
    """The key that signs proofs cannot be read or made."""


class Unreadable(StoreError):
    """What was shown is no proof, or was changed on the way."""

    hint = (
        "Das ist keine Bescheinigung eines Dorfhubs, oder sie wurde verändert. Bitte noch einmal "
        "lesen lassen; stimmt es wieder nicht, gilt sie nicht."
    )


class TooEarly(StoreError):
    """It was signed later than it is now: a clock is wrong."""

    hint = (
        "Diese Bescheinigung trägt ein Datum, das noch nicht war. Wahrscheinlich geht die Uhr "
        "dieses Hubs falsch: Bitte später noch einmal prüfen."
    )

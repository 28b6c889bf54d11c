"""What somebody who stands before the board with a stick, or beside the bus, has to know now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edge.clock import Clock
from edge.config import Config
from edge.store.errors import StoreError
from edge.store.shared import looking
from edge.store.village import VillageStore
from edge.web.tongue import later, say

SIGN_MS = 24 * 3600 * 1000  # what became of a stick is of interest on that day
BUSY_MS = 3600 * 1000  # what takes longer was interrupted, and nobody is left to say so
GONE_MS = 10 * 60 * 1000  # that it was pulled out, for as long as one stands before it
_LONGEST_MS = {"gone": GONE_MS, "busy": BUSY_MS}
_TITLES = {"stick": later("USB-Stick"), "bus": later("Der Bus des Kreises")}


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign; ``mood`` is a class of the style, ``busy`` that it will change in a moment."""

    title: str
    message: str
    advice: str
    mood: Literal["good", "warn", "bad", ""]
    busy: bool = False


def signs(village: VillageStore, now_ms: int) -> list[Sign]:
    """Return the signs that are of interest now.

    :raises StoreError: if they cannot be read.
    """
    found = []
    for road in village.roads():
        title = _TITLES.get(road.kind)
        age_ms = abs(now_ms - road.at)  # the clock may have been set meanwhile
        if title is None or age_ms > _LONGEST_MS.get(road.state, SIGN_MS):
            continue
        mood = _MOODS[road.state]
        found.append(Sign(title, road.message, road.hint, mood, road.state == "busy"))
    return found


def gather_signs(config: Config, clock: Clock) -> list[Sign]:
    """Return the signs as of now; one that says so if they cannot be read."""
    try:
        with looking(config.hub.village_db) as village:
            return signs(village, clock.stamp().wall_ms)
    except StoreError as error:
        hint = error.hint or say("Bitte gleich noch einmal versuchen.")
        return [Sign("USB-Stick", say("Gerade ist nicht zu sehen, wie es steht."), hint, "bad")]


_MOODS: dict[str, Literal["good", "warn", "bad", ""]] = {
    "busy": "warn",
    "good": "good",
    "bad": "bad",
    "gone": "",
}

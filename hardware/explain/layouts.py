"""The manufacturer's own bytes, as far as a profile's layout knows them."""

from __future__ import annotations

from hardware.explain.span import Tiles, phrase
from hardware.profiles.model import Profile


def own_content(tiles: Tiles, ci: int, profile: Profile | None, *, is_valid: bool) -> None:
    """Cover what stands behind a CI field ``ci`` that says: laid out by the manufacturer."""
    del ci, is_valid
    name = phrase("no_profile") if profile is None else phrase("profile", profile.name)
    tiles.rest(phrase("why.own", name))

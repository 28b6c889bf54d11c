"""The doctor's look at the hub's own profiles of meters."""

from __future__ import annotations

from collections.abc import Iterator

from edge.config import Config
from edge.doctor.checks import Finding
from edge.profiles import ADVICE, hub_profiles


def profiles(config: Config) -> Iterator[Finding]:
    """Name each file that is no profile; say nothing where hub.toml names no folder."""
    folder = config.hub.profiles
    if folder is None:
        return
    registry, wrong = hub_profiles(folder)
    for error in wrong:
        yield Finding("profile", "warn", f"Ein eigenes Profil wird nicht benutzt. {error}", ADVICE)
    if not wrong:
        count = len(list(folder.glob("*.toml")))
        message = f"Eigene Profile: {count}; mit denen des Programms {len(registry.profiles)}."
        yield Finding("profile", "ok", message)

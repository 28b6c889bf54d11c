"""The doctor's look at what the county announced: a newer version of this program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import version

from edge.config import Config
from edge.doctor.checks import Finding
from edge.store.village_reader import VillageReader

_ADVICE = "Nichts geschieht von selbst. Das Update holen und einspielen lassen{}."


def software(config: Config) -> Iterator[Finding]:
    """Tell of the newest announced version, if it is newer than the one that runs."""
    if not config.hub.village_db.exists():
        return
    with VillageReader(config.hub.village_db) as village:
        announced = village.software()
    here = version("dorfhub")
    newer = [one for one in announced if _order(one.version) > _order(here)]
    if not newer:
        return
    newest = max(newer, key=lambda one: _order(one.version))
    said = f": {newest.text}" if newest.text else ""
    message = f"Der Landkreis kündigt Version {newest.version} an (hier läuft {here}){said}"
    where = f" ({newest.url}, SHA-256 {newest.sha256.hex()[:16]}…)" if newest.url else ""
    yield Finding("software", "warn", message, _ADVICE.format(where))


def _order(name: str) -> tuple[int, ...]:
    """Return what puts versions in order: their numbers; what has none comes first."""
    return tuple(int(part) for part in re.findall(r"\d+", name))

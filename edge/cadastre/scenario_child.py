"""A process of its own that reckons a scenario, for the page. Use :func:`scenario_apart`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edge.cadastre.apart import ask_apart, serve

LIMIT_S = 600.0  # 100,000 buildings on the slowest card
_SLOW = "Das Szenario braucht zu lange. Von Hand: dorfhub heat scenario DATEI"
_HINT = "Von Hand zeigt mehr: dorfhub heat scenario DATEI"


def scenario_apart(village_db: Path, plan: str, typology: str, at: int) -> dict[str, Any]:
    """Return what `edge.heat.scenario.told` says of a scenario. ``plan``, ``typology``: TOML.

    ``at`` is ms since 1970, UTC.

    :raises edge.cadastre.apart.ApartError: if that fails; ``hint`` says why in German.
    """
    wishes = {"village_db": str(village_db), "plan": plan, "typology": typology, "at": at}
    found: dict[str, Any] = ask_apart(
        "edge.cadastre.scenario_child", wishes, LIMIT_S, slow=_SLOW, hint=_HINT
    )
    return found


def _work(wishes: Mapping[str, Any]) -> Mapping[str, object]:
    from edge.cadastre.scenario import look_ahead  # noqa: PLC0415 - numpy, here alone
    from edge.heat import typology  # noqa: PLC0415
    from edge.heat.scenario.reading import loads  # noqa: PLC0415
    from edge.heat.scenario.told import as_object  # noqa: PLC0415
    from edge.store.village import VillageStore  # noqa: PLC0415

    plan, values = loads(wishes["plan"]), typology.loads(wishes["typology"])
    with VillageStore(Path(wishes["village_db"])) as village:
        found = look_ahead(village, values, plan, wishes["at"])
    return as_object(plan, found, made_up=values.made_up)


if __name__ == "__main__":
    serve(_work)

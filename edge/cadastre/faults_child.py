"""A process of its own that looks for faults of heat. Use :func:`look_apart`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.cadastre.apart import ask_apart, serve
from edge.clock import Stamp
from edge.config import Config

OWN = "faults.toml"
LIMIT_S = 1800.0
_SLOW = "Die Suche nach Wärmefehlern braucht zu lange. Sie wird wieder versucht."
_HINT = "Von Hand zeigt mehr: dorfhub heat faults"


@dataclass(frozen=True, slots=True)
class Looked:
    """How one meter came out: how many faults, whether it could be judged, what failed."""

    meter: str
    faults: int
    judged: bool
    failed: str


def look_apart(config: Config, stamp: Stamp) -> list[Looked]:
    """Look for faults of all communal meters in a process of its own; it keeps what it finds.

    :raises edge.cadastre.apart.ApartError: if that fails.
    """
    wishes = {"config": str(config.source), "now_ms": stamp.wall_ms}
    found = ask_apart("edge.cadastre.faults_child", wishes, LIMIT_S, slow=_SLOW, hint=_HINT)
    return [Looked(**one) for one in found]


def _work(wishes: Mapping[str, Any]) -> list[Mapping[str, object]]:
    from edge.cadastre.faults import limits_beside, look  # noqa: PLC0415 - numpy, here alone
    from edge.config import load  # noqa: PLC0415 - likewise
    from edge.store.village import VillageStore  # noqa: PLC0415 - likewise

    config = load(Path(wishes["config"]))
    limits, said = limits_beside(config)
    with VillageStore(config.hub.village_db) as village:
        return [
            {
                "meter": one.meter,
                "faults": 0 if one.verdict is None else len(one.verdict.faults),
                "judged": one.verdict is not None,
                "failed": one.failed,
            }
            for one in look(village, config, limits, said, wishes["now_ms"])
        ]


if __name__ == "__main__":
    serve(_work)

"""A process of its own that forecasts. Use :func:`forecast_apart`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from edge.cadastre.apart import ask_apart, serve
from edge.clock import Stamp
from hardware.reading import TimeQuality

LIMIT_S = 1800.0  # 20 meters on the slowest card
_SLOW = "Die Wärmeprognose braucht zu lange. Sie wird wieder versucht."
_HINT = "Von Hand zeigt mehr: dorfhub heat forecast"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one meter's forecast; ``why`` is not empty if there is something to say.

    ``failed`` is an error that nobody expected, in English; then there is no forecast.
    """

    meter: str
    method: str
    why: str
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be forecast. ``meters`` and ``own``: name, seconds between readings as planned.

    ``networks`` are forecast with all meters of theirs, whether these are due or not. ``own`` are
    all meters of hub.toml, ``feeds`` which of them feeds which network.
    """

    meters: Sequence[tuple[str, float | None]]
    networks: Sequence[str] = ()
    own: Sequence[tuple[str, float | None]] = ()
    feeds: Mapping[str, str] = field(default_factory=dict)


def forecast_apart(village_db: Path, due: Due, station: str, stamp: Stamp) -> list[Done]:
    """Forecast meters and networks in a process of its own.

    :raises edge.cadastre.apart.ApartError: if that fails.
    """
    wishes = {
        "village_db": str(village_db),
        "due": asdict(due),
        "station": station,
        "now_ms": stamp.wall_ms,
        "quality": int(stamp.quality),
    }
    found = ask_apart("edge.cadastre.load_child", wishes, LIMIT_S, slow=_SLOW, hint=_HINT)
    return [Done(**one) for one in found]


def _work(wishes: Mapping[str, Any]) -> list[Mapping[str, str]]:
    from edge.cadastre.network_loads import forecast_all  # noqa: PLC0415 - numpy, here alone
    from edge.store.village import VillageStore  # noqa: PLC0415 - likewise

    with VillageStore(Path(wishes["village_db"])) as village:
        return [
            {"meter": made.meter, "method": made.method, "why": made.why, "failed": failed}
            for made, failed in forecast_all(
                village,
                Due(**wishes["due"]),
                wishes["station"],
                wishes["now_ms"],
                TimeQuality(wishes["quality"]),
            )
        ]


if __name__ == "__main__":
    serve(_work)

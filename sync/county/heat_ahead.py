"""What all communal meters of the county will need in the next 72 hours, per municipality.

Each meter is forecast by itself by the hub's code, a group of the lake's readings each: Daft's
native runner, or a Ray cluster, does them side by side. What is not forecast is named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from edge.cadastre.apart import told
from edge.process.log import Log
from hardware.reading import Quantity, TimeQuality
from sync.county import heat_meter, placed, query
from sync.county.heat_meter import WINDOW_MS, Asked, Made
from sync.county.heat_sums import Summed, by_day, summed
from sync.county.place import Place

if TYPE_CHECKING:
    import daft


# hub, device, ms since 1970 and kWh of its readings in any order; answers in text
Work = Callable[[str, str, Sequence[int], Sequence[float]], str]


@dataclass(frozen=True, slots=True)
class Town:
    """A municipality ("": nobody said which; or the county) and its meters' sums."""

    name: str
    meters: tuple[Made, ...]
    hours: Summed
    days: Summed


@dataclass(frozen=True, slots=True)
class Forecast:
    """As of ``now_ms``. ``towns`` have a meter that was forecast; ``failed`` are the others.

    ``broken`` are municipalities, and the county, whose sum failed for a bug.
    """

    now_ms: int
    station: str
    towns: tuple[Town, ...]
    whole: Town | None
    failed: tuple[Made, ...]
    broken: tuple[str, ...] = ()


def meters(place: Place, asked: Asked, hubs: Sequence[str]) -> list[Made]:
    """Return a forecast of each meter of these hubs in the lake, by hub and device.

    :func:`sync.county.query.use` chose the runner before.

    :raises LakeError: if there is no lake, or it cannot be reached.
    """
    work = partial(heat_meter.forecast_text, asked=asked)
    found = each_meter(place, asked.now_ms, WINDOW_MS, hubs, work)
    made = [heat_meter.read(one) for one in found]
    return sorted(made, key=lambda one: (one.hub, one.device))


def each_meter(
    place: Place, now_ms: int, window_ms: int, hubs: Sequence[str], work: Work
) -> list[str]:
    """Return what ``work`` says of each meter of these hubs, of readings in the window before now.

    :raises LakeError: if there is no lake, or it cannot be reached.
    """
    found = query.ask(lambda: _frame(place, now_ms, window_ms, hubs, work))
    return [str(row["made"]) for row in found]


def grouped(
    made: Iterable[Made], places: Mapping[str, str], now_ms: int, station: str, county: str
) -> Forecast:
    """Put meters together by municipality; ``places`` maps a hub to its. In any order.

    If the sum of one fails, its meters are among ``failed``, and the others go on; if that of the
    county does, there are the municipalities alone.
    """
    ordered = sorted(made, key=_who)
    failed = [one for one in ordered if one.why]
    towns: dict[str, list[Made]] = defaultdict(list)
    for one in ordered:
        if not one.why:
            towns[places.get(one.hub, "")].append(one)
    found: list[Town] = []
    broken: list[str] = []
    for name, some in sorted(towns.items()):
        town = _town(name, some)
        if isinstance(town, Town):
            found.append(town)
        else:
            broken.append(name)
            failed += [Made(one.hub, one.device, why=town) for one in some]
    good = sorted((one for town in found for one in town.meters), key=_who)
    failed.sort(key=_who)
    whole = _town(county, good) if good else None
    if isinstance(whole, str):
        broken.append(county)
        whole = None
    return Forecast(now_ms, station, tuple(found), whole, tuple(failed), tuple(broken))


def _who(one: Made) -> tuple[str, str]:
    return one.hub, one.device


def _town(name: str, some: Sequence[Made]) -> Town | str:
    """Return the sums of meters, or in German why there are none."""
    try:
        return Town(name, tuple(some), summed(some), by_day(some))
    except Exception as error:  # noqa: BLE001 - one municipality's bug must not end all others
        Log().error("heat-town-failed", town=name, error=told(error))
        return heat_meter.BROKEN.format(error=type(error).__name__)


def _frame(
    place: Place, now_ms: int, window_ms: int, hubs: Sequence[str], work: Work
) -> daft.DataFrame:
    daft = query.loaded()
    col: Any = daft.col
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    begin = now - timedelta(milliseconds=window_ms)
    readings = placed.frame(place, now).where(
        (col("quantity") == str(Quantity.ENERGY))
        & col("hub").is_in(list(hubs))
        & (col("time_quality") != int(TimeQuality.UNKNOWN))
        & (col("month") >= begin.year * 100 + begin.month)
        & (col("observed_at") >= daft.lit(begin))
        & (col("observed_at") < daft.lit(now))
    )
    chosen = readings.select(
        "hub",
        "device",
        (col("observed_at").cast(daft.DataType.int64()) // 1000).alias("at_ms"),
        "value",
    )
    one_meter = daft.func.batch(return_dtype=daft.DataType.string())(partial(_group, work))
    return chosen.groupby("hub", "device").map_groups(
        one_meter(col("hub"), col("device"), col("at_ms"), col("value")).alias("made")
    )


def _group(work: Work, hub: Any, device: Any, at_ms: Any, value: Any) -> list[str]:
    name, meter = hub.to_pylist()[0], device.to_pylist()[0]
    return [work(name, meter, at_ms.to_pylist(), value.to_pylist())]

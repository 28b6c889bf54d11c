"""How the hub itself is: each few minutes, which parts live, how much room is left, who is heard.

A quarter of an hour counts if one look in it found a sign of life. What was seen before the clock
was set is put where it belongs once it is. Care sensors, people and times of day are in none of it.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter, deque
from dataclasses import dataclass, replace
from importlib.metadata import version

from edge.clock import Stamp
from edge.config import Config
from edge.config.communal import Communal, communal_meters
from edge.learning.moment import to_local
from edge.process.heartbeat import read_all
from edge.store.village import VillageStore
from edge.store.village_health import Look
from edge.worker.jobs import Outcome
from hardware.mbus.header import MEDIA
from hardware.reading import TimeQuality

QUARTER_MS = 900_000
PARTS = ("supervisor", "collector", "worker", "web", "sync", "datasette", "library")
FREE_STEPS = (0, 5, 10, 25, 50)  # percent of the disk: what is left is told no finer
LEAST = 5  # households' meters are counted in steps of as many
MOST_WAITING = 2 * 288  # looks before the clock is set: two days of them
KINDS = {
    "heat": "heat", "heat/cooling load": "heat", "heat volume at inlet": "heat",
    "cooling load volume at outlet": "heat", "cooling load volume at inlet": "heat",
    "heat cost allocation": "allocation", "water": "water", "warm water": "water",
    "hot water": "water", "cold water": "water", "electricity": "electricity", "gas": "gas",
}  # fmt: skip
_SUFFIX = re.compile(r"-[0-9A-F]{2}-([0-9A-F]{2})$")  # of a device's name: version, medium


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was seen, and when by the boot's count."""

    monotonic_ns: int
    look: Look


class HealthWatch:
    """Looks, and remembers what waits for the clock."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._waiting: deque[_Seen] = deque(maxlen=MOST_WAITING)

    def run(self, village: VillageStore, stamp: Stamp) -> Outcome:
        """Look once; ``stamp`` is now."""
        config = self._config
        alive = {
            name: beat.pid
            for name, beat in read_all(config).items()
            if name in PARTS and beat.alive
        }
        look = Look(
            "", 0, _QUALITY.get(stamp.quality, "held"), version("dorfhub"), free_step(config),
            stamp.boot_id, alive, {},
        )  # fmt: skip
        if stamp.quality is TimeQuality.UNKNOWN:
            self._waiting.append(_Seen(stamp.monotonic_ns, look))
            return Outcome("waiting", "Die Uhr ist nicht gestellt.")
        waited = [
            _placed(one.look, stamp.wall_ms - (stamp.monotonic_ns - one.monotonic_ns) // 1_000_000)
            for one in self._waiting
        ]
        now = _placed(replace(look, heard=heard_today(config, village, stamp)), stamp.wall_ms)
        village.note_looks([*waited, now])
        self._waiting.clear()
        return Outcome()


def free_step(config: Config) -> int | None:
    """Return how much of the disk is left at least, percent, in a coarse step; None: not known."""
    try:
        disk = shutil.disk_usage(config.hub.state)
    except OSError:
        return None
    percent = disk.free * 100 // max(1, disk.total)
    return max(step for step in FREE_STEPS if step <= percent)


def heard_today(config: Config, village: VillageStore, stamp: Stamp) -> dict[tuple[str, bool], int]:
    """Return how many meters said something today, by kind: the village's own, and households'.

    Households' are those on the air; they are counted in steps of five and not at all below. That
    one is heard says nothing of who lives there: a meter speaks whether somebody is at home or not.
    """
    midnight = to_local(stamp.wall_ms).replace(hour=0, minute=0, second=0, microsecond=0)
    since = round(midnight.timestamp() * 1000)
    own = {one.meter_id: one for one in communal_meters(config)}
    heard = village.heard_meters()
    said: dict[str, str] = {}
    for device in village.devices("meter"):
        meter = own.get(device.meter_id or "")
        last = max(device.last_seen_at or 0, device.last_reading_at or 0)
        if meter is not None and meter.site_id == device.site_id and last >= since:
            said[meter.meter_id] = "air" if meter.air else _kind(device.device_id)
    communal = Counter(said.values())
    ours = Communal(config.meters, (one.device for one in heard))
    others = Counter(
        KINDS.get(one.medium, "other")
        for one in heard
        if one.last_heard_at >= since and ours.candidate(one.device) is None
    )
    return {
        **{(kind, True): count for kind, count in communal.items()},
        **{
            (kind, False): count - count % LEAST for kind, count in others.items() if count >= LEAST
        },
    }


def _kind(device_id: str) -> str:
    found = _SUFFIX.search(device_id)
    return KINDS.get(MEDIA.get(int(found[1], 16), ""), "other") if found else "other"


def _placed(look: Look, at_ms: int) -> Look:
    return replace(look, day=to_local(at_ms).date().isoformat(), quarter=at_ms // QUARTER_MS)


_QUALITY = {
    TimeQuality.SYNCHRONISED: "synchronised",
    TimeQuality.UNKNOWN: "unknown",
}

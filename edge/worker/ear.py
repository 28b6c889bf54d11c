"""What the hub's radio heard of sensors, for the rules, and whether it hears anything at all.

A radio that hears nobody makes everybody silent: then no person's silence is told, but the hub's
own deafness, once as long as it lasts. A radio that comes and goes is deaf for the sum of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.care.finding import Finding, Stage, Urgency
from edge.care.ladder.words import HUB_DEAF
from edge.clock import Stamp
from edge.collect.ble.profile import SOS
from edge.config import Config
from edge.process.heartbeat import read_all
from edge.store.personal import PersonalStore
from edge.store.village import VillageStore

DEAF_NS = 60 * 60 * 1_000_000_000  # an adapter is switched off and on, a hub restarted, in less
WELL_NS = 15 * 60 * 1_000_000_000  # who hears for so long in one piece is deaf no more
MOST_NS = WELL_NS  # between two looks: a worker that did not look knows of no more
_COLLECTOR, _RADIO = "collector", "radio"


@dataclass(frozen=True, slots=True)
class Air:
    """``signs`` are when the hub last heard a device (ms since 1970), ``names`` what it is called.

    By device id. ``buttons`` are call buttons, ``is_deaf`` tells that nothing can be heard.
    """

    signs: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    buttons: frozenset[str] = frozenset()
    is_deaf: bool = False


def listen(config: Config, village: VillageStore) -> Air:
    """Return what was heard so far.

    A hub that has no radio, and no sensors, is not deaf: what comes by hand is received.

    :raises StoreError: if village.db fails.
    """
    sensors, lives = village.ble_devices(), village.sensor_lives()
    signs = {}
    for one in sensors:
        life = lives.get(one.address)
        heard = () if life is None else (life.heard_at or 0, life.data_at or 0)
        signs[one.device_id] = max((one.paired_at, *heard))
    return Air(
        signs,
        {one.device_id: one.name for one in sensors},
        frozenset(one.device_id for one in sensors if one.profile == SOS),
        is_deaf=bool(sensors) and not _hears(config),
    )


def _hears(config: Config) -> bool:
    """Tell whether the collector lives and its radio hears, by its sign of life.

    One that answers and hears nobody says `edge.collect.sensors.DEAF`.
    """
    beat = read_all(config).get(_COLLECTOR)
    if beat is None or not beat.alive:
        return False
    return any(one.name == _RADIO and one.state == "ok" for one in beat.parts)


class Deafness:
    """Tells those who care that the hub hears nobody. One process works with one of them."""

    def __init__(self) -> None:
        self._last: Stamp | None = None
        self._since_ns: int | None = None  # when it began, by the kernel's count
        self._deaf_ns = self._well_ns = 0  # in sum since then; in one piece until now
        self._may_last = True  # an alert, also of a process before this one

    def look(self, personal: PersonalStore, stamp: Stamp, *, is_deaf: bool) -> None:
        """Raise the hub's own alert after an hour, and end it when it hears again for a while.

        :raises StoreError: if personal.db fails.
        """
        passed_ns = self._passed_ns(stamp)
        if not is_deaf:
            self._well_ns += passed_ns
            if self._well_ns >= WELL_NS:
                self._since_ns, self._deaf_ns = None, 0
                if self._may_last:
                    self._end(personal, stamp)
                    self._may_last = False
            return
        if self._since_ns is None:
            self._since_ns = stamp.monotonic_ns - passed_ns
        self._well_ns, self._deaf_ns, self._may_last = 0, self._deaf_ns + passed_ns, True
        if self._deaf_ns < DEAF_NS or not personal.cares_for_anybody() or _lasting(personal):
            return
        since = stamp.wall_ms - (stamp.monotonic_ns - self._since_ns) // 1_000_000
        personal.raise_hub_alert(_finding(Stage.RAISE, f"{HUB_DEAF}:{since}", stamp, since), stamp)

    def _passed_ns(self, stamp: Stamp) -> int:
        """Return how long ago the last look was; a boot begins all anew."""
        last, self._last = self._last, stamp
        if last is None or last.boot_id != stamp.boot_id:
            self._since_ns, self._deaf_ns, self._well_ns = None, 0, 0
            return 0
        return min(MOST_NS, max(0, stamp.monotonic_ns - last.monotonic_ns))

    @staticmethod
    def _end(personal: PersonalStore, stamp: Stamp) -> None:
        for key, since in _lasting(personal):
            personal.raise_hub_alert(_finding(Stage.END, key, stamp, since), stamp, again=True)


def _lasting(personal: PersonalStore) -> list[tuple[str, int]]:
    """Return key and begin of the hub's open alerts of being deaf."""
    return [
        (one.key, one.since)
        for one in personal.alerts()
        if one.person is None and one.rule == HUB_DEAF and one.ended_at is None
    ]


def _finding(stage: Stage, key: str, stamp: Stamp, since: int) -> Finding:
    facts = {"minutes": (stamp.wall_ms - since) // 60_000}
    return Finding(0, key, HUB_DEAF, stage, Urgency.TODAY, stamp.wall_ms, since, facts)

"""The ladder's own time: how long the hub has lived, counted on across reboots. Pure.

A wall clock jumps, and the count of a boot ends with it. So deadlines stand in a time of their own
that only ever grows: within a boot it grows as the monotonic count does, whatever the wall clock
says; across boots by what the wall clock says, as far as it was known on both sides. While it is
not, only the time since the boot is counted; the rest is made up for as soon as the clock is set.
So a deadline that ends while the hub has no current is due when it has. If the clock is never set,
it is late by the time without current.

Source: clock_gettime(2), CLOCK_MONOTONIC.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from edge.clock import Stamp
from hardware.reading import TimeQuality

FURTHEST_MS = 400 * 86_400_000  # without current so long: more likely the clock is wrong


@dataclass(frozen=True, slots=True)
class Now:
    """One moment: ``lived`` in the ladder's time, ``wall`` in ms since 1970, UTC, for people.

    ``is_known`` says whether the wall time may be believed.
    """

    lived: int
    wall: int
    is_known: bool


@dataclass(frozen=True, slots=True)
class Life:
    """How long the hub lived, as of its last look; ms everywhere.

    ``boot`` and ``up`` say when that was. ``wall`` belongs to ``lived`` as ``quality`` says.
    ``before_wall`` and ``before_lived`` are the last moment of an earlier boot whose wall time was
    known, None if none was; ``made_up`` is the quality by which this boot was joined to it.
    ``booted`` is how long it had lived when this boot began.
    """

    lived: int
    boot: str
    up: int
    wall: int
    quality: TimeQuality
    before_wall: int | None = None
    before_lived: int = 0
    made_up: TimeQuality = TimeQuality.UNKNOWN
    booted: int = 0

    @property
    def now(self) -> Now:
        """The moment of the last look."""
        return Now(self.lived, self.wall, self.quality is not TimeQuality.UNKNOWN)

    def to_json(self) -> dict[str, object]:
        """Return it as plain values."""
        return {**asdict(self), "quality": int(self.quality), "made_up": int(self.made_up)}

    @classmethod
    def from_json(cls, kept: dict[str, object]) -> Life:
        """Read what :meth:`to_json` gave."""
        quality = {name: TimeQuality(int(str(kept[name]))) for name in ("quality", "made_up")}
        return cls(**{**kept, **quality})  # type: ignore[arg-type]


def begin(stamp: Stamp) -> Life:
    """Return the life of a hub that looks for the first time."""
    return Life(0, stamp.boot_id, _up(stamp), stamp.wall_ms, stamp.quality, made_up=stamp.quality)


def go_on(life: Life, stamp: Stamp) -> Life:
    """Return the life a little later. ``lived`` never falls.

    A stamp of this boot that is older than the last look changes nothing: another process was
    faster.
    """
    if stamp.boot_id == life.boot:
        if _up(stamp) < life.up:
            return life
        after = replace(life, lived=life.lived + _up(stamp) - life.up)
    else:
        after = replace(
            life,
            lived=life.lived + _up(stamp),
            boot=stamp.boot_id,
            made_up=TimeQuality.UNKNOWN,
            booted=life.lived,
            **_before(life),  # type: ignore[arg-type]
        )
    after = replace(after, up=_up(stamp), wall=stamp.wall_ms, quality=stamp.quality)
    return _made_up(after)


def made_up_ms(before: Life, after: Life) -> int:
    """Return how much of what passed between two looks was no time of this boot.

    What was set in this boot (after ``Life.booted``) is put off by it: that time was over already.
    """
    counted = after.up - (before.up if after.boot == before.boot else 0)
    return after.lived - before.lived - counted


def gap(life: Life, stamp: Stamp) -> int | None:
    """Return how many ms passed since the last look, None if nobody knows.

    What is asked of it is whether somebody looked, not when something is due.
    """
    if stamp.boot_id == life.boot:
        return max(_up(stamp) - life.up, 0)
    if TimeQuality.UNKNOWN in (life.quality, stamp.quality):
        return None
    return max(stamp.wall_ms - life.wall, _up(stamp))


def _made_up(life: Life) -> Life:
    """Make up for the time between two boots, once and once more if the time is known better."""
    if life.quality.value <= life.made_up.value:
        return life
    life = replace(life, made_up=life.quality)
    if life.before_wall is None:
        return life
    passed = min(life.wall - life.before_wall, FURTHEST_MS)
    return replace(life, lived=max(life.lived, life.before_lived + passed))


def _before(life: Life) -> dict[str, int | None]:
    if life.quality is TimeQuality.UNKNOWN:
        return {"before_wall": life.before_wall, "before_lived": life.before_lived}
    return {"before_wall": life.wall, "before_lived": life.lived}


def _up(stamp: Stamp) -> int:
    return stamp.monotonic_ns // 1_000_000

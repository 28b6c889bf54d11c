"""The ladder's time only ever grows, and what passed without current is made up for."""

from __future__ import annotations

from edge.care.finding import Finding, Stage, Urgency
from edge.care.ladder import Ladder
from edge.care.ladder.life import FURTHEST_MS, Life, begin, gap, go_on, made_up_ms
from edge.care.ladder.machine import put_off
from edge.clock import Stamp
from hardware.reading import TimeQuality

WALL = 1_790_000_000_000
UNKNOWN, HELD, SET = TimeQuality.UNKNOWN, TimeQuality.HELD, TimeQuality.SYNCHRONISED


def stamp(wall: int, up: int, boot: str = "a", quality: TimeQuality = SET) -> Stamp:
    return Stamp(wall, boot, up * 1_000_000, quality)


def test_within_a_boot_only_the_count_counts() -> None:
    life = begin(stamp(WALL, 1000))
    assert life.lived == 0
    life = go_on(life, stamp(WALL + 86_400_000, 3000))  # the wall clock jumped a day
    assert life.lived == 2000
    life = go_on(life, stamp(WALL - 86_400_000, 4000))
    assert life.lived == 3000
    assert go_on(life, stamp(WALL, 3500)) == life  # another process was faster
    assert life.now.is_known


def test_across_a_boot_the_wall_says_what_passed() -> None:
    life = go_on(begin(stamp(WALL, 0)), stamp(WALL + 500, 500))
    life = go_on(life, stamp(WALL + 3_600_500, 20_000, "b"))
    assert life.lived == 500 + 3_600_000


def test_an_unset_clock_is_made_up_for_once_it_is_set() -> None:
    life = go_on(begin(stamp(WALL, 0)), stamp(WALL + 500, 500))
    life = go_on(life, stamp(0, 20_000, "b", UNKNOWN))
    assert life.lived == 20_500
    assert not life.now.is_known
    life = go_on(life, stamp(0, 5000, "c", UNKNOWN))  # and once more without
    life = go_on(life, stamp(WALL + 7_200_000, 30_000, "c", HELD))
    assert life.lived == 7_200_000
    life = go_on(life, stamp(WALL + 10_800_000, 31_000, "c", SET))  # known better: once more
    assert life.lived == 10_800_000
    life = go_on(life, stamp(WALL + 90_800_000, 32_000, "c", SET))  # a jump is no news any more
    assert life.lived == 10_801_000


def test_it_never_falls_and_never_runs_away() -> None:
    life = go_on(begin(stamp(WALL, 0)), stamp(WALL, 10_000))
    back = go_on(life, stamp(WALL - 86_400_000, 1000, "b"))
    assert back.lived == 11_000
    far = go_on(life, stamp(WALL + 10 * FURTHEST_MS, 1000, "b"))
    assert far.lived == FURTHEST_MS + 10_000


def test_a_hub_that_never_knew_the_time_counts_its_boots() -> None:
    life = begin(stamp(5, 7, quality=UNKNOWN))
    life = go_on(life, stamp(9, 3000, "b", UNKNOWN))
    life = go_on(life, stamp(WALL, 4000, "b", SET))
    assert life.lived == 4000


def test_how_long_nobody_looked() -> None:
    life = begin(stamp(WALL, 1000))
    assert gap(life, stamp(WALL + 99, 4000)) == 3000
    assert gap(life, stamp(WALL + 60_000, 20_000, "b")) == 60_000
    assert gap(life, stamp(WALL - 60_000, 20_000, "b")) == 20_000
    assert gap(life, stamp(WALL, 20_000, "b", UNKNOWN)) is None


def test_it_says_the_same_after_it_was_kept() -> None:
    life = go_on(begin(stamp(WALL, 1)), stamp(WALL, 5, "b", HELD))
    assert Life.from_json(life.to_json()) == life


def test_what_was_set_before_the_clock_was_is_put_off_by_what_is_made_up() -> None:
    before = go_on(begin(stamp(WALL, 0)), stamp(WALL + 500, 500))
    unset = go_on(before, stamp(0, 20_000, "b", UNKNOWN))
    assert made_up_ms(before, unset) == 0
    known = go_on(unset, stamp(WALL + 3_600_500, 30_000, "b"))
    assert made_up_ms(unset, known) == 3_600_000 - 30_000
    finding = Finding(1, "k", "sos", Stage.RAISE, Urgency.EMERGENCY, 0, 0)
    old, new = Ladder().begin(finding, before.now), Ladder().begin(finding, unset.now)
    assert old is not None
    assert new is not None
    assert put_off(old, unset, known) == old
    assert put_off(old, before, before) == old
    later = put_off(new, unset, known)
    assert (later.due, later.due_from) == (known.lived - 10_000, known.lived - 10_000)
    assert put_off(Ladder().over(new, unset.now), unset, known).due is None

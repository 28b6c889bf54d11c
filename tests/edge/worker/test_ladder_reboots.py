"""Two hundred power cuts and jumps of the clock: no step is missed, none is taken twice.

The hub is the real store on the disk, opened anew after each cut; time is a true one that the hub
cannot see, and clocks that lie about it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.care.finding import Finding, Stage, Urgency
from edge.care.ladder import Rung
from edge.care.ladder.plan import EMERGENCY
from edge.care.people import ContactRole
from edge.clock import Stamp
from edge.process.log import Log
from edge.store.personal import PersonalStore
from edge.worker.ladder import LadderSteps
from hardware.reading import TimeQuality

START = 1_790_000_000_000
JITTER_MS = 5000
REBOOTS = 200


@dataclass(slots=True)
class World:
    """``true`` is what nobody in the hub knows; ``offset`` how wrong the wall clock is."""

    rng: random.Random
    true: int = START
    boot: int = 0
    booted: int = START - 60_000
    offset: int = 0
    known: bool = True
    up: list[int] = field(default_factory=list)  # when it was up and knew the time
    unset: list[tuple[int, int]] = field(default_factory=list)  # when it never came to know it

    def stamp(self) -> Stamp:
        quality = TimeQuality.SYNCHRONISED if self.known else TimeQuality.UNKNOWN
        up_ns = (self.true - self.booted) * 1_000_000
        return Stamp(self.true + self.offset, f"boot-{self.boot}", up_ns, quality)

    def tick(self) -> None:
        self.true += self.rng.randint(900, 1100)

    def cut(self) -> None:
        """The current goes, for seconds or for hours."""
        off_ms = self.rng.choice((2_000, 20_000, 200_000, 2_000_000, 20_000_000))
        self.true += self.rng.randint(off_ms // 2, off_ms)
        self.boot += 1
        self.booted = self.true
        self.true += self.rng.randint(5_000, 30_000)


def opened(tmp_path: Path) -> PersonalStore:
    key = tmp_path / "personal.key"
    key.write_text("5a" * 32)
    return PersonalStore.open(tmp_path / "personal.db", key)


def begin(tmp_path: Path) -> int:
    with opened(tmp_path) as personal:
        erna = personal.add_person("Erna", START)
        for role in (ContactRole.RELATIVE, ContactRole.RESPONDER, ContactRole.NURSE):
            contact = personal.add_contact(role.value, role, START)
            personal.put_in_circle(erna, contact, START)
    return erna


def lie(world: World, *, has_battery: bool, is_set: bool) -> None:
    if has_battery:
        if world.rng.random() < 0.02:
            world.offset += world.rng.randint(-10_800_000, 10_800_000)
        return
    world.known = is_set
    world.offset = 0 if is_set else -world.rng.randint(10**9, 10**11)


@pytest.mark.parametrize("kind", ["battery clock that jumps", "clock that is set late"])
def test_no_step_is_missed_and_none_taken_twice(tmp_path: Path, kind: str) -> None:
    world = World(random.Random(f"ladder {kind}"))
    raised: dict[str, int] = {}
    when: dict[int, int] = {}  # a call's number: the true time it stood there first
    erna = begin(tmp_path)
    for reboot in range(REBOOTS):
        set_after = world.rng.choice((0, 1, 2, 3, 4, 5, 999))
        begun = world.true
        with opened(tmp_path) as personal:
            steps = LadderSteps(world, Log())  # type: ignore[arg-type]  # it has a stamp
            for tick in range(world.rng.randint(5, 35)):
                lie(world, has_battery=kind.startswith("battery"), is_set=tick >= set_after)
                if reboot % 20 == 0 and tick == 3:
                    key = f"fall:{reboot}"
                    raised[key] = world.true
                    found = Finding(erna, key, "news2", Stage.RAISE, Urgency.EMERGENCY, 0, 0)
                    personal.take_findings([found], world.stamp())
                steps.run(personal)
                if world.known:
                    world.up.append(world.true)
                for call in personal.new_calls():
                    when.setdefault(call.call, world.true)
                world.tick()
        if not world.known:
            world.unset.append((begun, world.true))
        world.cut()
    with opened(tmp_path) as personal:
        alerts = {one.key: one.number for one in personal.alerts()}
        calls = personal.new_calls()
    found_calls = {
        key: [(one.rung, when[one.call]) for one in calls if one.alert == alerts[key]]
        for key in raised
    }
    complete = [judged(world, raised[key], found_calls[key]) for key in raised]
    assert len(complete) == REBOOTS // 20
    assert sum(complete) >= len(complete) - 1  # the last one may still climb


def judged(world: World, begun: int, mine: list[tuple[Rung, int]]) -> bool:
    """Check one alert's steps against the true time; tell whether it came to the top."""
    rungs = [rung for rung, _ in mine]
    assert rungs == list(Rung)[1 : 1 + len(rungs)]  # each once, in their order, none left out
    due, wait = begun, 0
    for (rung, at), step in zip(mine, EMERGENCY.steps, strict=False):
        # what was set in a boot that never knew the time may be early: how much of the time until
        # the next one passed before it, and how much after it, nobody can tell
        if not any(start <= due - wait <= end for start, end in world.unset):
            assert at >= due - 1000, rung
        could = next(moment for moment in world.up if moment >= due)
        assert at - could <= JITTER_MS, rung
        due, wait = at + step.wait, step.wait
    if len(rungs) == len(EMERGENCY.steps):
        return True
    assert all(moment < due + JITTER_MS for moment in world.up)
    return False

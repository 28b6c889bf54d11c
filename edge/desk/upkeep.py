"""What the learning point does by itself: offers end, names go, seasons are counted.

Accounts that nobody uses go here too.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.access.upkeep import forget_accounts
from edge.desk.reports import count_seasons, counted_courses
from edge.desk.signups import SignupDesk, delete_after
from edge.desk.vault import Vault
from edge.learning.course import OPEN
from edge.learning.moment import local_day
from edge.store.village import VillageStore
from edge.store.village_courses import NoSuchCourse


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, in numbers."""

    drained: int = 0
    expired: int = 0
    offered: int = 0
    forgotten: int = 0
    counted: int = 0


def upkeep(village: VillageStore, vault: Vault, desk: SignupDesk, now_ms: int) -> Done:
    """Bring the lines up to date and delete what is due. ``now_ms`` is a clock that was set.

    :raises Locked: while personal.db is locked; nothing is lost by waiting.
    """
    with vault.open() as personal:
        drained = desk.drain()
        expired = len(desk.expire())
        offered = 0
        over = []
        for course in village.courses():
            if course.last_at is not None and course.last_at <= now_ms:
                over.append(course.course)
            elif course.state in OPEN and course.seats:
                offered += len(desk.offer(course.course))
        personal.finish(over, now_ms)
        later, due = {}, []
        for learner, courses in personal.due_learners(now_ms).items():
            until = 0
            for number in courses:
                try:
                    until = max(until, delete_after(village.course(number), 0))
                except NoSuchCourse:
                    continue
            if until > now_ms:
                later[learner] = until
            else:
                due.append(learner)
        personal.keep_until(later)
        forgotten = personal.forget_names(due, now_ms) + personal.forget_trainers(now_ms)
        forgotten += forget_accounts(village, personal, now_ms)
        personal.forget_awards(now_ms)
        counted = count_seasons(village, personal, today=local_day(now_ms), now_ms=now_ms)
        personal.forget_counted(counted_courses(village))
        personal.forget_progress(now_ms)
    return Done(drained, expired, offered, forgotten, len(counted))

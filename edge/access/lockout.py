"""How long somebody must wait after wrong tries. Pure; times are milliseconds of the wall clock.

Waits grow, end by themselves, and have a longest: nobody is locked out for good by what another
person tries. A clock that was set back makes no wait longer than it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Rule:
    """``free`` tries, then each wrong one doubles the wait, from ``first_ms`` to ``longest_ms``.

    After ``forget_ms`` without a try nothing counts any more.
    """

    free: int
    first_ms: int
    longest_ms: int
    forget_ms: int


# Three typing mistakes are human. At four tries an hour a password is not found by trying.
ACCOUNT = Rule(5, MINUTE_MS // 2, 15 * MINUTE_MS, 24 * 60 * MINUTE_MS)
# Many people type at one terminal, and whoever shuts it shuts it for all of them: not for long.
TERMINAL = Rule(12, MINUTE_MS // 2, 5 * MINUTE_MS, 60 * MINUTE_MS)
# There are 1,320 rows of three pictures: after so many wrong ones in all, only another way opens.
MAX_PICTURE_MISSES = 20


@dataclass(frozen=True, slots=True)
class Tally:
    """Wrong tries so far: how many, when the last one was, until when one waits."""

    failures: int = 0
    last_at: int = 0
    until: int = 0


def settled(tally: Tally, now_ms: int, rule: Rule) -> Tally:
    """Return what counts now: nothing that is long ago, no wait from the future."""
    if now_ms < tally.last_at:  # the clock was set back
        return replace(tally, last_at=now_ms, until=now_ms + tally.until - tally.last_at)
    return Tally() if now_ms - tally.last_at >= rule.forget_ms else tally


def wait_ms(tally: Tally, now_ms: int, rule: Rule) -> int:
    """Return how long one must still wait, 0 if one may try."""
    return max(0, settled(tally, now_ms, rule).until - now_ms)


def counted(tally: Tally, now_ms: int, rule: Rule) -> Tally:
    """Return the tally after one more try that is not known to be right yet.

    Who asks while one must wait is not counted: waiting is never made longer by impatience.
    """
    tally = settled(tally, now_ms, rule)
    if tally.until > now_ms:
        return tally
    failures = tally.failures + 1
    more = failures - rule.free
    wait = 0 if more < 0 else min(rule.first_ms << min(more, 20), rule.longest_ms)
    return Tally(failures, now_ms, now_ms + wait)

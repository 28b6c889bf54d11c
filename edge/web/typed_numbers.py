"""A slip's number typed or scanned on any of the three pages that take one.

Courses, lending and the board give slips that look alike: whoever types a number on the wrong page
is led to the right one. Wrong ones are counted together, whichever page they were typed on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from flask import Flask, current_app, request, url_for

from edge.clock import Clock
from edge.config import Config
from edge.desk.lending import LendingDesk, LoanSlip
from edge.desk.market import MarketDesk
from edge.desk.notices import NoticeDesk
from edge.learning.errors import LearningError
from edge.learning.slip import read_slip
from edge.store.errors import Locked
from edge.store.personal_borrowers import NoSuchBorrower
from edge.store.personal_signups import NoSuchSlip
from edge.web import own_slips
from edge.web.access import visit
from edge.web.attempts import Attempts
from edge.web.point import Point
from edge.web.tongue import say_count

Kind = Literal["course", "loan", "board"]
LOAN = "loan"  # in the visit: NUMBER LOAN, in the order they came
BOARD = "aushang"  # in the visit: numbers of the board's slips
MAX_TYPED = 200  # more is no number and no card
_KEY = "dorfhub-attempts"


def must_wait(clock: Clock) -> str:
    """Return what to say to who typed too many wrong numbers at this terminal, empty without."""
    wait_s = _attempts(current_app).wait_s(_terminal(), _now_s(clock))
    if wait_s <= 0:
        return ""
    return say_count(
        "Das waren zu viele falsche Nummern. Bitte warten Sie {count} Sekunde.",
        "Das waren zu viele falsche Nummern. Bitte warten Sie {count} Sekunden.",
        int(wait_s) + 1,
    )


def note_wrong(clock: Clock) -> None:
    """Count a wrong number at this terminal."""
    _attempts(current_app).note_wrong(_terminal(), _now_s(clock))


def keep_loan(slip: LoanSlip) -> int:
    """Keep a slip of lending in the visit; return its place."""
    mine = f"{slip.number} {slip.loan.loan}"
    if mine not in visit().kept(LOAN):
        visit().keep(LOAN, mine)
    return visit().kept(LOAN).index(mine) + 1


class Numbers:
    """Finds what a number is of."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._finders: Mapping[Kind, Callable[[Point, str], str]] = {
            "course": _course,
            "loan": self._loan,
            "board": self._board,
        }

    def leads_to(self, point: Point, typed: str, beside: Kind) -> str:
        """Return where a number leads that is not one of ``beside``, and keep it in the visit.

        Empty if it is nobody's.

        :raises Locked: if that cannot be told while personal.db is locked.
        """
        locked: Locked | None = None
        for kind, find in self._finders.items():
            if kind != beside:
                try:
                    return find(point, typed) + "#inhalt"
                except Locked as error:
                    locked = error
                except (LearningError, NoSuchSlip, NoSuchBorrower):
                    continue
        if locked is not None:
            raise locked
        return ""

    def _loan(self, point: Point, typed: str) -> str:
        desk = LendingDesk.of(self._config, point.village, point.vault, self._clock)
        return url_for("lending.slip", place=keep_loan(desk.my(typed)))

    def _board(self, point: Point, typed: str) -> str:
        try:
            NoticeDesk(point.village, self._clock).mine(typed)
        except LearningError:
            MarketDesk(point.village, point.vault, self._clock).mine(typed)
        visit().keep(BOARD, read_slip(typed))
        return url_for("board_slips.mine")


def _course(point: Point, typed: str) -> str:
    return url_for("slips.slip", place=own_slips.keep(point.desk.my(typed).number))


def _attempts(app: Flask) -> Attempts:
    found: Attempts = app.extensions.setdefault(_KEY, Attempts())
    return found


def _terminal() -> str:
    return request.remote_addr or ""


def _now_s(clock: Clock) -> float:
    return clock.stamp().monotonic_ns / 1e9

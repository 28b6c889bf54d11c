"""Notices and events: proposed in the hall, decided by a volunteer, and what hangs now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.clock import Clock
from edge.desk.board_slip import kept_under_slip, slip_hash, token_hash
from edge.learning.slip import read_slip
from edge.store.village import VillageStore
from edge.store.village_notices import BoardNotice
from edge.village.notice import Draft, checked, open_to_all, reason
from edge.village.repeat import occurrences
from edge.village.words import Refused

MAX_WAITING = 60  # more waits for no volunteer: somebody plays
DAY_MS = 86_400_000
KEPT_DAYS = 60  # what nobody decided, or was declined: its writer may still ask
_END = 1 << 62


@dataclass(frozen=True, slots=True)
class Date:
    """One time at which something of the board takes place."""

    starts_at: int
    ends_at: int
    notice: BoardNotice


class NoticeDesk:
    """The board of one hub. Times are the clock's."""

    def __init__(self, village: VillageStore, clock: Clock) -> None:
        self._village = village
        self._clock = clock

    def propose(self, draft: Draft, token: str) -> str:
        """Keep what somebody in the hall wrote and return their slip number.

        :raises Refused: if it is not in order, tells a number or address, or too much waits.
        """
        now = self._now()
        made = checked(draft, now)
        open_to_all(made)
        known = token_hash(token)
        if len(self.waiting()) >= MAX_WAITING:
            raise Refused("full", "Es warten schon sehr viele Aushänge. Bitte später noch einmal.")
        return kept_under_slip(
            token,
            lambda slip: bool(
                self._village.put_notice(
                    made, now, state="proposed", slip_hash=slip, token_hash=known
                )
            ),
        )

    def hang(
        self, draft: Draft, token: str, *, public_number: bool = False, open_data: bool = False
    ) -> BoardNotice:
        """Put up a volunteer's own notice.

        ``public_number``: a number or address in it is an office's or a club's. ``open_data``: it
        goes out as open data too.

        :raises Refused: if it is not in order.
        """
        now = self._now()
        made = self._fit(draft, public_number=public_number)
        number = self._village.put_notice(
            made, now, state="approved", token_hash=token_hash(token), open_data=open_data
        ) or self._number_of(token)
        return self._village.board_notice(number)

    def approve(
        self,
        number: int,
        draft: Draft,
        rev: int,
        *,
        public_number: bool = False,
        open_data: bool = False,
    ) -> BoardNotice:
        """Let a notice hang, as it was proposed or as a volunteer wrote it; see :meth:`hang`.

        Without ``open_data`` it goes out no more, also where it did before.

        :raises Refused: if it is not in order.
        :raises EditedSince: if somebody else changed it since it was read at ``rev``.
        """
        made = self._fit(draft, public_number=public_number)
        self._village.change_notice(
            number, made, self._now(), rev=rev, state="approved", open_data=open_data
        )
        return self._village.board_notice(number)

    def decline(self, number: int, why: str, rev: int) -> BoardNotice:
        """Do not let a notice hang, or take it down, and say why to whoever wrote it.

        :raises Refused: if no reason is given.
        :raises EditedSince: if somebody else changed it.
        """
        said = reason(why)
        now = self._now()
        self._village.change_notice(
            number, draft_of(self._village.board_notice(number), now), now,
            rev=rev, state="declined", reason=said,
        )  # fmt: skip
        return self._village.board_notice(number)

    def withdraw(self, slip: str) -> None:
        """Take down what was proposed with a slip.

        :raises SlipUnreadable: if it is no slip number.
        :raises Refused: `unknown`, if nothing was proposed with it.
        """
        found = self.mine(slip)
        now = self._now()
        if found.state == "approved" and (found.shown_until is None or found.shown_until > now):
            self._village.end_notice(found.notice, now)
        elif found.state == "proposed":
            self._village.change_notice(
                found.notice, draft_of(found, now), now, rev=found.rev, state="declined",
                reason=WITHDRAWN,
            )  # fmt: skip

    def mine(self, slip: str) -> BoardNotice:
        """Return what was proposed with a slip.

        :raises SlipUnreadable: if it is no slip number.
        :raises Refused: `unknown`, if nothing was proposed with it.
        """
        found = self._village.notice_of_slip(slip_hash(read_slip(slip)))
        if found is None:
            raise Refused("unknown", "Zu diesem Zettel gibt es nichts.", "slip")
        return found

    def waiting(self) -> list[BoardNotice]:
        """Return what waits for a volunteer, also what would be over meanwhile."""
        return self._village.board_notices("proposed", 0)

    def hanging(self) -> list[BoardNotice]:
        """Return what hangs or will hang, the first one first."""
        return self._village.board_notices("approved", self._now())

    def declined(self) -> list[BoardNotice]:
        """Return what a volunteer declined and is not forgotten yet."""
        return self._village.board_notices("declined", 0)

    def dates(self, since: int, until: int) -> list[Date]:
        """Return what takes place and is told of now, by beginning."""
        now = self._now()
        told = [one for one in self.hanging() if one.shown_from <= now]
        return _dates(told, since, until)

    def forget(self) -> int:
        """Delete what nobody decided, or was declined, long ago."""
        return self._village.forget_notices(self._now() - KEPT_DAYS * DAY_MS)

    def _fit(self, draft: Draft, *, public_number: bool) -> Draft:
        made = checked(draft, self._now())
        if not public_number:
            open_to_all(made)
        return made

    def _number_of(self, token: str) -> int:
        row = self._village.connection.row(
            "SELECT notice FROM notice WHERE token_hash = ?", (token_hash(token),)
        )
        return int(str(row[0])) if row else 0

    def _now(self) -> int:
        return self._clock.stamp().wall_ms


WITHDRAWN = "Selbst abgenommen."


def draft_of(notice: BoardNotice, now_ms: int) -> Draft:
    """Return what a notice says, as it would be written anew."""
    return Draft(
        title=notice.title,
        text=notice.text,
        place=notice.place,
        shown_from=notice.shown_from,
        shown_until=notice.shown_until if notice.shown_until is not None else now_ms + 14 * DAY_MS,
        event=notice.event,
    )


def _dates(notices: Iterable[BoardNotice], since: int, until: int) -> list[Date]:
    found = [
        Date(starts_at, ends_at, one)
        for one in notices
        if one.event is not None
        for starts_at, ends_at in occurrences(one.event, since, until)
    ]
    return sorted(found, key=lambda one: (one.starts_at, one.notice.notice))

"""The rota's desk: shifts, who does them, and swaps; each step whole."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from edge.clock import Clock
from edge.desk.vault import Vault
from edge.desk.volunteers import KEEP_DAYS
from edge.learning.moment import HOUR_MS, local_day
from edge.learning.series import Series
from edge.store.personal_volunteers import OnShift, Swap
from edge.store.village import VillageStore
from edge.volunteers import rota
from edge.volunteers.rota import Duty, Shift, Standing
from hardware.reading import TimeQuality

DAY_MS = 24 * HOUR_MS
AHEAD_DAYS = 60


@dataclass(frozen=True, slots=True)
class Row:
    """A shift on the rota. ``names`` by volunteer; ``swaps`` of this shift, the newest first."""

    standing: Standing
    names: dict[int, str]
    swaps: tuple[Swap, ...]

    @property
    def shift(self) -> Shift:
        """The shift."""
        return self.standing.shift


class RotaDesk:
    """The rota of one hub. Threads may share one.

    :raises Locked: from all that names somebody, while personal.db is locked.
    """

    def __init__(self, village: VillageStore, vault: Vault, clock: Clock) -> None:
        self._village = village
        self._vault = vault
        self._clock = clock

    def create(self, shift: Shift, series: Series | None = None) -> list[Shift]:
        """Keep a new shift, or a series of shifts like it; days on which nothing is are left out.

        :raises Refused: if it is not in order.
        """
        if series is None:
            made = [rota.checked(replace(shift, shift=0))]
        else:
            free = list(self._village.free_days())
            made = rota.repeated(shift, series, secrets.token_hex(8), free)
        return self._village.add_shifts(made, self.now())

    def edit(self, shift: Shift) -> Shift:
        """Keep a changed shift that was read at its ``rev``.

        :raises Refused: if it is not in order.
        :raises ShiftEditedMeanwhile: if somebody else changed it since.
        """
        return self._village.change_shift(rota.checked(shift), self.now())

    def cancel(self, number: int, *, series: bool = False) -> int:
        """Cancel a shift, or all of its series that are to come from it on; return how many."""
        first = self._village.shift(number)
        chosen = self._village.series_of(first) if series else [first]
        due = [one for one in chosen if one.starts_at >= first.starts_at and not one.cancelled]
        for one in due:
            self._village.change_shift(replace(one, cancelled=True), self.now())
        return len(due)

    def plan(self, until: int | None = None) -> list[Shift]:
        """Return the shifts to come without anybody's name; works while personal.db is locked."""
        now = self.now()
        ahead = now + AHEAD_DAYS * DAY_MS if until is None else until
        return [one for one in self._village.shifts(now, ahead) if not one.cancelled]

    def rows(self, since: int | None = None, until: int | None = None) -> list[Row]:
        """Return the shifts of a time, by default of the next two months: gaps first."""
        now = self.now()
        shifts = self._village.shifts(
            now if since is None else since, now + AHEAD_DAYS * DAY_MS if until is None else until
        )
        return self._rows(shifts)

    def row(self, number: int) -> Row:
        """Return one shift with who does it.

        :raises NoSuchShift: if there is none of that number.
        """
        (found,) = self._rows([self._village.shift(number)])
        return found

    def mine(self, volunteer: int) -> list[Row]:
        """Return the shifts to come of a volunteer, and those that others took, by time."""
        now = self.now()
        rows = self._rows(self._village.shifts(now))
        own = [
            one
            for one in rows
            if one.standing.of(volunteer) or any(swap.giver == volunteer for swap in one.swaps)
        ]
        return sorted(own, key=lambda one: (one.shift.starts_at, one.shift.shift))

    def sign_up(
        self, shift: int, volunteer: int, *, takes: int | None = None, at_desk: bool = False
    ) -> Row:
        """Put a volunteer on a shift; once more changes nothing. ``takes``: in whose place.

        :raises Refused: saying why not.
        """
        one, now = self._village.shift(shift), self.now()

        def check(known: OnShift) -> None:
            found = rota.standing(one, known.duties, known.held)
            others = self._shifts_of(known.mine, one)
            rota.may_sign_up(
                found, volunteer, known.held, others, now, takes=takes, at_desk=at_desk
            )

        with self._vault.open() as personal:
            personal.put_on(
                shift,
                volunteer,
                check,
                at=now,
                delete_after=max(now, one.ends_at) + KEEP_DAYS * DAY_MS,
                takes=takes,
            )
        return self.row(shift)

    def leave(self, shift: int, volunteer: int, *, at_desk: bool = False) -> Row:
        """Take a volunteer off a shift, early enough or at the desk; once more changes nothing.

        :raises Refused: if it is too late: then the shift can be offered.
        """
        one, now = self._village.shift(shift), self.now()

        def check(known: OnShift) -> None:
            if not at_desk:
                rota.may_leave(rota.standing(one, known.duties, known.held), volunteer, now)

        with self._vault.open() as personal:
            personal.take_off(shift, volunteer, check)
        return self.row(shift)

    def offer(self, shift: int, volunteer: int, *, offered: bool = True) -> Row:
        """Ask the others to take somebody's shift, or no longer. Until then it stays theirs.

        :raises Refused: if they are not on it, or it is over.
        """
        one, now = self._village.shift(shift), self.now()

        def check(known: OnShift) -> None:
            rota.may_offer(rota.standing(one, known.duties, known.held), volunteer, now)

        with self._vault.open() as personal:
            personal.offer_duty(shift, volunteer, check, now if offered else None)
        return self.row(shift)

    def take(self, shift: int, giver: int, volunteer: int) -> Row:
        """Take the shift that somebody offers; both see it.

        :raises Refused: if it is not offered any more, or not for this volunteer.
        """
        return self.sign_up(shift, volunteer, takes=giver)

    @property
    def clock_is_set(self) -> bool:
        """Whether the hub knows the time."""
        return self._clock.stamp().quality is not TimeQuality.UNKNOWN

    def now(self) -> int:
        """Return the time in ms since 1970."""
        return self._clock.stamp().wall_ms

    def today(self) -> date:
        """Return the day in the hall."""
        return local_day(self.now())

    def _rows(self, shifts: Sequence[Shift]) -> list[Row]:
        with self._vault.open() as personal:
            names = {one.volunteer: one.name for one in personal.volunteers()}
            held, duties, swaps = personal.held(), personal.duties(), personal.swaps()
        by_shift: dict[int, list[Duty]] = {}
        for duty in duties:
            by_shift.setdefault(duty.shift, []).append(duty)
        ranked = rota.gaps_first(
            rota.standing(one, by_shift.get(one.shift, ()), held) for one in shifts
        )
        return [
            Row(one, names, tuple(s for s in swaps if s.shift == one.shift.shift)) for one in ranked
        ]

    def _shifts_of(self, numbers: Collection[int], near: Shift) -> list[Shift]:
        around = self._village.shifts(near.starts_at, near.ends_at)
        return [one for one in around if one.shift in numbers and one.shift != near.shift]

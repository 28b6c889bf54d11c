"""The volunteers' desk: who they are, what they are qualified for, and the hours they did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from edge.clock import Clock
from edge.desk.vault import Vault
from edge.learning.errors import Refused
from edge.learning.moment import HOUR_MS, local_day
from edge.learning.signup import applicant
from edge.store.personal_volunteers import Volunteer
from edge.store.village import VillageStore
from edge.volunteers import hours, qualification
from edge.volunteers.hours import Thanks
from edge.volunteers.qualification import Held, Qualification
from edge.volunteers.rota import Duty, Shift

DAY_MS = 24 * HOUR_MS
KEEP_DAYS = 731  # two years after the last shift: next season's call, the certificate
KEEP_DUTIES_DAYS = 366  # who did a shift; confirmed hours stay longer
KEEP_WORK_YEARS = 6  # a volunteers' card asks for five
CONFIRM_DAYS = 60  # shifts before that are not asked for any more


@dataclass(frozen=True, slots=True)
class ToConfirm:
    """Somebody was put down for a shift that is over, and nobody confirmed yet that they came."""

    shift: Shift
    duty: Duty
    name: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Renewal:
    """A qualification that has ended or soon will."""

    held: Held
    name: str
    what: str
    expired: bool


class VolunteerDesk:
    """The volunteers of one hub. Threads may share one.

    :raises Locked: from all that names somebody, while personal.db is locked.
    """

    def __init__(self, village: VillageStore, vault: Vault, clock: Clock) -> None:
        self._village = village
        self._vault = vault
        self._clock = clock

    def to_confirm(self) -> list[ToConfirm]:
        """Return who was put down for shifts that are over, the oldest first."""
        now = self.now()
        shifts = {
            one.shift: one
            for one in self._village.shifts(now - CONFIRM_DAYS * DAY_MS, now)
            if one.ends_at <= now and not one.cancelled
        }
        with self._vault.open() as personal:
            done = {(one.shift, one.volunteer) for one in personal.work()}
            names = {one.volunteer: one.name for one in personal.volunteers()}
            duties = personal.duties()
        found = [
            ToConfirm(shifts[d.shift], d, names[d.volunteer], hours.length(shifts[d.shift]))
            for d in duties
            if d.shift in shifts and (d.shift, d.volunteer) not in done
        ]
        return sorted(found, key=lambda one: (one.shift.starts_at, one.duty.duty))

    def confirm(self, shift: int, volunteer: int, minutes: int, by: int | None) -> None:
        """Confirm what somebody did in a shift; 0 minutes: was not there.

        :raises Refused: if it is not over, they were not on it, or confirm their own.
        """
        hours.may_confirm(volunteer, by)
        found = self._village.shift(shift)
        with self._vault.open() as personal:
            on = {one.volunteer for one in personal.duties() if one.shift == shift}
        if found.ends_at > self.now() or volunteer not in on:
            raise Refused(
                "not done yet",
                hint="Stunden bestätigt man, wenn der Dienst vorbei ist, von Leuten, die "
                "eingetragen sind.",
            )
        day = local_day(found.starts_at)
        self._keep_work(volunteer, day, minutes, found.task, shift=shift, by=by)

    def add_hours(self, volunteer: int, day: date, minutes: int, task: str, by: int | None) -> None:
        """Note hours beside the rota.

        :raises Refused: if the day is to come, or they are somebody's own.
        """
        hours.may_confirm(volunteer, by)
        if day > local_day(self.now()):
            raise Refused("a day to come", hint="Dieser Tag kommt erst noch.", field="day")
        self._keep_work(volunteer, day, minutes, task, shift=0, by=by)

    def thanks(self, volunteer: int) -> list[Thanks]:
        """Return what somebody did, year by year: what a thank-you certificate says."""
        with self._vault.open() as personal:
            return hours.thanks(personal.work(volunteer), volunteer)

    def year(self, year: int) -> list[tuple[Volunteer, Thanks]]:
        """Return what everybody did in a year, who did most first."""
        with self._vault.open() as personal:
            everybody, work = personal.volunteers(), personal.work()
        found = [
            (one, thanks)
            for one in everybody
            for thanks in hours.thanks(work, one.volunteer)
            if thanks.year == year
        ]
        return sorted(found, key=lambda pair: (-pair[1].minutes, pair[0].name))

    def volunteers(self) -> list[Volunteer]:
        """Return everybody, by name."""
        with self._vault.open() as personal:
            return personal.volunteers()

    def volunteer(self, number: int) -> Volunteer:
        """Return a volunteer.

        :raises NoSuchVolunteer: if there is none of that number.
        """
        with self._vault.open() as personal:
            return personal.volunteer(number)

    def of_account(self, account: int) -> Volunteer | None:
        """Return who signs in with an account, None if that is nobody of the rota yet."""
        with self._vault.open() as personal:
            return personal.volunteer_of_account(account)

    def join(self, name: str, phone: str = "", account: int | None = None) -> int:
        """Add a volunteer and return the number.

        :raises Refused: saying what is wrong, in which field.
        """
        who, now = applicant(name, phone), self.now()
        with self._vault.open() as personal:
            return personal.add_volunteer(who, now, now + KEEP_DAYS * DAY_MS, account)

    def change(
        self, volunteer: int, name: str, phone: str = "", *, coordinates: bool | None = None
    ) -> None:
        """Change a volunteer's name and telephone number, and whether they coordinate."""
        who = applicant(name, phone)
        with self._vault.open() as personal:
            before = personal.volunteer(volunteer)
            chosen = before.coordinates if coordinates is None else coordinates
            personal.change_volunteer(volunteer, who, coordinates=chosen)

    def link(self, volunteer: int, account: int | None) -> None:
        """Note with which account a volunteer signs in.

        :raises Refused: if the account, or the volunteer, is somebody's already.
        """
        with self._vault.open() as personal:
            personal.volunteer(volunteer)
            personal.link_account(volunteer, account)

    def claim(self, volunteer: int, account: int) -> None:
        """Let somebody say themselves that they are a volunteer who is listed.

        :raises Refused: as :meth:`link`, and of who coordinates: that more may be done by it wants
            the word of somebody who may.
        """
        if self.volunteer(volunteer).coordinates:
            raise Refused(
                "a coordinator's name",
                hint="Dieser Name koordiniert den Dienstplan. Bitte jemanden, der das auch tut: "
                "das Häkchen wegnehmen, dann hier eintragen, dann wieder setzen.",
                field="person",
            )
        self.link(volunteer, account)

    def put_qualification(self, kind: Qualification) -> None:
        """Keep a kind of qualification, such as the village's own first aid course."""
        self._village.put_qualification(qualification.checked(kind))

    def hold(
        self, volunteer: int, qualification_id: str, *, until: date | None = None,
        since: date | None = None,
    ) -> Held:  # fmt: skip
        """Note a qualification, with its last day or the day it was given.

        :raises Refused: if there is no such kind, or it ends and no day is given.
        """
        kinds = {one.qualification_id: one for one in self._village.qualifications()}
        kind = kinds.get(qualification_id)
        if kind is None:
            raise Refused(
                f"no qualification {qualification_id!r}",
                hint=f"Es gibt: {', '.join(kinds)}.",
                field="qualification",
            )
        last = until if until is not None or since is None else qualification.ends(kind, since)
        if last is None and kind.months:
            raise Refused(
                "it ends",
                hint=f"„{kind.name}“ läuft ab: Bitte sagen, bis wann sie gilt.",
                field="until",
            )
        held = Held(volunteer, qualification_id, last)
        with self._vault.open() as personal:
            personal.volunteer(volunteer)
            personal.hold(held, self.now())
        return held

    def drop(self, volunteer: int, qualification_id: str) -> None:
        """Forget a qualification of somebody."""
        with self._vault.open() as personal:
            personal.drop_held(volunteer, qualification_id)

    def held(self) -> list[Held]:
        """Return what everybody is qualified for, expired or not."""
        with self._vault.open() as personal:
            return personal.held()

    def qualifications(self) -> list[Qualification]:
        """Return all kinds of qualifications."""
        return self._village.qualifications()

    def renewals(self, volunteer: int | None = None) -> list[Renewal]:
        """Return what has ended or will within two months, of everybody or of one."""
        today = local_day(self.now())
        kinds = {one.qualification_id: one.name for one in self._village.qualifications()}
        with self._vault.open() as personal:
            names = {one.volunteer: one.name for one in personal.volunteers()}
            held = personal.held()
        return [
            Renewal(
                one,
                names[one.volunteer],
                kinds.get(one.qualification_id, one.qualification_id),
                qualification.state(one, today) == "expired",
            )
            for one in qualification.to_renew(held, today)
            if volunteer is None or one.volunteer == volunteer
        ]

    def erase(self, volunteer: int) -> None:
        """Erase a volunteer with shifts, qualifications and hours."""
        with self._vault.open() as personal:
            personal.erase_volunteer(volunteer)

    def upkeep(self) -> int:
        """Delete what is due: old duties and hours, and volunteers; return how many of those.

        ``now`` must be of a clock that was set.
        """
        now = self.now()
        old = [one.shift for one in self._village.shifts(0, now) if _is_old(one, now)]
        with self._vault.open() as personal:
            there = {one.shift for one in personal.duties()} | {s.shift for s in personal.swaps()}
            personal.forget_duties([one for one in old if one in there])
            personal.forget_work(date(local_day(now).year - KEEP_WORK_YEARS, 1, 1))
            return personal.forget_volunteers(now)

    def now(self) -> int:
        """Return the time in ms since 1970."""
        return self._clock.stamp().wall_ms

    def today(self) -> date:
        """Return the day in the hall."""
        return local_day(self.now())

    def _keep_work(
        self, volunteer: int, day: date, minutes: int, task: str, *, shift: int, by: int | None
    ) -> None:
        minutes, task = hours.checked(minutes, task)
        now = self.now()
        with self._vault.open() as personal:
            personal.volunteer(volunteer)
            personal.confirm_work(
                volunteer, day, minutes, task, shift=shift, by=by, at=now,
                delete_after=now + KEEP_DAYS * DAY_MS,
            )  # fmt: skip


def _is_old(shift: Shift, now_ms: int) -> bool:
    return shift.ends_at < now_ms - KEEP_DUTIES_DAYS * DAY_MS

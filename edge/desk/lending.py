"""Lending devices and rooms: date first, then what is free; a slip, handing out, coming back.

Whether something is free is known from village.db alone, so that somebody who reserves is told at
once and for sure, whether `personal.db` is locked or not. While it is, who borrows is sealed to the
care key and stored later; the reservation counts all the same.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from edge.clock import Clock
from edge.config import Config
from edge.desk.lending_seal import delete_after, drain, seal
from edge.desk.vault import Vault
from edge.learning.errors import Refused
from edge.learning.moment import local_day
from edge.learning.signup import applicant
from edge.learning.slip import read_slip, shown, slip_of
from edge.lending import availability
from edge.lending.asset import Asset, Kind, Loan, checked, condition_of
from edge.lending.availability import Span
from edge.lending.month import Day, weeks
from edge.lending.overdue import endangered, overdue
from edge.store.errors import Locked
from edge.store.personal_borrowers import Borrower, add_borrower
from edge.store.setup import care_public_path
from edge.store.village import VillageStore
from edge.store.village_lending import NoSuchLoan
from hardware.reading import TimeQuality

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore

MAX_TOKEN = 64


@dataclass(frozen=True, slots=True)
class LoanSlip:
    """What is printed and shown. ``number`` is a capability: in no address, in no log.

    ``fetch_until``: afterwards others may have it, None where nothing is to be fetched any more.
    """

    number: str
    asset: Asset
    loan: Loan
    fetch_until: int | None

    @property
    def shown(self) -> str:
        """The number as it is printed."""
        return shown(self.number)


@dataclass(frozen=True, slots=True)
class Choice:
    """An asset on a date; ``free`` or not."""

    asset: Asset
    free: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A loan as volunteers see it. ``name`` is empty where it was deleted or waits, sealed.

    ``late_days`` is set if it should be back; ``danger`` says why it will not be kept
    (`broken`, `late`), else it is empty.
    """

    loan: Loan
    asset: Asset
    name: str
    phone: str | None
    slip: str
    late_days: int | None = None
    danger: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """What volunteers do today: calls first."""

    late: tuple[Entry, ...]
    endangered: tuple[Entry, ...]
    to_hand_out: tuple[Entry, ...]
    out: tuple[Entry, ...]
    to_come: tuple[Entry, ...]
    broken: tuple[Asset, ...]
    locked: bool


class LendingDesk:
    """Lending of one hub. Threads may share one.

    ``care_public`` is the file with the key that seals names while personal.db is locked.
    """

    def __init__(
        self, village: VillageStore, vault: Vault, clock: Clock, care_public: Path
    ) -> None:
        self._village = village
        self._vault = vault
        self._clock = clock
        self._care_public = care_public

    @classmethod
    def of(cls, config: Config, village: VillageStore, vault: Vault, clock: Clock) -> LendingDesk:
        """Return the desk of a hub."""
        return cls(village, vault, clock, care_public_path(config.hub))

    @staticmethod
    def token() -> str:
        """Return a new form's token: what makes a double click one loan."""
        return secrets.token_hex(16)

    def add(self, asset: Asset) -> Asset:
        """Keep something new to lend.

        :raises Refused: if it is not in order.
        """
        return self._village.add_asset(checked(replace(asset, state="ready")), self.now())

    def edit(self, asset: Asset) -> Asset:
        """Keep a changed asset that was read at its ``rev``; `broken` takes it out.

        :raises Refused: if it is not in order.
        :raises AssetEditedMeanwhile: if somebody else changed it since.
        """
        return self._village.change_asset(checked(asset), self.now())

    def assets(self) -> list[Asset]:
        """Return all that is lent, broken or not."""
        return self._village.assets()

    def choices(self, kind: Kind, wanted: Span) -> list[Choice]:
        """Return what is lent, free ones first; date first, then what is free.

        :raises Refused: if nothing is lent for such a time.
        """
        now = self.now()
        availability.may_ask(kind == "room", wanted, now)
        found = []
        for one in self._village.assets():
            if one.kind != kind or one.state != "ready":
                continue
            try:
                availability.may_ask_for(one, wanted, now)
            except Refused:
                free = False
            else:
                others = self._village.taken_times(one, now)
                free = availability.is_free(one, wanted, others)
            found.append(Choice(one, free))
        return sorted(found, key=lambda one: not one.free)

    def asset(self, number: int) -> Asset:
        """Return an asset.

        :raises NoSuchAsset: if there is none of that number, or it is gone for good.
        """
        return self._village.asset(number)

    def month(self, asset: Asset, first: date) -> tuple[tuple[Day, ...], ...]:
        """Return an asset's weeks from the Monday of ``first`` on."""
        now = self.now()
        return weeks(self._village.taken_times(asset, now), first, local_day(now))

    def reserve(
        self, asset: int, wanted: Span, name: str, *, phone: str = "", token: str | None = None
    ) -> LoanSlip:
        """Reserve something and return the slip. The same ``token`` again returns the same slip.

        :raises Refused: saying what is wrong, in which field; `JustTaken` if somebody has it then.
        :raises StoreError: if it cannot be stored or sealed.
        """
        who = applicant(name, phone)
        form = _token(token or self.token())
        digest = hashlib.blake2b(form.encode(), digest_size=16, person=b"dorfhub-loan").digest()
        now = self.now()
        try:
            with self._vault.open() as personal:
                drain(self._village, personal)
                # the lock of personal.db first, as everywhere: see edge/desk/courses.py
                with personal.connection.transaction() as driver:
                    loan = self._village.reserve(asset, wanted, now_ms=now, token_hash=digest)
                    until = delete_after(loan)
                    slip = add_borrower(driver, loan.loan, who, form, at=now, delete_after=until)
                return self._slip(slip, loan)
        except Locked:
            sealed = seal(self._care_public, who, form)
            loan = self._village.reserve(
                asset, wanted, now_ms=now, token_hash=digest, sealed=sealed
            )
            return self._slip(slip_of(form), loan)

    def my(self, slip: str) -> LoanSlip:
        """Return how a slip's loan stands.

        :raises SlipUnreadable: if a sign is mistyped.
        :raises NoSuchBorrower: if it is nobody's.
        :raises Locked: while personal.db is locked.
        """
        number = read_slip(slip)
        with self._vault.open() as personal:
            drain(self._village, personal)
            found = personal.borrower_of_slip(number)
        return self._slip(number, self._village.loan(found.loan))

    def cancel(self, slip: str) -> LoanSlip:
        """Give a reservation back; once more changes nothing.

        :raises Refused: if it is out already.
        """
        mine = self.my(slip)
        return self._slip(mine.number, self._village.cancel_loan(mine.loan.loan))

    def cancel_loan(self, loan: int) -> Loan:
        """Give back a reservation whose number is known; needs no key.

        :raises Refused: if it is out already.
        """
        return self._village.cancel_loan(loan)

    def hand_out(self, loan: int) -> Loan:
        """Note that something was handed out; once more changes nothing.

        :raises Refused: if it is not back, broken, or somebody else's until then.
        """
        return self._village.hand_out(loan, self.now())

    def take_back(
        self, loan: int, condition: str, remark: str = "", *, broken: bool = False
    ) -> Loan:
        """Note that something came back and how; ``broken`` takes it out of lending.

        :raises Refused: if it is not out.
        """
        return self._village.take_back(
            loan, self.now(), condition_of(condition), remark[:500].strip(), broken=broken
        )

    def extend(self, loan: int, last: date) -> Loan:
        """Let somebody keep a device to another last day.

        :raises JustTaken: if somebody else has it then.
        """
        found = self._village.loan(loan)
        first, _ = availability.days_of(Span(found.starts_at, found.ends_at))
        return self._village.extend(loan, availability.whole_days(first, last).ends_at, self.now())

    def board(self) -> Board:
        """Return what volunteers have to do; while personal.db is locked without names."""
        now = self.now()
        names, locked = self._names()
        assets = self._all_assets()
        live = self._village.live_loans()
        late = {one.loan.loan: one.days for one in overdue(live, now)}
        danger = {one.loan.loan: one.why for one in endangered(assets, live, now)}

        def entry(loan: Loan) -> Entry:
            made = _entry(loan, assets[loan.asset], names)
            return replace(made, late_days=late.get(loan.loan), danger=danger.get(loan.loan, ""))

        rows = [entry(one) for one in live]
        today = local_day(now)
        due = [
            one
            for one in rows
            if one.loan.state == "reserved" and local_day(one.loan.starts_at) <= today
        ]
        return Board(
            late=tuple(sorted((r for r in rows if r.late_days is not None), key=_by_end)),
            endangered=tuple(one for one in rows if one.danger),
            to_hand_out=tuple(due),
            out=tuple(
                sorted(
                    (r for r in rows if r.loan.state == "out" and r.late_days is None), key=_by_end
                )
            ),
            to_come=tuple(r for r in rows if r.loan.state == "reserved" and r not in due),
            broken=tuple(one for one in assets.values() if one.state == "broken"),
            locked=locked,
        )

    def history(self, asset: int) -> list[Entry]:
        """Return the newest loans of an asset, with names where they are still kept."""
        names, _ = self._names()
        found = self._village.asset(asset)
        return [_entry(one, found, names) for one in self._village.loans_of(asset)]

    def entry(self, loan: int) -> Entry:
        """Return one loan; without a name while personal.db is locked.

        :raises NoSuchLoan: if there is none of that number.
        """
        names, _ = self._names()
        found = self._village.loan(loan)
        made = _entry(found, self._village.asset(found.asset), names)
        late = {one.loan.loan: one.days for one in overdue([found], self.now())}
        return replace(made, late_days=late.get(loan))

    def erase(self, slip: str) -> None:
        """Erase who has this slip; a reservation is given back.

        :raises Refused: if it is out: it has to come back first.
        """
        mine = self.my(slip)
        self._village.cancel_loan(mine.loan.loan)
        with self._vault.open() as personal:
            personal.forget_borrowers([mine.loan.loan])

    def drain(self) -> None:
        """Store the names that were sealed while personal.db was locked.

        :raises Locked: while it still is.
        """
        with self._vault.open() as personal:
            drain(self._village, personal)

    def slip_of(self, number: str, loan: int) -> LoanSlip:
        """Return how a slip stands of which is known what loan it is of; needs no key."""
        return self._slip(number, self._village.loan(loan))

    def upkeep(self, *, clock_is_set: bool = True) -> tuple[int, int]:
        """Store what was sealed, end what nobody fetched, delete names that are due.

        Return how many reservations ended and how many names went.

        :raises Locked: while personal.db is locked; reservations end all the same.
        """
        now = self.now()
        lapsed = len(self._village.lapse(now)) if clock_is_set else 0
        with self._vault.open() as personal:
            drain(self._village, personal)
            return lapsed, self._forget(personal, now) if clock_is_set else 0

    @property
    def clock_is_set(self) -> bool:
        """Whether the hub knows the time."""
        return self._clock.stamp().quality is not TimeQuality.UNKNOWN

    def now(self) -> int:
        """Return the time in ms since 1970."""
        return self._clock.stamp().wall_ms

    def _forget(self, personal: PersonalStore, now: int) -> int:
        """Delete whose loan is over for long; whoever still has something is kept."""
        later, due = {}, []
        for one in personal.borrowers().values():
            try:
                loan = self._village.loan(one.loan)
            except NoSuchLoan:
                due.append(one.loan)
                continue
            until = delete_after(loan)
            if until <= now and loan.state != "out":
                due.append(one.loan)
            elif until != one.delete_after:
                later[one.loan] = until
        personal.keep_borrowers(later)
        return personal.forget_borrowers(due)

    def _names(self) -> tuple[dict[int, Borrower], bool]:
        try:
            with self._vault.open() as personal:
                drain(self._village, personal)
                return personal.borrowers(), False
        except Locked:
            return {}, True

    def _all_assets(self) -> dict[int, Asset]:
        found = {one.asset: one for one in self._village.assets()}
        for loan in self._village.live_loans():
            if loan.asset not in found:
                found[loan.asset] = self._village.asset(loan.asset)
        return found

    def _slip(self, number: str, loan: Loan) -> LoanSlip:
        asset = self._village.asset(loan.asset)
        waits = loan.state == "reserved"
        return LoanSlip(
            number, asset, loan, availability.fetch_until(asset, loan) if waits else None
        )


def _token(token: str) -> str:
    if not 16 <= len(token) <= MAX_TOKEN or not token.isascii():
        raise Refused("no form's token", hint="Bitte die Seite neu laden und noch einmal absenden.")
    return token


def _entry(loan: Loan, asset: Asset, names: Mapping[int, Borrower]) -> Entry:
    who = names.get(loan.loan)
    if who is None:
        return Entry(loan, asset, "", None, "")
    return Entry(loan, asset, who.name, who.phone, who.slip)


def _by_end(one: Entry) -> tuple[int, int]:
    return one.loan.ends_at, one.loan.loan

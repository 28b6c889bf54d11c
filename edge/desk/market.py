"""The market board: written in the hall, let hang by a volunteer, taken down by its slip."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.clock import Clock
from edge.desk.board_slip import kept_under_slip, slip_hash, token_hash
from edge.desk.vault import Vault
from edge.learning.slip import read_slip
from edge.store.errors import Locked
from edge.store.village import VillageStore
from edge.store.village_market import MarketEntry
from edge.village import market
from edge.village.market import Contact, Draft
from edge.village.notice import reason
from edge.village.words import Refused

MAX_WAITING = 60
WAIT_DAYS = 30  # what no volunteer looked at until then is forgotten


@dataclass(frozen=True, slots=True)
class Told:
    """An entry with whom to ask, as far as that may be told here."""

    entry: MarketEntry
    contact: Contact | None
    is_locked: bool = False  # there is a number, and nobody can read it right now


class MarketDesk:
    """The market board of one hub."""

    def __init__(self, village: VillageStore, vault: Vault, clock: Clock) -> None:
        self._village = village
        self._vault = vault
        self._clock = clock

    def write(self, draft: Draft, contact: Contact | None, token: str) -> str:
        """Keep what somebody wrote, for a volunteer to look at; return their slip number.

        :raises Refused: if it is not in order, or too much waits.
        :raises Locked: if a number is to be kept and personal.db is locked: nothing is kept then.
        """
        made = market.checked(draft)
        now = self._now()
        if len(self._village.entries(("proposed",), now)) >= MAX_WAITING:
            raise Refused("full", "Es warten schon sehr viele Anzeigen. Bitte später noch einmal.")
        until = now + WAIT_DAYS * 86_400_000
        found = 0

        def keep(slip: bytes) -> bool:
            nonlocal found
            found, is_new = self._village.put_entry(
                made, now, until, slip_hash=slip, token_hash=token_hash(token)
            )
            if is_new and contact is not None:
                try:
                    with self._vault.open() as personal:
                        personal.put_contact(found, contact, market.delete_after(until))
                except BaseException:
                    self._village.drop_entry(found)
                    raise
            return bool(found)

        if contact is not None and self._vault.is_locked:
            raise Locked("personal.db is locked")
        return kept_under_slip(token, keep)

    def hanging(self) -> list[Told]:
        """Return what everybody may read, newest first; numbers that are to be public."""
        now = self._now()
        entries = self._village.entries(("approved",), now)
        return self._with_contacts(entries, public_only=True)

    def waiting(self) -> list[Told]:
        """Return what waits for a volunteer, oldest first, with whom to ask."""
        found = self._village.entries(("proposed",), self._now())
        return self._with_contacts(found[::-1])

    def all_told(self) -> list[Told]:
        """Return what hangs, with whom to ask, for volunteers."""
        return self._with_contacts(self._village.entries(("approved",), self._now()))

    def entry(self, number: int) -> Told:
        """Return one entry for a volunteer.

        :raises NotThere: if there is none.
        """
        return self._with_contacts([self._village.entry(number)])[0]

    def approve(self, number: int, draft: Draft, rev: int) -> None:
        """Let an entry hang for thirty days, as it was written or as a volunteer wrote it.

        How its writer is reached stays as they chose.

        :raises Refused: if it is not in order.
        :raises EditedSince: if somebody else changed it.
        """
        before = self._village.entry(number)
        made = market.checked(replace(draft, reach=before.reach))
        now = self._now()
        fresh = before.state != "approved" or before.shown_from is None
        shown_from = now if fresh else before.shown_from
        until = market.until(now) if fresh else before.shown_until
        self._change(
            replace(
                before, rev=rev, state="approved", kind=made.kind, category=made.category,
                title=made.title, text=made.text, shown_from=shown_from, shown_until=until,
                reason="",
            )
        )  # fmt: skip

    def decline(self, number: int, why: str, rev: int) -> None:
        """Do not let an entry hang, or take it down, and say why.

        :raises Refused: if no reason is given.
        :raises EditedSince: if somebody else changed it.
        """
        said = reason(why)
        before = self._village.entry(number)
        until = self._now() + market.KEPT_DAYS * 86_400_000
        self._change(replace(before, rev=rev, state="declined", reason=said, shown_until=until))

    def mine(self, slip: str) -> MarketEntry:
        """Return what was written with a slip.

        :raises SlipUnreadable: if it is no slip number.
        :raises Refused: `unknown`, if nothing was written with it.
        """
        found = self._village.entry_of_slip(slip_hash(read_slip(slip)))
        if found is None:
            raise Refused("unknown", "Zu diesem Zettel gibt es nichts.", "slip")
        return found

    def remove(self, slip: str) -> None:
        """Delete what was written with a slip; name and number go at once, or once unlocked.

        :raises SlipUnreadable: if it is no slip number.
        :raises Refused: `unknown`, if nothing was written with it.
        """
        found = self.mine(slip)
        self._village.drop_entry(found.entry)
        try:
            with self._vault.open() as personal:
                personal.forget_contact(found.entry)
        except Locked:
            return  # the worker deletes what belongs to no entry

    def forget(self) -> int:
        """Delete entries that are over and the numbers that are due; return how many numbers.

        :raises Locked: while personal.db is locked.
        """
        now = self._now()
        self._village.forget_entries(now - market.KEPT_DAYS * 86_400_000)
        there = {
            int(str(number))
            for (number,) in self._village.connection.rows("SELECT entry FROM market_entry")
        }
        with self._vault.open() as personal:
            lost = sorted(personal.board_contacts().keys() - there)
            for number in lost:
                personal.forget_contact(number)
            return len(lost) + personal.forget_contacts(now)

    def _change(self, entry: MarketEntry) -> None:
        self._village.change_entry(entry, self._now())
        if entry.reach == "desk":
            return
        try:
            with self._vault.open() as personal:
                personal.keep_contact_until(entry.entry, market.delete_after(entry.shown_until))
        except Locked:
            return  # the number goes when it was to go first: sooner, never later

    def _with_contacts(
        self, entries: list[MarketEntry], *, public_only: bool = False
    ) -> list[Told]:
        asks = [one for one in entries if one.reach == "public" or not public_only]
        if not any(one.reach != "desk" for one in asks):
            return [Told(one, None) for one in entries]
        try:
            with self._vault.open() as personal:
                known = personal.board_contacts()
        except Locked:
            return [Told(one, None, one in asks and one.reach != "desk") for one in entries]
        return [Told(one, known.get(one.entry) if one in asks else None) for one in entries]

    def _now(self) -> int:
        return self._clock.stamp().wall_ms

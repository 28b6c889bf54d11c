"""What becomes of accounts by themselves: unused and blocked ones go, and old wrong tries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.access.keeping import BLOCKED_MS, DAY_MS, NAME_MS
from edge.store.village import VillageStore
from edge.store.village_access import Account, LastAdministrator

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore

TALLY_MS = 60 * DAY_MS  # as long as a terminal counts as somebody's own


def forget_accounts(village: VillageStore, personal: PersonalStore, now_ms: int) -> int:
    """Delete accounts that are due, with the names; return how many.

    The last administrator's account stays, whoever it is of: its name alone goes.
    """
    village.forget_tallies(now_ms - TALLY_MS)
    gone, there = 0, set()
    due = set(personal.due_account_names(now_ms))
    for account in village.accounts():
        until = _until(account)
        if until > now_ms:
            there.add(account.account)
            if account.account in due or account.blocked_at is not None:
                personal.keep_account_name(account.account, until)
            continue
        personal.forget_account_name(account.account)
        try:
            village.delete_account(account.account)
        except LastAdministrator:
            there.add(account.account)
        else:
            gone += 1
    for number in personal.account_names():
        if number not in there:
            personal.forget_account_name(number)
    return gone


def _until(account: Account) -> int:
    if account.blocked_at is not None:
        return account.blocked_at + BLOCKED_MS
    return max(account.made_at, account.used_on or 0) + NAME_MS

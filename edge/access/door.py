"""Signing in: by card, by pictures, by password; and the first administrator of a hub.

What is refused is refused alike: one text, and as long a check, whether a name exists or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge.access.card import account_card_hash, read_card
from edge.access.code import code_hash, read_code
from edge.access.errors import NotLetIn, TooManyTries
from edge.access.handle import new_handle, same_handle
from edge.access.keeping import DAY_MS, NAME_MS, Keeping, roles_of_words, taken_handles
from edge.access.lockout import (
    ACCOUNT,
    MAX_PICTURE_MISSES,
    TERMINAL,
    Rule,
    Tally,
    counted,
    settled,
    wait_ms,
)
from edge.access.pictures import is_pin, secret_of
from edge.access.role import Way
from edge.access.sessions import Bearer
from edge.access.words import check_name, check_password
from edge.desk.register import card_hash
from edge.store.village import VillageStore
from edge.store.village_access import Account, TallyRow

if TYPE_CHECKING:
    from edge.access.secret import Kind

KNOWN_MS = 60 * DAY_MS  # a terminal is somebody's own for so long
NO_CARD = "Diese Karte kennt der Hub nicht. Bitte fragen Sie die Helferinnen und Helfer."
NOT_RIGHT = "Das stimmt so nicht. Bitte prüfen Sie den Anmeldenamen, und versuchen Sie es noch mal."
NO_CODE = (
    "Dieser Code gilt nicht oder nicht mehr. Einen neuen druckt am Hub: dorfhub access first-code"
)


@dataclass(frozen=True, slots=True)
class _Subject:
    mark: bytes
    rule: Rule


class Door:
    """Where people sign in. Threads may share one."""

    def __init__(self, keeping: Keeping, choose: Callable[[Sequence[str]], str]) -> None:
        self._keeping = keeping
        self._choose = choose

    def needs_setup(self) -> bool:
        """Tell whether nobody may give accounts yet."""
        with self._keeping.village() as village:
            return not village.has_administrator()

    def takes_first_code(self) -> bool:
        """Tell whether the page for the first administrator has anything to do."""
        with self._keeping.village() as village:
            return not village.has_administrator() or village.has_first_code(self._keeping.now_ms())

    def by_card(self, scanned: str) -> Bearer:
        """Return who has the card: an account, or a villager.

        :raises NotLetIn: if it is no card that the hub knows.
        :raises Locked: if it is a villager's and personal.db is locked.
        """
        card = read_card(scanned)
        if card is None:
            raise NotLetIn("no card of ours", hint=NO_CARD, field="karte")
        if card.whose == "villager":
            kept = card_hash(card.text)
            with self._keeping.personal() as personal:
                if not personal.of_card(kept):
                    raise NotLetIn("nobody's card", hint=NO_CARD, field="karte")
            return Bearer(card=kept)
        with self._keeping.village() as village:
            account = village.account_of(card=account_card_hash(card.text))
            if account is None or account.blocked_at is not None:
                raise NotLetIn("no account's card", hint=NO_CARD, field="karte")
            return self._let_in(village, account, Way.CARD, None)

    def by_password(self, handle: str, password: str, terminal: str) -> Bearer:
        """Return who has the name and the password.

        :raises NotLetIn: if it is nobody.
        :raises TooManyTries: if one must wait first.
        :raises Busy: if too many sign in right now.
        """
        return self._by_secret(handle, password, "password", terminal)

    def by_pictures(self, handle: str, picks: Sequence[str], terminal: str) -> Bearer:
        """Return who has the name and the three pictures; raises as :meth:`by_password` does."""
        secret = secret_of(picks) if is_pin(picks) else ""
        return self._by_secret(handle, secret, "pictures", terminal)

    def set_up(self, code: str, name: str, password: str, terminal: str) -> Bearer:
        """Make the first administrator, whom the one-time code proves, and return them.

        The name is kept if personal.db is unlocked.

        :raises AccessError: if the code is not good, or the password bad; the code stays good then.
        """
        name = check_name(name)
        check_password(password)
        typed = read_code(code)
        kept = self._keeping.hasher.make(password, "password")
        now_ms = self._keeping.now_ms()
        subject = _Subject(self._keeping.terminal_mark(terminal), TERMINAL)
        with self._keeping.village() as village, self._counted(village, (subject,)):
            handle = new_handle(taken_handles(village), self._choose)
            number = (
                village.add_first_administrator(
                    code_hash(typed), handle, same_handle(handle), kept, now_ms
                )
                if typed is not None
                else None
            )
            if number is None:
                raise NotLetIn("not the first code", hint=NO_CODE, field="code")
            if not self._keeping.is_locked():
                with self._keeping.personal() as personal:
                    personal.name_account(number, name, now_ms + NAME_MS)
            return self._let_in(village, village.account(number), Way.PASSWORD, terminal)

    def _by_secret(self, handle: str, secret: str, kind: Kind, terminal: str) -> Bearer:
        name, at = same_handle(handle), self._keeping.terminal_mark(terminal)
        with self._keeping.village() as village:
            account = village.account_of(same_handle=name)
            where = ""
            since_ms = self._keeping.now_ms() - KNOWN_MS
            if account is not None and village.is_known_at(account.account, at, since_ms):
                where = terminal  # what others try elsewhere does not make its owner wait here
            subjects = (
                _Subject(self._keeping.account_mark(kind, name, where), ACCOUNT),
                _Subject(at, TERMINAL),
            )
            if kind == "password" and account is not None and account.is_start:
                secret = read_code(secret) or secret  # typed from paper, in whatever way
            with self._counted(village, subjects):
                good = self._keeping.hasher.fits(_kept(account, kind), secret, kind)
                if account is None or not good or account.blocked_at is not None:
                    if account is not None and kind == "pictures":
                        village.note_picture_miss(account.account)
                    raise NotLetIn("no such secret", hint=NOT_RIGHT, field="name")
            way = Way.PICTURES if kind == "pictures" else Way.PASSWORD
            if kind == "password" and account.is_start:
                way = Way.START
            return self._let_in(village, account, way, terminal)

    @contextmanager
    def _counted(self, village: VillageStore, subjects: Sequence[_Subject]) -> Iterator[None]:
        """Count a try before it is made, so that many at once are not more; take a right one back.

        :raises TooManyTries: instead, if one must wait.
        """
        now_ms = self._keeping.now_ms()
        with village.connection.transaction() as driver:
            counts: list[Tally] = []
            before = [_tally(village.tally(driver, one.mark)) for one in subjects]
            pairs = list(zip(before, subjects, strict=True))
            wait = max(wait_ms(tally, now_ms, one.rule) for tally, one in pairs)
            for tally, one in pairs:
                after = (settled if wait else counted)(tally, now_ms, one.rule)
                village.put_tally(driver, one.mark, _row(after))
                counts.append(after)
        if wait:
            raise TooManyTries(-(-wait // 1000))
        yield
        with village.connection.transaction() as driver:
            for (tally, one), after in zip(pairs, counts, strict=True):
                now = _tally(village.tally(driver, one.mark))
                if one.rule is ACCOUNT:
                    kept = Tally()
                elif now == after:
                    kept = settled(tally, now_ms, one.rule)
                else:  # others tried meanwhile: one's own account is no way to clear their tries
                    kept = replace(now, failures=max(0, now.failures - 1))
                village.put_tally(driver, one.mark, _row(kept))

    def _let_in(
        self, village: VillageStore, account: Account, way: Way, terminal: str | None
    ) -> Bearer:
        keeping = self._keeping
        mark = None if terminal is None else keeping.terminal_mark(terminal)
        village.note_sign_in(account.account, mark, keeping.today(), keeping.now_ms())
        return replace(bearer_of(account, way), name=keeping.name_of(account.account))


def bearer_of(account: Account, way: Way) -> Bearer:
    """Return an account's bearer, without a name."""
    return Bearer(
        account.account,
        account.handle,
        "",
        roles_of_words(account.roles),
        way,
        account.revision,
    )


def _kept(account: Account | None, kind: Kind) -> str | None:
    if account is None:
        return None
    if kind == "pictures":
        return account.pictures if account.picture_misses < MAX_PICTURE_MISSES else None
    return account.password


def _tally(row: TallyRow) -> Tally:
    return Tally(row.failures, row.last_at, row.until)


def _row(tally: Tally) -> TallyRow:
    return TallyRow(tally.failures, tally.last_at, tally.until)

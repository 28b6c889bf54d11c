"""Giving accounts and taking them away, and what people change of their own."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from edge.access.card import TOKEN_BYTES, account_card, account_card_hash
from edge.access.code import code_hash, make_code, shown
from edge.access.door import Door, bearer_of
from edge.access.errors import AccessError
from edge.access.handle import new_handle, same_handle
from edge.access.keeping import BLOCKED_MS, DAY_MS, NAME_MS, Keeping, roles_of_words, taken_handles
from edge.access.pictures import PICKS, is_pin, secret_of
from edge.access.role import WITH_PASSWORD, Role, Way
from edge.access.sessions import Bearer
from edge.access.words import check_name, check_password
from edge.store.errors import Locked
from edge.store.shared import looking
from edge.store.village_access import Account

FIRST_CODE_MS = 3 * DAY_MS


@dataclass(frozen=True, slots=True)
class Known:
    """An account and whose it is; the name is empty while personal.db is locked."""

    account: Account
    name: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Issued:
    """What is shown once and kept nowhere: a card's content, a start word."""

    account: int
    handle: str
    card: str = ""
    start_word: str = ""


class Office:
    """What an administrator does. Threads may share one."""

    def __init__(self, keeping: Keeping, choose: Callable[[Sequence[str]], str]) -> None:
        self._keeping = keeping
        self._choose = choose

    def accounts(self) -> list[Known]:
        """Return all accounts by sign-in name."""
        names: dict[int, str] = {}
        try:
            with self._keeping.personal() as personal:
                names = personal.account_names()
        except Locked:
            pass
        with self._keeping.village() as village:
            return [_known(one, names.get(one.account, "")) for one in village.accounts()]

    def account(self, number: int) -> Known:
        """Return one account.

        :raises NoSuchAccount: if there is none.
        """
        with self._keeping.village() as village:
            return _known(village.account(number), self._keeping.name_of(number))

    def standing(self, number: int) -> Account | None:
        """Return an account that is not blocked, None if it is or is gone."""
        with looking(self._keeping.village_db) as village:
            found = village.find_account(number)
        return found if found is not None and found.blocked_at is None else None

    def give(self, name: str, roles: Iterable[Role]) -> Issued:
        """Make an account with a card, and a start word if a role wants a password.

        :raises AccessError: if the name or the roles cannot be.
        :raises Locked: while personal.db is locked: a name has its place there alone.
        """
        name, roles = check_name(name), _checked(roles)
        now_ms = self._keeping.now_ms()
        card = _new_card()
        with self._keeping.personal() as personal, self._keeping.village() as village:
            handle = new_handle(taken_handles(village), self._choose)
            number = village.add_account(
                handle, same_handle(handle), roles, account_card_hash(card), now_ms
            )
            personal.name_account(number, name, now_ms + NAME_MS)
        word = self.start_word(number).start_word if roles & WITH_PASSWORD else ""
        return Issued(number, handle, card, word)

    def give_nameless(self, roles: Iterable[Role]) -> Issued:
        """Make an account of which nobody knows whose it is, for who keeps the hub running."""
        roles, card = _checked(roles), _new_card()
        with self._keeping.village() as village:
            handle = new_handle(taken_handles(village), self._choose)
            number = village.add_account(
                handle, same_handle(handle), roles, account_card_hash(card), self._keeping.now_ms()
            )
        word = self.start_word(number).start_word if roles & WITH_PASSWORD else ""
        return Issued(number, handle, card, word)

    def rename(self, number: int, name: str) -> None:
        """Keep whose an account is.

        :raises Locked: while personal.db is locked.
        """
        name = check_name(name)
        with self._keeping.village() as village:
            village.account(number)
        with self._keeping.personal() as personal:
            personal.name_account(number, name, self._keeping.now_ms() + NAME_MS)

    def new_card(self, number: int) -> Issued:
        """Make another card; the one before opens nothing from now on, nor does its picture PIN."""
        card = _new_card()
        with self._keeping.village() as village:
            village.set_card(number, account_card_hash(card))
            return Issued(number, village.account(number).handle, card)

    def start_word(self, number: int) -> Issued:
        """Make a password that is to be changed at once, in the place of the one before."""
        word = make_code(self._pick)
        kept = self._keeping.hasher.make(word, "password")
        with self._keeping.village() as village:
            village.set_password(number, kept, is_start=True)
            account = village.account(number)
            village.forget_terminals(number)
            village.clear_tallies([self._keeping.account_mark("password", account.handle)])
            return Issued(number, account.handle, start_word=shown(word))

    def set_roles(self, number: int, roles: Iterable[Role]) -> Issued | None:
        """Let an account be this; a start word comes of a role that newly wants a password.

        Who had only the card may have lost it: what it could set is no proof for more.

        :raises LastAdministrator: if nobody could give accounts then.
        """
        roles = _checked(roles)
        with self._keeping.village() as village:
            had = roles_of_words(village.account(number).roles)
            village.set_roles(number, roles)
        if roles & WITH_PASSWORD and not had & WITH_PASSWORD:
            return self.start_word(number)
        return None

    def block(self, number: int) -> None:
        """Let an account open nothing from now on; its name goes after a month.

        :raises LastAdministrator: if nobody could give accounts then.
        """
        with self._keeping.village() as village:
            village.block(number, self._keeping.now_ms())
        try:
            with self._keeping.personal() as personal:
                personal.keep_account_name(number, self._keeping.now_ms() + BLOCKED_MS)
        except Locked:
            pass  # the upkeep finds the block

    def unblock(self, number: int) -> None:
        """Let an account open again what it opened; lost cards stay lost."""
        with self._keeping.village() as village:
            village.account(number)
            village.unblock(number)
        try:
            with self._keeping.personal() as personal:
                personal.keep_account_name(number, self._keeping.now_ms() + NAME_MS)
        except Locked:
            pass

    def first_code(self) -> str:
        """Make the code that makes an administrator, once, in the place of the one before."""
        code, now_ms = make_code(self._pick), self._keeping.now_ms()
        with self._keeping.village() as village:
            village.put_first_code(code_hash(code), now_ms, now_ms + FIRST_CODE_MS)
        return shown(code)

    def change_password(self, bearer: Bearer, old: str, new: str, door: Door, at: str) -> Bearer:
        """Set one's own password; return oneself anew, all other visits end.

        :raises AccessError: if the old one is wrong, or the new one bad.
        """
        number = _own(bearer)
        with self._keeping.village() as village:
            account = village.account(number)
        roles = roles_of_words(account.roles)
        if bearer.way is not Way.START:
            if account.password is not None:
                door.by_password(account.handle, old, at)
            elif roles & WITH_PASSWORD:
                raise AccessError(
                    "no password yet",
                    hint="Bitte lassen Sie sich ein Startwort geben. Die Karte allein reicht dafür "
                    "nicht.",
                    field="alt",
                )
        check_password(new)
        if new in (account.handle, old):
            raise AccessError(
                "the same", hint="Bitte ein anderes Passwort als bisher wählen.", field="passwort"
            )
        kept = self._keeping.hasher.make(new, "password")
        with self._keeping.village() as village:
            village.set_password(number, kept, is_start=False)
            after = village.account(number)
        return replace(bearer_of(after, Way.PASSWORD), name=bearer.name)

    def change_pictures(self, bearer: Bearer, picks: Sequence[str]) -> Bearer:
        """Set one's own picture PIN; return oneself anew, all other visits end.

        :raises AccessError: if these are not three different pictures.
        """
        number = _own(bearer)
        if bearer.way is Way.START:  # whoever else knows the word would stay
            raise AccessError(
                "a start word", hint="Bitte zuerst ein eigenes Passwort wählen.", field="bilder"
            )
        if not is_pin(picks):
            raise AccessError(
                "no picture PIN",
                hint=f"Bitte {PICKS} verschiedene Bilder wählen.",
                field="bilder",
            )
        kept = self._keeping.hasher.make(secret_of(picks), "pictures")
        with self._keeping.village() as village:
            village.set_pictures(number, kept)
            after = village.account(number)
        return replace(bearer_of(after, bearer.way or Way.CARD), name=bearer.name)

    def _pick(self, signs: str) -> str:
        return self._choose(signs)


def _known(account: Account, name: str) -> Known:
    return Known(account, name, roles_of_words(account.roles))


def _checked(roles: Iterable[Role]) -> frozenset[Role]:
    found = frozenset(roles) - {Role.VILLAGER}
    if not found:
        raise AccessError(
            "no role", hint="Bitte mindestens eine Aufgabe ankreuzen.", field="rollen"
        )
    return found


def _new_card() -> str:
    return account_card(secrets.token_bytes(TOKEN_BYTES))


def _own(bearer: Bearer) -> int:
    if bearer.account is None:
        raise AccessError("nobody", hint="Bitte melden Sie sich an.")
    return bearer.account

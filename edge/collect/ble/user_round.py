"""One visit's users: the hub acts for each whose code it has, one after the other.

A code that the device does not take is no fault of the line: trying it again would empty the
battery and, on many devices, lock them. So it is tried once, and then a person is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from edge.collect.ble.user_control import UserControl
from edge.collect.ble.user_words import told
from edge.store.scale_users import ScaleUser, ScaleUsers, UserState
from hardware.ble.user_consent import Finish, Membership, Outcome
from hardware.ble.user_control import Result


class UserRound:
    """The users of one device, in turn. ``trouble`` is what a person is told, if anything.

    ``dropped``: the connection went while somebody was asked for. ``first`` is the index with
    which to begin: some devices hand over only what belongs to whoever consented first.
    ``began_with`` is who did, also before this round. ``served``
    are the later ones who got something on this connection, ``silent`` those who got nothing.
    """

    def __init__(
        self,
        control: UserControl,
        users: ScaleUsers,
        now: Callable[[], int],
        first: int = 0,
        began_with: int | None = None,
    ) -> None:
        self._control = control
        self._users = users
        self._now = now
        known = [one.index for one in users.users(control.address) if one.index is not None]
        self._left = [one for one in known if one >= first] + [one for one in known if one < first]
        self.current: int | None = None
        self.began_with = began_with
        self.served: list[int] = []
        self.silent: list[int] = []
        self.dropped = False
        self.trouble = ""

    @property
    def is_first(self) -> bool:
        """Tell if whom it acts for now was the first on this connection."""
        return self.current is not None and self.current == self.began_with

    def took(self, count: int) -> None:
        """Note that so many values came for whom it acts for now, who was not the first."""
        if self.current is not None:
            (self.served if count else self.silent).append(self.current)

    async def next(self) -> bool:
        """Act for the next user who consents; False if there is none left.

        :raises StoreError: if what came of it could not be kept.
        """
        self.current = None
        while self._left and not self.dropped:
            user = self._users.user(self._control.address, self._left.pop(0))
            if user is None or not user.is_due(self._now()):
                continue
            finish = await self.act(user)
            if finish.outcome is Outcome.CONSENTED:
                self.current = user.index
                if self.began_with is None:
                    self.began_with = user.index
                return True
        return False

    async def act(self, user: ScaleUser) -> Finish:
        """Act for a user from now on, and keep how it went."""
        membership = Membership(user.code, user.index, increment=user.increment)
        finish = await self._control.act(membership, lambda _: None)
        after = outcome_of(user, finish, self._now())
        if after != user:  # a card is not written for each visit
            self._users.amend(self._control.address, user, after)
        if finish.outcome is Outcome.DROPPED:
            self.dropped = True
        elif finish.outcome is not Outcome.CONSENTED:
            self.trouble = f"Benutzer {user.index}: {told(finish, registering=False)}"
            if after.state is not UserState.STOPPED_CODE:
                self._left = []  # it may be locked: whoever is asked for next would suffer for it
        return finish


def outcome_of(user: ScaleUser, finish: Finish, now_ms: int) -> ScaleUser:
    """Return how the hub stands with a user after it asked for consent. Pure."""
    if finish.outcome is Outcome.CONSENTED:
        increment = finish.membership.increment
        return replace(user, state=UserState.OK, increment=increment, tries=0, not_before=0)
    if finish.outcome is Outcome.NOT_AUTHORIZED or (
        finish.outcome is Outcome.REFUSED and finish.result == Result.INVALID_PARAMETER
    ):
        return replace(user, state=UserState.STOPPED_CODE)
    if finish.outcome is Outcome.REFUSED:
        for_ever = finish.result == Result.OP_CODE_NOT_SUPPORTED
        return user.refused(now_ms, for_ever=for_ever)
    if finish.outcome in {Outcome.TIMEOUT, Outcome.GARBLED}:
        return replace(user.refused(now_ms), tries=user.tries, state=UserState.WAITS)
    return user

"""What people ask of a scale's users: register, try a code, write data, delete.

They ask through village.db, and no code and nothing of a person stands there: codes are in
:class:`edge.store.scale_users.ScaleUsers`, and data comes in a file in ``run/``, which is memory on
the Pi, and is gone once it was read. A request is served in the next visit of its scale.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from edge.clock import Clock, to_datetime
from edge.collect.ble.keeper import device_id
from edge.collect.ble.user_control import UserControl
from edge.collect.ble.user_round import UserRound
from edge.collect.ble.user_words import (
    DATA_REFUSED,
    NO_USERS,
    NOT_DELETED,
    NOT_HEARD,
    ONE_BY_ONE,
    UNKNOWN_USER,
    state_hint,
    told,
)
from edge.process.log import Log
from edge.store.scale_data import remove, take
from edge.store.scale_users import MAX_CODE, ScaleUser, ScaleUsers, UserState
from edge.store.village import VillageStore
from edge.store.village_rows import Request
from hardware.ble.user_consent import Membership, Outcome
from hardware.ble.user_profile import UserProfile, read_profile
from hardware.errors import DeviceRefused

KIND = "user"  # the requests of this desk
WAIT_S = 60.0
LONGEST_S = 300.0


@dataclass(frozen=True, slots=True)
class Stores:
    """Where the desk looks and writes. ``run`` is the folder for what may be lost."""

    village: VillageStore
    users: ScaleUsers
    run: Path


class UserDesk:
    """Serves people's requests, and remembers with whom a scale's next visit begins.

    :raises StoreError: from any method, if something could not be kept.
    """

    def __init__(self, stores: Stores, clock: Clock, log: Log, rng: Random) -> None:
        self._village = stores.village
        self._users = stores.users
        self._run = stores.run
        self._clock = clock
        self._log = log
        self._rng = rng
        self._first: dict[str, int] = {}  # one number a paired scale
        self._serve_all: set[str] = set()  # scales that gave to two users on one connection
        self._owed: dict[str, list[int]] = {}  # users to begin with, one connection each, at once

    def wanted(self, enrolled: Collection[str]) -> list[str]:
        """Return the scales somebody waits for; answer who has waited long enough."""
        found: list[str] = []
        for request in self._village.open_requests(KIND):
            address = _address(request)
            waited_s = (self._now() - request.created_at) / 1000
            if address not in enrolled:
                self._answer(request, hint="Dieses Gerät ist nicht gekoppelt.")
            elif waited_s > _wait_s(request):
                self._answer(request, hint=NOT_HEARD)
            else:
                found.append(address)
        return found

    async def begin(self, control: UserControl) -> UserRound | None:
        """Answer who waits for this scale, and return its users' round; None if it has none."""
        waiting = [
            one for one in self._village.open_requests(KIND) if _address(one) == control.address
        ]
        if not await control.open():
            for request in waiting:
                self._answer(request, hint=NO_USERS)
            return None
        self._users.announce(control.address)
        registers = [one for one in waiting if one.arguments.get("action") == "register"]
        for request in registers[1:]:  # who presses twice means one person
            self._answer(request, hint=ONE_BY_ONE)
        acted_for = None  # whoever consented first on this connection
        for request in waiting:
            if request.arguments.get("action") != "delete" and request not in registers[1:]:
                consented = await self._serve(control, request)
                acted_for = consented if acted_for is None else acted_for
        first = self._first.get(control.address, 0)
        for request in waiting:
            index = request.arguments.get("index")
            if request.arguments.get("action") == "delete" and isinstance(index, int):
                first = index  # whoever begins is given everything, whatever kind of scale it is
                break
        return UserRound(control, self._users, self._now, first, acted_for)

    async def drained(self, control: UserControl, turn: UserRound) -> None:
        """Delete the user whose values have just been taken, if somebody asked for that.

        Only with whom the connection began: a scale may have kept the values of later ones.
        """
        for request in self._village.open_requests(KIND):
            arguments = request.arguments
            if _address(request) != control.address or arguments.get("action") != "delete":
                continue
            if turn.current is None or arguments.get("index") != turn.current:
                continue
            if turn.is_first:
                await self._delete(control, request, turn.current)

    def ended(self, control: UserControl, turn: UserRound) -> bool:
        """Note with whom the next visit is to begin; answer who asked for whom nobody knows.

        True if it should be made at once: the scale may have something for its other users.
        """
        if turn.began_with is not None:
            self._first[control.address] = turn.began_with + 1
        owed = self._still_owed(control.address, turn)
        if owed:
            self._first[control.address] = owed[0]
        for request in self._village.open_requests(KIND):
            if _address(request) != control.address or request.arguments.get("action") != "delete":
                continue
            index = request.arguments.get("index")
            user = self._users.user(control.address, index) if isinstance(index, int) else None
            if user is None or not user.is_due(self._now()):
                self._answer(request, hint=turn.trouble or UNKNOWN_USER)
        return bool(owed)

    def _still_owed(self, address: str, turn: UserRound) -> list[int]:
        """Return who should begin a connection at once, after whom nothing came on this one."""
        if turn.served:
            self._serve_all.add(address)
        owed = self._owed.pop(address, None)
        if address in self._serve_all or turn.dropped:
            return []
        owed = [one for one in turn.silent if owed is None or one in owed]
        if turn.began_with in owed:
            owed.remove(turn.began_with)
        self._owed[address] = owed  # empty: everybody has begun once, so this was the last of them
        if not owed:
            del self._owed[address]
        return owed

    async def _serve(self, control: UserControl, request: Request) -> int | None:
        """Do what a request asks for; return the user who consented to it, if one did."""
        action = request.arguments.get("action")
        if action == "register":
            return await self._register(control, request)
        index = request.arguments.get("index")
        user = self._users.user(control.address, index) if isinstance(index, int) else None
        if user is None:
            self._answer(request, hint=UNKNOWN_USER)
            return None
        if not user.is_due(self._now()):
            self._answer(request, hint=state_hint(user))
            return None
        turn = UserRound(control, self._users, self._now)
        finish = await turn.act(user)
        if finish.outcome is Outcome.DROPPED:
            return None  # it stays open for the next visit
        if finish.outcome is not Outcome.CONSENTED:
            self._answer(request, hint=told(finish, registering=False))
            return None
        if action == "data":
            await self._write(control, request, user)
        else:
            self._answer(request, index=user.index)
        return user.index

    async def _register(self, control: UserControl, request: Request) -> int | None:
        """Register a new user under a code of the hub's own, or settle what was left unclear."""
        address = control.address
        pending = self._users.user(address, None)
        named = request.arguments.get("index")
        if pending is not None and request.arguments.get("anew") is True:
            self._users.forget(address, None)  # a person looked: there is none
            pending = None
        if pending is not None:
            index = named if isinstance(named, int) else None
            start = Membership(pending.code, index, pending=True)
        else:
            start = Membership(self._rng.randint(0, MAX_CODE))
        since = self._now() if pending is None else pending.since

        def remember(one: Membership) -> None:
            if one.index is not None and not one.pending:
                user = ScaleUser(one.consent_code, one.index, since, UserState.NEW, one.increment)
                self._users.put(address, user, settles=True)
            elif one.pending:
                waits = ScaleUser(one.consent_code, None, since, UserState.PENDING)
                self._users.put(address, waits)
            else:
                self._users.forget(address, None)

        finish = await control.act(start, remember)
        settled = finish.membership
        self._log.info("user-registered", device=device_id(address), outcome=finish.outcome.value)
        if settled.index is None or settled.pending:
            dropped = finish.outcome is Outcome.DROPPED
            hint = told(finish, registering=True)
            if dropped and settled.pending and named is None:
                hint = told(replace(finish, outcome=Outcome.UNCLEAR), registering=True)
            self._answer(request, hint=hint, unclear=settled.pending)
            return None
        user = self._users.user(address, settled.index)
        if finish.outcome is Outcome.CONSENTED and user is not None:
            self._users.amend(address, user, replace(user, state=UserState.OK))
        self._answer(request, index=settled.index, registered=True)
        return settled.index if finish.outcome is Outcome.CONSENTED else None

    async def _write(self, control: UserControl, request: Request, user: ScaleUser) -> None:
        profile = self._profile(request)
        if profile is None:
            self._answer(
                request, hint="Die Angaben sind nicht mehr da. Bitte noch einmal eingeben."
            )
            return
        current = self._users.user(control.address, user.index) or user
        today = to_datetime(self._now()).astimezone().date()
        try:
            counted = await control.write(profile.writes(today), current.increment)
        except DeviceRefused:
            self._answer(request, hint=DATA_REFUSED)
            return
        self._users.amend(control.address, current, replace(current, increment=counted))
        self._answer(request, index=user.index, written=True)

    def _profile(self, request: Request) -> UserProfile | None:
        """Return what a person told, and leave nothing of it behind."""
        stored = take(self._run, str(request.arguments.get("file")))
        try:
            return None if stored is None else read_profile(stored)
        except (ValueError, KeyError, TypeError):
            return None

    async def _delete(self, control: UserControl, request: Request, index: int) -> None:
        try:
            done = await control.delete()
        except DeviceRefused:
            done = False
        if done:
            self._users.forget(control.address, index)
            self._answer(request, index=index, deleted=True)
        else:
            self._answer(request, hint=NOT_DELETED)

    def _answer(self, request: Request, *, hint: str = "", **result: object) -> None:
        remove(self._run, request.arguments.get("file"))  # also of who was not heard
        told_ = {**result, "address": _address(request), **({"hint": hint} if hint else {})}
        self._village.finish(request.request, done=not hint, at=self._now(), result=told_)

    def _now(self) -> int:
        return self._clock.stamp().wall_ms


def _address(request: Request) -> str:
    return str(request.arguments.get("address") or "")


def _wait_s(request: Request) -> float:
    given = request.arguments.get("wait_s")
    if isinstance(given, int | float) and not isinstance(given, bool):
        return min(max(float(given), 1.0), LONGEST_S)
    return WAIT_S

"""The users of scales whom the hub may act for: one JSON file beside the bonds, mode 0600.

    {"C0:11:22:33:44:55": {"users": [{"code": 4711, "index": 1, "since": 1795000000000, ...}],
                           "began": [[1, 1795000000000]], "paired": true}}

A device stands there once it was seen to have users, also while the hub has no code of any. The
collector, the commands and the page share the file: each change is made under a lock on what stands
there then, and replaces the file as a whole.

``began`` outlives codes and pairings: from that moment on an index was somebody's who may be
another than before, and whoever reads the values later must know it.

A file that says nothing that can be understood is set aside, and its place is taken by
`{"lost": true}`: nobody knows any more whose number changed hands. That stands there until
:meth:`ScaleUsers.settle_loss`.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from edge.store.errors import StoreError
from hardware.durable import replace_private

MAX_USERS = 32  # of one device; scales have 8 to 10
MAX_BEGAN = 128  # of one device; beyond that the oldest are forgotten
MAX_TRIES = 3  # after so many refusals for a reason that may pass, a person must look
LATER_MS = 6 * 3_600_000  # between two of them: many devices forget a lock-out within hours
MAX_CODE, MAX_INDEX = 9999, 254


class UsersUnreadable(StoreError):
    """The file is there and cannot be read, or not be set aside; no other sensor needs it."""


class _Spoiled(Exception):
    """What stands there is not understood. It has no words of its own: they may quote a code."""


class UserState(StrEnum):
    """How the hub stands with a user. A stopped one is asked for no more until a person acts."""

    NEW = "new"  # not tried yet
    OK = "ok"
    PENDING = "pending"  # asked to be registered, and the answer was never heard
    WAITS = "waits"  # refused for a reason that may pass
    STOPPED_CODE = "stopped_code"  # another code, or no such user any more
    STOPPED_REFUSED = "stopped_refused"  # refused too often, or once for ever


@dataclass(frozen=True, slots=True)
class ScaleUser:
    """One user. ``index`` is None exactly while a registration is pending.

    ``since`` (ms, UTC) is when the hub came to have this code: what comes later under the index
    is this user's, whoever had the index before. ``tries`` were refused; not before
    ``not_before`` (ms) is the next. ``increment`` is the device's count of changes to the data.
    """

    code: int
    index: int | None
    since: int
    state: UserState = UserState.NEW
    increment: int | None = None
    tries: int = 0
    not_before: int = 0

    def is_due(self, now_ms: int) -> bool:
        """Tell whether consent may be asked for now.

        A clock that was set back must not make anybody wait for years.
        """
        if self.index is None or self.state in _STOPPED:
            return False
        return not now_ms < self.not_before <= now_ms + LATER_MS

    def refused(self, now_ms: int, *, for_ever: bool = False) -> ScaleUser:
        """Return the user after one more refusal."""
        tries = self.tries + 1
        stopped = for_ever or tries >= MAX_TRIES
        state = UserState.STOPPED_REFUSED if stopped else UserState.WAITS
        return replace(self, state=state, tries=tries, not_before=now_ms + LATER_MS)


@dataclass(slots=True)
class _Device:
    users: list[ScaleUser] = field(default_factory=list)
    began: list[tuple[int, int]] = field(default_factory=list)
    paired: bool = True

    def put(self, user: ScaleUser, *, settles: bool) -> None:
        gone = {user.index, None} if settles else {user.index}
        self.users = [one for one in self.users if one.index not in gone]
        if len(self.users) >= MAX_USERS:
            raise StoreError(
                "the device has too many users",
                hint="So viele Benutzer hat keine Waage. Bitte alte vergessen.",
            )
        self.users.append(user)
        self.users.sort(key=lambda one: MAX_INDEX + 1 if one.index is None else one.index)
        self.paired = True
        if user.index is not None and (user.index, user.since) not in self.began:
            self.began = [*self.began, (user.index, user.since)][-MAX_BEGAN:]


@dataclass(slots=True)
class _Content:
    devices: dict[str, _Device] = field(default_factory=dict)
    lost: bool = False


class ScaleUsers:
    """The file at ``path``; it is read anew at each call, and set aside if it is spoiled.

    :raises UsersUnreadable: from any method.
    :raises StoreError: from those that change something, if it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.aside = path.with_name(path.name + ".spoiled")

    def is_spoiled(self) -> bool:
        """Tell whether the file is one that the next who needs it sets aside; changes nothing."""
        try:
            self._content()
        except _Spoiled:
            return True
        return False

    def is_lost(self) -> bool:
        """Tell whether a file was set aside, and nobody has drawn the consequences yet."""
        return self._read().lost

    def settle_loss(self) -> None:
        """Note that no confirmation from before the loss counts any more."""

        def change(content: _Content) -> None:
            content.lost = False

        self._change(change)

    def settle_clock(self, now_ms: int) -> None:
        """Let nothing have begun later than now, for a hub whose clock was set back."""

        def change(content: _Content) -> None:
            for one in content.devices.values():
                one.began = list(dict.fromkeys((i, min(at, now_ms)) for i, at in one.began))
                one.users = [replace(u, since=min(u.since, now_ms)) for u in one.users]

        if any(at > now_ms for began in self.began().values() for _, at in began):
            self._change(change)

    def devices(self) -> frozenset[str]:
        """Return the addresses of the paired devices that are known to have users."""
        return frozenset(address for address, one in self._read().devices.items() if one.paired)

    def users(self, address: str) -> tuple[ScaleUser, ...]:
        """Return the users of a device, by index; a pending registration comes last."""
        device = self._read().devices.get(address)
        return tuple(device.users) if device is not None else ()

    def user(self, address: str, index: int | None) -> ScaleUser | None:
        """Return one user; with None the pending registration."""
        return next((one for one in self.users(address) if one.index == index), None)

    def began(self) -> dict[str, tuple[tuple[int, int], ...]]:
        """Return by address which index became somebody's when (ms), oldest first.

        Also of devices that are paired no longer, and of those without a single code.
        """
        return {address: tuple(one.began) for address, one in self._read().devices.items()}

    def announce(self, address: str) -> None:
        """Note that a paired device has users."""
        if address not in self.devices():

            def change(content: _Content) -> None:
                content.devices.setdefault(address, _Device()).paired = True

            self._change(change)

    def put(self, address: str, user: ScaleUser, *, settles: bool = False) -> None:
        """Store a user, in the place of whoever has that index; durable on return.

        ``settles``: it is who was to be registered; nothing is pending then.

        :raises StoreError: also if the device has too many users.
        """
        self._change(
            lambda content: content.devices.setdefault(address, _Device()).put(
                user, settles=settles
            )
        )

    def amend(self, address: str, before: ScaleUser, after: ScaleUser) -> bool:
        """Store ``after`` for a user who stands there as ``before`` still; False if not."""
        amended: list[ScaleUser] = []

        def change(content: _Content) -> None:
            device = content.devices.get(address)
            if device is not None and before in device.users:
                device.put(after, settles=False)
                amended.append(after)

        self._change(change)
        return bool(amended)

    def enter(self, address: str, index: int, code: int, now_ms: int) -> ScaleUser:
        """Store a code that a person entered; the same again only lets it be tried again."""
        if not (0 <= index <= MAX_INDEX and 0 <= code <= MAX_CODE):
            raise StoreError("no such index or code", hint="Der Code hat höchstens vier Ziffern.")
        before = self.user(address, index)
        known = before is not None and before.code == code
        user = ScaleUser(code, index, before.since if known and before else now_ms)
        self.put(address, user)
        return user

    def forget(self, address: str, index: int | None) -> bool:
        """Forget a user's code; True if there was one."""
        gone: list[ScaleUser] = []

        def change(content: _Content) -> None:
            device = content.devices.get(address, _Device())
            gone.extend(one for one in device.users if one.index == index)
            device.users = [one for one in device.users if one.index != index]

        if self.user(address, index) is not None:
            self._change(change)
        return bool(gone)

    def forget_device(self, address: str) -> None:
        """Forget all codes of a device that is paired no longer."""

        def change(content: _Content) -> None:
            device = content.devices.get(address)
            if device is not None:
                device.users, device.paired = [], False

        if address in self.devices():
            self._change(change)

    def _content(self) -> _Content:
        """Return what stands there.

        :raises _Spoiled: if nobody can tell.
        """
        try:
            stored = json.loads(self._path.read_bytes())
            lost = stored.pop(_LOST, False) is True
            return _Content({str(address): _device(one) for address, one in stored.items()}, lost)
        except FileNotFoundError:
            return _Content()
        except OSError as error:
            raise self._unreadable(error) from None
        except _NOT_UNDERSTOOD:
            raise _Spoiled from None

    def _read(self) -> _Content:
        try:
            return self._content()
        except _Spoiled:
            pass
        try:
            with self._locked():
                return self._repaired()
        except OSError as error:
            raise self._unreadable(error) from None

    def _repaired(self) -> _Content:
        """Return what stands there, for whoever has the lock; a spoiled file is set aside."""
        try:
            return self._content()
        except _Spoiled:
            self.aside.unlink(missing_ok=True)
            os.link(self._path, self.aside)  # there is no moment without either of them
            self.aside.chmod(0o600)
            lost = _Content(lost=True)
            self._write(lost)
            return lost

    def _unreadable(self, error: OSError) -> UsersUnreadable:
        return UsersUnreadable(
            f"{self._path} cannot be read: {type(error).__name__}",
            hint=f"Die Codes der Waagen sind nicht lesbar: Bitte die Rechte von {self._path} "
            "prüfen; dorfhub doctor sagt mehr.",
        )

    def _change(self, change: Callable[[_Content], object]) -> None:
        try:
            with self._locked():
                content = self._repaired()
                change(content)
                self._write(content)
        except OSError as error:
            raise StoreError(
                f"{self._path} cannot be written: {error}",
                hint="Bitte Speicherplatz und Rechte des Ordners prüfen.",
            ) from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = self._path.with_name(self._path.name + ".lock")
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _write(self, content: _Content) -> None:
        stored: dict[str, object] = {_LOST: True} if content.lost else {}
        stored |= {address: asdict(one) for address, one in content.devices.items()}
        replace_private(self._path, json.dumps(stored))


_LOST = "lost"  # no device has this address
_NOT_UNDERSTOOD = (  # whatever json and the shapes below may raise
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)
_STOPPED = frozenset({UserState.PENDING, UserState.STOPPED_CODE, UserState.STOPPED_REFUSED})


def _device(stored: Mapping[str, object]) -> _Device:
    users, began = stored["users"], stored["began"]
    if not isinstance(users, list) or not isinstance(began, list):
        raise TypeError("no lists")
    pairs = [(int(index), int(since)) for index, since in began]
    return _Device([_user(one) for one in users], pairs, stored["paired"] is True)


def _user(stored: Mapping[str, object]) -> ScaleUser:
    numbers = {name: int(str(stored[name])) for name in ("code", "since", "tries", "not_before")}
    optional = {
        name: None if stored[name] is None else int(str(stored[name]))
        for name in ("index", "increment")
    }
    return ScaleUser(state=UserState(str(stored["state"])), **numbers, **optional)  # type: ignore[arg-type]

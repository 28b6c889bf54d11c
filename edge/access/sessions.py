"""The visits that the hub knows right now: in memory, bounded, each ended by time or by somebody.

A browser holds a random token; here lies its hash. Nothing of it is on the card.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from edge.access.role import Role, Way, granted

MINUTE_S = 60.0
MAX_SESSIONS = 400  # a village's festival on phones; each is some hundred bytes
MAX_PER_ACCOUNT = 4  # desk, hall, a phone, and one that was forgotten
MAX_KINDS = 24  # of things kept in a visit
MAX_VALUES = 32  # of one kind
MAX_VALUE = 400  # characters of one value
TOKEN_BYTES = 32


class KeptTooMuch(ValueError):
    """A visit keeps small things: numbers of slips, not files."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a visit lasts: without a request, and at all."""

    idle_s: float
    most_s: float


# The page itself asks after a minute; this is for browsers that run no script or lost their power.
ANYBODY = Limits(idle_s=20 * MINUTE_S, most_s=120 * MINUTE_S)
# Who writes a long text sends nothing meanwhile, and would lose it.
SIGNED_IN = Limits(idle_s=60 * MINUTE_S, most_s=600 * MINUTE_S)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who a visit is of. ``revision`` is the account's: another one ends the visit."""

    account: int | None = None
    handle: str = ""
    name: str = ""
    held: frozenset[Role] = frozenset()
    way: Way | None = None
    revision: int = 0
    card: bytes | None = None

    @property
    def roles(self) -> frozenset[Role]:
        """What they may."""
        return granted(self.held, self.way)


NOBODY = Bearer()


@dataclass(slots=True)
class _Session:
    bearer: Bearer
    began_s: float
    seen_s: float
    kept: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def is_over(self, now_s: float) -> bool:
        limits = ANYBODY if self.bearer.account is None else SIGNED_IN
        return not (
            self.began_s <= self.seen_s <= now_s
            and now_s - self.seen_s < limits.idle_s
            and now_s - self.began_s < limits.most_s
        )


class Sessions:
    """All visits of one web process; its threads share it. ``now_s`` is a monotonic time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[bytes, _Session] = {}

    def __len__(self) -> int:
        return len(self._open)

    def begin(self, now_s: float, bearer: Bearer = NOBODY) -> str:
        """Begin a visit and return the token for the browser; others may end to make room."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self._lock:
            self._sweep(now_s)
            if bearer.account is not None:
                theirs = [
                    key for key, one in self._open.items() if one.bearer.account == bearer.account
                ]
                self._end_longest_idle(theirs, MAX_PER_ACCOUNT - 1)
            if len(self._open) >= MAX_SESSIONS:
                nobodys = [key for key, one in self._open.items() if one.bearer.account is None]
                spare = MAX_SESSIONS - 1 - (len(self._open) - len(nobodys))
                self._end_longest_idle(nobodys, max(0, spare))
            if len(self._open) >= MAX_SESSIONS:  # all are signed in
                self._end_longest_idle(list(self._open), MAX_SESSIONS - 1)
            self._open[_key(token)] = _Session(bearer, now_s, now_s)
        return token

    def bearer(self, token: str, now_s: float, *, counts: bool = True) -> Bearer | None:
        """Return whose visit it is, None if there is no such visit (any more).

        ``counts`` says whether somebody did something, so that the visit lasts longer.
        """
        with self._lock:
            found = self._find(token, now_s)
            if found is None:
                return None
            if counts:
                found.seen_s = now_s
            return found.bearer

    def replace(self, token: str, bearer: Bearer) -> None:
        """Change what is known of who it is of, for a visit that goes on."""
        with self._lock:
            found = self._open.get(_key(token))
            if found is not None:
                found.bearer = bearer

    def kept(self, token: str, what: str, now_s: float) -> tuple[str, ...]:
        """Return what was kept, oldest first."""
        with self._lock:
            found = self._find(token, now_s)
            return () if found is None else found.kept.get(what, ())

    def keep(self, token: str, what: str, value: str, now_s: float) -> bool:
        """Keep one more value; the oldest goes if there are too many. False if the visit is over.

        :raises KeptTooMuch: if it is too long, or of too many kinds.
        """
        if len(value) > MAX_VALUE:
            raise KeptTooMuch(f"{what}: {len(value)} characters")
        with self._lock:
            found = self._find(token, now_s)
            if found is None:
                return False
            if what not in found.kept and len(found.kept) >= MAX_KINDS:
                raise KeptTooMuch(f"{what}: one kind too many")
            others = [one for one in found.kept.get(what, ()) if one != value]
            found.kept[what] = (*others, value)[-MAX_VALUES:]
            return True

    def drop(self, token: str, what: str) -> None:
        """Forget what was kept of a kind."""
        with self._lock:
            found = self._open.get(_key(token))
            if found is not None:
                found.kept.pop(what, None)

    def end(self, token: str) -> None:
        """End a visit."""
        with self._lock:
            self._open.pop(_key(token), None)

    def end_where(self, ends: Callable[[Bearer], bool]) -> int:
        """End all visits of whom ``ends`` says so; return how many."""
        with self._lock:
            gone = [key for key, one in self._open.items() if ends(one.bearer)]
            for key in gone:
                del self._open[key]
            return len(gone)

    def _find(self, token: str, now_s: float) -> _Session | None:
        key = _key(token)
        found = self._open.get(key)
        if found is not None and found.is_over(now_s):
            del self._open[key]
            return None
        return found

    def _sweep(self, now_s: float) -> None:
        for key in [key for key, one in self._open.items() if one.is_over(now_s)]:
            del self._open[key]

    def _end_longest_idle(self, keys: list[bytes], leave: int) -> None:
        keys.sort(key=lambda key: self._open[key].seen_s)
        for key in keys[: max(0, len(keys) - leave)]:
            del self._open[key]


def _key(token: str) -> bytes:
    return hashlib.blake2b(token.encode("utf-8", "surrogateescape"), digest_size=32).digest()

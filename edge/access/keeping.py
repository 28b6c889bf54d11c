"""What door and office of the accounts share: the databases, the hasher, whose an account is."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from edge.access.handle import same_handle
from edge.access.role import Role
from edge.clock import Clock
from edge.config import Config
from edge.desk.vault import Vault
from edge.store.errors import Locked
from edge.store.village import VillageStore

if TYPE_CHECKING:
    from edge.access.secret import Hasher, Kind
    from edge.store.personal import PersonalStore

DAY_MS = 86_400_000
NAME_MS = 730 * DAY_MS  # an account, and the name with it, goes when it was not used for two years
BLOCKED_MS = 30 * DAY_MS  # a blocked one sooner


class Keeping:
    """Opens what is needed for one step, and closes it again. Threads may share one."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._making = threading.Lock()
        self._hasher: Hasher | None = None

    @property
    def hasher(self) -> Hasher:
        """The hub's hasher, made when somebody first signs in: it costs a while."""
        from edge.access.secret import Hasher  # noqa: PLC0415  # loads argon2

        with self._making:
            if self._hasher is None:
                self._hasher = Hasher.of(self._config.hub.keys)
            return self._hasher

    @property
    def village_db(self) -> Path:
        """Where village.db is."""
        return self._config.hub.village_db

    def account_mark(self, kind: Kind, handle: str, terminal: str = "") -> bytes:
        """Return under what an account's wrong tries are counted, apart where it is known."""
        return self.hasher.mark(f"{kind}:{same_handle(handle)}@{terminal}")

    def terminal_mark(self, terminal: str) -> bytes:
        """Return what is kept of a terminal."""
        return self.hasher.mark(f"terminal:{terminal}")

    def now_ms(self) -> int:
        """Return the time."""
        return self._clock.stamp().wall_ms

    def today(self) -> int:
        """Return the day in milliseconds: when somebody signed in is nobody's business closer."""
        now_ms = self.now_ms()
        return now_ms - now_ms % DAY_MS

    @contextmanager
    def village(self) -> Iterator[VillageStore]:
        """Open village.db."""
        with VillageStore(self._config.hub.village_db) as village:
            yield village

    @contextmanager
    def personal(self) -> Iterator[PersonalStore]:
        """Open personal.db.

        :raises Locked: if its key file is not there.
        """
        with Vault.of(self._config) as vault, vault.open() as personal:
            yield personal

    def name_of(self, account: int) -> str:
        """Return whose an account is, empty if nobody knows or personal.db is locked."""
        try:
            with self.personal() as personal:
                return personal.account_name(account)
        except Locked:
            return ""

    def is_locked(self) -> bool:
        """Tell whether names can be read now."""
        return Vault.of(self._config).is_locked


def roles_of_words(words: Iterable[str]) -> frozenset[Role]:
    """Return the roles that an account's words stand for."""
    return frozenset(Role(word) for word in words)


def taken_handles(village: VillageStore) -> set[str]:
    """Return the sign-in names that there are, as they are compared."""
    return {same_handle(one.handle) for one in village.accounts()}

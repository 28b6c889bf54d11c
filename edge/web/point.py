"""The learning point for pages: opened for who is served, shared by who comes meanwhile.

personal.db is open for nobody between visits; sixty people at once stand in one line of one
connection. For village.db see :mod:`edge.store.shared`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from edge.clock import Clock
from edge.config import Config
from edge.desk import CourseDesk, Register, SignupDesk, Vault
from edge.store.shared import looking, writing
from edge.store.village import VillageStore


@dataclass(frozen=True, slots=True)
class Point:
    """What pages of the learning point call."""

    village: VillageStore
    vault: Vault
    courses: CourseDesk
    desk: SignupDesk
    register: Register


class Door:
    """Opens the learning point of one hub; threads may share one."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._lock = threading.Lock()
        self._guests = 0
        self._vault = Vault.of(config)

    @property
    def now_ms(self) -> int:
        """Return what time it is."""
        return self._clock.stamp().wall_ms

    @contextmanager
    def open(self) -> Iterator[Point]:
        """Give the learning point.

        :raises StoreError: if village.db cannot be opened.
        """
        with writing(self._config.hub.village_db) as village, self._opened() as vault:
            yield self._point(village, vault)

    @contextmanager
    def look(self) -> Iterator[Point]:
        """Give the learning point to who changes nothing of the village: waits for no commit.

        :raises StoreError: if village.db cannot be opened, or is written to.
        """
        with looking(self._config.hub.village_db) as village, self._opened() as vault:
            yield self._point(village, vault)

    @contextmanager
    def _opened(self) -> Iterator[Vault]:
        with self._lock:
            self._guests += 1
        try:
            yield self._vault
        finally:
            with self._lock:
                self._guests -= 1
                if not self._guests:
                    self._vault.close()

    def _point(self, village: VillageStore, vault: Vault) -> Point:
        config, clock = self._config, self._clock
        return Point(
            village,
            vault,
            CourseDesk(village, vault, clock),
            SignupDesk.of(config, village, vault, clock),
            Register(village, vault, clock),
        )

"""Whether alerts changed: looked at once a second for all who follow, however many they are."""

from __future__ import annotations

import threading
import time

from edge.clock import Clock
from edge.config import Config
from edge.desk.vault import Vault
from edge.process.heartbeat import read_all
from edge.store.errors import Locked, StoreError
from edge.ward.inbox import Inbox
from edge.web.village.live import News

WATCHING = ("collector", "worker")  # without them no alert is raised
LOOK_S = 1.0  # within two seconds of the reading an alert stands on the page


class AlertNews:
    """Tells of each change of an alert; threads share one. Who raises them is another process."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._lock = threading.Lock()
        self._looked_s = -LOOK_S
        self._mark = ""

    def mark(self) -> str:
        """Return another text after any change; `locked` while nobody can tell."""
        with self._lock:
            now = time.monotonic()
            if now - self._looked_s >= LOOK_S:
                self._mark = self._look()
                self._looked_s = time.monotonic()
            return self._mark

    def follow(self) -> News:
        """Return what tells one who follows of each change."""
        said = ""

        def news(seconds: float) -> str | None:
            nonlocal said
            if said:
                time.sleep(min(seconds, LOOK_S))
            now = self.mark()
            if now == said:
                return None
            said = now
            return now

        return news

    def _look(self) -> str:
        alive = "".join(name[0] for name in WATCHING if is_alive(self._config, name))
        try:
            with Vault.of(self._config) as vault:
                return f"{Inbox(vault, self._clock).change()}-{alive}"
        except Locked:
            return f"locked-{alive}"
        except StoreError:
            return f"unreadable-{alive}"


def is_alive(config: Config, name: str) -> bool:
    """Tell whether a process of the hub does its work."""
    beat = read_all(config).get(name)
    return beat is not None and beat.alive

"""Joining a Ray cluster that is busy: tried again, as long as that can help."""

from __future__ import annotations

import pytest

from sync.county import query

BUSY = "Initialization failure from server: Starting Ray client server failed."


class Busy:
    """Fails the first so many times."""

    def __init__(self, fails: int, text: str) -> None:
        self.fails, self.text = fails, text
        self.tries = 0

    def __call__(self) -> None:
        self.tries += 1
        if self.tries <= self.fails:
            raise ConnectionAbortedError(self.text)


@pytest.fixture(autouse=True)
def _listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "_reach", lambda _: None)


def test_a_cluster_that_could_not_serve_us_yet_is_asked_again() -> None:
    waits: list[float] = []
    cluster = Busy(3, BUSY)
    query._join(cluster, "ray://127.0.0.2:1", waits.append)
    assert (cluster.tries, waits) == (4, [2.0, 5.0, 10.0])


@pytest.mark.parametrize(("text", "tries"), [(BUSY, 6), ("it has another version", 1)])
def test_not_for_ever_and_not_for_nothing(text: str, tries: int) -> None:
    cluster = Busy(99, text)
    with pytest.raises(ConnectionAbortedError):
        query._join(cluster, "ray://127.0.0.2:1", lambda _: None)
    assert cluster.tries == tries

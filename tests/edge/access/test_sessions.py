"""Visits in memory: who they are of, how long they last, how many there are."""

from __future__ import annotations

import threading

import pytest

from edge.access.role import Role, Way
from edge.access.sessions import (
    ANYBODY,
    MAX_KINDS,
    MAX_PER_ACCOUNT,
    MAX_SESSIONS,
    MAX_VALUE,
    MAX_VALUES,
    SIGNED_IN,
    Bearer,
    KeptTooMuch,
    Sessions,
)

AMSEL = Bearer(1, "Amsel", "", frozenset({Role.VOLUNTEER}), Way.CARD, 1)


@pytest.fixture
def sessions() -> Sessions:
    return Sessions()


def test_a_visit_is_known_by_its_token_alone(sessions: Sessions) -> None:
    token = sessions.begin(0, AMSEL)
    assert len(token) >= 43
    assert sessions.bearer(token, 1) == AMSEL
    assert token.encode() not in repr(sessions._open).encode()
    for other in ("", token[:-1], token + "x", token.swapcase(), "\udcff" * 40):
        assert sessions.bearer(other, 1) is None


@pytest.mark.parametrize(("bearer", "limits"), [(Bearer(), ANYBODY), (AMSEL, SIGNED_IN)])
def test_a_visit_ends_when_nothing_happens_and_at_the_latest_sometime(
    sessions: Sessions, bearer: Bearer, limits: object
) -> None:
    assert isinstance(limits, type(ANYBODY))
    token = sessions.begin(0, bearer)
    assert sessions.bearer(token, limits.idle_s - 1) is not None
    assert sessions.bearer(token, 2 * limits.idle_s - 2, counts=False) is not None
    assert sessions.bearer(token, 2 * limits.idle_s - 1) is None
    assert len(sessions) == 0
    token, now = sessions.begin(0, bearer), 0.0
    while now < limits.most_s:
        assert sessions.bearer(token, now) is not None
        now += limits.idle_s / 2
    assert sessions.bearer(token, limits.most_s) is None


def test_what_pages_ask_by_themselves_makes_it_last_no_longer(sessions: Sessions) -> None:
    token = sessions.begin(0, AMSEL)
    for now in range(0, int(SIGNED_IN.idle_s), 30):
        assert sessions.bearer(token, now, counts=False) is not None
    assert sessions.bearer(token, SIGNED_IN.idle_s, counts=False) is None


def test_a_clock_that_runs_backwards_ends_a_visit(sessions: Sessions) -> None:
    token = sessions.begin(100, AMSEL)
    assert sessions.bearer(token, 99) is None


def test_what_is_kept(sessions: Sessions) -> None:
    token = sessions.begin(0)
    assert sessions.kept(token, "zettel", 1) == ()
    for value in ("a", "b", "a"):
        assert sessions.keep(token, "zettel", value, 1)
    assert sessions.kept(token, "zettel", 1) == ("b", "a")
    assert sessions.kept(token, "karte", 1) == ()
    for n in range(MAX_VALUES + 5):
        sessions.keep(token, "viel", str(n), 1)
    assert len(sessions.kept(token, "viel", 1)) == MAX_VALUES
    sessions.drop(token, "zettel")
    assert sessions.kept(token, "zettel", 1) == ()
    with pytest.raises(KeptTooMuch):
        sessions.keep(token, "zettel", "x" * (MAX_VALUE + 1), 1)
    for n in range(MAX_KINDS - 1):  # beside what there is many of
        sessions.keep(token, f"art {n}", "x", 1)
    with pytest.raises(KeptTooMuch):
        sessions.keep(token, "eine zu viel", "x", 1)
    sessions.end(token)
    assert not sessions.keep(token, "zettel", "a", 1)
    assert sessions.kept(token, "zettel", 1) == ()
    sessions.drop(token, "zettel")
    assert len(sessions) == 0


def test_an_account_has_some_visits_and_the_longest_idle_one_goes(sessions: Sessions) -> None:
    tokens = [sessions.begin(n, AMSEL) for n in range(MAX_PER_ACCOUNT)]
    sessions.bearer(tokens[0], 50)
    newest = sessions.begin(60, AMSEL)
    alive = [sessions.bearer(one, 61) is not None for one in (*tokens, newest)]
    assert alive == [True, False, *[True] * (MAX_PER_ACCOUNT - 1)]


def test_a_flood_of_strangers_ends_no_visit_of_who_is_signed_in(sessions: Sessions) -> None:
    mine = sessions.begin(0, AMSEL)
    for n in range(3 * MAX_SESSIONS):
        sessions.begin(1 + n / 1000)
        assert len(sessions) <= MAX_SESSIONS
    assert sessions.bearer(mine, 5) == AMSEL


def test_there_is_a_bound_when_all_are_signed_in(sessions: Sessions) -> None:
    for n in range(MAX_SESSIONS + 20):
        sessions.begin(0, Bearer(n, "x", way=Way.CARD))
    assert len(sessions) == MAX_SESSIONS


def test_visits_are_ended_by_whose_they_are(sessions: Sessions) -> None:
    mine, other = sessions.begin(0, AMSEL), sessions.begin(0, Bearer(2, "Birke"))
    assert sessions.end_where(lambda one: one.account == 1) == 1
    assert sessions.bearer(mine, 1) is None
    assert sessions.bearer(other, 1) is not None


def test_threads_share_them(sessions: Sessions) -> None:
    token = sessions.begin(0)

    def work(number: int) -> None:
        for n in range(20):
            sessions.keep(token, f"von {number}", str(n), 1)
            sessions.begin(1)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert all(len(sessions.kept(token, f"von {n}", 1)) == 20 for n in range(8))
    assert len(sessions) == 161

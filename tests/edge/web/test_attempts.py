"""Wrong slip numbers slow one terminal and nobody else."""

from __future__ import annotations

from edge.web.attempts import FORGET_S, FREE, MAX_TERMINALS, MOST_WAIT_S, Attempts


def wrong(attempts: Attempts, times: int, terminal: str = "a", now_s: float = 0.0) -> None:
    for _ in range(times):
        attempts.note_wrong(terminal, now_s)


def test_some_cost_nothing_and_then_each_waits_longer() -> None:
    attempts = Attempts()
    wrong(attempts, FREE - 1)
    assert attempts.wait_s("a", 0.0) == 0.0
    waits = []
    for _ in range(6):
        wrong(attempts, 1)
        waits.append(attempts.wait_s("a", 0.0))
    assert waits == [5.0, 10.0, 20.0, 40.0, MOST_WAIT_S, MOST_WAIT_S]
    assert attempts.wait_s("a", 50.0) == 10.0
    assert attempts.wait_s("a", MOST_WAIT_S) == 0.0


def test_other_terminals_do_not_wait() -> None:
    attempts = Attempts()
    wrong(attempts, 20)
    assert attempts.wait_s("b", 0.0) == 0.0


def test_it_is_forgotten_after_a_while() -> None:
    attempts = Attempts()
    wrong(attempts, 20)
    assert attempts.wait_s("a", FORGET_S) == 0.0
    wrong(attempts, 1, now_s=FORGET_S)
    assert attempts.wait_s("a", FORGET_S) == 0.0


def test_many_terminals_take_no_more_room() -> None:
    attempts = Attempts()
    for number in range(2 * MAX_TERMINALS):
        wrong(attempts, FREE, f"t{number}")
    assert len(attempts._terminals) == MAX_TERMINALS
    assert attempts.wait_s("t0", 0.0) == 0.0
    assert attempts.wait_s(f"t{2 * MAX_TERMINALS - 1}", 0.0) > 0

"""Old messages: repeated, replayed, and after a restart of the hub."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hardware.ble.advert import Intake, Kind, ReplayGuard, Sequence, Verdict
from hardware.ble.advert.replay import MAX_OPEN_DEVICES, SAME_NUMBER_S, SAME_WORDS_S
from hardware.errors import KeyRequired, Unauthenticated, Unsupported, WrongKey


@pytest.fixture
def sealed(ether: Any) -> Callable[..., Verdict]:
    """Return the kind of an encrypted press with a counter, and the verdict's key."""

    def receive(intake: Intake, counter: int, now: float, payload: str = "3a01") -> Verdict:
        advert = ether.advert(s_fcd2=ether.bthome_sealed(payload, counter))
        return intake.receive(advert, now, ether.KEY)

    return receive


def test_a_recorded_press_is_refused(sealed: Any) -> None:
    intake = Intake()
    first = sealed(intake, 1000, 0)
    assert (first.kind, [r.value for r in first.records]) == (Kind.NEW, [1])
    assert sealed(intake, 1000, 1).kind is Kind.REPEATED
    assert sealed(intake, 1000, 10_000).kind is Kind.REPEATED
    second = sealed(intake, 1001, 2)
    assert second.kind is Kind.NEW
    assert second.key != first.key
    for counter in (1000, 999, 1, 0):
        replayed = sealed(intake, counter, 3)
        assert (replayed.kind, replayed.records, replayed.key) == (Kind.REPLAYED, (), b"")
        assert replayed.sighting is not None


def test_a_counter_with_other_words_is_refused(sealed: Any) -> None:
    intake = Intake()
    sealed(intake, 5, 0)
    assert sealed(intake, 5, 1, payload="3a02").kind is Kind.REPLAYED


def test_counters_outlive_the_hub(sealed: Any) -> None:
    before = Intake()
    key = sealed(before, 1000, 0).key
    after = Intake(before.guard.counters())
    assert sealed(after, 1000, 1).kind is Kind.REPEATED
    assert sealed(after, 999, 2).kind is Kind.REPLAYED
    assert sealed(after, 1001, 3).kind is Kind.NEW
    assert sealed(Intake(), 1000, 99_999).key == key  # the journal knows it, whatever the time


def test_new_batteries_need_a_person(sealed: Any, ether: Any) -> None:
    intake = Intake()
    sealed(intake, 70_000, 0)
    assert sealed(intake, 0, 1).kind is Kind.REPLAYED
    intake.guard.forget(ether.ADDRESS)
    assert sealed(intake, 0, 2).kind is Kind.NEW
    assert intake.guard.counters() == {ether.ADDRESS: 0}


def test_a_forged_message_moves_no_counter(ether: Any) -> None:
    intake = Intake()
    forged = ether.advert(s_fcd2=ether.bthome_sealed("3a01", 0xFFFFFFFF, key=bytes(16)))
    verdict = intake.receive(forged, 0, ether.KEY)
    assert (verdict.kind, type(verdict.error)) == (Kind.UNREADABLE, WrongKey)
    assert intake.guard.counters() == {}
    plain = ether.advert(s_fcd2="403a01")
    assert type(intake.receive(plain, 0, ether.KEY).error) is Unauthenticated


def test_what_is_not_read(ether: Any) -> None:
    intake = Intake()
    foreign = intake.receive(ether.advert(m_004c="1005"), 0)
    assert (foreign.kind, type(foreign.error), foreign.records) == (Kind.FOREIGN, Unsupported, ())
    locked = intake.receive(ether.advert(s_fcd2=ether.bthome_sealed("3a01", 1)), 0)
    assert (locked.kind, type(locked.error)) == (Kind.UNREADABLE, KeyRequired)


def test_one_press_in_the_open(ether: Any) -> None:
    intake = Intake()
    press = ether.advert(s_fcd2="40000a3a01")
    kinds = [intake.receive(press, now).kind for now in (0, 1, 5, SAME_NUMBER_S)]
    assert kinds == [Kind.NEW, Kind.REPEATED, Kind.REPEATED, Kind.REPEATED]
    assert intake.receive(press, 2 * SAME_NUMBER_S + 1).kind is Kind.NEW
    again = intake.receive(ether.advert(s_fcd2="40000b3a01"), 2 * SAME_NUMBER_S + 2)
    assert again.kind is Kind.NEW
    assert (
        intake.receive(press, 2 * SAME_NUMBER_S + 3).kind is Kind.NEW
    )  # no protection in the open


def test_states_without_a_number(ether: Any) -> None:
    intake = Intake()
    door = ether.advert(m_000d="080c000164", name="BSDOO")
    verdicts = [intake.receive(door, now) for now in (100, 105, 100 + SAME_WORDS_S)]
    assert [verdict.kind for verdict in verdicts] == [Kind.NEW, Kind.REPEATED, Kind.NEW]
    assert verdicts[0].key != verdicts[2].key
    assert intake.receive(ether.advert(m_000d="080c000064"), 111).kind is Kind.NEW


def test_the_name_is_none_of_the_message(ether: Any) -> None:
    intake = Intake()
    assert intake.receive(ether.advert(s_fcd2="40000a3a01"), 0).kind is Kind.NEW
    named = ether.advert(s_fcd2="40000a3a01", name="SBBT-002C")
    assert intake.receive(named, 1).kind is Kind.REPEATED
    other = ether.advert(s_fcd2="40000a3a01", address="A4:C1:38:01:02:04")
    assert intake.receive(other, 1).kind is Kind.NEW


def test_what_is_remembered_has_a_bound() -> None:
    guard = ReplayGuard()
    for number in range(MAX_OPEN_DEVICES + 1):
        assert guard.check(str(number), Sequence(1, 8), b"x", 0) is Kind.NEW
    assert guard.check("1", Sequence(1, 8), b"x", 1) is Kind.REPEATED
    assert guard.check("0", Sequence(1, 8), b"x", 1) is Kind.NEW


@pytest.mark.parametrize("sequence", [None, Sequence(7, 8)])
def test_the_span_of_the_same_words_ends_at_its_end(sequence: Sequence | None) -> None:
    span = SAME_WORDS_S if sequence is None else SAME_NUMBER_S
    for after, kind in ((span - 0.001, Kind.REPEATED), (span, Kind.NEW)):
        guard = ReplayGuard()
        guard.check("a", sequence, b"x", 50)
        assert guard.check("a", sequence, b"x", 50 + after) is kind

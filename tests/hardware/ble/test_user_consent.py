"""Becoming a user of a device, against one that can break off anywhere."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from hardware.ble.control import Read, Write
from hardware.ble.user_consent import (
    CHANGE_INCREMENT,
    CONTROL_POINT,
    HINTS,
    Finish,
    Membership,
    Outcome,
    Remember,
    UserConsent,
)
from hardware.ble.user_control import (
    Answered,
    Op,
    Result,
    encode_answer,
    encode_consent,
    encode_delete_user_data,
    encode_register,
    read_answer,
)
from hardware.errors import DecodeError
from hardware.sim.user_store import UserStore

CODE = 4711


@dataclass
class Hub:
    store: UserStore
    membership: Membership

    def session(self, drop_at: int = -1) -> Finish:
        """Run one connection; before the action of ``drop_at`` it breaks."""
        consent = UserConsent(self.membership)
        todo: list = consent.start(0.0)
        step = 0
        while True:
            action = todo.pop(0)
            if step == drop_at:  # with a power cut: what was still to be done is not
                self.store.disconnect()
                return next(iter(consent.dropped()), Finish(Outcome.DROPPED, self.membership))
            step += 1
            if isinstance(action, Finish):
                self.store.disconnect()
                return action
            if isinstance(action, Remember):
                self.membership = action.membership
            elif isinstance(action, Read):
                assert action.uuid == CHANGE_INCREMENT
                value = self.store.increment()
                assert value is not None
                todo += consent.read(value)
            else:
                assert action.uuid == CONTROL_POINT
                answer = self.store.written(action.value)
                if step == drop_at:  # the device did it, and nobody heard so
                    self.store.disconnect()
                    [finish] = consent.dropped()
                    return finish
                step += 1
                todo += consent.indicated(answer, 0.0)


def test_registering_and_coming_again() -> None:
    hub = Hub(UserStore(codes={0: 1, 1: 2}, changes={0: 0, 1: 0}), Membership(CODE))
    finish = hub.session()
    assert finish.outcome is Outcome.CONSENTED
    assert finish.changed
    assert hub.membership == finish.membership == Membership(CODE, 2, increment=0)
    assert hub.session().changed is False
    hub.store.changes[2] = 7
    assert hub.session().changed is True
    assert hub.membership.increment == 7
    assert hub.store.codes == {0: 1, 1: 2, 2: CODE}


def test_a_drop_at_every_step_never_makes_a_second_user() -> None:
    outcomes = set()
    for drop in range(12):
        hub = Hub(UserStore(), Membership(CODE))
        hub.session(drop)
        finish = hub.session()
        outcomes.add(finish.outcome)
        if finish.outcome is Outcome.UNCLEAR:
            # a person looks at the display: it shows the new user, or none
            if hub.store.codes:
                hub.membership = replace(hub.membership, index=0)
            else:
                hub.membership = replace(hub.membership, pending=False)
            finish = hub.session()
        assert finish.outcome is Outcome.CONSENTED
        assert hub.store.codes == {0: CODE}
        assert hub.membership == Membership(CODE, 0, increment=0)
    assert outcomes == {Outcome.UNCLEAR, Outcome.CONSENTED}


def test_the_code_proves_whose_user_it_is() -> None:
    hub = Hub(UserStore(codes={0: 1}, changes={0: 0}), Membership(CODE, 0, pending=True))
    finish = hub.session()
    assert finish.outcome is Outcome.NOT_AUTHORIZED
    assert hub.membership.pending


def test_a_full_device_refuses() -> None:
    hub = Hub(UserStore(capacity=0), Membership(CODE))
    finish = hub.session()
    assert (finish.outcome, finish.result) == (Outcome.REFUSED, Result.OPERATION_FAILED)
    assert hub.membership == Membership(CODE)  # it is sure that there is no user: ask again


def test_refusals_garbage_and_time() -> None:
    def begun(index: int | None = 3) -> UserConsent:
        consent = UserConsent(Membership(CODE, index), timeout_s=30)
        consent.start(100.0)
        return consent

    assert UserConsent(Membership(CODE)).tick(1e9) == []
    consent = begun()
    assert consent.deadline == 130.0
    assert consent.tick(129.0) == []
    assert consent.read(bytes(4)) == []  # not asked for
    assert consent.indicated(encode_answer(Answered(Op.DELETE_DATA, 1)), 101.0) == []
    [finish] = consent.tick(130.0)
    assert finish.outcome is Outcome.TIMEOUT
    assert consent.deadline is None
    assert consent.tick(131.0) == consent.dropped() == []
    [finish] = begun().indicated(b"\x20", 101.0)
    assert finish.outcome is Outcome.GARBLED
    [finish] = begun().indicated(encode_answer(Answered(Op.CONSENT, 4)), 101.0)
    assert (finish.outcome, finish.result) == (Outcome.REFUSED, 4)
    [finish] = begun().refused(0x80)
    assert finish.outcome is Outcome.REFUSED
    remember, finish = begun(None).refused(0x80)
    assert remember == Remember(Membership(CODE))
    assert finish.membership == Membership(CODE)
    consent = begun()
    consent.indicated(encode_answer(Answered(Op.CONSENT, 1)), 101.0)
    [finish] = consent.refused(0x80)  # it does not tell its count of changes
    assert finish == Finish(Outcome.CONSENTED, Membership(CODE, 3))
    consent = begun()
    [read] = consent.indicated(encode_answer(Answered(Op.CONSENT, 1)), 101.0)
    assert read == Read(CHANGE_INCREMENT)
    [finish] = consent.read(bytes(3))
    assert finish.outcome is Outcome.GARBLED


def test_the_messages() -> None:
    assert encode_register(4711) == bytes.fromhex("016712")
    assert encode_consent(2, 0) == bytes.fromhex("02020000")
    for code in (-1, 10_000):
        with pytest.raises(ValueError, match="out of range"):
            encode_register(code)
    assert read_answer(bytes.fromhex("20010105")) == Answered(1, 1, b"\x05")
    for wrong in ("", "20", "2001", "200101", "20010405", "2002010", "016712", "2001010506"):
        raw = bytes.fromhex(wrong if len(wrong) % 2 == 0 else wrong + "0")
        with pytest.raises(DecodeError):
            read_answer(raw)


def test_the_device_model_refuses_what_is_wrong() -> None:
    store = UserStore()
    assert read_answer(store.written(bytes.fromhex("01ffff"))).result == Result.INVALID_PARAMETER
    assert read_answer(store.written(b"\x04")).result == Result.OP_CODE_NOT_SUPPORTED
    assert read_answer(store.written(b"\x03")).result == Result.NOT_AUTHORIZED
    assert not store.write("2A8E", b"\xa0\x00")
    assert not store.count(bytes(4))
    assert store.increment() is None
    assert isinstance(UserConsent(Membership(CODE, 1)).start(0.0)[0], Write)


def test_each_failure_says_what_to_do() -> None:
    assert set(HINTS) == set(Outcome) - {Outcome.CONSENTED}
    assert all(hint.endswith(".") for hint in HINTS.values())


def test_a_locked_device_takes_no_code_until_its_batteries_are_out() -> None:
    store = UserStore(codes={0: CODE}, changes={0: 0}, tries=2)

    def result(code: int) -> int:
        return read_answer(store.written(encode_consent(0, code))).result

    assert [result(1), result(2), result(CODE)] == [
        Result.NOT_AUTHORIZED,
        Result.NOT_AUTHORIZED,
        Result.OPERATION_FAILED,
    ]
    store.unlock()
    assert result(CODE) == Result.SUCCESS
    assert store.write("2A8E", b"\xa0\x00")
    assert store.count(b"\x05\x00\x00\x00")
    assert store.increment() == b"\x05\x00\x00\x00"
    assert read_answer(store.written(encode_delete_user_data())).result == Result.SUCCESS
    assert (store.codes, store.data, store.current, store.deleted) == ({}, {}, None, [0])

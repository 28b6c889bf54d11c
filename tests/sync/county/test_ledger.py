from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sync.county.ledger import Contact, Finding, HubState, Ledger, LedgerError
from sync.county.ledger_schema import SCHEMA

HUB = "a" * 16


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db", create=True) as ledger:
        yield ledger


@pytest.fixture
def known(ledger: Ledger) -> Ledger:
    ledger.add_hub(HUB, public_key=b"k" * 32, fingerprint="AAAA", name="Dorf", now_ms=1)
    return ledger


def contact(code: str, at: int) -> Contact:
    return Contact(HUB, at, "memory", code, "" if code == "ok" else "why")


def test_a_hub_is_pending_until_it_is_confirmed(known: Ledger) -> None:
    assert known.hub(HUB).state is HubState.PENDING
    known.confirm(HUB, now_ms=5)
    hub = known.hub(HUB)
    assert (hub.state, hub.confirmed_at) == (HubState.CONFIRMED, 5)


def test_meeting_a_hub_again_changes_nothing(known: Ledger) -> None:
    known.confirm(HUB, now_ms=5)
    again = known.add_hub(HUB, public_key=b"k" * 32, fingerprint="AAAA", name="Neu", now_ms=9)
    assert (again.state, again.name, again.first_seen_at) == (HubState.CONFIRMED, "Dorf", 1)


def test_another_key_under_a_known_id_is_refused(known: Ledger) -> None:
    with pytest.raises(LedgerError, match="another key"):
        known.add_hub(HUB, public_key=b"x" * 32, fingerprint="AAAA", name="Dorf", now_ms=2)


def test_the_last_success_stays_known_while_errors_come(known: Ledger) -> None:
    known.add_contact(contact("ok", 10))
    known.add_contact(contact("timeout", 20))
    hub = known.hub(HUB)
    assert (hub.last_code, hub.last_success_at, hub.last_contact_at) == ("timeout", 10, 20)
    assert (hub.last_error, hub.last_error_at) == ("why", 20)
    assert [one.code for one in known.contacts(HUB)] == ["timeout", "ok"]


def test_contacts_are_bounded(known: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.county.ledger._CONTACTS_KEPT", 3)
    for at in range(10):
        known.add_contact(contact("ok", at))
    assert [one.at for one in known.contacts(HUB, limit=99)] == [9, 8, 7]


def test_findings_are_bounded(known: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.county.ledger._FINDINGS_KEPT", 2)
    for at in range(5):
        known.add_finding(Finding(at, HUB, "memory", "damaged", "", None))
    assert [one.at for one in known.findings(limit=99)] == [4, 3]


def test_a_position_never_goes_back(known: Ledger) -> None:
    known.set_position(HUB, "e", 7, waiting=3, now_ms=1)
    known.set_position(HUB, "e", 5, waiting=None, now_ms=2)
    (position,) = known.positions(HUB)
    assert (position.seq, position.waiting) == (7, 3)
    known.set_position(HUB, "e", 9, waiting=None, now_ms=3)
    (position,) = known.positions(HUB)
    assert (position.seq, position.waiting) == (9, 1)


def test_hashes_are_added_all_or_none(known: Ledger) -> None:
    assert known.add_segments(HUB, "e", [(1, b"1"), (2, b"2")], now_ms=1) is None
    assert known.add_segments(HUB, "e", [(2, b"2"), (3, b"3")], now_ms=1) is None
    assert known.add_segments(HUB, "e", [(4, b"4"), (2, b"other")], now_ms=1) == 2
    assert known.segment_hash(HUB, "e", 4) is None
    assert known.segment_hash(HUB, "e", 3) == b"3"


def test_the_first_reason_of_a_quarantine_stays(known: Ledger) -> None:
    known.quarantine(HUB, reason="fork")
    known.quarantine(HUB, reason="rolled_back")
    assert known.hub(HUB).reason == "fork"
    known.confirm(HUB, now_ms=5)
    assert known.hub(HUB).reason is None


def test_an_absent_ledger_is_not_made_by_accident(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="no ledger"):
        Ledger(tmp_path / "ledger.db")
    assert not (tmp_path / "ledger.db").exists()


def test_rubbish_and_later_versions_are_refused(tmp_path: Path) -> None:
    (tmp_path / "rubbish.db").write_bytes(b"no database " * 100)
    with pytest.raises(LedgerError, match="cannot be used"):
        Ledger(tmp_path / "rubbish.db")
    db = sqlite3.connect(tmp_path / "later.db")
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(LedgerError, match="version 99"):
        Ledger(tmp_path / "later.db")


def test_what_is_known_survives_closing(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.db", create=True) as ledger:
        ledger.add_hub(HUB, public_key=b"k" * 32, fingerprint="AAAA", name="Dorf", now_ms=1)
        ledger.add_address(HUB, "http://a:1", now_ms=1)
        ledger.add_address(HUB, "http://b:1", now_ms=2)
        ledger.add_address(HUB, "http://a:1", now_ms=3)
    with Ledger(tmp_path / "ledger.db") as ledger:
        assert ledger.addresses(HUB) == ["http://a:1", "http://b:1"]
        assert ledger.hub(HUB).public_key == b"k" * 32


def test_a_ledger_of_the_first_version_is_brought_up(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    with closing(sqlite3.connect(file)) as old:
        old.executescript(SCHEMA + "PRAGMA user_version = 1;")
        old.execute(
            "INSERT INTO hub (hub, public_key, fingerprint, name, state, first_seen_at)"
            " VALUES ('ab', ?, 'F', 'Dorf', 'confirmed', 1)",
            (bytes(32),),
        )
        old.execute("INSERT INTO segment VALUES ('ab', '00', 1, x'00', 1)")
        old.commit()
    with Ledger(file) as ledger:
        hub = ledger.hub("ab")
        assert hub is not None
        assert (hub.name, hub.chain) == ("Dorf", ())
        assert ledger.trust.begun("ab", "00") == bytes(32)  # its old stream stays with its key
        assert ledger.trust.limit("ab", "00") is None
    with Ledger(file):
        pass

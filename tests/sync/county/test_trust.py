"""Keys that change, keys that are revoked, cards that were copied: what the county takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from sync import cbor, rotation, wire
from sync.carrier.base import Kind
from sync.carrier.memory import MemoryCarrier
from sync.county import report, visits
from sync.county.revoke import revoke
from sync.identity import Identity, Purpose

if TYPE_CHECKING:
    from tests.sync.county.conftest import Expected, Office, Writer

NOW = 1_795_000_000_000


def said(office: Office) -> str:
    return "\n".join(report.sentences(report.status(office.county), now_ms=NOW))


@pytest.mark.parametrize("way", ["memory", "folder"])
def test_a_changed_key_is_taken_and_what_the_old_one_signed_stays_good(
    office: Office, writer: Writer, expected: Expected, stick: Path, way: str
) -> None:
    office.know(writer)
    writer.add(3)
    writer.write(stick, 0, 3)
    assert office.pull(writer, writer.folder(stick) if way == "folder" else None).code == "ok"
    writer.add(1)
    writer.rotate()
    writer.add(2)
    writer.rotate()
    writer.add(1)
    writer.write(stick, 3, 7)
    outcome = office.pull(writer, writer.folder(stick) if way == "folder" else None)
    assert (outcome.code, outcome.segments, outcome.position) == ("ok", 4, 7)
    assert office.rows() == expected(writer, range(1, 8))
    assert len(office.hub(writer).chain) == 2
    assert "Schlüssel gewechselt: 2-mal" in said(office)
    writer.add(1)  # the first stick again, with what the first key signed
    writer.write(stick, 0, 8)
    assert office.pull(writer, writer.folder(stick)).code == "ok"


def test_a_county_that_never_saw_the_first_key_takes_the_whole_stream(
    office: Office, writer: Writer, expected: Expected, stick: Path
) -> None:
    writer.add(2)
    writer.rotate()
    writer.add(2)
    writer.write(stick, 0, 4)
    (outcome,) = visits.import_folder(office.county, stick)
    assert outcome.code == "not_confirmed"
    visits.confirm(office.county, office.hub(writer).fingerprint)
    (outcome,) = visits.import_folder(office.county, stick)
    assert (outcome.code, outcome.position) == ("ok", 4)
    assert office.rows() == expected(writer, range(1, 5))


def test_who_still_signs_with_the_old_key_is_refused_and_told(
    office: Office, writer: Writer, stick: Path
) -> None:
    office.know(writer)
    writer.add(2)
    card = writer.fork(3)  # a copy of the card from before
    writer.rotate()
    writer.add(1)
    assert office.pull(writer).code == "ok"
    card.add(1, value=5)
    outcome = office.pull(card)
    assert outcome.code == "retired_key"
    assert card.notices() == ["retired_key"]
    card.write(stick, 2, 3)
    assert office.pull(card, card.folder(stick)).code == "retired_key"
    assert office.hub(writer).state == "confirmed"  # the thief cannot shut the hub out
    assert office.pull(writer).code == "ok"


def test_the_new_key_is_refused_without_the_old_ones_word(office: Office, writer: Writer) -> None:
    office.know(writer)
    writer.add(1)
    office.pull(writer)
    writer.rotate()
    writer.add(1)
    writer.chain = ()
    assert office.pull(writer).code == "forged"
    thief = Identity.generate()
    forged = rotation.record(thief, Identity.generate(), epoch=writer.epoch, seq=1)
    writer.chain = (forged,)
    assert office.pull(writer).code == "forged"
    (finding, *_) = office.county.ledger.findings()
    assert finding.code == "forged"
    assert office.hub(writer).chain == ()


def test_a_change_of_keys_by_a_later_version_is_no_forgery(
    office: Office, writer: Writer, expected: Expected, stick: Path
) -> None:
    office.know(writer)
    writer.add(2)
    writer.write(stick, 0, 2)
    old = writer.identity
    writer.rotate()
    writer.add(1)
    fields = cbor.loads(cbor.loads(writer.chain[0].raw, limit=512)["rotate"], limit=512)  # type: ignore[index]
    inner = cbor.dumps(fields | {"v": 2})  # type: ignore[operator]
    raw = cbor.dumps(
        {
            "rotate": inner,
            "by_old": old.sign(Purpose.ROTATE, inner),
            "by_new": writer.identity.sign(Purpose.ROTATE, inner),
        }
    )
    writer.chain = (replace(writer.chain[0], raw=raw),)
    outcome = office.pull(writer)
    assert (outcome.code, outcome.position) == ("newer", 0)
    assert office.hub(writer).state == "confirmed"
    writer.write(stick, 2, 3)
    outcome = office.pull(writer, writer.folder(stick))
    assert (outcome.code, outcome.position) == ("newer", 2)  # what the old key signed is taken
    assert office.rows() == expected(writer, range(1, 3))
    assert {one.code for one in office.county.ledger.findings()} >= {"newer"}


def test_a_key_changed_in_two_ways_is_quarantined_and_told(office: Office, writer: Writer) -> None:
    office.know(writer)
    writer.add(1)
    thief = writer.fork(2)
    writer.rotate()
    assert office.pull(writer).code == "ok"
    thief.rotate()
    assert office.pull(thief).code == "key_conflict"
    assert office.pull(thief).code == "quarantined"
    assert office.hub(writer).state == "quarantined"
    assert thief.notices() == ["key_conflict", "key_conflict"]
    assert "zweimal verschieden" in said(office)


def test_a_new_stream_needs_the_newest_key(office: Office, writer: Writer, stick: Path) -> None:
    office.know(writer)
    writer.add(1)
    office.pull(writer)
    thief = writer.fork(2)
    writer.rotate()
    office.pull(writer)
    writer.add(1)
    assert office.pull(writer).code == "ok"
    thief.epoch, thief.segments = bytes(8), []
    thief.add(2)
    thief.write(stick, 0, 2)
    assert office.pull(thief, thief.folder(stick)).code == "retired_key"


def test_a_late_stick_of_a_stream_that_ended_before_the_key_was_changed_is_taken(
    office: Office, writer: Writer, expected: Expected, stick: Path
) -> None:
    """Nothing of the first stream has come yet; the stick lay in a drawer."""
    office.know(writer)
    writer.add(4)
    writer.write(stick, 0, 3)
    thief = writer.fork(5)
    first = writer.epoch
    second = type(writer)(writer.identity, bytes(8), writer.name)
    second.add(2)
    fresh = Identity.generate()
    new = Identity(fresh._key.private, name=writer.identity.name)
    second.chain = (
        rotation.record(writer.identity, new, epoch=bytes(8), seq=2, past=[(first, 4)]),
    )
    second.identity = new
    second.add(1, value=100)
    assert office.pull(second).code == "ok"
    outcome = office.pull(writer, writer.folder(stick))
    assert (outcome.code, outcome.segments) == ("ok", 3)
    writer.write(stick, 3, 4)
    assert office.pull(writer, writer.folder(stick)).position == 4
    thief.segments = list(writer.segments)
    thief.add(1, value=7)  # signed by the old key after it was replaced
    thief.write(stick, 4, 5)
    outcome = office.pull(thief, thief.folder(stick))
    assert (outcome.code, outcome.position) == ("retired_key", 4)
    assert set(office.rows()) >= set(expected(writer, range(1, 5)))


def test_a_stream_that_the_change_names_is_not_taken_beyond_its_end_at_once(
    office: Office, writer: Writer, stick: Path
) -> None:
    office.know(writer)
    writer.add(5)
    first = writer.epoch
    second = type(writer)(writer.identity, bytes(8), writer.name)
    second.add(1)
    fresh = Identity.generate()
    new = Identity(fresh._key.private, name=writer.identity.name)
    second.chain = (
        rotation.record(writer.identity, new, epoch=bytes(8), seq=1, past=[(first, 3)]),
    )
    second.identity = new
    assert office.pull(second).code == "ok"
    writer.write(stick, 0, 5)  # two of them were signed after the change
    assert office.pull(writer, writer.folder(stick)).code == "retired_key"
    writer.write(stick, 0, 3)
    file = stick / "DORFHUB" / writer.id / f"{first.hex()}-1-5.dhb"
    file.unlink()
    assert office.pull(writer, writer.folder(stick)).position == 3


def test_the_old_key_goes_on_with_no_stream_that_the_change_does_not_name(
    office: Office, writer: Writer, stick: Path
) -> None:
    """As after more new streams than a record has room for, or of a hub of an older version."""
    office.know(writer)
    writer.add(3)
    assert office.pull(writer).position == 3
    thief = type(writer)(writer.identity, writer.epoch, writer.name, list(writer.segments))
    second = type(writer)(writer.identity, bytes(8), writer.name)
    second.add(2)
    second.rotate()
    second.add(1, value=100)
    assert office.pull(second).code == "ok"
    writer.write(stick, 0, 3)  # from a drawer, known
    outcome = office.pull(writer, writer.folder(stick))
    assert (outcome.code, outcome.position) == ("ok", 3)
    held = office.rows()
    thief.add(2, value=7)
    thief.write(stick, 3, 5)
    assert office.pull(thief, thief.folder(stick)).code == "retired_key"
    assert office.rows() == held


@pytest.mark.parametrize("way", ["memory", "folder"])
def test_a_revoked_key_is_believed_up_to_its_number(
    office: Office, writer: Writer, expected: Expected, stick: Path, way: str
) -> None:
    office.know(writer)
    writer.add(4)
    assert office.pull(writer).position == 4
    writer.add(3)
    writer.write(stick, 4, 7)
    hub = office.hub(writer)
    done = revoke(office.county, hub, up_to=5, epoch=None, now_ms=NOW)
    assert (done.segments, done.readings) == (0, 0)
    carrier = writer.folder(stick) if way == "folder" else writer.memory()
    outcome = office.pull(writer, carrier)
    assert (outcome.code, outcome.segments) == ("revoked", 1)
    assert office.rows() == expected(writer, range(1, 6))
    (limit,) = (one for one in office.county.ledger.trust.revocations(hub.hub) if one.epoch)
    assert (limit.up_to, limit.beyond) == (5, 7)
    assert "Gesperrt ab Nummer 6" in said(office)
    assert "2 Sendungen" in said(office)
    kept = list(office.county.config.quarantine.rglob("*.dhb"))
    assert len(kept) == (1 if way == "folder" else 0)
    outcome = office.pull(writer, writer.folder(stick))
    assert outcome.code == "revoked"
    assert office.rows() == expected(writer, range(1, 6))


def test_what_the_lake_holds_above_the_number_goes_to_quarantine(
    office: Office, writer: Writer, expected: Expected
) -> None:
    office.know(writer)
    writer.add(6)
    office.pull(writer)
    done = revoke(office.county, office.hub(writer), up_to=2, epoch=None, now_ms=NOW)
    assert (done.segments, done.readings) == (4, 12)
    assert office.rows() == expected(writer, range(1, 3))
    (file,) = office.county.config.quarantine.rglob("*.parquet")
    assert sorted(set(pq.read_table(file)["seq"].to_pylist())) == [3, 4, 5, 6]
    again = revoke(office.county, office.hub(writer), up_to=4, epoch=None, now_ms=NOW + 1)
    assert again.readings == 0
    assert office.rows() == expected(writer, range(1, 3))  # a higher number takes nothing back


def test_a_revoked_key_names_no_heir_and_begins_no_stream(
    office: Office, writer: Writer, stick: Path
) -> None:
    office.know(writer)
    writer.add(2)
    office.pull(writer)
    revoke(office.county, office.hub(writer), up_to=2, epoch=None, now_ms=NOW)
    other = writer.fork(3)
    other.epoch, other.segments = bytes(8), []
    other.add(2)
    other.write(stick, 0, 2)
    assert office.pull(other, other.folder(stick)).code == "revoked"
    writer.rotate()
    writer.add(1)
    assert office.pull(writer).code == "revoked"
    assert office.hub(writer).chain == ()
    assert len(office.rows()) == 6
    assert "revoked" in writer.notices()


def test_a_restored_card_is_quarantined_and_both_sides_are_told(
    office: Office, writer: Writer
) -> None:
    office.know(writer)
    writer.add(5)
    office.pull(writer)
    card = writer.fork(3)
    card.segments = card.segments[:2]
    assert office.pull(card).code == "rolled_back"
    assert card.notices() == ["rolled_back"]
    notice = wire.decode_notice(card.told[-1][1])
    assert notice.seq == 5
    assert office.pull(card).code == "quarantined"
    assert card.notices() == ["rolled_back", "rolled_back"]
    assert "weniger Daten" in said(office)


def test_the_county_tells_its_own_change_of_key(office: Office, writer: Writer) -> None:
    office.know(writer)
    writer.add(1)
    before = office.county.identity.name
    made = rotation.change(office.county.config.key_file)
    live = writer.memory()
    acks: list[bytes] = []
    carrier = MemoryCarrier(
        live._head,
        live._segments,
        acks.append,
        tell=lambda kind, data: writer.told.append((kind, data)),
    )
    assert office.pull(writer, carrier).code == "ok"
    ((kind, data),) = writer.told
    assert kind is Kind.KEYS
    assert rotation.decode(data, before) == (made,)
    assert wire.decode_ack(acks[0], lambda _: made.new).county == before

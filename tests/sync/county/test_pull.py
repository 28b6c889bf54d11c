from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sync import bundle, wire
from sync.carrier.base import CarrierError, Reason
from sync.carrier.memory import MemoryCarrier
from sync.county.lake import Lake, LakeError
from sync.segment import Segment, StreamClass

if TYPE_CHECKING:
    from tests.sync.county.conftest import Expected, Office, Writer


def test_all_that_is_new_comes_once_and_is_acknowledged(
    office: Office, writer: Writer, expected: Expected
) -> None:
    office.know(writer)
    writer.add(5)
    first = office.pull(writer)
    assert (first.code, first.segments, first.readings, first.position) == ("ok", 5, 15, 5)
    again = office.pull(writer)
    assert (again.code, again.segments, again.readings, again.position) == ("ok", 0, 0, 5)
    writer.add(2)
    third = office.pull(writer)
    assert (third.segments, third.position) == (2, 7)
    assert office.rows() == expected(writer, range(1, 8))
    assert [ack.seq for ack in writer.acks] == [5, 5, 7]
    assert {ack.county for ack in writer.acks} == {office.county.identity.public_key}
    (position,) = office.county.ledger.positions(writer.id)
    assert (position.epoch, position.seq, position.waiting) == (writer.epoch.hex(), 7, 0)
    assert not list(office.county.config.inbox.rglob("*.dhb*"))


def test_a_long_stream_comes_in_several_bundles(
    office: Office, writer: Writer, expected: Expected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.county.pull.SPAN", 2)
    monkeypatch.setattr("sync.county.pull._BATCH_SEGMENTS", 3)
    office.know(writer)
    writer.add(9)
    outcome = office.pull(writer)
    assert (outcome.bundles, outcome.segments, outcome.position) == (5, 9, 9)
    assert office.rows() == expected(writer, range(1, 10))


def test_one_commit_carries_all_hubs(
    office: Office, writer: Writer, new_writer: type[Writer], expected: Expected
) -> None:
    other = new_writer(name="Lauter")
    for one in (writer, other):
        office.know(one)
        one.add(3)
    outcomes = office.puller().pull([(office.hub(one), one.memory()) for one in (writer, other)])
    assert [outcome.code for outcome in outcomes] == ["ok", "ok"]
    assert office.rows() == sorted(expected(writer, range(1, 4)) + expected(other, range(1, 4)))
    log = office.county.config.lake / "_delta_log"
    assert len(list(log.glob("*.json"))) == 2  # the table, and one round


def test_a_failing_hub_does_not_keep_the_others(
    office: Office, writer: Writer, new_writer: type[Writer], expected: Expected
) -> None:
    broken = new_writer(name="Lauter")
    for one in (broken, writer):
        office.know(one)
        one.add(2)

    def cut(_: bytes) -> bytes:
        raise CarrierError(Reason.TIMEOUT, "no answer in time")

    carrier = MemoryCarrier(cut, lambda *_: b"", lambda _: None)
    outcomes = office.puller().pull(
        [(office.hub(broken), carrier), (office.hub(writer), writer.memory())]
    )
    assert [outcome.code for outcome in outcomes] == ["timeout", "ok"]
    assert office.rows() == expected(writer, range(1, 3))
    hub = office.hub(broken)
    assert (hub.last_code, hub.last_success_at) == ("timeout", None)


def test_nothing_is_taken_before_the_hub_is_confirmed(office: Office, writer: Writer) -> None:
    office.know(writer, confirmed=False)
    writer.add(2)
    assert office.pull(writer).code == "not_confirmed"
    assert office.rows() == []
    assert writer.acks == []


def test_care_is_kept_sealed_and_moves_the_position(
    office: Office, writer: Writer, expected: Expected
) -> None:
    office.know(writer)
    writer.add(3, stream=StreamClass.CARE, schema="care/1", body=b"age-encryption.org/v1 sealed")
    outcome = office.pull(writer)
    assert (outcome.code, outcome.sealed, outcome.readings, outcome.position) == ("ok", 3, 0, 3)
    assert office.rows() == []
    kept = sorted(office.county.config.sealed.rglob("*.dhs"))
    assert [file.name for file in kept] == ["00000001.dhs", "00000002.dhs", "00000003.dhs"]
    assert [Segment.decode(file.read_bytes()) for file in kept] == writer.segments
    writer.add(1)
    assert office.pull(writer).position == 4
    assert office.rows() == expected(writer, range(4, 5))


@pytest.mark.parametrize(
    ("schema", "body"),
    [("meter/2", None), ("meter/1", b"\x01no lzma"), ("meter/1", b"\xffa later version")],
)
def test_what_this_version_cannot_read_is_kept(
    office: Office, writer: Writer, expected: Expected, schema: str, body: bytes | None
) -> None:
    office.know(writer)
    writer.add(1)
    writer.add(1, schema=schema, body=body)
    writer.add(1)
    outcome = office.pull(writer)
    assert (outcome.code, outcome.unread, outcome.position) == ("ok", 1, 3)
    assert office.rows() == sorted(expected(writer, range(1, 2)) + expected(writer, range(3, 4)))
    (file,) = office.county.config.unread.rglob("*.dhs")
    assert Segment.decode(file.read_bytes()) == writer.segments[1]


def test_an_erased_segment_leaves_the_chain_whole(
    office: Office, writer: Writer, expected: Expected
) -> None:
    office.know(writer)
    writer.add(3)
    writer.segments[1] = writer.segments[1].erase()
    outcome = office.pull(writer)
    assert (outcome.code, outcome.erased, outcome.position) == ("ok", 1, 3)
    assert office.rows() == sorted(expected(writer, range(1, 2)) + expected(writer, range(3, 4)))


def test_a_forged_hub_is_refused(office: Office, writer: Writer, new_writer: type[Writer]) -> None:
    office.know(writer)
    forger = new_writer()
    forger.add(2)
    assert office.pull(writer, forger.memory()).code == "forged"
    assert office.rows() == []
    assert forger.acks == []


def test_an_old_head_played_back_is_refused(office: Office, writer: Writer) -> None:
    office.know(writer)
    writer.add(1)
    recorded = writer.head(bytes(16))
    live = writer.memory()
    carrier = MemoryCarrier(lambda _: recorded, live._segments, live._acknowledge)
    assert office.pull(writer, carrier).code == "replayed"
    assert writer.acks == []


def test_segments_signed_by_another_in_the_hubs_name_are_refused(
    office: Office, writer: Writer, new_writer: type[Writer]
) -> None:
    office.know(writer)
    writer.add(3)
    forger = new_writer()
    forger.add(3)
    # the head is the hub's own, the bundle says it is the hub's, the signatures are not
    fakes = [
        Segment(one.header, one.raw_header, fake.signature, one.salt, one.body)
        for one, fake in zip(writer.segments, forger.segments, strict=True)
    ]
    live = writer.memory()
    carrier = MemoryCarrier(live._head, lambda *_: bundle.pack(fakes), live._acknowledge)
    assert office.pull(writer, carrier).code == "forged"
    assert office.rows() == []
    assert writer.acks == []
    assert office.hub(writer).state == "confirmed"  # anybody can forge; the hub is not to blame


def test_a_changed_body_is_set_aside_and_comes_whole_the_next_time(
    office: Office, writer: Writer, expected: Expected
) -> None:
    office.know(writer)
    writer.add(3)
    one = writer.segments[1]
    changed = Segment(one.header, one.raw_header, one.signature, one.salt, writer.segments[2].body)
    live = writer.memory()
    carrier = MemoryCarrier(
        live._head,
        lambda *_: bundle.pack([writer.segments[0], changed, writer.segments[2]]),
        live._acknowledge,
    )
    outcome = office.pull(writer, carrier)
    assert outcome.code == "damaged"
    assert office.rows() == []
    assert writer.acks == []
    assert len(list(office.county.config.quarantine.iterdir())) == 1
    assert office.pull(writer).code == "ok"
    assert office.rows() == expected(writer, range(1, 4))


def test_a_copied_memory_card_is_quarantined_until_a_person_looked(
    office: Office, writer: Writer, expected: Expected
) -> None:
    office.know(writer)
    writer.add(4)
    assert office.pull(writer).code == "ok"
    copy = writer.fork(3)
    copy.add(1)
    outcome = office.pull(writer, copy.memory())
    assert outcome.code == "fork"
    hub = office.hub(writer)
    assert (hub.state, hub.reason) == ("quarantined", "fork")
    assert copy.acks == []
    assert office.pull(writer).code == "quarantined"
    assert office.rows() == expected(writer, range(1, 5))
    office.county.ledger.confirm(writer.id, now_ms=1)
    assert office.pull(writer).code == "ok"


def test_a_copy_of_the_same_length_is_seen_in_the_head(office: Office, writer: Writer) -> None:
    office.know(writer)
    writer.add(4)
    office.pull(writer)
    assert office.pull(writer, writer.fork(4).memory()).code == "fork"


def test_a_restored_backup_is_seen_in_the_head(office: Office, writer: Writer) -> None:
    office.know(writer)
    writer.add(4)
    office.pull(writer)
    del writer.segments[2:]
    assert office.pull(writer).code == "rolled_back"
    assert office.hub(writer).state == "quarantined"


def test_a_new_epoch_begins_at_one(
    office: Office, writer: Writer, new_writer: type[Writer]
) -> None:
    office.know(writer)
    writer.add(2)
    office.pull(writer)
    fresh = new_writer(writer.identity, bytes(8))
    fresh.add(1, value=100.0)
    outcome = office.pull(writer, fresh.memory())
    assert (outcome.code, outcome.epoch, outcome.position) == ("ok", bytes(8).hex(), 1)
    assert len(office.rows()) == 9
    assert len(office.county.ledger.positions(writer.id)) == 2


def test_what_the_hub_has_pruned_is_named(office: Office, writer: Writer) -> None:
    office.know(writer)
    writer.add(5)
    live = writer.memory()
    carrier = MemoryCarrier(lambda nonce: writer.head(nonce, 3), live._segments, live._acknowledge)
    outcome = office.pull(writer, carrier)
    assert outcome.code == "gone"
    assert office.rows() == []


def test_a_lost_acknowledgement_is_said_and_repeated(
    office: Office, writer: Writer, expected: Expected
) -> None:
    office.know(writer)
    writer.add(2)
    live = writer.memory()

    def lose(_: bytes) -> None:
        raise CarrierError(Reason.CUT, "cut")

    outcome = office.pull(writer, MemoryCarrier(live._head, live._segments, lose))
    assert (outcome.code, outcome.segments) == ("unacknowledged", 2)
    assert office.pull(writer).code == "ok"
    assert [ack.seq for ack in writer.acks] == [2]
    assert office.rows() == expected(writer, range(1, 3))


def test_a_hub_is_never_told_of_what_the_lake_did_not_take(
    office: Office, writer: Writer, expected: Expected, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.know(writer)
    writer.add(2)

    def full(*_: object) -> None:
        raise LakeError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "commit", full)
        outcome = office.pull(writer)
    assert (outcome.code, outcome.segments, outcome.readings) == ("lake", 0, 0)
    assert writer.acks == []
    assert office.pull(writer).code == "ok"
    assert office.rows() == expected(writer, range(1, 3))


class _Stop(BaseException):
    """A kill, as far as this process can feel one."""


_STEPS = [
    "sync.county.pull.verify",
    "sync.county.ledger.Ledger.add_segments",
    "sync.county.pull.stage",
    "sync.county.lake.Lake.commit",
    "sync.county.lake.Lake._write_parts",
    "sync.county.lake.Lake._write",
    "sync.county.place.Place.make_durable",
    "sync.county.ledger.Ledger.set_position",
    "sync.county.inbox.Inbox.sweep",
    "sync.carrier.memory.MemoryCarrier.acknowledge",
    "sync.county.ledger.Ledger.add_contact",
]


@pytest.mark.parametrize("step", _STEPS)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_stop_at_any_step_loses_and_doubles_nothing(  # noqa: PLR0917 - fixtures
    office: Office,
    writer: Writer,
    expected: Expected,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    moment: str,
) -> None:
    office.know(writer)
    writer.add(2)
    writer.add(1, stream=StreamClass.CARE, schema="care/1", body=b"sealed")
    writer.add(1)
    module, name = step.rsplit(".", 1)
    owner = _resolve(module)
    real = getattr(owner, name)

    def stop(*arguments: object, **named: object) -> object:
        if moment == "after":
            real(*arguments, **named)
        raise _Stop

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, stop)
        with pytest.raises(_Stop):
            office.pull(writer)
    told = max((ack.seq for ack in writer.acks), default=0)
    assert told <= len({seq for _, seq, _ in office.rows()}) + 1  # one of them is sealed
    outcome = office.pull(writer)
    assert (outcome.code, outcome.position) == ("ok", 4)
    assert office.rows() == sorted(expected(writer, range(1, 3)) + expected(writer, range(4, 5)))
    assert [file.name for file in office.county.config.sealed.rglob("*.dhs")] == ["00000003.dhs"]
    assert [ack.seq for ack in writer.acks][-1] == 4
    assert isinstance(writer.acks[-1], wire.Ack)


def _resolve(path: str) -> object:
    import importlib  # noqa: PLC0415

    try:
        return importlib.import_module(path)
    except ModuleNotFoundError:
        module, name = path.rsplit(".", 1)
        return getattr(importlib.import_module(module), name)

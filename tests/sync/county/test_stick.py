from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sync import wire
from sync.carrier.base import CarrierError
from sync.county import visits
from sync.county.outcome import Outcome

if TYPE_CHECKING:
    from tests.sync.county.conftest import Expected, Office, Writer


def take(office: Office, stick: Path) -> list[Outcome]:
    return visits.import_folder(office.county, stick)


def test_a_stick_is_taken_and_acknowledged(
    office: Office, writer: Writer, expected: Expected, stick: Path
) -> None:
    office.know(writer)
    writer.add(6)
    writer.write(stick, 0, 4)
    writer.write(stick, 4, 6)
    (outcome,) = take(office, stick)
    assert (outcome.code, outcome.bundles, outcome.segments, outcome.position) == ("ok", 2, 6, 6)
    assert office.rows() == expected(writer, range(1, 7))
    (file,) = (stick / "DORFHUB" / "acks").iterdir()
    assert file.suffix == ".ack"
    ack = wire.decode_ack(file.read_bytes())
    assert (ack.hub, ack.seq) == (writer.identity.public_key, 6)
    assert not list(office.county.config.inbox.rglob("*.dhb*"))


def test_a_stick_read_twice_adds_nothing(
    office: Office, writer: Writer, expected: Expected, stick: Path
) -> None:
    office.know(writer)
    writer.add(3)
    writer.write(stick, 0, 3)
    take(office, stick)
    (again,) = take(office, stick)
    assert (again.code, again.segments, again.readings) == ("ok", 0, 0)
    assert office.rows() == expected(writer, range(1, 4))
    assert len(list((stick / "DORFHUB" / "acks").iterdir())) == 1


def test_overlapping_bundles_and_another_way_add_each_segment_once(
    office: Office, writer: Writer, expected: Expected, stick: Path
) -> None:
    office.know(writer)
    writer.add(3)
    office.pull(writer)
    writer.add(5)
    writer.write(stick, 1, 5)
    writer.write(stick, 0, 8)
    writer.write(stick, 3, 7)
    (outcome,) = take(office, stick)
    assert (outcome.code, outcome.segments) == ("ok", 5)
    assert office.rows() == expected(writer, range(1, 9))


def test_what_comes_too_early_waits_for_what_is_missing(
    office: Office, writer: Writer, expected: Expected, stick: Path
) -> None:
    office.know(writer)
    writer.add(6)
    writer.write(stick, 3, 6)
    (early,) = take(office, stick)
    assert (early.code, early.segments, early.position) == ("gap", 0, 0)
    assert office.rows() == []
    (left,) = (stick / "DORFHUB" / "acks").iterdir()  # no acknowledgement: what is missing
    assert left.suffix == ".again"
    writer.write(stick, 0, 3)
    (late,) = take(office, stick)
    assert (late.code, late.segments) == ("ok", 6)
    assert office.rows() == expected(writer, range(1, 7))


def test_every_flipped_bit_is_noticed_and_nothing_is_acknowledged(
    office: Office, writer: Writer, stick: Path
) -> None:
    office.know(writer)
    writer.add(2)
    file = writer.write(stick, 0, 2)
    whole = file.read_bytes()
    for at in range(0, len(whole), 37):
        file.write_bytes(whole[:at] + bytes((whole[at] ^ (1 << at % 8),)) + whole[at + 1 :])
        (outcome,) = take(office, stick)
        assert outcome.code in ("damaged", "forged"), at
    assert office.rows() == []
    assert not (stick / "DORFHUB" / "acks").exists()
    assert office.hub(writer).state == "confirmed"
    assert office.county.ledger.findings()[0].file is not None
    assert len(list(office.county.config.quarantine.iterdir())) <= 32


@pytest.mark.parametrize("keep", [0, 1, 100, 500, -1])
def test_a_truncated_copy_is_noticed(
    office: Office, writer: Writer, stick: Path, keep: int
) -> None:
    office.know(writer)
    writer.add(3)
    file = writer.write(stick, 0, 3)
    file.write_bytes(file.read_bytes()[:keep])
    (outcome,) = take(office, stick)
    assert (outcome.code, outcome.position) == ("damaged", 0)
    assert office.rows() == []


def test_a_damaged_bundle_does_not_keep_the_whole_ones(
    office: Office, writer: Writer, expected: Expected, stick: Path
) -> None:
    office.know(writer)
    writer.add(4)
    writer.write(stick, 0, 2)
    file = writer.write(stick, 2, 4)
    file.write_bytes(file.read_bytes()[:-1])
    (outcome,) = take(office, stick)
    assert (outcome.code, outcome.segments, outcome.position) == ("damaged", 2, 2)
    assert office.rows() == expected(writer, range(1, 3))


def test_the_stick_of_a_copied_card_is_noticed(
    office: Office, writer: Writer, expected: Expected, stick: Path
) -> None:
    office.know(writer)
    writer.add(3)
    writer.write(stick, 0, 3)
    take(office, stick)
    shutil.rmtree(stick / "DORFHUB")
    writer.fork(2).write(stick, 0, 3)
    (outcome,) = take(office, stick)
    assert outcome.code == "fork"
    assert office.hub(writer).state == "quarantined"
    assert office.rows() == expected(writer, range(1, 4))
    (told,) = (stick / "DORFHUB" / "acks").iterdir()  # no acknowledgement: why there is none
    notice = wire.decode_notice(told.read_bytes())
    assert (told.suffix, notice.code, notice.seq) == (".notice", "fork", 3)


def test_an_unknown_hub_becomes_pending_and_comes_after_confirmation(
    office: Office, writer: Writer, expected: Expected, stick: Path
) -> None:
    writer.add(2)
    writer.write(stick, 0, 2)
    (outcome,) = take(office, stick)
    assert outcome.code == "not_confirmed"
    assert office.hub(writer).public_key == writer.identity.public_key
    assert office.rows() == []
    visits.confirm(office.county, office.hub(writer).fingerprint.lower().replace(" ", "-"))
    (outcome,) = take(office, stick)
    assert outcome.code == "ok"
    assert office.rows() == expected(writer, range(1, 3))


def test_a_folder_that_is_named_after_another_hub_is_refused(
    office: Office, writer: Writer, new_writer: type[Writer], stick: Path
) -> None:
    writer.add(2)
    file = writer.write(stick, 0, 2)
    other = new_writer()
    file.parent.rename(stick / "DORFHUB" / other.id)
    (outcome,) = take(office, stick)
    assert (outcome.code, outcome.hub) == ("forged", other.id)
    assert office.county.ledger.hubs() == []


def test_a_folder_without_bundles_is_named(office: Office, stick: Path) -> None:
    with pytest.raises(CarrierError) as caught:
        take(office, stick)
    assert caught.value.reason == "absent"


def test_what_only_looks_like_a_bundle_is_left_alone(
    office: Office, writer: Writer, expected: Expected, stick: Path
) -> None:
    office.know(writer)
    writer.add(1)
    file = writer.write(stick, 0, 1)
    for name in (".DS_Store", "0001020304050607-2-1.dhb", "x-1-1.dhb", f"{file.name}.part"):
        (file.parent / name).write_bytes(b"rubbish")
    (stick / "DORFHUB" / "System Volume Information").mkdir()
    (outcome,) = take(office, stick)
    assert outcome.code == "ok"
    assert office.rows() == expected(writer, range(1, 2))


def test_a_stick_that_cannot_be_written_is_taken_and_said(
    office: Office, writer: Writer, expected: Expected, stick: Path
) -> None:
    office.know(writer)
    writer.add(1)
    writer.write(stick, 0, 1)
    (stick / "DORFHUB" / "acks").write_bytes(b"a file where the folder belongs")
    (outcome,) = take(office, stick)
    assert (outcome.code, outcome.segments) == ("unacknowledged", 1)
    assert office.rows() == expected(writer, range(1, 2))

"""A county and hubs of other versions: nothing is lost, nothing is taken twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hardware.reading import Quantity
from sync import cbor, columns, wire
from sync.carrier.memory import MemoryCarrier
from sync.county import intake, late, report, visits
from sync.county.reasons import hint, sentence
from sync.identity import Purpose
from sync.segment import Segment, StreamClass

if TYPE_CHECKING:
    from tests.sync.county.conftest import Expected, Office, Writer

NOW = 1_795_000_000_000
METER_2 = {"meter/2": {"energy_kwh": Quantity.ENERGY}}


def resigned(writer: Writer, at: int, **changes: object) -> None:
    """Let the writer's segment number ``at`` and those after it be what a later program signs."""
    for index in range(at - 1, len(writer.segments)):
        segment = writer.segments[index]
        fields: Any = cbor.loads(segment.raw_header, limit=512)
        fields |= changes
        if index:
            fields["prev"] = writer.segments[index - 1].hash
        raw = cbor.dumps(fields)
        writer.segments[index] = replace(
            segment, raw_header=raw, signature=writer.identity.sign(Purpose.SEGMENT, raw)
        )


def reread(office: Office) -> late.Late:
    return late.read(office.county.config, office.county.lake)


def test_a_hub_of_a_later_minor_version_is_read(
    office: Office, writer: Writer, expected: Expected
) -> None:
    office.know(writer)
    writer.add(4)
    resigned(writer, 3, minor=1, place={"a": [1]})
    outcome = office.pull(writer)
    assert (outcome.code, outcome.segments, outcome.unread) == ("ok", 4, 0)
    assert office.rows() == expected(writer, range(1, 5))


def test_a_hub_of_a_later_major_version_waits_from_there_on(
    office: Office, writer: Writer, expected: Expected
) -> None:
    office.know(writer)
    writer.add(5)
    earlier = list(writer.segments)
    resigned(writer, 4, v=2)
    outcome = office.pull(writer)
    assert (outcome.code, outcome.position, outcome.segments) == ("newer", 3, 3)
    assert office.rows() == expected(writer, range(1, 4))
    assert [ack.seq for ack in writer.acks] == [3]  # the hub keeps the rest
    again = office.pull(writer)
    assert (again.code, again.position) == ("newer", 3)
    config = office.county.config
    assert not list(config.quarantine.rglob("*.dhb")) if config.quarantine.is_dir() else True
    assert office.hub(writer).state == "confirmed"
    assert "neuer" in sentence("newer")
    assert "aktualisieren" in hint("newer")
    writer.segments[:] = earlier  # as the county's own next version would read them
    assert office.pull(writer).code == "ok"
    assert office.rows() == expected(writer, range(1, 6))


def test_a_head_of_a_later_version(office: Office, writer: Writer) -> None:
    office.know(writer)
    writer.add(2)

    def head(changes: dict[str, object]) -> MemoryCarrier:
        def answer(nonce: bytes) -> bytes:
            outer: Any = cbor.loads(writer.head(nonce), limit=1 << 14)
            inner: Any = cbor.loads(outer["head"], limit=1 << 14)
            raw = cbor.dumps(inner | changes)
            return cbor.dumps({"head": raw, "signature": writer.identity.sign(Purpose.HEAD, raw)})

        return MemoryCarrier(
            answer,
            lambda _epoch, after, until: writer.bundle(after, until),
            lambda data: writer.acks.append(wire.decode_ack(data)),
        )

    assert office.pull(writer, head({"v": 2})).code == "newer"
    assert office.pull(writer, head({"power_w": 5})).code == "bad_answer"
    assert office.pull(writer, head({"minor": 1, "power_w": 5})).code == "ok"


def test_an_unknown_class_is_kept(office: Office, writer: Writer) -> None:
    office.know(writer)
    writer.add(1, stream="lending-2", schema="lending/7", body=b"of a later release")  # type: ignore[arg-type]
    outcome = office.pull(writer)
    assert (outcome.code, outcome.unread, outcome.position) == ("ok", 1, 1)
    (file,) = office.county.config.unread.rglob("*.dhs")
    assert file.read_bytes() == writer.segments[0].encode()


def test_what_is_unread_is_shown_and_read_once_it_is_known(
    office: Office, writer: Writer, expected: Expected, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.know(writer)
    writer.add(2)
    writer.add(3, schema="meter/2")
    writer.add(1, stream=StreamClass.EVENT, schema="lending/7", body=b"later")
    writer.add(1)
    assert office.pull(writer).unread == 4
    status = report.status(office.county)
    assert status.unread == {"lending/7": 1, "meter/2": 3}
    assert any("3 meter/2" in line for line in report.sentences(status, now_ms=0))
    assert reread(office) == late.Late()  # this version knows no more than before

    monkeypatch.setattr(intake, "READABLE", {**intake.READABLE, **METER_2})
    monkeypatch.setattr(late, "READABLE", intake.READABLE)
    assert reread(office) == late.Late(3, 9)
    assert reread(office) == late.Late()
    assert late.waiting(office.county.config) == {"lending/7": 1}
    assert office.rows() == expected(writer, [1, 2, 3, 4, 5, 7])  # type: ignore[arg-type]
    assert office.pull(writer).code == "ok"


def test_a_pull_reads_what_waits(
    office: Office, writer: Writer, expected: Expected, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.know(writer)
    writer.add(1, schema="meter/2")
    office.pull(writer)
    monkeypatch.setattr(intake, "READABLE", METER_2)
    monkeypatch.setattr(late, "READABLE", METER_2)
    visits.pull_all(office.county)
    assert office.rows() == expected(writer, range(1, 2))


def test_a_kill_between_lake_and_file_reads_nothing_twice(
    office: Office, writer: Writer, expected: Expected, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.know(writer)
    writer.add(2, schema="meter/2")
    office.pull(writer)
    kept = {f: f.read_bytes() for f in office.county.config.unread.rglob("*.dhs")}
    monkeypatch.setattr(intake, "READABLE", METER_2)
    monkeypatch.setattr(late, "READABLE", METER_2)
    assert reread(office).readings == 6
    for file, data in kept.items():
        file.write_bytes(data)
    (office.county.config.unread / ".read-by").unlink()
    assert reread(office).readings == 0
    assert not list(office.county.config.unread.rglob("*.dhs"))
    assert office.rows() == expected(writer, range(1, 3))


def test_what_a_pull_took_meanwhile_is_not_read_again(
    office: Office, writer: Writer, expected: Expected, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before the commit, updated, pulled: the file is there and so are the readings."""
    office.know(writer)
    writer.add(2, schema="meter/2")
    monkeypatch.setattr(intake, "READABLE", METER_2)
    monkeypatch.setattr(late, "READABLE", METER_2)
    folder = office.county.config.unread / writer.id / writer.epoch.hex()
    folder.mkdir(parents=True)
    for segment in writer.segments:
        (folder / f"{segment.header.seq:08d}.dhs").write_bytes(segment.encode())
    assert reread(office).readings == 0  # their position has not come yet
    assert len(list(folder.iterdir())) == 2
    assert office.pull(writer).position == 2
    (office.county.config.unread / ".read-by").unlink()
    assert reread(office).readings == 0
    assert not list(folder.iterdir())
    assert office.rows() == expected(writer, range(1, 3))


def test_a_damaged_file_is_left_and_counted(office: Office, writer: Writer) -> None:
    folder = office.county.config.unread / writer.id / writer.epoch.hex()
    folder.mkdir(parents=True)
    (folder / "00000001.dhs").write_bytes(b"junk")
    assert late.waiting(office.county.config) == {"?": 1}
    assert reread(office) == late.Late()
    assert (folder / "00000001.dhs").exists()


def test_an_older_hub_is_read_by_the_same_rules(writer: Writer) -> None:
    """What a first release signed has no minor version; it is 0, and stays bytes for bytes."""
    writer.add(1)
    raw = writer.segments[0].encode()
    assert b"minor" not in raw
    assert Segment.decode(raw).header.minor == 0


def test_names_in_a_segment_name_no_files(office: Office, writer: Writer, tmp_path: Path) -> None:
    """Devices, schemas and classes are the sender's words; our files have our own names."""
    office.know(writer)
    device = columns.Source("../../../etc/passwd\0", [NOW], [4], {"energy_kwh": [1.0]})
    writer.add(1, body=columns.encode([device]))
    writer.add(1, schema="../../../../escaped", body=b"x")
    writer.add(1, stream=StreamClass.CARE, schema="/etc/care", body=b"sealed")
    writer.add(1, schema="C:\\temp\\x", body=b"y")
    before = set(tmp_path.parent.iterdir())
    outcome = office.pull(writer)
    assert (outcome.code, outcome.position, outcome.unread, outcome.sealed) == ("ok", 4, 2, 1)
    assert set(tmp_path.parent.iterdir()) == before
    config = office.county.config
    kept = sorted(f.name for root in (config.unread, config.sealed) for f in root.rglob("*.dhs"))
    assert kept == ["00000002.dhs", "00000003.dhs", "00000004.dhs"]
    assert not list(tmp_path.rglob("*passwd*")) + list(tmp_path.rglob("*escaped*"))


def test_observations_are_kept_sealed_by_a_county_that_never_heard_of_them(
    office: Office, writer: Writer, expected: Expected
) -> None:
    """Their class says who may open them; what is in them is their readers' business."""
    office.know(writer)
    writer.add(1)
    writer.add(2, stream=StreamClass.CARE, schema="observation/1", body=b"sealed")
    writer.add(1, stream=StreamClass.CARE, schema="observation/2", body=b"sealed")
    writer.add(1)
    outcome = office.pull(writer)
    assert (outcome.code, outcome.sealed, outcome.unread, outcome.position) == ("ok", 3, 0, 5)
    kept = sorted(office.county.config.sealed.rglob("*.dhs"))
    assert [file.read_bytes() for file in kept] == [one.encode() for one in writer.segments[1:4]]
    assert office.rows() == expected(writer, [1, 5])  # type: ignore[arg-type]

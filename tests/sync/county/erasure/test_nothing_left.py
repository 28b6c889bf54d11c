"""One person erased: a search for their bytes finds nothing, at the village or at the county."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest

from edge.store.journal import Journal
from sync import columns, parcel
from sync.county import erasure as at_county
from sync.county import rows
from sync.county.hub import County
from sync.county.intake import stage
from sync.county.lake import Entry, Stream
from sync.erasure import read_letter
from sync.identity import short_id
from sync.segment import Segment
from tests.sync.county.erasure.conftest import (
    LABEL,
    NAME,
    SYSTOLIC,
    T0,
    decrypted,
    erase,
    found_in,
    needles,
    opened,
    pull,
    scales,
    source,
    spelt,
)


def test_the_search_finds_what_is_there(lived: Any, tmp_path: Path) -> None:
    """A search that cannot fail is no search."""
    data = decrypted(lived, tmp_path / "plain.db")
    assert NAME.encode() in data  # of an account; what has the person's key is opened by it alone
    with lived.personal() as personal:
        assert personal.find_person(NAME) is not None
        assert personal.care_rows(1, 0)[0].systolic_mmhg == SYSTOLIC
        (change,) = personal.plan_changes(1)
        assert change.plan.limits["blood_pressure_systolic"].high == SYSTOLIC
        assert {one.facts["value"] for one in personal.alerts(person=1)} == {SYSTOLIC}
        assert personal.rule_state(1) is not None
    assert (
        LABEL.encode()
        in (lived.folder / "village.db").read_bytes()
        + (lived.folder / "village.db-wal").read_bytes()
    )


def test_nothing_is_found_anywhere(
    lived: Any, county: County, identity: Any, tmp_path: Path
) -> None:
    pull(county, lived)
    assert sorted(set(opened(county, identity))) == [121.0, SYSTOLIC]
    done = erase(lived)
    assert (done.readings, done.segments, done.sent, done.busy) == (6, 2, 2, ())
    pull(county, lived)
    assert set(opened(county, identity)) == {121.0}
    assert found_in(lived.folder, county.config.state) == []
    (tmp_path / "clear").mkdir()
    data = decrypted(lived, tmp_path / "clear" / "plain.db")
    assert [needle for needle in needles() if needle in data] == []
    with lived.personal() as personal:
        assert [one.name for one in personal.persons()] == ["Otto"]
        assert personal.care_count() == 5
        assert personal.erasing() == []
        assert personal.account_names() == {}
        assert personal.contacts() == []
        for table in ("care_plan", "alert", "fhir_answer"):
            assert personal.connection.rows(f"SELECT * FROM {table}") == [], table  # noqa: S608
        verdict = personal.check_audit()
        assert verdict.holds
        assert (verdict.entries, verdict.erased) == (4, 2)
    with Journal(lived.folder / "journal.db") as journal:
        first, second = journal.entry(1), journal.entry(2)
        assert (first.payload, second.payload != b"") == (b"", True)


@pytest.mark.parametrize("word", ["Weißgerber", "Erna Weber", "133.1372"])
def test_the_search_knows_each_way_of_writing(word: str) -> None:
    text = f"vorher {word} nachher"
    written = [text.encode(one) for one in ("utf-8", "utf-16", "utf-16-be", "utf-32", "latin-1")]
    written += [json.dumps(text).encode(), text.encode().hex().encode(), quote(text).encode()]
    written += [base64.b64encode(b"." * n + text.encode()) for n in range(6)]
    for data in written:
        assert any(needle in data for needle in spelt(word)), data
    assert not any(needle in b"vorher etwas anderes nachher" for needle in spelt(word))


def test_nothing_is_at_rest_while_it_is_locked(lived: Any, county: County) -> None:
    """What a thief of the card finds. A sensor's label is no secret: docs/architecture.md."""
    pull(county, lived)
    with lived.store.connection.transaction() as driver:
        driver.execute("UPDATE device SET label = ''")
    assert lived.store.checkpoint()
    (lived.folder / "parcels" / "x.dhb.age").unlink()
    assert found_in(lived.folder, county.config.state) == []


def test_what_only_the_hub_keeps_of_a_person_goes_and_of_others_stays(lived: Any) -> None:
    schemas = [one.header.schema for one in lived.outbox.care_segments()]
    assert sorted(schemas) == ["care/1", "care/1", "observation/1"]
    erase(lived)
    assert [one.header.schema for one in lived.outbox.care_segments()] == ["care/1"]
    with lived.personal() as personal:
        assert personal.heat_warnings() == []
        assert personal.connection.rows("SELECT * FROM heat_room") == []
    assert scales(lived).users("C1") == ()
    assert [one.code for one in scales(lived).users("C2")] == [4001, 4002]
    assert not scales(lived).aside.exists()
    assert list((lived.folder / "parcels").iterdir()) == []


def test_of_a_shared_scale_only_the_persons_own_code_goes(lived: Any) -> None:
    with lived.personal() as personal:
        otto = next(one.person for one in personal.persons() if one.name == "Otto")
        personal.assign("ble:C1", otto, 1, user_index=2)
        personal.assign("ble:C1", 1, 2, user_index=1)
    erase(lived)
    assert [one.code for one in scales(lived).users("C1")] == [4002]


def test_a_bundle_in_quarantine_goes_too(lived: Any, county: County) -> None:
    pull(county, lived)
    hub = short_id(lived.identity.name)
    manifest = lived.outbox.manifest(lived.outbox.position().epoch, 0, 3)
    data = b"".join(lived.outbox.pieces(manifest, 0, manifest.size))
    county.config.quarantine.mkdir(exist_ok=True)
    kept = county.config.quarantine / f"1-{hub}-x-1-3.dhb"
    broken = county.config.quarantine / f"2-{hub}-x-1-3.dhb"
    kept.write_bytes(data)
    broken.write_bytes(data[:-9])
    erase(lived)
    pull(county, lived)
    assert not kept.exists()
    assert not broken.exists()


def test_a_parcel_whose_bus_drove_away_in_mid_visit_goes_too(lived: Any, county: County) -> None:
    pull(county, lived)
    hub, last = short_id(lived.identity.name), lived.outbox.position().last_seq
    _, recipient = parcel.parcel_key(county.config.parcel_file)
    spool = county.config.state / "buses" / ("0" * 16) / "DORFHUB"
    files = [spool / one / "0011223344556677-1-3.dhb.age" for one in (hub, "f" * 16)]
    for file in files:
        file.parent.mkdir(parents=True)
        manifest = lived.outbox.manifest(lived.outbox.position().epoch, 0, last)
        with file.open("wb") as stream:
            parcel.seal(lived.outbox.pieces(manifest, 0, manifest.size), recipient, stream)
    erase(lived)
    pull(county, lived)
    assert [file.exists() for file in files] == [False, True]  # another hub's is another's


def test_a_series_leaves_the_lake_and_its_files(county: County) -> None:
    stream = Stream("a" * 16, "b" * 16)
    month = 2_678_400_000
    for seq, device in enumerate(("mbus:A", "mbus:Canaris"), start=1):
        brought = rows.decode(columns.encode([source(device, T0 + seq * month)]))
        county.lake.commit({stream: [Entry(seq, brought.named({"energy": "energy"}))]})
    before = {file.name for file in county.config.lake.rglob("*.parquet")}
    assert at_county.erase_series(county.lake, stream.hub, {"mbus:Canaris"}) == 3
    assert county.lake.rows() == 3
    files = list(county.config.lake.rglob("*.parquet"))
    devices = pq.read_table(files[0]).column("device").to_pylist()
    assert (len(files), set(devices)) == (1, {"mbus:A"})
    assert len(before) == 2
    assert county.lake.positions([stream]) == {stream: 2}
    assert at_county.erase_series(county.lake, stream.hub, {"it's not there"}) == 0


def test_letters_of_the_care_side_go_with_their_person(lived: Any) -> None:
    from edge.store.village_county import put_reply  # noqa: PLC0415 - here alone
    from sync import cbor  # noqa: PLC0415
    from sync.stream import seal_to  # noqa: PLC0415

    with lived.personal() as personal:
        key, secret = personal.care_recipient(), personal.care_identity()
        people = {one.name: one.person for one in personal.persons()}
    with lived.store.connection.transaction() as driver:
        for name, number in people.items():
            letter = {"person": number, "text": f"Guten Tag, {name}!\nBis bald.", "from": ""}
            put_reply(driver, bytes(32), "Kreis", seal_to(cbor.dumps(letter), [key]), T0)
    erase(lived)
    (left,) = lived.store.replies()
    opened_letter = read_letter(left.sealed, secret)
    assert opened_letter is not None
    assert opened_letter.text == "Guten Tag, Otto!\nBis bald."
    assert read_letter(b"rubbish", secret) is None


def test_a_home_s_meter_that_was_declared_the_village_s_leaves_the_lake(
    lived: Any, county: County
) -> None:
    """Its readings left in the clear; the order names the device, and only this one."""
    mine = "mbus:KAM-70000000-27-04"  # what `measure` reads as the village's first meter
    with lived.personal() as personal:
        home = personal.add_household("wmbus:KAM-70000000-1B-04", 1, T0)
        personal.household_device(home, mine)
    pull(county, lived)
    assert mine in devices(county)
    old = [
        Segment.decode(lived.outbox.read(n + 1)) for n in range(lived.outbox.position().last_seq)
    ]
    done = erase(lived)
    assert done.series == (mine,)
    pull(county, lived)
    assert devices(county) == {f"mbus:KAM-7000000{n}-27-04" for n in (1, 2, 3)}
    rows = lived.store.connection.rows(
        "SELECT DISTINCT d.device_id FROM meter_reading JOIN device AS d USING (device)"
    )
    assert (mine,) not in rows
    assert len(rows) == 3
    hub = short_id(lived.identity.name)
    with county.streams() as streams:
        erased = at_county.series(streams, hub)
    assert set(erased) == {mine}
    again = stage(county.config, Stream(hub, "e" * 16), old, erased)  # in another stream
    brought = [one.readings for one in again.entries if one.readings is not None]
    assert sum(map(len, brought)) > 0
    assert all(rows.devices[n] != mine for rows in brought for n in rows.device)
    assert stage(county.config, Stream(hub, "e" * 16), old, {mine: 0}).readings > again.readings


def devices(county: County) -> set[str]:
    table = county.lake.open().to_pyarrow_table(columns=["device"])
    return set(table.column("device").to_pylist())

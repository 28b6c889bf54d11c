"""A bus brings the county's word to a village, and both sides have its signed receipts."""

from __future__ import annotations

import io
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pyrage import x25519

from edge.clock import FixedClock
from edge.store.journal import Journal
from edge.store.personal_rows import CareRow
from edge.store.village_county import put_revoked
from hardware.reading import TimeQuality
from sync import carried, county_words, custody, erasing, parcel, requests, wire
from sync.carrier.base import CarrierError, Reason
from sync.carrier.http import HttpCarrier, Patience
from sync.county import visits
from sync.county.errand import Errand, book_of
from sync.county.hub import County
from sync.county.streams import ALL
from sync.custody import Act, Cargo, Kind
from sync.custody_book import Book
from sync.erasure import Eraser
from sync.events import Event
from sync.identity import fingerprint, short_id
from sync.parcel import parcel_key
from sync.stream import METER

if TYPE_CHECKING:
    from tests.sync.bus.conftest import Driven

NOW = 1_795_000_000_000
QUICK = Patience(timeout_s=30, attempts=1)


@pytest.fixture(autouse=True)
def _measured(village: Any) -> None:
    village.measure(2)
    village.outbox.seal(METER, village.store.connection, village.clock.stamp())


def hang(county: County) -> None:
    said = {"id": "a", "title": "Sprechtag", "text": "", "from": NOW - 1, "until": None}
    with county.streams() as streams:
        streams.tell(ALL, [Event(NOW, 4, "notice.put", said)], FixedClock(NOW).stamp())


def test_a_round_trip(
    village: Any, county: County, address: str, driven: Driven, tmp_path: Path
) -> None:
    bus, key = driven.bus, driven.key
    yard = tmp_path / "yard"
    yard.mkdir()
    hang(county)
    visits.export_folder(county, yard)
    assert bus.deliver(yard) == (0, 1)
    seen = bus.visit(address, patience=QUICK)
    assert (seen.code, seen.parcels, seen.replies) == ("ok", 1, 1)
    assert [one.title for one in village.store.county_notices(NOW)] == ["Sprechtag"]
    assert bus.visit(address, patience=QUICK).replies == 0
    assert bus.deliver(yard)[0] == 1
    (outcome,) = visits.import_folder(county, yard)
    assert (outcome.code, outcome.segments, outcome.delivered) == ("ok", 1, 0)
    with county.streams() as streams:
        (line,) = streams.lines(village.identity.name)
        assert streams.held(village.identity.name) == {line.epoch: 2}
        signed = [
            (one.act, one.name) for one in book_of(county, streams).all() if one.carrier == key.name
        ]
    assert sorted(signed) == [(Act.GIVEN, "Bus 3"), (Act.TAKEN, "Bus 3")]
    bus.visit(address, patience=QUICK)
    here = [one for one in Book(village.store.connection).all() if one.carrier == key.name]
    assert {(one.act, one.writer, one.first, one.last) for one in here} >= {
        (Act.TAKEN, village.identity.name, 1, 1),
        (Act.GIVEN, village.identity.name, 1, 1),
    }


def test_what_was_erased_leaves_the_bus_and_the_yard(
    village: Any, county: County, address: str, driven: Driven, tmp_path: Path
) -> None:
    nurse = x25519.Identity.generate()
    enrolment = wire.Enrolment(county.identity.name, "Kreis", (str(nurse.to_public()),))
    village.peers.ask(enrolment, 3)
    village.peers.confirm(fingerprint(county.identity.name), 4)
    with village.personal() as personal:
        person = personal.add_person("Erna", 1)
        for recipient in ("hub", "county"):
            personal.give_consent(
                person, purpose="care", data_kind="blood_pressure", sentence="Ja",
                given_how="hier", at=1, recipient=recipient,
            )  # fmt: skip
        personal.add_care_round(
            [CareRow(NOW, "ble:C1", person, TimeQuality.SYNCHRONISED, NOW, 1, 133.0, 80.0)]
        )
    village.sealer.step(village.clock.stamp(), everything=True)
    (body,) = (erasing.body_id(one.body) for one in village.outbox.care_segments())
    bus, key = driven.bus, driven.key
    yard, kept = tmp_path / "yard", tmp_path / "kept"
    assert bus.visit(address, patience=QUICK).parcels == 1
    bus.deliver(yard)
    bus.deliver(kept)
    places = (tmp_path / "bus", tmp_path / "parcels", yard, kept)
    assert [with_it(county, place, body) for place in places] == [1, 1, 1, 1]
    with village.personal() as personal, Journal(tmp_path / "journal.db") as journal:
        eraser = Eraser(
            personal, village.store, journal, village.outbox, parcels=tmp_path / "parcels"
        )
        eraser.erase(person, village.clock.stamp())
    assert bus.visit(address, patience=QUICK).parcels == 1
    assert bus.visit(address, patience=QUICK).parcels == 0
    bus.deliver(yard)
    assert [with_it(county, place, body) for place in places] == [0, 0, 0, 1]
    erased = [one for one in Book(village.store.connection).all() if one.act is Act.ERASED]
    assert [one.carrier for one in erased] == [key.name]
    (outcome,) = visits.import_folder(county, yard)
    assert outcome.code == "ok"
    visits.import_folder(county, kept)  # a yard that the bus did not come back to
    assert with_it(county, kept, body) == 0
    (noted,) = erasing.noted(village.store.connection)
    assert noted.answer is None
    bus.deliver(yard)
    bus.visit(address, patience=QUICK)
    (noted,) = erasing.noted(village.store.connection)
    assert noted.answer is not None


def with_it(county: County, place: Path, body: bytes) -> int:
    """Return how many parcels below a folder hold a body."""
    opener, _ = parcel_key(county.config.parcel_file)
    return sum(
        carried.holds(io.BytesIO(parcel.opened(file.read_bytes(), opener)), {body})
        for file in place.rglob("*.dhb.age")
    )


def test_a_bus_that_the_county_distrusts_gets_nothing(
    village: Any, county: County, address: str, driven: Driven
) -> None:
    bus, key = driven.bus, driven.key
    with village.store.connection.transaction() as driver:
        put_revoked(driver, county.identity.name, key.name, what="bus", why="gestohlen", at=NOW)
    seen = bus.visit(address, patience=QUICK)
    assert (seen.code, seen.parcels) == ("not_enrolled", 0)
    assert "gestohlen" in seen.message
    (road,) = village.store.roads()
    assert (road.state, road.code) == ("bad", "revoked")


def test_a_bus_that_was_known_before_it_was_distrusted_gets_nothing_either(
    village: Any, county: County, address: str, driven: Driven
) -> None:
    assert driven.bus.visit(address, patience=QUICK).parcels == 1
    with county.streams() as streams:
        said = {"key": driven.key.name, "what": "bus", "why": "gestohlen"}
        streams.tell(ALL, [Event(NOW, 4, county_words.REVOKED, said)], FixedClock(NOW).stamp())
    hub = county.ledger.hub(short_id(village.identity.name))
    assert hub is not None
    with closing(county.http(address, hub=hub.public_key)) as carrier:
        assert Errand(county, FixedClock(NOW)).run(hub, carrier)
    porter = HttpCarrier(
        address, lambda method, target: requests.sign_request(driven.key, method, target)
    )
    with closing(porter), pytest.raises(CarrierError) as caught:
        porter.message("GET", parcel.DUE_TARGET)  # without showing its pass again
    assert caught.value.reason is Reason.NOT_ENROLLED
    assert "zurückgezogen" in str(caught.value)
    assert "Landratsamt" in caught.value.hint


def test_receipts_are_asked_for_from_where_the_bus_was(
    village: Any, county: County, address: str, driven: Driven, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    real = HttpCarrier.receipts

    def receipts(carrier: HttpCarrier, after: int) -> Any:
        asked.append(after)
        return real(carrier, after)

    book = Book(village.store.connection)
    cargo = Cargo(village.identity.name, bytes(8), 1, 1, bytes(32))
    for at_ms in range(20):  # more than one message holds
        made = custody.sign(
            county.identity, cargo, kind=Kind.STICK, name="S", act=Act.TAKEN, at_ms=at_ms,
            time_quality=4,
        )  # fmt: skip
        book.add([made.raw], NOW)
    monkeypatch.setattr(HttpCarrier, "receipts", receipts)
    driven.bus.visit(address, patience=QUICK)
    assert asked == [0, 16, 20]
    there = len(book.all())
    assert there == 21  # and the bus's own for the parcel that it took
    asked.clear()
    driven.bus.visit(address, patience=QUICK)
    assert asked == [20, 21]
    asked.clear()
    driven.bus.visit(address, patience=QUICK)
    assert asked == [21]
    with village.store.connection.transaction() as driver:  # a hub that began anew
        driver.execute("DELETE FROM sync_custody")
        driver.execute("DELETE FROM sqlite_sequence WHERE name = 'sync_custody'")
    asked.clear()
    driven.bus.visit(address, patience=QUICK)
    driven.bus.visit(address, patience=QUICK)
    assert asked == [21, 0]

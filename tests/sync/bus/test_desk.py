"""A county fetches over a line what a bus carries: pinned, signed, cut, and nothing beside it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client

from edge.clock import FixedClock
from edge.process.log import Log
from sync import parcel, requests, rotation
from sync.bus import hold
from sync.bus.desk import create_app
from sync.bus.hold import Hold, Item
from sync.carrier.base import CarrierError, Reason
from sync.carrier.http import HttpCarrier, Patience
from sync.carrier.partial import PartialFile
from sync.county import buses
from sync.county.errand import book_of
from sync.county.hub import County
from sync.county.streams import ALL
from sync.custody import Act
from sync.custody_book import Book
from sync.errors import FormatError
from sync.events import Event
from sync.identity import Identity, short_id
from sync.line.door import Door
from sync.parcel import Pass
from sync.stream import METER
from sync.tls import ServerContext

if TYPE_CHECKING:
    from tests.sync.bus.conftest import Driven

NOW = 1_795_000_000_000
QUICK = Patience(timeout_s=30, attempts=1, backoff_s=0, deadline_s=60)


@pytest.fixture
def depot(driven: Driven) -> Iterator[str]:
    """Where the bus answers."""
    with Door(create_app(driven.bus, Log()), ServerContext(driven.key), Log()) as door:
        yield f"https://127.0.0.1:{door.open('127.0.0.1', 0)}"


@pytest.fixture
def shown(county: County, driven: Driven) -> Pass:
    """The bus's pass, as the county remembers it."""
    found = parcel.decode(driven.config.pass_file.read_bytes())
    buses.note(county, found)
    return found


def seal(village: Any, rounds: int = 2) -> None:
    village.measure(rounds)
    village.outbox.seal(METER, village.store.connection, village.clock.stamp())


def test_there_and_back_over_the_line(  # noqa: PLR0917 - fixtures
    village: Any, county: County, address: str, driven: Driven, depot: str, shown: Pass
) -> None:
    seal(village)
    hub = short_id(village.identity.name)
    assert driven.bus.visit(address, patience=QUICK).parcels == 1
    seen = buses.pull(county, depot, shown, patience=QUICK)
    (outcome,) = seen.outcomes
    assert (outcome.hub, outcome.code, outcome.segments) == (hub, "ok", 1)
    assert outcome.way == depot
    assert seen.size > 0
    assert driven.bus.holds()[hub] == (0, 0)  # acknowledged, so gone from the bus
    spool = county.config.state / "buses" / short_id(driven.key.name)
    assert list(spool.rglob("*.age")) == []  # and from here
    again = buses.pull(county, depot, shown, patience=QUICK)
    assert (again.outcomes, again.files) == ((), 0)
    with county.streams() as streams:
        acts = {one.act for one in book_of(county, streams).all() if one.carrier == shown.carrier}
    assert acts == {Act.TAKEN, Act.GIVEN, Act.ERASED}
    assert village.peers.acknowledged() == 0
    assert driven.bus.visit(address, patience=QUICK).replies >= 1
    assert village.peers.acknowledged() == 1
    here = [one for one in Book(village.store.connection).all() if one.carrier == shown.carrier]
    assert {one.act for one in here} == {Act.TAKEN, Act.GIVEN, Act.ERASED}


def test_what_the_county_says_goes_along_also_to_a_hub_that_gave_nothing(  # noqa: PLR0917 - fixtures
    village: Any, county: County, address: str, driven: Driven, depot: str, shown: Pass
) -> None:
    said = {"id": "a", "title": "Sprechtag", "text": "", "from": NOW - 1, "until": None}
    with county.streams() as streams:
        streams.tell(ALL, [Event(NOW, 4, "notice.put", said)], FixedClock(NOW).stamp())
    assert buses.pull(county, depot, shown, patience=QUICK).laid >= 1
    assert driven.bus.visit(address, patience=QUICK).replies >= 1
    assert [one.title for one in village.store.county_notices(NOW)] == ["Sprechtag"]
    assert buses.pull(county, depot, shown, patience=QUICK).laid == 0  # it lies there


def test_a_parcel_that_was_cut_is_gone_on_with(  # noqa: PLR0917 - fixtures
    village: Any,
    county: County,
    address: str,
    driven: Driven,
    depot: str,
    shown: Pass,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(6):
        seal(village, 40)
    driven.bus.visit(address, patience=QUICK)
    came: list[int] = []
    real = PartialFile.append
    monkeypatch.setattr("sync.carrier.http._CHUNK", 1024)

    def cut(part: PartialFile, data: bytes) -> None:
        came.append(len(data))
        if sum(came) > 2048:
            raise CarrierError(Reason.CUT, "cut", received=part.size)
        real(part, data)

    with monkeypatch.context() as patch:
        patch.setattr(PartialFile, "append", cut)
        with pytest.raises(CarrierError):
            buses.pull(county, depot, shown, patience=QUICK)
    (part,) = (county.config.state / "buses").rglob("*.age.part")
    kept = part.stat().st_size
    assert kept > 0
    came.clear()

    def count(part: PartialFile, data: bytes) -> None:
        came.append(len(data))
        real(part, data)

    monkeypatch.setattr(PartialFile, "append", count)
    seen = buses.pull(county, depot, shown, patience=QUICK)
    assert [one.segments for one in seen.outcomes] == [6]
    (size,) = (one.size for one in [seen])
    assert size - kept <= sum(came) < size + 2000  # the beginning of the parcel was not sent again


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_stranger_gets_nothing(
    village: Any, address: str, driven: Driven, depot: str, method: str
) -> None:
    seal(village)
    driven.bus.visit(address, patience=QUICK)
    stranger = Identity.generate()
    carrier = HttpCarrier(
        depot,
        lambda method, target: requests.sign_request(stranger, method, target),
        patience=QUICK,
    )
    with closing(carrier):
        for target in (hold.CARGO_TARGET, f"{hold.FILE_TARGET}?path=x", hold.RECEIPTS_TARGET):
            if (method, target) == ("POST", hold.CARGO_TARGET):
                continue
            with pytest.raises(CarrierError) as caught:
                carrier.message(method, target, b"x" if method == "POST" else b"")
            assert caught.value.reason is Reason.NOT_ENROLLED
    unsigned = Client(create_app(driven.bus, Log())).get(hold.CARGO_TARGET)
    assert unsigned.status_code == 401


def test_somebody_else_who_answers_is_asked_nothing(
    county: County, driven: Driven, shown: Pass
) -> None:
    other = Identity.generate()
    with Door(create_app(driven.bus, Log()), ServerContext(other), Log()) as door:
        there = f"https://127.0.0.1:{door.open('127.0.0.1', 0)}"
        with pytest.raises(CarrierError) as caught:
            buses.pull(county, there, shown, patience=QUICK)
    assert caught.value.reason is Reason.WRONG_KEY


def test_a_county_that_changed_its_key_renews_the_pass(  # noqa: PLR0917 - fixtures
    village: Any, county: County, address: str, driven: Driven, depot: str, shown: Pass
) -> None:
    seal(village)
    driven.bus.visit(address, patience=QUICK)
    rotation.change(county.config.key_file)
    new = Identity.load(county.config.key_file)
    changed = County(county.config, new, county.ledger, county.lake)
    with changed.streams() as streams:
        streams.resign()
    seen = buses.pull(changed, depot, shown, patience=QUICK)
    assert [one.code for one in seen.outcomes] == ["ok"]
    fresh = parcel.decode(driven.config.pass_file.read_bytes(), lambda _: new.public_key)
    assert fresh.carrier == driven.key.name
    assert driven.bus.owner.name() == county.identity.name
    seal(village)
    assert driven.bus.visit(address, patience=QUICK).code == "ok"  # the hub learnt the key first


def test_a_bus_that_is_believed_no_more_is_not_asked(
    county: County, depot: str, shown: Pass
) -> None:
    buses.pull(county, depot, shown, patience=QUICK)
    assert len(buses.pull_known(county)) == 1
    renewed = buses.find(county, "")
    assert renewed.carrier == shown.carrier
    assert renewed.until_ms > shown.until_ms  # it would have ended within a month
    assert buses.find(county, "Bus 3") == renewed
    assert buses.revoke(county, shown.carrier)
    assert not buses.revoke(county, bytes(32))
    assert buses.pull_known(county) == []
    with pytest.raises(buses.UnknownBusError, match="entzogen"):
        buses.find(county, short_id(shown.carrier))
    with pytest.raises(buses.UnknownBusError, match="entzogen") as caught:
        buses.note(county, shown)  # the hubs do not take this key again, whatever pass it shows
    assert "bus.key" in caught.value.hint
    assert buses.passes(county) == {}


@pytest.mark.parametrize("marked", [True, False])
def test_a_key_that_was_distrusted_before_it_had_a_pass_gets_none(
    county: County, shown: Pass, *, marked: bool
) -> None:
    for file in (county.config.state / "buses").glob("*.pass"):
        file.unlink()  # as it was before passes were noted
    if marked:
        assert not buses.revoke(county, shown.carrier)
    else:  # an older version told the hubs, and nothing more
        said = {"key": shown.carrier, "what": "bus", "why": ""}
        with county.streams() as streams:
            streams.tell(ALL, [Event(NOW, 4, "key.revoke", said)], FixedClock(NOW).stamp())
    with pytest.raises(buses.UnknownBusError, match="entzogen"):
        buses.note(county, shown)
    assert buses.passes(county) == {}


def test_one_of_several_buses_must_be_named(county: County, shown: Pass) -> None:
    other = Pass(county.identity.name, bytes(range(32)), "Bus 4", shown.recipient, shown.until_ms)
    raw = parcel.sign(other, county.identity)
    buses.note(county, parcel.decode(raw))
    with pytest.raises(buses.UnknownBusError) as caught:
        buses.find(county, "")
    assert "Bus 3" in caught.value.hint
    assert buses.find(county, "Bus 4").carrier == other.carrier
    with pytest.raises(buses.UnknownBusError, match="kennt"):
        buses.find(county, "Bus 5")


def test_a_bus_on_the_road_is_no_failure(county: County, shown: Pass) -> None:
    file = county.config.state / "buses" / f"{short_id(shown.carrier)}.address"
    file.write_text("https://127.0.0.1:1")
    assert buses.pull_known(county) == []


PATHS = [
    "../../etc/passwd",
    "/etc/passwd",
    "0000000000000000/../../bus.key",
    "0000000000000000/.hub",
    "0000000000000000/x.age",
    "acks/../bus.pass",
    "acks/0000000000000000.ack/x",
    "from/0000000000000000/0000000000000000-1-1.dhb\n",
    "",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_anywhere_else(path: str) -> None:
    assert not hold.may_be_shown(path)
    assert not hold.may_be_laid(path)
    with contextlib.suppress(FormatError):
        assert not hold.decode_page(hold.encode_page([Item(path, 1, bytes(32))]), "")
        pytest.fail("it was taken")


def test_only_what_is_said_is_shown_and_in_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold, "MAX_PAGE", 3)
    hub = tmp_path / ("0" * 16)
    hub.mkdir()
    names = [f"{'0' * 16}-{n}-{n}.dhb.age" for n in range(1, 6)]
    for name in [*names, ".hub", ".orders", "x.part"]:
        (hub / name).write_bytes(name.encode())
    shown = Hold(tmp_path)
    first = shown.page("")
    assert [one.path for one in first] == [f"{hub.name}/{name}" for name in names[:3]]
    assert [one.path for one in shown.page(first[-1].path)] == [
        f"{hub.name}/{name}" for name in names[3:]
    ]
    assert hold.decode_page(hold.encode_page(first), "") == first
    with pytest.raises(FormatError, match="order"):
        hold.decode_page(hold.encode_page(first), first[0].path)
    (hub / names[0]).write_bytes(b"other bytes, another size")
    assert shown.page("")[0].size == 25
    (hub / names[0]).unlink()
    assert shown.page("")[0].path.endswith(names[1])

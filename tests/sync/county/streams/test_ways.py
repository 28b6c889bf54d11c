"""The county writes, and the village has it: over a line, by stick and in memory, once."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from sync import bundle, stick_in
from sync.carrier.folder import FolderCarrier
from sync.carrier.http import HttpCarrier
from sync.carrier.memory import MemoryCarrier
from sync.county import jobs
from sync.identity import Identity
from sync.outbox import Unavailable
from tests.sync.county.streams.conftest import CARE_KEY, T0, Both, errand


def on_the_line(both: Both, request: pytest.FixtureRequest) -> None:
    carrier = request.getfixturevalue("line")
    assert errand(both, carrier) == 3
    assert errand(both, carrier) == 0


def on_a_stick(both: Both, request: pytest.FixtureRequest) -> None:
    usb = request.getfixturevalue("tmp_path") / "usb"
    (usb / "DORFHUB").mkdir(parents=True)
    assert errand(both, FolderCarrier(usb, both.hub.hub)) == 3
    for _ in range(2):
        found = stick_in.take(both.inflow, usb, both.village.identity.name, way="usb", now_ms=T0)
        assert not [one for _, _, one in found if isinstance(one, Exception)]
    stick_in.lay_word(usb, both.village.identity.name, both.county.identity.name, both.word())
    assert errand(both, FolderCarrier(usb, both.hub.hub)) == 0


def in_memory(both: Both, _: pytest.FixtureRequest) -> None:
    carrier = MemoryCarrier(
        lambda _: b"",
        lambda *_: b"",
        lambda _: None,
        got=lambda _: both.word(),
        deliver=both.take,
    )
    assert errand(both, carrier) == 3
    assert errand(both, carrier) == 0


@pytest.mark.parametrize("way", [on_the_line, on_a_stick, in_memory])
def test_what_the_county_writes_hangs_in_the_village(
    both: Both, way: Any, request: pytest.FixtureRequest
) -> None:
    both.hang("a")
    both.hang("b", title="Impftag")
    way(both, request)
    assert sorted(both.board()) == ["Impftag", "Sprechtag"]
    (stand,) = both.inflow.stands()
    assert stand.seq == 3
    with both.county.streams() as streams:
        assert streams.held(both.hub.public_key) == {stand.epoch: 3}
        assert streams.care_key(both.hub.public_key) == CARE_KEY


def test_a_county_that_works_by_itself_brings_it_with_its_next_pull(
    both: Both, line: HttpCarrier
) -> None:
    both.hang("a")
    both.village.measure(1)
    both.village.sealer.step(both.village.clock.stamp(), everything=True)
    both.county.ledger.add_address(both.hub.hub, line.describe(), now_ms=1)
    done = jobs.pull(both.county.config.source)
    assert done.message == "1 von 1 Hubs, 8 Messwerte", done
    assert both.board() == ["Sprechtag"]


def test_the_bytes_are_the_same_on_every_way(both: Both, tmp_path: Path) -> None:
    both.hang("a")
    usb = tmp_path / "usb"
    (usb / "DORFHUB").mkdir(parents=True)
    errand(both, FolderCarrier(usb, both.hub.hub))
    (file,) = (usb / "DORFHUB" / "from").glob("*/*.dhb")
    assert [file.read_bytes()] == both.bundles()
    assert both.bundles() == both.bundles()


def test_taking_it_again_or_in_pieces_changes_nothing(both: Both) -> None:
    for name in "abc":
        both.hang(name)
    (data,) = both.bundles()
    first = both.take(data)
    assert (first.segments, first.position, first.mine) == (4, 4, True)
    assert both.take(data).segments == 0
    (piece,) = both.bundles({first.epoch: 2})
    assert both.take(piece).segments == 0
    assert len(both.board()) == 3


def test_a_gap_waits(both: Both) -> None:
    for name in "abc":
        both.hang(name)
    (data,) = both.bundles()
    epoch = bundle.Reader(io.BytesIO(data)).manifest.epoch
    (late,) = both.bundles({epoch: 2})
    with pytest.raises(Unavailable) as caught:
        both.take(late)
    assert caught.value.code == "gap"
    assert both.board() == []
    both.take(data)
    assert len(both.board()) == 3


def test_pieces_are_small_for_a_bad_line(both: Both) -> None:
    for n in range(40):
        sealed = bytes((n,)) + n.to_bytes(4) * 1000 + __import__("os").urandom(6000)
        both.say("care.reply", sealed=sealed)
    pieces = both.bundles()
    assert len(pieces) > 3
    assert max(map(len, pieces)) < (64 << 10) + 4096
    both.take_all()
    assert len(both.village.store.replies()) == 40


def test_a_restored_hub_gets_again_what_it_lost(both: Both, line: HttpCarrier) -> None:
    both.hang("a")
    assert errand(both, line) == 2
    connection = both.village.store.connection
    with connection.transaction() as driver:
        driver.execute("DELETE FROM sync_inflow")
        driver.execute("DELETE FROM county_notice")
    assert errand(both, line) == 2
    assert both.board() == ["Sprechtag"]


def test_receipts_reach_both_sides(both: Both, line: HttpCarrier, tmp_path: Path) -> None:
    from sync import custody  # noqa: PLC0415 - only here
    from sync.custody import Act, Kind  # noqa: PLC0415

    bus, village = Identity.generate(), both.village
    village.measure(1)
    village.sealer.step(village.clock.stamp(), everything=True)
    manifest = village.outbox.manifest(village.outbox.position().epoch, 0, 1)
    taken = custody.sign(
        bus, manifest, kind=Kind.BUS, name="Bus 7", act=Act.TAKEN, at_ms=T0, time_quality=4
    )
    both.book.add([taken.raw], T0)
    errand(both, line)
    from sync.county.errand import book_of  # noqa: PLC0415

    with both.county.streams() as streams:
        assert book_of(both.county, streams).all() == [taken]
        given = custody.sign(
            bus, manifest, kind=Kind.BUS, name="Bus 7", act=Act.GIVEN, at_ms=T0, time_quality=4
        )
        book_of(both.county, streams).add([given.raw], T0)
    errand(both, line)
    errand(both, line)
    assert both.book.all() == [taken, given]
    usb = tmp_path / "usb"
    (usb / "DORFHUB").mkdir(parents=True)
    errand(both, FolderCarrier(usb, both.hub.hub))
    assert len(list((usb / "DORFHUB" / "receipts").iterdir())) == 2

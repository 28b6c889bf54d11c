"""Streams of the county that a hub does not take, and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.carrier.base import CarrierError
from sync.carrier.http import HttpCarrier
from sync.county import hub as county_hub
from sync.errors import FormatError
from sync.got import Got
from sync.identity import Identity
from sync.outbox import Unavailable
from tests.sync.county.streams.conftest import T0, Both, errand


def test_a_stream_to_another_hub_is_left_alone(both: Both) -> None:
    other = Identity.generate().name
    both.hang("a", other)
    with both.county.streams() as streams:
        ((_, manifest),) = streams.news(other, {})
        assert list(streams.news(both.hub.public_key, {})) == []
        data = streams.pack(manifest)
    assert both.take(data).mine is False
    assert both.board() == []
    assert both.inflow.stands() == []


def test_a_stream_to_this_hub_is_taken_beside_that_to_all(both: Both) -> None:
    both.hang("a")
    both.hang("b", both.hub.public_key)
    both.take_all()
    assert len(both.board()) == 2
    assert len(both.inflow.stands()) == 2


def test_a_stranger_is_not_listened_to(both: Both, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    county_hub.create(tmp_path / "other", "Anderer Kreis")
    with county_hub.open_county(tmp_path / "other") as other:
        stranger = Both(other, both.village, both.inflow, both.book, both.hub)
        stranger.hang("x")
        (data,) = stranger.bundles()
    with pytest.raises(Unavailable) as caught:
        both.take(data)
    assert caught.value.code == "unknown"


def test_every_changed_byte_is_refused(both: Both) -> None:
    both.hang("a")
    (data,) = both.bundles()
    for at in range(0, len(data), 3):
        with pytest.raises((FormatError, Unavailable)):
            both.take(data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :])
    assert both.board() == []


def test_a_number_signed_twice_is_a_fork(both: Both, line: HttpCarrier) -> None:
    both.hang("a")
    database = (both.county.config.streams_db).read_bytes()
    both.hang("b")
    both.take_all()
    for suffix in ("", "-wal", "-shm"):
        both.county.config.streams_db.with_name(f"streams.db{suffix}").unlink(missing_ok=True)
    both.county.config.streams_db.write_bytes(database)
    both.hang("c", title="Aus der Sicherung")
    (data,) = both.bundles()
    with pytest.raises(Unavailable) as caught:
        both.take(data)
    assert caught.value.code == "fork"
    # the hub refuses what follows, so that stream is ended, and the next word begins another
    both.hang("d")
    with pytest.raises(CarrierError):
        errand(both, line)
    both.hang("e", title="Neue Reihe")
    with pytest.raises(CarrierError):
        errand(both, line)
    assert "Neue Reihe" in both.board()
    assert "Aus der Sicherung" not in both.board()


def test_a_hub_that_has_more_than_was_written_shows_a_restored_county(both: Both) -> None:
    both.hang("a")
    with both.county.streams() as streams:
        (first,) = streams.lines(both.hub.public_key)
        streams.note(Got(both.hub.public_key, {first.epoch: 9}, "", T0), T0)
    both.hang("b")
    with both.county.streams() as streams:
        assert [one.last_seq for one in streams.lines(both.hub.public_key)] == [2, 2]

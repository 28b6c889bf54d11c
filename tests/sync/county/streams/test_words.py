"""What the county's words do at the hub, and what neither side writes or takes."""

from __future__ import annotations

import io

import pytest

from edge.clock import FixedClock
from hardware.reading import TimeQuality
from sync import bundle, cbor, county_words, events, rotation
from sync.columns import Source
from sync.county.streams import ALL, Rejected
from sync.errors import SignatureError
from sync.events import Event
from sync.segment import Segment
from tests.sync.county.streams.conftest import CLOCK, T0, Both


def test_what_the_hub_does_not_know_is_kept_and_read_later(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = {**county_words.KINDS, "bus.stop": county_words.Kind({})}
    with monkeypatch.context() as patch:
        patch.setattr(county_words, "KINDS", later)
        both.say("bus.stop", at="Lindenplatz")
        both.hang("a")
    with both.county.streams() as streams:
        body = b"what a later release writes"
        streams._write(ALL, "lending", "lending/7", 1, (T0, T0), body, CLOCK.stamp())  # type: ignore[arg-type]
    both.hang("b", title="Danach")
    both.take_all()
    assert sorted(both.board()) == ["Danach", "Sprechtag"]
    kept = {(one.what, one.count) for one in both.inflow.kept()}
    assert kept == {("bus.stop", 1), ("lending/7", 1)}
    assert both.inflow.read_kept(T0) == 0
    done: list[object] = []
    monkeypatch.setattr(county_words, "KINDS", later)
    monkeypatch.setitem(
        __import__("sync.applying", fromlist=["_HANDLERS"])._HANDLERS,
        "bus.stop",
        lambda _driver, _writer, event: done.append(event.data),
    )
    assert both.inflow.read_kept(T0) == 1
    assert done == [{"at": "Lindenplatz"}]
    assert both.inflow.read_kept(T0) == 0


def test_an_event_that_is_wrong_is_kept_with_the_reason(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(county_words, "check", lambda *_: None)
        both.say("notice.put", id="a", title="x" * 81, text="", until=None, **{"from": T0})
    both.hang("b")
    both.take_all()
    assert both.board() == ["Sprechtag"]
    rows = both.village.store.connection.rows("SELECT kind, why FROM county_event")
    assert rows == [("notice.put", "notice.put: title is missing or wrong")]


def test_the_county_does_not_write_what_a_hub_would_not_take(both: Both) -> None:
    with pytest.raises(Rejected):
        both.hang("a", title="x" * 81)
    with pytest.raises(Rejected):
        both.say("notice.end", id="")
    assert both.bundles() == []


def test_notices_are_changed_and_taken_down(both: Both) -> None:
    both.hang("a")
    both.hang("a", title="Verlegt")
    both.hang("b", title="Fällt aus")
    both.say("notice.end", id="b")
    both.take_all()
    assert both.board() == ["Verlegt"]


def test_everything_else_lies_in_its_table(both: Both) -> None:
    course = {
        "id": "26H-5011", "title": "Smartphone", "text": "Mit dem eigenen Gerät", "place": "Saal",
        "sessions": [[T0, T0 + 5_400_000], [T0 - 9, T0]], "seats": 8, "cost_cents": 0,
        "language": "de", "level": "1", "area": "2.1", "access": "stufenlos",
        "statistics": "4.1", "contact": "0641 1234",
    }  # fmt: skip
    both.say("course.put", **course)
    both.say("course.put", **(course | {"id": "weg", "sessions": []}))
    both.say("course.end", id="weg")
    both.say("setting.put", name="weather-station", value="K2204")
    both.say("software.announce", version="0.2.0", text="", url="", size=9, sha256=bytes(range(32)))
    both.say("key.revoke", key=bytes(32), what="bus", why="gestohlen")
    both.say("care.reply", both.hub.public_key, sealed=b"age-encryption.org/v1")
    weather = Source(
        "K2204", [T0, T0 + 3_600_000], [0, 0],
        {"made_at": [float(T0 - 5)] * 2, "temperature_degc": [3.5, None]},
    )  # fmt: skip
    newer = Source("K2204", [T0], [0], {"made_at": [float(T0)], "temperature_degc": [4.0]})
    normal = Source(
        "K2204", [county_words.NORMAL_YEAR_MS + 59 * county_words.DAY_MS], [0],
        {"temperature_degc": [2.0], "temperature_low_degc": [-4.0]},
    )  # fmt: skip
    with both.county.streams() as streams:
        for made in (weather, newer):
            streams.measure("weather/1", [made], CLOCK.stamp())
        streams.measure("weather-normal/1", [normal], CLOCK.stamp())
    both.take_all()
    store = both.village.store
    (found,) = store.county_courses()
    assert (found.course_id, found.first_at, found.sessions[0]) == (
        "26H-5011", T0 - 9, (T0, T0 + 5_400_000),
    )  # fmt: skip
    assert store.settings() == {"weather-station": "K2204"}
    assert [one.version for one in store.software()] == ["0.2.0"]
    assert store.revoked_keys() == {bytes(32): "gestohlen"}
    assert [one.sealed for one in store.replies()] == [b"age-encryption.org/v1"]
    hours = store.forecasts("K2204", T0, T0 + 9_000_000)
    assert [(one.valid_at, one.temperature_degc) for one in hours] == [
        (T0, 4.0), (T0 + 3_600_000, None),
    ]  # fmt: skip
    assert store.weather_stations() == ["K2204"]
    (day,) = store.normals("K2204")
    assert (day.day, day.temperature_degc, day.temperature_high_degc) == (60, 2.0, None)
    assert both.inflow.kept() == []


def test_a_county_that_changes_its_key_signs_its_chain_anew(both: Both) -> None:
    both.hang("a")
    both.take_all()
    (old,) = both.bundles()
    rotation.change(both.county.config.key_file)
    both.village.peers.learn_keys(both.county.chain)
    with both.county.streams() as streams:
        assert streams.resign() == 2
    both.hang("b", title="Neuer Schlüssel")
    with pytest.raises(SignatureError):
        both.take(old)
    both.take_all()
    assert "Neuer Schlüssel" in both.board()
    hashes = [
        [one.hash for one in bundle.Reader(io.BytesIO(data))][:2]
        for data in (old, both.bundles()[0])
    ]
    assert hashes[0] == hashes[1]


def test_the_words_of_a_reply_are_for_the_hub_alone(both: Both) -> None:
    import pyrage  # noqa: PLC0415 - for this key only

    from sync.stream import open_sealed, seal_to  # noqa: PLC0415

    secret = pyrage.x25519.Identity.generate()
    letter = cbor.dumps({"person": 3, "text": "Bitte noch einmal messen.", "from": "Diakonie"})
    both.say("care.reply", sealed=seal_to(letter, [str(secret.to_public())]))
    (data,) = both.bundles()
    assert b"noch einmal" not in data
    both.take(data)
    (reply,) = both.village.store.replies()
    assert open_sealed(reply.sealed, [str(secret)]) == letter


def test_an_unset_clock_orders_nothing(both: Both) -> None:
    wrong = FixedClock(5, TimeQuality.UNKNOWN)
    for name, clock in (("a", CLOCK), ("b", wrong), ("c", FixedClock(2_208_988_800_000))):
        said = {"id": name, "title": name, "text": "", "from": T0 - 1, "until": None}
        with both.county.streams() as streams:
            streams.tell(ALL, [Event(clock.wall_ms, 0, "notice.put", said)], clock.stamp())
    both.take_all()
    assert sorted(both.board()) == ["a", "b", "c"]
    assert [one.seq for one in both.inflow.stands()] == [4]


def test_events_round_trip_through_the_segment(both: Both) -> None:
    both.hang("a")
    with both.county.streams() as streams:
        (line,) = streams.lines(both.hub.public_key)
        first = Segment.decode(streams.read(line.epoch, 1))
        with pytest.raises(LookupError):
            streams.read(line.epoch, 3)
    (begin,) = events.decode(first.body)
    assert (begin.kind, begin.data) == ("stream.begin", {"to": b""})

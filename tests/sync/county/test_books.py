"""The end of the book of reads at the county: told once a day, kept, and compared with a copy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from edge.care.audit import Look
from edge.care.people import ContactRole
from edge.clock import FixedClock
from edge.store.personal_audit import erase_audit
from sync import anchoring, columns, events
from sync.cli import root
from sync.columns import Source
from sync.county import books, jobs
from sync.county import hub as county_hub
from sync.county.hub import County
from sync.county.web import views
from sync.events import Event
from sync.segment import Segment
from tests.sync.county.erasure.conftest import T0, pull

DAY = 86_400_000


@pytest.fixture
def county(tmp_path: Path) -> Iterator[County]:
    (tmp_path / "kreis").mkdir()
    county_hub.create(tmp_path / "kreis", "Landkreis Gießen")
    with county_hub.open_county(tmp_path / "kreis") as opened:
        yield opened


@pytest.fixture
def hub(village: Any, county: County, tmp_path: Path) -> Any:
    (tmp_path / "hub.toml").write_text(
        '[hub]\nname = "DGH"\nvillage = "Dorf"\nstate = "."\n'
        '[personal]\nkey_file = "personal.key"\n'
    )
    return village.meets(county)


def look(village: Any, at: int, times: int = 1, name: str = "Erna") -> int:
    with village.personal() as personal:
        known = {one.name: one.person for one in personal.persons()}
        person = known.get(name) or personal.add_person(name, at)
        one = Look(person, "contact:1", ContactRole.NURSE, ("weight",), 0, None, "Runde")
        personal.note_looks([one] * times, FixedClock(at).stamp())
        return int(person)


def told(village: Any) -> list[int]:
    rows = village.store.connection.rows("SELECT data FROM sync_segment ORDER BY seq")
    segments = [Segment.decode(data) for (data,) in rows]
    return [one.number for segment in segments for one in anchoring.anchors_in(segment)]


def step(village: Any, at: int) -> None:
    village.sealer.step(FixedClock(at).stamp(), asked=True)


def gathered(county: County, hub: Any) -> list[int]:
    books.gather(county, T0)
    with county.streams() as streams:
        return [one.number for one in books.anchors(streams, hub.hub)]


def run(tmp_path: Path, *words: str) -> Any:
    if words[0] == "care":
        words = ("--config", str(tmp_path / "hub.toml"), *words)
    else:
        words = (*words, "--county", str(tmp_path / "kreis"))
    return CliRunner().invoke(root, words)


def cut(village: Any, after: int) -> None:
    with village.personal() as personal, personal.connection.transaction() as driver:
        driver.execute("DELETE FROM care_audit WHERE number > ?", (after,))


def test_the_end_is_told_when_it_changed_and_once_a_day(village: Any, hub: Any) -> None:
    assert hub.hub
    step(village, T0)
    assert told(village) == []  # an empty book has no end
    look(village, T0, 3)
    step(village, T0)
    step(village, T0 + DAY)
    assert told(village) == [3]
    look(village, T0 + DAY)
    step(village, T0 + DAY - 1)
    assert told(village) == [3]
    step(village, T0 + DAY)
    assert told(village) == [3, 4]
    look(village, T0)
    step(village, T0 - DAY)  # the clock was set back
    assert told(village) == [3, 4, 5]
    assert [one.number for one in village.store.audit_anchors()] == [3, 4, 5]


def test_without_a_county_or_its_key_nothing_is_told(
    village: Any, county: County, tmp_path: Path
) -> None:
    look(village, T0)
    step(village, T0)
    assert told(village) == []
    village.meets(county)
    (tmp_path / "personal.key").rename(tmp_path / "weg.key")
    step(village, T0 + DAY)
    assert told(village) == []


def test_nothing_that_is_told_names_anybody(village: Any, hub: Any, county: County) -> None:
    look(village, T0, name="Canarina")
    step(village, T0)
    rows = village.store.connection.rows("SELECT data FROM sync_segment")
    (event,) = [
        one
        for (data,) in rows
        if (segment := Segment.decode(data)).header.schema == anchoring.SCHEMA
        for one in events.decode(segment.body)
    ]
    assert set(event.data) == {"number", "digest"}
    pull(county, village)
    assert gathered(county, hub) == [1]
    assert gathered(county, hub) == [1]  # noted once


def test_an_honest_book_holds_also_when_somebody_was_erased(
    village: Any, hub: Any, county: County, tmp_path: Path
) -> None:
    erna = look(village, T0, 2)
    look(village, T0, 1, "Karl")
    step(village, T0)
    with village.personal() as personal, personal.connection.transaction() as driver:
        assert erase_audit(driver, erna, FixedClock(T0).stamp()) == 2
    step(village, T0 + DAY)
    pull(county, village)
    copy, kept = tmp_path / "buch.txt", tmp_path / "anker.txt"
    assert run(tmp_path, "care", "audit", "copy", str(copy)).exit_code == 0
    assert run(tmp_path, "care", "audit", "copy", str(copy)).exit_code == 1
    assert "Erna" not in copy.read_text()
    done = run(tmp_path, "county", "audit", hub.hub, "--book", str(copy), "--to", str(kept))
    assert done.exit_code == 0, done.output
    assert "2 Meldungen, zuletzt vom" in done.output
    assert "Die Abschrift stimmt: 4 Einträge, verglichen mit 2 Meldungen." in done.output
    assert run(tmp_path, "county", "audit", hub.hub, "--to", str(kept)).exit_code == 1
    done = run(tmp_path, "care", "audit", "verify", "--anchors", str(kept))
    assert done.exit_code == 0, done.output
    assert "Verglichen mit 2 Meldungen" in done.output


def test_a_tail_that_was_cut_is_seen_here_and_at_the_county(
    village: Any, hub: Any, county: County, tmp_path: Path
) -> None:
    look(village, T0, 9)
    step(village, T0)
    pull(county, village)
    kept, copy = tmp_path / "anker.txt", tmp_path / "buch.txt"
    run(tmp_path, "county", "audit", hub.hub, "--to", str(kept))
    cut(village, 5)
    done = run(tmp_path, "care", "audit", "verify")
    assert done.exit_code == 1
    assert "Das Buch ist kürzer, als am " in done.output
    assert "damals 9 Einträge, jetzt 5." in done.output
    with village.store.connection.transaction() as driver:
        driver.execute("DELETE FROM audit_anchor")  # whoever owns the hub can do that, too
    assert run(tmp_path, "care", "audit", "verify").exit_code == 0
    assert run(tmp_path, "care", "audit", "verify", "--anchors", str(kept)).exit_code == 1
    run(tmp_path, "care", "audit", "copy", str(copy))
    done = run(tmp_path, "county", "audit", hub.hub, "--book", str(copy))
    assert done.exit_code == 1
    assert "damals 9 Einträge, jetzt 5." in done.output
    step(village, T0 + DAY)  # and the hub's own next word gives it away, without any copy
    pull(county, village)
    done = run(tmp_path, "county", "audit", hub.hub)
    assert done.exit_code == 1
    assert "Das Buch wurde kürzer oder ein anderes" in done.output
    health = jobs.health(county.config.source, T0 + DAY)
    assert "1 Hubs melden ein kürzeres Buch" in health.message
    (warned,) = views.overview(county, None, T0).warnings
    assert warned.id == hub.hub
    assert "wurde kürzer" in warned.what


def test_what_somebody_looked_after_warns_no_more_and_what_comes_later_does(
    village: Any, hub: Any, county: County, tmp_path: Path
) -> None:
    def warns() -> tuple[bool, int, int]:
        health = jobs.health(county.config.source, T0 + 5 * DAY)
        page = views.overview(county, None, T0).warnings
        done = run(tmp_path, "county", "audit", hub.hub)
        return "kürzeres Buch" in health.message, len(page), done.exit_code

    look(village, T0, 9)
    step(village, T0)
    cut(village, 5)
    step(village, T0 + DAY)
    pull(county, village)
    assert warns() == (True, 1, 1)
    assert run(tmp_path, "county", "audit", hub.hub, "--seen", "  ").exit_code == 2
    done = run(tmp_path, "county", "audit", hub.hub, "--seen", "Frau Becker")
    assert (done.exit_code, "Gesehen von Frau Becker, " in done.output) == (0, True)
    assert warns() == (False, 0, 0)
    done = run(tmp_path, "county", "audit", hub.hub, "--seen", "Herr Blau")
    assert "Gesehen von Frau Becker, " in done.output  # who was first
    cut(village, 2)
    step(village, T0 + 2 * DAY)
    pull(county, village)
    assert warns() == (True, 1, 1)


def test_two_who_gather_at_once_are_in_nobody_s_way(
    village: Any, hub: Any, county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(village, T0, 3)
    step(village, T0)
    pull(county, village)
    load = books.segment_of

    def late(file: Path) -> Segment | None:
        one = load(file)
        monkeypatch.setattr(books, "segment_of", load)
        assert books.gather(county, T0) == 1  # the other one, who deletes what we just read
        return one

    monkeypatch.setattr(books, "segment_of", late)
    assert books.gather(county, T0) == 0
    assert gathered(county, hub) == [3]


def test_a_row_that_was_changed_is_seen(
    village: Any, hub: Any, county: County, tmp_path: Path
) -> None:
    look(village, T0, 4)
    step(village, T0)
    pull(county, village)
    with village.personal() as personal, personal.connection.transaction() as driver:
        driver.execute("UPDATE care_audit SET at = at + 1 WHERE number = 2")
    copy = tmp_path / "buch.txt"
    run(tmp_path, "care", "audit", "copy", str(copy))
    done = run(tmp_path, "county", "audit", hub.hub, "--book", str(copy))
    assert done.exit_code == 1
    assert "Eintrag 2: passt nicht" in done.output


def test_a_file_that_is_no_copy_is_refused(hub: Any, tmp_path: Path) -> None:
    copy = tmp_path / "x.txt"
    copy.write_bytes(bytes(range(256)))
    done = run(tmp_path, "county", "audit", hub.hub, "--book", str(copy))
    assert done.exit_code == 1
    assert "Das ist keine Abschrift" in done.output
    assert run(tmp_path, "county", "audit", hub.hub).output.endswith("Buch gemeldet.\n")
    done = run(tmp_path, "care", "audit", "verify", "--anchors", str(copy))
    assert "keine Liste von Prüfwerten" in done.output


def test_events_that_are_not_as_they_should_be_tell_nothing(village: Any) -> None:
    digest = bytes(32)
    for kind, data in (
        ("audit.tail", {"number": 1, "digest": digest}),
        ("audit.head", {"number": 0, "digest": digest}),
        ("audit.head", {"number": True, "digest": digest}),
        ("audit.head", {"number": 1, "digest": b"short"}),
        ("audit.head", {"number": 1}),
    ):
        event = Event(T0, 4, kind, data)
        stamp = FixedClock(T0).stamp()
        village.outbox.say(anchoring.SCHEMA, [event], stamp, lambda *_: None)
    village.outbox.write(
        anchoring.StreamClass.EVENT, anchoring.SCHEMA,
        columns.encode([Source("x", [T0], [4], {"y": [1.0]})]),
        count=1, span_ms=(T0, T0), stamp=FixedClock(T0).stamp(), do=lambda *_: None,
    )  # fmt: skip
    assert told(village) == []

"""The board as open data: what is in it, what leaves it, and what the auditor refuses."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from datasette.app import Datasette

from edge.config import Config
from edge.publish import AuditFailed, audit_board, board, build_current
from edge.publish import build as build_module
from edge.publish.audit import audit
from edge.publish.build import Published
from edge.publish.cube import cube_named
from edge.publish.errors import SnapshotUnreadable
from edge.publish.release import current, releases
from edge.publish.source import read_board
from edge.store.village import VillageStore
from edge.village.notice import Draft, State
from edge.village.repeat import REPEATS, Event
from tests.releases import ask, forged, outcome, query, served

NAME = "termine"
CUBE = cube_named(NAME)
NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
DAY = 86_400_000
NOW_MS = round(NOW.timestamp() * 1000)


def hang(
    config: Config,
    title: str,
    *,
    state: State = "approved",
    days: float = 30,
    open_data: bool = True,
    **more: object,
) -> int:
    values: dict[str, object] = {"title": title, "shown_from": NOW_MS - DAY, **more}
    values["shown_until"] = NOW_MS + round(days * DAY)
    with VillageStore(config.hub.village_db) as village:
        draft = Draft(**values)  # type: ignore[arg-type]
        return village.put_notice(draft, NOW_MS, state=state, open_data=open_data)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Set the auditor's own clock, which is the machine's, to the tests' time."""
    set_clock(monkeypatch, NOW)
    return monkeypatch


def set_clock(patch: pytest.MonkeyPatch, now: datetime) -> None:
    patch.setattr(audit_board, "now", lambda: now)


SINGING = Event(NOW_MS + DAY, NOW_MS + DAY + 5_400_000, "week", (NOW + timedelta(days=15)).date())


def test_what_hangs_is_told_with_its_dates(config: Config) -> None:
    assert outcome(config, NAME, NOW) == "nothing"
    number = hang(config, "Singkreis", text="Für alle.", place="Saal", event=SINGING)
    assert outcome(config, NAME, NOW) == "published"
    assert query(config, NAME, "SELECT titel, text, ort, haengt_bis FROM aushang") == [
        ("Singkreis", "Für alle.", "Saal", "2026-10-01T08:00:00Z")
    ]
    assert query(config, NAME, "SELECT anfang, aushang, ortszeit, ende FROM termin") == [
        (
            f"2026-09-{day}T08:00:00Z",
            number,
            f"2026-09-{day}T10:00+02:00",
            f"2026-09-{day}T09:30:00Z",
        )
        for day in ("02", "09", "16")
    ]
    assert outcome(config, NAME, NOW) == "unchanged"


@pytest.mark.parametrize(
    "more",
    [
        {"open_data": False},
        {"state": "proposed"},
        {"state": "declined"},
        {"days": -0.01},
        {"shown_from": NOW_MS + DAY},
        {"text": "Bitte melden: 06031 / 12 34 56"},
        {"place": "bei erna@example.org"},
        {"text": "Code 3+0123456"},
        {"title_": "Ruft an: +49 170 5550199"},
        {"text": "Tel. 72 15"},
        {"text": "Anmelden: erna(at)example.org"},
        {"text": "Anmelden bei 72 15 30"},
    ],
)
def test_what_is_not_public_is_not_published(config: Config, more: dict[str, object]) -> None:
    hang(config, "Bleibt")
    given = dict(more)
    hang(config, str(given.pop("title_", "Geheim")), **given)  # type: ignore[arg-type]
    outcome(config, NAME, NOW)
    assert query(config, NAME, "SELECT titel FROM aushang") == [("Bleibt",)]


@pytest.mark.parametrize("how", ["expired", "taken down", "declined", "changed"])
def test_what_is_gone_leaves_earlier_releases_too(
    config: Config, clock: pytest.MonkeyPatch, how: str
) -> None:
    hang(config, "Bleibt")
    number = hang(config, "Vergeht", days=2)
    outcome(config, NAME, NOW)
    later = NOW + timedelta(hours=1)
    with VillageStore(config.hub.village_db) as village:
        if how == "taken down":
            village.end_notice(number, NOW_MS)
        elif how in ("declined", "changed"):
            gone = Draft(title="Vergeht", shown_from=NOW_MS, shown_until=NOW_MS + DAY)
            state: State = "declined" if how == "declined" else "approved"
            village.change_notice(number, gone, NOW_MS, rev=1, state=state)
        else:
            later = NOW + timedelta(days=3)
    set_clock(clock, later)
    assert outcome(config, NAME, later) == "published"
    assert [one.number for one in releases(config.hub.public, NAME)] == [2]
    assert not any(b"Vergeht" in one.read_bytes() for one in config.hub.public.glob("*.db"))


def _moved(*swaps: str) -> str:
    """Return what moves dates, told alike in all their columns."""
    told = []
    for column in ("anfang", "ortszeit", "ende"):
        value = column
        for before, after in zip(swaps[::2], swaps[1::2], strict=True):
            value = f"replace({value}, '{before}', '{after}')"
        told.append(f"{column} = {value}")
    return f"UPDATE termin SET {', '.join(told)}"  # noqa: S608  # our own words


@pytest.mark.parametrize(
    ("sql", "cell"),
    [
        ("UPDATE aushang SET aushang = 99", "not let hang"),
        ("UPDATE aushang SET text = 'Anderes'", "not what hangs"),
        ("UPDATE aushang SET titel = ' '", "titel"),
        ("UPDATE aushang SET text = 'Ruft an: 06031 / 12 34 56'", "telephone"),
        ("UPDATE aushang SET ort = 'erna@example.org'", "telephone"),
        ("UPDATE aushang SET ort = 'bei Erna (at) Post'", "is not what hangs"),
        ("UPDATE aushang SET text = 'Tel. 72 15'", "telephone"),
        ("UPDATE aushang SET text = '72 15 30'", "telephone"),
        ("UPDATE aushang SET text = 'erna(at)example.org'", "telephone"),
        ("UPDATE aushang SET haengt_bis = 'bald'", "haengt_bis"),
        ("UPDATE aushang SET haengt_bis = '2099-01-01T00:00:00Z'", "not when it stops"),
        ("UPDATE aushang SET haengt_bis = NULL", "not when it stops"),
        ("DELETE FROM termin WHERE anfang LIKE '2026-09-09%'", "lacks its date 2026-09-09T10:00"),
        (_moved("2026-09-09", "2026-09-10"), "does not take place"),
        (_moved("2026-09-09", "2026-09-10"), "lacks its date 2026-09-09T10:00"),
        (_moved("2026-09-16", "2026-09-23"), "does not take place"),
        (_moved("T08:00:00Z", "T09:00:00Z", "T10:00+", "T11:00+"), "time of day at which it beg"),
        ("UPDATE termin SET ende = replace(ende, 'T09:30', 'T10:30')", "time of day at which it e"),
        ("UPDATE termin SET titel = 'x'", "no published notice"),
        ("UPDATE termin SET ort = 'bei Erna'", "no published notice"),
        ("UPDATE termin SET ende = anfang", "ende"),
        ("UPDATE termin SET ende = '2027-12-01T08:00:00Z'", "ende"),
        ("UPDATE termin SET ende = 'nie'", "time that is none"),
        ("UPDATE termin SET ortszeit = 'abends'", "ortszeit"),
        ("UPDATE _about SET value = 'x' WHERE name = 'lizenz'", "_about"),
    ],
)
def test_the_auditor_refuses(config: Config, tmp_path: Path, sql: str, cell: str) -> None:
    hang(config, "Singkreis", text="Für alle.", place="Saal", event=SINGING)
    outcome(config, NAME, NOW)
    release = current(config.hub.public, NAME)
    assert release is not None
    ledger = config.hub.village_db
    assert audit(release.path, CUBE, {}, None, ledger).passed
    copy = forged(release, sql, tmp_path)
    told = [str(finding) for finding in audit(copy, CUBE, {}, None, ledger).findings]
    assert any(cell in one for one in told), told


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("UPDATE notice SET open_data = 0", "not ticked"),
        ("UPDATE notice SET shown_from = shown_from + 2 * 86400000", "does not hang now"),
        ("UPDATE notice SET shown_until = shown_from + 1", "does not hang now"),
        ("UPDATE notice SET state = 'declined'", "not let hang"),
        ("UPDATE notice SET starts_at = starts_at + 86400000", "does not take place"),
        ("UPDATE notice SET repeats = 'fortnight'", "does not take place"),
        ("UPDATE notice SET repeats_until = '2026-09-23'", "lacks its date 2026-09-23"),
        ("UPDATE notice SET starts_at = NULL", "does not take place"),
    ],
)
def test_the_auditor_believes_the_ledger_alone(config: Config, sql: str, said: str) -> None:
    hang(config, "Singkreis", text="Für alle.", place="Saal", event=SINGING)
    outcome(config, NAME, NOW)
    release = current(config.hub.public, NAME)
    assert release is not None
    ledger = config.hub.village_db
    with closing(sqlite3.connect(ledger)) as connection:
        connection.execute(sql)
        connection.commit()
    told = [str(finding) for finding in audit(release.path, CUBE, {}, None, ledger).findings]
    assert any(said in one for one in told), told


BEGINS = (
    datetime(2026, 9, 2, 0, 30, tzinfo=UTC),
    datetime(2026, 10, 31, 1, 30, tzinfo=UTC),
    datetime(2026, 9, 29, 22, 15, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # the hour that comes twice
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    datetime(2026, 9, 6, 0, 30, tzinfo=UTC),  # 2.30 on Sundays: there is none on 28 March
)


def test_builder_and_auditor_agree_on_what_comes_again(
    config: Config, clock: pytest.MonkeyPatch
) -> None:
    for begin, repeat, hours in product(BEGINS, REPEATS, (1, 26, 24 * 14)):
        starts = round(begin.timestamp() * 1000)
        until = (begin + timedelta(days=360)).date() if repeat else None
        event = Event(starts, starts + hours * 3_600_000, repeat, until)
        hang(config, "Kommt wieder", days=360, event=event)
    assert outcome(config, NAME, NOW) == "published"
    assert len(query(config, NAME, "SELECT DISTINCT aushang FROM termin")) == 90
    later = NOW + timedelta(days=203, hours=13, minutes=30)
    set_clock(clock, later)
    assert outcome(config, NAME, later) == "published"


def test_what_ends_while_it_is_audited_stops_nothing(
    config: Config, clock: pytest.MonkeyPatch
) -> None:
    hang(config, "Singkreis", event=SINGING)
    ends = datetime.fromtimestamp(SINGING.ends_at / 1000, UTC)
    set_clock(clock, ends + timedelta(minutes=5))
    assert outcome(config, NAME, ends - timedelta(minutes=5)) == "published"


@pytest.mark.parametrize("mutant", ["numbers", "proposals", "unticked", "tomorrow's"])
def test_a_wrong_builder_publishes_nothing(
    config: Config, monkeypatch: pytest.MonkeyPatch, mutant: str
) -> None:
    hang(config, "Suche", text="06031 / 12 34 56")
    hang(config, "Vorschlag", state="proposed")
    if mutant == "numbers":
        monkeypatch.setattr(board, "tells_of_somebody", lambda _: False)
    elif mutant == "unticked":
        hang(config, "Nur im Saal", open_data=False)
        ticked = [replace(one, open_data=True) for one in read_board(config, NOW_MS)]
        monkeypatch.setattr("edge.publish.build.read_board", lambda *_: ticked)
    elif mutant == "tomorrow's":
        hang(config, "Morgen", shown_from=NOW_MS + DAY)
        monkeypatch.setattr(board, "hangs", lambda *_: True)
    else:
        monkeypatch.setattr("edge.publish.build.read_board", _everything)
        monkeypatch.setattr(board, "hangs", lambda *_: True)
    with pytest.raises(AuditFailed):
        build_current(config, NOW)
    assert current(config.hub.public, NAME) is None


def test_a_refused_cube_keeps_no_other_back(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang(config, "Bleibt")
    number = hang(config, "Vergeht")
    outcome(config, NAME, NOW)
    with VillageStore(config.hub.village_db) as village:
        village.end_notice(number, NOW_MS)
    for kind in ("course_calendar", "learning_statistics"):
        monkeypatch.setitem(build_module._KINDS, kind, _refused)
    with pytest.raises(AuditFailed, match=r"kurse: a\.b: is wrong; lernstatistik: a\.b") as refused:
        build_current(config, NOW + timedelta(hours=1))
    assert refused.value.findings[:2] == ("kurse: a.b: is wrong", "kurse: a.c: too")
    assert query(config, NAME, "SELECT titel FROM aushang") == [("Bleibt",)]


def _refused(*_: object) -> Published:
    raise AuditFailed(("a.b: is wrong", "a.c: too"))


@pytest.mark.parametrize("how", ["refused", "no room"])
def test_what_was_taken_down_goes_also_if_nothing_can_follow(
    config: Config, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    number = hang(config, "Vergeht")
    outcome(config, NAME, NOW)
    with VillageStore(config.hub.village_db) as village:
        village.end_notice(number, NOW_MS)
    hang(config, "Suche", text="06031 / 12 34 56")
    with monkeypatch.context() as wrong:
        if how == "refused":
            wrong.setattr(board, "tells_of_somebody", lambda _: False)
        else:
            wrong.setattr(build_module, "write_snapshot", _full)
        with pytest.raises((AuditFailed, OSError)):
            build_current(config, NOW + timedelta(hours=1))
    assert current(config.hub.public, NAME) is None
    assert not any(b"Vergeht" in one.read_bytes() for one in config.hub.public.iterdir())
    hang(config, "Kommt")
    assert outcome(config, NAME, NOW + timedelta(hours=1)) == "published"
    assert [one.number for one in releases(config.hub.public, NAME)] == [2]  # none twice
    assert sorted(one.name for one in config.hub.public.glob(f"{NAME}*")) == [
        f"{NAME}-v000002.db",
        f"{NAME}-v000002.json",
        f"{NAME}.current",
    ]


def _full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def _everything(config: Config, now_ms: int) -> list[object]:
    with VillageStore(config.hub.village_db) as village:
        return [replace(one) for one in village.board_notices("proposed", now_ms)]


def test_every_table_is_served_with_its_licence(config: Config) -> None:
    hang(config, "Singkreis", event=SINGING)
    build_current(config, NOW)

    async def questions(datasette: Datasette) -> None:
        for table in CUBE.tables:
            page = await datasette.client.get(f"/{NAME}/{table.name}")
            assert page.status_code == 200
            assert CUBE.licence_url in page.text
            assert table.title in page.text

    ask(config, questions)


def test_a_ledger_that_cannot_be_read_is_named(config: Config, tmp_path: Path) -> None:
    hang(config, "Singkreis")
    outcome(config, NAME, NOW)
    ledger = tmp_path / "other.db"
    ledger.write_bytes(b"no database")
    with pytest.raises(SnapshotUnreadable, match=r"other\.db cannot be read"):
        audit(served(config, NAME).path, CUBE, {}, None, ledger)

"""Villages publish, a county takes it in, merges what it verified, and serves it as they do."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from datasette.app import Datasette
from datasette_waermekataster.settings import read_settings

from edge.config import load
from edge.publish.audit import AUDITOR
from edge.publish.certificate import Certificate, digest
from edge.publish.cube import Cube, cube_named
from edge.publish.release import current, unpublish
from edge.publish.snapshot import _erase_slack, write_snapshot
from hardware.reading import TimeQuality
from sync import events, open_data
from sync.cli import root
from sync.county import jobs, open_build, open_cubes, open_releases, revoke, visits
from sync.county.intake import segment_of
from sync.county.open_serve import create_datasette, offers
from sync.errors import FormatError
from sync.open_data import Part, Withdrawn
from sync.segment import StreamClass
from tests.sync.county.villages import DAY, T0, Village, villages

if TYPE_CHECKING:
    from tests.sync.county.conftest import Office, Writer

HEAT = "kommunale-waerme"


@pytest.fixture
def make_village(tmp_path: Path) -> Iterator[Callable[[str], Village]]:
    with villages(tmp_path) as make:
        yield make


@pytest.fixture
def two(make_village: Callable[[str], Village], office: Office) -> tuple[Village, Village]:
    one, other = make_village("Holzheim"), make_village("Lauter")
    for kw, village in ((10.0, one), (4.0, other)):
        village.meets(office)
        village.measures(kw)
        village.publishes()
    return one, other


def take(office: Office, stick: Path, *some: Village) -> None:
    for one in some:
        one.lays(stick)
    assert {one.code for one in visits.import_folder(office.county, stick)} == {"ok"}


def brought(office: Office, stick: Path, some: tuple[Village, ...], at_ms: int = T0) -> None:
    for one in some:
        one.tells(at_ms)
    take(office, stick, *some)


def built(office: Office, cube: str = HEAT) -> open_build.Built:
    (found,) = (one for one in open_build.build(office.county) if one.cube == cube)
    return found


def placed(office: Office, places: dict[str, str]) -> None:
    county = office.county
    office.county = replace(county, config=replace(county.config, places=places))


def lying(office: Office, village: Village) -> list[Part | Withdrawn]:
    """Return what of a village lies in the folder of releases."""
    files = sorted((office.county.config.releases / village.id).glob("*/*.dhs"))
    found = [segment_of(one) for one in files]
    told = [open_data.told_in(one) for one in found if one is not None]
    return [one for one in told if one is not None]


def rows(office: Office, sql: str) -> list[tuple[Any, ...]]:
    release = current(office.county.config.open_data / "public", HEAT)
    assert release is not None
    with closing(sqlite3.connect(f"file:{release.path}?immutable=1", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def ask(office: Office, questions: Callable[[Datasette], Awaitable[None]]) -> None:
    async def session() -> None:
        datasette = create_datasette(office.county.config)
        try:
            await datasette.client.get("/")
            await questions(datasette)
        finally:
            await datasette.invoke_shutdown()

    asyncio.run(session())


def test_every_row_of_both_is_there_with_its_village_and_nothing_else(
    two: tuple[Village, Village], office: Office, stick: Path
) -> None:
    brought(office, stick, two)
    placed(office, {two[0].id: "Lich", two[1].id: "Laubach"})
    found = built(office)
    assert (found.outcome, set(found.villages)) == ("published", {"Holzheim", "Lauter"})
    assert found.left_out == ()
    for village, key in zip(two, ("06531011", "06531010"), strict=True):
        with closing(sqlite3.connect(village.release.path)) as connection:
            for table in ("site", "waerme_stunde", "waerme_tag"):
                own = connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
                prefix = (village.id, village.name, "Lich" if key.endswith("11") else "Laubach")
                prefix = (*prefix, key, f"065310{key[5:]}{key[5:]}")
                expected = [(*prefix, f"{village.id}-{site}", *rest) for site, *rest in own]
                where = f"SELECT * FROM {table} WHERE dorf_id = '{village.id}'"  # noqa: S608
                assert sorted(rows(office, where)) == sorted(expected)
    counted = rows(office, "SELECT dorf, sum(energie_kwh) FROM waerme_tag GROUP BY dorf ORDER BY 1")
    assert counted == [("Holzheim", 600.0), ("Lauter", 240.0)]
    told = rows(office, "SELECT dorf_id, ausgabe, sha256, pruefung FROM dorf ORDER BY dorf")
    assert told == [
        (one.id, 1, one.release.certificate().sha256, "dorfhub-auditor/1") for one in two
    ]
    assert built(office).outcome == "unchanged"
    assert set(built(office).villages) == {"Holzheim", "Lauter"}


def test_it_is_served_by_the_plugins_of_a_hub(
    two: tuple[Village, Village], office: Office, stick: Path
) -> None:
    brought(office, stick, two)
    built(office)
    hub = two[0].id

    async def questions(datasette: Datasette) -> None:
        day = f"/{HEAT}/waerme_tag.json?_shape=array&tag=2026-11-21"
        found = (await datasette.client.get(day)).json()
        assert {(one["dorf"], one["energie_kwh"]) for one in found} == {
            ("Holzheim", 240.0),
            ("Lauter", 96.0),
        }
        page = await datasette.client.get(f"/{HEAT}/waerme_tag")
        assert page.status_code == 200
        assert "Kalendertag" in page.text
        assert "/daten/" in page.text
        (guarded,) = (await datasette.client.get("/-/cell-guard.json")).json()["databases"]
        assert guarded["served"]
        assert guarded["certificate"]["auditor"] == open_cubes.AUDITOR
        things = (await datasette.client.get("/-/sta/v1.1/Things")).json()["value"]
        assert {one["name"] for one in things} == {
            "Halle Holzheim (Holzheim)",
            "Halle Lauter (Lauter)",
        }
        of_it = f"/-/ngsi-ld/v1/entities?q=controlledAsset==%22urn:ngsi-ld:Building:{hub}-halle%22"
        assert len((await datasette.client.get(of_it)).json()) == 6
        refused = await datasette.client.get(f"/{HEAT}/-/query?sql=select+1")
        assert refused.status_code == 403

    ask(office, questions)


def test_what_nobody_certified_is_not_served(
    two: tuple[Village, Village], office: Office, stick: Path
) -> None:
    brought(office, stick, two)
    built(office)
    release = current(office.county.config.open_data / "public", HEAT)
    assert release is not None
    # a village's own certificate is none of the county's
    paper = replace(release.certificate(), auditor="dorfhub-auditor/1")
    release.certificate_path.write_text(paper.to_json())

    async def questions(datasette: Datasette) -> None:
        assert (await datasette.client.get(f"/{HEAT}/waerme_tag")).status_code == 404

    ask(office, questions)


def test_a_withdrawn_release_is_gone_from_every_file(
    two: tuple[Village, Village], office: Office, stick: Path
) -> None:
    brought(office, stick, two)
    built(office)
    unpublish(two[0].config.hub.public, HEAT)
    assert two[0].tells(T0 + 1).releases == 1
    assert two[0].tells(T0 + 2).releases == 0
    take(office, stick, two[0])
    found = built(office)
    assert (found.outcome, found.villages) == ("published", ("Lauter",))
    public = office.county.config.open_data / "public"
    assert len(list(public.glob("*.db"))) == 1
    assert two[0].id.encode() not in b"".join(one.read_bytes() for one in public.glob("*.db"))
    unpublish(two[1].config.hub.public, HEAT)
    brought(office, stick, two[1:], T0 + 3)
    assert built(office).outcome == "withdrawn"
    assert list(public.glob("*.db")) == []
    assert built(office).outcome == "nothing"
    # the withdrawal itself stays known; what it withdrew does not
    assert {type(one) for one in lying(office, two[0])} == {Withdrawn}
    # and what is published again is there again
    two[0].publishes(T0 + DAY)
    brought(office, stick, two[:1], T0 + DAY)
    assert built(office).villages == ("Holzheim",)


def test_a_new_release_travels_once_a_day_and_replaces_the_one_before(
    two: tuple[Village, Village], office: Office, stick: Path
) -> None:
    village, _ = two
    assert [village.tells(T0).releases, village.tells(T0).releases] == [1, 0]
    village.measures(10.0, 70)
    village.publishes(T0 + 1)
    assert village.tells(T0 + DAY - 1).releases == 0  # not yet
    assert village.tells(T0 + 9 * DAY, TimeQuality.UNKNOWN).releases == 0
    assert village.tells(T0 + DAY).releases == 1
    take(office, stick, village)
    assert built(office).outcome == "published"
    assert rows(office, "SELECT ausgabe FROM dorf") == [(village.release.number,)]
    (one,) = (one for one in lying(office, village) if one.cube == HEAT)
    assert isinstance(one, Part)


def test_what_may_not_be_shown_any_more_is_replaced_at_once(
    two: tuple[Village, Village], office: Office, stick: Path
) -> None:
    village, _ = two
    village.tells()
    file = village.config.source
    file.write_text(file.read_text().replace("Halle Holzheim", "Alte Schule"))
    village.config = load(file)
    village.publishes(T0 + 1)
    assert village.tells(T0 + 2).releases == 1
    take(office, stick, village)
    built(office)
    assert rows(office, "SELECT site_name FROM site") == [("Alte Schule",)]


def test_hubs_that_nobody_confirmed_or_that_are_locked_out_are_not_in_it(
    make_village: Callable[[str], Village], office: Office, stick: Path
) -> None:
    stranger = make_village("Fremd")
    stranger.asks(office)
    stranger.measures(5.0)
    stranger.publishes()
    stranger.tells()
    stranger.lays(stick)
    visits.import_folder(office.county, stick)
    assert built(office).outcome == "nothing"
    office.county.ledger.confirm(stranger.id, now_ms=3)
    visits.import_folder(office.county, stick)
    assert built(office).villages == ("Fremd",)
    hub = office.county.ledger.hub(stranger.id)
    assert hub is not None
    revoke.revoke(office.county, hub, up_to=0, epoch=None, now_ms=4)
    assert built(office).outcome == "withdrawn"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Part:
    """Return what a village publishes, as one piece."""
    with villages(tmp_path_factory.mktemp("dorf")) as make:
        village = make("Lauter")
        village.measures(4.0)
        release = village.publishes()
        content = release.path.read_bytes()
        paper = release.certificate_path.read_bytes()
    mark = bytes.fromhex(digest(content))
    return Part(HEAT, 7, mark, len(content), paper, "", "", "", 1, content)


def tell(writer: Writer, told: Part | Withdrawn, at_ms: int = T0) -> None:
    body = events.encode([open_data.event_of(told, at_ms, 4)])
    writer.add(stream=StreamClass.EVENT, schema=open_data.SCHEMA, body=body, rows=1)


def _certified(**said: object) -> Callable[[Part], Part]:
    def change(part: Part) -> Part:
        paper = json.loads(part.certificate) | said
        return replace(part, certificate=json.dumps(paper).encode())

    return change


def _changed(sql: str) -> Callable[[Part], Part]:
    """Change the file and write the certificate for it, as whoever has the hub's key could."""

    def change(part: Part) -> Part:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "changed.db"
            file.write_bytes(part.data)
            with closing(sqlite3.connect(file, isolation_level=None)) as connection:
                connection.executescript(f"{sql}; VACUUM")
            _erase_slack(file)
            content = file.read_bytes()
        paper = json.loads(part.certificate) | {"sha256": digest(content), "size": len(content)}
        return replace(
            part,
            data=content,
            size=len(content),
            digest=bytes.fromhex(digest(content)),
            certificate=json.dumps(paper).encode(),
        )

    return change


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_certified(sha256="0" * 64), "certificate.sha256"),
        (_certified(k=0), "certificate.k"),
        (_certified(auditor="somebody/1"), "certificate.auditor"),
        (_certified(kind="heat_plan"), "certificate.kind"),
        (_certified(version=9), "version 9"),
        (lambda part: replace(part, certificate=b"{}"), "cannot be read"),
        (lambda part: replace(part, certificate=b"[" * 4096), "cannot be read"),
        (lambda part: replace(part, certificate=b'{"\\ud800": 1}'), "cannot be read"),
        (lambda part: replace(part, digest=bytes(32)), "not whole"),
        (_changed("CREATE TABLE person (name TEXT)"), "declares no such table"),
        (_changed("CREATE VIEW v AS SELECT 1"), "declares no such view"),
        (_changed("UPDATE site SET site_name = x'00'"), "holds a value of type blob"),
        (_changed("UPDATE _about SET value = CAST(x'ff' AS TEXT)"), "is no UTF-8"),
        (_changed("UPDATE site SET site_name = CAST(x'eda080' AS TEXT)"), "is no UTF-8"),
    ],
)
def test_a_wrong_file_is_left_out_and_named_and_the_others_stay(  # noqa: PLR0917
    published: Part,
    office: Office,
    writer: Writer,
    new_writer: type[Writer],
    change: Callable[[Part], Part],
    why: str,
) -> None:
    good = new_writer(name="Lauter")
    for one, told in ((good, published), (writer, change(published))):
        tell(one, told)
        office.know(one)
        assert office.pull(one).code == "ok"
    found = built(office)
    assert found.villages == ("Lauter",)
    (out,) = found.left_out
    assert (out.village, out.cube) == ("Wetterfeld", HEAT)
    assert why in out.why
    said = jobs.open_data(office.county.config.source, T0)
    assert said.state == "attention"
    assert "Wetterfeld" in said.message
    done = CliRunner().invoke(
        root, ["county", "open-data", "build", "--county", str(office.county.config.source)]
    )
    assert done.exit_code == 1
    assert "Wetterfeld" in done.stderr


@pytest.mark.parametrize(
    "change",
    [
        lambda part: replace(part, digest=bytes(32)),
        lambda part: replace(part, certificate=b"{}"),
        lambda part: replace(part, certificate=b"[" * 4096),
        _certified(sha256="0" * 64),
    ],
)
def test_until_a_new_release_is_whole_the_one_before_counts(
    published: Part, office: Office, writer: Writer, change: Callable[[Part], Part]
) -> None:
    office.know(writer)
    tell(writer, published)
    for at_ms in (T0 + 1, T0 + 2):  # again and again
        tell(writer, change(replace(published, number=8)), at_ms)
    assert office.pull(writer).code == "ok"
    for _ in range(2):  # and the first build has not deleted it
        found = built(office)
        assert (found.villages, found.left_out) == (("Wetterfeld",), ())
    assert rows(office, "SELECT ausgabe FROM dorf") == [(7,)]
    tell(writer, replace(published, number=9), T0 + 3)
    office.pull(writer)
    built(office)
    assert rows(office, "SELECT ausgabe FROM dorf") == [(9,)]
    assert len(list(office.county.config.releases.glob("*/*/*.dhs"))) == 1


def made(cube: Cube, folder: Path, table: str, row: dict[str, Any]) -> Part:
    """Return a release of a cube with one row, by whoever has the hub's key."""
    whole = tuple(row.get(one.name) for one in cube.table(table).columns)
    file = folder / "made.db"
    said: dict[str, Any] = {one.name: [] for one in cube.tables}
    write_snapshot(file, cube, {**said, table: [whole], "_about": sorted(cube.about.items())})
    content = file.read_bytes()
    k, p = cube.disclosure.k, cube.disclosure.p_percent
    paper = Certificate(
        cube.name, cube.kind, cube.version, digest(content), len(content), k, p, AUDITOR, "d", "s"
    )
    mark, text = bytes.fromhex(digest(content)), paper.to_json().encode()
    return Part(cube.name, 1, mark, len(content), text, "", "", "", 1, content)


def _season(**count: int) -> dict[str, Any]:
    words = {"zeitraum": "2026-1", "name": "1", "von": "2026-01-01", "bis": "2026-06-30"}
    return {**words, "kurse": 1, "termine": 1, "anmeldungen": 0, "besuche": 0, **count}


def _heard(where: str, count: int) -> dict[str, Any]:
    return {"tag": "2026-11-25", "art": "Wärmezähler", "wo": where, "anzahl": count}


@pytest.mark.parametrize(
    ("name", "table", "row", "fits"),
    [
        ("hubzustand", "gehoert_tag", _heard("über Funk im Dorf", 10), True),
        ("hubzustand", "gehoert_tag", _heard("über Funk im Dorf", 7), False),
        ("hubzustand", "gehoert_tag", _heard("über Funk im Dorf", 0), False),
        ("hubzustand", "gehoert_tag", _heard("Haus 3", 1), False),
        ("hubzustand", "gehoert_tag", _heard("Gebäude der Gemeinde", 1), True),
        ("lernstatistik", "zeitraum", _season(anmeldungen=5, besuche=0), True),
        ("lernstatistik", "zeitraum", _season(anmeldungen=4), False),
        ("lernstatistik", "zeitraum", _season(besuche=1), False),
        ("lernstatistik", "zeitraum", _season(besuche=-5), False),
    ],
)
def test_no_count_of_people_is_below_k(  # noqa: PLR0917
    office: Office,
    writer: Writer,
    tmp_path: Path,
    name: str,
    table: str,
    row: dict[str, Any],
    fits: bool,  # noqa: FBT001
) -> None:
    tell(writer, made(cube_named(name), tmp_path, table, row))
    office.know(writer)
    assert office.pull(writer).code == "ok"
    found = built(office, name)
    assert [one.why.partition(":")[2] for one in found.left_out] == ([] if fits else [" k is 5"])
    assert found.villages == (("Wetterfeld",) if fits else ())


def test_a_release_of_no_date_does_not_count(published: Part) -> None:
    late = [events.Event(253_402_300_800_000, 4, "open.withdrawn", {"cube": HEAT, "number": 1})]
    for told in (published, Withdrawn(HEAT, 1)):
        for at_ms in (253_402_300_800_000, -1):
            with pytest.raises(ValueError, match="no date"):
                open_data.event_of(told, at_ms, 4)
        assert open_data.event_of(told, 253_402_300_799_999, 4)
    with pytest.raises(FormatError, match="no date"):
        open_data.decode(events.encode(late))


def test_a_cube_that_fails_is_told_and_shows_nothing_that_was_withdrawn(
    two: tuple[Village, Village], office: Office, stick: Path
) -> None:
    brought(office, stick, two)
    built(office)
    in_the_way = office.county.config.open_data / f".{HEAT}.work"
    in_the_way.write_bytes(b"")
    two[0].measures(9.0, 70)
    two[0].publishes(T0 + DAY)
    brought(office, stick, two[:1], T0 + DAY)
    found = built(office)
    assert (found.outcome, set(found.villages)) == ("failed", {"Holzheim", "Lauter"})
    assert current(office.county.config.open_data / "public", HEAT) is not None
    unpublish(two[0].config.hub.public, HEAT)
    brought(office, stick, two[:1], T0 + DAY + 1)
    others = {one.outcome for one in open_build.build(office.county) if one.cube != HEAT}
    assert "failed" not in others
    said = jobs.open_data(office.county.config.source, T0)
    assert (said.state, HEAT in said.message) == ("attention", True)
    assert list((office.county.config.open_data / "public").glob(f"{HEAT}-v*.db")) == []
    done = CliRunner().invoke(
        root, ["county", "open-data", "build", "--county", str(office.county.config.source)]
    )
    assert (done.exit_code, "FileExistsError" in done.stderr) == (1, True)
    in_the_way.unlink()
    assert built(office).villages == ("Lauter",)


def test_a_file_of_several_pieces_counts_when_it_is_whole(
    two: tuple[Village, Village], office: Office, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_data, "PIECE", 8192)
    monkeypatch.setattr("sync.open_telling.PIECE", 8192)
    village, _ = two
    village.tells(T0, TimeQuality.UNKNOWN)  # and nothing of what it does not publish
    last = village.outbox.position().last_seq
    count = open_data.pieces(village.release.path.stat().st_size)
    assert last >= count > 1
    monkeypatch.setattr(village.outbox, "position", lambda: replace(here, last_seq=last - 1))
    here = type(village.outbox).position(village.outbox)
    take(office, stick, village)
    assert built(office).outcome == "nothing"
    monkeypatch.undo()
    monkeypatch.setattr(open_data, "PIECE", 8192)
    take(office, stick, village)
    assert built(office).villages == ("Holzheim",)


def test_a_file_that_is_too_large_stays_in_the_village_and_is_told(
    two: tuple[Village, Village], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_data, "MAX_SIZE", 4096)
    done = two[0].tells()
    assert (done.releases, "zu groß" in done.release_waits) == (0, True)
    assert two[0].tells(T0 + 1).release_waits == ""  # once


def test_a_large_file_does_not_keep_what_may_not_be_shown(
    two: tuple[Village, Village], office: Office, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    village, _ = two
    brought(office, stick, two)
    assert set(built(office).villages) == {"Holzheim", "Lauter"}
    monkeypatch.setattr(open_data, "MAX_SIZE", 4096)
    village.measures(9.0, 70)
    village.publishes(T0 + DAY)
    assert "zu groß" in village.tells(T0 + DAY).release_waits  # the same may be shown
    monkeypatch.undo()
    take(office, stick, village)
    assert set(built(office).villages) == {"Holzheim", "Lauter"}
    file = village.config.source
    file.write_text(file.read_text().replace("Halle Holzheim", "Alte Schule"))
    village.config = load(file)
    village.publishes(T0 + DAY + 1)
    monkeypatch.setattr(open_data, "MAX_SIZE", 4096)
    before = village.outbox.position().last_seq
    village.tells(T0 + DAY + 1)
    assert village.outbox.position().last_seq == before + 1
    village.tells(T0 + DAY + 2)
    assert village.outbox.position().last_seq == before + 1  # once
    monkeypatch.undo()
    take(office, stick, village)
    assert built(office).villages == ("Lauter",)


def test_what_stays_is_told_again_before_it_may_be_pruned(two: tuple[Village, Village]) -> None:
    village, _ = two
    assert village.tells(T0).releases == 1
    assert village.tells(T0 + 45 * DAY - 1).releases == 0
    assert village.tells(T0 + 45 * DAY, TimeQuality.UNKNOWN).releases == 0
    assert village.tells(T0 + 45 * DAY).releases == 1
    assert village.tells(T0 + 45 * DAY + 1).releases == 0


def test_a_new_database_withdraws_once_what_it_does_not_serve(
    two: tuple[Village, Village], office: Office, stick: Path
) -> None:
    village, _ = two
    unpublish(village.config.hub.public, HEAT)
    assert village.tells(T0, TimeQuality.UNKNOWN).releases == 0
    assert village.outbox.position().last_seq == 0  # the old one may have had a better clock
    assert village.tells(T0).releases == 0
    last = village.outbox.position().last_seq
    village.tells(T0 + 1)
    assert village.outbox.position().last_seq == last
    take(office, stick, village)
    assert Withdrawn(HEAT, 1, T0) in lying(office, village)


def test_a_lost_database_begins_anew_and_the_newer_counts(
    published: Part, office: Office, stick: Path, writer: Writer
) -> None:
    office.know(writer)
    for epoch, number, at_ms in ((bytes(range(8)), 7, T0 + 1), (bytes(8), 1, T0 + 2)):
        writer.epoch, writer.segments = epoch, []
        tell(writer, replace(published, number=number), at_ms)
        writer.write(stick, 0, 1)
        take(office, stick)
    releases, _ = open_releases.newest(office.county)
    assert releases[writer.id, HEAT].number == 1


def test_the_merged_heat_map_says_of_which_village_a_block_is(office: Office) -> None:
    settings = read_settings(offers(office.county.config).mapped["datasette-waermekataster"])
    (cube,) = (one for one in open_cubes.county_cubes() if one.name == settings.database)
    for layer in settings.layers:
        assert layer.place == "dorf"
        assert layer.place in {column.name for column in cube.table(layer.table).columns}

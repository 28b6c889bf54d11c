"""Each leak planted here was not there before, and the auditor must name it."""
# ruff: noqa: S608 - the statements are constants of this file

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.config import Config
from edge.publish import build_current
from edge.publish.audit import MAX_FINDINGS, audit
from edge.publish.check import audit_folder
from edge.publish.cube import cube_named
from edge.publish.errors import SnapshotUnreadable, UnsupportedCube
from edge.publish.release import Release, current

CUBE = cube_named("kommunale-waerme")
COMMUNAL = {"halle": "Dorfgemeinschaftshaus"}
NOW = datetime(2026, 12, 1, tzinfo=UTC)
HOUR = "waerme_stunde[site=halle, beginn=2026-11-21T09:00:00Z]"
AT = "WHERE beginn = '2026-11-21T09:00:00Z'"


@pytest.fixture
def release(filled: Config) -> Release:
    build_current(filled, NOW)
    found = current(filled.hub.public, CUBE.name)
    assert found is not None
    assert audit(found.path, CUBE, COMMUNAL, found.certificate()).passed
    return found


def tamper(release: Release, *statements: str) -> None:
    with closing(sqlite3.connect(release.path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def findings(release: Release) -> list[str]:
    return [str(finding) for finding in audit(release.path, CUBE, COMMUNAL).findings]


HOUSEHOLD_HOUR = (
    "INSERT INTO waerme_stunde SELECT 'haus-7', 'Haus 7', beginn, ortszeit, tag, energie_kwh, "
    "mittlere_leistung_kw, vorlauf_degc, ruecklauf_degc, messungen, zeit_gesichert, vollstaendig "
    f"FROM waerme_stunde {AT}"
)
HOUSEHOLD_DAY = (
    "INSERT INTO waerme_tag SELECT 'haus-7', 'Haus 7', tag, energie_kwh, "
    "mittlere_leistung_kw, messungen, stunden, vollstaendig FROM waerme_tag"
)
LEAKS: dict[str, tuple[tuple[str, ...], str]] = {
    "a household's hour": (
        (HOUSEHOLD_HOUR,),
        "[site=haus-7, beginn=2026-11-21T09:00:00Z]: the site is not declared communal",
    ),
    "a household in the list of buildings": (
        ("INSERT INTO site VALUES ('haus-7', 'Haus 7')",),
        "site[site=haus-7]: the site is not declared communal",
    ),
    "a household's day": (
        (HOUSEHOLD_DAY,),
        "waerme_tag[site=haus-7, tag=2026-11-21]: the site is not declared communal",
    ),
    "a person's name where a building's should be": (
        (f"UPDATE waerme_stunde SET site_name = 'Erna Schmidt' {AT}",),
        f"{HOUR}.site_name: the name is not the one in hub.toml",
    ),
    "a device column": (
        ("ALTER TABLE waerme_stunde ADD COLUMN device TEXT",),
        "waerme_stunde.device: the cube declares no such column",
    ),
    "a generated column": (
        ("ALTER TABLE site ADD COLUMN twice TEXT AS (site || site)",),
        "site.twice: the cube declares no such column",
    ),
    "a table more": (
        ("CREATE TABLE roh (at INTEGER, device TEXT)",),
        "roh: the cube declares no such table",
    ),
    "a view": (("CREATE VIEW v AS SELECT 1",), "v: the cube declares no such view"),
    "an index on another column": (
        (
            "DROP INDEX waerme_stunde_beginn",
            "CREATE INDEX waerme_stunde_beginn ON waerme_stunde (energie_kwh)",
        ),
        "waerme_stunde_beginn: the index is missing, or not declared as the cube says",
    ),
    "no index": (
        ("DROP INDEX waerme_tag_tag",),
        "waerme_tag_tag: the index is missing, or not declared as the cube says",
    ),
    "an index": (
        ("CREATE INDEX i ON waerme_stunde (energie_kwh)",),
        "i: the cube declares no such index",
    ),
    "a trigger": (
        ("CREATE TRIGGER t AFTER INSERT ON site BEGIN SELECT 1; END",),
        "t: the cube declares no such trigger",
    ),
    "a comment in the schema": (
        (
            "PRAGMA writable_schema = ON",
            "UPDATE sqlite_master SET sql = sql || ' /* mbus:KAM-76348799 */' WHERE name = 'site'",
        ),
        "site: the table is not declared as the cube says",
    ),
    "a missing table": (("DROP TABLE waerme_tag",), "waerme_tag: the declared table is missing"),
    "an hour that the day does not have": (
        (f"UPDATE waerme_stunde SET energie_kwh = 11, mittlere_leistung_kw = 11 {AT}",),
        "[site=halle, tag=2026-11-21].energie_kwh: says 240.0, but the hours sum up to 241",
    ),
    "a day that the hours do not have": (
        ("DELETE FROM waerme_stunde WHERE tag = '2026-11-22'",),
        "waerme_tag[site=halle, tag=2026-11-22]: no hour belongs to this day",
    ),
    "hours without their day": (
        ("DELETE FROM waerme_tag WHERE tag = '2026-11-22'",),
        "waerme_tag[site=halle, tag=2026-11-22]: the day of published hours is missing",
    ),
    "an impossible energy": (
        (f"UPDATE waerme_stunde SET energie_kwh = 99999, mittlere_leistung_kw = 99999 {AT}",),
        f"{HOUR}.energie_kwh: 99999.0 kWh are not possible",
    ),
    "a negative energy": (
        (f"UPDATE waerme_stunde SET energie_kwh = -1, mittlere_leistung_kw = -1 {AT}",),
        f"{HOUR}.energie_kwh: -1.0 kWh are not possible",
    ),
    "digits nobody reads": (
        (f"UPDATE waerme_stunde SET energie_kwh = 10.000042 {AT}",),
        f"{HOUR}.energie_kwh: has more digits than are published",
    ),
    "an impossible temperature": (
        (f"UPDATE waerme_stunde SET vorlauf_degc = 3276.7 {AT}",),
        f"{HOUR}.vorlauf_degc: 3276.7 °C are not possible",
    ),
    "digits in a temperature": (
        (f"UPDATE waerme_stunde SET ruecklauf_degc = 44.0000001 {AT}",),
        f"{HOUR}.ruecklauf_degc: has more digits than are published",
    ),
    "a text in a number's place": (
        (f"UPDATE waerme_stunde SET messungen = 'Erna' {AT}",),
        ".messungen: holds a value of type text",
    ),
    "bytes in a number's place": (
        (f"UPDATE waerme_stunde SET energie_kwh = x'45726e61' {AT}",),
        ".energie_kwh: holds a value of type blob",
    ),
    "a flag that is none": (
        (f"UPDATE waerme_stunde SET zeit_gesichert = 42 {AT}",),
        f"{HOUR}.zeit_gesichert: 42 is neither 0 nor 1",
    ),
    "an hour called complete without its energy": (
        (f"UPDATE waerme_stunde SET energie_kwh = NULL, mittlere_leistung_kw = NULL {AT}",),
        f"{HOUR}.energie_kwh: a complete hour must have its energy",
    ),
    "a power that does not follow": (
        (f"UPDATE waerme_stunde SET mittlere_leistung_kw = 7.5 {AT}",),
        f"{HOUR}.mittlere_leistung_kw: does not follow from the energy",
    ),
    "an exact moment instead of an hour": (
        (f"UPDATE waerme_stunde SET beginn = '2026-11-21T09:14:07Z' {AT}",),
        "beginn=2026-11-21T09:14:07Z].beginn: is not the start of an hour in UTC",
    ),
    "a text instead of an hour": (
        (f"UPDATE waerme_stunde SET beginn = 'mbus:KAM-76348799' {AT}",),
        "beginn=mbus:KAM-76348799].beginn: is not the start of an hour in UTC",
    ),
    "a wrong local time": (
        (f"UPDATE waerme_stunde SET ortszeit = '2026-11-21T11:00+02:00' {AT}",),
        f"{HOUR}.ortszeit: is not the same moment in local time",
    ),
    "an hour of another day": (
        (f"UPDATE waerme_stunde SET tag = '2026-11-20' {AT}",),
        f"{HOUR}.tag: is not the local day of the hour",
    ),
    "a day called complete": (
        ("UPDATE waerme_tag SET vollstaendig = 1 WHERE tag = '2026-11-23'",),
        "waerme_tag[site=halle, tag=2026-11-23].vollstaendig: 12 of 24 hours are complete",
    ),
    "counts that do not add up": (
        ("UPDATE waerme_tag SET messungen = 1, stunden = 23 WHERE tag = '2026-11-21'",),
        "waerme_tag[site=halle, tag=2026-11-21].messungen: says 1, but the hours have 96",
    ),
    "another licence": (
        ("UPDATE _about SET value = 'alle Rechte vorbehalten' WHERE name = 'lizenz'",),
        "_about[name=lizenz].value: is not what the cube declares",
    ),
    "a note about somebody": (
        ("INSERT INTO _about VALUES ('hinweis', 'Erna heizt viel')",),
        "_about[name=hinweis]: the cube declares no such statement",
    ),
    "a building left out": (
        ("DELETE FROM site",),
        "site[site=halle]: a communal building is missing",
    ),
    "a deleted row's remains": (
        (
            "PRAGMA secure_delete = OFF",
            HOUSEHOLD_HOUR,
            "DELETE FROM waerme_stunde WHERE site = 'haus-7'",
        ),
        "holds bytes of no row",
    ),
    "free pages": (
        (
            "PRAGMA secure_delete = OFF",
            "CREATE TABLE roh (x TEXT)",
            "INSERT INTO roh VALUES (printf('%9000s', 'mbus:KAM-76348799'))",
            "DROP TABLE roh",
        ),
        "belongs to no table",
    ),
    "a number in the header": (("PRAGMA user_version = 76348799",), "a header field that must be"),
    "another number in the header": (
        ("PRAGMA application_id = 76348799",),
        "a header field that must be empty is not",
    ),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_leak_is_found_and_named(release: Release, leak: str) -> None:
    statements, expected = LEAKS[leak]
    tamper(release, *statements)
    assert any(expected in finding for finding in findings(release)), findings(release)


def test_a_changed_file_does_not_match_its_certificate(release: Release) -> None:
    paper = release.certificate()
    tamper(release, f"UPDATE waerme_stunde SET zeit_gesichert = 0 {AT}")
    verdict = audit(release.path, CUBE, COMMUNAL, paper)
    assert [finding.where for finding in verdict.findings] == ["certificate.sha256"]


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "0" * 64},
        {"size": 1},
        {"k": 5},
        {"p_percent": 15},
        {"version": 2},
        {"cube": "haushalte"},
        {"auditor": "somebody"},
    ],
)
def test_a_certificate_that_says_something_else_is_refused(
    release: Release, change: dict[str, object]
) -> None:
    paper = replace(release.certificate(), **change)  # type: ignore[arg-type]
    (finding,) = audit(release.path, CUBE, COMMUNAL, paper).findings
    assert finding.where == f"certificate.{next(iter(change))}"


def test_bytes_behind_the_end_are_found(release: Release) -> None:
    with release.path.open("ab") as file:
        file.write(b"mbus:KAM-76348799")
    assert any("the file's length is not" in finding for finding in findings(release))


@pytest.mark.parametrize("offset", [72, 80, 91])
def test_bytes_in_the_reserved_header_are_found(release: Release, offset: int) -> None:
    content = bytearray(release.path.read_bytes())
    content[offset] = 1
    release.path.write_bytes(content)
    assert any(finding.startswith(f"byte {72}:") for finding in findings(release))


def test_every_unused_byte_is_looked_at(release: Release) -> None:
    content = release.path.read_bytes()
    empty = [n for n in range(4096, len(content)) if content[n - 40 : n + 41] == bytes(81)]
    assert len(empty) > 1000
    for offset in empty[:: len(empty) // 50]:
        release.path.write_bytes(content[:offset] + b"E" + content[offset + 1 :])
        assert findings(release), f"byte {offset}"


def test_a_file_beside_it_is_found(release: Release) -> None:
    release.path.with_name(release.path.name + "-wal").write_bytes(b"")
    assert findings(release) == ["file: there is a -wal beside it: the file is being written"]


def test_the_number_of_findings_is_bounded(release: Release) -> None:
    tamper(release, "UPDATE waerme_stunde SET vorlauf_degc = 999, ruecklauf_degc = 999")
    assert len(findings(release)) == MAX_FINDINGS


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\x00" + bytes(100)])
def test_what_is_no_database_cannot_be_judged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(content)
    try:
        verdict = audit(path, CUBE, COMMUNAL)
    except SnapshotUnreadable:
        return
    assert not verdict.passed


def test_a_kind_without_rules_is_not_passed(release: Release) -> None:
    with pytest.raises(UnsupportedCube, match="household_heat"):
        audit(release.path, replace(CUBE, kind="household_heat"), COMMUNAL)


def test_every_cut_of_the_file_is_refused(release: Release) -> None:
    content = release.path.read_bytes()
    for length in range(0, len(content), 997):
        release.path.write_bytes(content[:length])
        try:
            assert not audit(release.path, CUBE, COMMUNAL).passed, length
        except SnapshotUnreadable:
            continue


class TestFolder:
    def test_every_release_is_judged(
        self, filled: Config, release: Release, add_readings: Callable[..., int]
    ) -> None:
        add_readings([(datetime(2026, 11, 23, 12, tzinfo=UTC) + timedelta(minutes=5), 1601.0)])
        build_current(filled, NOW)
        verdicts, errors = audit_folder(release.folder, COMMUNAL)
        assert [verdict.passed for verdict in verdicts] == [True, True]
        assert errors == ()

    def test_a_snapshot_without_a_certificate_does_not_pass(self, release: Release) -> None:
        release.certificate_path.unlink()
        ((verdict,), _) = audit_folder(release.folder, COMMUNAL)
        assert [finding.where for finding in verdict.findings] == ["certificate"]

    def test_a_certificate_of_another_kind_is_not_supported(self, release: Release) -> None:
        text = release.certificate_path.read_text("utf-8")
        release.certificate_path.write_text(text.replace("communal_heat", "household_heat"))
        verdicts, (error,) = audit_folder(release.folder, COMMUNAL)
        assert verdicts == ()
        assert isinstance(error, UnsupportedCube)

    @pytest.mark.parametrize("name", ["village.db", "haushalte-v000001.db", "a-v1.db"])
    def test_a_file_that_is_no_known_release_is_not_passed(
        self, release: Release, name: str
    ) -> None:
        release.path.rename(release.folder / name)
        verdicts, (error,) = audit_folder(release.folder, COMMUNAL)
        assert verdicts == ()
        assert isinstance(error, UnsupportedCube)

    def test_a_folder_that_is_not_there_cannot_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(SnapshotUnreadable):
            audit_folder(tmp_path / "nowhere", COMMUNAL)

"""The schema is what was agreed, and databases of every released version become it.

`golden/NAME.sql` is the schema as text: a change shows in review. `releases/` holds the
databases that hubs in the field have. Editing a migration that was applied there changes the
fresh schema but not theirs, which the last comparison notices.
"""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from edge.store import journal as journal_module
from edge.store import personal_schema, village_schema
from edge.store.connection import Connection
from edge.store.journal import Journal
from edge.store.personal import PersonalStore
from edge.store.village import VillageStore

HERE = Path(__file__).parent
RELEASES = sorted(path.name for path in (HERE / "releases").iterdir() if path.name[:1] == "v")
STORES = ("journal", "village", "personal")
KEY = "5a" * 32
MIGRATIONS: dict[str, Mapping[str, Sequence[str]]] = {
    "journal": journal_module.MIGRATIONS,
    "village": village_schema.MIGRATIONS,
    "personal": personal_schema.MIGRATIONS,
}


def open_store(name: str, folder: Path) -> Connection:
    if name == "journal":
        return Journal(folder / "journal.db")._connection
    if name == "village":
        return VillageStore(folder / "village.db").connection
    key_file = folder / "personal.key"
    key_file.write_text(KEY)
    return PersonalStore.open(folder / "personal.db", key_file).connection


def open_release(name: str, version: str, folder: Path) -> Connection:
    """Build the file as that version left it, then open it with this one."""
    text = (HERE / "releases" / version / f"{name}.sql").read_text()
    path = str(folder / f"{name}.db")
    if name == "personal":
        with closing(dbapi2.connect(path)) as encrypted:
            encrypted.execute(f"PRAGMA key = \"x'{KEY}'\"")
            encrypted.executescript(text)
    else:
        with closing(sqlite3.connect(path)) as plain:
            plain.executescript(text)
    return open_store(name, folder)


def schema(connection: Connection) -> str:
    rows = connection.rows(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
        " AND tbl_name <> '_sqlite_migrations' ORDER BY tbl_name, type DESC, name"
    )
    return "".join(re.sub(r"\s+", " ", str(row[0])).strip() + ";\n" for row in rows)


@pytest.mark.parametrize("name", STORES)
def test_a_new_file_has_the_agreed_schema(name: str, tmp_path: Path) -> None:
    with open_store(name, tmp_path) as connection:
        found = schema(connection)
    golden = HERE / "golden" / f"{name}.sql"
    assert found == golden.read_text(), f"if this change is wanted, write it to {golden}"


@pytest.mark.parametrize("version", RELEASES)
@pytest.mark.parametrize("name", STORES)
def test_a_released_file_becomes_the_same_and_keeps_its_rows(
    name: str, version: str, tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    with open_release(name, version, tmp_path) as old, open_store(name, tmp_path / "new") as new:
        assert schema(old) == schema(new)
        assert old.rows("PRAGMA integrity_check") == [("ok",)]
        assert old.rows("PRAGMA foreign_key_check") == []
    text = (HERE / "releases" / version / f"{name}.sql").read_text()
    tables = set(re.findall(r"INSERT INTO (\w+)", text)) - {"_sqlite_migrations"}
    assert tables
    with open_store(name, tmp_path) as again:
        for table in tables:
            count = again.row(f"SELECT count(*) FROM {table}")  # noqa: S608  # own tables
            assert count == (text.count(f"INSERT INTO {table} "),)


def test_a_released_file_still_says_what_it_said(tmp_path: Path) -> None:
    with open_release("village", "v0_1", tmp_path):
        pass
    with VillageStore(tmp_path / "village.db") as village:
        (reading,) = village.latest()
        assert reading.energy_kwh == 5249.17
        assert village.open_requests()[0].arguments == {"profile": "1810"}
        assert village.add_round([reading]) == 0
    with open_release("personal", "v0_1", tmp_path):
        pass
    with PersonalStore.open(tmp_path / "personal.db", tmp_path / "personal.key") as personal:
        (erna,) = personal.persons()
        assert personal.care_rows(erna.person, 0)[0].systolic_mmhg == 121.0
        # a button that was assigned before it had to be confirmed is its person's still
        (button,) = personal.assignments()
        assert (button.user_index, button.confirmed_at) == (1, button.valid_from)
        assert personal.sensor_users() == {button.device_id: {1}}


@pytest.mark.parametrize("version", RELEASES)
@pytest.mark.parametrize("name", STORES)
def test_an_edited_migration_is_noticed(
    name: str, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison above fails if somebody adds a column to a migration that is out."""
    migrations = MIGRATIONS[name]
    first, statements = next(iter(migrations.items()))
    edited = [re.sub(r"^(\s*CREATE TABLE \w+ \()", r"\1sneaked_in TEXT, ", statements[0])]
    edited += statements[1:]
    assert edited != list(statements)
    monkeypatch.setitem(migrations, first, tuple(edited))  # type: ignore[arg-type]
    (tmp_path / "new").mkdir()
    with open_release(name, version, tmp_path) as old, open_store(name, tmp_path / "new") as new:
        assert schema(old) != schema(new)


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with VillageStore(tmp_path / "village.db") as village:
        before = schema(village.connection)
    broken = ("ALTER TABLE notice ADD COLUMN colour TEXT", "ALTER TABLE no_such ADD COLUMN x TEXT")
    monkeypatch.setitem(village_schema.MIGRATIONS, "village_0002_broken", broken)
    with pytest.raises(Exception, match="no_such"):
        VillageStore(tmp_path / "village.db")
    monkeypatch.delitem(village_schema.MIGRATIONS, "village_0002_broken")
    with VillageStore(tmp_path / "village.db") as village:
        assert schema(village.connection) == before


def test_a_later_migration_is_applied_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_release("village", "v0_1", tmp_path):
        pass
    later = ("ALTER TABLE notice ADD COLUMN colour TEXT",)
    monkeypatch.setitem(village_schema.MIGRATIONS, "village_0002_colour", later)
    for _ in range(2):
        with VillageStore(tmp_path / "village.db") as village:
            assert village.connection.rows("SELECT title, colour FROM notice") == [
                ("Backhaus", None)
            ]


@pytest.mark.parametrize("opener", [Journal, VillageStore])
def test_processes_that_open_a_new_file_at_once_agree(
    tmp_path: Path, opener: type[Journal | VillageStore]
) -> None:
    script = (
        "import sys; from pathlib import Path;"
        f"from {opener.__module__} import {opener.__name__} as Store; sys.stdin.readline();"
        "Store(Path(sys.argv[1])).close()"
    )
    path = tmp_path / "new.db"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(path)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    for process in started:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said.decode()
    opener(path).close()

"""Attack 1: reading the file's bytes, page by page, for what no table shows."""

from __future__ import annotations

import random
import re
import sqlite3
from contextlib import closing
from pathlib import Path

from edge.config import Config
from edge.publish.slack import find_slack
from tests.attacks.published import Seen, address, publish, rows_of


def microdata(path: Path) -> list[str]:
    """Return addresses, columns and spare bytes by which a building could be read."""
    content = path.read_bytes()
    found = [one.decode() for one in re.findall(rb"Kanarienweg \d+x", content)]
    found += [
        f"{table}.{column[1]}"
        for (table,) in rows_of(path, "SELECT name FROM sqlite_master WHERE type = 'table'")
        for column in rows_of(path, f"PRAGMA table_info({table})")
        if re.search("building|address|kwh$|ref$|device|meter", str(column[1]))
    ]
    free = int.from_bytes(content[36:40], "big")
    roots = tuple(int(str(root)) for (root,) in rows_of(path, "SELECT rootpage FROM sqlite_master"))
    spare = [one.what for one in find_slack(content, roots)]
    return [*found, *[f"{free} free pages"][: bool(free)], *spare]


def attacked(config: Config, seed: int) -> list[Seen]:
    return publish(config, random.Random(seed), 70, 3)


def test_no_byte_of_a_file_is_of_a_building(config: Config) -> None:
    seen = attacked(config, 1)
    assert seen
    for one in seen:
        assert microdata(one.path) == []


def test_the_attack_reads_deleted_rows(config: Config) -> None:
    one = attacked(config, 2)[0]
    with closing(sqlite3.connect(one.path, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE TABLE roh (building INTEGER, address TEXT)")
        rows = [(number, address(number) + " " * 200) for number in one.shown]
        connection.executemany("INSERT INTO roh VALUES (?, ?)", rows)
        connection.execute("DROP TABLE roh")
    found = microdata(one.path)
    assert len([each for each in found if each.startswith("Kanarienweg")]) > 50
    assert any("free pages" in each for each in found)

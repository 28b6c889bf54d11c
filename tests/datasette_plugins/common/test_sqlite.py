from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from datasette.utils import sqlite_timelimit
from datasette_common.sqlite import SQLITE_ERRORS, meaning

ENDLESS = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (ENDLESS, "slow"),
        ("SELECT * FROM gone", "missing"),
        ("SELECT t.gone FROM (SELECT 1 AS n) AS t", "missing"),
        (f"SELECT {'+'.join(['1'] * 3000)}", "much"),
        ("SELECT abs(-9223372036854775807 - 1)", "much"),
        ("SELECT", "fault"),
    ],
)
def test_what_sqlite_says_has_a_meaning(sql: str, expected: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection, sqlite_timelimit(connection, 20):
        with pytest.raises(SQLITE_ERRORS) as caught:
            connection.execute(sql).fetchall()
        assert meaning(caught.value) == expected

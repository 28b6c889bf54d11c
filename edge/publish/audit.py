"""The auditor: what must hold of a snapshot before anybody may see it.

It shares the cube's declaration with the builder and nothing else: it imports none of the
builder's modules, recomputes what it checks, and reads the file as a stranger would who got it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from edge.publish.audit_air import audit_air
from edge.publish.audit_board import audit_board
from edge.publish.audit_calendar import audit_calendar
from edge.publish.audit_health import audit_health
from edge.publish.audit_heat import audit_heat
from edge.publish.audit_learning import audit_learning
from edge.publish.audit_plan import audit_plan
from edge.publish.certificate import Certificate, digest
from edge.publish.cube import Cube, Table
from edge.publish.errors import SnapshotUnreadable, UnsupportedCube
from edge.publish.finding import Finding
from edge.publish.slack import find_slack

AUDITOR = "dorfhub-auditor/1"
# A person reads the first few; a file that is wrong everywhere needs no longer list.
MAX_FINDINGS = 100
# 400 days of 30 buildings are 60 MB; more is no village's, and all of it is read into memory.
MAX_FILE = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the auditor says of one snapshot."""

    snapshot: str
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Nothing was found."""
        return not self.findings


def audit(
    path: Path,
    cube: Cube,
    communal: Mapping[str, str],
    certificate: Certificate | None = None,
    ledger: Path | None = None,
    *,
    sensors: Mapping[str, tuple[str, str]] | None = None,
) -> Verdict:
    """Check the snapshot at ``path`` against its cube and, if given, its certificate.

    ``communal`` maps the communal sites of hub.toml to their names. ``ledger`` is village.db, which
    knows what earlier releases of the cadastre showed, what was counted of seasons and of the hub
    itself, and what hangs; without it nothing of these is passed. ``sensors`` are those that
    hub.toml makes public, with their site and `air`; none is passed that is not among them.

    :raises UnsupportedCube: if the cube is of a kind that this auditor has no rules for, or needs a
        ledger that is not given.
    :raises SnapshotUnreadable: if the file cannot be read, or is no SQLite database at all.
    """
    if cube.kind in _WITH_LEDGER and ledger is None:
        raise UnsupportedCube(
            f"{path.name}: earlier releases are not known",
            hint="Nur auf dem Hub zu prüfen, bei seiner village.db.",
        )
    if cube.kind not in {*_RULES, *_WITH_LEDGER}:
        raise UnsupportedCube(
            f"{path.name}: no rules are known for a cube of kind {cube.kind!r}",
            hint="Nothing of it may be published with this version.",
        )
    content = _read(path)
    findings: list[Finding] = []
    for finding in _all(_Case(path, content, cube, communal, certificate, ledger, sensors or {})):
        findings.append(finding)
        if len(findings) >= MAX_FINDINGS:
            break
    return Verdict(path.name, tuple(findings))


def audit_as_stranger(path: Path, cube: Cube, certificate: Certificate) -> Verdict:
    """Check what anybody can who got the snapshot and does not know the village.

    That it is what the auditor passed there, that nothing is in it but what the cube declares, and
    each cell of its type, a text in UTF-8; what the cube's rules say of the cells, only the village
    can check.

    :raises SnapshotUnreadable: if the file cannot be read, or is no SQLite database at all.
    """
    content = _read(path)
    findings = list(_certificate(certificate, content, cube))
    if not findings:  # of any other file no more is read
        try:
            with _opened(path) as connection:
                schema = _shape(connection, content, cube)
                findings += schema or _cells(connection, cube)
                if not findings:
                    findings += _texts(connection, cube)
        except sqlite3.DatabaseError as error:
            raise SnapshotUnreadable(f"{path.name} is no readable database: {error}") from error
    return Verdict(path.name, tuple(findings[:MAX_FINDINGS]))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE + 1)
    except OSError as error:
        raise SnapshotUnreadable(f"{path} cannot be read: {error.strerror or error}") from error
    if len(content) > MAX_FILE:
        raise SnapshotUnreadable(f"{path} is larger than {MAX_FILE} bytes")
    return content


@dataclass(frozen=True, slots=True)
class _Case:
    path: Path
    content: bytes
    cube: Cube
    communal: Mapping[str, str]
    certificate: Certificate | None
    ledger: Path | None
    sensors: Mapping[str, tuple[str, str]]


_RULES: Mapping[str, Callable[[sqlite3.Connection, _Case], Iterator[Finding]]] = {
    "communal_heat": lambda opened, case: audit_heat(opened, case.cube, case.communal),
    "course_calendar": lambda opened, case: audit_calendar(opened, case.cube),
    "public_air": lambda opened, case: audit_air(opened, case.cube, case.communal, case.sensors),
}
_WITH_LEDGER = {
    "heat_plan": audit_plan,
    "learning_statistics": audit_learning,
    "board_calendar": audit_board,
    "hub_health": audit_health,
}


def _all(case: _Case) -> Iterator[Finding]:
    path = case.path
    for beside in ("-wal", "-journal", "-shm"):
        if path.with_name(path.name + beside).exists():
            yield Finding("file", f"there is a {beside} beside it: the file is being written")
    try:
        with _opened(path) as opened:
            yield from _content(opened, case)
    except sqlite3.DatabaseError as error:
        raise SnapshotUnreadable(f"{path.name} is no readable SQLite database: {error}") from error
    if case.certificate is not None:
        yield from _certificate(case.certificate, case.content, case.cube)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    uri = f"file:{quote(str(path))}?immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as opened:
        opened.execute("PRAGMA query_only = 1")
        opened.execute("PRAGMA cell_size_check = 1")
        opened.execute("PRAGMA trusted_schema = 0")
        yield opened


def _shape(connection: sqlite3.Connection, content: bytes, cube: Cube) -> list[Finding]:
    """Return what is wrong with the file and its tables, whatever is in their cells."""
    connection.text_factory = bytes  # a text may be no UTF-8: that is a finding, no error
    found = [replace(one, stops=True) for one in _schema(connection, cube)]
    connection.text_factory = str
    roots = connection.execute("SELECT rootpage FROM sqlite_master WHERE rootpage > 0").fetchall()
    found += [
        Finding(f"byte {slack.offset}", slack.what)
        for slack in find_slack(content, tuple(root for (root,) in roots))
    ]
    for (answer,) in connection.execute("PRAGMA integrity_check(10)").fetchall():
        if answer != "ok":
            found.append(Finding("file", f"SQLite's own check says: {answer}"))
    return found


def _content(connection: sqlite3.Connection, case: _Case) -> Iterator[Finding]:
    shape = _shape(connection, case.content, case.cube)
    yield from shape
    if any(finding.stops for finding in shape):
        return  # the tables are not what the rules speak of
    cells = list(_cells(connection, case.cube))
    yield from cells
    if any(finding.stops for finding in cells):
        return
    if case.ledger is not None and case.cube.kind in _WITH_LEDGER:
        yield from _WITH_LEDGER[case.cube.kind](connection, case.cube, case.ledger)
    else:
        yield from _RULES[case.cube.kind](connection, case)


def _schema(connection: sqlite3.Connection, cube: Cube) -> Iterator[Finding]:
    """Yield every table, column or other object that the cube does not declare, or lacks."""
    declared = {table.name: table for table in cube.tables}
    indexes = dict(_indexes(cube))
    present: dict[str, str] = {}
    for kind, name, sql in connection.execute("SELECT type, name, sql FROM sqlite_master"):
        word, label = _text(kind), _text(name)
        if word == "table" and label in declared:
            present[label] = _text(sql)
        elif word != "index" or label not in indexes:
            yield Finding(label, f"the cube declares no such {word}")
    yield from _wrong_indexes(connection, indexes)
    for name_, table in declared.items():
        if name_ not in present:
            yield Finding(name_, "the declared table is missing")
            continue
        columns = [
            _text(row[1]) for row in connection.execute(f'PRAGMA table_xinfo("{name_}")').fetchall()
        ]
        for column in columns:
            if column not in {c.name for c in table.columns}:
                yield Finding(f"{name_}.{column}", "the cube declares no such column")
        if present[name_] != _declaration(table):
            yield Finding(name_, "the table is not declared as the cube says")


def _wrong_indexes(
    connection: sqlite3.Connection, declared: Mapping[str, str]
) -> Iterator[Finding]:
    made = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    present = {_text(name): _text(sql) for name, sql in connection.execute(made)}
    for name, sql in declared.items():
        if present.get(name) != sql:
            yield Finding(name, "the index is missing, or not declared as the cube says")


def _indexes(cube: Cube) -> Iterator[tuple[str, str]]:
    """Yield name and declaration of each index; that it holds its rows is SQLite's own check."""
    for table in cube.tables:
        for column in table.columns:
            if column.index:
                name = f"{table.name}_{column.name}"
                yield name, f'CREATE INDEX "{name}" ON "{table.name}" ("{column.name}")'


def _declaration(table: Table) -> str:
    """Return the one way in which a table of a snapshot may be declared."""
    parts = [
        f'"{column.name}" {column.type}' + (" NOT NULL" if column.required else "")
        for column in table.columns
    ]
    parts.append("PRIMARY KEY (" + ", ".join(f'"{name}"' for name in table.key) + ")")
    return f'CREATE TABLE "{table.name}" (' + ", ".join(parts) + ") WITHOUT ROWID"


def _cells(connection: sqlite3.Connection, cube: Cube) -> Iterator[Finding]:
    """Yield every cell whose value is not of its column's type: SQLite itself would take any."""
    for table in cube.tables:
        for column in table.columns:
            allowed = {column.type.lower()} | (set() if column.required else {"null"})
            marks = ", ".join(f"'{kind}'" for kind in sorted(allowed))
            keys = ", ".join(f'quote("{name}")' for name in table.key)
            wrong = connection.execute(
                f'SELECT typeof("{column.name}"), {keys} FROM "{table.name}" '  # noqa: S608 - declared names
                f'WHERE typeof("{column.name}") NOT IN ({marks})'
            )
            for kind, *key in wrong:
                cell = ", ".join(f"{n}={v}" for n, v in zip(table.key, key, strict=True))
                where = f"{table.name}[{cell}].{column.name}"
                yield Finding(where, f"holds a value of type {kind}", stops=True)


def _texts(connection: sqlite3.Connection, cube: Cube) -> Iterator[Finding]:
    """Yield what no reader could decode: SQLite itself takes any bytes for a text."""
    (encoding,) = connection.execute("PRAGMA encoding").fetchone()
    if encoding != "UTF-8":
        yield Finding("file", f"its texts are in {encoding}")
        return
    connection.text_factory = bytes
    for table in cube.tables:
        for column in table.columns:
            if column.type != "TEXT":
                continue
            cells = connection.execute(f'SELECT "{column.name}" FROM "{table.name}"')  # noqa: S608 - declared names
            if any(cell is not None and not _is_text(cell) for (cell,) in cells):
                yield Finding(f"{table.name}.{column.name}", "holds a text that is no UTF-8")


def _is_text(cell: bytes) -> bool:
    try:
        cell.decode()
    except UnicodeDecodeError:
        return False
    return True


def _certificate(certificate: Certificate, content: bytes, cube: Cube) -> Iterator[Finding]:
    expected: tuple[tuple[str, object, object], ...] = (
        ("sha256", certificate.sha256, digest(content)),
        ("size", certificate.size, len(content)),
        ("cube", certificate.cube, cube.name),
        ("kind", certificate.kind, cube.kind),
        ("version", certificate.version, cube.version),
        ("k", certificate.k, cube.disclosure.k),
        ("p_percent", certificate.p_percent, cube.disclosure.p_percent),
        ("auditor", certificate.auditor, AUDITOR),
    )
    for name, said, found in expected:
        if said != found:
            yield Finding(f"certificate.{name}", f"says {said!r}, but it is {found!r}")


def _text(value: object) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)

"""A hub's own open-data and web processes for measurements, and snapshots to put before them."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

from edge.config import Config, load
from edge.publish import snapshot
from edge.publish.audit import AUDITOR
from edge.publish.certificate import Certificate
from edge.publish.cube import Cube, cube_named
from edge.publish.release import publish
from edge.store.setup import create
from tests.ports import free_port

CUBE = "kommunale-waerme"
ARENAS = {"MALLOC_ARENA_MAX": "2"}  # as the supervisor does
PATIENCE_S = 300.0  # a crowded machine takes minutes for what is done in two seconds
_CHUNK = 1 << 20
# The hours of a building one after the other: the order of the key, so that nothing is sorted.
_HOURS = """
WITH RECURSIVE
  h(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM h WHERE n + 1 < :hours),
  b(m) AS (SELECT 0 UNION ALL SELECT m + 1 FROM b WHERE m + 1 < :buildings)
INSERT INTO waerme_stunde
SELECT printf('haus-%05d', m), printf('Haus %d', m),
  strftime('%Y-%m-%dT%H:00:00Z', 1760000400 + n * 3600, 'unixepoch'),
  strftime('%Y-%m-%dT%H:00:00+01:00', 1760000400 + (n + 1) * 3600, 'unixepoch'),
  strftime('%Y-%m-%d', 1760000400 + (n + 1) * 3600, 'unixepoch'),
  (n * 7 + m) % 97 / 2.0, (n * 7 + m) % 97 / 2.0, 60 + n % 20, 40 + n % 9, 4, 1, n % 50 > 0
FROM b CROSS JOIN h
"""
_BUILDINGS = "SELECT DISTINCT site, site_name FROM waerme_stunde"


def made(folder: Path) -> Config:
    """Return a hub with free ports for its pages and its open data."""
    file = folder / "hub.toml"
    file.write_text(
        f'[hub]\nname = "Haus"\nvillage = "Dorf"\n[web]\nport = {free_port()}\n'
        f"[datasette]\nport = {free_port()}\n",
        "utf-8",
    )
    config = load(file)
    config.hub.run.mkdir(parents=True)
    create(config)
    config.hub.public.mkdir(exist_ok=True)
    return config


def put_hours(config: Config, buildings: int, hours: int) -> Path:
    """Publish the heat of this many buildings.

    The tables are the builder's, the rows made by SQL, which takes no memory for millions of them.
    """
    cube = cube_named(CUBE)
    built = config.hub.public / ".new.db"
    with closing(sqlite3.connect(built, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {snapshot.PAGE_SIZE:d}")
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("BEGIN")
        for table in cube.tables:
            snapshot.create_table(connection, table)
        connection.execute(_HOURS, {"buildings": buildings, "hours": hours})
        connection.execute(f"INSERT INTO site {_BUILDINGS} ORDER BY site")
        connection.execute("COMMIT")
    return publish(config.hub.public, CUBE, built, certificate(cube, built)).path


def certificate(cube: Cube, built: Path) -> Certificate:
    """Return what the guard asks for. No auditor saw the file: it is a measurement's."""
    made = hashlib.sha256()
    with built.open("rb") as file:
        while chunk := file.read(_CHUNK):
            made.update(chunk)
    rules = cube.disclosure
    return Certificate(
        cube.name, cube.kind, cube.version, made.hexdigest(), built.stat().st_size,
        rules.k, rules.p_percent, AUDITOR, "", "",
    )  # fmt: skip


@contextmanager
def running(config: Config, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `dorfhub run NAME` (web or datasette) until the block ends; it answers from the start.

    :raises RuntimeError: if it does not come up, with what it said.
    """
    port = {"web": config.web.port, "datasette": config.datasette.port}[name]
    command = [sys.executable, "-P", "-m", "sync", "--config", str(config.source), "run", name]
    log = config.source.with_name(f"{name}.log")
    with (
        log.open("wb") as file,
        subprocess.Popen(command, env={**os.environ, **ARENAS}, stderr=file) as process,
    ):
        try:
            until = time.monotonic() + PATIENCE_S
            while True:
                with suppress(OSError):
                    if ask(port, "/")[0] == 200:
                        break
                if time.monotonic() > until or process.poll() is not None:
                    raise RuntimeError(log.read_text())
                time.sleep(0.1)
            yield process
        finally:
            process.terminate()
            process.wait(30)


def ask(port: int, path: str, line: HTTPConnection | None = None) -> tuple[int, bytes]:
    """Ask once, on a line that is kept or on one of its own."""
    own = line or HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        own.request("GET", path)
        answer = own.getresponse()
        return answer.status, answer.read()
    finally:
        if line is None:
            own.close()

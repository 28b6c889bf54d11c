"""Two databases: one as a village publishes it (wide, texts as keys), one of integers (long)."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from datasette.app import Datasette

ROOT = "/-/sta/v1.1"
HOURS = 60

WIDE = {
    "database": "heat",
    "page_size": 25,
    "max_page_size": 200,
    "things": {
        "table": "site",
        "id": "site",
        "name": "{site_name}",
        "description": "Gebäude {site_name}",
        "properties": {"quelle": "Gemeinde", "name": "{site_name}", "stockwerke": 2},
    },
    "sensors": {
        "zaehler": {"name": "Wärmezähler", "metadata": "EN 1434", "properties": {"klasse": 2}},
        "uhr": {"name": "Uhr", "metadata": "none"},
    },
    "observed_properties": {
        "energie": {"name": "Wärmemenge", "definition": "http://qudt.org/vocab/quantitykind/Heat"},
        "vorlauf": {"name": "Vorlauf", "definition": "http://qudt.org/vocab/quantitykind/Temp"},
        "ganz": {"name": "Vollständig", "definition": "https://example.org/complete"},
    },
    "datastreams": {
        "energie-stunde": {
            "table": "stunde",
            "thing": "site",
            "time": "beginn",
            "period": "PT1H",
            "result": "energie_kwh",
            "name": "Wärme je Stunde: {site_name}",
            "sensor": "zaehler",
            "property": "energie",
            "unit": {"name": "Kilowattstunde", "symbol": "kWh", "definition": "ucum:kW.h"},
            "parameters": {"messungen": "{messungen}"},
            "quality": "{ganz}",
        },
        "vorlauf-stunde": {
            "table": "stunde",
            "thing": "site",
            "time": "beginn",
            "result": "vorlauf_degc",
            "name": "Vorlauf: {site_name}",
            "sensor": "zaehler",
            "property": "vorlauf",
            "unit": {"name": "Grad Celsius", "symbol": "°C", "definition": "ucum:Cel"},
        },
        "ganz-stunde": {
            "table": "stunde",
            "thing": "site",
            "time": "beginn",
            "result": "ganz",
            "observation_type": "http://www.opengis.net/def/observationType/OGC-OM/2.0/"
            "OM_TruthObservation",
            "name": "Vollständig: {site_name}",
            "sensor": "uhr",
            "property": "ganz",
        },
        "energie-tag": {
            "table": "tag",
            "thing": "site",
            "time": "tag",
            "format": "%Y-%m-%d",
            "timezone": "Europe/Berlin",
            "period": "P1D",
            "result": "energie_kwh",
            "name": "Wärme je Tag: {site_name}",
            "sensor": "zaehler",
            "property": "energie",
            "unit": {"name": "Kilowattstunde", "symbol": "kWh", "definition": "ucum:kW.h"},
        },
    },
}

LONG = {
    "database": "air",
    "things": {
        "table": "thing",
        "id": "id",
        "name": "{name}",
        "description": "{about}",
        "properties": "{extra}",
        "location": {
            "longitude": "lon",
            "latitude": "lat",
            "since": "{since}",
            "format": "unix",
        },
    },
    "sensors": {"table": "sensor", "id": "id", "name": "{name}", "metadata": "{sheet}"},
    "observed_properties": {"table": "prop", "id": "id", "name": "{name}", "definition": "{uri}"},
    "datastream_table": {
        "table": "stream",
        "id": "id",
        "thing": "thing",
        "name": "{name}",
        "sensor": "{sensor}",
        "property": "{prop}",
        "unit": {"name": "{unit}", "symbol": "{unit}", "definition": "{unit}"},
    },
    "observation_table": {
        "table": "obs",
        "id": "id",
        "datastream": "stream",
        "time": "t",
        "format": "unix",
        "result": "value",
    },
}


def make_wide(
    path: Path, hours: int = HOURS, offset: float = 0.0, first: str = "kita/'eins'"
) -> Path:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE site (site TEXT PRIMARY KEY, site_name TEXT) WITHOUT ROWID")
        db.execute(
            "CREATE TABLE stunde (site TEXT, beginn TEXT, energie_kwh REAL, vorlauf_degc REAL,"
            " messungen INTEGER, ganz INTEGER, PRIMARY KEY (site, beginn)) WITHOUT ROWID"
        )
        db.execute(
            "CREATE TABLE tag (site TEXT, tag TEXT, energie_kwh REAL,"
            " PRIMARY KEY (site, tag)) WITHOUT ROWID"
        )
        sites = [(first, "Kita Eins"), ("rathaus", "Rathaus"), ("schule", "Größte Schule")]
        db.executemany("INSERT INTO site VALUES (?, ?)", sites)
        for number, (site, _) in enumerate(sites):
            for hour in range(hours):
                day, rest = divmod(hour, 24)
                begin = f"2026-11-{day + 1:02d}T{rest:02d}:00:00Z"
                energy = None if hour % 10 == 9 else hour + number * 100 + offset
                row = (site, begin, energy, 60.5 + number, 12, int(hour % 10 != 9))
                db.execute("INSERT INTO stunde VALUES (?, ?, ?, ?, ?, ?)", row)
            for day in range(1, 4):
                db.execute(
                    "INSERT INTO tag VALUES (?, ?, ?)", (site, f"2026-11-{day:02d}", 24.0 * day)
                )
    return path


def make_long(path: Path, rows: int = 40) -> Path:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT, about TEXT, extra TEXT,"
            " lon REAL, lat REAL, since INTEGER)"
        )
        db.execute("CREATE TABLE sensor (id INTEGER PRIMARY KEY, name TEXT, sheet TEXT)")
        db.execute("CREATE TABLE prop (id INTEGER PRIMARY KEY, name TEXT, uri TEXT)")
        db.execute(
            "CREATE TABLE stream (id INTEGER PRIMARY KEY, thing INTEGER, sensor INTEGER,"
            " prop INTEGER, name TEXT, unit TEXT)"
        )
        db.execute(
            "CREATE TABLE obs (id INTEGER PRIMARY KEY, stream INTEGER, t INTEGER, value REAL)"
        )
        db.execute("CREATE INDEX obs_time ON obs (stream, t)")
        db.execute("CREATE INDEX obs_stream ON obs (stream)")
        for n in (1, 2, 3):
            extra = json.dumps({"floor": n, "tags": {"room": f"R{n}"}})
            row = (n, f"Station {n}", "air", extra, 8.6 + n / 10, 50.5, 1_700_000_000 + n)
            db.execute("INSERT INTO thing VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            db.execute("INSERT INTO sensor VALUES (?, ?, ?)", (n, f"Sensor {n}", "sheet"))
            db.execute("INSERT INTO prop VALUES (?, ?, ?)", (n, f"Property {n}", "https://e.org"))
            for k in (1, 2):
                row = (n * 10 + k, n, n, k, f"Stream {n}.{k}", "K")
                db.execute("INSERT INTO stream VALUES (?, ?, ?, ?, ?, ?)", row)
                for i in range(rows):
                    value = (n * 10 + k, 1_750_000_000 + 600 * i, i / 4)
                    db.execute("INSERT INTO obs (stream, t, value) VALUES (?, ?, ?)", value)
    return path


@dataclass(frozen=True)
class Answer:
    status_code: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        return json.loads(self.content)


async def answer(app: Any, method: str, url: str) -> Answer:
    """Ask an application as a server would; Datasette's own client makes a new one each time."""
    parts = urlsplit(url)
    raw = quote(parts.path, safe="/%()',:@$;=+!*~&").encode()
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": parts.scheme,
        "path": unquote(raw.decode()),
        "raw_path": raw,
        "query_string": quote(parts.query, safe="/%()',:@$;=+!*~&?").encode(),
        "headers": [(b"host", parts.netloc.encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    got: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        got.append(message)

    await app(scope, receive, send)
    headers = {name.decode().lower(): value.decode() for name, value in got[0]["headers"]}
    return Answer(got[0]["status"], headers, b"".join(m.get("body", b"") for m in got[1:]))


class Service:
    """Asks a Datasette; each question is an address below the service's root."""

    def __init__(self, datasette: Datasette, loop: asyncio.AbstractEventLoop) -> None:
        self.datasette = datasette
        self._loop = loop
        self._app = datasette.app()

    def ask(self, path: str, method: str = "GET") -> Answer:
        url = path if path.startswith("http") else f"http://localhost{ROOT}{path}"
        return self._loop.run_until_complete(answer(self._app, method, url))

    def get(self, path: str, **options: str) -> Any:
        query = "&".join(
            f"{'' if name == 'resultFormat' else '$'}{name}={quote(text)}"
            for name, text in options.items()
        )
        answer = self.ask(path + ("?" + query if query else ""))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def values(self, path: str, **options: str) -> list[dict[str, Any]]:
        found = self.get(path, **options)["value"]
        assert isinstance(found, list)
        return found

    def ids(self, path: str, **options: str) -> list[Any]:
        return [entity["@iot.id"] for entity in self.values(path, **options)]

    def walk(self, path: str, **options: str) -> list[dict[str, Any]]:
        """Follow the links to the end; a loop would not come to an end."""
        page = self.get(path, **options)
        found = list(page["value"])
        for _ in range(200):
            if "@iot.nextLink" not in page:
                return found
            page = self.ask(page["@iot.nextLink"]).json()
            found += page["value"]
        raise AssertionError("the pages have no end")

    def refused(self, path: str, status: int = 400, **options: str) -> str:
        query = "&".join(f"${name}={quote(text)}" for name, text in options.items())
        answer = self.ask(path + ("?" + query if query else ""))
        assert answer.status_code == status, answer.text
        assert answer.json()["code"] == status
        return str(answer.json()["message"])


Serve = Callable[..., Service]


def datasette_for(
    files: list[Path], mapping: dict[str, Any] | None, databases: Any = None, **more: Any
) -> Datasette:
    plugins = {} if mapping is None else {"datasette-sensorthings": mapping}
    config = {"plugins": plugins, "databases": databases or {}}
    more = {"settings": {"num_sql_threads": 1, **more.pop("settings", {})}, **more}
    try:
        return Datasette([], immutables=[str(f) for f in files], config=config, **more)
    except TypeError:  # Datasette 0.65
        return Datasette([], immutables=[str(f) for f in files], metadata=config, **more)


async def shut(datasette: Datasette) -> None:
    if hasattr(datasette, "invoke_shutdown"):
        await datasette.invoke_shutdown()
    else:  # Datasette 0.65
        datasette.executor.shutdown()


@contextmanager
def serving() -> Iterator[Serve]:
    loop = asyncio.new_event_loop()
    started: list[Datasette] = []

    def begin(files: list[Path], mapping: dict[str, Any] | None, **more: Any) -> Service:
        datasette = datasette_for(files, mapping, **more)
        started.append(datasette)
        loop.run_until_complete(datasette.invoke_startup())
        service = Service(datasette, loop)
        service.ask("/Things")  # its one thread opens the file now, before a test looks
        return service

    yield begin
    for datasette in started:
        loop.run_until_complete(shut(datasette))
    loop.close()


@pytest.fixture
def serve() -> Iterator[Serve]:
    with serving() as begin:
        yield begin


@pytest.fixture(scope="module")
def heat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving() as begin:
        yield begin([make_wide(tmp_path_factory.mktemp("wide") / "heat.db")], WIDE)


@pytest.fixture(scope="module")
def air(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving() as begin:
        yield begin([make_long(tmp_path_factory.mktemp("long") / "air.db")], LONG)

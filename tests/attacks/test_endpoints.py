"""Attack 6: every address of the public Datasette and its plugins, with anything in its query."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

import pytest
from datasette.app import Datasette
from hypothesis import strategies as st

from edge.config import Config
from edge.config.model import Publish
from edge.publish.cube import all_cubes
from tests.attacks.marked import HOUSE, KWH, NAME
from tests.attacks.published import address
from tests.releases import ask

SECRETS = (
    NAME.encode(),
    str(KWH).encode(),
    address(1)[:-2].encode(),
    b"heat_building",
    b"heat_release",
    b"meter_reading",
    b"village.db",
)
CUBES = tuple(all_cubes())
# what village.db has beside each cube, where the canary stands
SOURCES = {
    "kommunale-waerme": "device", "umwelt": "site", "kurse": "course_text", "termine": "notice",
    "lernstatistik": "learning_period", "hubzustand": "hub_day", "waermekataster": "heat_building",
}  # fmt: skip
TABLES = ("block", "traeger", "erzeuger", "abschnitt", "_about", "heat_building", "sqlite_master")
NAMED = Publish(
    publisher="G", email="a@b.example", region="06531", contributor="hessen"
)  # fmt: skip

ADDRESSES = (
    "/", "/-/", "/-", "/favicon.ico", "/.json", "/:memory:/x",
    *(
        f"/-/{one}"
        for one in (
            "databases", "plugins", "metadata", "settings", "threads", "actor", "permissions",
            "rules", "allowed", "check", "jump", "tables", "schema", "api", "create-token",
            "messages", "logout", "versions", "config", "tasks", "actions", "auth-token",
            "queries", "allow-debug", "patterns", "debug/autocomplete", "static/app.css",
            "static/../village.db", "static-plugins/dorfhub/x.css", "cell-guard.json",
        )
    ),
    "/-/charts-offline.css", "/-/charts/waermekataster/block", "/-/charts/village/heat_building",
    "/-/datasette-deutsch/page.css", "/-/dcat.css", "/-/downloads.css", "/-/snapshots.css",
    "/-/dcat", "/-/dcat.ttl", "/-/dcat.jsonld", "/-/dcat.rdf", "/-/downloads",
    "/-/downloads/waermekataster", "/-/downloads/waermekataster/block.csv",
    "/-/downloads/waermekataster/block.csv.gz", "/-/downloads/../village.csv",
    "/-/sta/v1.1", "/-/sta/v1.1/Things", "/-/sta/v1.1/Observations",
    "/-/sta/v1.1/Datastreams('1')", "/-/sta/umwelt/v1.1", "/-/sta/umwelt/v1.1/Things",
    "/-/sta/umwelt/v1.1/Observations", "/-/sta/village/v1.1/Things",
    "/-/ngsi-ld", "/-/ngsi-ld/v1/types", "/-/ngsi-ld/v1/attributes", "/-/ngsi-ld/v1/entities",
    "/-/ngsi-ld/v1/entities/urn:ngsi-ld:Building:1", "/-/ngsi-ld/v1/temporal/entities",
    "/-/waermekataster", "/-/waermekataster.css", "/-/waermekataster/bloecke.geojson",
    "/-/waermekataster/strassen.geojson", "/-/waermekataster/heat_building.geojson",
    "/-/snapshots", "/-/snapshots.json", "/-/snapshots/waermekataster",
    "/-/snapshots/waermekataster.json", "/-/snapshots/waermekataster/village.db",
    "/-/snapshots/waermekataster/waermekataster-v000000.db",
    "/-/snapshots/waermekataster/waermekataster-v000002.db",
    "/waermekataster", "/waermekataster.db", "/village", "/personal/care_audit", "/_internal",
    "/_memory",
    *(
        f"/waermekataster/-/{one}"
        for one in (
            "query", "query/parameters", "schema", "create", "foreign-key-targets", "queries",
            "queries/analyze", "queries/store", "execute-write", "execute-write/analyze",
        )
    ),
    *(f"/waermekataster/x/-/{one}" for one in ("definition", "edit", "update", "delete")),
    *(
        f"/waermekataster/{one}{end}"
        for one in TABLES
        for end in ("", ".json", ".csv", "/B1", "/-/insert")
    ),
    *(
        f"/waermekataster/block/-/{one}"
        for one in (
            "upsert", "alter", "foreign-key-suggestions", "set-column-type", "count", "fragment",
            "autocomplete", "drop", "schema",
        )
    ),
    "/waermekataster/block/B1/-/update", "/waermekataster/block/B1/-/delete",
    "/-/ngsi-ld/umwelt/v1/types", "/-/ngsi-ld/umwelt/v1/entities",
    "/-/ngsi-ld/umwelt/v1/temporal/entities", "/-/ngsi-ld/umwelt/context.jsonld",
    "/-/ngsi-ld/village/v1/entities",
    *(
        one
        for cube in CUBES
        for one in (
            f"/{cube.name}", f"/{cube.name}.db", f"/{cube.name}/-/query", f"/{cube.name}/-/schema",
            f"/-/downloads/{cube.name}", f"/-/snapshots/{cube.name}",
            f"/{cube.name}/{SOURCES[cube.name]}", f"/{cube.name}/sqlite_master.json",
            *(f"/{cube.name}/{table.name}{end}" for table in cube.tables for end in ("", ".json")),
            *(f"/-/charts/{cube.name}/{table.name}" for table in cube.tables),
        )
    ),
)  # fmt: skip
PATHS = st.sampled_from(ADDRESSES)
KEYS = st.sampled_from(
    [
        "sql", "_where", "_facet", "_facet_array", "_sort", "_sort_desc", "_next", "_size", "_col",
        "_nocol", "_shape", "_search", "_through", "_extra", "_stream", "_trace", "_labels", "_ttl",
        "tag", "kurs", "titel__contains", "anzahl__gt",
        "bereich", "bereich__in", "waerme_mwh__gt", "rowid", "$filter", "$expand", "$orderby",
        "$top", "$skip", "$select", "$resultFormat", "page", "x", "y", "_chart",
    ]
)  # fmt: skip
VALUES = st.text(max_size=12) | st.sampled_from(
    [
        "select * from hub_part", "select * from notice",
        "select * from heat_building", "1=1", "1 union select address from heat_building",
        "attach database 'village.db' as v", "../village.db", "%2e%2e/village.db", "-1", "1e999",
        "9" * 40, "\x00", "'", '"', "[]", "{}", "max", "objects", "kwh", "Things", "name eq 'a'",
        "result gt 1 and", "(" * 300, "pragma_database_list", "select load_extension('x')",
    ]
)  # fmt: skip
REQUESTS = st.tuples(
    st.sampled_from(["GET", "GET", "GET", "POST", "HEAD", "OPTIONS", "DELETE"]),
    PATHS | st.text(max_size=8).map(lambda one: f"/{quote(one)}"),
    st.lists(st.tuples(KEYS, VALUES), max_size=3),
)


def leaks(content: bytes, asked: str) -> list[bytes]:
    """Return secrets of an answer that were not in the question (pages repeat what was asked)."""
    return [one for one in SECRETS if one in content and one.decode() not in asked]


async def fuzz(datasette: Datasette, count: int, seed: int) -> dict[int, int]:
    """Send requests; return how often which status came. Fails with the first wrong answer."""
    rng, answered = random.Random(seed), dict[int, int]()
    for method, path, query in drawn(count, rng):
        answer = await datasette.client.request(method, path, params=query)
        asked = f"{method} {path} {query}"
        assert answer.status_code < 500 or answer.status_code == 503, (asked, answer.text[:300])
        assert leaks(answer.content, asked) == [], asked
        whole = {f"/{cube.name}.db" for cube in CUBES}
        assert not answer.content.startswith(b"SQLite format 3") or path in whole
        answered[answer.status_code] = answered.get(answer.status_code, 0) + 1
    return answered


def drawn(count: int, rng: random.Random) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Draw requests by hypothesis' strategies, outside of its runner: the server is one."""
    from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: PLC0415

    found: list[tuple[str, str, list[tuple[str, str]]]] = []

    @seed(rng.randrange(2**32))
    @settings(
        max_examples=count, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(REQUESTS)
    def draw(one: tuple[str, str, list[tuple[str, str]]]) -> None:
        found.append(one)

    draw()
    return found


@pytest.fixture
def served(everywhere: Config) -> Config:
    return replace(everywhere, publish=NAMED)


def test_every_cube_is_served_to_be_attacked(served: Config) -> None:
    assert set(SOURCES) == {cube.name for cube in CUBES}

    async def questions(datasette: Datasette) -> None:
        for cube in CUBES:
            for table in cube.tables:
                answer = await datasette.client.get(f"/{cube.name}/{table.name}.json")
                assert answer.status_code == 200, (cube.name, table.name)

    ask(served, questions)


def test_every_address_of_datasette_and_its_plugins_is_among_them(served: Config) -> None:
    async def questions(datasette: Datasette) -> None:
        routes = [pattern for pattern, _ in datasette._routes()]
        led = {next((one for one in routes if one.match(path)), None) for path in ADDRESSES}
        assert [one.pattern for one in routes if one not in led] == []

    ask(served, questions)


def test_no_request_breaks_or_leaks(
    served: Config, record_property: Callable[[str, object], None]
) -> None:
    async def questions(datasette: Datasette) -> None:
        answered = await fuzz(datasette, 160, 1)
        record_property("answers", answered)
        assert answered[200] > 10

    ask(served, questions)


@pytest.mark.soak
def test_no_request_of_thousands_breaks_or_leaks(served: Config) -> None:
    async def questions(datasette: Datasette) -> None:
        await fuzz(datasette, 3000, 2)

    ask(served, questions)


def test_the_attack_reads_what_is_served_by_mistake(served: Config) -> None:
    """A server that was given village.db: behind every cube there is something to be found."""

    async def questions() -> None:
        open_ = Datasette([str(served.hub.village_db)], settings={"default_allow_sql": True})
        try:
            for cube, table in SOURCES.items():
                answer = await open_.client.get(f"/village/{table}.json?_shape=array&_size=max")
                told = answer.content.replace(b"village.db", b"").replace(table.encode(), b"")
                assert leaks(told, ""), cube
                if cube == "waermekataster":
                    assert address(HOUSE).encode() in told
        finally:
            await open_.invoke_shutdown()
            open_.close()

    asyncio.run(questions())

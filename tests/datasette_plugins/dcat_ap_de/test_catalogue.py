"""What the catalogue says, under which address, and what it costs."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from datasette import hookimpl
from datasette.app import Datasette
from datasette.plugins import pm
from datasette_dcat_ap_de.plugin import _states
from rdflib import RDF, XSD, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF

from tests.datasette_plugins.dcat_ap_de.conftest import PLUGIN, TIMES, WHOLE, Made
from tests.datasette_plugins.instance import LICENCE, ask, days, described, make

DCATAP = Namespace("http://data.europa.eu/r5r/")
DCATDE = Namespace("http://dcat-ap.de/def/dcatde/")
HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
SPDX = Namespace("http://spdx.org/rdf/terms#")
EU = "http://publications.europa.eu/resource/authority/"


async def graph_of(
    datasette: Datasette, path: str = "/-/dcat.ttl", **headers: str
) -> tuple[Graph, Any]:
    answer = await datasette.client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return Graph().parse(data=answer.content, format="turtle"), answer


async def dataset_of(datasette: Datasette) -> tuple[Graph, URIRef]:
    graph, _ = await graph_of(datasette)
    (node,) = graph.subjects(RDF.type, DCAT.Dataset)
    assert isinstance(node, URIRef)
    return graph, node


def test_a_dataset_says_what_is_configured(village: Made) -> None:
    async def questions(datasette: Datasette) -> None:
        graph, node = await dataset_of(datasette)
        assert set(graph.objects(node, DCAT.theme)) == {
            URIRef(f"{EU}data-theme/ENER"),
            URIRef(f"{EU}data-theme/REGI"),
        }
        for predicate, value in (
            (DCTERMS.title, Literal("Wärme (heat)", "de")),
            (DCTERMS.accrualPeriodicity, URIRef(f"{EU}frequency/DAILY")),
            (DCTERMS.language, URIRef(f"{EU}language/DEU")),
            (DCATAP.availability, URIRef(f"{EU}planned-availability/STABLE")),
            (DCATDE.contributorID, URIRef("http://dcat-ap.de/def/contributors/hessen")),
            (
                DCATDE.politicalGeocodingLevelURI,
                URIRef("http://dcat-ap.de/def/politicalGeocoding/Level/municipality"),
            ),
            (
                DCTERMS.spatial,
                URIRef("http://dcat-ap.de/def/politicalGeocoding/districtKey/06531"),
            ),
        ):
            assert list(graph.objects(node, predicate)) == [value], predicate
        (publisher,) = graph.objects(node, DCTERMS.publisher)
        assert graph.value(publisher, FOAF.name) == Literal("Gemeinde Musterdorf", "de")

    ask(village(), questions)


def test_every_distribution_has_licence_source_format_and_address(village: Made) -> None:
    async def questions(datasette: Datasette) -> None:
        graph, node = await dataset_of(datasette)
        forms = {
            str(form).rpartition("#")[2]: form for form in graph.objects(node, DCAT.distribution)
        }
        assert set(forms) == {"csv", "json"}
        for mark, form in forms.items():
            assert graph.value(form, DCTERMS.license) == URIRef(
                "http://dcat-ap.de/def/licenses/dl-zero-de/2.0"
            )
            assert graph.value(form, DCATDE.licenseAttributionByText) == Literal(
                LICENCE["source"], "de"
            )
            assert graph.value(form, DCTERMS.format) == URIRef(f"{EU}file-type/{mark.upper()}")
        # what is named can be fetched
        for path in (
            graph.value(forms["csv"], DCAT.downloadURL),
            graph.value(forms["csv"], DCAT.accessURL),
            graph.value(forms["json"], DCAT.accessURL),
        ):
            answer = await datasette.client.get(str(path).removeprefix("http://localhost"))
            assert answer.status_code == 200, path
        answer = await datasette.client.get(
            str(graph.value(forms["csv"], DCAT.downloadURL)).removeprefix("http://localhost")
        )
        assert answer.text.startswith("tag,kwh\r\n2026-11-01,0.5\r\n")

    ask(village(), questions)


def test_time_and_modification_come_from_the_file(village: Made, tmp_path: Path) -> None:
    datasette = village()
    os.utime(tmp_path / "heat.db", (1_790_000_000, 1_790_000_000))

    async def questions(datasette: Datasette) -> None:
        graph, node = await dataset_of(datasette)
        (period,) = graph.objects(node, DCTERMS.temporal)
        assert graph.value(period, DCAT.startDate) == Literal("2026-11-01", datatype=XSD.date)
        assert graph.value(period, DCAT.endDate) == Literal("2026-11-19", datatype=XSD.date)
        (modified,) = graph.objects(node, DCTERMS.modified)
        assert str(modified) == "2026-09-21T14:13:20+00:00"

    ask(datasette, questions)


def test_high_value_data_name_the_law_wherever_it_asks_for_it(village: Made) -> None:
    async def questions(datasette: Datasette) -> None:
        graph, node = await dataset_of(datasette)
        law = URIRef("http://data.europa.eu/eli/reg_impl/2023/138/oj")
        obliged = set(graph.subjects(DCATAP.applicableLegislation, law))
        service = set(graph.subjects(RDF.type, DCAT.DataService))
        assert obliged == {node, *graph.objects(node, DCAT.distribution), *service}
        assert list(graph.objects(node, DCATAP.hvdCategory)) == [
            URIRef("http://data.europa.eu/bna/c_dd313021")
        ]

    ask(village(hvd=["earth-observation-and-environment"]), questions)


def test_nothing_is_high_value_unless_somebody_says_so(village: Made) -> None:
    async def questions(datasette: Datasette) -> None:
        graph, _ = await dataset_of(datasette)
        assert not list(graph.triples((None, DCATAP.hvdCategory, None)))
        assert not list(graph.triples((None, DCATAP.applicableLegislation, None)))

    ask(village(), questions)


def test_the_older_geocoding_stands_beside_it_where_it_is_asked_for(village: Made) -> None:
    async def questions(datasette: Datasette) -> None:
        graph, node = await dataset_of(datasette)
        assert graph.value(node, DCATDE.politicalGeocodingURI) == URIRef(
            "http://dcat-ap.de/def/politicalGeocoding/municipalityKey/06531008"
        )

    ask(village(both_geocodings=True, region="06531008"), questions)


ACCEPTED = [
    ("", "text/turtle"),
    ("*/*", "text/turtle"),
    ("text/turtle", "text/turtle"),
    ("application/rdf+xml, text/turtle;q=0.5", "application/rdf+xml"),
    ("text/turtle;q=0.5, application/ld+json", "application/ld+json"),
    ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
    ("image/png", "text/turtle"),
    ("text/turtle;q=nonsense, application/rdf+xml;q=0.1", "application/rdf+xml"),
]


def test_the_format_is_negotiated(village: Made) -> None:
    async def questions(datasette: Datasette) -> None:
        for accept, kind in ACCEPTED:
            answer = await datasette.client.get("/-/dcat", headers={"accept": accept})
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith(kind), accept
            assert "Accept" in answer.headers["vary"]

    ask(village(), questions)


def test_a_page_in_html_leads_to_formats_and_datasets(village: Made) -> None:
    async def questions(datasette: Datasette) -> None:
        answer = await datasette.client.get("/-/dcat", headers={"accept": "text/html"})
        assert "Katalog nach DCAT-AP.de" in answer.text
        for path in ("/daten/-/dcat.ttl", "/daten/-/dcat.rdf", "/daten/-/dcat.jsonld"):
            assert f'href="{path}"' in answer.text
        assert '<a href="/daten/heat">Wärme (heat)</a>' in answer.text
        assert "<style" not in answer.text  # so that a page's policy can forbid it
        (sheet,) = re.findall(r'href="/daten(/-/dcat\.css\?\w{12})"', answer.text)
        style = await datasette.client.get(sheet)
        assert style.headers["content-type"] == "text/css; charset=utf-8"
        assert ".dcat" in style.text

    ask(village(settings={"base_url": "/daten/"}), questions)


def addresses(graph: Graph) -> set[str]:
    """The beginnings of all own addresses."""
    named = [
        str(node)
        for predicate in (
            DCAT.dataset, DCAT.distribution, DCAT.accessURL, DCAT.downloadURL, DCAT.landingPage,
            DCAT.endpointURL, FOAF.homepage, HYDRA.first, DCTERMS.publisher, DCAT.contactPoint,
        )
        for node in graph.objects(None, predicate)
    ]  # fmt: skip
    assert len(named) > 10
    return {address.split("/heat")[0].split("/-/")[0].rstrip("/") for address in named}


@pytest.mark.parametrize(
    ("changed", "settings", "headers", "expected"),
    [
        ({}, {}, {"host": "hub.example"}, "http://hub.example"),
        ({}, {}, {"host": "[fd00::1]:8081"}, "http://[fd00::1]:8081"),
        ({}, {"base_url": "/daten/"}, {"host": "hub.example:81"}, "http://hub.example:81/daten"),
        ({}, {"force_https_urls": True}, {"host": "hub.example"}, "https://hub.example"),
        (
            {"trust_forwarded": True},
            {"base_url": "/daten/"},
            {
                "host": "10.0.0.1",
                "x-forwarded-host": "hub.example, proxy",
                "x-forwarded-proto": "https",
            },
            "https://hub.example/daten",
        ),
        (
            {},
            {},
            {"host": "hub.example", "x-forwarded-host": "evil.example"},
            "http://hub.example",
        ),
        (
            {"public_url": "https://daten.example/dorf/"},
            {"base_url": "/daten/"},
            {"host": "10.0.0.1"},
            "https://daten.example/dorf",
        ),
    ],
)
def test_addresses_are_those_under_which_it_was_asked(
    village: Made,
    changed: dict[str, object],
    settings: dict[str, object],
    headers: dict[str, str],
    expected: str,
) -> None:
    async def questions(datasette: Datasette) -> None:
        graph, answer = await graph_of(datasette, **headers)
        assert addresses(graph) == {expected}
        assert "instance.invalid" not in answer.text

    ask(village(settings=settings, **changed), questions)


def test_a_host_that_is_no_name_is_refused(village: Made) -> None:
    async def questions(datasette: Datasette) -> None:
        for host in ('a"b', "a<b", "a b", "a>b\\", "a'b", "a&b", "x" * 300):
            answer = await datasette.client.get("/-/dcat.ttl", headers={"x-forwarded-host": host})
            assert answer.status_code == 400, host

    ask(village(trust_forwarded=True), questions)


def test_texts_of_any_kind_survive_every_format(village: Made) -> None:
    odd = 'a "quote" <b>&amp; \\ back\nnew\tline 🏡 ' + "\x0b" + "'''\"\"\""
    said = described(title=odd)

    async def questions(datasette: Datasette) -> None:
        for suffix, name in (("ttl", "turtle"), ("rdf", "xml")):
            answer = await datasette.client.get(f"/-/dcat.{suffix}")
            graph = Graph().parse(data=answer.content, format=name)
            titles = {str(one) for one in graph.objects(None, DCTERMS.title)}
            assert f"{odd.strip()}: als CSV-Datei".replace("\x0b", "\ufffd") in titles

    ask(village(metadata={"databases": {"heat": said}}), questions)


def test_odd_names_of_tables_are_addresses_too(tmp_path: Path) -> None:
    name = 'tab "é.csv'
    with closing(sqlite3.connect(tmp_path / "odd.db")) as connection, connection:
        connection.execute("""CREATE TABLE "tab ""é.csv" ("an fang" TEXT PRIMARY KEY)""")
        connection.execute("""INSERT INTO "tab ""é.csv" VALUES ('2026-05-01')""")
    said = {**described("odd"), "tables": {name: {"title": "Seltsam", **LICENCE}}}
    whole = {"title": "t", "description": "d", "databases": {"odd": said}}
    parts = {f"odd/{name}": {PLUGIN: {"time_column": "an fang"}}}
    datasette = make([tmp_path / "odd.db"], whole, {PLUGIN: WHOLE}, parts)

    async def questions(datasette: Datasette) -> None:
        graph, _ = await graph_of(datasette)
        (path,) = graph.objects(None, DCAT.downloadURL)
        answer = await datasette.client.get(str(path).removeprefix("http://localhost"))
        assert (answer.status_code, answer.text) == (200, "an fang\r\n2026-05-01\r\n")
        (start,) = graph.objects(None, DCAT.startDate)
        assert str(start) == "2026-05-01"

    ask(datasette, questions)


def test_what_not_everybody_may_see_is_not_in_it(tmp_path: Path) -> None:
    files = [days(tmp_path, "heat"), days(tmp_path, "secret")]
    said = {
        "title": "Daten",
        "description": "Alle.",
        "databases": {"heat": described("heat"), "secret": {"title": "Geheim"}},
    }
    datasette = make(files, said, {PLUGIN: WHOLE})
    config = getattr(datasette, "config", None)
    if config is not None:
        config.setdefault("databases", {})["secret"] = {"allow": {"id": "root"}}
    else:
        said["databases"]["secret"]["allow"] = {"id": "root"}

    async def questions(datasette: Datasette) -> None:
        graph, answer = await graph_of(datasette)
        assert len(set(graph.subjects(RDF.type, DCAT.Dataset))) == 1
        assert "ecret" not in answer.text

    ask(datasette, questions)


def test_excluded_tables_and_databases_are_not_in_it(tmp_path: Path) -> None:
    files = [days(tmp_path, "heat"), days(tmp_path, "other")]
    said = {"title": "t", "description": "d", "databases": {"heat": described()}}
    parts = {"other": {PLUGIN: {"exclude": True}}}

    async def questions(datasette: Datasette) -> None:
        graph, answer = await graph_of(datasette)
        assert len(set(graph.subjects(RDF.type, DCAT.Dataset))) == 1
        assert "/other" not in answer.text

    ask(make(files, said, {PLUGIN: WHOLE}, parts), questions)


class Forms:
    """Another plugin that knows further forms of a table."""

    __name__ = "forms"

    def __init__(self, *forms: object) -> None:
        self._forms = forms

    @hookimpl
    def dcat_distributions(self, datasette: Datasette, database: str, table: str) -> object:
        del datasette

        async def later() -> object:
            return self._forms if (database, table) == ("heat", "tag") else None

        return later


PACKED = {
    "mark": "csv-gz",
    "title": "Wärme je Tag, gepackt",
    "path": "/-/downloads/heat/tag.csv.gz",
    "format": "CSV",
    "media_type": "text/csv",
    "compress": "application/gzip",
    "size": 1234,
    "sha256": "ab" * 32,
}


def test_other_plugins_add_forms(village: Made) -> None:
    async def questions(datasette: Datasette) -> None:
        graph, node = await dataset_of(datasette)
        form = URIRef("http://localhost/heat/tag#csv-gz")
        assert form in set(graph.objects(node, DCAT.distribution))
        assert graph.value(form, DCAT.downloadURL) == URIRef(f"http://localhost{PACKED['path']}")
        assert str(graph.value(form, DCAT.byteSize)) == "1234"
        assert str(graph.value(form, DCAT.compressFormat)).endswith("/application/gzip")
        check = graph.value(form, SPDX.checksum)
        assert str(graph.value(check, SPDX.checksumValue)).lower() == "ab" * 32
        assert graph.value(form, DCTERMS.license) is not None

    plugin = Forms(PACKED)
    pm.register(plugin, name="forms")
    try:
        ask(village(), questions)
    finally:
        pm.unregister(name="forms")


@pytest.mark.parametrize(
    "wrong",
    [
        {**PACKED, "mark": "a b"},
        {**PACKED, "mark": "csv"},
        {**PACKED, "path": "downloads/x"},
        {**PACKED, "title": ""},
        {**PACKED, "sha256": "no"},
        {**PACKED, "media_type": "csv"},
        {**PACKED, "format": "no code"},
        {**PACKED, "modified": "yesterday"},
        "nothing of the kind",
    ],
)
def test_a_form_that_is_none_is_named_and_not_written(village: Made, wrong: object) -> None:
    async def questions(datasette: Datasette) -> None:
        answer = await datasette.client.get("/-/dcat.ttl")
        assert answer.status_code == 503
        (problem,) = answer.json()["problems"]
        assert problem["where"] == "databases / heat / tables / tag"

    pm.register(Forms(wrong), name="forms")
    try:
        ask(village(), questions)
    finally:
        pm.unregister(name="forms")


def test_a_page_is_written_once_whoever_asks_under_whichever_name(village: Made) -> None:
    async def questions(datasette: Datasette) -> None:
        _, first = await graph_of(datasette, host="one.example")
        _, second = await graph_of(datasette, host="two.example")
        again = await datasette.client.get(
            "/-/dcat.ttl", headers={"host": "one.example", "if-none-match": first.headers["etag"]}
        )
        assert first.headers["etag"] != second.headers["etag"]
        assert (again.status_code, again.content) == (304, b"")
        assert _states[datasette].writer.runs == 1

    ask(village(), questions)


def test_another_file_is_written_anew(village: Made, tmp_path: Path) -> None:
    async def questions(datasette: Datasette) -> None:
        _, first = await graph_of(datasette)
        os.utime(tmp_path / "heat.db", (1_800_000_000, 1_800_000_000))
        graph, second = await graph_of(datasette)
        assert first.headers["etag"] != second.headers["etag"]
        assert "2027-01-15" in str(next(graph.objects(None, DCTERMS.modified)))

    ask(village(), questions)


def test_the_server_never_loads_rdflib(village: Made, tmp_path: Path) -> None:
    ask(village(), _nothing)  # writes the file
    code = f"""
import asyncio, json, sys
from datasette.app import Datasette
import datasette
said, plugins = json.loads(sys.stdin.read())
more = {{"config": {{"plugins": plugins}}}}
if datasette.__version__.startswith("0."):
    said["plugins"], more = plugins, {{}}
async def main():
    one = Datasette([], immutables=[{str(tmp_path / "heat.db")!r}], metadata=said, **more)
    await one.invoke_startup()
    answer = await one.client.get("/-/dcat.ttl")
    assert answer.status_code == 200, answer.text
    assert "dcat:Dataset" in answer.text
    print("rdflib" in sys.modules)
asyncio.run(main())
"""
    said = {"title": "t", "description": "d", "databases": {"heat": described()}}
    found = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps([said, {PLUGIN: WHOLE}]),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert found.stdout == "False\n", found.stderr


async def _nothing(datasette: Datasette) -> None:
    del datasette


def test_nothing_published_is_an_empty_catalogue() -> None:
    async def questions(datasette: Datasette) -> None:
        graph, _ = await graph_of(datasette)
        assert list(graph.subjects(RDF.type, DCAT.Catalog))
        assert not list(graph.subjects(RDF.type, DCAT.Dataset))

    ask(make([], {"title": "t", "description": "d"}, {PLUGIN: WHOLE}), questions)


def test_times_are_asked_for_once_of_a_file(village: Made) -> None:
    async def questions(datasette: Datasette) -> None:
        await graph_of(datasette)
        extents = _states[datasette].extents
        assert list(extents._kept.values()) == [("2026-11-01", "2026-11-19")]
        await graph_of(datasette)
        assert len(extents._kept) == 1

    ask(village(parts=TIMES), questions)

"""The catalogue before the official shapes, and each defect that they must see."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from datasette.app import Datasette
from rdflib import RDF, XSD, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF

from tests.datasette_plugins.dcat_ap_de.conftest import PLUGIN, TIMES, WHOLE, Made
from tests.datasette_plugins.dcat_ap_de.shapes import EU, violations
from tests.datasette_plugins.instance import ask, days, described, make

DCATAP = Namespace("http://data.europa.eu/r5r/")
DCATDE = Namespace("http://dcat-ap.de/def/dcatde/")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
HOST = "http://localhost"
CATALOGUE = URIRef(f"{HOST}/-/dcat")
PUBLISHER = URIRef(f"{HOST}/-/dcat#publisher")
CONTACT = URIRef(f"{HOST}/-/dcat#contact")
DATASET = URIRef(f"{HOST}/heat#dataset")
SERVICE = URIRef(f"{HOST}/heat#api")
PERIOD = URIRef(f"{HOST}/heat#temporal")
CSV = URIRef(f"{HOST}/heat/tag#csv")
WRONG = URIRef("https://example.org/no-such-value")


@pytest.fixture
def folder(shared_data: Path) -> Path:
    return shared_data / "dcat_ap_de"


def written(datasette: Datasette, form: str = "ttl") -> Graph:
    graph = Graph()

    async def questions(datasette: Datasette) -> None:
        answer = await datasette.client.get(f"/-/dcat.{form}")
        assert answer.status_code == 200, answer.text
        names = {"ttl": "turtle", "rdf": "xml", "jsonld": "json-ld"}
        graph.parse(data=answer.content, format=names[form])

    ask(datasette, questions)
    return graph


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"hvd": ["earth-observation-and-environment"], "legislation": ["https://example.org/law"]},
        {"dataset_per": "table"},
        {"contact": None, "themes": None, "frequency": None, "region": None, "level": None},
        {"region": "065310008008", "language": "en", "both_geocodings": True},
        {"start": "2026-01-01", "end": "2026-12-31T23:00:00+01:00", "issued": "2026-01-01"},
    ],
    ids=["usual", "high value", "tables", "sparse", "municipality", "times"],
)
def test_the_catalogue_breaks_no_rule(
    village: Made, folder: Path, changed: dict[str, object]
) -> None:
    said = {"databases": {"heat": described(description="Eine Zeile je Tag.")}}
    graph = written(village(metadata=said, **changed))
    assert len(set(graph.subjects(RDF.type, DCAT.Dataset))) == 1
    assert violations(graph, folder) == []


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # rdflib, of itself
def test_all_formats_say_the_same(village: Made) -> None:
    said = []
    for form in ("ttl", "rdf", "jsonld"):
        graph = written(village(), form)
        said.append({(_bare(s, form), p, _bare(o, form)) for s, p, o in graph})
    assert len(said[0]) > 50
    assert said[0] == said[1] == said[2]


def _bare(node: object, form: str) -> str:
    """A page's own address names its format."""
    return str(node).replace(f".{form}?", "?")


def without(subject: URIRef, *predicates: URIRef) -> Callable[[Graph], None]:
    def change(graph: Graph) -> None:
        for predicate in predicates:
            assert (subject, predicate, None) in graph
            graph.remove((subject, predicate, None))

    return change


def instead(subject: URIRef, predicate: URIRef, value: object) -> Callable[[Graph], None]:
    def change(graph: Graph) -> None:
        assert (subject, predicate, None) in graph
        graph.set((subject, predicate, value))

    return change


def twice(subject: URIRef, predicate: URIRef, value: object) -> Callable[[Graph], None]:
    def change(graph: Graph) -> None:
        assert (subject, None, None) in graph
        graph.add((subject, predicate, value))

    return change


DEFECTS: dict[str, Callable[[Graph], None]] = {
    "catalogue without title": without(CATALOGUE, DCTERMS.title),
    "catalogue without description": without(CATALOGUE, DCTERMS.description),
    "catalogue without publisher": without(CATALOGUE, DCTERMS.publisher),
    "catalogue in no known language": instead(CATALOGUE, DCTERMS.language, WRONG),
    "catalogue lists what is no dataset": twice(CATALOGUE, DCAT.dataset, WRONG),
    "catalogue lists what is no service": twice(CATALOGUE, DCAT.service, WRONG),
    "two publishers": twice(CATALOGUE, DCTERMS.publisher, WRONG),
    "publisher without name": without(PUBLISHER, FOAF.name),
    "publisher of no known kind": instead(PUBLISHER, DCTERMS.type, WRONG),
    "publisher is a text": instead(DATASET, DCTERMS.publisher, Literal("Gemeinde")),
    "dataset without title": without(DATASET, DCTERMS.title),
    "dataset without description": without(DATASET, DCTERMS.description),
    "dataset without publisher": without(DATASET, DCTERMS.publisher),
    "theme of no vocabulary": instead(DATASET, DCAT.theme, WRONG),
    "theme as a text": instead(DATASET, DCAT.theme, Literal("ENER")),
    "frequency of no vocabulary": instead(DATASET, DCTERMS.accrualPeriodicity, WRONG),
    "availability of no vocabulary": instead(DATASET, DCATAP.availability, WRONG),
    "two availabilities": twice(
        DATASET, DCATAP.availability, URIRef(f"{EU}planned-availability/TEMPORARY")
    ),
    "access right of no vocabulary": instead(DATASET, DCTERMS.accessRights, WRONG),
    "language of no vocabulary": instead(DATASET, DCTERMS.language, WRONG),
    "provider as a text": instead(DATASET, DCATDE.contributorID, Literal("hessen")),
    "level as a text": instead(DATASET, DCATDE.politicalGeocodingLevelURI, Literal("x")),
    "two modifications": twice(DATASET, DCTERMS.modified, Literal("2026-01-01", datatype=XSD.date)),
    "a modification that is an address": instead(DATASET, DCTERMS.modified, WRONG),
    "a contact without any way": without(CONTACT, VCARD.hasEmail),
    "a mail address as a text": instead(CONTACT, VCARD.hasEmail, Literal("a@b.example")),
    "a period without ends": without(PERIOD, DCAT.startDate, DCAT.endDate),
    "distribution without licence": without(CSV, DCTERMS.license),
    "distribution without address": without(CSV, DCAT.accessURL),
    "two licences": twice(CSV, DCTERMS.license, WRONG),
    "file type of no vocabulary": instead(CSV, DCTERMS.format, WRONG),
    "media type of no register": instead(CSV, DCAT.mediaType, URIRef("text/csv")),
    "a size that is a text": twice(CSV, DCAT.byteSize, Literal("much")),
    "service without address": without(SERVICE, DCAT.endpointURL),
    "service without title": without(SERVICE, DCTERMS.title),
    "service without publisher": without(SERVICE, DCTERMS.publisher),
    "service serves what is no dataset": instead(SERVICE, DCAT.servesDataset, WRONG),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    file = days(tmp_path_factory.mktemp("whole"))
    said = {"title": "Daten", "description": "Alle.", "databases": {"heat": described()}}
    return written(make([file], said, {PLUGIN: WHOLE}, TIMES))


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_seen(whole: Graph, folder: Path, name: str) -> None:
    broken = Graph()
    for triple in whole:
        broken.add(triple)
    DEFECTS[name](broken)
    assert violations(broken, folder) != []

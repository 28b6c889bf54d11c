"""The official shapes of DCAT-AP.de 3.0, and what is wrong with a graph by them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pyshacl import validate
from rdflib import OWL, RDF, RDFS, SKOS, Graph, Namespace, URIRef

SH = Namespace("http://www.w3.org/ns/shacl#")
EU = "http://publications.europa.eu/resource/authority/"
# Vocabularies of which there is no copy: the values that the plugin knows, by hand.
_BY_HAND = {
    f"{EU}access-right": ("PUBLIC", "RESTRICTED"),
    f"{EU}planned-availability": ("AVAILABLE", "EXPERIMENTAL", "STABLE", "TEMPORARY"),
    f"{EU}file-type": ("PARQUET",),
}
_BY_HAND_ELSEWHERE = {
    "http://dcat-ap.de/def/licenses": ("/dl-zero-de/2.0", "/cc-by/4.0"),
    "http://dcat-ap.de/def/politicalGeocoding/Level": ("/municipality",),
    "http://purl.org/adms/publishertype/1.0": ("LocalAuthority",),
}


@cache
def shapes(folder: Path) -> Graph:
    """Return all shapes; their availability rule reads the namespace that is in use.

    Two of the files write `r5r#` for `http://data.europa.eu/r5r/`: their rules would never fire.
    """
    graph = Graph()
    for path in sorted((folder / "shapes").glob("*.ttl")):
        text = path.read_text("utf-8").replace(
            "http://data.europa.eu/r5r#", "http://data.europa.eu/r5r/"
        )
        graph.parse(data=text, format="turtle")
    graph.remove((None, OWL.imports, None))
    return graph


@cache
def vocabularies(folder: Path) -> Graph:
    """Return which value belongs to which vocabulary, and which class is below which."""
    graph = Graph()
    for path in sorted((folder / "vocabulary").iterdir()):
        whole = Graph().parse(path, format="xml" if path.suffix == ".rdf" else "turtle")
        for predicate in (SKOS.inScheme, RDFS.subClassOf):
            for triple in whole.triples((None, predicate, None)):
                graph.add(triple)
        for concept in whole.subjects(RDF.type, SKOS.Concept):  # filtered copies leave this out
            graph.add((concept, SKOS.inScheme, URIRef(str(concept).rpartition("/")[0])))
    for scheme, names in _BY_HAND.items():
        for name in names:
            graph.add((URIRef(f"{scheme}/{name}"), SKOS.inScheme, URIRef(scheme)))
    for scheme, names in _BY_HAND_ELSEWHERE.items():
        for name in names:
            base = scheme.removesuffix("1.0") if name[0] != "/" else scheme
            graph.add((URIRef(base + name), SKOS.inScheme, URIRef(scheme)))
    return graph


def violations(graph: Graph, folder: Path) -> list[str]:
    """Return what breaks a rule (not what is only advised against), each with its node."""
    merged = Graph()
    for part in (graph, vocabularies(folder)):
        for triple in part:
            merged.add(triple)
    _, report, _ = validate(merged, shacl_graph=shapes(folder), advanced=False)
    return sorted(_said(report, one) for one in _results(report, "Violation"))


def _results(report: Graph, severity: str) -> Iterable[object]:
    for one in report.subjects(RDF.type, SH.ValidationResult):
        if (one, SH.resultSeverity, SH[severity]) in report:
            yield one


def _said(report: Graph, one: object) -> str:
    focus = report.value(one, SH.focusNode)
    path = report.value(one, SH.resultPath)
    return f"{focus} {path} {report.value(one, SH.resultMessage)}"

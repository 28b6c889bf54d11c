"""N-Triples on standard input to Turtle, RDF/XML or JSON-LD on standard output.

A program of its own: rdflib and a graph of a hundred datasets weigh more than all that the server
needs at rest, so that they live only for this. It imports nothing of the package.
"""

from __future__ import annotations

import os
import sys

FORMATS = {"ttl": "turtle", "rdf": "xml"}
PREFIXES = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dcatde": "http://dcat-ap.de/def/dcatde/",
    "dct": "http://purl.org/dc/terms/",
    "eli": "http://data.europa.eu/eli/ontology#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def main() -> None:
    """Read, write, end. ``sys.argv[1]`` is `ttl`, `rdf` or `jsonld`."""
    os.nice(10)  # whoever waits for a page of data comes first
    from rdflib import Graph  # noqa: PLC0415 - after nice: loading it is most of the work

    graph = Graph(bind_namespaces="none")
    graph.parse(data=sys.stdin.buffer.read(), format="nt")
    for prefix, iri in PREFIXES.items():
        graph.bind(prefix, iri)
    form = sys.argv[1]
    if form == "jsonld":
        page = graph.serialize(format="json-ld", encoding="utf-8", context=PREFIXES)
    else:
        page = graph.serialize(format=FORMATS[form], encoding="utf-8")
    sys.stdout.buffer.write(page)


if __name__ == "__main__":
    main()

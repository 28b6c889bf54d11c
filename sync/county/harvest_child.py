"""Turtle on standard input to datasets as JSON on standard output: a process of its own.

What a stranger's catalogue makes of rdflib (memory, time, recursion) ends here with it. Nothing is
loaded from anywhere: Turtle names other documents, and has none read. It imports rdflib alone.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
from collections import deque
from typing import Any
from urllib.parse import urlsplit

MEMORY = 1 << 30
CPU_S = 60
MAX_DATASETS = 5000
MAX_TRIPLES = 5000  # that hang on one dataset
MAX_TITLE = 300
MAX_OUTPUT = 8 << 20  # bytes: what many datasets name together is written with each of them
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # in XML 1.0
_SAYABLE = re.compile(r".*[/#:][A-Za-z_][A-Za-z0-9_.-]*")  # a property's name in XML
_NO_IRI = re.compile(r"[\x00-\x20<>\"{}|^`\\\ud800-\udfff\ufffe\uffff]")
ROOT = "http://instance.invalid"  # the catalogue's own placeholder: nobody else may use it


def main() -> None:
    """Read, write, end. ``sys.argv[1]`` is the address that the catalogue came from."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    data = sys.stdin.buffer.read()
    from rdflib import Graph  # noqa: PLC0415 - within the limits

    graph = Graph(bind_namespaces="none")
    try:
        graph.parse(data=data, format="turtle", publicID=sys.argv[1])
    except (Exception, RecursionError) as error:  # noqa: BLE001 - whatever a stranger's bytes do
        sys.stderr.write(f"{type(error).__name__}: {str(error)[:200]}\n")
        sys.exit(1)
    said = json.dumps(read(graph, sys.argv[1]), ensure_ascii=False).encode()
    if len(said) > MAX_OUTPUT:
        sys.stderr.write(f"its datasets have more than {MAX_OUTPUT} bytes\n")
        sys.exit(1)
    sys.stdout.buffer.write(said)


def read(graph: Any, address: str) -> dict[str, object]:
    """Return the datasets of the page at ``address``, what is left out, and where the next is."""
    from rdflib import RDF, Namespace, URIRef  # noqa: PLC0415

    dcat = Namespace("http://www.w3.org/ns/dcat#")
    hydra = Namespace("http://www.w3.org/ns/hydra/core#")
    dct = Namespace("http://purl.org/dc/terms/")
    found, left_out = [], []
    nodes = sorted(set(graph.subjects(RDF.type, dcat.Dataset)))
    for node in nodes[:MAX_DATASETS]:
        missing = _missing(graph, node, dcat, dct)
        if not isinstance(node, URIRef) or ROOT in node or missing:
            left_out.append(_plain(f"{str(node)[:MAX_TITLE]}: {missing or 'no name'}"))
            continue
        try:
            identifier = _identify(graph, node, dct, address)
            lines, services = _around(graph, node, dcat)
        except Exception as error:  # noqa: BLE001 - rdflib writes no address that is none
            left_out.append(_plain(f"{str(node)[:MAX_TITLE]}: {str(error)[:MAX_TITLE]}"))
            continue
        title = " ".join(str(min(graph.objects(node, dct.title))).split())[:MAX_TITLE]
        found.append(
            {
                "iri": str(node),
                "identifier": _plain(identifier),
                "title": _plain(title),
                "services": services,
                "triples": lines,
            }
        )
    if len(nodes) > MAX_DATASETS:
        left_out.append(f"more than {MAX_DATASETS} datasets")
    after = [*graph.objects(None, hydra.next), *graph.objects(None, hydra.nextPage)]
    return {
        "datasets": found,
        "left_out": left_out,
        "next": _plain(min(map(str, after), default="")),
        "catalogue": bool(set(graph.subjects(RDF.type, dcat.Catalog))),
    }


def _plain(text: str) -> str:
    """Return a text that can be written as UTF-8 and read by people."""
    return _UNSAYABLE.sub("\ufffd", text)


def _missing(graph: Any, node: Any, dcat: Any, dct: Any) -> str:
    """Return what DCAT-AP.de demands and is not there."""
    for name in ("title", "description", "publisher"):
        if not set(graph.objects(node, dct[name])):
            return f"no dct:{name}"
    forms = set(graph.objects(node, dcat.distribution))
    if not forms:
        return "no dcat:distribution"
    for form in forms:
        if not set(graph.objects(form, dcat.accessURL)) or not set(
            graph.objects(form, dct.license)
        ):
            return "a distribution without dcat:accessURL or dct:license"
    return ""


def _identify(graph: Any, node: Any, dct: Any, address: str) -> str:
    """Return by what portals know a dataset: of its catalogue's own place, or its own name.

    No other stays in the graph: a catalogue could take the place of another one's dataset.
    """
    from rdflib import Literal  # noqa: PLC0415

    host = _host(address)
    said = [one for one in graph.objects(node, dct.identifier) if isinstance(one, Literal)]
    own = [one for one in said if str(one) == str(node) or _host(str(one)) == host]
    own = own or [Literal(str(node))]
    graph.remove((node, dct.identifier, None))
    for one in own:
        graph.add((node, dct.identifier, one))
    return min(map(str, own))


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return ""


def _around(graph: Any, node: Any, dcat: Any) -> tuple[str, list[str]]:
    """Return a dataset and all that hangs on it as lines of N-Triples, and its services.

    :raises ValueError: if it is too large, or uses a name that is nobody's.
    """
    from rdflib import RDF, BNode, URIRef  # noqa: PLC0415

    others = {*graph.subjects(RDF.type, dcat.Dataset), *graph.subjects(RDF.type, dcat.Catalog)}
    others -= {node}
    names: dict[Any, Any] = {}

    def named(term: Any) -> Any:
        if not isinstance(term, BNode):
            return term
        return names.setdefault(term, URIRef(f"{node}-{len(names) + 1}"))

    waiting, seen, lines = deque([node]), {node}, set()
    while waiting:
        one = waiting.popleft()
        triples = sorted(graph.triples((one, None, None)), key=lambda each: (each[1], str(each[2])))
        for _, predicate, value in triples:
            if value in others and predicate == dcat.servesDataset:
                continue  # of a service for several: it stands in their own lines
            if isinstance(value, BNode | URIRef) and value not in seen and value not in others:
                seen.add(value)
                waiting.append(value)
            if _SAYABLE.fullmatch(predicate):
                lines.add(_line(named(one), predicate, named(value)))
        if len(lines) > MAX_TRIPLES:
            raise ValueError("too large")
    text = "\n".join(sorted(lines))
    if ROOT in text:
        raise ValueError(f"{ROOT} is nobody's name")
    services = {one for one in seen if (one, RDF.type, dcat.DataService) in graph}
    return text, sorted(str(one) for one in services if isinstance(one, URIRef))


def _line(subject: Any, predicate: Any, value: Any) -> str:
    return f"{_iri(subject)} {_iri(predicate)} {_value(value)} ."


def _iri(node: Any) -> str:
    """Return an address as N-Triples say it.

    :raises ValueError: if it is none: rdflib would write a line's end into it.
    """
    if _NO_IRI.search(node):
        raise ValueError(f"{str(node)[:MAX_TITLE]!r} is no address")
    return f"<{node}>"


def _value(value: Any) -> str:
    from rdflib import Literal  # noqa: PLC0415

    if not isinstance(value, Literal):
        return _iri(value)
    text = _plain(str(value))
    quoted = '"' + "".join(_ESCAPES.get(one, one) for one in text) + '"'
    if value.language:
        return f"{quoted}@{value.language}"
    return f"{quoted}^^{_iri(value.datatype)}" if value.datatype else quoted


if __name__ == "__main__":
    main()

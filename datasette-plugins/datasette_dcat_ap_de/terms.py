"""RDF without a library: triples, and the lines of N-Triples that say them.

Every node has an address of its own (there are no blank nodes), so the same facts give the same
lines. Source: W3C RDF 1.1 N-Triples, 25 February 2014.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_IRI_UNSAFE = re.compile(r"[\x00-\x20<>\"{}|^`\\]")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# not allowed in XML 1.0, so that the same text can be said in RDF/XML too
_UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.+")


@dataclass(frozen=True, slots=True)
class Iri:
    """An address. What may not stand in one is percent-encoded when it is written."""

    value: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, with the tag of its language or the IRI of its type."""

    value: str
    language: str = ""
    datatype: str = ""


Triple = tuple[Iri, Iri, Iri | Literal]


def is_absolute(text: str) -> bool:
    """Tell whether ``text`` can stand as an absolute IRI as it is."""
    return bool(_SCHEME.fullmatch(text)) and not _IRI_UNSAFE.search(text)


def ntriples(triples: Iterable[Triple]) -> bytes:
    """Return the triples as N-Triples (UTF-8), each once and in order."""
    lines = sorted({f"{_term(s)} {_term(p)} {_term(o)} .\n" for s, p, o in triples})
    return "".join(lines).encode()


def _term(term: Iri | Literal) -> str:
    if isinstance(term, Iri):
        return f"<{_IRI_UNSAFE.sub(_percent, term.value)}>"
    text = _UNSAYABLE.sub("\ufffd", term.value)
    quoted = '"' + "".join(_ESCAPES.get(one, one) for one in text) + '"'
    if term.language:
        return f"{quoted}@{term.language}"
    return f"{quoted}^^<{term.datatype}>" if term.datatype else quoted


def _percent(found: re.Match[str]) -> str:
    return f"%{ord(found.group()):02X}"

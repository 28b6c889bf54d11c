"""Datasets of other catalogues, which another program harvested and laid into a folder.

Each `*.json` there is an object `{"datasets": [{"iri", "identifier", "title", "services",
"triples"}]}`: `triples` are N-Triples without blank nodes, of the dataset and all that hangs on it,
`services` the IRIs of data services among them. Of one identifier the first file, by name, counts.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from datasette_dcat_ap_de.terms import Iri, Triple, is_absolute
from datasette_dcat_ap_de.triples import CATALOGUE, ROOT
from datasette_dcat_ap_de.vocabulary import DCAT

MAX_FILE = 64 << 20
_IRI = r"<[^\x00-\x20<>\"{}|^`\\]+>"
_TEXT = r'"(?:[^"\\\x00-\x1f]|\\[tbnrf"\\]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*"'
_LINE = re.compile(
    rf"{_IRI} {_IRI} (?:{_IRI}|{_TEXT}(?:@[A-Za-z]+(?:-[A-Za-z0-9]+)*|\^\^{_IRI})?) \."
)
_log = logging.getLogger("datasette_dcat_ap_de")


@dataclass(frozen=True, slots=True)
class Harvested:
    """One dataset of another catalogue; ``triples`` are whole lines of N-Triples."""

    iri: str
    identifier: str
    title: str
    services: tuple[str, ...]
    triples: str


@dataclass(slots=True)
class Reader:
    """What reads a folder, and reads a file again only once its time or size is another."""

    _files: dict[Path, tuple[tuple[int, int], list[Harvested]]] = field(default_factory=dict)

    def read(self, folder: Path) -> tuple[Harvested, ...]:
        """Return what lies in ``folder``.

        A file that is not as it must be is left out and logged.
        """
        found: dict[str, Harvested] = {}
        files: dict[Path, tuple[tuple[int, int], list[Harvested]]] = {}
        for path in sorted(folder.glob("*.json")):
            try:
                there = path.stat()
                mark = there.st_mtime_ns, there.st_size
                known = self._files.get(path)
                each = known[1] if known is not None and known[0] == mark else _file(path, mark[1])
            except OSError as error:
                _log.warning("%s is left out: %s", path.name, error)
                continue
            files[path] = mark, each
            for one in each:
                found.setdefault(one.identifier, one)
        self._files = files
        return tuple(found.values())


def _file(path: Path, size: int) -> list[Harvested]:
    try:
        if size > MAX_FILE:
            raise ValueError(f"more than {MAX_FILE} bytes")  # noqa: TRY301
        return [dataset_of(one) for one in json.loads(path.read_text("utf-8"))["datasets"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        _log.warning("%s is left out: %s", path.name, error)
        return []


def page_of_harvested(some: Iterable[Harvested]) -> Iterator[Triple]:
    """Yield what joins datasets to this catalogue."""
    node = Iri(ROOT + CATALOGUE)
    for one in some:
        yield node, DCAT("dataset"), Iri(one.iri)
        for service in one.services:
            yield node, DCAT("service"), Iri(service)


def dataset_of(said: dict[str, object]) -> Harvested:
    """Return a dataset as it is laid into the folder.

    :raises KeyError, TypeError, ValueError: if it is not as it must be.
    """
    texts = [said[name] for name in ("iri", "identifier", "title", "triples")]
    services = said["services"]
    if not isinstance(services, list) or not all(
        isinstance(one, str) for one in (*texts, *services)
    ):
        raise TypeError("something is no text")
    iri, identifier, title, triples = map(str, texts)
    if not all(is_absolute(one) for one in (iri, *services)) or not identifier:
        raise ValueError("something is no address")
    for line in triples.split("\n"):
        if line and not _LINE.fullmatch(line):
            raise ValueError("a line is no triple")
    return Harvested(iri, identifier, title, tuple(services), triples)

"""A portal that knows nothing of this plugin walks all pages, and finds each dataset once."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette
from datasette_dcat_ap_de.harvested import Reader
from rdflib import RDF, Graph, Namespace
from rdflib.namespace import DCAT, DCTERMS

from tests.datasette_plugins.dcat_ap_de.conftest import PLUGIN, WHOLE
from tests.datasette_plugins.instance import ask, days, described, make

HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
OLD_AND_NEW = ((HYDRA.PagedCollection, HYDRA.nextPage), (HYDRA.PartialCollectionView, HYDRA.next))


def hundred(folder: Path, count: int, **changed: object) -> Datasette:
    names = [f"dorf{number:03d}" for number in range(count)]
    files = [days(folder, name) for name in names]
    said: dict[str, Any] = {
        "title": "Daten",
        "description": "Alle.",
        "databases": {name: described(name) for name in names},
    }
    return make(files, said, {PLUGIN: {**WHOLE, **changed}})


async def harvest(
    datasette: Datasette, start: str, form: str, kind: object, follow: object
) -> tuple[Counter[str], int]:
    """Return how often each dataset was met, and how many pages there were."""
    met: Counter[str] = Counter()
    path, pages = start, 0
    while path:
        pages += 1
        assert pages < 50, "the pages never end"
        answer = await datasette.client.get(path.removeprefix("http://localhost"))
        assert answer.status_code == 200
        graph = Graph().parse(data=answer.content, format=form)
        for dataset in graph.subjects(RDF.type, DCAT.Dataset):
            assert graph.value(dataset, DCTERMS.title)
            assert set(graph.objects(dataset, DCAT.distribution))
            met[str(dataset)] += 1
        (view,) = graph.subjects(RDF.type, kind)
        assert int(graph.value(view, HYDRA.totalItems)) == 7
        path = str(graph.value(view, follow) or "")
    return met, pages


@pytest.mark.parametrize(("kind", "follow"), OLD_AND_NEW)
@pytest.mark.parametrize(("suffix", "form"), [("ttl", "turtle"), ("rdf", "xml")])
def test_every_dataset_is_found_once(
    tmp_path: Path, kind: object, follow: object, suffix: str, form: str
) -> None:
    async def questions(datasette: Datasette) -> None:
        met, pages = await harvest(datasette, f"/-/dcat.{suffix}", form, kind, follow)
        assert pages == 3
        assert met == {f"http://localhost/dorf{number:03d}#dataset": 1 for number in range(7)}

    ask(hundred(tmp_path, 7, page_size=3), questions)


def test_a_harvested_file_is_read_again_once_it_is_another(tmp_path: Path) -> None:
    def laid(name: str, *titles: str) -> None:
        each = [
            {"iri": f"https://a.example/{one}", "identifier": one, "title": one, "services": []}
            for one in titles
        ]
        said = {"datasets": [{**one, "triples": ""} for one in each]}
        (tmp_path / name).write_text(json.dumps(said))

    reader = Reader()
    laid("a.json", "eins")
    laid("b.json", "zwei")
    (tmp_path / "c.json").write_text("{")
    first = reader.read(tmp_path)
    assert [one.title for one in first] == ["eins", "zwei"]
    assert [one is two for one, two in zip(first, reader.read(tmp_path), strict=True)] == [True] * 2
    laid("b.json", "zwei", "drei")
    (tmp_path / "c.json").unlink()
    second = reader.read(tmp_path)
    assert [one.title for one in second] == ["eins", "zwei", "drei"]
    assert second[0] is first[0]
    (tmp_path / "a.json").unlink()
    assert [one.title for one in reader.read(tmp_path)] == ["zwei", "drei"]


@pytest.mark.parametrize("page", ["0", "4", "-1", "x", "1.5", "9" * 20])
def test_a_page_that_is_not_there_is_not_found(tmp_path: Path, page: str) -> None:
    async def questions(datasette: Datasette) -> None:
        answer = await datasette.client.get("/-/dcat.ttl", params={"page": page})
        assert answer.status_code == 404

    ask(hundred(tmp_path, 7, page_size=3), questions)

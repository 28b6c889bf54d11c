"""Villages' catalogues in the county's: real Datasettes, real servers, and strangers' nonsense."""

from __future__ import annotations

import asyncio
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from datasette_dcat_ap_de.harvested import Reader
from rdflib import DCAT, DCTERMS, RDF, Graph

from edge.publish.serve import create_datasette as create_hub
from sync.cli import root
from sync.county import harvest, jobs, open_build, visits
from sync.county.open_serve import create_datasette
from tests.datasette_plugins.dcat_ap_de.shapes import violations
from tests.sync.county.villages import DAY, T0, Village, villages

if TYPE_CHECKING:
    from tests.sync.county.conftest import Office

HEAT = "kommunale-waerme"
HEAD = """
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix hydra: <http://www.w3.org/ns/hydra/core#> .
<> a dcat:Catalog .
"""
ONE = """
<https://dorf.example/a> a dcat:Dataset ; dct:title "A" ; dct:description "B" ;
  dct:publisher <https://dorf.example/> ; dcat:distribution [
    dcat:accessURL <https://dorf.example/a.csv> ; dct:title "x\\u0007\\U0001F600\\"\\n" ;
    dct:license <http://dcat-ap.de/def/licenses/dl-zero-de/2.0> ] .
"""


class Pages:
    """A server whose answers a test sets: path to (status, headers, body or chunks)."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], Any]] = {}
        self.asked: list[str] = []
        self.address = ""

    def turtle(self, path: str, text: str | bytes) -> None:
        body = text.encode() if isinstance(text, str) else text
        self.answers[path] = (200, {"Content-Type": "text/turtle; charset=utf-8"}, body)


@contextmanager
def served() -> Iterator[Pages]:
    pages = Pages()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            pages.asked.append(self.path)
            status, headers, body = pages.answers.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for chunk in [body] if isinstance(body, bytes) else body:
                    self.wfile.write(chunk)
            except OSError:  # who asked has gone
                return

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        pages.address = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield pages
        server.shutdown()


@pytest.fixture
def pages() -> Iterator[Pages]:
    with served() as found:
        yield found


def fetched(office: Office, *addresses: str, at: int = T0) -> harvest.Harvest:
    (found,) = harvest.harvest(office.county.config, addresses, at)
    return found


def kept(office: Office) -> list[str]:
    return [one.iri for one in Reader().read(office.county.config.open_data / "harvest")]


def catalogues(datasette: Any, *paths: str) -> list[bytes]:
    async def session() -> list[bytes]:
        try:
            await datasette.client.get("/")
            found = [await datasette.client.get(f"/-/{path}") for path in paths]
            assert {one.status_code for one in found} == {200}, [one.text for one in found]
            return [bytes(one.content) for one in found]
        finally:
            await datasette.invoke_shutdown()

    return asyncio.run(session())


def laid(office: Office, address: str) -> None:
    """Let a catalogue be known from before, at T0."""
    folder = office.county.config.open_data / "harvest"
    folder.mkdir(parents=True)
    one = {"iri": "https://dorf.example/a", "identifier": "a", "title": "A", "services": []}
    said = {"at": T0, "datasets": [{**one, "triples": ""}]}
    (folder / f"{harvest._key(address)}.json").write_text(json.dumps(said))


def named(village: Village, host: str) -> None:
    """Let a village be known by a public name, as nginx before it has it."""
    village.config = replace(
        village.config,
        web=replace(village.config.web, name=host),
        datasette=replace(village.config.datasette, base_url="/daten/"),
    )


def test_villages_with_and_without_a_line_stand_in_one_valid_catalogue(
    tmp_path: Path, office: Office, stick: Path, pages: Pages, shared_data: Path
) -> None:
    with villages(tmp_path) as make:
        some = [make("Holzheim"), make("Lauter")]
        for kw, one in zip((10.0, 4.0), some, strict=True):
            one.meets(office)
            one.measures(kw)
            one.publishes()
            named(one, f"{one.name.lower()}.example")
            from sync.node import publisher  # noqa: PLC0415

            one.sealer.publisher = publisher(one.config)
            one.tells()
            one.lays(stick)
        visits.import_folder(office.county, stick)
        (own,) = catalogues(create_hub(some[0].config), "dcat.ttl")  # a line leads to this one
    pages.turtle("/daten/-/dcat.ttl", own)
    config = office.county.config
    offers = replace(config.offers, public_url="https://kreis.example/daten/", contributor="hessen")
    offers = replace(offers, email="daten@kreis.example")
    office.county = replace(office.county, config=replace(config, offers=offers))
    open_build.build(office.county)
    found = fetched(office, f"{pages.address}/daten/")
    assert (found.problem, found.left_out, found.datasets) == ("", (), 1)
    datasette = create_datasette(office.county.config)
    texts = catalogues(datasette, "dcat.rdf", "dcat.ttl")
    for kind, text in zip(("xml", "turtle"), texts, strict=True):
        graph = Graph().parse(data=text, format=kind)
        titles = {
            (str(graph.value(node, DCTERMS.title)), str(graph.value(node, DCTERMS.identifier)))
            for node in graph.subjects(RDF.type, DCAT.Dataset)
        }
        assert titles == {
            (
                "Wärme in den Häusern der Gemeinde",
                "https://kreis.example/daten/kommunale-waerme#dataset",
            ),
            # harvested, and not once more from what travelled
            (
                "Wärme in den Häusern der Gemeinde",
                "https://holzheim.example/daten/kommunale-waerme#dataset",
            ),
            (
                "Wärme in den Häusern der Gemeinde (Lauter)",
                "https://lauter.example/daten/kommunale-waerme#dataset",
            ),
        }
        assert b"instance.invalid" not in text
    assert violations(graph, shared_data / "dcat_ap_de") == []
    downloads = {str(one) for one in graph.objects(None, DCAT.downloadURL)}
    part = f"https://kreis.example/daten/{HEAT}/waerme_tag.csv?_stream=on&_size=max&dorf_id="
    assert f"{part}{some[1].id}" in downloads


def test_what_disappears_in_the_village_disappears_here(office: Office, pages: Pages) -> None:
    two = ONE + ONE.replace("/a", "/b")
    pages.turtle("/c.ttl", HEAD + two)
    assert fetched(office, f"{pages.address}/c.ttl").datasets == 2
    pages.turtle("/c.ttl", HEAD + ONE)
    assert fetched(office, f"{pages.address}/c.ttl").datasets == 1
    assert kept(office) == ["https://dorf.example/a"]
    harvest.harvest(office.county.config, (), T0)  # nobody wants it any more
    assert kept(office) == []


def test_pages_are_followed_in_their_own_place(office: Office, pages: Pages) -> None:
    pages.turtle("/c.ttl", HEAD + ONE + "<> hydra:next <c.ttl?page=2> .")
    pages.turtle("/c.ttl?page=2", HEAD + ONE.replace("/a", "/b"))
    assert fetched(office, f"{pages.address}/c.ttl").datasets == 2
    assert pages.asked == ["/c.ttl", "/c.ttl?page=2"]


def endless() -> Iterator[bytes]:
    yield HEAD.encode()
    for _ in range(800):  # 50 MB
        yield b"# " + b"x" * 65_533 + b"\n"


TTL = {"Content-Type": "text/turtle"}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((200, TTL, (HEAD + "<> hydra:next <c.ttl> .").encode()), "circle"),
        ((200, TTL, (HEAD + "<> hydra:next <http://192.0.2.1/> .").encode()), "elsewhere"),
        ((302, {"Location": "http://192.0.2.1/"}, b""), "answers 302"),
        ((200, {"Content-Type": "application/ld+json"}, b"{}"), "application/ld+json"),
        ((200, TTL, b"<html>"), "no catalogue in Turtle"),
        ((200, TTL, b"[" * 200_000), "no catalogue in Turtle"),
        ((200, TTL, ONE.encode()), "no catalogue"),
        ((200, TTL, b""), "no catalogue"),
        ((404, {}, b""), "answers 404"),
        ((200, TTL, None), "more than"),
    ],
    ids=["loop", "away", "redirect", "jsonld", "html", "deep", "other", "empty", "absent", "50MB"],
)
def test_a_broken_catalogue_is_told_and_what_was_before_stays(
    office: Office, pages: Pages, answer: tuple[int, dict[str, str], bytes], why: str
) -> None:
    address = f"{pages.address}/c.ttl"
    laid(office, address)
    status, headers, body = answer
    pages.answers["/c.ttl"] = (status, headers, endless() if body is None else body)
    found = fetched(office, address, at=T0 + DAY)
    assert why in found.problem
    assert found.datasets == 1
    assert kept(office) == ["https://dorf.example/a"]
    if why.startswith(("no catalogue", "more")) and body != b"":
        assert len(list(office.county.config.quarantine.glob("harvest-*.ttl"))) == 1
    assert all(one == "/c.ttl" for one in pages.asked)


@pytest.mark.parametrize(
    ("strange", "why"),
    [
        ('<> hydra:next "http://[" .', "no address"),
        ('<> hydra:next "http://[::1" .', "no address"),
        ('<> hydra:next "http://a:b/" .', "no address"),
        ('<> hydra:next "\\uD800" .', "does not answer"),
        (ONE.replace('"A"', '"A\\uD800"'), ""),
        (ONE.replace('"A"', '"A" ; dct:identifier "\\uD800"'), ""),
        ("<https://dorf.example/\\uD800> a dcat:Dataset .", ""),
        (ONE.replace("/a>", "/\\uD800>", 1), ""),
    ],
)
def test_after_a_broken_catalogue_the_next_is_fetched(
    office: Office, pages: Pages, strange: str, why: str
) -> None:
    pages.turtle("/c.ttl", HEAD + strange)
    pages.turtle("/d.ttl", HEAD + ONE.replace("/a>", "/d>"))
    addresses = [f"{pages.address}/{one}.ttl" for one in "cd"]
    first, second = harvest.harvest(office.county.config, addresses, T0)
    assert why in first.problem
    assert bool(why) == bool(first.problem)
    assert (second.problem, second.datasets) == ("", 1)
    assert "https://dorf.example/d" in kept(office)


def test_what_was_before_stays_for_two_weeks(office: Office, pages: Pages) -> None:
    address = f"{pages.address}/absent"
    laid(office, address)
    assert fetched(office, address, at=T0 + 14 * DAY).datasets == 1
    assert fetched(office, address, at=T0 + 15 * DAY).datasets == 0
    assert kept(office) == []


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://h/", "http://a:b@h/", "http:///"])
def test_only_the_web_is_harvested(office: Office, address: str) -> None:
    assert "http or https" in fetched(office, address).problem


def test_datasets_that_portals_would_refuse_are_left_out_and_named(
    office: Office, pages: Pages
) -> None:
    bare = '<https://dorf.example/b> a dcat:Dataset ; dct:title "B" .'
    strange = ONE.replace("https://dorf.example/a>", "http://instance.invalid/a>", 1)
    pages.turtle("/c.ttl", HEAD + ONE + bare + strange)
    found = fetched(office, f"{pages.address}/c.ttl")
    assert found.datasets == 1
    assert sorted(one.split(": ")[0] for one in found.left_out) == [
        "http://instance.invalid/a",
        "https://dorf.example/b",
    ]


@pytest.mark.parametrize(
    "strange",
    [
        "<https://dorf.example/b\\u000A>",
        "<https://dorf.example/b\\u0009>",
        "<https://dorf.example/b\\u007B>",
        "<relative:>",
    ],
)
def test_a_dataset_that_the_catalogue_could_not_read_is_left_out_alone(
    office: Office, pages: Pages, strange: str
) -> None:
    pages.turtle("/c.ttl", HEAD + ONE + ONE.replace("<https://dorf.example/a>", strange))
    found = fetched(office, f"{pages.address}/c.ttl")
    assert (found.datasets, len(found.left_out)) == (1, 1)
    assert kept(office) == ["https://dorf.example/a"]
    source = office.county.config.source
    source.write_text(
        source.read_text() + f'\n[county.open_data]\nharvest = ["{pages.address}/c.ttl"]\n'
    )
    said = jobs.open_data(source, T0)
    assert (said.state, "1 Datensätze nicht im Katalog" in said.message) == ("attention", True)


def test_datasets_that_are_larger_than_their_catalogue_are_refused(
    office: Office, pages: Pages
) -> None:
    # each dataset has the lines of what all of them name
    many = "".join(ONE.replace("/a>", f"/{n}>") for n in range(200))
    text = f'<https://dorf.example/> dct:description "{"x" * 60_000}" .'
    pages.turtle("/c.ttl", HEAD + many + text)
    found = fetched(office, f"{pages.address}/c.ttl")
    assert f"more than {8 << 20} bytes" in found.problem


def test_pages_together_are_no_larger_than_the_catalogue_reads(
    office: Office, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harvest, "MAX_FILE", 2000)
    pages.turtle("/c.ttl", HEAD + ONE + "<> hydra:next <c.ttl?page=2> .")
    pages.turtle("/c.ttl?page=2", HEAD + ONE.replace("/a>", "/b>"))
    assert "more than 2000 bytes" in fetched(office, f"{pages.address}/c.ttl").problem
    pages.turtle("/c.ttl?page=2", HEAD)
    assert fetched(office, f"{pages.address}/c.ttl").datasets == 1


def test_a_catalogue_speaks_for_nobody_else(office: Office, pages: Pages) -> None:
    own = "https://kreis.example/daten/"
    config = office.county.config
    offers = replace(config.offers, public_url=own)
    office.county = replace(office.county, config=replace(config, offers=offers))
    said = {
        "a": "https://b.example/daten/x#dataset",  # another's
        "b": f"{pages.address}/x",
        "c": "4711",
        "d": "https://dorf.example/d",  # its name
    }
    text = HEAD
    for name, identifier in said.items():
        one = ONE.replace("/a>", f"/{name}>")
        text += one.replace('"A"', f'"A" ; dct:identifier "{identifier}" ; dct:spatial <{own}x>')
    text += f'<{own}x> dct:title "Kreis" . <https://dorf.example/> dct:title "Dorf" .'
    text += f"<{own}s> a dcat:DataService ; dcat:servesDataset <https://dorf.example/a> ."
    text += f"<https://dorf.example/> dct:relation <{own}s> ."
    pages.turtle("/c.ttl", text)
    assert fetched(office, f"{pages.address}/c.ttl").datasets == 4
    found = Reader().read(office.county.config.open_data / "harvest")
    names = {one.iri[-1]: one.identifier for one in found}
    assert names == {
        "a": "https://dorf.example/a",
        "b": said["b"],
        "c": "https://dorf.example/c",
        "d": said["d"],
    }
    for one in found:
        assert "Kreis" not in one.triples
        assert "Dorf" in one.triples
        assert one.services == ()
        (line,) = [line for line in one.triples.split("\n") if "/identifier>" in line]
        assert f'"{one.identifier}"' in line


def test_an_address_that_two_hubs_tell_names_neither(
    tmp_path: Path, office: Office, stick: Path
) -> None:
    config = office.county.config
    offers = replace(config.offers, public_url="https://kreis.example/daten/")
    office.county = replace(office.county, config=replace(config, offers=offers))
    with villages(tmp_path) as make:
        hosts = {"A": "same", "B": "same", "C": "kreis", "D": "own"}
        some = {name: make(name) for name in hosts}
        for name, one in some.items():
            one.meets(office)
            one.measures(3.0)
            one.publishes()
            address = f"https://{hosts[name]}.example/daten/"
            one.sealer.publisher = replace(one.sealer.publisher, address=address)
            one.tells()
            one.lays(stick)
        visits.import_folder(office.county, stick)
    open_build.build(office.county)
    found = {one.identifier for one in Reader().read(config.open_data / "harvest")}
    assert found == {
        *(f"urn:dorfhub:{some[name].id}:{HEAT}" for name in "ABC"),
        f"https://own.example/daten/{HEAT}#dataset",
    }


def test_the_countys_own_datasets_do_not_come_back(office: Office, pages: Pages) -> None:
    config = office.county.config
    offers = replace(config.offers, public_url="https://dorf.example/")
    office.county = replace(office.county, config=replace(config, offers=offers))
    pages.turtle("/c.ttl", HEAD + ONE)
    assert fetched(office, f"{pages.address}/c.ttl").datasets == 0


def test_a_file_that_somebody_broke_does_not_break_the_catalogue(
    office: Office, pages: Pages
) -> None:
    pages.turtle("/c.ttl", HEAD + ONE)
    fetched(office, f"{pages.address}/c.ttl")
    folder = office.county.config.open_data / "harvest"
    (good,) = folder.glob("a-*.json")
    said = json.loads(good.read_text())
    said["datasets"][0]["triples"] += "\n<a> <b> _:c ."
    (folder / "a-0.json").write_text(json.dumps(said))
    (folder / "a-1.json").write_text("{")
    assert kept(office) == ["https://dorf.example/a"]
    (text,) = catalogues(create_datasette(office.county.config), "dcat.rdf")
    assert "\U0001f600" in text.decode()


def test_the_job_and_the_command_tell(office: Office, pages: Pages) -> None:
    source = office.county.config.source
    source.write_text(
        source.read_text() + f'\n[county.open_data]\nharvest = ["{pages.address}/c.ttl"]\n'
    )
    said = jobs.open_data(source, T0)
    assert said.state == "attention"
    assert "answers 404" in said.message
    pages.turtle("/c.ttl", HEAD + ONE)
    done = CliRunner().invoke(root, ["county", "open-data", "harvest", "--county", str(source)])
    assert (done.exit_code, "1 Datensätze" in done.output) == (0, True), done.output
    assert jobs.open_data(source, T0).state == "ok"

"""A page of the catalogue as triples. Pure: the same facts give the same triples.

All own addresses begin with :data:`ROOT`, which is exchanged for the instance's own once somebody
asks: what is kept of a page then serves every name by which the instance can be reached.
Source: DCAT-AP.de 3.0; Hydra Core Vocabulary (both generations: CKAN reads the older names).
"""

from __future__ import annotations

from collections.abc import Iterator

from datasette_dcat_ap_de.model import Agent, Catalogue, Contact, Dataset, Distribution, Page
from datasette_dcat_ap_de.terms import Iri, Literal, Triple
from datasette_dcat_ap_de.vocabulary import (
    CONTRIBUTORS,
    DCAT,
    DCATAP,
    DCATDE,
    DCT,
    ELI,
    EU,
    FOAF,
    GEOCODING,
    HVD_CATEGORIES,
    HVD_LEGISLATION,
    HYDRA,
    IANA,
    LANGUAGES,
    PUBLISHER_TYPES,
    RDF,
    SPDX,
    VCARD,
    XSD,
    region,
)

ROOT = "http://instance.invalid"  # RFC 6761: nobody's name
CATALOGUE = "/-/dcat"
API_DOCS = "https://docs.datasette.io/en/latest/json_api.html"
_A = RDF("type")


def page_of(catalogue: Catalogue, page: Page) -> Iterator[Triple]:
    """Yield one page: the catalogue itself and the page's datasets with all that hangs on them."""
    first = (page.number - 1) * page.size
    datasets = catalogue.datasets[first : first + page.size]
    yield from _catalogue(catalogue, datasets)
    yield from _paging(page)
    for dataset in datasets:
        yield from _dataset(catalogue, dataset)


def _own(path: str) -> Iri:
    return Iri(ROOT + path)


def _link(text: str) -> Iri:
    return _own(text) if text.startswith("/") else Iri(text)


def _catalogue(catalogue: Catalogue, datasets: tuple[Dataset, ...]) -> Iterator[Triple]:
    node, tag = _own(CATALOGUE), catalogue.language
    yield node, _A, DCAT("Catalog")
    yield node, DCT("title"), Literal(catalogue.title, tag)
    yield node, DCT("description"), Literal(catalogue.description, tag)
    yield node, DCT("language"), Iri(f"{EU}language/{LANGUAGES[tag]}")
    yield node, DCT("publisher"), _publisher(catalogue)
    yield node, FOAF("homepage"), _own("/")
    yield _own("/"), _A, FOAF("Document")
    yield node, DCAT("themeTaxonomy"), Iri(f"{EU}data-theme")
    if newest := max((one.modified for one in catalogue.datasets), default=""):
        yield node, DCT("modified"), _moment(newest)
    yield from _place(node, catalogue.region)
    yield from _agent(_publisher(catalogue), catalogue.publisher, tag)
    if catalogue.contact:
        yield from _contact(catalogue.contact)
    for dataset in datasets:
        yield node, DCAT("dataset"), _dataset_node(dataset)
        if any(one.is_api for one in dataset.distributions):
            yield node, DCAT("service"), _service_node(dataset)


def _paging(page: Page) -> Iterator[Triple]:
    def numbered(number: int) -> Iri:
        return _own(f"{CATALOGUE}{page.suffix}?page={number}")

    node = numbered(page.number)
    yield node, _A, HYDRA("PagedCollection")
    yield node, _A, HYDRA("PartialCollectionView")
    yield _own(CATALOGUE), HYDRA("view"), node
    yield node, HYDRA("totalItems"), Literal(str(page.total), datatype=f"{XSD}integer")
    yield node, HYDRA("itemsPerPage"), Literal(str(page.size), datatype=f"{XSD}integer")
    for name, number in (
        ("first", 1),
        ("last", page.last),
        ("next", page.number + 1),
        ("previous", page.number - 1),
    ):
        if 1 <= number <= page.last:
            yield node, HYDRA(name), numbered(number)
            yield node, HYDRA(f"{name}Page"), numbered(number)


def _publisher(catalogue: Catalogue) -> Iri:
    return Iri(catalogue.publisher.uri) if catalogue.publisher.uri else _own("/-/dcat#publisher")


def _agent(node: Iri, agent: Agent, tag: str) -> Iterator[Triple]:
    yield node, _A, FOAF("Agent")
    yield node, _A, FOAF("Organization")
    yield node, FOAF("name"), Literal(agent.name, tag)
    if agent.kind:
        yield node, DCT("type"), Iri(PUBLISHER_TYPES + agent.kind)
    if agent.homepage:
        yield node, FOAF("homepage"), Iri(agent.homepage)


def _contact(contact: Contact) -> Iterator[Triple]:
    node = _own("/-/dcat#contact")
    yield node, _A, VCARD("Kind")
    yield node, _A, VCARD("Organization")
    yield node, VCARD("fn"), Literal(contact.name)
    if contact.email:
        yield node, VCARD("hasEmail"), Iri(f"mailto:{contact.email}")
    if contact.url:
        yield node, VCARD("hasURL"), Iri(contact.url)
    if contact.telephone:
        yield node, VCARD("hasTelephone"), Iri(f"tel:{contact.telephone}")


def _dataset_node(dataset: Dataset) -> Iri:
    return _own(f"{dataset.path}#dataset")


def _service_node(dataset: Dataset) -> Iri:
    return _own(f"{dataset.path}#api")


def _dataset(catalogue: Catalogue, dataset: Dataset) -> Iterator[Triple]:
    node, tag, about = _dataset_node(dataset), catalogue.language, dataset.about
    yield node, _A, DCAT("Dataset")
    yield node, DCT("title"), Literal(dataset.title, tag)
    yield node, DCT("description"), Literal(dataset.description, tag)
    yield (
        node,
        DCT("identifier"),
        Literal(about.identifier) if about.identifier else Literal(node.value),
    )
    yield node, DCT("publisher"), _publisher(catalogue)
    yield node, DCT("language"), Iri(f"{EU}language/{LANGUAGES[tag]}")
    yield node, DCT("accessRights"), Iri(f"{EU}access-right/PUBLIC")
    yield node, DCAT("landingPage"), _own(dataset.path)
    yield _own(dataset.path), _A, FOAF("Document")
    if catalogue.contact:
        yield node, DCAT("contactPoint"), _own("/-/dcat#contact")
    yield from _described(catalogue, dataset)
    if dataset.modified:
        yield node, DCT("modified"), _moment(dataset.modified)
    yield from _period(node, dataset)
    for one in dataset.distributions:
        yield node, DCAT("distribution"), _own(f"{one.path}#{one.mark}")
        yield from _distribution(catalogue, dataset, one)
    if any(one.is_api for one in dataset.distributions):
        yield from _service(catalogue, dataset)


def _described(catalogue: Catalogue, dataset: Dataset) -> Iterator[Triple]:
    node, tag, about = _dataset_node(dataset), catalogue.language, dataset.about
    for theme in about.themes:
        yield node, DCAT("theme"), Iri(f"{EU}data-theme/{theme}")
    for keyword in about.keywords:
        yield node, DCAT("keyword"), Literal(keyword, tag)
    if about.frequency:
        yield node, DCT("accrualPeriodicity"), Iri(f"{EU}frequency/{about.frequency}")
    if about.availability:
        yield node, DCATAP("availability"), _availability(about.availability)
    yield from _governed(catalogue, dataset)
    if about.issued:
        yield node, DCT("issued"), _moment(about.issued)
    if about.documentation:
        yield node, FOAF("page"), Iri(about.documentation)
    if dataset.source:
        provenance = _own(f"{dataset.path}#provenance")
        yield node, DCT("provenance"), provenance
        yield provenance, _A, DCT("ProvenanceStatement")
        yield (
            provenance,
            Iri("http://www.w3.org/2000/01/rdf-schema#label"),
            Literal(dataset.source, tag),
        )
    for name in about.hvd:
        yield node, DCATAP("hvdCategory"), HVD_CATEGORIES[name]
    yield from _legislation(node, dataset)


def _governed(catalogue: Catalogue, dataset: Dataset) -> Iterator[Triple]:
    """Yield what German administrations add: through whom it comes, of which area it is."""
    node, about = _dataset_node(dataset), dataset.about
    if about.contributor:
        yield node, DCATDE("contributorID"), contributor(about.contributor)
    if about.level:
        yield node, DCATDE("politicalGeocodingLevelURI"), Iri(f"{GEOCODING}Level/{about.level}")
    yield from _place(node, about.region)
    if catalogue.both_geocodings and (place := region(about.region)):
        yield node, DCATDE("politicalGeocodingURI"), place


def contributor(name: str) -> Iri:
    """Return the IRI of a provider: one of the register by its short name, or any IRI."""
    return Iri(name if ":" in name else CONTRIBUTORS + name)


def _availability(code: str) -> Iri:
    return Iri(f"{EU}planned-availability/{code}")


def _legislation(node: Iri, dataset: Dataset) -> Iterator[Triple]:
    """HVD's rule: what obliges is named at the dataset, its distributions and its service."""
    laws = [Iri(law) for law in dataset.about.legislation]
    for law in [HVD_LEGISLATION, *laws] if dataset.about.hvd else laws:
        yield node, DCATAP("applicableLegislation"), law
        yield law, _A, ELI("LegalResource")


def _place(node: Iri, key: str) -> Iterator[Triple]:
    if place := region(key):
        yield node, DCT("spatial"), place
        yield place, _A, DCT("Location")


def _period(node: Iri, dataset: Dataset) -> Iterator[Triple]:
    if not (dataset.start or dataset.end):
        return
    period = _own(f"{dataset.path}#temporal")
    yield node, DCT("temporal"), period
    yield period, _A, DCT("PeriodOfTime")
    for name, value in (("startDate", dataset.start), ("endDate", dataset.end)):
        if value:
            yield period, DCAT(name), _moment(value)


def _distribution(catalogue: Catalogue, dataset: Dataset, one: Distribution) -> Iterator[Triple]:
    node, tag = _own(f"{one.path}#{one.mark}"), catalogue.language
    yield node, _A, DCAT("Distribution")
    yield node, DCT("title"), Literal(one.title, tag)
    if one.description:
        yield node, DCT("description"), Literal(one.description, tag)
    yield node, DCAT("accessURL"), _link(one.access)
    if one.download:
        yield node, DCAT("downloadURL"), _link(one.download)
    yield node, DCT("license"), one.licence
    yield node, DCT("language"), Iri(f"{EU}language/{LANGUAGES[tag]}")
    if one.attribution:
        yield node, DCATDE("licenseAttributionByText"), Literal(one.attribution, tag)
    if one.format:
        yield node, DCT("format"), Iri(f"{EU}file-type/{one.format}")
    if one.media_type:
        yield node, DCAT("mediaType"), Iri(IANA + one.media_type)
    if one.compress:
        yield node, DCAT("compressFormat"), Iri(IANA + one.compress)
    yield from _file(node, one)
    if one.modified or dataset.modified:
        yield node, DCT("modified"), _moment(one.modified or dataset.modified)
    if dataset.about.availability:
        yield node, DCATAP("availability"), _availability(dataset.about.availability)
    if one.is_api:
        yield node, DCAT("accessService"), _service_node(dataset)
    yield from _legislation(node, dataset)


def _file(node: Iri, one: Distribution) -> Iterator[Triple]:
    """Yield how large a file is, and by which sum it is known to have come whole."""
    if one.size is not None:
        size = Literal(str(one.size), datatype=f"{XSD}nonNegativeInteger")
        yield node, DCAT("byteSize"), size
    if one.sha256:
        check = _own(f"{one.path}#{one.mark}-sha256")
        yield node, SPDX("checksum"), check
        yield check, _A, SPDX("Checksum")
        yield check, SPDX("algorithm"), SPDX("checksumAlgorithm_sha256")
        yield SPDX("checksumAlgorithm_sha256"), _A, SPDX("ChecksumAlgorithm")
        yield check, SPDX("checksumValue"), Literal(one.sha256, datatype=f"{XSD}hexBinary")


def _service(catalogue: Catalogue, dataset: Dataset) -> Iterator[Triple]:
    node, tag = _service_node(dataset), catalogue.language
    yield node, _A, DCAT("DataService")
    yield node, DCT("title"), Literal(f"JSON-API: {dataset.title}", tag)
    yield node, DCAT("endpointURL"), _own(f"{dataset.path}.json")
    yield node, DCAT("endpointDescription"), Iri(API_DOCS)
    yield node, DCAT("servesDataset"), _dataset_node(dataset)
    yield node, DCT("publisher"), _publisher(catalogue)
    yield node, DCT("accessRights"), Iri(f"{EU}access-right/PUBLIC")
    yield node, DCT("format"), Iri(f"{EU}file-type/JSON")
    licences = {one.licence for one in dataset.distributions if one.is_api}
    if len(licences) == 1:
        yield node, DCT("license"), licences.pop()
    if dataset.about.availability:
        yield node, DCATAP("availability"), _availability(dataset.about.availability)
    if catalogue.contact:
        yield node, DCAT("contactPoint"), _own("/-/dcat#contact")
    for name in dataset.about.hvd:
        yield node, DCATAP("hvdCategory"), HVD_CATEGORIES[name]
    yield from _legislation(node, dataset)


def _moment(text: str) -> Literal:
    """Return a date or a time with its type; ``text`` is one of them, by its length."""
    kinds = {4: "gYear", 7: "gYearMonth", 10: "date"}
    return Literal(text, datatype=XSD + kinds.get(len(text), "dateTime"))

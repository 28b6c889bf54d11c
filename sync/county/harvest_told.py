"""Villages' datasets for the county's catalogue, made of what they told with their releases.

For hubs that no line leads to: nobody can harvest them. A dataset is named as the village's own
catalogue names it, where it has a public address, so that portals do not take it for two; what can
be downloaded is the village's part of the county's file. One that was harvested counts instead.
An address that two hubs tell, or the county's own, names none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from datasette_dcat_ap_de.terms import Iri, Literal, Triple, is_absolute, ntriples
from datasette_dcat_ap_de.triples import ROOT, contributor
from datasette_dcat_ap_de.vocabulary import (
    DCAT,
    DCATAP,
    DCATDE,
    DCT,
    EU,
    FOAF,
    GEOCODING,
    IANA,
    PUBLISHER_TYPES,
    RDF,
    VCARD,
    XSD,
    licence,
    region,
)

from edge.publish.cube import Cube
from sync.county import disk
from sync.county.config import CountyConfig
from sync.county.municipalities import KEYS
from sync.county.open_cubes import Place, county_cubes, prefixed
from sync.county.open_releases import Released

_A = RDF("type")
_MAIL = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+")


def keep(
    config: CountyConfig,
    places: Mapping[str, Place],
    releases: Mapping[tuple[str, str], Released],
    included: Collection[tuple[str, str]],
) -> None:
    """Keep a file of datasets for each hub with releases in the county's files, and no other.

    ``included`` are hub and cube of what is served.

    :raises OSError: if the disk does not take it.
    """
    folder = config.open_data / "harvest"
    disk.make_folder(folder)
    cubes = {cube.name: cube for cube in county_cubes()}
    datasets: dict[str, list[dict[str, object]]] = {}
    telling: dict[str, set[str]] = {_host(config.offers.public_url): {""}}
    for (hub, _), released in releases.items():
        if hub in places:
            telling.setdefault(_host(released.address), set()).add(hub)
    for hub, cube in sorted(included):
        released = releases[hub, cube]
        if len(telling[_host(released.address)] | {hub}) > 1:  # nobody speaks for others
            released = replace(released, address="")
        said = _said(config, places[hub], cubes[cube], released)
        datasets.setdefault(hub, []).append(said)
    for hub, some in datasets.items():
        content = json.dumps({"datasets": some}, ensure_ascii=False).encode()
        file = _file(folder, hub)
        if not file.is_file() or file.read_bytes() != content:
            disk.write(file, content)
    for file in folder.glob("b-*.json"):
        if file not in {_file(folder, hub) for hub in datasets}:
            file.unlink()


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return ""


def _file(folder: Path, hub: str) -> Path:
    return folder / f"b-{hub}.json"  # behind what was harvested: the first of a name counts


def _said(config: CountyConfig, place: Place, cube: Cube, released: Released) -> dict[str, object]:
    address = released.address if is_absolute(released.address) else ""
    local = f"{ROOT}/{cube.name}/{prefixed(cube)[0].name}?dorf_id={place.hub}#dataset"
    iri = f"{address}{cube.name}#dataset" if address else local
    identifier = iri if address else f"urn:dorfhub:{place.hub}:{cube.name}"
    title = f"{cube.title} ({place.name})"
    triples = _triples(config, place, cube, released, iri, identifier)
    return {
        "iri": iri,
        "identifier": identifier,
        "title": title,
        "services": [],
        "triples": ntriples(triples).decode().rstrip("\n"),
    }


def _triples(  # noqa: PLR0917 - whose, what, and how it is called
    config: CountyConfig,
    place: Place,
    cube: Cube,
    released: Released,
    iri: str,
    identifier: str,
) -> Iterator[Triple]:
    node = Iri(iri)
    publisher = Iri(f"urn:dorfhub:{place.hub}:publisher")
    german = Iri(f"{EU}language/DEU")
    yield node, _A, DCAT("Dataset")
    yield node, DCT("title"), Literal(f"{cube.title} ({place.name})", "de")
    yield node, DCT("description"), Literal(cube.description, "de")
    yield node, DCT("identifier"), Literal(identifier)
    yield node, DCT("publisher"), publisher
    yield publisher, _A, FOAF("Agent")
    yield publisher, _A, FOAF("Organization")
    yield publisher, FOAF("name"), Literal(released.publisher or place.name, "de")
    yield publisher, DCT("type"), Iri(f"{PUBLISHER_TYPES}LocalAuthority")
    yield node, DCT("language"), german
    yield node, DCT("accessRights"), Iri(f"{EU}access-right/PUBLIC")
    yield node, DCT("accrualPeriodicity"), Iri(f"{EU}frequency/{cube.catalogue.frequency}")
    told = datetime.fromtimestamp(released.told_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    yield node, DCT("modified"), Literal(told, datatype=f"{XSD}dateTime")
    for theme in cube.catalogue.themes:
        yield node, DCAT("theme"), Iri(f"{EU}data-theme/{theme}")
    for keyword in cube.catalogue.keywords:
        yield node, DCAT("keyword"), Literal(keyword, "de")
    if config.offers.contributor:
        yield node, DCATDE("contributorID"), contributor(config.offers.contributor)
    yield node, DCATDE("politicalGeocodingLevelURI"), Iri(f"{GEOCODING}Level/municipality")
    yield node, DCATAP("availability"), Iri(f"{EU}planned-availability/STABLE")
    if area := region(KEYS.get(place.town, "") or config.offers.region):
        yield node, DCT("spatial"), area
        yield area, _A, DCT("Location")
        yield node, DCATDE("politicalGeocodingURI"), area
    if _MAIL.fullmatch(released.contact):
        contact = Iri(f"urn:dorfhub:{place.hub}:contact")
        yield node, DCAT("contactPoint"), contact
        yield contact, _A, VCARD("Kind")
        yield contact, _A, VCARD("Organization")
        yield contact, VCARD("fn"), Literal(released.publisher or place.name)
        yield contact, VCARD("hasEmail"), Iri(f"mailto:{released.contact}")
    for table in prefixed(cube):
        path = f"{ROOT}/{cube.name}/{table.name}"
        form = Iri(f"{path}?dorf_id={place.hub}#csv")
        yield node, DCAT("distribution"), form
        yield form, _A, DCAT("Distribution")
        yield form, DCT("title"), Literal(f"{table.title} ({place.name}): als CSV-Datei", "de")
        yield form, DCAT("accessURL"), Iri(f"{path}?dorf_id={place.hub}")
        download = f"{path}.csv?_stream=on&_size=max&dorf_id={place.hub}"
        yield form, DCAT("downloadURL"), Iri(download)
        yield form, DCT("license"), licence(cube.licence_url)
        yield form, DCATDE("licenseAttributionByText"), Literal(cube.source, "de")
        yield form, DCT("format"), Iri(f"{EU}file-type/CSV")
        yield form, DCAT("mediaType"), Iri(f"{IANA}text/csv")
        yield form, DCT("language"), german
        yield form, DCATAP("availability"), Iri(f"{EU}planned-availability/STABLE")

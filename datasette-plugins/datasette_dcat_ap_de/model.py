"""What a catalogue says, before it is RDF. Paths begin with `/` and count from the instance."""

from __future__ import annotations

from dataclasses import dataclass, field

from datasette_dcat_ap_de.terms import Iri


@dataclass(frozen=True, slots=True)
class Agent:
    """Who publishes; ``kind`` is a type of the ADMS vocabulary, or empty."""

    name: str
    uri: str = ""
    homepage: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask: a name and at least one of address, form and telephone."""

    name: str
    email: str = ""
    url: str = ""
    telephone: str = ""


@dataclass(frozen=True, slots=True)
class Distribution:
    """One form of one table. ``mark`` makes its address: `PATH#MARK`."""

    path: str
    mark: str
    title: str
    access: str
    licence: Iri
    description: str = ""
    download: str = ""
    format: str = ""  # a code of the EU's file types
    media_type: str = ""
    compress: str = ""  # media type of what it is packed with
    size: int | None = None
    sha256: str = ""
    attribution: str = ""
    modified: str = ""
    is_api: bool = False


@dataclass(frozen=True, slots=True)
class About:
    """What is configured of a dataset, or of all that say nothing themselves."""

    themes: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    frequency: str = ""
    availability: str = ""
    region: str = ""
    level: str = ""
    contributor: str = ""
    hvd: tuple[str, ...] = ()
    legislation: tuple[str, ...] = ()
    issued: str = ""
    identifier: str = ""
    documentation: str = ""
    start: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A database or a table. ``start`` and ``end`` are dates or times as ISO 8601."""

    path: str
    title: str
    description: str
    about: About
    distributions: tuple[Distribution, ...]
    modified: str = ""
    start: str = ""
    end: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All of it; ``language`` is a tag such as `de`."""

    title: str
    description: str
    language: str
    publisher: Agent
    contact: Contact | None
    datasets: tuple[Dataset, ...] = field(default=())
    region: str = ""
    both_geocodings: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the catalogue: ``number`` from 1, of ``last``, ``size`` datasets a page."""

    number: int
    last: int
    size: int
    total: int
    suffix: str  # of the address, so that the next page comes in the same format

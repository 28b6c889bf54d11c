"""The plugin's configuration, read whole: what is wrong is collected, not raised one by one."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal

from datasette_dcat_ap_de.model import About, Agent, Contact
from datasette_dcat_ap_de.terms import is_absolute
from datasette_dcat_ap_de.vocabulary import (
    AGENT_TYPES,
    AVAILABILITIES,
    FREQUENCIES,
    HVD_CATEGORIES,
    LANGUAGES,
    LEVELS,
    THEMES,
    region,
)

PLUGIN = "datasette-dcat-ap-de"
PAGE_SIZE = 100

_PUBLIC = re.compile(r"https?://[A-Za-z0-9._:\[\]-]+(?:/[A-Za-z0-9._~/-]*)?")

_OF_A_DATASET = frozenset(
    {
        "availability",
        "contributor",
        "documentation",
        "end",
        "exclude",
        "frequency",
        "hvd",
        "identifier",
        "issued",
        "keywords",
        "legislation",
        "level",
        "region",
        "start",
        "themes",
        "time_column",
    }
)
_OF_ALL = frozenset(
    {
        "both_geocodings",
        "contact",
        "dataset_per",
        "description",
        "harvested",
        "language",
        "page_size",
        "public_url",
        "publisher",
        "title",
        "trust_forwarded",
    }
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is missing or wrong: ``where`` it stands, ``key`` of words, and what is allowed."""

    where: str
    key: str
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """The configuration of one database or table."""

    about: About = field(default_factory=About)
    exclude: bool = False
    time_column: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration of the whole; ``part`` holds for what says nothing itself."""

    publisher: Agent
    contact: Contact | None
    language: str = "de"
    title: str = ""
    description: str = ""
    public_url: str = ""
    trust_forwarded: bool = False
    page_size: int = PAGE_SIZE
    dataset_per: Literal["database", "table"] = "database"
    both_geocodings: bool = False
    harvested: str = ""
    part: Part = field(default_factory=Part)


def read_settings(raw: object) -> tuple[Settings, tuple[Problem, ...]]:
    """Read what stands under the plugin's name for the whole instance."""
    reader = _Reader(f"plugins / {PLUGIN}", raw)
    reader.only(_OF_ALL | _OF_A_DATASET)
    per = reader.one_of("dataset_per", {"database", "table"}) or "database"
    settings = Settings(
        publisher=_publisher(reader),
        contact=_contact(reader),
        language=reader.one_of("language", LANGUAGES) or "de",
        title=reader.text("title"),
        description=reader.text("description"),
        public_url=reader.public("public_url"),
        trust_forwarded=reader.flag("trust_forwarded"),
        page_size=reader.number("page_size", PAGE_SIZE),
        dataset_per="table" if per == "table" else "database",
        both_geocodings=reader.flag("both_geocodings"),
        harvested=reader.text("harvested"),
        part=_part(reader, About()),
    )
    return settings, tuple(reader.problems)


def read_part(raw: object, where: str, above: Part) -> tuple[Part, tuple[Problem, ...]]:
    """Read what stands under the plugin's name for a database or table.

    What it does not say holds as ``above`` says, but for what one dataset has alone (its
    identifier, times and column).
    """
    own = replace(above.about, identifier="", issued="", start="", end="", documentation="")
    if raw is None:
        return Part(own, exclude=above.exclude), ()
    reader = _Reader(f"{where} / plugins / {PLUGIN}", raw)
    reader.only(_OF_A_DATASET)
    return _part(reader, own), tuple(reader.problems)


def _part(reader: _Reader, above: About) -> Part:
    about = About(
        themes=reader.many_of("themes", THEMES) or above.themes,
        keywords=reader.texts("keywords") or above.keywords,
        frequency=reader.one_of("frequency", FREQUENCIES) or above.frequency,
        availability=reader.one_of("availability", AVAILABILITIES) or above.availability,
        region=reader.region("region") or above.region,
        level=reader.one_of("level", LEVELS) or above.level,
        contributor=reader.text("contributor") or above.contributor,
        hvd=reader.many_of("hvd", HVD_CATEGORIES) or above.hvd,
        legislation=reader.iris("legislation") or above.legislation,
        issued=reader.moment("issued"),
        identifier=reader.text("identifier"),
        documentation=reader.iri("documentation"),
        start=reader.moment("start"),
        end=reader.moment("end"),
    )
    return Part(about, exclude=reader.flag("exclude"), time_column=reader.text("time_column"))


def _publisher(reader: _Reader) -> Agent:
    inner = reader.group("publisher", {"name", "uri", "homepage", "type"})
    agent = Agent(
        name=inner.text("name"),
        uri=inner.iri("uri"),
        homepage=inner.iri("homepage"),
        kind=inner.one_of("type", AGENT_TYPES),
    )
    if not agent.name:
        reader.wrong("publisher", "publisher")
    return agent


def _contact(reader: _Reader) -> Contact | None:
    if not reader.has("contact"):
        return None
    inner = reader.group("contact", {"name", "email", "url", "telephone"})
    contact = Contact(
        name=inner.text("name"),
        email=inner.text("email").removeprefix("mailto:"),
        url=inner.iri("url"),
        telephone=inner.text("telephone").removeprefix("tel:").replace(" ", ""),
    )
    if not (contact.email or contact.url or contact.telephone):
        reader.wrong("contact", "contact")
    return replace(contact, name=contact.name or reader.publisher_name())


def is_moment(text: str) -> bool:
    """Tell whether ``text`` is a date, or a time with its offset, as XML Schema writes them."""
    try:
        if len(text) == 10:
            date.fromisoformat(text)
            return text[4] == text[7] == "-"
        return "T" in text and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


class _Reader:
    """One group of settings; what is not as it must be gives a problem and an empty value."""

    def __init__(self, where: str, raw: object, problems: list[Problem] | None = None) -> None:
        self._where = where
        self.problems = [] if problems is None else problems
        self._raw: Mapping[str, object] = {}
        if isinstance(raw, Mapping):
            self._raw = raw
        elif raw is not None:
            self.problems.append(Problem(where, "table"))

    def wrong(self, name: str, key: str, allowed: Collection[str] = ()) -> None:
        self.problems.append(Problem(f"{self._where} / {name}", key, tuple(sorted(allowed))))

    def only(self, names: Collection[str]) -> None:
        for name in sorted(set(self._raw) - set(names)):
            self.wrong(name, "unknown", names)

    def has(self, name: str) -> bool:
        return self._raw.get(name) is not None

    def publisher_name(self) -> str:
        publisher = self._raw.get("publisher")
        return str(publisher.get("name", "")) if isinstance(publisher, Mapping) else ""

    def group(self, name: str, names: Collection[str]) -> _Reader:
        inner = _Reader(f"{self._where} / {name}", self._raw.get(name), self.problems)
        inner.only(names)
        return inner

    def text(self, name: str) -> str:
        value = self._raw.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.wrong(name, "text")
            return ""
        return value.strip()

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._raw.get(name)
        if value is None:
            return ()
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            self.wrong(name, "texts")
            return ()
        return tuple(dict.fromkeys(one.strip() for one in value if one.strip()))

    def one_of(self, name: str, allowed: Collection[str]) -> str:
        value = self.text(name)
        if value and value not in allowed:
            self.wrong(name, "one_of", allowed)
            return ""
        return value

    def many_of(self, name: str, allowed: Collection[str]) -> tuple[str, ...]:
        values = self.texts(name)
        if set(values) - set(allowed):
            self.wrong(name, "one_of", allowed)
            return ()
        return values

    def iri(self, name: str) -> str:
        value = self.text(name)
        if value and not is_absolute(value):
            self.wrong(name, "iri")
            return ""
        return value

    def public(self, name: str) -> str:
        """Return the instance's own address, of characters that need no escape in any format."""
        value = self.iri(name)
        if value and not _PUBLIC.fullmatch(value):
            self.wrong(name, "iri")
            return ""
        return value.rstrip("/")

    def iris(self, name: str) -> tuple[str, ...]:
        values = self.texts(name)
        if not all(is_absolute(one) for one in values):
            self.wrong(name, "iri")
            return ()
        return values

    def moment(self, name: str) -> str:
        value = self._raw.get(name)
        # YAML and TOML read a date as one
        text = value.isoformat() if isinstance(value, date) else self.text(name)
        if text and not is_moment(text):
            self.wrong(name, "date")
            return ""
        return text

    def region(self, name: str) -> str:
        value = self.text(name)
        if value and region(value) is None:
            self.wrong(name, "region")
            return ""
        return value

    def flag(self, name: str) -> bool:
        value = self._raw.get(name, False)
        if not isinstance(value, bool):
            self.wrong(name, "bool")
            return False
        return value

    def number(self, name: str, usual: int) -> int:
        value = self._raw.get(name, usual)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1000:
            self.wrong(name, "number")
            return usual
        return value

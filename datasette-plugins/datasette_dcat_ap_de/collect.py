"""From a running Datasette to a catalogue: what everybody may see, with its metadata."""

from __future__ import annotations

import html
import re
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from datasette.plugins import pm
from datasette.utils import await_me_maybe, tilde_encode
from datasette_common.lines import metadata, public_tables

from datasette_dcat_ap_de.extent import Extents
from datasette_dcat_ap_de.model import Catalogue, Dataset, Distribution
from datasette_dcat_ap_de.settings import PLUGIN, Part, Problem, Settings, is_moment, read_part
from datasette_dcat_ap_de.terms import Iri, is_absolute
from datasette_dcat_ap_de.vocabulary import licence
from datasette_dcat_ap_de.words import say

if TYPE_CHECKING:  # Datasette loads its plugins while it is being imported itself
    from datasette.app import Datasette
    from datasette.database import Database

_MARK = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")
_CODE = re.compile(r"[A-Z0-9_]{1,40}")
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]+/[A-Za-z0-9.+_-]+")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NEEDS_NAME = re.compile(r"/licenses/(dl-by|cc-by|odby)")  # they ask to be named


class Collector:
    """Collects one catalogue; :attr:`problems` is what is missing for a valid one."""

    def __init__(self, datasette: Datasette, settings: Settings, extents: Extents) -> None:
        self._datasette = datasette
        self._settings = settings
        self._extents = extents
        self.problems: list[Problem] = []

    async def catalogue(self) -> Catalogue:
        """Return what is public now. It is only valid if there are no problems."""
        settings, said = self._settings, await metadata(self._datasette)
        title = settings.title or _text(said, "title")
        description = settings.description or _description(said)
        if not (title and description):
            self.problems.append(Problem("metadata", "instance_title"))
        datasets = [
            dataset
            for name, tables in sorted((await public_tables(self._datasette)).items())
            for dataset in await self._database(name, tables)
        ]
        return Catalogue(
            title=title,
            description=description,
            language=settings.language,
            publisher=settings.publisher,
            contact=settings.contact,
            datasets=tuple(datasets),
            region=settings.part.about.region,
            both_geocodings=settings.both_geocodings,
        )

    async def _database(self, name: str, visible: set[str]) -> list[Dataset]:
        """Return the datasets of one database: one, or one for each table."""
        database = self._datasette.databases.get(name)
        if database is None:
            return []  # taken off a moment ago
        where = f"databases / {name}"
        part = self._part(self._config(name), where, self._settings.part)
        hidden = set(await database.hidden_table_names())
        tables = sorted(set(await database.table_names()) & visible - hidden)
        if part.exclude or not tables:
            return []
        modified = _modified(database)
        each = [await self._table(database, table, part, modified) for table in tables]
        found = [one for one in each if one is not None]
        if self._settings.dataset_per == "table" or not found:
            return found
        said = await metadata(self._datasette, name)
        return [self._whole(database, part, said, found)]

    def _whole(
        self, database: Database, part: Part, said: Mapping[str, object], tables: list[Dataset]
    ) -> Dataset:
        """Join the tables of a database to one dataset."""
        about = part.about
        keywords = [*about.keywords, *(word for one in tables for word in one.about.keywords)]
        themes = [*about.themes, *(theme for one in tables for theme in one.about.themes)]
        starts = [one.start for one in tables if one.start]
        ends = [one.end for one in tables if one.end]
        title, description = self._titled(said, f"databases / {database.name}")
        return Dataset(
            path=f"/{tilde_encode(database.route)}",
            title=title,
            description=description,
            about=replace(
                about,
                keywords=tuple(dict.fromkeys(keywords)),
                themes=tuple(dict.fromkeys(themes)),
            ),
            distributions=tuple(form for one in tables for form in one.distributions),
            modified=_modified(database),
            start=about.start or min(starts, default=""),
            end=about.end or max(ends, default=""),
            source=_text(said, "source"),
        )

    async def _table(
        self, database: Database, table: str, above: Part, modified: str
    ) -> Dataset | None:
        name = database.name
        where = f"databases / {name} / tables / {table}"
        part = self._part(self._config(name, table), where, above)
        if part.exclude:
            return None
        said = await metadata(self._datasette, name, table)
        title, description = _text(said, "title") or table, _description(said)
        if self._settings.dataset_per == "table":
            title, description = self._titled(said, where)
        start, end = await self._extent(database, table, part, where)
        source = _text(said, "source")
        path = f"/{tilde_encode(database.route)}/{tilde_encode(table)}"
        form = Distribution(
            path=path,
            mark="",
            title=title,
            access=path,
            description=description,
            licence=self._licence(said, where),
            attribution=source,
        )
        return Dataset(
            path=path,
            title=title,
            description=description,
            about=part.about,
            distributions=(*self._own_forms(form), *await self._more(form, name, table, where)),
            modified=modified,
            start=start,
            end=end,
            source=source,
        )

    def _own_forms(self, form: Distribution) -> tuple[Distribution, ...]:
        """Return what every Datasette gives of a table: a CSV file, and JSON page by page."""
        language = self._settings.language
        streams = bool(self._datasette.setting("allow_csv_stream"))
        csv = replace(
            form,
            mark="csv",
            title=f"{form.title}: {say('csv', language)}",
            download=f"{form.path}.csv?_stream=on&_size=max" if streams else "",
            format="CSV",
            media_type="text/csv",
        )
        api = replace(
            form,
            mark="json",
            title=f"{form.title}: {say('json', language)}",
            access=f"{form.path}.json",
            format="JSON",
            media_type="application/json",
            is_api=True,
        )
        return csv, api

    async def _more(
        self, form: Distribution, database: str, table: str, where: str
    ) -> list[Distribution]:
        """Return what other plugins give of a table."""
        found: dict[str, Distribution] = {}
        for answer in pm.hook.dcat_distributions(
            datasette=self._datasette, database=database, table=table
        ):
            for one in await await_me_maybe(cast("Awaitable[object]", answer)) or ():
                made = _foreign(form, one)
                if made is None or made.mark in {"csv", "json", *found}:
                    self.problems.append(Problem(where, "hook"))
                else:
                    found[made.mark] = made
        return list(found.values())

    def _licence(self, said: Mapping[str, object], where: str) -> Iri:
        url = _text(said, "license_url")
        if not is_absolute(url):
            self.problems.append(Problem(where, "licence"))
            return Iri("")
        found = licence(url)
        if _NEEDS_NAME.search(found.value) and not _text(said, "source"):
            self.problems.append(Problem(where, "attribution"))
        return found

    def _titled(self, said: Mapping[str, object], where: str) -> tuple[str, str]:
        title, description = _text(said, "title"), _description(said)
        if not (title and description):
            self.problems.append(Problem(where, "dataset_title"))
        return title, description

    async def _extent(
        self, database: Database, table: str, part: Part, where: str
    ) -> tuple[str, str]:
        about = part.about
        if not part.time_column or (about.start and about.end):
            return about.start, about.end
        if part.time_column not in await database.table_columns(table):
            self.problems.append(Problem(f"{where} / plugins / {PLUGIN} / time_column", "column"))
            return "", ""
        start, end = await self._extents.of(database, table, part.time_column)
        return about.start or start, about.end or end

    def _config(self, database: str, table: str = "") -> object:
        return self._datasette.plugin_config(
            PLUGIN, database=database, table=table or None, fallback=False
        )

    def _part(self, raw: object, where: str, above: Part) -> Part:
        part, problems = read_part(raw, where, above)
        self.problems.extend(problems)
        return part


def _foreign(form: Distribution, said: object) -> Distribution | None:
    """Return the distribution that another plugin named, None if it is not one."""
    if not isinstance(said, Mapping):
        return None
    text = {key: value for key, value in said.items() if isinstance(value, str)}
    path, size = text.get("path", ""), said.get("size")
    made = replace(
        form,
        mark=text.get("mark", ""),
        title=text.get("title", ""),
        description=text.get("description", form.description),
        access=text.get("access", form.access),
        download=path,
        format=text.get("format", ""),
        media_type=text.get("media_type", ""),
        compress=text.get("compress", ""),
        size=size if isinstance(size, int) and size >= 0 else None,
        sha256=text.get("sha256", ""),
        modified=text.get("modified", ""),
    )
    right = (
        _MARK.fullmatch(made.mark)
        and made.title
        and all(one.startswith("/") or is_absolute(one) for one in (path, made.access))
        and (not made.format or _CODE.fullmatch(made.format))
        and all(not one or _MEDIA_TYPE.fullmatch(one) for one in (made.media_type, made.compress))
        and (not made.sha256 or _SHA256.fullmatch(made.sha256))
        and (not made.modified or is_moment(made.modified))
    )
    return made if right else None


def _text(said: Mapping[str, object], key: str) -> str:
    value = said.get(key)
    return value.strip() if isinstance(value, str) else ""


def _description(said: Mapping[str, object]) -> str:
    plain = _text(said, "description")
    return plain or html.unescape(re.sub(r"<[^>]*>", "", _text(said, "description_html"))).strip()


def _modified(database: Database) -> str:
    """Return when the file was last written, empty for a database in memory."""
    if not database.path:
        return ""
    path = Path(database.path)
    times = []
    for one in (path, path.with_name(f"{path.name}-wal")):
        try:
            times.append(one.stat().st_mtime)
        except OSError:
            continue
    if not times:
        return ""
    return datetime.fromtimestamp(max(times), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

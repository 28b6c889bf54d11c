"""What is answered: entities as JSON with their links, sets, references, and data arrays.

Source: OGC 18-088, 8.2 (control information), 9.2, 9.3.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from datasette_common import jsons
from datasette_common.settings import Scalar

from datasette_sensorthings.arm import Property
from datasette_sensorthings.errors import NotFoundError, SensorThingsError
from datasette_sensorthings.model import CONFORMANCE, SETS, Link, optional
from datasette_sensorthings.options import Options
from datasette_sensorthings.path import Resource, address
from datasette_sensorthings.reader import Conditions, Entity, Page, Reader
from datasette_sensorthings.value import Const, Sql

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and what goes with it: JSON, or text; nothing at all for 204."""

    status: int = 200
    body: Json | None = None
    text: str | None = None


def service_root(root: str) -> Json:
    """Return the list of sets, and what of the standard is met."""
    return {
        "value": [{"name": name, "url": f"{root}/{name}"} for name in SETS],
        "serverSettings": {"conformance": CONFORMANCE},
    }


class Answering:
    """Answers one request: ``root`` is the service's own address, without a slash at its end."""

    def __init__(self, reader: Reader, root: str) -> None:
        self._reader = reader
        self._root = root
        self._known: dict[tuple[str, tuple[Scalar, ...], int], Json | None] = {}

    def resource(self, resource: Resource, options: Options, address_of: str) -> Answer:
        """Return what a path names; ``address_of`` is its own address, without options.

        :raises NotFoundError: if it is not there.
        :raises SensorThingsError: (400)
        """
        entity: Entity | None = None
        conditions: Conditions = _all
        for step in resource.steps:
            link = entity.arm.set.links[step.name] if entity else None
            name = link.target if link else step.name
            conditions = self._reader.linked(link, entity) if link and entity else _all
            if step.identifier is not None:
                entity = self._reader.by_id(name, step.identifier, conditions)
            elif link and not link.many:
                entity = self._reader.one(name, conditions)
            else:
                break
            if entity is None:
                raise NotFoundError(f"there is no such entity at {step.name}")
        if resource.many:
            page = self._reader.page(resource.target.name, conditions, options)
            return Answer(body=self._collection(page, options, address_of, ref=resource.ref))
        if entity is None:
            raise NotFoundError("there is nothing here")
        _refuse_for_one(options)
        if resource.ref:
            return Answer(body={"@iot.selfLink": self._self_link(entity)})
        if resource.inner:
            return self._property(entity, resource)
        return Answer(body=self._entity(entity, options))

    def _collection(self, page: Page, options: Options, href: str, *, ref: bool) -> Json:
        body: Json = {} if page.count is None else {"@iot.count": page.count}
        if page.token:
            body["@iot.nextLink"] = _next_link(href, options, page.token)
        if ref:
            body["value"] = [{"@iot.selfLink": self._self_link(each)} for each in page.entities]
        elif options.data_array:
            body["value"] = self._arrays(page.entities, options)
        else:
            body["value"] = [self._entity(each, options) for each in page.entities]
        return body

    def _entity(self, entity: Entity, options: Options) -> Json:
        wanted = options.select
        said: Json = {}
        if wanted is None or "id" in wanted:
            said["@iot.id"] = entity.identifier
        if wanted is None or "@iot.selfLink" in wanted:
            said["@iot.selfLink"] = self._self_link(entity)
        for name in entity.arm.set.properties:
            if wanted is None or name in wanted:
                value = _value(entity, name)
                if value is not None or not optional(entity.arm.set_name, name):
                    said[name] = value
        for name, link in entity.arm.set.links.items():
            if name in options.expand:
                self._expand(said, entity, name, link, options.expand[name])
            elif wanted is None or name in wanted:
                said[f"{name}@iot.navigationLink"] = f"{self._self_link(entity)}/{name}"
        return said

    def _expand(self, said: Json, entity: Entity, name: str, link: Link, options: Options) -> None:
        conditions = self._reader.linked(link, entity)
        if link.many:
            page = self._reader.page(link.target, conditions, options)
            if page.count is not None:
                said[f"{name}@iot.count"] = page.count
            said[name] = [self._entity(each, options) for each in page.entities]
            if page.token:
                href = f"{self._self_link(entity)}/{name}"
                said[f"{name}@iot.nextLink"] = _next_link(href, options, page.token)
            return
        _refuse_for_one(options)
        ties = tuple(
            part.value
            for tie in link.ties
            for part in entity.arm.parts[tie]
            if isinstance(part, Const)
        )
        key = (link.target, ties, id(options))  # many observations have the same stream
        if key not in self._known:
            one = self._reader.one(link.target, conditions)
            self._known[key] = None if one is None else self._entity(one, options)
        said[name] = self._known[key]

    def _property(self, entity: Entity, resource: Resource) -> Answer:
        name, *inner = resource.inner
        value = entity.identifier if name == "id" else _value(entity, name)
        for step in inner:
            if not isinstance(value, dict) or step not in value:
                raise NotFoundError(f"there is no {'/'.join(resource.inner)[:100]}")
            value = value[step]
        if value is None:
            return Answer(status=204)
        if not resource.value:
            return Answer(body={resource.inner[-1]: value})
        if isinstance(value, str):
            return Answer(text=value.encode(errors="replace").decode())  # half a character is none
        return Answer(text=jsons.written(value))

    def _arrays(self, entities: Iterable[Entity], options: Options) -> list[Json]:
        if options.expand:
            raise SensorThingsError("resultFormat=dataArray goes without $expand")
        wanted = options.select or ("id", *SETS["Observations"].properties)
        components = [
            name for name in wanted if name == "id" or name in SETS["Observations"].properties
        ]
        arrays: dict[str, list[list[object]]] = {}
        link = SETS["Observations"].links["Datastream"]
        for entity in entities:
            known = (link.target, tuple(str(part) for part in entity.arm.parts["stream"]), 0)
            if known not in self._known:
                stream = self._reader.one(link.target, self._reader.linked(link, entity))
                self._known[known] = None if stream is None else {"link": self._self_link(stream)}
            found = self._known[known]
            arrays.setdefault(str(found["link"]) if found else "", []).append(
                [entity.identifier if name == "id" else _value(entity, name) for name in components]
            )
        return [
            {
                "Datastream@iot.navigationLink": link_of,
                "components": components,
                "dataArray@iot.count": len(rows),
                "dataArray": rows,
            }
            for link_of, rows in arrays.items()
        ]

    def _self_link(self, entity: Entity) -> str:
        return f"{self._root}/{address(entity.arm.set_name, entity.identifier)}"


def _all(arm: object) -> list[Sql]:
    del arm
    return []


def _refuse_for_one(options: Options) -> None:
    plain = Options(select=options.select, expand=options.expand, raw=options.raw)
    if options != plain:
        raise SensorThingsError("one entity takes $select and $expand alone")


def _next_link(href: str, options: Options, token: str) -> str:
    kept = [(name, text) for name, text in options.raw if name not in {"$skip", "$skiptoken"}]
    return f"{href}?{urlencode([*kept, ('$skiptoken', token)], safe='$', quote_via=quote)}"


def _value(entity: Entity, name: str) -> object:
    known = entity.arm.properties.get(name)
    return None if known is None else written(known, *entity.raw[name])


def written(known: Property, raw: object, last: object) -> object:
    """Return a stored value as an answer says it; None where it says nothing."""
    if raw is None or not jsons.is_said(raw):
        return None
    match known.kind:
        case "time":
            return _time(known, raw, last)
        case "json" | "geo":
            return jsons.read(str(raw))
        case "bool":
            return bool(raw)
        case "string":
            return str(raw)
    return raw


def _time(known: Property, raw: object, last: object) -> str | None:
    form = known.time
    if form is None:
        return None
    if known.last is None:
        return form.written(raw)
    begin, end = form.read(raw), replace(form, ends=True).read(last)
    if begin is None or end is None:
        return None
    return f"{form.instant(begin)}/{form.instant(end)}"

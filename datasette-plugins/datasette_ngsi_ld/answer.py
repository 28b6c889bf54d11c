"""What is answered: entities in their forms, types and attributes, and what was in time.

Source: ETSI GS CIM 009 V1.8.1, 4.5 (forms), 5.2.24 to 5.2.28 (types and attributes), 6.3.10
(pages).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from datasette_ngsi_ld.errors import NotFoundError
from datasette_ngsi_ld.params import Asked, Cursor, Window, cursor_text
from datasette_ngsi_ld.reader import Found, Reader
from datasette_ngsi_ld.settings import Kind, Model

MAX_INSTANCES = 10_000  # values in one answer of what was in time
MIN_INSTANCES = 10  # of each attribute at least

Json = dict[str, object]
Instances = list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A body and what goes with it; ``places`` are the entities' for GeoJSON, or none."""

    body: Json | list[Json]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    links: tuple[tuple[str, str], ...] = ()
    places: str | None = None


class Answering:
    """Answers one request; ``href`` is its own address, without parameters."""

    def __init__(self, reader: Reader, model: Model, href: str) -> None:
        self._reader = reader
        self._model = model
        self._href = href

    def entities(self, asked: Asked) -> Answer:
        """Return the entities that are asked for."""
        page = self._reader.page(asked)
        links: list[tuple[str, str]] = []
        if page.entities and page.later:
            links.append(("next", self._link(asked, "after", page.entities[-1].cursor)))
        if page.entities and page.earlier:
            links.append(("prev", self._link(asked, "before", page.entities[0].cursor)))
        headers = {} if page.count is None else {"NGSILD-Results-Count": str(page.count)}
        if asked.window is not None:
            return self._temporal(page.entities, asked, asked.window, headers, tuple(links))
        body = [_entity(one, asked) for one in page.entities]
        return Answer(body, headers=headers, links=tuple(links), places=asked.geometry)

    def entity(self, identifier: str, asked: Asked, *, temporal: bool) -> Answer:
        """Return one entity.

        :raises NotFoundError: if it is not there, or has none of the attributes.
        """
        found = self._reader.one(identifier, asked)
        if found is None:
            raise NotFoundError("there is no entity with this id")
        if not temporal:
            if asked.attributes is not None and not asked.attributes & found.told.keys():
                raise NotFoundError("the entity has none of these attributes")
            return Answer(_entity(found, asked), places=asked.geometry)
        answer = self._temporal([found], asked, asked.window or Window(), {}, ())
        (body,) = answer.body
        return Answer(body if isinstance(body, dict) else {}, answer.status, answer.headers)

    def types(self, *, details: bool) -> Answer:
        """Return the types that there are entities of."""
        found: dict[str, list[Kind]] = {}
        for kind in self._model.kinds:
            if self._reader.count(kind):
                found.setdefault(kind.type, []).append(kind)
        if details:
            return Answer(
                [
                    {
                        "id": self._model.context.iri(name),
                        "type": "EntityType",
                        "typeName": name,
                        "attributeNames": sorted(_attribute_kinds(kinds)),
                    }
                    for name, kinds in sorted(found.items())
                ]
            )
        listed = {"id": "urn:ngsi-ld:EntityTypeList:types", "type": "EntityTypeList"}
        return Answer({**listed, "typeList": sorted(found)})

    def type(self, said: str) -> Answer:
        """Return what is known of one type."""
        name = self._model.context.name(said)
        kinds = [kind for kind in self._model.kinds if kind.type == name]
        count = sum(self._reader.count(kind) for kind in kinds)
        if not count:
            raise NotFoundError("there are no entities of this type")
        iri = self._model.context.iri
        return Answer(
            {
                "id": iri(name),
                "type": "EntityTypeInfo",
                "typeName": name,
                "entityCount": count,
                "attributeDetails": [
                    {
                        "id": iri(attribute),
                        "type": "Attribute",
                        "attributeName": attribute,
                        "attributeTypes": sorted(forms),
                    }
                    for attribute, forms in sorted(_attribute_kinds(kinds).items())
                ],
            }
        )

    def attributes(self, *, details: bool) -> Answer:
        """Return the attributes that entities have."""
        names: dict[str, set[str]] = {}
        for kind in self._model.kinds:
            if self._reader.count(kind):
                for name in kind.attributes:
                    names.setdefault(name, set()).add(kind.type)
        if details:
            return Answer(
                [
                    {
                        "id": self._model.context.iri(name),
                        "type": "Attribute",
                        "attributeName": name,
                        "typeNames": sorted(types),
                    }
                    for name, types in sorted(names.items())
                ]
            )
        listed = {"id": "urn:ngsi-ld:AttributeList:attributes", "type": "AttributeList"}
        return Answer({**listed, "attributeList": sorted(names)})

    def attribute(self, said: str) -> Answer:
        """Return what is known of one attribute."""
        name = self._model.context.name(said)
        kinds = [kind for kind in self._model.kinds if name in kind.attributes]
        count = sum(self._reader.count(kind, kind.attributes[name]) for kind in kinds)
        if not count:
            raise NotFoundError("no entity has this attribute")
        return Answer(
            {
                "id": self._model.context.iri(name),
                "type": "Attribute",
                "attributeName": name,
                "attributeCount": count,
                "attributeTypes": sorted({kind.attributes[name].kind for kind in kinds}),
                "typeNames": sorted({kind.type for kind in kinds}),
            }
        )

    def _link(self, asked: Asked, name: str, cursor: Cursor) -> str:
        kept = [(n, v) for n, v in asked.raw if n not in {"offset", "after", "before"}]
        return f"{self._href}?{urlencode([*kept, (name, cursor_text(cursor))], quote_via=quote)}"

    def _temporal(
        self,
        entities: list[Found],
        asked: Asked,
        window: Window,
        headers: Mapping[str, str],
        links: tuple[tuple[str, str], ...],
    ) -> Answer:
        measured = [(one, attribute) for one in entities for attribute in asked.measured(one.kind)]
        each = max(MIN_INSTANCES, MAX_INSTANCES // max(1, len(measured)))
        limit = min(each, window.last or each)
        histories: dict[tuple[str, str], Instances] = {}
        cuts: list[str] = []  # where a history that is too long ends
        for one, attribute in measured:
            known = self._reader.history(attribute, one.row, one.kind, window, limit)
            if len(known) > limit and window.last != limit:
                cuts.append(str(known[limit - 1]["observedAt"]))
            histories[one.identifier, attribute.name] = known[:limit]
        status = 200
        if cuts:
            status = 206
            headers = {**headers, "Content-Range": _cut(histories, cuts, window)}
        bodies: dict[str, Json] = {
            one.identifier: {"id": one.identifier, "type": one.kind.type} for one in entities
        }
        for (identifier, name), known in histories.items():
            bodies[identifier][name] = _history(known, asked.form)
        return Answer(list(bodies.values()), status, headers, links)


def _cut(histories: dict[tuple[str, str], Instances], cuts: list[str], window: Window) -> str:
    """Leave the time in which every history is whole, and return it as the header says it."""
    newest_first = window.last is not None
    end = max(cuts) if newest_first else min(cuts)
    for known in histories.values():
        known[:] = [
            one
            for one in known
            if (str(one["observedAt"]) >= end if newest_first else str(one["observedAt"]) <= end)
        ]
    moments = [str(one["observedAt"]) for known in histories.values() for one in known]
    start = max(moments) if newest_first else min(moments)
    return f"date-time {start}-{end}/{window.last or '*'}"


def _history(known: Instances, form: str) -> object:
    if form == "simplified":
        return {"type": "Property", "values": [[one["value"], one["observedAt"]] for one in known]}
    return [_concise(one, bare=False) for one in known] if form == "concise" else known


def _entity(found: Found, asked: Asked) -> Json:
    told: Json = {"id": found.identifier, "type": found.kind.type}
    for name, said in found.told.items():
        if asked.attributes is not None and name not in asked.attributes:
            continue
        if asked.form == "simplified" and isinstance(said, dict):
            told[name] = said.get("value", said.get("object"))
        elif asked.form == "concise":
            told[name] = _concise(said)
        else:
            told[name] = said
    return told


def _concise(said: object, *, bare: bool = True) -> object:
    if not isinstance(said, dict):
        return said
    left = {
        name: _concise(value) if isinstance(value, dict) and name != "value" else value
        for name, value in said.items()
        if name != "type"
    }
    return left["value"] if bare and left.keys() == {"value"} else left


def _attribute_kinds(kinds: Iterable[Kind]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for kind in kinds:
        for name, attribute in kind.attributes.items():
            found.setdefault(name, set()).add(attribute.kind)
    return found


def features(answer: Answer) -> Json:
    """Return entities as GeoJSON (RFC 7946): without a place, the geometry is null."""
    if isinstance(answer.body, list):
        return {
            "type": "FeatureCollection",
            "features": [_feature(one, answer.places) for one in answer.body],
        }
    return _feature(answer.body, answer.places)


def _feature(told: Json, geometry: str | None) -> Json:
    place = told.get(geometry or "")
    if isinstance(place, dict) and "value" in place:
        place = place["value"]
    is_place = isinstance(place, dict) and "coordinates" in place
    return {
        "type": "Feature",
        "id": told["id"],
        "geometry": place if is_place else None,
        "properties": {name: value for name, value in told.items() if name != "id"},
    }

"""The data model: entity sets, their properties and what leads from one to another.

Source: OGC 18-088, clause 8 (the Sensing entities).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["string", "number", "bool", "time", "json", "geo", "id", "any"]


@dataclass(frozen=True, slots=True)
class Link:
    """A navigation property: to which set, whether to many, and the parts of an identity that tie.

    Two entities belong together when they agree on every part in ``ties``.
    """

    target: str
    many: bool
    ties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntitySet:
    """One set: ``properties`` in the order of an answer, ``links`` by name."""

    name: str
    properties: dict[str, Kind]
    links: dict[str, Link]


_NAMED: dict[str, Kind] = {"name": "string", "description": "string"}
_THING, _STREAM = ("thing",), ("stream",)

SETS: dict[str, EntitySet] = {
    each.name: each
    for each in (
        EntitySet(
            "Things",
            {**_NAMED, "properties": "json"},
            {
                "Datastreams": Link("Datastreams", many=True, ties=_THING),
                "Locations": Link("Locations", many=True, ties=_THING),
                "HistoricalLocations": Link("HistoricalLocations", many=True, ties=_THING),
            },
        ),
        EntitySet(
            "Locations",
            {**_NAMED, "encodingType": "string", "location": "geo", "properties": "json"},
            {
                "Things": Link("Things", many=True, ties=_THING),
                "HistoricalLocations": Link("HistoricalLocations", many=True, ties=_THING),
            },
        ),
        EntitySet(
            "HistoricalLocations",
            {"time": "time"},
            {
                "Thing": Link("Things", many=False, ties=_THING),
                "Locations": Link("Locations", many=True, ties=_THING),
            },
        ),
        EntitySet(
            "Datastreams",
            {
                **_NAMED,
                "observationType": "string",
                "unitOfMeasurement": "json",
                "observedArea": "geo",
                "phenomenonTime": "time",
                "properties": "json",
            },
            {
                "Thing": Link("Things", many=False, ties=_THING),
                "Sensor": Link("Sensors", many=False, ties=("sensor",)),
                "ObservedProperty": Link("ObservedProperties", many=False, ties=("property",)),
                "Observations": Link("Observations", many=True, ties=_STREAM),
            },
        ),
        EntitySet(
            "Sensors",
            {**_NAMED, "encodingType": "string", "metadata": "any", "properties": "json"},
            {"Datastreams": Link("Datastreams", many=True, ties=("sensor",))},
        ),
        EntitySet(
            "ObservedProperties",
            {
                "name": "string",
                "definition": "string",
                "description": "string",
                "properties": "json",
            },
            {"Datastreams": Link("Datastreams", many=True, ties=("property",))},
        ),
        EntitySet(
            "Observations",
            {
                "phenomenonTime": "time",
                "resultTime": "time",
                "result": "any",
                "resultQuality": "any",
                "validTime": "time",
                "parameters": "json",
            },
            {
                "Datastream": Link("Datastreams", many=False, ties=_STREAM),
                "FeatureOfInterest": Link("FeaturesOfInterest", many=False, ties=_THING),
            },
        ),
        EntitySet(
            "FeaturesOfInterest",
            {**_NAMED, "encodingType": "string", "feature": "geo", "properties": "json"},
            {"Observations": Link("Observations", many=True, ties=_THING)},
        ),
    )
}

# Left out of an answer where there is nothing to say; all others are null then.
_OPTIONAL = {"properties", "observedArea", "resultQuality", "validTime", "parameters"}


def optional(set_name: str, name: str) -> bool:
    """Return whether the property may be left out."""
    return name in _OPTIONAL or (set_name, name) == ("Datastreams", "phenomenonTime")


CONFORMANCE = [
    "http://www.opengis.net/spec/iot_sensing/1.1/req/datamodel",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/resource-path/resource-path-to-entities",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/request-data",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/data-array/data-array",
]

"""From the configuration to the arms of all eight entity sets."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import cast

from datasette_common.settings import SettingsError, services

from datasette_sensorthings.arm import Arm, Owner, Property
from datasette_sensorthings.model import SETS, Kind
from datasette_sensorthings.settings import (
    MEASUREMENT,
    MOST,
    OM,
    PAGE,
    RESULT_KINDS,
    Paging,
    Section,
    constant_json,
)
from datasette_sensorthings.value import Column, Const, Edge, Either, Feature, Looked, Point, Value

GEOJSON = "application/geo+json"
PDF, TEXT = "application/pdf", "text/plain"


_SERVICE = re.compile(r"[a-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True)
class Mapping:
    """The whole: a database and the arms of each set, in order."""

    database: str
    arms: dict[str, tuple[Arm, ...]]
    paging: Paging

    @property
    def tables(self) -> tuple[str, ...]:
        """Every table that is read."""
        return tuple(sorted({a.table for arms in self.arms.values() for a in arms if a.table}))


def read_services(raw: object) -> dict[str, Mapping]:
    """Read the service, under "", and those beside it (`services`) under their names.

    :raises SettingsError: if one is not whole.
    """
    return services(raw, "datasette-sensorthings", _SERVICE, read_mapping)


def read_mapping(raw: object) -> Mapping:
    """Read the plugin's configuration.

    :raises SettingsError: if it is not whole; an unknown key is an error.
    """
    whole = Section(raw, "datasette-sensorthings")
    database = whole.text("database")
    page = whole.whole("page_size", PAGE, 1, MOST)
    paging = Paging(page, whole.whole("max_page_size", max(MOST, page), page, 10_000))
    maker = _Maker()
    maker.things(whole.section("things"))
    maker.catalogue("Sensors", "sensor", whole.raw("sensors", {}), whole)
    maker.catalogue("ObservedProperties", "property", whole.raw("observed_properties", {}), whole)
    for key, stream in whole.sections("datastreams").items():
        maker.stream(key, stream)
    if "datastream_table" in whole:
        maker.stream_table(whole.section("datastream_table"), whole.section("observation_table"))
    whole.done()
    if not maker.arms["Datastreams"]:
        raise SettingsError("datasette-sensorthings has no datastreams")
    return Mapping(database, {name: tuple(arms) for name, arms in maker.arms.items()}, paging)


class _Maker:
    """Collects arms."""

    def __init__(self) -> None:
        self.arms: dict[str, list[Arm]] = {name: [] for name in SETS}
        self._table = ""
        self._id = ""
        self._where: tuple[tuple[str, str | int | float | None], ...] = ()
        self._keys: dict[str, set[str] | None] = {}
        self._place_columns: tuple[str, ...] = ()

    def things(self, section: Section) -> None:
        """Things, and their Locations, HistoricalLocations and FeaturesOfInterest."""
        self._table, self._id = section.text("table"), section.text("id")
        self._where = section.where_equal()
        named = {
            "name": Property(section.value("name", "{" + self._id + "}"), "string"),
            "description": Property(section.value("description", "{" + self._id + "}"), "string"),
        }
        properties = _maybe_record(section, "properties")
        self._thing_arm("Things", {**named, **properties})
        place, since = None, None
        if "location" in section:
            place = self._location(section.section("location"))
            since = place[1]
        feature: Value = Feature(named["name"].value)
        if place:
            feature = Either(place[0], feature)
        self._thing_arm(
            "FeaturesOfInterest",
            {
                **named,
                "encodingType": Property(Const(GEOJSON), "string"),
                "feature": Property(feature, "geo"),
            },
        )
        if place:
            self._thing_arm(
                "Locations",
                {
                    **named,
                    "encodingType": Property(Const(GEOJSON), "string"),
                    "location": Property(place[0], "geo"),
                },
                filled=self._place_columns,
            )
        if since:
            column = (since.value.name,) if isinstance(since.value, Column) else ()
            filled = (*self._place_columns, *column)
            self._thing_arm("HistoricalLocations", {"time": since}, filled=filled)
        section.done()

    def catalogue(self, name: str, part: str, raw: object, whole: Section) -> None:
        """Sensors or ObservedProperties: a table, or constants by key."""
        setting = "sensors" if name == "Sensors" else "observed_properties"
        section = Section(raw, f"{whole.where}.{setting}")
        if isinstance(raw, dict) and isinstance(raw.get("table"), str):
            table = section.text("table")
            identity: Value = Column(section.text("id"))
            self._keys[part] = None
            self._described(name, part, identity, section, table)
            return
        self._keys[part] = set()
        for key, body in whole.sections(setting).items():
            cast("set[str]", self._keys[part]).add(key)
            self._described(name, part, Const(key), body, None)

    def stream(self, key: str, section: Section) -> None:
        """One Datastream for each Thing, of a column of a table of observations."""
        table, result = section.text("table"), section.text("result")
        thing, time = section.text("thing"), section.text("time")
        where, form = section.where_equal(), section.time()
        fixed: tuple[tuple[str, Value], ...] = tuple((c, Const(value)) for c, value in where)
        ties = ((thing, cast("Value", Column(self._id))), *fixed)
        first = Edge(table, time, ties, result)
        observation_type = section.text("observation_type", MEASUREMENT)
        properties = self._stream_properties(section, observation_type)
        properties["phenomenonTime"] = Property(first, "time", form, replace(first, last=True))
        sensor, observed = self._known(section, "sensor"), self._known(section, "property")
        self._add(
            Arm(
                "Datastreams",
                self._number("Datastreams"),
                ("stream",),
                {
                    "stream": (Const(key), Column(self._id)),
                    "thing": (Column(self._id),),
                    "sensor": (sensor,),
                    "property": (observed,),
                },
                properties,
                table=self._table,
                where=self._where,
                key=key,
            )
        )
        self._add(
            Arm(
                "Observations",
                self._number("Observations"),
                ("stream", "moment"),
                {
                    "stream": (Const(key), Column(thing)),
                    "thing": (Column(thing),),
                    "moment": (Column(time),),
                },
                _observed(section, observation_type, time, result),
                table=table,
                where=where,
                filled=(result, time),
                key=key,
                owner=Owner(thing, self._table, self._id, self._where) if self._where else None,
            )
        )
        section.done()

    def stream_table(self, streams: Section, observations: Section) -> None:
        """Datastreams of a table of their own, and one table of all their observations."""
        stream_id, thing = streams.text("id"), streams.text("thing")
        table, stream = observations.text("table"), observations.text("datastream")
        time, result = observations.text("time"), observations.text("result")
        form = observations.time()
        first = Edge(table, time, ((stream, Column(stream_id)),), result)
        observation_type = streams.text("observation_type", MEASUREMENT)
        properties = self._stream_properties(streams, observation_type)
        properties["phenomenonTime"] = Property(first, "time", form, replace(first, last=True))
        self._add(
            Arm(
                "Datastreams",
                self._number("Datastreams"),
                ("stream",),
                {
                    "stream": (Column(stream_id),),
                    "thing": (Column(thing),),
                    "sensor": (self._known(streams, "sensor"),),
                    "property": (self._known(streams, "property"),),
                },
                properties,
                table=streams.text("table"),
                where=streams.where_equal(),
            )
        )
        parts: dict[str, tuple[Value, ...]] = {
            "stream": (Column(stream),),
            "moment": (Column(observations.text("id")),),
        }
        if "thing" in observations:
            parts["thing"] = (Column(observations.text("thing")),)
        else:
            owner = Looked(streams.text("table"), stream_id, stream, thing)
            parts["thing"] = (owner,)
        self._add(
            Arm(
                "Observations",
                self._number("Observations"),
                ("moment",),
                parts,
                _observed(observations, observation_type, time, result),
                table=table,
                where=observations.where_equal(),
                filled=(result, time),
            )
        )
        streams.done()
        observations.done()

    def _location(self, section: Section) -> tuple[Value, Property | None]:
        if "geojson" in section:
            column = section.text("geojson")
            self._place_columns = (column,)
            place: Value = Column(column)
        else:
            point = Point(section.text("longitude"), section.text("latitude"))
            self._place_columns = (point.longitude, point.latitude)
            place = point
        since = None
        if "since" in section:
            since = Property(section.value("since"), "time", section.time())
        section.done()
        return place, since

    def _thing_arm(
        self, name: str, properties: dict[str, Property], filled: tuple[str, ...] = ()
    ) -> None:
        column = (Column(self._id),)
        self._add(
            Arm(
                name,
                self._number(name),
                ("thing",),
                {"thing": column},
                properties,
                table=self._table,
                where=self._where,
                filled=filled,
            )
        )

    def _described(
        self, name: str, part: str, identity: Value, section: Section, table: str | None
    ) -> None:
        own = section.value("name")
        properties = {
            "name": Property(own, "string"),
            "description": Property(section.value("description", section.text("name")), "string"),
            **_maybe_record(section, "properties"),
        }
        if name == "Sensors":
            encoding = section.text("encoding_type", TEXT)
            properties["encodingType"] = Property(Const(encoding), "string")
            properties["metadata"] = Property(section.value("metadata"), "any")
        else:
            properties["definition"] = Property(section.value("definition"), "string")
        where = section.where_equal() if table else ()
        section.done()
        self._add(
            Arm(
                name,
                self._number(name),
                (part,),
                {part: (identity,)},
                properties,
                table=table,
                where=where,
            )
        )

    def _known(self, section: Section, part: str) -> Value:
        value = section.value(part)
        known = self._keys.get(part)
        if isinstance(value, Const) and known is not None and value.value not in known:
            raise SettingsError(f"{section.where}.{part}: {value.value!r} is not configured")
        return value

    def _stream_properties(self, section: Section, observation_type: str) -> dict[str, Property]:
        unit = section.record("unit")
        if unit is None:
            unit = constant_json({"name": None, "symbol": None, "definition": None}, section.where)
        return {
            "name": Property(section.value("name"), "string"),
            "description": Property(section.value("description", section.text("name")), "string"),
            "observationType": Property(Const(observation_type), "string"),
            "unitOfMeasurement": Property(unit, "json"),
            **_maybe_record(section, "properties"),
        }

    def _number(self, name: str) -> int:
        return len(self.arms[name])

    def _add(self, arm: Arm) -> None:
        self.arms[arm.set_name].append(arm)


def _maybe_record(section: Section, key: str) -> dict[str, Property]:
    value = section.record(key)
    return {} if value is None else {key: Property(value, "json")}


def _observed(
    section: Section, observation_type: str, time: str, result: str
) -> dict[str, Property]:
    """Return the properties of an observation: its result is there when its period is over."""
    form = section.time()
    kind = cast("Kind", RESULT_KINDS.get(observation_type.removeprefix(OM), "any"))
    properties = {
        "phenomenonTime": Property(Column(time), "time", form),
        "resultTime": Property(Column(time), "time", replace(form, ends=True)),
        "result": Property(Column(result), kind),
    }
    if "result_time" in section:
        plain = replace(form, period=None)
        properties["resultTime"] = Property(Column(section.text("result_time")), "time", plain)
    if "quality" in section:
        properties["resultQuality"] = Property(section.value("quality"), "any")
    return {**properties, **_maybe_record(section, "parameters")}

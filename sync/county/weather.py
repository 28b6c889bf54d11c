"""Weather files to columns: CSV, and the KML or KMZ of MOSMIX forecasts. Pure.

CSV has a head line. A forecast has ``station,made_at,valid_at`` (ISO 8601 with offset) and any of
the columns of `weather/1`; normals have ``station,day`` (1 to 366) and any of `weather-normal/1`.
An empty cell is an unknown value.

Source: DWD, MOSMIX documentation (elements TTT, E_TTT, FF, TD, N, Rad1h, RR1c and their units).
"""

from __future__ import annotations

import csv
import io
import math
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from xml.etree import ElementTree as ET

from sync.columns import MAX_NAME, Source
from sync.county_words import (
    DAY_MS,
    NORMAL_COLUMNS,
    NORMAL_YEAR_MS,
    WEATHER_COLUMNS,
)
from sync.errors import FormatError

MAX_FILE = 64 << 20  # unpacked: MOSMIX_S of all stations is larger, that of one has 200 kB
MAX_ROWS = 1024  # of one segment: 9 numbers a row are some 40 kB, a quarter of what is taken
_DWD = "{https://opendata.dwd.de/weather/lib/pointforecast_dwd_extension_V1_0.xsd}"
_KML = "{http://www.opengis.net/kml/2.2}"
_KELVIN = 273.15


def read_forecast(data: bytes) -> list[Source]:
    """Return the forecasts in a file, one source a station, times ascending.

    :raises FormatError: with the line or station where it is none.
    """
    if data[:2] == b"PK":
        return _mosmix(_unzip(data))
    if data.lstrip()[:1] == b"<":
        return _mosmix(data)
    rows = _csv(data, ("station", "made_at", "valid_at"), WEATHER_COLUMNS[1:])
    by_station: dict[str, dict[int, dict[str, float | None]]] = defaultdict(dict)
    for line, row in rows:
        values = {name: _number(row, name, line) for name in WEATHER_COLUMNS[1:]}
        made = float(_moment(row, "made_at", line))
        by_station[row["station"]][_moment(row, "valid_at", line)] = {"made_at": made, **values}
    return _sources(by_station)


def read_normals(data: bytes) -> list[Source]:
    """Return the normals in a CSV file, one source a station, days ascending.

    :raises FormatError: with the line where it is none.
    """
    by_station: dict[str, dict[int, dict[str, float | None]]] = defaultdict(dict)
    for line, row in _csv(data, ("station", "day"), NORMAL_COLUMNS):
        text = row["day"]
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 366):
            raise FormatError(f"line {line}: day is no number from 1 to 366")
        at = NORMAL_YEAR_MS + (int(text) - 1) * DAY_MS
        values = {name: _number(row, name, line) for name in NORMAL_COLUMNS}
        by_station[row["station"]][at] = values
    return _sources(by_station)


def parts(sources: Sequence[Source]) -> Iterator[list[Source]]:
    """Yield the sources in as many segments as it takes, each of :data:`MAX_ROWS` rows at most."""
    batch: list[Source] = []
    room = MAX_ROWS
    for source in sources:
        for start in range(0, len(source.times_ms), MAX_ROWS):
            stop = start + MAX_ROWS
            piece = Source(
                source.device,
                source.times_ms[start:stop],
                source.qualities[start:stop],
                {name: column[start:stop] for name, column in source.columns.items()},
            )
            if len(piece.times_ms) > room or any(one.device == piece.device for one in batch):
                yield batch
                batch, room = [], MAX_ROWS
            batch.append(piece)
            room -= len(piece.times_ms)
    if batch:
        yield batch


def _sources(by_station: Mapping[str, Mapping[int, Mapping[str, float | None]]]) -> list[Source]:
    found = []
    for station, rows in sorted(by_station.items()):
        times = sorted(rows)
        names = [name for name in next(iter(rows.values())) if _has(rows, name)]
        columns = {name: [rows[at][name] for at in times] for name in names}
        found.append(Source(station, times, [0] * len(times), columns))
    if not found:
        raise FormatError("the file holds no weather")
    return found


def _has(rows: Mapping[int, Mapping[str, float | None]], name: str) -> bool:
    return any(row[name] is not None for row in rows.values())


def _csv(
    data: bytes, needed: Sequence[str], optional: Sequence[str]
) -> Iterator[tuple[int, Mapping[str, str]]]:
    if len(data) > MAX_FILE:
        raise FormatError(f"a file of more than {MAX_FILE} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError("the file is no UTF-8") from error
    reader = csv.reader(io.StringIO(text))
    try:
        head = next(reader, [])
        missing = set(needed) - set(head)
        unknown = set(head) - set(needed) - set(optional)
        if missing or unknown or len(set(head)) != len(head):
            wrong = ", ".join(sorted(missing | unknown)) or "a column appears twice"
            raise FormatError(f"line 1: {wrong}; known are {', '.join((*needed, *optional))}")
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(head):
                raise FormatError(f"line {reader.line_num}: {len(cells)} cells, not {len(head)}")
            row = dict(zip(head, cells, strict=True))
            station = row["station"]
            if not station.isprintable() or not 0 < len(station.encode()) <= MAX_NAME:
                raise FormatError(f"line {reader.line_num}: station is no name")
            yield reader.line_num, row
    except csv.Error as error:
        raise FormatError(f"line {reader.line_num}: {error}") from error


def _number(row: Mapping[str, str], name: str, line: int) -> float | None:
    text = row.get(name, "").strip()
    if not text:
        return None
    return _finite(text, f"line {line}: {name} is no number")


def _moment(row: Mapping[str, str], name: str, line: int) -> int:
    return _when(row[name], f"line {line}: {name}")


def _when(text: str, where: str) -> int:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise FormatError(f"{where} is no time in ISO 8601") from error
    if moment.utcoffset() is None:
        raise FormatError(f"{where} has no offset from UTC")
    return round(moment.timestamp() * 1000)


def _unzip(data: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) != 1:
                raise FormatError("a KMZ with other than one file in it")
            with archive.open(members[0]) as file:
                raw = file.read(MAX_FILE + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise FormatError(f"no readable KMZ: {error}") from error
    if len(raw) > MAX_FILE:
        raise FormatError(f"a KMZ that unpacks to more than {MAX_FILE} bytes")
    return raw


def _mosmix(data: bytes) -> list[Source]:
    if len(data) > MAX_FILE or b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise FormatError("a KML that is too large, or declares entities")
    try:
        root = ET.fromstring(data)  # noqa: S314 - no entities, see above; size is bounded
    except ET.ParseError as error:
        raise FormatError(f"no readable KML: {error}") from error
    issued = root.find(f".//{_DWD}IssueTime")
    if issued is None:
        raise FormatError("the KML has no issue time")
    made = _when(issued.text or "", "IssueTime")
    times = [_when(one.text or "", "TimeStep") for one in root.iterfind(f".//{_DWD}TimeStep")]
    if not times or sorted(set(times)) != times:
        raise FormatError("the KML's time steps do not ascend")
    found = []
    for place in root.iterfind(f".//{_KML}Placemark"):
        station = (place.findtext(f"{_KML}name") or "").strip()
        if not station or len(station.encode()) > MAX_NAME or not station.isprintable():
            raise FormatError("a station without a name")
        found.append(_station(place, station, made, times))
    if not found or len({one.device for one in found}) != len(found):
        raise FormatError("the KML holds no station, or one twice")
    return found


def _station(place: ET.Element, station: str, made: int, times: Sequence[int]) -> Source:
    raw: dict[str, list[float | None]] = {}
    for element in place.iterfind(f".//{_DWD}Forecast"):
        name = element.get(f"{_DWD}elementName", "")
        if name in _NEEDED:
            cells = (element.findtext(f"{_DWD}value") or "").split()
            if len(cells) != len(times):
                raise FormatError(f"station {station}: {name} has {len(cells)} values")
            raw[name] = [_cell(cell, station, name) for cell in cells]
    columns: dict[str, Sequence[float | None]] = {"made_at": [float(made)] * len(times)}
    for column, (element_name, convert) in _ELEMENTS.items():
        values = raw.get(element_name)
        if values is not None:
            columns[column] = [None if one is None else convert(one) for one in values]
    if {"TTT", "Td"} <= raw.keys():
        columns["relative_humidity_percent"] = [
            _humidity(t, d) for t, d in zip(raw["TTT"], raw["Td"], strict=True)
        ]
    return Source(station, list(times), [0] * len(times), columns)


def _cell(text: str, station: str, name: str) -> float | None:
    if text == "-":
        return None
    return _finite(text, f"station {station}: {name} has {text!r}")


def _finite(text: str, wrong: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise FormatError(wrong) from error
    if not math.isfinite(value):
        raise FormatError(wrong)
    return value


def _humidity(kelvin: float | None, dew_kelvin: float | None) -> float | None:
    """Return percent, by the Magnus formula over water (WMO No. 8, annex 4.B)."""
    if kelvin is None or dew_kelvin is None:
        return None

    def pressure(degc: float) -> float:
        return math.exp(17.62 * degc / (243.12 + degc))

    percent = 100 * pressure(dew_kelvin - _KELVIN) / pressure(kelvin - _KELVIN)
    return round(min(100.0, percent), 1)


_ELEMENTS: Mapping[str, tuple[str, Callable[[float], float]]] = {
    "temperature_degc": ("TTT", lambda kelvin: round(kelvin - _KELVIN, 2)),
    "temperature_error_k": ("E_TTT", lambda kelvin: kelvin),
    "wind_speed_m_s": ("FF", lambda speed: speed),
    "cloud_cover_percent": ("N", lambda percent: percent),
    # kJ/m2 within an hour to W/m2
    "global_radiation_w_m2": ("Rad1h", lambda kilojoule: round(kilojoule / 3.6, 2)),
    "precipitation_mm": ("RR1c", lambda kilograms_a_m2: kilograms_a_m2),
}
_NEEDED = frozenset((*(name for name, _ in _ELEMENTS.values()), "Td"))

"""Weather files: CSV and MOSMIX, what they must give and what is refused."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import pytest

from sync.columns import Source
from sync.county import weather
from sync.county_words import DAY_MS, NORMAL_YEAR_MS
from sync.errors import FormatError

MADE = int(datetime(2026, 11, 25, 9, tzinfo=UTC).timestamp() * 1000)
HOUR = 3_600_000
CSV = """station,made_at,valid_at,temperature_degc,wind_speed_m_s
K2204,2026-11-25T09:00:00+00:00,2026-11-25T11:00:00+00:00,3.5,
K2204,2026-11-25T09:00:00+00:00,2026-11-25T11:00:00+01:00,2.5,4.0
10532,2026-11-25T09:00:00Z,2026-11-25T10:00:00Z,-0.1,1
"""
KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml:kml xmlns:dwd="https://opendata.dwd.de/weather/lib/pointforecast_dwd_extension_V1_0.xsd"
 xmlns:kml="http://www.opengis.net/kml/2.2"><kml:Document><kml:ExtendedData>
<dwd:ProductDefinition><dwd:IssueTime>2026-11-25T09:00:00.000Z</dwd:IssueTime>
<dwd:ForecastTimeSteps><dwd:TimeStep>2026-11-25T10:00:00.000Z</dwd:TimeStep>
<dwd:TimeStep>2026-11-25T11:00:00.000Z</dwd:TimeStep></dwd:ForecastTimeSteps>
</dwd:ProductDefinition></kml:ExtendedData><kml:Placemark><kml:name>K2204</kml:name>
<kml:ExtendedData>
<dwd:Forecast dwd:elementName="TTT"><dwd:value> 276.65 - </dwd:value></dwd:Forecast>
<dwd:Forecast dwd:elementName="Td"><dwd:value> 276.65 270.00 </dwd:value></dwd:Forecast>
<dwd:Forecast dwd:elementName="Rad1h"><dwd:value> 360.00 0.00 </dwd:value></dwd:Forecast>
<dwd:Forecast dwd:elementName="PPPP"><dwd:value> 1 </dwd:value></dwd:Forecast>
</kml:ExtendedData></kml:Placemark></kml:Document></kml:kml>"""


def test_csv() -> None:
    first, second = weather.read_forecast(CSV.encode())
    assert (first.device, second.device) == ("10532", "K2204")
    assert second.times_ms == [MADE + HOUR, MADE + 2 * HOUR]
    assert second.columns == {
        "made_at": [float(MADE)] * 2,
        "temperature_degc": [2.5, 3.5],
        "wind_speed_m_s": [4.0, None],
    }


@pytest.mark.parametrize("zipped", [False, True])
def test_mosmix(*, zipped: bool) -> None:
    data = KML.encode()
    if zipped:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("MOSMIX_L.kml", KML)
        data = packed.getvalue()
    (source,) = weather.read_forecast(data)
    assert (source.device, source.times_ms) == ("K2204", [MADE + HOUR, MADE + 2 * HOUR])
    assert source.columns == {
        "made_at": [float(MADE)] * 2,
        "temperature_degc": [3.5, None],
        "relative_humidity_percent": [100.0, None],
        "global_radiation_w_m2": [100.0, 0.0],
    }


def test_normals() -> None:
    text = "station,day,temperature_degc\nK2204,60,2.25\nK2204,1,0.5\n"
    (source,) = weather.read_normals(text.encode())
    assert source.times_ms == [NORMAL_YEAR_MS, NORMAL_YEAR_MS + 59 * DAY_MS]
    assert source.columns == {"temperature_degc": [0.5, 2.25]}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"station,made_at,valid_at\n",
        CSV.replace("wind_speed_m_s", "wind").encode(),
        CSV.replace("wind_speed_m_s", "temperature_degc").encode(),
        CSV.replace("+01:00", "").encode(),
        CSV.replace("3.5", "warm").encode(),
        CSV.replace("3.5", "inf").encode(),
        CSV.replace("2.5,4.0", "2.5").encode(),
        CSV.replace("10532", "").encode(),
        b"PK\x03\x04 no zip",
        b"<kml",
        KML.replace("IssueTime", "Issue").encode(),
        KML.replace("10:00:00", "11:00:00").encode(),
        KML.replace("276.65 -", "276.65").encode(),
        KML.replace("276.65 -", "276.65 x").encode(),
        KML.replace(">K2204<", "><").encode(),
        KML.replace("kml:Placemark", "kml:Folder").encode(),
        KML.replace("<kml:kml", "<!DOCTYPE x [<!ENTITY a 'b'>]><kml:kml", 1).encode(),
    ],
)
def test_what_is_no_forecast_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        weather.read_forecast(data)


@pytest.mark.parametrize("day", ["0", "367", "x", "1.5", ""])
def test_what_is_no_day_is_refused(day: str) -> None:
    with pytest.raises(FormatError):
        weather.read_normals(f"station,day,temperature_degc\nK,{day},1\n".encode())


def test_a_bomb_is_not_unpacked() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.kml", bytes(weather.MAX_FILE + 1))
    with pytest.raises(FormatError, match="unpacks"):
        weather.read_forecast(packed.getvalue())


def test_parts_hold_every_row_once_and_no_station_twice() -> None:
    many = [
        Source(f"S{n}", list(range(count)), [0] * count, {"made_at": [1.0] * count})
        for n, count in enumerate((700, 700, 3000, 1))
    ]
    parts = list(weather.parts(many))
    for part in parts:
        assert sum(len(one.times_ms) for one in part) <= weather.MAX_ROWS
        assert len({one.device for one in part}) == len(part)
    rows = [(one.device, at) for part in parts for one in part for at in one.times_ms]
    assert rows == [(one.device, at) for one in many for at in one.times_ms]

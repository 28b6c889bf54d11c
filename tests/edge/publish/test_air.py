"""The air of public places as open data: what is in it, and what the auditor refuses."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from datasette.app import Datasette
from hypothesis import given
from hypothesis import strategies as st

from edge.config import Config, Meter
from edge.publish import AuditFailed, air, build_current
from edge.publish.air import HOUR_MS, Sensor, air_rows, by_hour, felt
from edge.publish.audit import audit
from edge.publish.cube import Cube, cube_named
from edge.publish.release import current, releases
from edge.publish.snapshot import write_snapshot
from edge.publish.source import read_air
from edge.store.values import ValueRow
from edge.store.village import VillageStore
from hardware.reading import Quantity, Record, Register, Unit
from tests.releases import ask, forged, outcome, query

NAME = "umwelt"
CUBE = cube_named(NAME)
START = datetime(2026, 7, 20, 10, tzinfo=UTC)
NOW = START + timedelta(hours=4)
SITES = {"halle": "Dorfgemeinschaftshaus"}
ALLOWED = {"saal-luft": ("halle", "room"), "hof-luft": ("halle", "outdoor")}
_UNITS = {
    Quantity.EXTERNAL_TEMPERATURE: Unit.DEG_C,
    Quantity.RELATIVE_HUMIDITY: Unit.PERCENT,
}


def sensed(config: Config, *sensors: Meter) -> Config:
    return replace(config, meters=(*config.meters, *sensors))


SAAL = Meter("saal-luft", "Saal", "halle", "serial:/dev/ttyUSB2", air="room")
HOF = Meter("hof-luft", "Hof", "halle", "serial:/dev/ttyUSB2", air="outdoor")


def say(
    config: Config,
    meter: str,
    quantity: Quantity,
    values: Iterable[tuple[int, float]],
    *,
    storage: int = 0,
) -> None:
    """Keep what a sensor says so many minutes after the start."""
    with VillageStore(config.hub.village_db) as village:
        device = village.device(f"wmbus:{meter}-01-1B", meter_id=meter)
        village.sync_sites(config)
        village.add_values(
            [
                ValueRow(
                    round((START + timedelta(minutes=minute)).timestamp() * 1000),
                    device,
                    1,
                    Record(
                        quantity,
                        value,
                        _UNITS[quantity],
                        register=Register(storage),
                    ),
                )
                for minute, value in values
            ]
        )


@pytest.fixture
def hot(config: Config) -> Config:
    """A hub with a sensor in the hall, in a summer's noon, and one in the yard."""
    made = sensed(config, SAAL, HOF)
    say(made, "saal-luft", Quantity.EXTERNAL_TEMPERATURE, [(0, 30.0), (30, 32.0), (60, 35.0)])
    say(made, "saal-luft", Quantity.RELATIVE_HUMIDITY, [(0, 60.0), (120, 30.0)])
    say(made, "hof-luft", Quantity.EXTERNAL_TEMPERATURE, [(0, 36.0)])
    say(made, "hof-luft", Quantity.RELATIVE_HUMIDITY, [(0, 50.0)])
    return made


def test_what_sensors_said_stands_by_hour(hot: Config) -> None:
    assert outcome(hot, NAME, NOW) == "published"
    assert query(
        hot,
        NAME,
        "SELECT beginn, ortszeit, temperatur_degc, temperatur_minuten, feuchte_prozent,"
        " gefuehlt_degc, hitzestufe FROM luft_stunde WHERE fuehler = 'saal-luft' ORDER BY beginn",
    ) == [
        (
            "2026-07-20T10:00:00Z",
            "2026-07-20T12:00+02:00",
            31.0,
            60,
            60.0,
            34.8,
            "erhöhte Vorsicht",
        ),
        ("2026-07-20T11:00:00Z", "2026-07-20T13:00+02:00", 35.0, 60, 60.0, 45.1, "Gefahr"),
        ("2026-07-20T12:00:00Z", "2026-07-20T14:00+02:00", 35.0, 60, 30.0, None, None),
        ("2026-07-20T13:00:00Z", "2026-07-20T15:00+02:00", None, 0, 30.0, None, None),
    ]
    assert query(
        hot,
        NAME,
        "SELECT count(*), count(gefuehlt_degc) FROM luft_stunde WHERE fuehler = 'hof-luft'",
    ) == [(2, 0)]
    assert outcome(hot, NAME, NOW) == "unchanged"


def test_only_what_hub_toml_declares_is_published(config: Config) -> None:
    private = Meter("bad-7", "Bad Haus 7", "haus-7", "serial:/dev/ttyUSB1", air="room")
    silent = Meter("buero", "Büro", "halle", "serial:/dev/ttyUSB2")  # no `air`
    made = sensed(config, SAAL, private, silent)
    for one in ("saal-luft", "bad-7", "buero"):
        say(made, one, Quantity.EXTERNAL_TEMPERATURE, [(0, 21.0)])
    outcome(made, NAME, NOW)
    assert query(made, NAME, "SELECT fuehler, site_name, lage FROM fuehler") == [
        ("saal-luft", "Dorfgemeinschaftshaus", "innen")
    ]
    release = current(made.hub.public, NAME)
    assert release is not None
    assert not any(
        word in release.path.read_bytes() for word in (b"bad-7", b"Haus 7", "Büro".encode())
    )


def test_a_sensor_named_by_its_number_is_no_reason_to_refuse(config: Config) -> None:
    made = sensed(config, replace(SAAL, name="Fühler 00123456"))
    say(made, "saal-luft", Quantity.EXTERNAL_TEMPERATURE, [(0, 21.0)])
    assert outcome(made, NAME, NOW) == "published"
    assert query(made, NAME, "SELECT fuehler_name FROM fuehler") == [("Fühler innen",)]


def test_stored_values_are_no_air_of_now(config: Config) -> None:
    made = sensed(config, SAAL)
    say(made, "saal-luft", Quantity.EXTERNAL_TEMPERATURE, [(0, 18.0)], storage=1)
    outcome(made, NAME, NOW)
    assert query(made, NAME, "SELECT * FROM luft_stunde") == []


def test_a_sensor_that_is_withdrawn_leaves_earlier_releases(hot: Config) -> None:
    outcome(hot, NAME, NOW)
    fewer = replace(hot, meters=tuple(one for one in hot.meters if one is not SAAL))
    outcome(fewer, NAME, NOW)
    outcome(fewer, NAME, NOW + timedelta(hours=1))
    assert query(fewer, NAME, "SELECT fuehler FROM fuehler") == [("hof-luft",)]
    assert [one.number for one in releases(hot.hub.public, NAME)] == [2]


def test_values_are_read_once_an_hour(hot: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[int] = []

    def counted(config: Config, cube: Cube, until: int) -> tuple[Sensor, ...]:
        reads.append(until)
        return read_air(config, cube, until)

    monkeypatch.setattr("edge.publish.build.read_air", counted)
    outcome(hot, NAME, NOW)
    say(hot, "saal-luft", Quantity.EXTERNAL_TEMPERATURE, [(200, 33.0)])
    assert outcome(hot, NAME, NOW + timedelta(minutes=45)) == "unchanged"
    assert len(reads) == 1
    assert outcome(hot, NAME, NOW + timedelta(minutes=60)) == "published"  # also what came late
    assert len(reads) == 2
    assert query(
        hot,
        NAME,
        "SELECT temperatur_minuten FROM luft_stunde"
        " WHERE fuehler = 'saal-luft' AND beginn = '2026-07-20T14:00:00Z'",
    ) == [(60,)]


def test_nothing_is_nothing(config: Config) -> None:
    assert outcome(config, NAME, NOW) == "nothing"


@given(
    st.lists(
        st.tuples(st.integers(0, 40 * HOUR_MS), st.floats(-60, 80)),
        max_size=30,
        unique_by=lambda one: one[0],
    )
)
def test_an_hour_lies_between_what_was_said(said: list[tuple[int, float]]) -> None:
    said.sort()
    until = 30 * HOUR_MS
    hours = by_hour(said, (-40.0, 60.0), 2 * HOUR_MS, until)
    believed = [value for _, value in said if -40 <= value <= 60]
    for start, hour in hours.items():
        assert 0 < hour.known_ms <= HOUR_MS
        assert start < until
        mean = hour.weighted / hour.known_ms
        assert min(believed) - 1e-9 <= mean <= max(believed) + 1e-9
    assert sum(hour.known_ms for hour in hours.values()) <= 2 * HOUR_MS * len(believed)


@pytest.mark.parametrize(
    ("fahrenheit", "percent", "told"),
    [(90, 70, 105), (100, 40, 109), (86, 90, 105), (108, 40, 130), (88, 85, 110)],
)
def test_the_index_is_the_weather_services_table(
    fahrenheit: float, percent: float, told: float
) -> None:
    # NWS heat index chart, whole degrees Fahrenheit (weather.gov/safety/heat-index)
    found = felt(CUBE.air, (fahrenheit - 32) / 1.8, percent)
    assert found is not None
    assert math.isclose(found * 1.8 + 32, told, abs_tol=1.1)


@pytest.mark.parametrize(
    ("warm", "damp"),
    [(26.6, 60), (43.4, 60), (30.0, 39.9), (20.0, 50), (None, 50), (30.0, None)],
)
def test_outside_its_range_there_is_no_index(warm: float | None, damp: float | None) -> None:
    assert felt(CUBE.air, warm, damp) is None


@given(st.integers(-400, 600), st.integers(0, 1000))
def test_builder_and_auditor_agree_on_every_air(warm: int, damp: int) -> None:
    until = round(START.timestamp() * 1000) + HOUR_MS
    said = [[(until - HOUR_MS, warm / 10)], [(until - HOUR_MS, damp / 10)]]
    rows = air_rows(CUBE, SITES, [Sensor("saal", "Saal", "halle", "room", *said)], until)
    path = Path(_folder.name) / "built.db"
    write_snapshot(path, CUBE, rows)
    assert audit(path, CUBE, SITES, sensors={"saal": ("halle", "room")}).findings == ()


@pytest.fixture(autouse=True, scope="module")
def _where(tmp_path_factory: pytest.TempPathFactory) -> None:
    _folder.name = str(tmp_path_factory.mktemp("air"))


class _Folder:
    name = ""


_folder = _Folder()


@pytest.mark.parametrize(
    ("sql", "cell"),
    [
        ("UPDATE fuehler SET site = 'haus-7' WHERE fuehler = 'hof-luft'", "not declared communal"),
        ("UPDATE fuehler SET site_name = 'x'", "site_name"),
        ("UPDATE fuehler SET lage = 'Bad'", "lage"),
        ("UPDATE fuehler SET lage = 'innen'", "not what hub.toml says"),
        ("UPDATE fuehler SET fuehler = 'buero' WHERE fuehler = 'hof-luft'", "not make this sensor"),
        ("UPDATE fuehler SET fuehler_name = 'Erna, 06031 / 12 34 56'", "fuehler_name"),
        ("DELETE FROM fuehler WHERE fuehler = 'hof-luft'", "no published sensor"),
        ("UPDATE luft_stunde SET fuehler_name = 'x'", "fuehler_name"),
        ("UPDATE luft_stunde SET beginn = substr(beginn, 1, 14) || '07:00Z'", "beginn"),
        ("UPDATE luft_stunde SET ortszeit = 'mittags'", "ortszeit"),
        ("UPDATE luft_stunde SET tag = '2026-07-21'", "tag"),
        ("UPDATE luft_stunde SET temperatur_degc = 70.0", "temperatur"),
        ("UPDATE luft_stunde SET temperatur_degc = 20.123", "more digits"),
        ("UPDATE luft_stunde SET feuchte_prozent = 101.0", "feuchte"),
        ("UPDATE luft_stunde SET temperatur_minuten = 61", "minuten"),
        ("UPDATE luft_stunde SET temperatur_minuten = 29", "does not fit"),
        ("UPDATE luft_stunde SET temperatur_degc = NULL", "does not fit"),
        ("UPDATE luft_stunde SET gefuehlt_degc = 30.0", "gefuehlt"),
        ("UPDATE luft_stunde SET gefuehlt_degc = NULL", "missing"),
        ("UPDATE luft_stunde SET gefuehlt_degc = gefuehlt_degc + 0.1", "the formula"),
        ("UPDATE fuehler SET lage = 'außen'", "does not hold"),
        ("UPDATE luft_stunde SET hitzestufe = 'Gefahr'", "hitzestufe"),
        ("UPDATE _about SET value = 'x' WHERE name = 'lizenz'", "_about"),
    ],
)
def test_the_auditor_refuses(hot: Config, tmp_path: Path, sql: str, cell: str) -> None:
    outcome(hot, NAME, NOW)
    release = current(hot.hub.public, NAME)
    assert release is not None
    assert audit(release.path, CUBE, SITES, sensors=ALLOWED).passed
    assert not audit(release.path, CUBE, SITES).passed
    copy = forged(release, sql, tmp_path)
    told = [str(finding) for finding in audit(copy, CUBE, SITES, sensors=ALLOWED).findings]
    assert any(cell in one for one in told), told


@pytest.mark.parametrize("mutant", ["index-everywhere", "no-bounds", "digits", "half-hours"])
def test_a_wrong_builder_publishes_nothing(
    hot: Config, monkeypatch: pytest.MonkeyPatch, mutant: str
) -> None:
    say(hot, "hof-luft", Quantity.EXTERNAL_TEMPERATURE, [(130, 99.0), (235, 20.0)])
    if mutant == "index-everywhere":
        monkeypatch.setattr(air, "felt", lambda _rules, warm, _damp: warm)
    elif mutant == "no-bounds":
        real = air.by_hour
        monkeypatch.setattr(
            air, "by_hour", lambda said, _bounds, *rest: real(said, (-999.0, 999.0), *rest)
        )
    elif mutant == "digits":
        monkeypatch.setattr(air, "_mean", lambda hour, _rules: (21.123, 60) if hour else (None, 0))
    else:
        monkeypatch.setattr(air, "_mean", lambda hour, _rules: (21.0, 10) if hour else (None, 0))
    with pytest.raises(AuditFailed):
        build_current(hot, NOW)
    assert current(hot.hub.public, NAME) is None


def test_a_builder_that_forgets_who_is_public_publishes_nothing(
    hot: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Meter("buero", "Büro", "halle", "serial:/dev/ttyUSB2")  # no `air`
    say(hot, "buero", Quantity.EXTERNAL_TEMPERATURE, [(0, 21.0)])

    def read_all(config: Config, *rest: object) -> tuple[Sensor, ...]:
        every = tuple(replace(one, air=one.air or "room") for one in config.meters)
        return read_air(replace(config, meters=every), *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("edge.publish.build.read_air", read_all)
    with pytest.raises(AuditFailed, match="does not make this sensor public"):
        build_current(sensed(hot, office), NOW)
    assert current(hot.hub.public, NAME) is None


def test_a_sensor_elsewhere_is_refused(hot: Config) -> None:
    outcome(hot, NAME, NOW)
    release = current(hot.hub.public, NAME)
    assert release is not None
    moved = {**ALLOWED, "saal-luft": ("schule", "room")}
    told = audit(release.path, CUBE, SITES, sensors=moved).findings
    assert any("is not where hub.toml says" in str(one) for one in told)


def test_it_is_served_as_a_sensorthings_service_of_its_own(hot: Config) -> None:
    build_current(hot, NOW)

    async def questions(datasette: Datasette) -> None:
        root = "/-/sta/umwelt/v1.1"
        things = (await datasette.client.get(f"{root}/Things")).json()["value"]
        assert {one["name"] for one in things} == {"Saal", "Hof"}
        query = "$filter=Datastream/name eq 'Hitzeindex je Stunde: Saal'&$orderby=result"
        found = (await datasette.client.get(f"{root}/Observations?{query}")).json()["value"]
        assert [one["result"] for one in found if one["result"] is not None] == [34.8, 45.1]
        stream = (await datasette.client.get(f"{root}/Datastreams")).json()["value"][0]
        assert root in stream["@iot.selfLink"]
        assert (await datasette.client.get("/-/sta/nichts/v1.1/Things")).status_code == 404
        page = await datasette.client.get("/umwelt/luft_stunde")
        assert page.status_code == 200
        assert "Luft je Stunde" in page.text

    ask(hot, questions)


def test_the_air_outdoors_is_weather_for_smart_cities(hot: Config) -> None:
    build_current(hot, NOW)

    async def questions(datasette: Datasette) -> None:
        root = "/-/ngsi-ld/umwelt/v1"
        assert (await datasette.client.get(f"{root}/types")).json()["typeList"] == [
            "WeatherObserved"
        ]
        answer = await datasette.client.get(
            f"{root}/entities?type=WeatherObserved", headers={"Accept": "application/ld+json"}
        )
        (yard,) = answer.json()  # the hall is a room
        assert yard["id"] == "urn:ngsi-ld:WeatherObserved:hof-luft"
        assert yard["temperature"]["value"] == 36.0
        assert yard["temperature"]["unitCode"] == "CEL"
        assert yard["relativeHumidity"]["value"] == 0.5
        assert yard["dateObserved"]["value"] == "2026-07-20T11:00:00Z"
        assert yard["dateObserved"]["observedAt"] == "2026-07-20T12:00:00Z"
        assert "location" not in yard
        where = urlsplit(yard["@context"]).path
        assert where == "/-/ngsi-ld/umwelt/context.jsonld"
        context = (await datasette.client.get(where)).json()["@context"]
        assert context["relativeHumidity"].startswith("https://smartdatamodels.org/")
        room = await datasette.client.get(f"{root}/entities/urn:ngsi-ld:WeatherObserved:saal-luft")
        assert room.status_code == 404
        when = "timerel=between&timeAt=2026-07-20T11:00:00Z&endTimeAt=2026-07-20T12:00:00Z"
        past = f"{root}/temporal/entities/{yard['id']}?{when}"
        (value,) = (await datasette.client.get(past)).json()["temperature"]
        assert (value["value"], value["observedAt"]) == (36.0, "2026-07-20T11:00:00Z")
        assert value["bekannteMinuten"]["value"] == 60
        short = (await datasette.client.get(f"{past}&options=temporalValues")).json()
        assert short["relativeHumidity"]["values"] == [[0.5, "2026-07-20T11:00:00Z"]]

    ask(hot, questions)


def test_every_attribute_of_weather_is_a_name_of_the_bundled_context() -> None:
    mapping = tomllib.loads(
        (resources.files("edge.publish") / "ngsi_ld_umwelt.toml").read_text("utf-8")
    )
    context = json.loads((resources.files("datasette_ngsi_ld") / "context.jsonld").read_text())
    known = context["@context"]
    assert set(mapping["entities"]["wetter"]["attributes"]) <= set(known)
    assert mapping["entities"]["wetter"]["type"] in known

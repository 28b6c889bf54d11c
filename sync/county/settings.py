"""Tables of `county.toml` below `[county]`: engine, object store, pages and jobs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from urllib.parse import urlsplit

from sync.county.municipalities import TILES
from sync.errors import SyncError

_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,253}")
_MINUTES_IN_A_MONTH = 31 * 24 * 60
_HOUR_MS = 3_600_000
_MOST_HOURS = 366 * 24


class SettingsError(SyncError):
    """A table cannot be used; the message names the key and what is allowed."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What answers questions to the lake: this machine, or the Ray cluster at ``ray``."""

    ray: str = ""


@dataclass(frozen=True, slots=True)
class Store:
    """An object store with an S3 interface as the lake's place; none without a ``uri``.

    ``credentials`` is a TOML file (mode 0600) with `access_key_id` and `secret_access_key`;
    without it the environment's AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are used.
    """

    uri: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    credentials: Path | None = None


@dataclass(frozen=True, slots=True)
class Web:
    """Where the officials' pages are served; ``secure`` if a proxy in front speaks HTTPS."""

    host: str = "127.0.0.1"
    port: int = 8090
    secure: bool = False


@dataclass(frozen=True, slots=True)
class Jobs:
    """How often `county serve` does what, in minutes; 0 is never."""

    pull_min: int = 15
    compact_min: int = 24 * 60
    vacuum_min: int = 7 * 24 * 60
    health_min: int = 5
    certificates_min: int = 60
    open_data_min: int = 60


@dataclass(frozen=True, slots=True)
class Silence:
    """After how many hours without anything a hub counts as silent.

    ``by_hand_hours`` is of hubs that no line leads to: a bus or a stick comes once a week.
    """

    hours: int = 24
    by_hand_hours: int = 8 * 24

    def after_ms(self, *, by_hand: bool) -> int:
        """Return how long a hub may say nothing."""
        return (self.by_hand_hours if by_hand else self.hours) * _HOUR_MS


@dataclass(frozen=True, slots=True)
class Heat:
    """When heat is forecast each day, local time (None: never by itself), and with whose weather.

    ``weather`` is a table of hours of many years; ``normal_kd`` the degree days G 20/15 of
    a normal year in K d; ``hot_water`` the share of heat that does not follow the weather.
    """

    morning: time | None = time(5, 30)  # after the hubs' own, before anybody looks
    station: str = ""
    weather: Path | None = None
    normal_kd: float | None = None
    hot_water: float | None = None


@dataclass(frozen=True, slots=True)
class OpenData:
    """Where the county's open data is served (behind the county's proxy), and who publishes it.

    ``publisher`` and ``email`` are told to portals of open data, ``region`` is a German regional
    key, ``contributor`` the provider's name in GovData's register, ``public_url`` the address
    under which the data is known to others, ``harvest`` the addresses of villages' catalogues.
    """

    host: str = "127.0.0.1"
    port: int = 8091
    base_url: str = "/daten/"
    publisher: str = ""
    email: str = ""
    region: str = "06531"  # Landkreis Gießen
    contributor: str = ""
    public_url: str = ""
    harvest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Certificates:
    """Who makes hubs' certificates: a command, or a folder where requests wait for chains."""

    command: tuple[str, ...] = ()
    timeout_s: int = 600  # an authority that looks at DNS waits for it
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Listen:
    """Where `county serve` takes the calls of hubs behind routers; port 0 is nowhere."""

    host: str = "0.0.0.0"  # noqa: S104 - they call from anywhere, and each side shows its key
    port: int = 0


def listen(table: object) -> Listen:
    """Read `[county.calls]`."""
    read = _Table("county.calls", table, ("host", "port"))
    host = read.text("host", Listen().host)
    if not _HOST.fullmatch(host):
        raise SettingsError("county.calls.host must be an address of this machine")
    return Listen(host, read.number("port", 0, 0, 65535))


def certificates(table: object, folder: Path) -> Certificates:
    """Read `[county.certificates]`; paths count from ``folder``."""
    read = _Table("county.certificates", table, ("command", "timeout_s", "folder"))
    command, place = read.texts("command", 32), read.text("folder", "")
    if command and place:
        raise SettingsError("county.certificates has a command or a folder, not both")
    if command and not command[0]:
        raise SettingsError("county.certificates.command must begin with a program")
    return Certificates(
        command,
        read.number("timeout_s", Certificates().timeout_s, 1, 3600),
        folder / place if place else None,
    )


def engine(table: object) -> Engine:
    """Read `[county.engine]`."""
    read = _Table("county.engine", table, ("ray",))
    ray = read.text("ray", "")
    if ray and not re.fullmatch(r"(ray://)?[A-Za-z0-9.-]+:[0-9]{1,5}", ray):
        raise SettingsError("county.engine.ray must be ray://HOST:PORT or HOST:PORT")
    return Engine(ray)


def store(table: object, folder: Path) -> Store:
    """Read `[county.lake]`; paths count from ``folder``."""
    read = _Table("county.lake", table, ("uri", "endpoint", "region", "credentials"))
    uri, endpoint = read.text("uri", ""), read.text("endpoint", "")
    parts = urlsplit(uri)
    if uri and (parts.scheme != "s3" or not parts.netloc or "@" in uri or parts.query):
        raise SettingsError("county.lake.uri must be s3://BUCKET/PLACE, without a key in it")
    if endpoint and (urlsplit(endpoint).scheme not in ("http", "https") or "@" in endpoint):
        raise SettingsError("county.lake.endpoint must be http(s)://HOST:PORT, without a key in it")
    if not uri and table:
        raise SettingsError("county.lake.uri is missing")
    credentials = read.text("credentials", "")
    return Store(
        uri.rstrip("/"),
        endpoint,
        read.text("region", Store().region),
        folder / credentials if credentials else None,
    )


def web(table: object) -> Web:
    """Read `[county.web]`."""
    read = _Table("county.web", table, ("host", "port", "secure"))
    host = read.text("host", Web().host)
    if not _HOST.fullmatch(host):
        raise SettingsError("county.web.host must be an address of this machine")
    return Web(host, read.number("port", Web().port, 1, 65535), read.flag("secure"))


def open_data(table: object) -> OpenData:
    """Read `[county.open_data]`."""
    known = ("host", "port", "base_url", "publisher", "email", "region", "contributor")
    read = _Table("county.open_data", table, (*known, "public_url", "harvest"))
    usual = OpenData()
    host, base = read.text("host", usual.host), read.text("base_url", usual.base_url)
    if not _HOST.fullmatch(host):
        raise SettingsError("county.open_data.host must be an address of this machine")
    if not re.fullmatch(r"/([A-Za-z0-9_-]+/)*", base):
        raise SettingsError('county.open_data.base_url must be a path such as "/daten/"')
    public = read.text("public_url", "")
    if public and (urlsplit(public).scheme not in ("http", "https") or not public.endswith("/")):
        raise SettingsError("county.open_data.public_url must be http(s)://HOST/.../")
    region = read.text("region", usual.region)
    if not re.fullmatch(r"([0-9]{2}|[0-9]{5}|[0-9]{8}|[0-9]{12})?", region):
        raise SettingsError("county.open_data.region must be a regional key: 2, 5, 8 or 12 digits")
    return OpenData(
        host,
        read.number("port", usual.port, 1, 65535),
        base,
        read.text("publisher", ""),
        read.text("email", ""),
        region,
        read.text("contributor", ""),
        public,
        read.texts("harvest", 1000),
    )


def places(table: object) -> dict[str, str]:
    """Read `[county.places]`: which municipality a hub is in, by the hub's id."""
    if table is None:
        table = {}
    if not isinstance(table, dict):
        raise SettingsError("[county.places] must be a table")
    for hub, name in table.items():
        if not re.fullmatch(r"[0-9a-f]{16}", hub) or name not in TILES:
            known = ", ".join(TILES)
            raise SettingsError(
                f"county.places: a hub's 16 hex digits = one of {known}; not {hub} = {name!r}"
            )
    return dict(table)


def jobs(table: object) -> Jobs:
    """Read `[county.jobs]`."""
    known = ("pull_min", "compact_min", "vacuum_min", "health_min", "certificates_min")
    read = _Table("county.jobs", table, (*known, "open_data_min"))
    usual = Jobs()
    return Jobs(
        read.number("pull_min", usual.pull_min, 0, _MINUTES_IN_A_MONTH),
        read.number("compact_min", usual.compact_min, 0, _MINUTES_IN_A_MONTH),
        read.number("vacuum_min", usual.vacuum_min, 0, _MINUTES_IN_A_MONTH),
        read.number("health_min", usual.health_min, 0, _MINUTES_IN_A_MONTH),
        read.number("certificates_min", usual.certificates_min, 0, _MINUTES_IN_A_MONTH),
        read.number("open_data_min", usual.open_data_min, 0, _MINUTES_IN_A_MONTH),
    )


def heat(table: object, folder: Path) -> Heat:
    """Read `[county.heat]`; paths count from ``folder``."""
    known = ("morning", "station", "weather", "normal_kd", "hot_water")
    read = _Table("county.heat", table, known)
    morning, weather = read.text("morning", "05:30"), read.text("weather", "")
    if morning and not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", morning):
        raise SettingsError('county.heat.morning must be a time such as "05:30", or "" for never')
    return Heat(
        time.fromisoformat(morning) if morning else None,
        read.text("station", ""),
        folder / weather if weather else None,
        read.amount("normal_kd", 500.0, 10_000.0),
        read.amount("hot_water", 0.0, 0.9),
    )


def silence(table: object) -> Silence:
    """Read `[county.silence]`."""
    read = _Table("county.silence", table, ("hours", "by_hand_hours"))
    return Silence(
        read.number("hours", Silence().hours, 1, _MOST_HOURS),
        read.number("by_hand_hours", Silence().by_hand_hours, 1, _MOST_HOURS),
    )


class _Table:
    def __init__(self, name: str, table: object, allowed: tuple[str, ...]) -> None:
        if table is None:
            table = {}
        if not isinstance(table, dict):
            raise SettingsError(f"[{name}] must be a table")
        for key in table:
            if key not in allowed:
                known = ", ".join(allowed)
                raise SettingsError(f"{name}.{key} is not known; allowed are {known}")
        self._name = name
        self._table: Mapping[str, object] = table

    def text(self, key: str, usual: str) -> str:
        value = self._table.get(key, usual)
        if not isinstance(value, str) or not value.isprintable():
            raise SettingsError(f"{self._name}.{key} must be text")
        return value

    def number(self, key: str, usual: int, low: int, high: int) -> int:
        value = self._table.get(key, usual)
        if type(value) is not int or not low <= value <= high:
            raise SettingsError(f"{self._name}.{key} must be a number from {low} to {high}")
        return value

    def amount(self, key: str, low: float, high: float) -> float | None:
        value = self._table.get(key)
        if value is None:
            return None
        if type(value) not in (int, float) or not low <= float(str(value)) <= high:
            raise SettingsError(f"{self._name}.{key} must be a number from {low:g} to {high:g}")
        return float(str(value))

    def texts(self, key: str, most: int) -> tuple[str, ...]:
        value = self._table.get(key, [])
        if (
            not isinstance(value, list)
            or len(value) > most
            or not all(isinstance(one, str) and one.isprintable() for one in value)
        ):
            raise SettingsError(f"{self._name}.{key} must be a list of at most {most} texts")
        return tuple(value)

    def flag(self, key: str) -> bool:
        value = self._table.get(key, False)
        if type(value) is not bool:
            raise SettingsError(f"{self._name}.{key} must be true or false")
        return value

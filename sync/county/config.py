"""The county's configuration: `county.toml`, read once into a frozen dataclass.

Relative paths in the file count from the file's folder.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sync.carrier.http import split_address
from sync.county import settings
from sync.county.settings import (
    Certificates,
    Engine,
    Heat,
    Jobs,
    Listen,
    OpenData,
    SettingsError,
    Silence,
    Store,
    Web,
)
from sync.errors import SyncError

FILE_NAME = "county.toml"
_SIZE_LIMIT = 1 << 20  # a line for each hub of a large county stays far below


class ConfigError(SyncError):
    """`county.toml` cannot be used; the message names the key and what is allowed."""


@dataclass(frozen=True, slots=True)
class CountyConfig:
    """Who the county hub is and where it keeps what it pulls.

    ``addresses`` maps a hub's short id (16 hex digits) to addresses that are tried before
    those the ledger knows. ``care_recipients`` are age public keys that hubs may seal care
    data to; the county hub itself needs none and reads no care data.
    """

    source: Path
    name: str
    state: Path
    care_recipients: tuple[str, ...] = ()
    addresses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    engine: Engine = field(default_factory=Engine)
    store: Store = field(default_factory=Store)
    web: Web = field(default_factory=Web)
    jobs: Jobs = field(default_factory=Jobs)
    listen: Listen = field(default_factory=Listen)
    certificates: Certificates = field(default_factory=Certificates)
    silence: Silence = field(default_factory=Silence)
    heat: Heat = field(default_factory=Heat)
    places: Mapping[str, str] = field(default_factory=dict)  # municipality by hub
    offers: OpenData = field(default_factory=OpenData)

    @property
    def key_file(self) -> Path:
        """The county's own signing key (mode 0600)."""
        return self.state / "keys" / "county.pem"

    @property
    def parcel_file(self) -> Path:
        """The age key that opens what buses bring (mode 0600); made with the first bus's pass."""
        return self.state / "keys" / "parcels.age"

    @property
    def ledger_db(self) -> Path:
        """Hubs, contacts and findings."""
        return self.state / "ledger.db"

    @property
    def streams_db(self) -> Path:
        """The county's own streams, receipts of carriers, and orders to erase."""
        return self.state / "streams.db"

    @property
    def lake(self) -> Path:
        """The Delta table of readings, unless :attr:`store` is its place."""
        return self.state / "lake" / "readings"

    @property
    def officials(self) -> Path:
        """Who may use the officials' pages: names and hashes of passwords (mode 0600)."""
        return self.state / "keys" / "officials.json"

    @property
    def session_key(self) -> Path:
        """What signs the sessions of the officials' pages (mode 0600)."""
        return self.state / "keys" / "web.key"

    @property
    def inbox(self) -> Path:
        """Bundles that are on their way; may be deleted at any time."""
        return self.state / "inbox"

    @property
    def calls(self) -> Path:
        """Lines of hubs that called: ``<hub>.sock`` and, for good, ``<hub>.called``."""
        return self.state / "calls"

    @property
    def sealed(self) -> Path:
        """Care segments as they came: ``<hub>/<epoch>/<seq>.dhs``. Never opened here."""
        return self.state / "sealed"

    @property
    def unread(self) -> Path:
        """Segments that this version cannot read, as they came, for a later one."""
        return self.state / "unread"

    @property
    def orders(self) -> Path:
        """Hubs' orders to erase, as they came, until they were carried out."""
        return self.state / "orders"

    @property
    def requests(self) -> Path:
        """Hubs' requests for certificates, as they came, until they were noted."""
        return self.state / "requests"

    @property
    def books(self) -> Path:
        """The ends of hubs' books of reads, as they came, until they were noted."""
        return self.state / "books"

    @property
    def plans(self) -> Path:
        """What hubs released of their heat cadastres, as it came: ``<hub>/<epoch>/<seq>.dhs``."""
        return self.state / "plans"

    @property
    def releases(self) -> Path:
        """What hubs told of their open data, as it came: ``<hub>/<epoch>/<seq>.dhs``."""
        return self.state / "releases"

    @property
    def open_data(self) -> Path:
        """The merged open data as it is served; may be deleted at any time and is built again."""
        return self.state / "open-data"

    @property
    def heat_ahead(self) -> Path:
        """The county's newest forecast of heat; may be deleted at any time."""
        return self.state / "heat-ahead.json"

    @property
    def heat_season(self) -> Path:
        """The county's newest outlook on the heating season; may be deleted at any time."""
        return self.state / "heat-season.json"

    @property
    def heat_run(self) -> Path:
        """How the county's newest forecast of the morning went."""
        return self.state / "heat-run.json"

    @property
    def clocks(self) -> Path:
        """What hubs told of their clocks, as it came: ``<hub>/<epoch>/<seq>.dhs``."""
        return self.state / "clocks"

    @property
    def quarantine(self) -> Path:
        """Bundles that were refused, for a person to look at."""
        return self.state / "quarantine"


def locate(path: Path) -> Path:
    """Return the configuration file that ``path``, a file or its folder, means."""
    return path / FILE_NAME if path.is_dir() else path


def load(path: Path) -> CountyConfig:
    """Read ``path``, a `county.toml` or its folder.

    :raises ConfigError: if it is absent or wrong.
    """
    source = locate(path).absolute()
    try:
        with source.open("rb") as file:
            text = file.read(_SIZE_LIMIT).decode("utf-8")
        raw = tomllib.loads(text)
    except FileNotFoundError as error:
        raise ConfigError(
            f"{source} does not exist", hint="Mit „dorfhub county init“ anlegen."
        ) from error
    except OSError as error:
        raise ConfigError(f"{source} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{source} is no TOML: {error}") from error
    return _read(source, raw)


def _read(source: Path, raw: Mapping[str, object]) -> CountyConfig:
    _only(raw, ("county", "hub"), source, "")
    county = raw.get("county")
    if not isinstance(county, dict):
        raise ConfigError(f"{source}: the table [county] is missing")
    known = ("name", "state", "care_recipients", "engine", "lake", "web", "jobs", "places", "calls")
    _only(county, (*known, "certificates", "silence", "heat", "open_data"), source, "county.")
    name = county.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= 100 or not name.isprintable():
        raise ConfigError(f"{source}: county.name must be text of 1 to 100 characters")
    state = county.get("state", "state")
    if not isinstance(state, str) or not state:
        raise ConfigError(f"{source}: county.state must be a folder")
    recipients = county.get("care_recipients", [])
    if not isinstance(recipients, list) or not all(
        isinstance(one, str) and one.startswith("age1") for one in recipients
    ):
        raise ConfigError(f"{source}: county.care_recipients must be a list of age1... keys")
    try:
        return CountyConfig(
            source=source,
            name=name,
            state=source.parent / state,
            care_recipients=tuple(recipients),
            addresses=_addresses(source, raw.get("hub", [])),
            engine=settings.engine(county.get("engine")),
            store=settings.store(county.get("lake"), source.parent),
            web=settings.web(county.get("web")),
            jobs=settings.jobs(county.get("jobs")),
            listen=settings.listen(county.get("calls")),
            certificates=settings.certificates(county.get("certificates"), source.parent),
            silence=settings.silence(county.get("silence")),
            heat=settings.heat(county.get("heat"), source.parent),
            places=settings.places(county.get("places")),
            offers=settings.open_data(county.get("open_data")),
        )
    except SettingsError as error:
        raise ConfigError(f"{source}: {error}") from error


def _addresses(source: Path, hubs: object) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    if not isinstance(hubs, list):
        raise ConfigError(f"{source}: hubs are listed as [[hub]]")
    for number, hub in enumerate(hubs, start=1):
        if not isinstance(hub, dict):
            raise ConfigError(f"{source}: hubs are listed as [[hub]]")
        where = f"hub {number}: "
        _only(hub, ("id", "addresses"), source, where)
        short_id, addresses = hub.get("id"), hub.get("addresses", [])
        if not isinstance(short_id, str) or len(short_id) != 16:
            raise ConfigError(f"{source}: {where}id must be the hub's 16 hex digits")
        if not isinstance(addresses, list):
            raise ConfigError(f"{source}: {where}addresses must be a list")
        for address in addresses:
            try:
                split_address(str(address))
            except ValueError as error:
                raise ConfigError(f"{source}: {where}{error}") from error
        found[short_id.lower()] = tuple(map(str, addresses))
    return found


def _only(table: Mapping[str, object], allowed: Iterable[str], source: Path, where: str) -> None:
    for key in table:
        if key not in allowed:
            raise ConfigError(
                f"{source}: {where}{key} is not known; allowed are {', '.join(allowed)}"
            )

"""All that `hub.toml` can say, as frozen dataclasses. Paths are absolute."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from edge.config.alarm import Alarm


@dataclass(frozen=True, slots=True)
class Hub:
    """Who this hub is. ``name`` and ``village`` are shown to people."""

    name: str
    village: str
    state: Path  # everything the hub writes lies below this folder
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    profiles: Path | None = None  # a folder of meters' profiles of one's own

    @property
    def village_db(self) -> Path:
        """What is nobody's personal data."""
        return self.state / "village.db"

    @property
    def personal_db(self) -> Path:
        """People, consents and care readings (SQLCipher)."""
        return self.state / "personal.db"

    @property
    def journal_db(self) -> Path:
        """Raw bytes as they came, before anything decodes them."""
        return self.state / "journal.db"

    @property
    def public(self) -> Path:
        """The folder of published snapshots: all that Datasette may read."""
        return self.state / "public"

    @property
    def keys(self) -> Path:
        """The hub's own keys (mode 0700)."""
        return self.state / "keys"

    @property
    def scale_users(self) -> Path:
        """The consent codes of scales' users (mode 0600), beside the bonds."""
        return self.keys / "scale-users.json"

    @property
    def run(self) -> Path:
        """Heartbeats and process ids; may be lost at any time."""
        return self.state / "run"

    @property
    def open_data(self) -> Path:
        """All that the open-data server writes; may be lost at any time.

        What is made to be taken away, and its own ``run``. A folder beside the hub's ``run``, so
        that a user who may write here and read ``public`` needs nothing else.
        """
        return self.state / "open-data"

    @property
    def open_data_run(self) -> Path:
        """The open-data server's sign of life and passing catalogue: memory, as ``run`` is."""
        return self.open_data / "run"

    @property
    def elsewhere(self) -> dict[str, Path]:
        """Where processes that may run as a user of their own keep their sign of life, by name."""
        return {"datasette": self.open_data_run}

    def run_of(self, process: str) -> Path:
        """Return where a process by that name keeps its lock and its sign of life."""
        return self.elsewhere.get(process, self.run)


@dataclass(frozen=True, slots=True)
class Web:
    """The terminal's pages."""

    host: str = "127.0.0.1"
    port: int = 8080
    threads: int = 48  # whoever listens or follows live holds one
    name: str = ""  # by which browsers reach it over HTTPS; without one no certificate is asked for
    tls: Path = Path("state/tls")  # where the certificate lies
    weather_station: str = ""  # whose weather is shown; else the county says, or there is one

    @property
    def certificate(self) -> Path:
        """Chain and key in one file (mode 0600), as nginx reads them."""
        return self.tls / "hub.pem"


@dataclass(frozen=True, slots=True)
class Datasette:
    """The open-data server."""

    host: str = "127.0.0.1"
    port: int = 8081
    base_url: str = "/"


@dataclass(frozen=True, slots=True)
class Sync:
    """The pull interface."""

    host: str = "127.0.0.1"
    port: int = 8082
    advertise: bool = True
    seal_after_s: float = 900.0  # an open segment is sealed after this time
    retention_days: int = 90  # acknowledged segments are kept at least this long
    calls: tuple[str, ...] = ()  # counties (host:port) that the hub calls by itself
    sticks: tuple[Path, ...] = ()  # folders in which the system mounts what is plugged in
    care_seal_after_s: float = 21_600.0  # one of care values, if no county asked before


@dataclass(frozen=True, slots=True)
class Radio:
    """The Bluetooth adapter. ``adapter`` is `tcp:HOST:PORT` for virtual, `hci0` for the others.

    ``record`` is a file for all that passes between our own stack and the adapter, readings in
    the clear among it.
    """

    kind: Literal["off", "bluez", "strict", "virtual"] = "off"
    adapter: str = "hci0"
    scan_interval_s: float = 20.0  # the shortest time between two visits of a device
    links: int = 3  # held at once; a Pi's own adapter shares its antenna with the WLAN
    alarm_command: tuple[str, ...] = ()  # run when somebody presses a call button
    record: Path | None = None


@dataclass(frozen=True, slots=True)
class Personal:
    """How personal.db is unlocked: a file of 64 hex digits; absent means locked.

    ``rules`` is the rule set of care (TOML), None for the one that is shipped.
    ``alerts`` False: values are kept and shown, no rule looks at them and nobody is called.
    """

    key_file: Path
    rules: Path | None = None
    alerts: bool = True


@dataclass(frozen=True, slots=True)
class Publish:
    """What is published, how often a new snapshot is looked for, and who publishes.

    ``publisher`` and ``email`` are told to portals of open data; ``region`` is a German regional
    key (`06531`: the county of Gießen), ``contributor`` the provider's name in GovData's register.
    ``health`` says whether it is counted and published how the hub itself was on each day.
    """

    interval_s: float = 900.0
    publisher: str = ""
    email: str = ""
    region: str = ""
    contributor: str = ""
    health: bool = True


@dataclass(frozen=True, slots=True)
class Site:
    """A place. Only a communal one (town hall, school, village hall) is published by itself."""

    site_id: str
    name: str
    communal: bool


ReceiverKind = Literal["im871a", "amb8465", "cul", "rtl_wmbus", "raw_hex"]


@dataclass(frozen=True, slots=True)
class Receiver:
    """A stick or program that hears meters by radio. ``mode`` is a wireless M-Bus link mode."""

    receiver_id: str
    kind: ReceiverKind
    transport: str  # moniker; a serial one without options gets those of its kind
    mode: Literal["T1", "C1", "S1", "C1+T1"]


@dataclass(frozen=True, slots=True)
class Wireless:
    """What is kept of what receivers hear: the first telegram of each ``keep_every_s`` seconds.

    0 keeps every one. What could not be read (no key yet, personal.db locked) is kept for
    ``raw_retention_days`` at most.
    """

    keep_every_s: float = 900.0
    raw_retention_days: int = 30


@dataclass(frozen=True, slots=True)
class Meter:
    """One meter. ``address`` is its primary M-Bus address, 0 to 250, or 254.

    ``protocol`` `mbus` polls the meter; `telegrams` only listens to a line, or a
    recording, that brings whole telegrams; `wmbus` is heard by the receivers, has no transport
    and is recognised by ``wireless``, such as `KAM-76348799` or
    `KAM-76348799-1B-04`; it is expected to be heard each
    ``poll_s`` seconds. `iec62056` and `kmp` read an optical head when a person asks for it, and
    once a day at ``daily_at`` (`03:00`, local time) if that is given.
    ``feeds`` is the heat network that it measures at the plant, empty for any other meter.
    ``air`` says that it is a sensor whose air, outdoors or of a public room, is published by hour.
    ``secondary`` takes the place of ``address``; ``poll_at`` (`quarter-hour`, `hour`, `03:00`)
    that of ``poll_s``. ``polls_per_day`` 0 is no limit.
    """

    meter_id: str
    name: str
    site_id: str
    transport: str  # moniker
    protocol: Literal["mbus", "telegrams", "wmbus", "iec62056", "kmp"] = "mbus"
    address: int = 254
    poll_s: float = 900.0
    timeout_s: float = 2.0
    wireless: str = ""
    secondary: str = ""
    poll_at: str = ""
    polls_per_day: int = 0
    daily_at: str = ""
    feeds: str = ""
    air: Literal["", "outdoor", "room"] = ""

    @property
    def is_optical(self) -> bool:
        """True if the meter is read through an optical head."""
        return self.protocol in ("iec62056", "kmp")

    @property
    def pace_s(self) -> float | None:
        """Seconds from one reading to the next as planned, None if a person triggers each."""
        if self.is_optical:
            return 86_400.0 if self.daily_at else None
        pace_s = {"": self.poll_s, "quarter-hour": 900.0, "hour": 3600.0}.get(
            self.poll_at, 86_400.0
        )
        return max(pace_s, 86_400 / self.polls_per_day) if self.polls_per_day else pace_s


@dataclass(frozen=True, slots=True)
class Materials:
    """Where materials are kept, how much of the disk is left to the databases, ZIM's server.

    ``folder`` None is `materials` below the hub's own folder.
    """

    folder: Path | None = None
    keep_free_mb: int = 1024
    zim_port: int = 8083


@dataclass(frozen=True, slots=True)
class Config:
    """All of `hub.toml`."""

    source: Path
    hub: Hub
    web: Web
    datasette: Datasette
    sync: Sync
    radio: Radio
    personal: Personal
    publish: Publish
    sites: tuple[Site, ...]
    meters: tuple[Meter, ...]
    receivers: tuple[Receiver, ...] = ()
    wireless: Wireless = Wireless()
    materials: Materials = Materials()
    alarm: Alarm = field(default_factory=Alarm)
    # of these keys of [sync] hub.toml has the last word, of the others the county may say something
    stated: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def materials_folder(self) -> Path:
        """Where materials are kept."""
        return self.materials.folder or self.hub.state / "materials"

"""The bus's configuration: `bus.toml`, read once into a frozen dataclass."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sync.carrier.http import split_address
from sync.errors import SyncError

FILE_NAME = "bus.toml"
_SIZE_LIMIT = 1 << 20


class BusConfigError(SyncError):
    """`bus.toml` cannot be used."""

    hint = "docs/running.md beschreibt bus.toml; „dorfhub bus init“ legt eine an."


@dataclass(frozen=True, slots=True)
class BusConfig:
    """Where the bus keeps what it carries, and whom it visits.

    ``space_mb`` is what parcels may take; ``hubs`` are addresses beside those found by mDNS
    (``discover``); ``deliver`` is a folder that the county reads (a share at the depot). Where
    ``listen`` (host, port) is given, the county fetches over a line. ``keep_days`` is how old a
    parcel may become once there is no room for a new one.
    """

    source: Path
    name: str
    state: Path
    space_mb: int = 4096
    hubs: tuple[str, ...] = ()
    discover: bool = True
    deliver: Path | None = None
    listen: tuple[str, int] | None = None
    keep_days: int = 60

    @property
    def key_file(self) -> Path:
        """The bus's own key (mode 0600)."""
        return self.state / "bus.key"

    @property
    def pass_file(self) -> Path:
        """The county's pass."""
        return self.state / "bus.pass"

    @property
    def store(self) -> Path:
        """Parcels and replies, laid out as on a stick."""
        return self.state / "store"

    @property
    def custody(self) -> Path:
        """Who gave what to whom, when: one JSON object a line."""
        return self.state / "custody.jsonl"

    @property
    def visits(self) -> Path:
        """How the last visit of each hub went."""
        return self.state / "visits.json"


def load(path: Path) -> BusConfig:
    """Read ``path``, a `bus.toml` or its folder.

    :raises BusConfigError: if it is absent or wrong.
    """
    source = (path / FILE_NAME if path.is_dir() else path).absolute()
    try:
        with source.open("rb") as file:
            raw = tomllib.loads(file.read(_SIZE_LIMIT).decode())
    except (OSError, ValueError) as error:
        raise BusConfigError(f"{source}: {error}") from error
    bus = raw.pop("bus", None)
    if raw or not isinstance(bus, dict):
        raise BusConfigError(f"{source}: only the table [bus] belongs there")
    known = {"name", "state", "space_mb", "hubs", "discover", "deliver", "listen", "keep_days"}
    if unknown := sorted(set(bus) - known):
        raise BusConfigError(f"{source}: {unknown[0]} is not known; allowed are {sorted(known)}")
    name, state = bus.get("name"), bus.get("state", "state")
    if not isinstance(name, str) or not 0 < len(name) <= 100 or not name.isprintable():
        raise BusConfigError(f"{source}: name must be text of 1 to 100 characters")
    discover = bus.get("discover", True)
    deliver, hubs = bus.get("deliver"), bus.get("hubs", [])
    if type(discover) is not bool or not isinstance(state, str) or not isinstance(hubs, list):
        raise BusConfigError(f"{source}: discover is true or false, state a folder, hubs a list")
    try:
        for address in hubs:
            split_address(str(address))
    except ValueError as error:
        raise BusConfigError(f"{source}: {error}") from error
    if deliver is not None and not isinstance(deliver, str):
        raise BusConfigError(f"{source}: deliver must be a folder")
    return BusConfig(
        source=source,
        name=name,
        state=source.parent / state,
        space_mb=_count(source, bus, "space_mb", 4096),
        hubs=tuple(map(str, hubs)),
        discover=discover,
        deliver=source.parent / deliver if deliver else None,
        listen=_listen(source, bus.get("listen")),
        keep_days=_count(source, bus, "keep_days", 60),
    )


def _count(source: Path, bus: Mapping[str, object], name: str, usual: int) -> int:
    value = bus.get(name, usual)
    if type(value) is not int or not 1 <= value <= 1 << 24:
        raise BusConfigError(f"{source}: {name} must be a whole number from 1")
    return value


def _listen(source: Path, value: object) -> tuple[str, int] | None:
    if value is None:
        return None
    host, _, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    if not host or not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise BusConfigError(f'{source}: listen looks like "0.0.0.0:8084"')
    return host.strip("[]"), int(port)

"""The county hub: its configuration, key, ledger and lake, opened together."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hardware.durable import flush
from sync import identity, requests, rotation
from sync.carrier.folder import FolderCarrier
from sync.carrier.http import HttpCarrier, Patience
from sync.county import disk, store
from sync.county.config import FILE_NAME, ConfigError, CountyConfig, load
from sync.county.lake import Lake
from sync.county.ledger import Hub, Ledger
from sync.county.streams import Streams
from sync.errors import SyncError
from sync.parcel import parcel_key
from sync.rotation import Rotation


@dataclass(frozen=True, slots=True)
class County:
    """Everything a command of the county works with. Use through :func:`open_county`."""

    config: CountyConfig
    identity: identity.Identity
    ledger: Ledger
    lake: Lake

    @property
    def chain(self) -> tuple[Rotation, ...]:
        """How the county changed its key."""
        return rotation.load(self.config.key_file, self.identity)

    def folder(self, folder: Path, hub: str) -> FolderCarrier:
        """Return the carrier to what lies in a folder, also what was sealed to this county."""
        file = self.config.parcel_file
        return FolderCarrier(folder, hub, parcel_key(file)[0] if file.exists() else "")

    def streams(self) -> Streams:
        """Open the county's own streams; the caller closes them."""
        return Streams(self.config.streams_db, self.identity)

    def addresses(self, hub: str) -> list[str]:
        """Return where to look for a hub, each once: a line it keeps open, then as configured."""
        configured = self.config.addresses.get(hub, ())
        called = [f"call:{hub}"] if (self.config.calls / f"{hub}.called").exists() else []
        return list(dict.fromkeys([*called, *configured, *self.ledger.addresses(hub)]))

    def http(
        self, address: str, *, hub: bytes | None = None, patience: Patience | None = None
    ) -> HttpCarrier:
        """Return the carrier to an address, with requests signed by this county.

        ``hub`` is the name that must answer there, where the line is encrypted. The address
        ``call:ID`` is the line that the hub with this short id keeps open to here.
        """
        caller = address.removeprefix("call:")
        return HttpCarrier(
            address if caller == address else self.config.calls / f"{caller}.sock",
            lambda method, target: requests.sign_request(self.identity, method, target),
            pin=hub,
            patience=patience,
        )


def create(folder: Path, name: str, *, care_recipients: tuple[str, ...] = ()) -> CountyConfig:
    """Make a county hub in ``folder``: configuration, key, ledger and lake.

    What a first attempt left unfinished is completed; nothing is overwritten.

    :raises ConfigError: if a configuration is there already, or ``name`` cannot be used.
    """
    file = folder / FILE_NAME
    if file.exists():
        raise ConfigError(f"{file} exists already", hint="Einen anderen Ordner angeben.")
    text = _TEMPLATE.format(name=_quote(name), recipients=", ".join(map(_quote, care_recipients)))
    tomllib.loads(text)
    disk.make_folder(folder)
    draft = folder / f".{FILE_NAME}.draft"
    disk.write(draft, text.encode())
    config = load(draft)
    disk.make_folder(config.state, mode=0o700)
    identity.Identity.load_or_create(config.key_file)
    Ledger(config.ledger_db, create=True).close()
    disk.make_folder(config.lake)
    store.create(Lake(store.place(config)), nonce="first")
    draft.replace(file)  # the name appears when everything behind it is there
    flush(folder)
    return load(file)


@contextmanager
def open_county(path: Path) -> Iterator[County]:
    """Open the county of ``path``, a `county.toml` or its folder.

    :raises SyncError: if configuration, key or ledger cannot be used.
    """
    config = load(path)
    if not config.key_file.is_file():
        raise SyncError(
            f"{config.key_file} is missing",
            hint="Den Schlüssel aus der Sicherung zurückholen; ohne ihn kennt kein Hub den Kreis.",
        )
    key = identity.Identity.load(config.key_file)
    with Ledger(config.ledger_db) as ledger:
        yield County(config, key, ledger, Lake(store.place(config)))


def label(hub: Hub) -> str:
    """Return how a hub is named to people."""
    return f"{hub.name} ({hub.hub[:8]})" if hub.name else hub.hub


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_TEMPLATE = """\
# The county hub. Paths count from this file's folder.

[county]
name = {name}
state = "state"
# age public keys that hubs may seal care data to; the county hub itself reads none of it.
care_recipients = [{recipients}]

# Who has more than one machine lets a Ray cluster answer "dorfhub county query":
# [county.engine]
# ray = "ray://192.0.2.9:10001"

# The lake in an object store with an S3 interface; "dorfhub county upkeep --create" makes it there.
# [county.lake]
# uri = "s3://dorfhub/readings"
# endpoint = "https://s3.example"
# credentials = "s3.toml"   # access_key_id, secret_access_key; else AWS_* of the environment

# "dorfhub county serve": where the officials' pages are, and how often it works, in minutes.
# [county.web]
# port = 8090
# [county.jobs]
# pull_min = 15

# When heat is forecast each morning, "" is never; see docs/county.md for the season:
# [county.heat]
# morning = "05:30"

# In which municipality a hub is, for the map:
# [county.places]
# "0123456789abcdef" = "Laubach"

# Addresses that are tried before those learned by "dorfhub county enrol":
# [[hub]]
# id = "0123456789abcdef"
# addresses = ["http://192.0.2.7:8082"]
"""

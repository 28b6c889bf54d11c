"""The county hub: its configuration, key, ledger and lake, opened together."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sync import identity, rotation, wire
from sync.carrier.http import HttpCarrier, Patience
from sync.county import disk
from sync.county.config import FILE_NAME, ConfigError, CountyConfig, load
from sync.county.lake import Lake
from sync.county.ledger import Hub, Ledger
from sync.errors import SyncError
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

    def addresses(self, hub: str) -> list[str]:
        """Return where to look for a hub: configured addresses first, each once."""
        configured = self.config.addresses.get(hub, ())
        return list(dict.fromkeys([*configured, *self.ledger.addresses(hub)]))

    def http(self, address: str, *, patience: Patience | None = None) -> HttpCarrier:
        """Return the carrier to an address, with requests signed by this county."""
        return HttpCarrier(
            address,
            lambda method, target: wire.sign_request(self.identity, method, target),
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
    Lake(config.lake).create()
    draft.replace(file)  # the name appears when everything behind it is there
    disk.flush(folder)
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
        yield County(config, key, ledger, Lake(config.lake))


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

# Addresses that are tried before those learned by "dorfhub county enrol":
# [[hub]]
# id = "0123456789abcdef"
# addresses = ["http://192.0.2.7:8082"]
"""

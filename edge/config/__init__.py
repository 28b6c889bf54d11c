"""The hub's configuration: `hub.toml`, read once at the root into frozen dataclasses."""

from edge.config.model import (
    Config,
    Datasette,
    Hub,
    Materials,
    Meter,
    Personal,
    Publish,
    Radio,
    Receiver,
    Site,
    Sync,
    Web,
    Wireless,
)
from edge.config.reader import ConfigError, load

__all__ = [
    "Config",
    "ConfigError",
    "Datasette",
    "Hub",
    "Materials",
    "Meter",
    "Personal",
    "Publish",
    "Radio",
    "Receiver",
    "Site",
    "Sync",
    "Web",
    "Wireless",
    "load",
]

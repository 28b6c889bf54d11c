"""A Datasette plugin: tables as an OGC SensorThings API 1.1, to read."""

from datasette_sensorthings.mapping import Mapping, read_mapping
from datasette_sensorthings.plugin import (
    prepare_connection,
    register_routes,
    skip_csrf,
    startup,
)

__all__ = [
    "Mapping",
    "prepare_connection",
    "read_mapping",
    "register_routes",
    "skip_csrf",
    "startup",
]

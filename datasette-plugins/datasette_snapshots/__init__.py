"""A Datasette plugin: serve the newest snapshots of a folder, without a restart."""

from datasette_snapshots.folder import Snapshot, read_folder
from datasette_snapshots.plugin import (
    database_actions,
    extra_css_urls,
    register_routes,
    shutdown,
    startup,
)
from datasette_snapshots.service import SnapshotService

__all__ = [
    "Snapshot",
    "SnapshotService",
    "database_actions",
    "extra_css_urls",
    "read_folder",
    "register_routes",
    "shutdown",
    "startup",
]

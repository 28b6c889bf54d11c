"""Where the lake lies: a folder on this machine, or an object store with an S3 interface."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError
from deltalake.fs import DeltaStorageHandler
from pyarrow import fs

from hardware.durable import flush
from sync.county.disk import make_folder


@dataclass(frozen=True, slots=True)
class Place:
    """A place by its ``uri``; ``options`` reach an object store and may hold its secrets.

    ``folder`` is the place as a path, None if it is no folder of this machine.
    """

    uri: str
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    folder: Path | None = None

    @classmethod
    def of(cls, folder: Path) -> Place:
        """Return the place that is a folder."""
        return cls(str(folder), folder=folder)

    def table(self) -> DeltaTable:
        """Open the table that lies here.

        :raises TableNotFoundError: if there is none.
        """
        if self.folder is not None and not (self.folder / "_delta_log").is_dir():
            raise TableNotFoundError(f"no table in {self.folder}")
        return DeltaTable(self.uri, storage_options=dict(self.options) or None)

    def files(self) -> Any:
        """Return the file system in which a path of the table's log is a file's path."""
        if self.folder is not None:
            return fs.SubTreeFileSystem(str(self.folder), fs.LocalFileSystem())
        return fs.PyFileSystem(DeltaStorageHandler(self.uri, dict(self.options)))

    def write(self, stem: str, rows: pa.Table, **how: object) -> tuple[str, int]:
        """Put ``rows`` into a new Parquet file ``stem-...``; return its path and its size.

        On this machine's disk it is durable when the call returns; an object store says so itself.
        """
        path = f"{stem}-{uuid.uuid4().hex}.parquet"
        if self.folder is None:
            with self.files().open_output_stream(path) as stream:
                pq.write_table(rows, stream, **how)
                size = stream.tell()
            return path, size
        file = self.folder / path
        make_folder(file.parent)
        pq.write_table(rows, file, **how)
        flush(file)
        return path, file.stat().st_size

    def remove(self, paths: Sequence[str]) -> None:
        """Delete the files of a commit that was refused.

        In an object store they stay for `vacuum`: there a commit that was taken, but whose answer
        got lost, is tried again by the store's client and looks refused.
        """
        if self.folder is not None:
            for path in paths:
                (self.folder / unquote(path)).unlink(missing_ok=True)

    def make_durable(self, before: int, after: int, folders: Sequence[str]) -> None:
        """Flush the commits ``before`` + 1 to ``after`` and the folders of new files to the disk.

        The table's own writer leaves its log to the operating system; whoever is told
        "received" may delete the original, so the disk must have it first.
        """
        if self.folder is None:
            return
        log = self.folder / "_delta_log"
        for version in range(before + 1, after + 1):
            flush(log / f"{version:020d}.json")
        for name in {*folders}:
            flush(self.folder / name)
        flush(log)

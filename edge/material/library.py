"""The books' process: `kiwix-serve` for ZIM files where it is installed, and Kolibris in the house.

kiwix-serve is GPL and reads other people's files: it is a program of its own, listens on loopback
alone, and pages pass on what it answers (:mod:`edge.web.learn.books`). It ends with this process.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event

from edge.config import Config
from edge.material.neighbour import Neighbour
from edge.material.shelf import shelf_of
from edge.process.heartbeat import Heartbeat, Part, Status
from edge.process.log import Log
from edge.store.errors import StoreError
from edge.store.village_reader import VillageReader

NAME = "library"
SERVER, MANAGER = "kiwix-serve", "kiwix-manage"
ROOT = "/lernen/buch"  # where pages show it; links in it are made for that
LOOK_S = 3.0
_AGAIN_S = (1.0, 60.0)  # a server that ended is started again after, at most
_THREADS = 2
_ADD_S = 10  # it reads a header; a process that is silent for a minute is taken for hung
_STOP_S = 3.0


def run_library(config: Config, stop: Event, heartbeat: Heartbeat, log: Log) -> None:
    """Keep the server running while there are ZIM files, until ``stop`` is set."""
    from edge.material.neighbours import Neighbours  # noqa: PLC0415 - loads zeroconf

    with Neighbours() as near:
        if near.problem:
            log.warning("no-neighbours", error=near.problem)
        server = _Server(config, log)
        try:
            while True:
                heartbeat.beat(_status(server.look(), near.found()))
                if stop.wait(LOOK_S):
                    return
        finally:
            server.stop()


def _status(server: Part, near: Sequence[Neighbour]) -> Status:
    parts = (server, *(Part("kolibri", one.url, one.name) for one in near))
    state = "degraded" if server.state == "failed" else "ok"
    return Status(state, server.message, parts)  # type: ignore[arg-type]  # one of two


class _Server:
    """kiwix-serve over the ZIM files of the catalogue."""

    def __init__(self, config: Config, log: Log) -> None:
        self._config, self._log = config, log
        self._shelf = shelf_of(config)
        self._catalogue = config.hub.run / "zim.xml"
        self._books: tuple[Path, ...] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._due_s, self._pause_s = 0.0, _AGAIN_S[0]

    def look(self) -> Part:
        """Start, renew or stop what is to be; return how it is."""
        books = self._wanted()
        if books is None:
            return Part("zim", "failed", "village.db ist nicht lesbar")
        if not books:
            self.stop()
            self._books = books
            return Part("zim", "absent", "keine ZIM-Dateien")
        if shutil.which(SERVER) is None or shutil.which(MANAGER) is None:
            return Part("zim", "missing", "kiwix-tools ist nicht installiert")
        if books != self._books:
            self.stop()
            self._due_s = 0.0
            if not self._catalogued(books):
                return Part("zim", "failed", "Keine der ZIM-Dateien ist lesbar")
            self._books = books
        return self._kept()

    def stop(self) -> None:
        """Stop the server."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _wanted(self) -> tuple[Path, ...] | None:
        try:
            with VillageReader(self._config.hub.village_db) as village:
                found = [one for one in village.materials() if one.kind == "zim"]
        except StoreError:
            return None
        paths = (self._shelf.path(one.sha256, "zim") for one in found)
        return tuple(sorted(path for path in paths if path.is_file()))

    def _catalogued(self, books: Sequence[Path]) -> bool:
        """Write the server's list of books; a book that it does not read is left out."""
        self._catalogue.unlink(missing_ok=True)
        for book in books:
            with suppress(subprocess.SubprocessError, OSError):
                subprocess.run(
                    [MANAGER, str(self._catalogue), "add", str(book)],
                    check=True,
                    capture_output=True,
                    timeout=_ADD_S,
                )
                continue
            self._log.warning("zim-unreadable", file=book.name)
        return self._catalogue.exists()

    def _kept(self) -> Part:
        if self._process is not None and self._process.poll() is None:
            return Part("zim", "ok")
        if self._process is not None:
            self._log.warning("zim-ended", code=self._process.returncode)
            self._due_s = time.monotonic() + self._pause_s
            self._pause_s = min(2 * self._pause_s, _AGAIN_S[1])
            self._process = None
        if time.monotonic() < self._due_s:
            return Part("zim", "failed", "kiwix-serve hört immer wieder auf")
        port = self._config.materials.zim_port
        self._process = subprocess.Popen(
            [
                *(SERVER, "--address", "127.0.0.1", "--port", str(port), "--library"),
                *("--urlRootLocation", ROOT, "--threads", str(_THREADS), "--blockexternal"),
                *("--nolibrarybutton", "--nosearchbar", "--attachToProcess", str(os.getpid())),
                str(self._catalogue),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._log.info("zim-up", port=port, books=len(self._books or ()))
        return Part("zim", "starting")

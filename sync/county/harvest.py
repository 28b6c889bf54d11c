"""Villages' own catalogues, fetched where a line leads to one.

A catalogue is a stranger's: it comes from its own place only, is bounded in size and time, and is
read in a process of its own. One that is broken is laid into the quarantine and told; what was
harvested of it before stays for :data:`KEEP_DAYS`.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from datasette_dcat_ap_de.harvested import MAX_FILE, dataset_of

from sync.county import disk
from sync.county.config import CountyConfig
from sync.errors import SyncError

MAX_PAGE = 8 << 20  # bytes: some thousand datasets
MAX_PAGES = 50
TIMEOUT_S = 20.0  # without a byte
PAGE_S = 60.0  # for a whole page
READ_S = 120.0  # for reading it
KEEP_DAYS = 14
DAY_MS = 86_400_000
_CHUNK = 1 << 16
_TURTLE = "text/turtle"


class Broken(SyncError):
    """A catalogue cannot be taken; ``page`` is what came of it, for people to look at."""

    hint = "Im Dorf nachsehen: der Katalog steht dort unter /daten/-/dcat."

    def __init__(self, message: str, page: bytes = b"") -> None:
        super().__init__(message)
        self.page = page


@dataclass(frozen=True, slots=True)
class Harvest:
    """What became of one catalogue: how many datasets, what is left out of it, what is wrong."""

    address: str
    datasets: int
    left_out: tuple[str, ...] = ()
    problem: str = ""


def harvest(config: CountyConfig, addresses: Iterable[str], now_ms: int) -> tuple[Harvest, ...]:
    """Fetch catalogues, each failing alone, and keep what is in them for the county's own.

    :raises OSError: if the disk does not take it.
    """
    folder = config.open_data / "harvest"
    disk.make_folder(folder)
    wanted = tuple(dict.fromkeys(addresses))
    done = tuple(_one(config, folder, address, now_ms) for address in wanted)
    keys = {_key(address) for address in wanted}
    for file in folder.glob("a-*.json"):  # of addresses that nobody wants any more
        if file.stem not in keys:
            file.unlink()
    return done


def _key(address: str) -> str:
    return f"a-{hashlib.sha256(address.encode()).hexdigest()[:16]}"


def _one(config: CountyConfig, folder: Path, address: str, now_ms: int) -> Harvest:
    file = folder / f"{_key(address)}.json"
    try:
        datasets, left_out = _fit(*_catalogue(address, config.offers.public_url))
        content = _content(address, datasets, now_ms)
    except Broken as error:
        if error.page:
            disk.make_folder(config.quarantine)
            disk.write(config.quarantine / f"harvest-{file.stem}.ttl", error.page)
        kept = _kept(file)
        if now_ms - kept.get("at", 0) > KEEP_DAYS * DAY_MS:
            file.unlink(missing_ok=True)
            kept = {}
        return Harvest(address, len(kept.get("datasets", ())), (), str(error))
    disk.write(file, content)
    return Harvest(address, len(datasets), tuple(left_out))


def _content(address: str, datasets: list[dict[str, object]], now_ms: int) -> bytes:
    said = {"address": address, "at": now_ms, "datasets": datasets}
    content = json.dumps(said, ensure_ascii=False).encode()
    if len(content) > MAX_FILE:
        raise Broken(f"{address} has datasets of more than {MAX_FILE} bytes")
    return content


def _fit(
    datasets: Iterable[dict[str, object]], left_out: Iterable[str]
) -> tuple[list[dict[str, object]], list[str]]:
    """Leave out what the catalogue's own reader would refuse: it takes a file whole or not."""
    fit, out = [], [*left_out]
    for one in datasets:
        try:
            dataset_of(one)
        except (LookupError, TypeError, ValueError) as error:
            out.append(f"{str(one['iri'])[:200]}: {error}")
        else:
            fit.append(one)
    return fit, out


def _kept(file: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        found = json.loads(file.read_text("utf-8"))
        if isinstance(found, dict):
            return found
    return {}


def _without(own: str, one: dict[str, Any]) -> dict[str, Any]:
    """Return a dataset without what it says of the county's: nobody speaks for that."""
    if not own:
        return one
    lines = [line for line in one["triples"].split("\n") if not line.startswith(f"<{own}")]
    services = [service for service in one["services"] if not service.startswith(own)]
    return {**one, "triples": "\n".join(lines), "services": services}


def _catalogue(address: str, own: str) -> tuple[list[dict[str, object]], list[str]]:
    """Return all pages' datasets, each once, and what is left out.

    :raises Broken: if any page cannot be taken.
    """
    origin, page = _origin(address), _start(address)
    seen: set[str] = set()
    size = 0
    datasets: dict[str, dict[str, object]] = {}
    left_out: list[str] = []
    while page:
        if page in seen:
            raise Broken(f"{page} comes again: its pages are a circle")
        if len(seen) >= MAX_PAGES:
            raise Broken(f"more than {MAX_PAGES} pages")
        if _origin(page) != origin:
            raise Broken(f"the next page is elsewhere: {page[:200]}")
        seen.add(page)
        read = _read(_fetch(page), page)
        size += read["size"]
        if size > MAX_FILE:
            raise Broken(f"{address} has datasets of more than {MAX_FILE} bytes")
        for one in read["datasets"]:
            if not own or not one["iri"].startswith(own):  # it harvests none of its own back
                datasets.setdefault(one["identifier"], _without(own, one))
        left_out += read["left_out"]
        page = _joined(page, read["next"]) if read["next"] else ""
    return list(datasets.values()), left_out


def _joined(page: str, after: str) -> str:
    try:
        return urljoin(page, after)
    except ValueError as error:
        raise Broken(f"the next page is no address: {after[:200]}") from error


def _start(address: str) -> str:
    return f"{address}-/dcat.ttl" if address.endswith("/") else address


def _origin(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - raises for what is no number
    except ValueError as error:
        raise Broken(f"{address[:200]} is no address") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise Broken(f"{address[:200]} is no address with http or https")
    return parts.scheme, parts.netloc.lower()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Go nowhere else: an answer with another place is an error."""


def _fetch(address: str) -> bytes:
    """Return a page.

    :raises Broken: if it does not come, is too large, or too slow.
    """
    request = urllib.request.Request(address, headers={"Accept": _TURTLE})  # noqa: S310 - _origin
    opener = urllib.request.build_opener(_Stay)
    until = time.monotonic() + PAGE_S
    try:
        with opener.open(request, timeout=TIMEOUT_S) as answer:
            kind = answer.headers.get_content_type()
            if kind != _TURTLE:
                raise Broken(f"{address} is {kind} and not {_TURTLE}")
            return _bounded(answer, address, until)
    except urllib.error.HTTPError as error:
        error.close()
        raise Broken(f"{address} answers {error.code}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise Broken(f"{address} does not answer: {error}") from error


def _bounded(answer: HTTPResponse, address: str, until: float) -> bytes:
    content = bytearray()
    while chunk := answer.read1(_CHUNK):
        content += chunk
        if len(content) > MAX_PAGE:
            raise Broken(f"{address} has more than {MAX_PAGE} bytes", bytes(content[:_CHUNK]))
        if time.monotonic() > until:
            raise Broken(f"{address} takes longer than {PAGE_S:.0f} s")
    return bytes(content)


def _read(page: bytes, address: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "sync.county.harvest_child", address]
    try:
        done = subprocess.run(command, input=page, capture_output=True, timeout=READ_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise Broken(f"{address} cannot be read within {READ_S:.0f} s", page) from error
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = lines[-1][:300] if lines else f"it ended with {done.returncode}"
        raise Broken(f"{address} is no catalogue in Turtle: {why}", page)
    read: dict[str, Any] = json.loads(done.stdout) | {"size": len(done.stdout)}
    if not read["catalogue"]:
        raise Broken(f"{address} is no catalogue", page)
    return read

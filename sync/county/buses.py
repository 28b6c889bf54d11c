"""The county's buses: whom it gave a pass, and what a bus that stands at the depot has.

A bus is visited as a hub is: over TLS, with its key pinned and each request signed. What it
carries is brought into a folder of its own, cut and continued as often as it takes, and taken
from there as from a stick; what the county lays there goes to the bus. The bus drops a parcel
once the county has acknowledged what is in it.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from sync import carried, custody, identity, parcel, rotation
from sync.bus import hold
from sync.bus.hold import Item
from sync.carrier.base import CarrierError, Reason, disk_error
from sync.carrier.folder import ROOT
from sync.carrier.http import HttpCarrier, Patience
from sync.county import disk, visits
from sync.county.erasure import BUSES
from sync.county.errand import book_of
from sync.county.hub import County
from sync.county.outcome import Outcome
from sync.errors import FormatError, SyncError
from sync.parcel import Pass

_PASS = ".pass"  # noqa: S105 - a file name's end
_ADDRESS = ".address"
_REVOKED = ".revoked"
_RENEW_MS = 30 * 86_400_000  # a pass that ends sooner is made anew when its bus is there
_YEAR_MS = 365 * 86_400_000


class UnknownBusError(SyncError):
    """No bus is meant, or one that the county believes no more."""


@dataclass(frozen=True, slots=True)
class Visited:
    """What came of a visit: outcomes of its hubs, and what travelled."""

    bus: str
    name: str
    outcomes: tuple[Outcome, ...]
    files: int = 0
    size: int = 0
    laid: int = 0


def note(county: County, one: Pass) -> None:
    """Remember a pass that the county signed; ``raw`` is it.

    :raises UnknownBusError: if its key is believed no more: the hubs never take it again.
    """
    folder = _folder(county)
    disk.make_folder(folder, mode=0o700)
    short = identity.short_id(one.carrier)
    mark = folder / f"{short}{_REVOKED}"
    if not mark.exists():  # said before there were marks
        with county.streams() as streams:
            if one.carrier in streams.distrusted():
                identity.write_private(mark, b"")
    if mark.exists():
        raise UnknownBusError(_WITHDRAWN, hint=_NEW_KEY)
    identity.write_private(folder / f"{short}{_PASS}", one.raw)


def revoke(county: County, carrier: bytes) -> bool:
    """Believe a bus no more, here; tell if it is one of this county's.

    One that has no pass yet gets none, either.
    """
    folder, short = _folder(county), identity.short_id(carrier)
    disk.make_folder(folder, mode=0o700)
    identity.write_private(folder / f"{short}{_REVOKED}", b"")
    return (folder / f"{short}{_PASS}").exists()


def passes(county: County) -> dict[str, Pass]:
    """Return the passes that hold, by the bus's short id."""
    found = {}
    for file in sorted(_folder(county).glob(f"*{_PASS}")):
        if not file.with_suffix(_REVOKED).exists():
            with suppress(OSError, FormatError):
                found[file.stem] = parcel.named(file.read_bytes())
    return found


def find(county: County, typed: str) -> Pass:
    """Return the one bus with this short id or name; without one, the only one there is.

    :raises UnknownBusError: if none or several are meant, or it is believed no more.
    """
    found = [
        one
        for short, one in passes(county).items()
        if typed in ("", short, one.name, one.carrier.hex())
    ]
    if len(found) == 1:
        return found[0]
    if any(file.stem == typed for file in _folder(county).glob(f"*{_REVOKED}")):
        raise UnknownBusError(_WITHDRAWN, hint=_NEW_KEY)
    if found:
        raise UnknownBusError(
            "Es gibt mehrere Busse.", hint=f"Einen nennen: {', '.join(one.name for one in found)}"
        )
    raise UnknownBusError(
        "Diesen Bus kennt der Landkreis nicht.",
        hint="Zuerst einen Ausweis ausstellen: dorfhub county bus-pass",
    )


def pull_known(county: County) -> list[Visited]:
    """Visit every bus that was visited before and is at its address now.

    A bus that does not answer is on the road: that is no failure.
    """
    found = []
    for short, one in passes(county).items():
        file = _folder(county) / f"{short}{_ADDRESS}"
        if not file.exists():
            continue
        try:
            found.append(pull(county, file.read_text("utf-8"), one, patience=_GLANCE))
        except (CarrierError, OSError, UnknownBusError):
            continue
    return found


def pull(county: County, address: str, one: Pass, *, patience: Patience | None = None) -> Visited:
    """Fetch what the bus of pass ``one`` has at ``address``, and lay on it what the county has.

    :raises CarrierError: if the line or a disk fails; the next visit goes on from there.
    :raises ValueError: if ``address`` is none.
    """
    carrier = county.http(address, hub=one.carrier, patience=patience)
    short = identity.short_id(one.carrier)
    spool = _folder(county) / short
    with closing(carrier):
        if county.chain:
            carrier.message("POST", hold.KEYS_TARGET, rotation.encode(county.chain))
        _renew(county, carrier, one)
        there = _listed(carrier)
        files, size = _fetch(carrier, spool, there)
        outcomes: Sequence[Outcome] = ()
        if any(hold.is_parcel(path) for path in there):
            found = visits.import_folder(county, spool, by=one.name)
            outcomes = [replace(outcome, way=carrier.describe()) for outcome in found]
        (spool / ROOT).mkdir(parents=True, exist_ok=True)
        visits.export_folder(county, spool, by=one.name)  # also for hubs that gave it nothing
        laid = _lay(carrier, spool, there)
        carrier.message("POST", hold.UNLOADED_TARGET)
        _tidy(spool, _listed(carrier))
        _receipts(county, carrier, short)
        identity.write_private(_folder(county) / f"{short}{_ADDRESS}", address.encode())
    return Visited(short, one.name, tuple(outcomes), files, size, laid)


def _renew(county: County, carrier: HttpCarrier, one: Pass) -> None:
    """Give the bus a new pass if the old one ends soon, or an old key of ours signed it."""
    soon = one.until_ms - visits.now_ms() < _RENEW_MS
    try:
        parcel.decode(one.raw, lambda _: county.identity.public_key)
    except FormatError:
        soon = True
    if not soon:
        return
    _, recipient = parcel.parcel_key(county.config.parcel_file)
    fresh = replace(
        one, recipient=recipient, until_ms=max(one.until_ms, visits.now_ms() + _YEAR_MS)
    )
    raw = parcel.sign(fresh, county.identity)
    carrier.message("POST", parcel.PASS_TARGET, raw)
    note(county, replace(fresh, raw=raw))


def _listed(carrier: HttpCarrier) -> dict[str, Item]:
    found: dict[str, Item] = {}
    after = ""
    while True:
        answer = carrier.message("GET", f"{hold.CARGO_TARGET}?after={quote(after, safe='')}")
        try:
            page = hold.decode_page(answer, after)
        except FormatError as error:
            raise CarrierError(Reason.BAD_ANSWER, str(error)) from error
        found.update((item.path, item) for item in page)
        if len(page) < hold.MAX_PAGE:
            return found
        after = page[-1].path


def _fetch(carrier: HttpCarrier, spool: Path, there: Mapping[str, Item]) -> tuple[int, int]:
    count = size = 0
    for path, item in there.items():
        if path.startswith("from/"):
            continue  # our own
        file = spool / ROOT / path
        try:
            if _is(file, item):
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            if file.exists():  # from before something in it was erased
                carried.overwrite(file)
            carrier.download(f"{hold.FILE_TARGET}?path={quote(path, safe='')}", file)
            if not _is(file, item):
                file.unlink()
                raise CarrierError(Reason.CUT, f"{path} changed while it was fetched")
        except OSError as error:
            raise disk_error(error, file) from error
        count, size = count + 1, size + item.size
    return count, size


def _lay(carrier: HttpCarrier, spool: Path, there: Mapping[str, Item]) -> int:
    count = 0
    for path, file in _laid(spool / ROOT):
        data = file.read_bytes()
        item = there.get(path)
        if item is not None and item.sha256 == hashlib.sha256(data).digest():
            continue
        carrier.message("POST", f"{hold.FILE_TARGET}?path={quote(path, safe='')}", data)
        if not path.startswith("from/"):
            file.unlink()  # said; a word that is said again is written anew
        count += 1
    return count


def _laid(root: Path) -> Iterator[tuple[str, Path]]:
    for pattern in ("acks/*.keys", "acks/*.ack", "acks/*.notice", "from/*/*", "from/*/*/*"):
        for file in sorted(root.glob(pattern)):
            path = file.relative_to(root).as_posix()
            if hold.may_be_laid(path):
                yield path, file


def _tidy(spool: Path, there: Mapping[str, Item]) -> None:
    """Delete what the bus dropped; what lies in the lake needs no parcel."""
    for file in sorted((spool / ROOT).glob(f"*/*{parcel.SUFFIX}")):
        if file.relative_to(spool / ROOT).as_posix() not in there:
            carried.discard(file)
    shutil.rmtree(spool / ROOT / custody.FOLDER, ignore_errors=True)  # they go by themselves


def _receipts(county: County, carrier: HttpCarrier, short: str) -> None:
    """Hear the bus's receipts and tell ours, each from where we were."""
    heard, told = f"from bus {short}", f"to bus {short}"
    with county.streams() as streams:
        book = book_of(county, streams)
        while True:
            answer = carrier.message("GET", f"{hold.RECEIPTS_TARGET}?after={book.told(heard)}")
            try:
                batch = custody.decode_batch(answer)
            except FormatError as error:
                raise CarrierError(Reason.BAD_ANSWER, str(error)) from error
            book.add(batch.receipts, visits.now_ms())
            book.note_told(heard, batch.next)
            if not batch.receipts:
                break
        while (news := book.batch(book.told(told))).receipts:
            carrier.message(
                "POST", hold.RECEIPTS_TARGET, custody.encode_batch(news.receipts, news.next)
            )
            book.note_told(told, news.next)


def _is(file: Path, item: Item) -> bool:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").digest() == item.sha256
    except FileNotFoundError:
        return False


def _folder(county: County) -> Path:
    return county.config.state / BUSES


# A bus that is away costs a pull no more than this.
_GLANCE = Patience(timeout_s=15.0, attempts=1)

_WITHDRAWN = "Diesem Bus wurde der Ausweis entzogen."
_NEW_KEY = (
    "Seinem Schlüssel glaubt kein Hub mehr. Darf er wieder fahren: am Bus die Datei bus.key "
    "löschen, „dorfhub bus request“ neu ausführen, hier „dorfhub county bus-pass“."
)

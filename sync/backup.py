"""A copy of the hub for the day its card dies, from which somebody who is erased is gone, too.

Databases are copied into a folder of their own each time, and may be kept for years. Keys go to
another place (another stick), where the next backup replaces them: there is one copy of them, so
that a key that was destroyed here is destroyed there as well. Whoever finds the one without the
other can read nothing of a person.

Where two of three open the hub (`edge.unlock`) the key that opens all of it by itself is in no
copy, though it lies in memory meanwhile: its wraps are. Where it is the only one, it must be there,
and whoever has both copies reads everything.

Left out is what no key of a person protects: values of care that wait in the journal, and the
bodies of sealed segments. What the county has is the county's.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edge.config import Config
from edge.store.errors import Locked, StoreError
from edge.store.person_keys import NAME as PERSON_KEYS
from edge.store.personal import PersonalStore
from edge.unlock import memory
from edge.unlock.opener import PLAIN, Opener
from hardware.durable import flush
from sync import identity
from sync.bundle import Entry
from sync.errors import SyncError
from sync.segment import Segment

DATA = "%Y-%m-%dT%H%M%SZ"  # what a copy's folder is called
KEYS = "dorfhub-keys"
_HUB_KEY = "hub.key"
_NOTE = "backups.json"
_MOST_PLACES = 16  # sticks that are remembered; the one longest unused is forgotten first


class BackupError(SyncError):
    """No backup was made."""


@dataclass(frozen=True, slots=True)
class Made:
    """Where the copy and the keys are; ``without_people``: personal.db is locked, it is missing.

    ``opens_alone``: among the keys is the one that opens all, without a PIN or anything else.
    """

    data: Path
    keys: Path
    without_people: bool
    opens_alone: bool


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """A place that keys were last copied to ``at`` (ms since 1970, UTC)."""

    place: str
    at: int


def make(config: Config, data: Path, keys: Path, now: datetime) -> Made:
    """Copy the databases into a new folder in ``data``, and the keys into ``keys``.

    A running hub is not disturbed. A copy that was stopped has a name that begins with a dot.

    :raises BackupError: if the two places are one, or another hub's keys are there, or there is a
        copy of this second.
    :raises StoreError: if a database cannot be read.
    :raises OSError: if a file cannot be written.
    """
    if data.resolve() == keys.resolve():
        raise BackupError(
            "data and keys are in one place",
            hint="Die Schlüssel gehören auf einen anderen Stick als die Daten.",
        )
    own = config.hub.keys / _HUB_KEY
    there = keys / KEYS / _HUB_KEY
    theirs = identity.name_in_copy(there)
    same = theirs is None or theirs == identity.name_in_copy(own)
    if not same and not (own.exists() and own.read_bytes() == there.read_bytes()):
        raise BackupError(
            "the keys of another hub are in that place",
            hint="Für jeden Hub einen eigenen Schlüssel-Stick oder Ordner nehmen: hier liegen die "
            "Schlüssel eines anderen und würden ersetzt.",
        )
    done = data / now.astimezone(UTC).strftime(DATA)
    draft = data / f".{done.name}"
    if done.exists():
        raise BackupError(f"{done} exists", hint="Bitte noch einmal versuchen.")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        _copy(config.hub.village_db, draft / "village.db", _without_bodies)
        _copy(config.hub.journal_db, draft / "journal.db", _without_care)
        without_people = not _copy_people(config, draft, keys)
        for file in draft.iterdir():
            flush(file)
        flush(draft)
        draft.rename(done)
        flush(data)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    opens_alone = _copy_keys(config, keys / KEYS)
    _note(config, str(keys.resolve()), round(now.timestamp() * 1000))
    return Made(done, keys / KEYS, without_people, opens_alone)


def key_places(config: Config) -> list[KeyPlace]:
    """Return where copies of keys may be, the newest first."""
    try:
        noted = json.loads((config.hub.state / _NOTE).read_text("utf-8"))
        found = [KeyPlace(str(place), int(at)) for place, at in noted.items()]
    except (OSError, ValueError, AttributeError, TypeError):
        return []
    return sorted(found, key=lambda one: -one.at)


def remains(config: Config) -> Iterator[str]:
    """Say, in German, which copies an erased person's key may be in, until when."""
    for one in key_places(config):
        day = datetime.fromtimestamp(one.at / 1000).astimezone().strftime("%d.%m.%Y")
        yield (
            f"Schlüssel-Sicherung {one.place} (vom {day}): enthält den Schlüssel der Person, bis "
            "dorthin die nächste Sicherung gemacht wird (dorfhub backup)."
        )


def _copy(source: Path, target: Path, reduce: Callable[[sqlite3.Connection], None]) -> None:
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as found:
            found.execute("VACUUM INTO ?", (str(target),))
        with closing(sqlite3.connect(target, isolation_level=None)) as copy:
            copy.execute("PRAGMA secure_delete = ON")
            reduce(copy)
            copy.execute("VACUUM")
    except sqlite3.Error as error:
        raise StoreError(f"{source.name}: {error}", hint="Ist auf dem Stick noch Platz?") from error


def _without_care(journal: sqlite3.Connection) -> None:
    journal.execute("DELETE FROM entry WHERE lane = 'care'")


def _without_bodies(village: sqlite3.Connection) -> None:
    if not village.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sync_segment'").fetchone():
        return  # a hub that never sent anything
    village.execute("BEGIN")
    rows = village.execute("SELECT seq, data FROM sync_segment WHERE stream = 'care'").fetchall()
    for seq, data in rows:
        erased = Segment.decode(data).erase().encode()
        entry = Entry.of(erased)
        village.execute(
            "UPDATE sync_segment SET data = ?, size = ?, sha256 = ? WHERE seq = ?",
            (erased, entry.size, entry.sha256, seq),
        )
    village.execute("DELETE FROM care_reply")
    village.execute("COMMIT")


def _copy_people(config: Config, data: Path, keys: Path) -> bool:
    """Copy personal.db and the people's keys; False if it is locked."""
    folder = keys / KEYS
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
            draft = folder / f".{PERSON_KEYS}"
            draft.unlink(missing_ok=True)
            personal.copy_to(data / "personal.db", draft)
    except Locked:
        return False
    flush(draft)
    draft.replace(folder / PERSON_KEYS)
    flush(folder)
    return True


def _copy_keys(config: Config, folder: Path) -> bool:
    """Copy the keys that may be copied; tell whether one of them opens personal.db by itself."""
    wanted = {file.name: file for file in config.hub.keys.iterdir() if file.is_file()}
    if config.personal.key_file.exists():
        wanted[config.personal.key_file.name] = config.personal.key_file
    raw = _raw_keys(config, wanted)
    is_wrapped = Opener.of(config).is_set_up
    if is_wrapped:
        wanted = {name: file for name, file in wanted.items() if name not in raw}
    for name, file in wanted.items():
        draft = folder / f".{name}"
        draft.touch(mode=0o600)
        draft.write_bytes(file.read_bytes())
        flush(draft)
        draft.replace(folder / name)
    for old in folder.iterdir():
        if old.name not in wanted and old.name != PERSON_KEYS:
            old.unlink()  # a key that is no more, or that others open now
    flush(folder)
    return bool(raw) and not is_wrapped


def _raw_keys(config: Config, wanted: Mapping[str, Path]) -> set[str]:
    """Return the files that hold the key of personal.db as it is, whatever they are called."""
    named = {config.personal.key_file.name, PLAIN}
    known = {key for name in named & set(wanted) if (key := memory.read(wanted[name]))}
    return (named & set(wanted)) | {
        name for name, file in wanted.items() if memory.read(file) in known
    }


def _note(config: Config, place: str, at: int) -> None:
    known = {one.place: one.at for one in key_places(config)} | {place: at}
    newest = sorted(known.items(), key=lambda one: -one[1])[:_MOST_PLACES]
    draft = config.hub.state / f".{_NOTE}"
    draft.write_text(json.dumps(dict(newest), ensure_ascii=False), "utf-8")
    flush(draft)
    draft.replace(config.hub.state / _NOTE)

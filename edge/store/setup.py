"""A hub's folders, keys and databases: made where they are absent, never replaced."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from edge.store.errors import StoreError, StoreFull
from edge.store.journal import Journal
from edge.store.village import VillageStore
from hardware.durable import flush

if TYPE_CHECKING:
    from edge.config import Config, Hub

SECRET_BYTES = 32


def create(config: Config) -> None:
    """Make what a hub needs and what is not there yet; call it as often as you like.

    :raises StoreError: if a key is missing that cannot be made anew without losing data.
    :raises OSError: if a folder or file cannot be written.
    """
    hub = config.hub
    for folder, mode in (
        (hub.state, 0o755),
        (hub.keys, 0o700),
        (hub.public, 0o755),
        (hub.run, 0o700),
        (hub.open_data, 0o755),
        (hub.open_data_run, 0o755),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        if folder.stat().st_uid == os.geteuid():
            folder.chmod(mode)
    if not _is_locked(config):
        _create_personal(config)
    with VillageStore(hub.village_db) as village:
        village.sync_sites(config)
    _protect(hub.village_db)  # it names sensors and when they were used
    with open_journal(hub):
        _protect(hub.journal_db)


def open_journal(hub: Hub) -> Journal:
    """Open the journal as the collector does: with the care public key and the boot's secret."""
    return Journal(hub.journal_db, care_public_key(hub), key_secret=key_secret(hub))


def care_public_path(hub: Hub) -> Path:
    """Return where the care public key is kept."""
    return hub.keys / "care.pub"


def care_public_key(hub: Hub) -> str | None:
    """Return the public key that seals the care lane, None where there is none yet."""
    try:
        return care_public_path(hub).read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None


def key_secret(hub: Hub) -> bytes:
    """Return the secret that keys the care lane's idempotent keys, made if absent.

    It lies in ``run``, which is memory on the Pi: it outlives a process, not a power cut, and
    is never on the card together with the hashes that it protects.
    """
    path = hub.run / "journal.secret"
    with suppress(FileExistsError):
        write_new(path, secrets.token_bytes(SECRET_BYTES), mode=0o600)
    secret = path.read_bytes()
    if len(secret) != SECRET_BYTES:
        raise StoreError(f"{path} is damaged", hint=f"Bitte löschen: {path}")
    return secret


def write_new(path: Path, data: bytes, *, mode: int) -> None:
    """Write a file that must not exist yet; it appears whole, on the disk, or not at all.

    :raises FileExistsError: if it exists; it is left as it is.
    :raises StoreFull: if the disk is full.
    """
    try:
        _write_new(path, data, mode)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise StoreFull(f"{path.name}: the disk is full") from error


def _write_new(path: Path, data: bytes, mode: int) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # unlike rename, refuses to replace
    finally:
        draft.unlink()
    flush(path.parent)


def _is_locked(config: Config) -> bool:
    """Say whether personal.db is there without its key; then it is left alone.

    :raises StoreError: if, on top of that, the care public key is absent.
    """
    if config.personal.key_file.exists() or not config.hub.personal_db.exists():
        return False
    if care_public_key(config.hub) is None:
        raise StoreError(
            f"personal.db exists, but its key file {config.personal.key_file} is absent",
            hint="Ein neuer Schlüssel würde sie nicht öffnen. Bitte die Schlüsseldatei "
            "bereitstellen oder [personal] key_file berichtigen.",
        )
    return True


def _create_personal(config: Config) -> None:
    from edge.store.person_keys import NAME as PERSON_KEYS  # noqa: PLC0415  # loads a cipher
    from edge.store.personal import PersonalStore  # noqa: PLC0415  # loads the encryption

    hub, key_file = config.hub, config.personal.key_file
    if not key_file.exists():
        _refuse_forgetful(config)
        key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_new(key_file, f"{secrets.token_hex(SECRET_BYTES)}\n".encode(), mode=0o600)
    with PersonalStore.open(hub.personal_db, key_file) as personal:
        recipient = personal.care_recipient()
    _protect(hub.personal_db)
    _protect(hub.personal_db.with_name(PERSON_KEYS))
    public = care_public_key(hub)
    if public is None:
        write_new(care_public_path(hub), f"{recipient}\n".encode(), mode=0o644)
    elif public != recipient:
        raise StoreError(
            "keys/care.pub is not the public half of the key in personal.db",
            hint="Bitte keys/ und personal.db aus derselben Sicherung zurückholen.",
        )


def _refuse_forgetful(config: Config) -> None:
    """Refuse to make the only key in a place that forgets it when the machine starts anew.

    :raises StoreError: if the key would lie in memory and the data on a disk.
    """
    from edge.unlock.memory import is_memory  # noqa: PLC0415 - rarely

    place = config.personal.key_file.parent
    if not is_memory(place) or is_memory(config.hub.personal_db.parent):
        return
    raise StoreError(
        f"[personal] key_file would be made in memory: {place}",
        hint="Dort ist der Schlüssel nach dem nächsten Neustart weg, und niemand öffnet die "
        "persönlichen Daten mehr. In hub.toml die Zeile key_file zuerst weglassen und diesen "
        "Befehl noch einmal rufen: Der Schlüssel entsteht dann auf der Karte. Danach key_file "
        "wieder eintragen und mit `dorfhub unlock setup` zwei von drei einrichten.",
    )


def _protect(database: Path) -> None:
    if database.stat().st_uid == os.geteuid():
        database.chmod(0o600)

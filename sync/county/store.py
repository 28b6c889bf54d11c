"""Where the lake's place is by configuration, and the keys to an object store.

Commits stay safe there because of conditional writes: the log's next number is put with
`If-None-Match: *`, so that of two who put the same number one is refused. A store that ignores
the condition loses commits; :func:`create` finds that out before there is a lake.
"""

from __future__ import annotations

import stat
import threading
import tomllib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import DeltaError

from sync.county.config import ConfigError, CountyConfig
from sync.county.lake import Lake, LakeError
from sync.county.parts import PARTITION, READINGS
from sync.county.place import Place
from sync.county.settings import Store

# Enough that at least two of them try for the same number in the log.
_WRITERS = 6
_TURNS = 3


def place(config: CountyConfig) -> Place:
    """Return where the lake lies.

    :raises ConfigError: if the file with the keys cannot be used.
    """
    if not config.store.uri:
        return Place.of(config.lake)
    return Place(config.store.uri, options(config.store))


def create(lake: Lake, *, nonce: str) -> None:
    """Make the empty lake; in an object store only after two writers met there safely.

    ``nonce`` names a place beside the lake for that; what is in it may be deleted.

    :raises LakeError: if the place cannot be reached, or loses commits.
    """
    if lake.place.folder is None:
        beside = Lake(Place(f"{lake.place.uri}-probe-{nonce}", lake.place.options))
        beside.create()
        if not _meet(beside):
            raise LakeError(
                f"{lake.place.uri}: the store ignores `If-None-Match`, commits would be lost",
                hint="Einen Objektspeicher mit bedingtem Schreiben verwenden.",
            )
    lake.create()


def _meet(lake: Lake) -> bool:
    """Let several writers commit at the same moment; tell if nothing of any was lost."""
    names = [f"probe-{number}" for number in range(_WRITERS)]
    for turn in range(1, _TURNS + 1):
        barrier = threading.Barrier(_WRITERS)
        with ThreadPoolExecutor(_WRITERS, thread_name_prefix="probe") as pool:
            list(pool.map(lambda name: _commit(lake.open(), name, turn, barrier), names))  # noqa: B023
        seen = lake.open()
        if any(seen.transaction_version(name) != turn for name in names):
            return False
    return True


def _commit(table: DeltaTable, name: str, turn: int, barrier: threading.Barrier) -> None:
    barrier.wait(timeout=60)
    try:
        table.create_write_transaction(
            [],
            "append",
            READINGS,
            list(PARTITION),
            commit_properties=CommitProperties(
                app_transactions=[Transaction(name, turn)], max_commit_retries=_WRITERS * 2
            ),
        )
    except (OSError, DeltaError) as error:
        raise LakeError(f"the store does not take commits: {error}") from error


def options(store: Store) -> dict[str, str]:
    """Return what reaches the store; it may hold secrets and belongs into no log.

    :raises ConfigError: if the file with the keys cannot be used.
    """
    found = {"aws_region": store.region, "conditional_put": "etag"}
    if store.endpoint:
        found["aws_endpoint"] = store.endpoint
        found["aws_virtual_hosted_style_request"] = "false"
        if store.endpoint.startswith("http://"):
            found["aws_allow_http"] = "true"
    if store.credentials is not None:
        keys = _keys(store.credentials)
        found["aws_access_key_id"] = keys["access_key_id"]
        found["aws_secret_access_key"] = keys["secret_access_key"]
    return found


def _keys(file: Path) -> Mapping[str, str]:
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise ConfigError(
                f"{file} can be read by others",
                hint=f"Die Rechte einschränken: chmod 600 {file}",
            )
        read = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError:  # its text might show a key
        raise ConfigError(f"{file} is no TOML") from None
    wanted = ("access_key_id", "secret_access_key")
    if set(read) != set(wanted) or not all(isinstance(read[key], str) for key in wanted):
        raise ConfigError(f"{file} must hold {' and '.join(wanted)}, and nothing else")
    return read

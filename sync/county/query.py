"""Questions to the lake, as Daft data frames.

One machine answers them with Daft's native runner; where the configuration names a Ray cluster,
it answers the same code. Whoever asks chooses the runner first, once in a process: :func:`use`.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any, NoReturn

from sync.county.parts import month_of
from sync.county.place import Place
from sync.county.settings import Engine
from sync.errors import SyncError

if TYPE_CHECKING:
    import daft

_GONE = ("no such file", "not found", "nosuchkey")  # on a disk, in an object store
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
_REACH_S = 15.0  # for a line to another house
# what Ray's client says when its server was not started, or not in time
_NOT_STARTED = (
    "Starting Ray client server failed",
    "Initialization failure from server",
    "Failed to connect within",
)
_PAUSES_S = (2.0, 5.0, 10.0, 20.0, 40.0)  # a busy machine needs some seconds for such a program


_used: list[Engine] = []  # by this process


class EngineError(SyncError):
    """The engine that the configuration names cannot be used."""


@dataclass(frozen=True, slots=True)
class Found:
    """One reading in the lake. ``hub`` is its short id, ``epoch`` hex; times are UTC."""

    hub: str
    device: str
    quantity: str
    observed_at: datetime
    value: float
    time_quality: int
    epoch: str
    seq: int


def use(engine: Engine) -> None:
    """Let ``engine`` answer this process's questions; again the same changes nothing.

    :raises EngineError: if the cluster cannot be reached, or Ray is not installed.
    """
    if _used == [engine]:
        return  # Daft takes one runner a process
    daft = loaded()
    if not engine.ray:
        daft.set_runner_native()
        _used[:] = [engine]
        return
    try:
        _join(lambda: daft.set_runner_ray(engine.ray), engine.ray)
    except ImportError as error:
        raise EngineError(
            "Ray is not installed", hint="Auf dem Landkreisrechner: pip install 'dorfhub[ray]'"
        ) from error
    except (OSError, RuntimeError, ValueError) as error:
        raise EngineError(
            f"the Ray cluster at {engine.ray} does not answer: {error}",
            hint="Läuft dort „ray start --head“? Sonst [county.engine] aus county.toml nehmen.",
        ) from error
    _used[:] = [engine]


def _join(
    connect: Callable[[], object], address: str, wait: Callable[[float], object] = sleep
) -> None:
    """Connect to the cluster; again, if it could not start what serves a client.

    A cluster starts a program for each client at ``ray://``. Where many come at once, or the
    machine is busy, that ends before it begins, and the client is told so: the next try works.

    :raises OSError: if nothing listens there.
    :raises RuntimeError: if it does not work after all tries.
    """
    _reach(address)
    for pause_s in _PAUSES_S:
        try:
            connect()
        except (OSError, RuntimeError) as error:
            if not any(words in str(error) for words in _NOT_STARTED):
                raise
        else:
            return
        wait(pause_s)
    connect()


def _reach(address: str) -> None:
    """Make sure that something listens there: Ray itself would try for twenty minutes.

    :raises OSError: if nothing does.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host in _LOOPBACK and not address.startswith("ray://"):
        from ray.util import get_node_ip_address  # noqa: PLC0415 - see _daft

        host = get_node_ip_address()  # that is what a driver makes of it
    socket.create_connection((host, int(port)), timeout=_REACH_S).close()


def frame(place: Place | Path) -> daft.DataFrame:
    """Return all readings as a data frame; nothing is read before it is collected.

    Columns: hub, device, quantity, observed_at (UTC), value, time_quality, epoch, seq, and
    month (202611) and bucket, by which the lake is partitioned.
    """
    if isinstance(place, Path):
        place = Place.of(place)
    readings: daft.DataFrame = loaded().read_deltalake(place.uri, io_config=_io(place.options))
    return readings


def ask(question: Callable[[], daft.DataFrame]) -> list[dict[str, Any]]:
    """Return the rows of the data frame that ``question`` makes.

    It is made anew, once, if a file is gone meanwhile: an erasure deletes at once what it replaced.
    """
    try:
        rows: list[dict[str, Any]] = question().to_pylist()
    except Exception as error:
        if not any(words in str(error).lower() for words in _GONE):  # engines have no type for it
            raise
        rows = question().to_pylist()
    return rows


def find(
    readings: Callable[[], daft.DataFrame], *, device: str, observed_at_ms: int, quantity: str = ""
) -> list[Found]:
    """Return the readings of a device at one moment, or only that of ``quantity``.

    ``readings`` makes :func:`frame`, or `sync.county.placed.frame`; ``observed_at_ms`` is
    milliseconds since 1970, UTC. Ordered by quantity.
    """
    col, lit = loaded().col, loaded().lit
    moment = _EPOCH + timedelta(milliseconds=observed_at_ms)

    def chosen() -> daft.DataFrame:
        rows = readings().where(
            (col("month") == month_of(observed_at_ms))
            & (col("device") == device)
            & (col("observed_at") == lit(moment))
        )
        return (rows.where(col("quantity") == quantity) if quantity else rows).sort("quantity")

    return [_found(row) for row in ask(chosen)]


def _found(row: dict[str, Any]) -> Found:
    return Found(
        hub=row["hub"],
        device=row["device"],
        quantity=row["quantity"],
        observed_at=row["observed_at"].astimezone(UTC),
        value=row["value"],
        time_quality=row["time_quality"],
        epoch=row["epoch"],
        seq=row["seq"],
    )


def _io(options: Mapping[str, str]) -> Any:
    """Return how Daft reaches an object store; what is not said it takes from the environment."""
    if not options:
        return None
    from daft.io import IOConfig, S3Config  # noqa: PLC0415 - see loaded

    return IOConfig(
        s3=S3Config(
            region_name=options.get("aws_region"),
            endpoint_url=options.get("aws_endpoint"),
            use_ssl=not options.get("aws_endpoint", "").startswith("http://"),
            key_id=options.get("aws_access_key_id"),
            access_key=options.get("aws_secret_access_key"),
        )
    )


def loaded() -> Any:
    """Return Daft, imported when it is needed: most commands never ask the lake."""
    # Daft and Ray read these on import and offer no other switch; nothing of ours calls home.
    os.environ["DAFT_ANALYTICS_ENABLED"] = "0"
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("DAFT_PROGRESS_BAR", "0")
    # it warns of every question that reads the whole lake, which is what most are for
    logging.getLogger("daft").setLevel(logging.ERROR)
    import daft  # noqa: PLC0415 - see above

    return daft


def leave(code: int = 0) -> NoReturn:
    """End this process at once, after what it printed is out.

    Daft's background threads outlive the interpreter and may abort it while it cleans up; a
    process that asked the lake has nothing else to clean up.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)

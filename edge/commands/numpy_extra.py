"""What commands say alike where numpy, an extra, is absent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click


@contextmanager
def needs_numpy(what: str) -> Iterator[None]:
    """Say what to do where numpy is absent; ``what`` needs it ("die Schätzung").

    :raises click.ClickException: if it is.
    """
    try:
        yield
    except ModuleNotFoundError as missing:
        if missing.name != "numpy":
            raise
        raise click.ClickException(
            f"Für {what} fehlt numpy. Auf dem Hub: pip install 'dorfhub[heat]' "
            "(oder das Paket python3-numpy)."
        ) from missing

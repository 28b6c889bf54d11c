"""Files that an operator writes by hand."""

from __future__ import annotations

import tomllib
from typing import Any

from edge.heat.errors import CadastreError


def tables(text: str, what: str) -> dict[str, Any]:
    """Return what stands in a file; ``what`` it is, in German, for who is told that it is none.

    :raises CadastreError: if it is no TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CadastreError(str(error), hint=f"{what} ist kein gültiges TOML: {error}") from None

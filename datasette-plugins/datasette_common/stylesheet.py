"""A plugin's own style sheet; Datasette's way to serve files needs a distribution a plugin."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from datasette.utils.asgi import Response

from datasette_common.caches import A_YEAR_S


@dataclass(frozen=True, slots=True)
class Stylesheet:
    """The file ``path`` of ``package``, served at ``address``."""

    package: str
    path: str
    address: str

    def route(self) -> tuple[str, Callable[[], Response]]:
        """Return what `register_routes` wants."""
        # its address changes with what is in it
        headers = {"Cache-Control": f"max-age={A_YEAR_S}, immutable"}

        def answer() -> Response:  # Datasette takes a function, and no method
            text = _text(self.package, self.path)
            return Response(text, content_type="text/css; charset=utf-8", headers=headers)

        return f"^{re.escape(self.address)}$", answer

    def named(self) -> str:
        """Return the address with what tells a cache this content from an older one.

        As `extra_css_urls` wants it: Datasette itself puts `base_url` before it.
        """
        return f"{self.address}?{_digest(self.package, self.path)}"


@cache
def _text(package: str, path: str) -> str:
    return files(package).joinpath(path).read_text("utf-8")


@cache
def _digest(package: str, path: str) -> str:
    return hashlib.sha256(_text(package, path).encode()).hexdigest()[:12]

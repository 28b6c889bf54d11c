"""The names of types and attributes, and what they stand for: one bundled file, and own terms.

Nothing is fetched: a request may use the names of this context, or full IRIs.

Source: ETSI GS CIM 009, 4.4 and annex B; Smart Data Models (smartdatamodels.org).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

VOCABULARY = "https://uri.etsi.org/ngsi-ld/default-context/"
_CORE = "https://uri.etsi.org/ngsi-ld/"


class Context:
    """The context that is served: the bundled terms, and ``own`` beside or instead of them."""

    def __init__(self, own: Mapping[str, str]) -> None:
        self.terms: dict[str, object] = {**_bundled(), **own}
        self._names = {
            self.iri(name): name
            for name, iri in self.terms.items()
            if isinstance(iri, str) and name != "@vocab"
        }

    def document(self) -> dict[str, object]:
        """Return the JSON-LD document."""
        return {"@context": self.terms}

    def iri(self, name: str) -> str:
        """Return what a name stands for."""
        found = self.terms.get(name)
        if not isinstance(found, str):
            return VOCABULARY + name
        return found.replace("ngsi-ld:", _CORE) if found.startswith("ngsi-ld:") else found

    def name(self, said: str) -> str:
        """Return the name of a type or attribute that a request gives by name or IRI."""
        if said in self._names:
            return self._names[said]
        return said.removeprefix(VOCABULARY)


@cache
def _bundled() -> dict[str, object]:
    text = files("datasette_ngsi_ld").joinpath("context.jsonld").read_text("utf-8")
    return dict(json.loads(text)["@context"])

"""The definitions a check reads: those of FHIR R4 that are carried along, and profiles beside them.

`r4/definitions.zip` is what of R4's own definitions decides about an instance (made by
`.ci/vendor_fhir.py`); further profiles and value sets are an operator's own copies.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from types import MappingProxyType

from edge.fhir import german
from edge.fhir.issue import FhirError
from edge.fhir.node import BASE, Node
from edge.fhir.snapshot import build
from edge.fhir.ucum import SYSTEM

# What German profiles let in as units of vital signs: short lists, and needed for each value.
# Source: HL7 Germany, basic profiles 1.6.0.
_UNITS = MappingProxyType(
    {
        "UcumVitalsCommonDE": "% cm m kg g Cel mm[Hg] /min /h /d kg/m2 m2 L/min 1",
        "VitalSignDE_Body_Length_UCUM": "cm m",
        "VitalSignDE_Body_Weigth_UCUM": "kg g",
    }
)


class Definitions:
    """Structure definitions and value sets by their canonical address."""

    def __init__(self, further: Iterable[Mapping[str, object]] = ()) -> None:
        """Take R4's and what else is given; what is neither of the two kinds is left out."""
        self._own: dict[str, Mapping[str, object]] = {}
        self._sets: dict[str, Mapping[str, list[str] | None]] = dict(_base_sets())
        self._systems: dict[str, list[str]] = {}
        self._trees: dict[str, Node] = {}
        self._building: set[str] = set()
        later = []
        for one in (*german.definitions(), *further):
            url = one.get("url")
            if one.get("resourceType") == "StructureDefinition" and isinstance(url, str):
                self._own[url] = one
            elif one.get("resourceType") == "CodeSystem" and isinstance(url, str):
                self._systems[url] = _codes(one.get("concept"))
            elif one.get("resourceType") == "ValueSet":
                later.append(one)
        for one in later:
            expanded = self._expansion(one)
            if expanded is not None:
                self._sets[str(one.get("url"))] = expanded

    def profile(self, url: str) -> Node | None:
        """Return a definition's tree; None if it is not here.

        :raises FhirError: if it cannot be read.
        """
        url = url.partition("|")[0]
        if url not in self._trees:
            definition = self._definition(url)
            if definition is None:
                return None
            if url in self._building:
                raise FhirError(f"Das Profil {url} beruht auf sich selbst.", "Es neu holen.")
            self._building.add(url)
            base = definition.get("baseDefinition") or definition.get("base")
            tree = self.profile(base) if isinstance(base, str) else None
            self._trees[url] = build(definition, tree, self.type)
            self._building.discard(url)
        return self._trees[url]

    def type(self, code: str) -> Node:
        """Return the tree of a type or resource of R4; one without children for no such type."""
        return self.profile(BASE + code) or Node(code)

    def is_resource(self, code: str) -> bool:
        """Tell whether R4 has such a resource (one that can be written down)."""
        definition = self._definition(BASE + code)
        return (
            definition is not None
            and definition.get("kind") == "resource"
            and definition.get("abstract") is not True
        )

    def type_of(self, url: str) -> str | None:
        """Return of which type a definition is; None if it is not here."""
        definition = self._definition(url.partition("|")[0])
        return None if definition is None else str(definition.get("type"))

    def value_set(self, url: str) -> Mapping[str, list[str] | None] | None:
        """Return a value set's codes by system (None: whatever its grammar lets in), or None."""
        return self._sets.get(url)

    def _definition(self, url: str) -> Mapping[str, object] | None:
        if url in self._own:
            return self._own[url]
        found = _base(url.rpartition("/")[2])
        return found if found is not None and found.get("url") == url else None

    def _expansion(self, full: Mapping[str, object]) -> dict[str, list[str] | None] | None:
        """Return a value set's codes, None if it cannot be counted from what is here."""
        compose = full.get("compose")
        if not isinstance(compose, Mapping) or compose.get("exclude"):
            return None
        found: dict[str, list[str] | None] = {}
        for include in compose.get("include", ()):
            system = include.get("system")
            if include.get("filter") or include.get("valueSet") or not isinstance(system, str):
                return None
            if "concept" in include:
                found[system] = [*(found.get(system) or []), *_codes(include["concept"])]
            elif system == SYSTEM:
                found[system] = None
            elif system in self._systems:
                found[system] = self._systems[system]
            else:
                return None
        return found or None


@lru_cache(maxsize=1)
def standard() -> Definitions:
    """Return R4's own definitions alone."""
    return Definitions()


@lru_cache(maxsize=1)
def _archive() -> zipfile.ZipFile:
    return zipfile.ZipFile(BytesIO(files("edge.fhir").joinpath("r4/definitions.zip").read_bytes()))


@cache  # 651 in all
def _base(name: str) -> Mapping[str, object] | None:
    try:
        text = _archive().read(f"{name}.json")
    except KeyError:
        return None
    found = json.loads(text)
    return found if isinstance(found, dict) else None


def _base_sets() -> Mapping[str, Mapping[str, list[str] | None]]:
    german = {
        f"http://fhir.de/ValueSet/{name}": {SYSTEM: units.split()} for name, units in _UNITS.items()
    }
    return {**german, **json.loads(_archive().read("value_sets.json"))}


def _codes(concepts: object) -> list[str]:
    found: list[str] = []
    for one in concepts if isinstance(concepts, list) else ():
        if isinstance(one, Mapping):
            found += [str(one.get("code")), *_codes(one.get("concept"))]
    return found

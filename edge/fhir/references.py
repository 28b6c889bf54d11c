"""What references point to. Pure.

Source: FHIR R4, 2.3.0 References, 3.1.5 Bundle: resolving references.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from edge.fhir.definitions import Definitions
from edge.fhir.issue import Issue
from edge.fhir.node import BASE, Kind

_TYPED = re.compile(
    r"(?:https?://\S+/)?(?P<type>[A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}(?:/_history/\S+)?"
)


def checked(
    value: Mapping[str, object],
    kind: Kind,
    definitions: Definitions,
    near: Mapping[str, str],
    path: str,
    *,
    in_bundle: bool,
) -> Iterator[Issue]:
    """Yield what is wrong with a reference.

    ``near`` is the type of each resource that stands with it, by ``#id`` or full address.
    """
    text = value.get("reference")
    named = value.get("type")
    found: str | None = named if isinstance(named, str) else None
    if isinstance(text, str):
        pointed = near.get(text)
        typed = _TYPED.fullmatch(text)
        if text.startswith("#") and text != "#" and pointed is None:
            yield Issue(
                f"{path}.reference",
                "reference",
                f"„{text}“ steht nicht in `contained`.",
                "Die Ressource beilegen oder auf eine zeigen, die es gibt.",
            )
        elif in_bundle and text.startswith("urn:") and pointed is None:
            yield Issue(
                f"{path}.reference",
                "reference",
                f"„{text}“ steht in diesem Bundle nicht.",
                "Die Ressource mit dieser fullUrl in das Bundle legen.",
            )
        actual = pointed or (typed["type"] if typed else None)
        if actual is not None and found is not None and actual != found.rpartition("/")[2]:
            yield Issue(
                f"{path}.type",
                "reference",
                f"Der Verweis nennt {found} und zeigt auf {actual}.",
                "Einen der beiden richtigstellen.",
            )
        found = actual or found
        if typed and not definitions.is_resource(typed["type"]):
            yield Issue(
                f"{path}.reference",
                "reference",
                f"Eine Ressource {typed['type']} gibt es in FHIR R4 nicht.",
                "Auf eine Ressource zeigen, die es gibt.",
            )
            return
    elif not any(key in value for key in ("identifier", "display", "extension", "id")):
        yield Issue(
            path,
            "reference",
            "Der Verweis zeigt auf nichts.",
            "`reference`, `identifier` oder `display` angeben.",
        )
    allowed = _allowed(kind, definitions)
    if found is not None and allowed and found.rpartition("/")[2] not in allowed:
        yield Issue(
            f"{path}.reference" if isinstance(text, str) else f"{path}.type",
            "reference",
            f"Der Verweis zeigt auf {found}, erlaubt ist {', '.join(sorted(allowed))}.",
            "Auf eine Ressource dieser Art zeigen.",
        )


def _allowed(kind: Kind, definitions: Definitions) -> set[str]:
    """Return the types a reference may point to; none for any."""
    found = set()
    for target in kind.targets:
        type_code = (
            target.removeprefix(BASE) if target.startswith(BASE) else definitions.type_of(target)
        )
        if target.startswith(BASE) and not definitions.is_resource(target.removeprefix(BASE)):
            type_code = definitions.type_of(target)
        if type_code is None or type_code in {"Resource", "DomainResource"}:
            return set()
        found.add(type_code)
    return found

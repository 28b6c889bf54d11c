"""What stands with a resource: what it contains, the entries of its bundle. Pure."""

from __future__ import annotations

from collections.abc import Mapping


def contained(value: Mapping[str, object]) -> dict[str, str]:
    """Return the type of each contained resource by its reference."""
    listed = value.get("contained")
    return {
        f"#{one.get('id')}": str(one.get("resourceType"))
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, dict)
    }


def entries(bundle: Mapping[str, object]) -> dict[str, str]:
    """Return the type of each resource of a bundle by its full address."""
    found = {}
    listed = bundle.get("entry")
    for one in listed if isinstance(listed, list) else ():
        inner = one.get("resource") if isinstance(one, dict) else None
        if isinstance(inner, dict) and isinstance(one.get("fullUrl"), str):
            found[one["fullUrl"]] = str(inner.get("resourceType"))
    return found


def texts(value: object) -> set[str]:
    """Return every text below a value."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        return {text for each in value.values() for text in texts(each)}
    if isinstance(value, list):
        return {text for each in value for text in texts(each)}
    return set()

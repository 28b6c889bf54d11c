"""Which slice an entry of a list belongs to. Pure.

Source: FHIR R4, 5.1.0.14 Slicing, 5.1.0.15 Discriminator.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from edge.fhir.definitions import Definitions
from edge.fhir.node import BASE, Kind, Node
from edge.fhir.pattern import equals, fits
from edge.fhir.snapshot import expand
from edge.fhir.terms import is_in

Conforms = Callable[[object, str], bool]  # whether a value is as a profile wants it


def belongs(
    value: object,
    kind: Kind,
    to: tuple[Node, Node],
    definitions: Definitions,
    conforms: Conforms,
) -> bool | None:
    """Tell whether an entry belongs to a slice; None if that cannot be told from what is here.

    ``to`` is the sliced element and one slice of it.
    """
    sliced, slice_ = to
    pairs = sliced.slicing.discriminators if sliced.slicing else ()
    if not pairs:
        pairs = (("type", "$this"),) if sliced.is_choice else (("value", "$this"),)
    answers: list[bool | None] = []
    for by, path in pairs:
        if by == "type" and path == "$this":
            answers.append(kind.code in {one.code for one in slice_.kinds})
            continue
        nodes, values = _nodes_at(slice_, path, definitions), _values_at(value, path)
        if by == "type":
            answers.append(_is_of(values, nodes, definitions))
        elif by == "exists":
            answers.append(bool(values) == (nodes[0].maximum != 0))
        elif by == "profile":
            answers.append(_conforming(values, nodes[0], conforms))
        else:
            answers.append(_demanded(values, nodes, definitions))
    if False in answers:
        return False
    return None if None in answers else True


def _is_of(values: list[object], nodes: list[Node], definitions: Definitions) -> bool:
    """Tell whether a value, or what a reference points to, is of a type that an element wants."""
    wanted = {
        definitions.type_of(target) or target.rpartition("/")[2]
        for node in nodes
        for one in node.kinds
        for target in (one.targets or (BASE + one.code,))
    }
    return any(_type_of(one) in wanted for one in values)


def _conforming(values: list[object], node: Node, conforms: Conforms) -> bool | None:
    profiles = [profile for one in node.kinds for profile in one.profiles]
    if not profiles:
        return None
    return any(conforms(one, profile) for one in values for profile in profiles)


def _demanded(values: list[object], nodes: list[Node], definitions: Definitions) -> bool | None:
    demanding = [node for node in nodes if _has({}, node, definitions) is not None]
    if not demanding:
        return None
    return all(any(_has(one, node, definitions) for one in values) for node in demanding)


def _has(value: object, node: Node, definitions: Definitions) -> bool | None:
    """Tell whether a value has what an element demands; None if it demands nothing."""
    answers: list[bool] = [equals(value, fixed) for fixed in node.fixed]
    answers += [fits(value, pattern) for pattern in node.patterns]
    if node.binding is not None and node.binding.strength == "required":
        value_set = definitions.value_set(node.binding.value_set)
        if value_set is not None:
            answers.append(is_in(value, value_set))
        elif not answers:
            return None
    for name, child in node.children.items():
        if not child.is_choice and child.minimum > 0:
            below = value.get(name) if isinstance(value, dict) else None
            listed = below if isinstance(below, list) else [below]
            found = [_has(one, child, definitions) for one in listed]
            if found and None not in found:
                answers.append(True in found)
    return all(answers) if answers else None


def _steps(path: str) -> list[str]:
    return [step for step in re.split(r"\.(?![^(]*\))", path) if step != "$this"]


def _nodes_at(slice_: Node, path: str, definitions: Definitions) -> list[Node]:
    """Return the elements of a slice that a discriminator's path leads to.

    There are several where a list on the way is itself in slices that must be there.
    """
    nodes = [slice_]
    for step in _steps(path):
        if step.startswith(("resolve(", "ofType(")):
            continue
        found = []
        for node in nodes:
            full = node if node.children else _profiled(node, definitions)
            name = "extension" if step.startswith("extension(") else step
            child = full.children.get(name) or full.children.get(f"{name}[x]")
            if child is not None:
                found += [child, *(one for one in child.slices.values() if one.minimum)]
        nodes = found
    return nodes or [Node("")]


def _profiled(node: Node, definitions: Definitions) -> Node:
    """Return a node's type's tree, as the type's profile has it if it names one."""
    if node.full is None:
        profiles = [profile for kind in node.kinds for profile in kind.profiles]
        trees = (definitions.profile(profile) for profile in profiles)
        node.full = next((tree for tree in trees if tree is not None), None)
    if node.full is None:
        node.full = node.copy()
        expand(node.full, node.full, definitions.type)
    return node.full


def _values_at(value: object, path: str) -> list[object]:
    values = [value]
    for step in _steps(path):
        if step.startswith("resolve("):
            continue
        if step.startswith("ofType("):
            continue
        if step.startswith("extension("):
            url = step[len("extension(") : -1].strip("'\"")
            values = [
                one
                for each in values
                if isinstance(each, dict)
                for one in each.get("extension", ())
                if isinstance(one, dict) and one.get("url") == url
            ]
            continue
        values = [
            one
            for each in values
            if isinstance(each, dict)
            for key, found in each.items()
            if key == step or (key.startswith(step) and key[len(step) : len(step) + 1].isupper())
            for one in (found if isinstance(found, list) else [found])
        ]
    return values


def _type_of(value: object) -> str:
    """Return the type of a resource, or of what a reference points to, empty if unknown."""
    if not isinstance(value, dict):
        return ""
    if "resourceType" in value:
        return str(value["resourceType"])
    if isinstance(value.get("type"), str):
        return str(value["type"])
    parts = str(value.get("reference", "")).split("/")
    return parts[-2] if len(parts) > 1 else ""

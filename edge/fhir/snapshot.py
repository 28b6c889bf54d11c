"""From a structure definition to the tree of its elements, its differential laid over its base's.

A differential says only what differs. What it says of an element inside a data type makes that
type's elements the element's own first.

Source: FHIR R4, 5.3 StructureDefinition (5.3.0.3 differential and snapshot), 5.1.0.14 slicing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from edge.fhir.issue import FhirError
from edge.fhir.node import Binding, Constraint, Kind, Node, Slicing

Lookup = Callable[[str], Node]  # the tree of a type, by its code; not to be changed

_HINT = "Das Profil (StructureDefinition) noch einmal vom Herausgeber holen."


def build(definition: Mapping[str, object], base: Node | None, of_type: Lookup) -> Node:
    """Return the tree of a definition: of its snapshot, or of ``base`` and its differential.

    :raises FhirError: if it does not fit its base.
    """
    name = str(definition.get("type"))
    whole = _elements(definition.get("snapshot"))
    root = Node(name) if whole else (base.copy() if base else None)
    if root is None:
        raise FhirError(f"Das Profil {definition.get('url')} hat keine Grundlage.", _HINT)
    for element in whole or _elements(definition.get("differential")):
        _lay(root, element, of_type, whole=bool(whole))
    if whole and base is not None:
        _widen(root, base)
    return root


def _widen(node: Node, base: Node) -> None:
    """Take the types that a choice has at first from the base: a snapshot names what is left."""
    for name, child in node.children.items():
        other = base.children.get(name)
        if other is not None:
            child.first_kinds = other.first_kinds
            for one in (child, *child.slices.values()):
                _widen(one, other)


def _elements(part: object) -> list[Mapping[str, object]]:
    """Return the elements of a part; what is cut down has the list itself."""
    found = part.get("element") if isinstance(part, Mapping) else part
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _lay(root: Node, element: Mapping[str, object], of_type: Lookup, *, whole: bool) -> None:
    path = str(element.get("id") or element.get("path"))
    _, *steps = path.split(".")
    node = root
    for step in steps:
        node = _one_type(node, step, of_type)
        expand(root, node, of_type)
        node = _step(node, step, path, whole=whole)
    _say(node, element)


def _one_type(node: Node, step: str, of_type: Lookup) -> Node:
    """Return the slice of a choice of types whose element a step can only mean, or the node.

    ``value[x].unit`` speaks of the quantity, whatever else the value may be.
    """
    if not node.is_choice or node.children or len({kind.code for kind in node.kinds}) < 2:
        return node
    name = step.partition(":")[0]
    kind = next((k for k in node.kinds if name in of_type(k.code).children), None)
    return node if kind is None else _slice(node, node.stem + kind.code[:1].upper() + kind.code[1:])


def _step(node: Node, step: str, path: str, *, whole: bool) -> Node:
    """Return the child, or a slice of it, that one step of an element's id leads to.

    The elements of a ``whole`` snapshot are made as they come.
    """
    name, _, slice_name = step.partition(":")
    if name not in node.children:
        choice = next((c for c in node.children.values() if _is_short_for(name, c)), None)
        if choice is not None:  # `valueQuantity`, short for `value[x]:valueQuantity`
            name, slice_name = choice.name, slice_name or name
        elif not whole:
            raise FhirError(f"{path}: das Element gibt es in der Grundlage nicht.", _HINT)
        else:
            node.children[name] = Node(name)
    child = node.children[name]
    node.keys = {}
    if not slice_name:
        return child
    return _slice(child, slice_name)


def _slice(node: Node, name: str) -> Node:
    """Return a slice of an element; a new one is as the element is, and need not be there."""
    if name not in node.slices:
        made = node.copy()
        made.slices, made.slicing, made.minimum = {}, None, 0
        made.constraints = ()  # they are looked at once, at the entry itself
        if node.is_choice:
            code = name.removeprefix(node.stem)
            fitting = tuple(kind for kind in node.kinds if kind.code.lower() == code.lower())
            made.kinds = fitting or made.kinds
        node.slices[name] = made
    return node.slices[name]


def _is_short_for(name: str, child: Node) -> bool:
    return child.is_choice and any(
        name == child.stem + kind.code[:1].upper() + kind.code[1:] for kind in child.first_kinds
    )


def expand(root: Node, node: Node, of_type: Lookup) -> None:
    """Give an element the children of its type, if it has none of its own."""
    if node.children:
        return
    if node.same_as:
        other = find(root, node.same_as)
        node.children = {name: child.copy() for name, child in other.children.items()}
    elif len({kind.code for kind in node.kinds}) == 1:
        made = of_type(node.kinds[0].code).copy()
        node.children = made.children
        known = {one.key for one in node.constraints}
        node.constraints += tuple(one for one in made.constraints if one.key not in known)


def find(root: Node, path: str) -> Node:
    """Return the element of a path such as ``Observation.referenceRange``."""
    node = root
    for step in path.split(".")[1:]:
        node = node.children[step]
    return node


def _say(node: Node, element: Mapping[str, object]) -> None:
    """Take over what an element says; what it does not speak of stays."""
    _say_how_often(node, element)
    if isinstance(element.get("type"), list):
        node.kinds = tuple(_kinds(element["type"]))
        node.first_kinds = node.first_kinds or node.kinds
    for key, value in element.items():
        if re.fullmatch(r"fixed[A-Z]\w*", key):
            node.fixed = (*node.fixed, value)
        elif re.fullmatch(r"pattern[A-Z]\w*", key):
            node.patterns = (*node.patterns, value)
    binding, slicing = element.get("binding"), element.get("slicing")
    if isinstance(binding, Mapping) and isinstance(binding.get("valueSet"), str):
        value_set = str(binding["valueSet"]).partition("|")[0]
        node.binding = Binding(str(binding.get("strength")), value_set)
    if isinstance(slicing, Mapping):
        node.slicing = _slicing(slicing)
    known = {one.key for one in node.constraints}
    node.constraints += tuple(
        one for one in _constraints(element.get("constraint")) if one.key not in known
    )
    same_as = element.get("contentReference")
    if isinstance(same_as, str):
        node.same_as = same_as.rpartition("#")[2]


def _say_how_often(node: Node, element: Mapping[str, object]) -> None:
    minimum, maximum = element.get("min"), element.get("max")
    base, longest = element.get("base"), element.get("maxLength")
    if isinstance(minimum, int):
        node.minimum = minimum
    if isinstance(maximum, str):
        node.maximum = None if maximum == "*" else int(maximum)
    if isinstance(base, Mapping):
        node.is_list = base.get("max") not in {"0", "1"}
    if isinstance(longest, int):
        node.longest = longest


def _kinds(given: object) -> Iterable[Kind]:
    for one in given if isinstance(given, list) else ():
        yield Kind(
            str(one.get("code")), tuple(one.get("profile", ())), tuple(one.get("targetProfile", ()))
        )


def _constraints(given: object) -> Iterable[Constraint]:
    for one in given if isinstance(given, list) else ():
        if one.get("expression"):
            yield Constraint(
                str(one.get("key")),
                str(one.get("severity")),
                str(one.get("human", "")),
                str(one["expression"]),
            )


def _slicing(given: Mapping[str, object]) -> Slicing:
    listed = given.get("discriminator")
    return Slicing(
        tuple(
            (str(one.get("type")), str(one.get("path")))
            for one in (listed if isinstance(listed, list) else ())
        ),
        str(given.get("rules", "open")),
        given.get("ordered") is True,
    )

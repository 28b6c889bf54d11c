"""An element of a definition with what is said of it, as a tree. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

BASE = "http://hl7.org/fhir/StructureDefinition/"


@dataclass(frozen=True, slots=True)
class Kind:
    """One type that an element may have."""

    code: str
    profiles: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()  # what a reference may point to: canonical addresses


@dataclass(frozen=True, slots=True)
class Binding:
    """From which value set an element's code is."""

    strength: str
    value_set: str


@dataclass(frozen=True, slots=True)
class Constraint:
    """An invariant in FHIRPath."""

    key: str
    severity: str
    human: str
    expression: str


@dataclass(frozen=True, slots=True)
class Slicing:
    """By what the entries of a list are told apart: (type, path) each."""

    discriminators: tuple[tuple[str, str], ...]
    rules: str  # open, closed, openAtEnd
    ordered: bool


@dataclass(slots=True)
class Node:
    """An element.

    ``maximum`` None is any number, ``is_list`` how it is written whatever a profile allows.
    ``first_kinds`` are the types of the base definition, which a profile may make fewer. Without
    ``children`` those of its type hold. ``slices`` are further demands on the entries they fit.
    """

    name: str
    minimum: int = 0
    maximum: int | None = 1
    is_list: bool = False
    kinds: tuple[Kind, ...] = ()
    first_kinds: tuple[Kind, ...] = ()
    fixed: tuple[object, ...] = ()
    patterns: tuple[object, ...] = ()
    binding: Binding | None = None
    constraints: tuple[Constraint, ...] = ()
    slicing: Slicing | None = None
    same_as: str = ""  # the path of the element whose children it has
    longest: int | None = None
    slices: dict[str, Node] = field(default_factory=dict)
    children: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, tuple[Node, str]] = field(default_factory=dict)  # see `keys_of`
    needed: tuple[Node, ...] | None = None  # see `needed_in`
    full: Node | None = None  # it with the children of its type, once that was asked for

    @property
    def is_choice(self) -> bool:
        """Whether its key ends with its type."""
        return self.name.endswith("[x]")

    @property
    def stem(self) -> str:
        """Its name without the mark of a choice."""
        return self.name.removesuffix("[x]")

    def copy(self) -> Node:
        """Return it and all below it anew; what says something of it is shared."""
        return Node(
            self.name,
            self.minimum,
            self.maximum,
            self.is_list,
            self.kinds,
            self.first_kinds,
            self.fixed,
            self.patterns,
            self.binding,
            self.constraints,
            self.slicing,
            self.same_as,
            self.longest,
            {name: one.copy() for name, one in self.slices.items()},
            {name: one.copy() for name, one in self.children.items()},
        )

    def below(self) -> Iterator[Node]:
        """Every element below it, slices too."""
        for one in (*self.children.values(), *self.slices.values()):
            yield one
            yield from one.below()


def keys_of(parent: Node) -> dict[str, tuple[Node, str]]:
    """Return each key an object may have with its element and type (of the base definition)."""
    if not parent.keys:
        parent.keys = {
            child.stem + (_capital(kind.code) if child.is_choice else ""): (child, kind.code)
            for child in parent.children.values()
            for kind in child.first_kinds or (Kind(""),)
        }
    return parent.keys


def needed_in(parent: Node) -> tuple[Node, ...]:
    """Return the children whose absence has to be looked at."""
    if parent.needed is None:
        parent.needed = tuple(
            child
            for child in parent.children.values()
            if child.minimum or any(one.minimum for one in child.slices.values())
        )
    return parent.needed


def _capital(code: str) -> str:
    return code[:1].upper() + code[1:]

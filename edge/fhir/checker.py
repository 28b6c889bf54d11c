"""Whether a resource is what FHIR R4 and its profiles say it must be. Pure.

Looked at are: which elements there are and how often, types, fixed values and patterns, slices,
required bindings, references, UCUM's units, narratives and the invariants in FHIRPath. What could
not be looked at (a profile, a value set, a function of FHIRPath that is not here) is said as an
issue of its own, :attr:`Severity.UNCHECKED`; nothing is passed over in silence.

Source: FHIR R4 (4.0.1), 2.6.2 JSON, 5.1 ElementDefinition, 2.28 Validating resources.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest

from edge.fhir import narrative, primitive, references, terms
from edge.fhir import near as around_it
from edge.fhir.definitions import Definitions, standard
from edge.fhir.fhirpath import Item, Unreadable, holds
from edge.fhir.issue import Issue, Severity, errors
from edge.fhir.node import BASE, Constraint, Kind, Node, keys_of, needed_in
from edge.fhir.pattern import equals, fits, missing
from edge.fhir.slices import belongs

MOST_ISSUES = 500  # what is wrong more often than that is wrong as a whole

_UNITS = frozenset({"Quantity", "Coding", "Age", "Count", "Distance", "Duration", "Money"})
_RESOURCES = frozenset({"Resource", "DomainResource"})
# Looked at in other words, and dom-6, which is advice: a text beside each value. See docs/fhir.md.
_OTHERWISE = frozenset({"dom-3", "dom-6", "txt-1", "txt-2", "ref-1"})
# Published at the wrong element: as written, whoever gives the reason breaks the rule.
_MISPLACED = {"mii-icu-1": "dataAbsentReason"}


def check(
    resource: Mapping[str, object],
    definitions: Definitions | None = None,
    profiles: Iterable[str] = (),
) -> list[Issue]:
    """Return what is wrong with a resource, in the order of its elements; none twice.

    It is held against R4, the profiles it claims itself (``meta.profile``) and ``profiles``.
    """
    run = _Run(definitions or standard())
    run.resource(dict(resource), str(resource.get("resourceType", "")), None, tuple(profiles))
    found = list(dict.fromkeys(run.issues))
    if len(found) > MOST_ISSUES:  # what matters is never cut away by what does not
        found = sorted(found, key=lambda issue: issue.severity is not Severity.ERROR)
    return found[:MOST_ISSUES]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A value of an element, of that type, and what stands beside it if it is primitive."""

    path: str
    kind: Kind
    value: object
    beside: object = None


@dataclass(frozen=True, slots=True)
class _Place:
    """What a value stands in: its resource, and the one around that if it is contained."""

    resource: Mapping[str, object]
    root: Mapping[str, object]
    near: Mapping[str, str]
    in_bundle: bool


class _Run:
    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.issues: list[Issue] = []
        # what is the same whatever profile asks for it is looked at once
        self.done: set[tuple[str, object]] = set()

    def first(self, path: str, what: object) -> bool:
        """Tell whether something is looked at for the first time."""
        if (path, what) in self.done:
            return False
        self.done.add((path, what))
        return True

    def resource(
        self,
        value: dict[str, object],
        path: str,
        around: _Place | None,
        profiles: Iterable[str] = (),
        *,
        contained: bool = False,
    ) -> None:
        """Check a resource against its type and its profiles."""
        code = value.get("resourceType")
        if not isinstance(code, str) or not self.definitions.is_resource(code):
            said = f"„{code}“ ist keine Ressource von FHIR R4."
            self.wrong(f"{path}.resourceType".lstrip("."), "type", said, "resourceType angeben.")
            return
        name = value.get("id")
        if isinstance(name, str) and primitive.wrong(name, "id"):
            said = f"„{_short(name)}“ ist keine id."
            self.wrong(f"{path}.id", "type", said, "Buchstaben, Ziffern, - und . (höchstens 64).")
        near = dict(around.near) if around else {}
        near |= {} if contained else around_it.contained(value)
        near |= around_it.entries(value) if code == "Bundle" else {}
        place = _Place(
            value,
            around.root if around and contained else value,
            near,
            (around is not None and around.in_bundle) or code == "Bundle",
        )
        base = self.definitions.type(code)
        self.element(_Entry(path, Kind(code), value), base, place)
        if not contained:
            self.unused(value, path)
        meta = value.get("meta")
        claimed = meta.get("profile") if isinstance(meta, dict) else None
        named = [one for one in (claimed if isinstance(claimed, list) else ()) if one]
        for url in dict.fromkeys([*map(str, named), *profiles]):
            tree = self.definitions.profile(url)
            if tree is None:
                said = f"Das Profil {url} liegt nicht bereit; geprüft ist ohne es."
                what = "Das Profil (StructureDefinition, JSON) mit --profiles angeben."
                self.wrong(path, "profile", said, what, Severity.UNCHECKED)
            elif tree.name != code:
                said = f"Das Profil {url} ist für {tree.name}, nicht für {code}."
                self.wrong(f"{path}.meta.profile", "profile", said, "Ein passendes nennen.")
            else:
                self.element(_Entry(path, Kind(code), value), tree, place)

    def element(self, entry: _Entry, node: Node, place: _Place) -> None:
        """Check one value against an element, and all below it."""
        value, kind, path = entry.value, entry.kind, entry.path
        plain = not (node.children or node.slices or node.fixed or node.patterns)
        # all that such an element can say is in these: of another profile it is no news
        says = (kind, node.binding, node.constraints, node.longest)
        if plain and not self.first(path, says):
            return
        self.fixed(value, node, path)
        if kind.code in primitive.NAMES:
            self.primitive(entry, node, place)
        elif not isinstance(value, dict):
            said = "hier gehört ein Objekt hin."
            self.wrong(path, "type", said, f"Als {kind.code} in {{ }} schreiben.")
            return
        elif kind.code in _RESOURCES:
            is_contained = path.rpartition(".")[2].startswith("contained")
            self.resource(value, path, place, contained=is_contained)
            return
        else:
            self.complex(value, node, kind, path, place)
        binding = node.binding
        if binding is not None and binding.strength == "required" and value is not None:
            self.issues += terms.bound(value, binding, self.definitions, path)
        self.invariants(Item(value, kind.code, entry.beside), node.constraints, path, place)

    def complex(
        self, value: dict[str, object], node: Node, kind: Kind, path: str, place: _Place
    ) -> None:
        """Check an object: its own type's rules, its profiles', its children."""
        if not value:
            self.wrong(path, "value", "das Objekt ist leer.", "Weglassen oder füllen.")
        tree = self.definitions.type(kind.code)
        self.children(value, self._source(node, tree, place), path, place)
        known = {one.key for one in node.constraints}
        own = [one for one in tree.constraints if one.key not in known]
        if node is not tree:
            self.invariants(Item(value, kind.code), own, path, place)
        if kind.code in _UNITS and self.first(path, "unit"):
            self.issues += terms.unit(value, path)
        if kind.code == "Reference" and self.first(path, kind.targets):
            self.issues += references.checked(
                value, kind, self.definitions, place.near, path, in_bundle=place.in_bundle
            )
        self.profiled(value, kind, path, place)
        if kind.code == "Extension":
            self.extension(value, kind, path, place)

    def _source(self, node: Node, tree: Node, place: _Place) -> Node:
        """Return the node whose children hold: its own, another element's, or its type's."""
        if node.children:
            return node
        if node.same_as:
            found = self.definitions.type(str(place.resource.get("resourceType")))
            for step in node.same_as.split(".")[1:]:
                found = found.children[step]
            return found
        return tree

    def profiled(self, value: dict[str, object], kind: Kind, path: str, place: _Place) -> None:
        """Check a value against the profiles of its type; one of them has to fit."""
        trees = [self.definitions.profile(url) for url in kind.profiles]
        there = [tree for tree in trees if tree is not None]
        best: list[Issue] | None = None
        for tree in there:
            run = _Run(self.definitions)
            run.element(_Entry(path, Kind(kind.code), value), tree, place)
            if best is None or len(errors(run.issues)) < len(errors(best)):
                best = run.issues
        if best is not None and len(there) == len(trees):
            self.issues += best
        for url, found in zip(kind.profiles, trees, strict=True):
            if found is None:
                said = f"Das Profil {url} liegt nicht bereit."
                hint = "Mit --profiles angeben."
                self.wrong(path, "profile", said, hint, Severity.UNCHECKED)

    def extension(self, value: dict[str, object], kind: Kind, path: str, place: _Place) -> None:
        """Check an extension against its own definition, if that is here."""
        url = value.get("url")
        if not isinstance(url, str) or kind.profiles or "/" not in url:
            return
        tree = self.definitions.profile(url)
        if tree is not None and tree.name == "Extension":
            self.children(value, tree, path, place)
            self.invariants(Item(value, kind.code), tree.constraints, path, place)
        elif tree is None and url.startswith(BASE):
            said = f"die Erweiterung {url} gibt es in FHIR R4 nicht."
            hint = "Eine nehmen, die es gibt, oder weglassen."
            self.wrong(f"{path}.url", "value", said, hint, Severity.WARNING)

    def children(self, value: dict[str, object], node: Node, path: str, place: _Place) -> None:
        """Check which elements an object has, how often, and each."""
        keys = keys_of(node)
        there: dict[int, tuple[Node, list[tuple[str, str]]]] = {}
        for key, named in value.items():
            bare = key.removeprefix("_")
            known = keys.get(bare)
            if known is not None:
                if bare == key or bare not in value:
                    there.setdefault(id(known[0]), (known[0], []))[1].append((key, known[1]))
            elif key != "resourceType" or node.name not in {named, *_RESOURCES}:
                said = "dieses Element gibt es hier nicht."
                self.wrong(f"{path}.{key}", "element", said, "Streichen oder richtig schreiben.")
        for child, given in there.values():
            self.child(value, child, given, path, place)
        for child in needed_in(node):
            if id(child) not in there:
                self.child(value, child, [], path, place)

    def child(
        self,
        value: dict[str, object],
        child: Node,
        given: list[tuple[str, str]],
        path: str,
        place: _Place,
    ) -> None:
        """Check one element of an object in all its entries; ``given`` are its keys and types."""
        found: list[_Entry] = []
        for key, code in given:
            kind = next((one for one in child.kinds if one.code == code), None)
            if kind is None:
                if child.is_choice and child.kinds:
                    said = f"{code} ist hier nicht erlaubt."
                    hint = f"Erlaubt ist {', '.join(one.code for one in child.kinds)}."
                    self.wrong(f"{path}.{key}", "type", said, hint)
                    continue
                kind = Kind(code)
            bare = key.removeprefix("_")
            found += self.entries(value, bare, child, kind, path)
        place_of = f"{path}.{child.stem}"
        self.count(len(found), child.minimum, child.maximum, place_of)
        for entry in found:
            self.element(entry, child, place)
        if child.slices:
            self.sliced(found, child, place_of, place)

    def entries(
        self, value: dict[str, object], key: str, child: Node, kind: Kind, path: str
    ) -> list[_Entry]:
        """Return each entry of an element of the object at ``path``."""
        given, beside = value.get(key), value.get(f"_{key}")
        path = f"{path}.{key}"
        if not child.is_list:
            if isinstance(given, list) or isinstance(beside, list):
                said = "hier steht eine Liste, erlaubt ist ein einzelner Wert."
                self.wrong(path, "type", said, "Ohne [ ] schreiben.")
                return []
            if given is None and key in value:
                self.wrong(path, "value", "null ist kein Wert.", "Das Element weglassen.")
            return [_Entry(path, kind, given, beside)]
        if key in value and not (isinstance(given, list) and given):
            said = "hier gehört eine Liste mit mindestens einem Eintrag hin."
            self.wrong(path, "type", said, "In [ ] schreiben, oder weglassen.")
            return []
        values = given if isinstance(given, list) else []
        besides = beside if isinstance(beside, list) else []
        found = []
        for number, (one, other) in enumerate(zip_longest(values, besides)):
            if one is None and other is None:
                said = "null ist kein Wert."
                self.wrong(f"{path}[{number}]", "value", said, "Den Eintrag weglassen.")
            else:
                found.append(_Entry(f"{path}[{number}]", kind, one, other))
        return found

    def sliced(self, found: list[_Entry], child: Node, path: str, place: _Place) -> None:
        """Give each entry to its slice and check it there; count the slices."""
        fitting: dict[str, int] = dict.fromkeys(child.slices, 0)
        unknown = set()
        for one in found:
            matched = False
            for name, slice_ in child.slices.items():
                to = (child, slice_)
                answer = belongs(one.value, one.kind, to, self.definitions, self.conforms)
                if answer is None:
                    unknown.add(name)
                if answer:
                    matched = True
                    fitting[name] += 1
                    own = next((k for k in slice_.kinds if k.code == one.kind.code), one.kind)
                    self.element(replace(one, kind=own), slice_, place)
            rules = child.slicing.rules if child.slicing else "open"
            if not matched and rules == "closed" and not unknown:
                said = "der Eintrag passt zu keinem der erlaubten Ausschnitte."
                self.wrong(one.path, "slice", said, f"Erlaubt: {', '.join(child.slices)}.")
        for name, slice_ in child.slices.items():
            if name in unknown:
                said = f"was zu „{name}“ gehört, ist ohne dessen Codes nicht zu sagen."
                hint = "Die ValueSets zu den Profilen legen."
                self.wrong(f"{path}:{name}", "slice", said, hint, Severity.UNCHECKED)
            else:
                self.count(fitting[name], slice_.minimum, slice_.maximum, f"{path}:{name}", "slice")

    def conforms(self, value: object, url: str) -> bool:
        """Tell whether a value is as a profile wants it."""
        tree = self.definitions.profile(url)
        if tree is None or not isinstance(value, dict):
            return False
        run = _Run(self.definitions)
        place = _Place(value, value, {}, in_bundle=False)
        run.element(_Entry("", Kind(tree.name), value), tree, place)
        return not errors(run.issues)

    def fixed(self, value: object, node: Node, path: str) -> None:
        """Check fixed values and patterns."""
        for fixed in node.fixed:
            if not equals(value, fixed):
                at = missing(value, fixed, path)
                self.wrong(at, "fixed", f"hier ist „{_short(fixed)}“ vorgeschrieben.", "So setzen.")
        for pattern in node.patterns:
            if not fits(value, pattern):
                at = missing(value, pattern, path)
                said = f"hier muss „{_short(pattern)}“ enthalten sein."
                self.wrong(at, "pattern", said, "Ergänzen oder richtigstellen.")

    def primitive(self, entry: _Entry, node: Node, place: _Place) -> None:
        """Check a primitive value and the extensions beside it."""
        value, kind, path, beside = entry.value, entry.kind, entry.path, entry.beside
        if beside is not None and self.first(path, "beside"):
            head, _, last = path.rpartition(".")
            at = f"{head}._{last}"
            if (
                not isinstance(beside, dict)
                or not beside
                or not beside.keys() <= {"id", "extension"}
            ):
                said = "neben einem Wert stehen nur `id` und `extension`."
                self.wrong(at, "type", said, "Streichen oder richtigstellen.")
            else:
                self.children(beside, self.definitions.type("Element"), at, place)
        if value is None:
            if not isinstance(beside, dict) or "extension" not in beside:
                self.wrong(path, "value", "hier fehlt der Wert.", "Angeben oder weglassen.")
            return
        if not self.first(path, kind.code) and node.longest is None:
            return
        wrong = primitive.wrong(value, kind.code)
        if wrong is None and kind.code == "xhtml":
            wrong = narrative.wrong(str(value))
            if wrong is not None:
                self.wrong(path, "narrative", f"der Text {wrong}.", "Als schlichtes XHTML.")
            return
        if wrong is not None:
            said = f"„{_short(value)}“ {wrong}."
            self.wrong(path, "type", said, f"Als {kind.code} nach FHIR R4 schreiben.")
        if node.longest is not None and isinstance(value, str) and len(value) > node.longest:
            said = f"länger als {node.longest} Zeichen."
            self.wrong(path, "value", said, "Kürzen.")

    def count(
        self, number: int, least: int, most: int | None, path: str, rule: str = "cardinality"
    ) -> None:
        """Check how often something is there."""
        if number < least:
            said = f"fehlt; mindestens {least}, gefunden {number}."
            self.wrong(path, rule, said, "Ergänzen.")
        elif most is not None and number > most:
            said = f"zu oft; höchstens {most}, gefunden {number}."
            self.wrong(path, rule, said, "Weglassen, was zu viel ist.")

    def invariants(
        self, item: Item, constraints: Iterable[Constraint], path: str, place: _Place
    ) -> None:
        """Check what is said in FHIRPath."""
        if item.value is None:
            return
        for one in constraints:
            if not self.first(path, one.expression):
                continue
            if one.key in _OTHERWISE or _MISPLACED.get(one.key) == path.rpartition(".")[2]:
                continue
            severity = Severity.ERROR if one.severity == "error" else Severity.WARNING
            try:
                if holds(one.expression, item, place.resource, place.root):
                    continue
                said, hint = f"die Regel ist verletzt: {one.human}", "Den Wert anpassen."
            except Unreadable as error:
                said = f"die Regel ist nicht prüfbar ({error}): {one.human}"
                severity, hint = Severity.UNCHECKED, "Von Hand nachsehen."
            self.wrong(path, one.key, said, hint, severity)

    def unused(self, value: Mapping[str, object], path: str) -> None:
        """Check that each contained resource is pointed at, or points out (dom-3)."""
        listed = value.get("contained")
        for number, one in enumerate(listed if isinstance(listed, list) else ()):
            if not isinstance(one, dict):
                continue
            name = f"#{one.get('id')}"
            if name not in around_it.texts(value) and "#" not in around_it.texts(one):
                said = f"auf „{name}“ zeigt nichts."
                self.wrong(f"{path}.contained[{number}]", "dom-3", said, "Weglassen oder nennen.")

    def wrong(
        self,
        path: str,
        rule: str,
        message: str,
        hint: str,
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Note an issue."""
        self.issues.append(Issue(path, rule, message, hint, severity))


def _short(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}={_short(each)}" for key, each in value.items())[:200]
    if isinstance(value, list):
        return ", ".join(_short(each) for each in value)[:200]
    return str(value)[:100]

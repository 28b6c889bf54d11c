"""Keys in XML: elements or attributes that name a meter and its key, whatever the file calls them.

There is no one schema: suppliers write their own. A meter is the innermost element in which a
number and a key stand together, the key at most :data:`MOST_WRAPPERS` elements deeper. Nothing is
guessed beyond that: a key without a number, or with two, is told as wrong, and what stands in two
elements of one name (two meters) is never put together.

A document type is refused altogether, so no entity is ever expanded and no file ever fetched.

Source: W3C XML 1.0; the names seen in Kamstrup's decrypted order files (`MetersInOrder`, `Meter`,
`SerialNo`, `DEK`, `VendorId`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NoReturn
from xml.parsers import expat

from edge.keyring.found import (
    KEY_FIELDS,
    MANUFACTURER_FIELDS,
    SERIAL_FIELDS,
    KeyFile,
    Said,
    key_file,
    plain,
    rank,
)
from edge.keyring.words import KeyFileError

MOST_DEPTH = 32  # known files nest six deep
MOST_ELEMENTS = 2_000_000  # a town's meters with twenty fields each
MOST_TEXT = 4_096  # characters of one element that are looked at; a key has 32
MOST_WRAPPERS = 3  # <Meter><Security><Keys><Key>
_VALUE_ATTRIBUTES = ("value", "wert")
_NAME_ATTRIBUTES = ("name", "type", "typ", "keytype", "id")
_METERS = ("meter", "device", "zaehler", "geraet", "sensor", "unit", "module")  # have an `id`
_FIELDS = {"serial": SERIAL_FIELDS, "key": KEY_FIELDS, "manufacturer": MANUFACTURER_FIELDS}


def read_tree(data: bytes) -> KeyFile:
    """Return the keys of an XML file and the places that give none.

    :raises KeyFileError: if it is no XML, has a document type, or is out of all bounds.
    """
    return key_file(_Walk().walk(data))


@dataclass(frozen=True, slots=True)
class _Field:
    """A value that an element holds, how good its name is, and how far up it came from where."""

    line: int
    rank: int
    value: str = field(repr=False)
    depth: int = 0
    via: str = ""  # the child that it came from


@dataclass(slots=True)
class _Element:
    name: str
    line: int
    fields: dict[str, list[_Field]] = field(default_factory=dict)
    text: list[str] = field(default_factory=list)
    length: int = 0
    has_children: bool = False
    label: str = ""  # what a `name` attribute calls the element's own text

    def add(self, kind: str, found: _Field) -> None:
        self.fields.setdefault(kind, []).append(found)


class _Walk:
    def __init__(self) -> None:
        self._open: list[_Element] = []
        self._said: list[Said] = []
        self._count = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._data

    def walk(self, data: bytes) -> list[Said]:
        try:
            self._parser.Parse(data, True)
        except (expat.ExpatError, LookupError) as error:  # or an encoding that nobody knows
            line = self._parser.CurrentLineNumber
            raise KeyFileError(f"Zeile {line}: kein wohlgeformtes XML") from error
        return self._said

    def _doctype(self, *_: object) -> NoReturn:
        raise KeyFileError("die Datei hat eine DOCTYPE-Angabe; solche liest der Hub nicht")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MOST_ELEMENTS or len(self._open) >= MOST_DEPTH:
            raise KeyFileError("die Datei ist größer oder tiefer verschachtelt als jede bekannte")
        if self._open:
            self._open[-1].has_children = True
        element = _Element(name.rpartition(" ")[2], self._parser.CurrentLineNumber)
        by_name = {plain(key.rpartition(" ")[2]): value for key, value in attributes.items()}
        for key, value in by_name.items():
            if key not in _NAME_ATTRIBUTES or key == "id":
                self._note(element, key, value, owner=element.name)
        element.label = next((by_name[key] for key in _NAME_ATTRIBUTES if key in by_name), "")
        value = next((by_name[key] for key in _VALUE_ATTRIBUTES if key in by_name), "")
        if value:
            self._note_own(element, value)
        self._open.append(element)

    def _data(self, text: str) -> None:
        element = self._open[-1]
        element.text.append(text[: MOST_TEXT - element.length])
        element.length = min(MOST_TEXT, element.length + len(text))

    def _end(self, _name: str) -> None:
        element = self._open.pop()
        text = "".join(element.text).strip()
        if text and not element.has_children:
            self._note_own(element, text)
        if self._close(element):
            return
        for kind, fields in element.fields.items():
            for one in fields:
                if self._open and one.depth < MOST_WRAPPERS:
                    up = replace(one, depth=one.depth + 1, via=element.name)
                    self._open[-1].add(kind, up)
                elif kind == "key":
                    self._lost(one)

    def _close(self, element: _Element) -> bool:
        """Take a whole meter off the tree; True if ``element`` was one."""
        keys, serials = element.fields.get("key", []), element.fields.get("serial", [])
        if not keys or not serials:
            return False
        key, serial = _best(keys), _best(serials)
        makers = element.fields.get("manufacturer", [])
        maker = _best(makers) if makers else None
        if key is None or serial is None:
            what = "Schlüssel" if key is None else "Zählernummern"
            trouble = f"im Element „{element.name}“ stehen mehrere {what}"
            self._said.append(Said(element.line, "", "", trouble=trouble))
        elif key.via == serial.via and min(key.depth, serial.depth) > 1:
            return False  # of two meters
        else:
            self._said.append(Said(key.line, serial.value, key.value, maker.value if maker else ""))
        return True

    def _lost(self, key: _Field) -> None:
        trouble = "zu diesem Schlüssel steht keine Zählernummer"
        self._said.append(Said(key.line, "", "", trouble=trouble))

    def _note_own(self, element: _Element, value: str) -> None:
        """Add an element's own value, under its label or else under its name."""
        owner = self._open[-1].name if self._open else ""
        if not self._note(element, element.label, value, owner=owner):
            self._note(element, element.name, value, owner=owner)

    def _note(self, element: _Element, name: str, value: str, *, owner: str) -> bool:
        """Add a value under the field that ``name`` means; False if it means none."""
        if plain(name) == "id" and plain(owner) not in _METERS:
            return False
        for kind, fields in _FIELDS.items():
            order = rank(name, fields)
            if order is not None:
                element.add(kind, _Field(self._parser.CurrentLineNumber, order, value.strip()))
                return True
        return False


def _best(fields: list[_Field]) -> _Field | None:
    """Return the value with the best name, the nearest of several; None if two compete."""
    order = min((one.rank, one.depth) for one in fields)
    best = [one for one in fields if (one.rank, one.depth) == order]
    return best[0] if len({one.value for one in best}) == 1 else None

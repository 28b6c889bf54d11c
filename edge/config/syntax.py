"""What a mistake against TOML is called in German, and the line it stands on.

`tomllib` says it in English, names no line for what it meets at the document's end, and does not
say where the first of two equal entries stands.
"""

from __future__ import annotations

import re

from edge.config.section import Problem, key_lines, keys_by_line

_AGAIN = ("Cannot overwrite", "Cannot declare", "Duplicate inline table key", "Cannot mutate")
_LONG_NUMBER = re.compile(r"[0-9_]{4000,}")
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
# How tomllib's sentence begins, and what a person should do; the first that fits counts.
_WORDS = (
    (
        "Invalid value",
        "hier fehlt ein Wert, oder er braucht Anführungszeichen (nur Zahlen, true, false nicht)",
    ),
    ("Expected '=' after a key", "nach dem Namen des Eintrags fehlt das ="),
    ("Expected ']", "die Klammer, die den Abschnitt schließt, fehlt: [name] oder [[name]]"),
    (
        "Expected newline or end of document",
        "nach dem Wert steht noch etwas: Texte in Anführungszeichen, Bemerkungen nach #",
    ),
    ("Illegal character '\\n'", "das Anführungszeichen am Ende des Textes fehlt"),
    ("Found invalid character '\\n'", "das Anführungszeichen am Ende des Textes fehlt"),
    ("Found invalid character", "hier steht ein unsichtbares Zeichen, das nicht erlaubt ist"),
    ("Illegal character", "hier steht ein unsichtbares Zeichen, das nicht erlaubt ist"),
    ("Expected \"'", "das Anführungszeichen am Ende des Textes fehlt"),
    ("Unterminated string", "das Anführungszeichen am Ende des Textes fehlt"),
    ("Unclosed array", "die Liste ist nicht geschlossen: ] oder ein Komma fehlt"),
    ("Unclosed inline table", "die geschweifte Klammer ist nicht geschlossen: } fehlt"),
    ("Unescaped '\\'", "ein einzelnes \\ im Text: dafür \\\\ schreiben"),
    (
        "Invalid statement",
        "hier beginnt weder ein Eintrag (name = Wert) noch ein Abschnitt ([name])",
    ),
    (
        "Invalid initial character for a key part",
        "hier fehlt der Name eines Eintrags oder Abschnitts",
    ),
    ("Invalid date", "dieses Datum gibt es nicht"),
)


def explain(text: str, error: Exception) -> Problem:
    """Return what ``error``, raised by `tomllib` for ``text``, means to a person."""
    place = _PLACE.search(str(error))
    words = _PLACE.sub("", str(error))
    if place is None:
        return _without_place(text, error)
    line = int(place[1]) if place[1] else max(1, len(text.splitlines()))
    if words.startswith(_AGAIN):
        return _again(text, line)
    if not place[1]:
        line = _opened(text, words) or line
    for beginning, told in _WORDS:
        if words.startswith(beginning):
            return Problem(line, "", f"kein gültiges TOML: {told}")
    return Problem(line, "", f"kein gültiges TOML: diese Schreibweise gibt es nicht ({words})")


def _without_place(text: str, error: Exception) -> Problem:
    if isinstance(error, RecursionError):
        return Problem(None, "", "kein gültiges TOML: zu viele Klammern ineinander")
    number = _LONG_NUMBER.search(text)
    line = text.count("\n", 0, number.start()) + 1 if number else None
    return Problem(line, "", "kein gültiges TOML: eine Zahl hat zu viele Stellen")


def _opened(text: str, words: str) -> int | None:
    """Return where that began which was never closed and so took all the rest, None if unknown."""
    if words.startswith("Unclosed"):
        return max(key_lines(text).values(), default=None)
    quote = re.match(r"""Expected "('+)"|Unterminated""", words)
    if quote is None:
        return None
    found = text.rfind(quote[1] or '"""')
    return text.count("\n", 0, found) + 1 if found >= 0 else None


def _again(text: str, line: int) -> Problem:
    """Say where the first of two stands; the second is the last repeated one up to ``line``."""
    lines = text.splitlines()
    first: dict[object, int] = {}
    second = line
    told = "dieser Eintrag oder Abschnitt steht weiter oben schon: jeden nur einmal schreiben"
    for key, number in keys_by_line(text):
        if number > line:
            break
        if key in first:
            name = ".".join(part for part in key if isinstance(part, str))
            if lines[number - 1].lstrip().startswith("["):
                name = f"[{name}]"
            told = f"{name} steht schon in Zeile {first[key]}: jeden Eintrag nur einmal schreiben"
            second = number
        first.setdefault(key, number)
    return Problem(second, "", f"kein gültiges TOML: {told}")

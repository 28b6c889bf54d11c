"""What exactly was wrong, in German: of the messages that programs are told, in plain words.

A message stands where it is raised, in English, and is kept as it is (`--json`, the ledger). People
are told it by these patterns, or not at all: a sentence that half of them cannot read helps nobody.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping

_EPOCH = "([0-9a-f]{16})"


def detail(message: str) -> str:
    """Return what a message says, in German; empty if it says nothing to people."""
    text = message.strip()
    for pattern, said in _WORDS:
        if found := pattern.fullmatch(text):
            return said(found)
    return ""


def _plain(words: str) -> Callable[[re.Match[str]], str]:
    return lambda found: words.format(*found.groups())


def _disk(found: re.Match[str]) -> str:
    place, what = found.groups()
    return f"{place}: {_DISK[what]}"


def _missing(found: re.Match[str]) -> str:
    first, last, epoch = found.groups()
    numbers = f"Sendung {first} fehlt" if first == last else f"Sendungen {first} bis {last} fehlen"
    return f"{numbers} (Reihe {epoch})"


def _cut(found: re.Match[str]) -> str:
    came, total = (int(one) for one in found.groups())
    return (
        f"abgerissen nach {_number(came)} von {_number(total)} Bytes; "
        "was da ist, wird nicht noch einmal geholt"
    )


def _refusal(found: re.Match[str]) -> str:
    """Of an answer of the hub: it is German, and what it says may be shown."""
    return f"Der Hub sagt: {found[1]}"


def _number(value: int) -> str:
    return f"{value:,}".replace(",", ".")


_DISK: Mapping[str, str] = {
    os.strerror(number): words
    for number, words in {
        28: "kein Platz mehr",
        122: "die Quote ist erschöpft",
        30: "schreibgeschützt",
        13: "keine Berechtigung",
        1: "keine Berechtigung",
        2: "nicht vorhanden",
        20: "kein Ordner",
        5: "Lesefehler des Datenträgers",
        6: "der Datenträger ist weg",
        19: "der Datenträger ist weg",
    }.items()
}

_SAID: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"cut after (\d+) of (\d+) bytes", _cut),
    (r"cut (\d+) bytes before the end", _plain("abgerissen {0} Bytes vor dem Ende der Antwort")),
    (r"cut in the TLS handshake", _plain("abgerissen, noch bevor die Verbindung gesichert war")),
    (r"the line was cut", _plain("abgerissen, bevor eine Antwort kam")),
    (
        r"the hub's bundle is shorter than what arrived|the hub continued another bundle, or .*",
        _plain("der Hub setzte nicht dort fort, wo es abriss; es beginnt von vorn"),
    ),
    (r"nobody listens there|no answer in time|no address is known", _plain("")),
    (r"the hub does not call at the moment", _plain("")),
    (r"no address: .*", _plain("der Name ist unbekannt, oder der Namensdienst antwortet nicht")),
    (r"HTTP \d+ [^:]*: (.+)", _refusal),
    (r"HTTP (\d+) .*", _plain("Antwort mit dem Zeichen {0}")),
    (r"another pull of this hub is running", _plain("ein anderer Abruf dieses Hubs läuft gerade")),
    (rf"segments (\d+) to (\d+) of {_EPOCH} are missing", _missing),
    (
        rf"the hub is at (\d+), we hold (\d+) of {_EPOCH}",
        _plain("der Hub ist bei Nummer {0}, hier liegen Sendungen bis {1} (Reihe {2})"),
    ),
    (
        rf"the hub begins at (\d+), we hold (\d+) of {_EPOCH}",
        _plain("der Hub hat erst ab Nummer {0}, hier liegen Sendungen bis {1} (Reihe {2})"),
    ),
    (
        r"segment (\d+) was signed twice, with different content",
        _plain("Sendung {0} ist zweimal unterschrieben, mit verschiedenem Inhalt"),
    ),
    (
        r"segment (\d+) follows another one than ours",
        _plain("Sendung {0} schließt an eine andere an, als hier liegt"),
    ),
    (
        r"segment (\d+) of the hub is not the one we hold",
        _plain("Sendung {0} des Hubs ist eine andere, als hier liegt"),
    ),
    (
        r"segment (\d+) is signed by a key that was replaced",
        _plain("Sendung {0} ist mit einem abgelösten Schlüssel unterschrieben"),
    ),
    (
        r"signed by ([0-9a-f]+), which was replaced",
        _plain("unterschrieben mit dem abgelösten Schlüssel {0}"),
    ),
    (
        rf"(\d+) segments above number (\d+) of {_EPOCH}",
        _plain("{0} Sendungen über Nummer {1} (Reihe {2})"),
    ),
    (r"(\d+) Sendungen mit höherer Nummer abgewiesen", _plain("{0} davon abgewiesen")),
    (r"(.+ \[[a-z_]+\])", _plain("{0}")),  # the reason for a quarantine, a sentence already
    (r"(.+) gibt es nicht", _plain("{0} gibt es nicht")),
    (
        r"the bundle is by another hub",
        _plain("die Daten stammen von einem anderen Hub"),
    ),
    (
        r"the bundle is of another epoch than its name",
        _plain("die Datei trägt den Namen einer anderen Reihe"),
    ),
    (
        r"the hub sent a bundle with nothing new in it",
        _plain("der Hub schickte nur, was schon hier ist"),
    ),
    (r"the line is one hub's, the answer another's", _plain("")),
    (r"a bundle of (?:more than )?(\d+) bytes", _plain("eine Sendung von {0} Bytes")),
    (r"an answer of more than (\d+) bytes", _plain("eine Antwort von über {0} Bytes")),
    (r"(.+) gives other bytes back", _plain("{0} gibt andere Bytes zurück, als hineinkamen")),
    (
        r"the lake could not be (?:written|read|made): .*No space left.*",
        _plain("auf dem Datenspeicher ist kein Platz mehr"),
    ),
    (r"there is no lake in (.+)", _plain("in {0} liegt kein Datenspeicher")),
    (
        r"\d+ attempts to (?:commit|rewrite) were overtaken by other writers",
        _plain("andere Programme schrieben gleichzeitig; der nächste Abruf versucht es wieder"),
    ),
    (rf"(.+): ({'|'.join(map(re.escape, _DISK))})", _disk),
)
_WORDS = tuple((re.compile(pattern, re.DOTALL), said) for pattern, said in _SAID)

"""What the counters of a receiver are called by the people who look after it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "heard": "Telegramme von Zählern",
        "kept": "aufbewahrt",
        "thinned": "nur als Lebenszeichen gezählt",
        "duplicate": "doppelt gehört",
        "replay": "alte Telegramme, die noch einmal kamen",
        "plain": "unverschlüsselt von Zählern, die verschlüsseln; nicht gezählt",
        "not_admitted": "ohne Einwilligung, nicht aufbewahrt",
        "ambiguous": "mit einer Nummer, die mehrere haben, nicht aufbewahrt",
        "overflow": "verloren, weil der Speicher zu langsam war",
        "unsealed": "verworfen, weil keys/care.pub fehlt",
        "bad_frame": "mit falscher Prüfsumme oder Länge",
        "bad_crc": "vom Empfänger als gestört gemeldet",
        "no_meter": "nicht von Zählern",
        "noise": "Rauschen",
        "header": "Rauschen mit falschem Anfang",
        "checksum": "zwischen Empfänger und Hub beschädigt",
        "cut": "abgebrochen",
        "overlong": "zu lang",
        "format": "unverständliche Zeilen",
        "length": "mit falscher Längenangabe",
        "unsure": "noch nicht sicher lesbar",
        "reset": "Mal neu verbunden",
    }
)

# What says that something must be done; all else belongs to a radio that hears far.
LOST = ("overflow", "unsealed")


def told(counts: Mapping[str, int], kinds: tuple[str, ...] = tuple(WORDS)) -> str:
    """Return `12 doppelt gehört, 3 Rauschen` for those of ``kinds`` that happened."""
    named = [(counts.get(kind, 0), WORDS[kind]) for kind in kinds]
    return ", ".join(f"{count} {words}" for count, words in named if count > 0)

"""What materials there are: kinds, formats, licences, subjects and languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["pdf", "video", "audio", "h5p", "zim", "captions"]
KINDS: tuple[Kind, ...] = ("pdf", "video", "audio", "h5p", "zim", "captions")
PLAYED = frozenset(("video", "audio"))


@dataclass(frozen=True, slots=True)
class Format:
    """One format that is taken: its kind, the type browsers are told, the ending it is kept by."""

    kind: Kind
    mime: str
    ending: str


FORMATS: Mapping[str, Format] = {
    one.ending: one
    for one in (
        Format("pdf", "application/pdf", "pdf"),
        Format("video", "video/mp4", "mp4"),
        Format("video", "video/webm", "webm"),
        Format("audio", "audio/mp4", "m4a"),
        Format("audio", "audio/mpeg", "mp3"),
        Format("audio", "audio/ogg", "ogg"),
        Format("audio", "audio/wav", "wav"),
        Format("audio", "audio/flac", "flac"),
        Format("h5p", "application/zip", "h5p"),
        Format("zim", "application/octet-stream", "zim"),
        Format("captions", "text/vtt", "vtt"),
    )
}

# Who may show it to whom. What nobody knows is kept, and shown to nobody.
UNKNOWN = "unknown"
LICENCES: Mapping[str, str] = {
    "CC0-1.0": "CC0: frei für alle",
    "PD": "gemeinfrei, Schutzfrist abgelaufen",
    "CC-BY-4.0": "CC BY: Namen nennen",
    "CC-BY-SA-4.0": "CC BY-SA: Namen nennen, gleich weitergeben",
    "CC-BY-ND-4.0": "CC BY-ND: Namen nennen, nicht ändern",
    "CC-BY-NC-4.0": "CC BY-NC: Namen nennen, nicht verkaufen",
    "CC-BY-NC-SA-4.0": "CC BY-NC-SA: Namen nennen, nicht verkaufen, gleich weitergeben",
    "CC-BY-NC-ND-4.0": "CC BY-NC-ND: Namen nennen, nicht verkaufen, nicht ändern",
    "own": "von uns gemacht",
    "permitted": "mit Erlaubnis, schriftlich",
    UNKNOWN: "weiß ich nicht (wird nicht gezeigt)",
}

# What a villager looks for; the order is that of the page.
SUBJECTS: tuple[str, ...] = (
    "handy",
    "alltag",
    "gesundheit",
    "sprache",
    "arbeit",
    "schule",
    "heimat",
    "anderes",
)

# Languages a material may be in: those of the pages, and others that villages teach or speak.
LANGUAGES: Mapping[str, str] = {
    "de": "Deutsch",
    "de-simple": "Leichte Sprache",
    "en": "English",
    "uk": "Українська",
    "tr": "Türkçe",
    "ar": "العربية",
    "ru": "Русский",
    "pl": "Polski",
    "ro": "Română",
    "fa": "فارسی",
    "fr": "Français",
    "es": "Español",
    "it": "Italiano",
    "zxx": "ohne Sprache",
}
RIGHT_TO_LEFT = frozenset(("ar", "fa"))


def size_words(size: int) -> str:
    """Return a size as people read it."""
    if size < 1_000_000:
        return f"{max(1, round(size / 1000))} kB"
    if size < 1_000_000_000:
        return f"{size / 1_000_000:.1f} MB".replace(".", ",")
    return f"{size / 1_000_000_000:.1f} GB".replace(".", ",")

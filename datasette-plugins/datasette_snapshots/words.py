"""What people read on the page of versions, in German and English."""

from __future__ import annotations

from functools import partial
from typing import Final

from datasette_common import words as common

_ABOUT_DE: Final = (
    "Jede Veröffentlichung ist eine eigene Datei, die sich nie mehr ändert. Wer eine zitiert, "
    "nimmt den Verweis auf ihre Datei. Ältere werden nach einiger Zeit entfernt, oder sobald "
    "etwas darin nicht mehr veröffentlicht sein soll."
)
_ABOUT_EN: Final = (
    "Each release is a file of its own that never changes again. To cite one, take the link to "
    "its file. Older ones are removed after some time, or as soon as something in them shall "
    "not be public any more."
)

_WITHDRAWN_DE: Final = (
    "Diese Version gibt es hier nicht mehr. Entfernt werden alte Versionen und solche, in "
    "denen etwas steht, das nicht mehr veröffentlicht sein soll."
)
_WITHDRAWN_EN: Final = (
    "This version is no longer here. Old versions are removed, and those that hold something "
    "that shall not be public any more."
)

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "versions": ("Versionen", "Versions"),
    "link": ("Versionen und dauerhafte Verweise", "Versions and permanent links"),
    "about": (_ABOUT_DE, _ABOUT_EN),
    "none": (
        "Diese Daten werden ohne Versionsnummern veröffentlicht.",
        "These data are published without version numbers.",
    ),
    "closed": (
        "Die Dateien können hier nicht heruntergeladen werden.",
        "The files cannot be downloaded here.",
    ),
    "version": ("Version", "Version"),
    "current": ("aktuell", "current"),
    "written": ("Veröffentlicht", "Published"),
    "size": ("Größe", "Size"),
    "sum": ("Prüfsumme (SHA-256)", "Checksum (SHA-256)"),
    "period": ("Zeitraum", "Period"),
    "audited": ("Geprüft von", "Audited by"),
    "k": ("mindestens {k} je veröffentlichter Zahl", "at least {k} in each published number"),
    "file": ("Datei herunterladen", "Download the file"),
    "data": ("Zu den Daten", "To the data"),
    "list": ("Liste als JSON", "List as JSON"),
    "to_versions": ("Zu den Versionen, die es gibt", "To the versions that there are"),
    "withdrawn": ("Zurückgezogen", "Withdrawn"),
    "withdrawn_about": (_WITHDRAWN_DE, _WITHDRAWN_EN),
}

say = partial(common.say, _WORDS)

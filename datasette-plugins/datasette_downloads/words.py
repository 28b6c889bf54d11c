"""What people read on the pages, in German and English."""

from __future__ import annotations

from functools import partial
from typing import Final

from datasette_common import words as common

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "downloads": ("Dateien zum Herunterladen", "Files to download"),
    "choose": ("Von welchen Daten?", "Of which data?"),
    "none": ("Zurzeit gibt es keine.", "There are none at present."),
    "making": (
        "Die Dateien werden gerade geschrieben. Bitte in einer Minute noch einmal laden.",
        "The files are being written. Please load this page again in a minute.",
    ),
    "failed": (
        "Die Dateien konnten nicht geschrieben werden. Die Daten selbst sind hier:",
        "The files could not be written. The data themselves are here:",
    ),
    "data": ("Zu den Daten", "To the data"),
    "rows": ("Zeilen", "rows"),
    "excel": ("CSV für Excel", "CSV for Excel (German)"),
    "excel_about": (
        "Semikolon, Dezimalkomma; öffnet sich in deutschem Excel mit einem Doppelklick",
        "semicolons and decimal commas, as a German Excel opens it",
    ),
    "csv": ("CSV, gepackt", "CSV, packed"),
    "csv_about": ("Komma, UTF-8; für Programme", "commas, UTF-8; for programs"),
    "parquet": ("Parquet", "Parquet"),
    "parquet_about": ("für Auswertungen", "for analyses"),
    "no_parquet": (
        "Parquet gibt es hier nicht: dafür fehlt auf diesem Rechner das Programm pyarrow.",
        "There is no Parquet here: this machine lacks pyarrow.",
    ),
    "columns": ("Was die Spalten bedeuten", "What the columns mean"),
    "all": ("Zu allen Tabellen", "For all tables"),
    "sums": ("Prüfsummen (SHA-256)", "Checksums (SHA-256)"),
    "formula": (
        "Beginnt Text in einer CSV-Datei mit = + - oder @, steht ' davor: so führt ihn nichts aus.",
        "Text that begins with = + - or @ has a ' before it in CSV files: so nothing runs it.",
    ),
}

say = partial(common.say, _WORDS)

"""What people read: the page about the catalogue, and what is missing. German and English."""

from __future__ import annotations

from functools import partial
from typing import Final

from datasette_common import words as common

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "title": ("Katalog nach DCAT-AP.de", "Catalogue in DCAT-AP.de"),
    "about": (
        "Die Daten dieser Seite als Katalog für Portale. Ein Portal braucht eine dieser Adressen:",
        "The data of this site as a catalogue for portals. A portal needs one of these addresses:",
    ),
    "datasets": ("Datensätze", "Datasets"),
    "harvested": ("Aus anderen Katalogen", "From other catalogues"),
    "none": ("Zurzeit ist nichts veröffentlicht.", "Nothing is published at present."),
    "incomplete": ("Der Katalog ist noch nicht vollständig", "The catalogue is not complete yet"),
    "incomplete_about": (
        "Solange etwas fehlt, das der Standard verlangt, gibt es keinen Katalog. Es fehlt noch:",
        "While something is missing that the standard asks for, no catalogue is given. Add:",
    ),
    "where": ("Stelle", "Place"),
    "add": ("Was fehlt", "What to add"),
    "publisher": (
        'Name dessen, der veröffentlicht, etwa {"publisher": {"name": "Gemeinde Musterdorf"}}',
        'the name of who publishes the data, such as {"publisher": {"name": "Sample Village"}}',
    ),
    "instance_title": (
        "Titel und Beschreibung des Ganzen (title, description)",
        "title and description of the whole (title, description)",
    ),
    "dataset_title": (
        "Titel und Beschreibung (title, description)",
        "title and description (title, description)",
    ),
    "licence": (
        "Lizenz mit Adresse (license_url), zum Beispiel https://www.govdata.de/dl-de/zero-2-0",
        "a licence with its address (license_url), such as https://www.govdata.de/dl-de/zero-2-0",
    ),
    "attribution": (
        "Namensnennung: Diese Lizenz verlangt eine Quelle (source)",
        "attribution: this licence asks for a source (source)",
    ),
    "contact": (
        "Kontakt mit mindestens einem von email, url, telephone",
        "a contact with at least one of email, url, telephone",
    ),
    "unknown": ("Diese Einstellung gibt es nicht", "there is no such setting"),
    "text": ("muss ein Text sein", "must be a text"),
    "texts": ("muss eine Liste von Texten sein", "must be a list of texts"),
    "table": ("muss eine Gruppe von Einstellungen sein", "must be a group of settings"),
    "number": ("muss eine Zahl von 1 bis 1000 sein", "must be a number from 1 to 1000"),
    "bool": ("muss true oder false sein", "must be true or false"),
    "iri": ("muss eine vollständige Adresse sein (https://…)", "must be an address (https://…)"),
    "date": (
        "muss ein Datum oder ein Zeitpunkt mit Abstand zur Weltzeit sein (2026-12-31)",
        "must be a date, or a time with its offset (2026-12-31)",
    ),
    "region": (
        "muss ein Regionalschlüssel mit 2, 3, 5, 8, 9 oder 12 Ziffern sein",
        "must be a German regional key of 2, 3, 5, 8, 9 or 12 digits",
    ),
    "one_of": ("ist keiner der Werte, die der Standard kennt:", "is none of the known values:"),
    "column": ("Diese Spalte gibt es nicht", "there is no such column"),
    "hook": (
        "Ein Plugin nennt eine Form dieser Tabelle, die nicht vollständig ist",
        "a plugin names a form of this table that is not complete",
    ),
    "page": ("Diese Seite des Katalogs gibt es nicht", "there is no such page of the catalogue"),
    "writer": (
        "Der Katalog konnte gerade nicht geschrieben werden",
        "the catalogue could not be written just now",
    ),
    "csv": ("als CSV-Datei", "as a CSV file"),
    "json": ("über die JSON-Schnittstelle, seitenweise", "through the JSON API, page by page"),
}

say = partial(common.say, _WORDS)

"""The fields that a table may have, what people call them, and what is plausible.

Names of columns are compared without case, umlauts and punctuation (:func:`edge.heat.address.plain`
without blanks). A field with words takes a code; one with limits a number within them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from edge.heat.address import plain
from edge.heat.building import BuildingType

YEAR = re.compile(r"year:(199\d|20\d\d)")
_IN_NAME = re.compile(r"(?<!\d)(199\d|20\d\d)(?!\d)")
_CONSUMPTION = (
    "verbrauch", "jahresverbrauch", "waermeverbrauch", "gasverbrauch", "heizenergie", "energie",
    "endenergie", "waermemenge", "kwh", "mwh", "absatz", "lieferung",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its name in German, what columns with it are called, and what it takes.

    ``called`` are names separated by blanks. ``low`` to ``high`` are numbers in ``unit``; ``words``
    maps what people write to a code; neither: a text. ``whole`` numbers have no digits behind the
    comma.
    """

    german: str
    called: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    whole: bool = False
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_number(self) -> bool:
        """Whether it takes a number."""
        return self.low is not None


def _words(**codes: str) -> Mapping[str, str]:
    return MappingProxyType(
        {bare(word): code for code, said in codes.items() for word in (code, *said.split(","))}
    )


def bare(text: str) -> str:
    """Return a name as columns and words are compared by."""
    return plain(text).replace(" ", "")


TYPE_WORDS = _words(
    **{
        BuildingType.DETACHED: "Einfamilienhaus,Zweifamilienhaus,ZFH,EZFH,1,freistehend",
        BuildingType.TERRACED: "Reihenhaus,Reihenendhaus,Reihenmittelhaus,Doppelhaushälfte,DHH",
        BuildingType.APARTMENTS: "Mehrfamilienhaus",
        BuildingType.BLOCK_OF_FLATS: "großes Mehrfamilienhaus,Hochhaus,Wohnblock",
        BuildingType.NON_RESIDENTIAL: "Nichtwohngebäude,Gewerbe,öffentlich,Schule,Halle,Rathaus",
    }
)
CARRIER_WORDS = _words(
    gas="Erdgas,Gas,E-Gas,H-Gas,L-Gas",
    liquid_gas="Flüssiggas,Propan",
    oil="Öl,Heizöl,HEL",
    wood="Holz,Pellets,Holzpellets,Hackschnitzel,Scheitholz,Stückholz,Biomasse",
    coal="Kohle,Briketts,Braunkohle",
    electricity="Strom,Wärmepumpe,Heizstrom,elektrisch",
    district="Fernwärme,Nahwärme,Wärmenetz",
    solar="Solarthermie",
    other="sonstige,sonstiges,andere",
)
HEATING_WORDS = _words(
    boiler="Kessel,Niedertemperaturkessel,Standardkessel,Heizkessel,NT-Kessel,Zentralheizung",
    condensing="Brennwert,Brennwertkessel,Brennwerttherme",
    heat_pump="Wärmepumpe,Luftwärmepumpe,Erdwärmepumpe",
    station="Übergabestation,Hausstation,Fernwärme,Nahwärme",
    stove="Ofen,Einzelofen,Etagenheizung,Kachelofen,Kaminofen",
    storage_heater="Nachtspeicher,Nachtspeicherheizung,Elektrospeicher",
    other="sonstige,sonstiges,andere",
)
REFURBISHMENT_WORDS = _words(
    none="unsaniert,keine,nein,Originalzustand,0,nicht saniert",
    part="teilsaniert,teilweise,Teilsanierung,1",
    full="saniert,vollsaniert,ja,Vollsanierung,2,KfW",
)
AREA_WORDS = _words(
    living="Wohnfläche",
    useful="Gebäudenutzfläche,Nutzfläche,AN",
    net="Nettogrundfläche,NGF,NRF,Nettoraumfläche",
    gross="Bruttogrundfläche,BGF,Geschossfläche",
    footprint="Grundfläche,Gebäudegrundfläche,überbaute Fläche",
)
USE_WORDS = _words(
    residential="Wohnen,Wohngebäude,Wohnhaus",
    mixed="gemischt,Mischnutzung,Wohn- und Geschäftshaus",
    commercial="Gewerbe,Handel,GHD,Industrie,Büro,Landwirtschaft",
    public="öffentlich,kommunal,Schule,Kita,Verwaltung",
)

FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "ref": Field(
            "Kennung",
            "kennung gebaeudeid gebaeudekennung objektid oi gmlid alkisid gebaeudenummer id",
        ),
        "address": Field(
            "Adresse",
            "adresse anschrift strassehausnummer strasseundhausnummer strassehausnr strassenr lage",
        ),
        "street": Field(
            "Straße",
            "strasse strassenname str street",
        ),
        "number": Field(
            "Hausnummer",
            "hausnummer hausnr hnr hsnr nr housenumber",
        ),
        "suffix": Field(
            "Zusatz",
            "zusatz hausnummernzusatz hausnrzusatz hnrzusatz adz",
        ),
        "municipality": Field(
            "Gemeinde",
            "gemeinde ort ortsteil stadt ortschaft gemeindename",
        ),
        "block": Field(
            "Baublock",
            "baublock block blockid baublocknummer baublocknr blocknr",
        ),
        "section": Field(
            "Straßenabschnitt",
            "strassenabschnitt abschnitt abschnittid strassenabschnittid",
        ),
        "use": Field(
            "Nutzung",
            "nutzung gebaeudenutzung nutzungsart gebaeudefunktion",
            words=USE_WORDS,
        ),
        "type": Field(
            "Gebäudetyp",
            "gebaeudetyp typ haustyp bauart gebaeudeart gebaeudekategorie",
            words=TYPE_WORDS,
        ),
        "year_built": Field(
            "Baujahr",
            "baujahr bj baujahrgebaeude errichtet fertigstellung yearofconstruction",
            "",
            1000,
            2100,
            whole=True,
        ),
        "age_class": Field(
            "Baualtersklasse",
            "baualtersklasse bak altersklasse baualter",
            words=_words(**dict.fromkeys("ABCDEFGHIJKL", "")),
        ),
        "area": Field(
            "Fläche",
            "wohnflaeche flaeche nutzflaeche gebaeudenutzflaeche nettogrundflaeche "
            "bruttogrundflaeche ngf bgf energiebezugsflaeche beheizteflaeche wfl qm m2 "
            "grundflaeche",
            "m²",
            10,
            500_000,
        ),
        "area_kind": Field(
            "Flächenart",
            "flaechenart artderflaeche",
            words=AREA_WORDS,
        ),
        "units": Field(
            "Wohnungen",
            "wohnungen wohneinheiten we anzahlwohnungen anzahlwe wohneinheitenanzahl",
            "",
            0,
            1000,
            whole=True,
        ),
        "refurbishment": Field(
            "Sanierungsstand",
            "sanierungsstand sanierung saniert sanierungszustand modernisierung",
            words=REFURBISHMENT_WORDS,
        ),
        "heating": Field(
            "Heizung",
            "heizung heizungsart heizsystem waermeerzeuger erzeuger heizungstyp",
            words=HEATING_WORDS,
        ),
        "carrier": Field(
            "Energieträger",
            "energietraeger brennstoff energieart heizenergietraeger traeger",
            words=CARRIER_WORDS,
        ),
        "generator_year": Field(
            "Kesselbaujahr",
            "kesselbaujahr baujahrkessel baujahrheizung heizungsbaujahr "
            "baujahrwaermeerzeuger baujahrfeuerstaette einbaujahr",
            "",
            1950,
            2100,
            whole=True,
        ),
        "generator_kw": Field(
            "Leistung",
            "leistung nennleistung nennwaermeleistung kesselleistung leistungkw kw",
            "kW",
            1,
            100_000,
        ),
        "network": Field(
            "Wärmenetz",
            "waermenetz netz netzname",
        ),
        "station": Field(
            "Übergabestation",
            "uebergabestation station stationsnummer hausstation",
        ),
        "group": Field(
            "Gruppe",
            "gruppe cluster aggregat gruppenid",
        ),
        "length": Field(
            "Länge",
            "laenge laengem trassenlaenge abschnittslaenge strassenlaenge",
            "m",
            1,
            50_000,
        ),
        "hectares": Field(
            "Fläche in ha",
            "ha flaecheha hektar blockflaeche blockflaecheha",
            "ha",
            0.001,
            10_000,
        ),
        "year": Field(
            "Jahr",
            "jahr kalenderjahr",
        ),
        "kd": Field(
            "Gradtagszahl",
            "gradtagszahl gtz gradtage gt2015 gtz2015 kd",
            "Kd",
            500,
            8000,
        ),
        "meter": Field(
            "Zähler",
            "zaehler zaehlernummer zaehlerid zaehlernr meter",
        ),
        "share": Field(
            "Anteil",
            "anteil share quote",
            "",
            0.0001,
            1,
        ),
        "from": Field(
            "Ab",
            "ab von gueltigab seit",
        ),
        "until": Field(
            "Bis",
            "bis gueltigbis",
        ),
        "day": Field(
            "Stand",
            "stand datum stichtag erhebungsdatum",
        ),
        "source": Field(
            "Quelle",
            "quelle herkunft datenquelle",
        ),
    }
)
KWH = Field("Verbrauch", " ".join(_CONSUMPTION), "kWh", 1, 1e9)
# what a table of a kind has to have: one of each group
KINDS: Mapping[str, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        "buildings": (("street", "address"), ("number", "address")),
        "groups": (("group",), ("street", "address"), ("number", "address")),
        "meters": (("meter",), ("street", "address"), ("number", "address")),
        "sections": (("section",), ("length",)),
        "blocks": (("block",), ("hectares",)),
        "degree_days": (("year",), ("kd",)),
    }
)
# what shapes have to name: their sizes are computed, a building is found by either
SHAPE_KINDS: Mapping[str, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        "buildings": (("ref", "street", "address"),),
        "sections": (("section",),),
        "blocks": (("block",),),
    }
)
KIND_WORDS = MappingProxyType(
    {
        "buildings": "Gebäude",
        "groups": "Verbräuche von Gruppen",
        "meters": "Zählerzuordnungen",
        "sections": "Straßenabschnitte",
        "blocks": "Baublöcke",
        "degree_days": "Gradtagszahlen",
    }
)
FACTS = (  # what is kept of a building as values
    "use", "type", "year_built", "age_class", "area", "area_kind", "units", "refurbishment",
    "heating", "carrier", "generator_year", "generator_kw", "network", "station",
)  # fmt: skip


def of(name: str) -> Field | None:
    """Return a field by name, also `year:2024`; None if there is none."""
    return KWH if YEAR.fullmatch(name) else FIELDS.get(name)


def guess(column: str) -> str | None:
    """Return which field a column of that name probably is, or None."""
    name = bare(column)
    year = _IN_NAME.search(column)
    if year and any(word in name for word in _CONSUMPTION):
        return f"year:{year[1]}"
    units = ("inm2", "m2", "inqm", "qm", "inkw", "kw", "inm", "inkd")
    names = [name, *(name.removesuffix(unit) for unit in units if name.endswith(unit))]
    for each in names:
        for one, found in FIELDS.items():
            if each in found.called.split():
                return one
    return None

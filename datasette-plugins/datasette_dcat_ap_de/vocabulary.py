"""Namespaces and controlled vocabularies of DCAT-AP.de 3.0: what may be configured, and its IRI.

Source: DCAT-AP.de 3.0, "Kontrollierte Vokabulare"; DCAT-AP 3.0; Regulation (EU) 2023/138.
"""

from __future__ import annotations

from datasette_dcat_ap_de.terms import Iri


class Space:
    """A namespace: ``space("name")`` is an IRI in it."""

    def __init__(self, iri: str) -> None:
        self._iri = iri

    def __call__(self, name: str) -> Iri:
        """Return the IRI of ``name``."""
        return Iri(self._iri + name)


ADMS = Space("http://www.w3.org/ns/adms#")
DCAT = Space("http://www.w3.org/ns/dcat#")
# With a slash. Some German files write r5r#: no harvester reads that, and no rule then fires.
DCATAP = Space("http://data.europa.eu/r5r/")
DCATDE = Space("http://dcat-ap.de/def/dcatde/")
DCT = Space("http://purl.org/dc/terms/")
ELI = Space("http://data.europa.eu/eli/ontology#")
FOAF = Space("http://xmlns.com/foaf/0.1/")
HYDRA = Space("http://www.w3.org/ns/hydra/core#")
RDF = Space("http://www.w3.org/1999/02/22-rdf-syntax-ns#")
SPDX = Space("http://spdx.org/rdf/terms#")
VCARD = Space("http://www.w3.org/2006/vcard/ns#")

XSD = "http://www.w3.org/2001/XMLSchema#"
EU = "http://publications.europa.eu/resource/authority/"
IANA = "https://www.iana.org/assignments/media-types/"
HVD_LEGISLATION = Iri("http://data.europa.eu/eli/reg_impl/2023/138/oj")
CONTRIBUTORS = "http://dcat-ap.de/def/contributors/"
GEOCODING = "http://dcat-ap.de/def/politicalGeocoding/"
PUBLISHER_TYPES = "http://purl.org/adms/publishertype/"

THEMES = frozenset(
    "AGRI ECON EDUC ENER ENVI GOVE HEAL INTR JUST REGI SOCI TECH TRAN".split()  # noqa: SIM905 - a list of codes reads better so
)
FREQUENCIES = frozenset(
    "ANNUAL ANNUAL_2 ANNUAL_3 BIDECENNIAL BIENNIAL BIHOURLY BIMONTHLY BIWEEKLY CONT DAILY DAILY_2 "  # noqa: SIM905 - a list of codes reads better so
    "DECENNIAL HOURLY IRREG MONTHLY MONTHLY_2 MONTHLY_3 NEVER OTHER QUADRENNIAL QUARTERLY "
    "QUINQUENNIAL TRIDECENNIAL TRIENNIAL TRIHOURLY UNKNOWN UPDATE_CONT WEEKLY WEEKLY_2 "
    "WEEKLY_3".split()
)
AVAILABILITIES = frozenset({"AVAILABLE", "EXPERIMENTAL", "STABLE", "TEMPORARY"})
LEVELS = frozenset({"international", "european", "federal", "state", "administrativeDistrict"})
LEVELS |= {"municipality"}
AGENT_TYPES = frozenset(
    {
        "Academia-ScientificOrganisation",
        "Company",
        "IndustryConsortium",
        "LocalAuthority",
        "NationalAuthority",
        "NonGovernmentalOrganisation",
        "NonProfitOrganisation",
        "PrivateIndividual(s)",
        "RegionalAuthority",
        "StandardisationBody",
        "SupraNationalAuthority",
    }
)
# The high-value datasets' six categories.
HVD_CATEGORIES = {
    "geospatial": Iri("http://data.europa.eu/bna/c_ac64a52d"),
    "earth-observation-and-environment": Iri("http://data.europa.eu/bna/c_dd313021"),
    "meteorological": Iri("http://data.europa.eu/bna/c_164e0bf5"),
    "statistics": Iri("http://data.europa.eu/bna/c_e1da4e07"),
    "companies": Iri("http://data.europa.eu/bna/c_a9135398"),
    "mobility": Iri("http://data.europa.eu/bna/c_b79e35eb"),
}
LANGUAGES = {"de": "DEU", "en": "ENG", "fr": "FRA", "nl": "NLD", "pl": "POL", "da": "DAN"}
# A German regional key's digits say what kind of area it is.
_KEYS = {
    2: "stateKey",
    3: "governmentDistrictKey",
    5: "districtKey",
    8: "municipalityKey",
    9: "municipalAssociationKey",
    12: "regionalKey",
}

LICENCES = "http://dcat-ap.de/def/licenses/"
_LICENCE_OF = {
    "govdata.de/dl-de/zero-2-0": "dl-zero-de/2.0",
    "govdata.de/dl-de/by-2-0": "dl-by-de/2.0",
    "creativecommons.org/publicdomain/zero/1.0": "cc-zero",
    "creativecommons.org/licenses/by/4.0": "cc-by/4.0",
    "creativecommons.org/licenses/by-sa/4.0": "cc-by-sa/4.0",
    "opendatacommons.org/licenses/odbl": "odbl",
    "opendatacommons.org/licenses/by": "odby",
    "opendatacommons.org/licenses/pddl": "odcpddl",
}


def licence(url: str) -> Iri:
    """Return the IRI by which portals know the licence at ``url``; an unknown one is its own."""
    bare = url.removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")
    known = _LICENCE_OF.get(bare.removesuffix("/deed.de").removesuffix("/1-0"))
    return Iri(LICENCES + known) if known else Iri(url)


def region(key: str) -> Iri | None:
    """Return the IRI of a German regional key (2 to 12 digits), None if it is none."""
    kind = _KEYS.get(len(key)) if key.isascii() and key.isdigit() else None
    return Iri(f"{GEOCODING}{kind}/{key}") if kind else None

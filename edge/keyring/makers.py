"""Who made a meter, and what to ask the supplier for its key.

Source: FLAG Association (three letters); the makers' own data sheets for what is printed.
"""

from __future__ import annotations

from edge.keyring.words import MeterName

MAKERS = {
    "ACW": "Itron", "APA": "Apator", "APT": "Apator", "AXI": "Axis Industries", "BMT": "B Meters",
    "DME": "Diehl Metering", "DWZ": "Lorenz", "EFE": "Engelmann Sensor", "EFN": "Efen",
    "ELR": "Elster", "ELS": "Elster", "ELV": "Elvaco", "EMH": "EMH", "ESY": "EasyMeter",
    "EWT": "Elin Wasserwerkstechnik", "GWF": "GWF", "HYD": "Hydrometer (Diehl Metering)",
    "IST": "ista", "ITW": "Itron", "KAM": "Kamstrup", "LAS": "Lansen", "LSE": "Qundis",
    "LUG": "Landis+Gyr", "MAD": "Maddalena", "PAD": "Relay", "QDS": "Qundis", "RAM": "Rossweiner",
    "REL": "Relay", "SAP": "Sappel (Diehl Metering)", "SEN": "Sensus", "SIE": "Siemens",
    "SON": "Sontex", "SPX": "Sensus", "TCH": "Techem", "WEP": "Weptech", "WMZ": "WMZ",
    "ZRI": "Zenner", "ZRM": "Minol (Zenner)",
}  # fmt: skip
_SERVICES = frozenset(("IST", "TCH"))  # who reads the meters for money, and keeps the keys


def maker(letters: str) -> str:
    """Return a maker's name, the letters where nobody here knows it."""
    return MAKERS.get(letters, letters or "unbekannter Hersteller")


def printed(meter: MeterName) -> str:
    """Return the number as it is printed on the meter, as far as a telegram tells it."""
    number = meter.identification
    if meter.manufacturer in ("HYD", "DME", "ZRI", "EFE", "QDS", "SEN", "ITW"):
        return f"{number} (oder lang: 6{meter.manufacturer}…{number})"
    return number


def question(meter: MeterName) -> str:
    """Return the German sentence with which to ask for a meter's key."""
    name, number = maker(meter.manufacturer), meter.identification
    if meter.manufacturer == "KAM":
        return (
            f"Beim Lieferanten oder über „My Kamstrup“ die KEM-Datei für den Zähler mit der "
            f"Seriennummer {number} anfordern; nötig sind auch die zwei Zeichen dahinter auf dem "
            f"Gehäuse ({number}/xx/xx) und das Passwort der Datei."
        )
    if meter.manufacturer in _SERVICES:
        return (
            f"Den Messdienst {name} bitten: „Bitte senden Sie uns den AES-128-Schlüssel (OMS, "
            f"wireless M-Bus) des Geräts Nr. {number} als CSV mit Seriennummer und Schlüssel.“"
        )
    return (
        f"Den Lieferanten des Zählers ({name}) bitten: „Bitte senden Sie uns den individuellen "
        f"AES-128-Schlüssel (OMS, wireless M-Bus) des Zählers Nr. {printed(meter)} als CSV oder "
        "XML mit Seriennummer und Schlüssel.“"
    )

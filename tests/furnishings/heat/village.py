"""A made-up village as tables that a municipality might have, and what is true of it."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from pathlib import Path

STREETS = ("Hauptstraße", "Lindenweg", "Am Bach", "Kirchgasse", "Bergstraße", "Schulstraße")
HEADER = "Straße;Nr;Gebäudetyp;Baujahr;Wohnfläche m²;WE;Sanierungsstand;Baublock;Straßenabschnitt"


@dataclass
class MadeUp:
    """Files, and the kWh of a normal year by address."""

    buildings: Path
    consumption: Path
    groups: Path
    degree_days: Path
    blocks: Path
    sections: Path
    truth: dict[str, float] = field(default_factory=dict)


def write(folder: Path, count: int, seed: int) -> MadeUp:
    """Write the tables of a village whose truth lies 20 % above the made-up typology."""
    rng = random.Random(seed)
    made = MadeUp(*(folder / f"{one}.csv" for one in (
        "gebaeude", "verbrauch", "gruppen", "gradtage", "bloecke", "abschnitte")))  # fmt: skip
    lines, years, groups = [HEADER], [], []
    per_street = math.ceil(count / len(STREETS))
    weather = {2022: 3300.0, 2023: 3000.0, 2024: 3150.0}
    sections, blocks = set(), set()
    for n in range(count):
        street, number = STREETS[n // per_street], n % per_street + 1
        kind = rng.choices(("EFH", "RH", "MFH", "NWG"), (70, 15, 12, 3))[0]
        year = rng.choice((1905, 1935, 1955, 1965, 1975, 1985, 1998, 2005))
        area = {"EFH": 130, "RH": 110, "MFH": 600, "NWG": 900}[kind] * rng.uniform(0.7, 1.4)
        units = {"EFH": 1, "RH": 1, "MFH": 8, "NWG": 0}[kind]
        state = rng.choice(("unsaniert", "teilsaniert", ""))
        each = 1.2 * max(60, 240 - (year - 1900) * 1.5) * {"teilsaniert": 0.8}.get(state, 1.0)
        kwh = area * each * math.exp(rng.gauss(0, 0.35))
        made.truth[f"{street} {number}"] = kwh
        section, block = f"{street} ({number // 20})", f"B{n // 25}"
        sections.add(section)
        blocks.add(block)
        shown = f"{area:.1f}".replace(".", ",")
        lines.append(f"{street};{number};{kind};{year};{shown};{units};{state};{block};{section}")
        used = {one: kwh * (0.15 + 0.85 * kd / 3400) for one, kd in weather.items()}
        if kind in {"MFH", "NWG"} and rng.random() < 0.6:
            cells = ";".join(f"{one:.0f}" for one in used.values())
            years.append(f"{street};{number};{kind};{units};{cells}")
        elif kind == "EFH" and n % 3 == 0:
            groups.append((f"{street} {number // 30}", street, number, used))
    made.buildings.write_bytes("\r\n".join(lines).encode("cp1252"))
    made.consumption.write_text(
        "Straße;Nr;Typ;WE;Verbrauch 2022;Verbrauch 2023;Verbrauch 2024\n" + "\n".join(years)
    )
    total: dict[str, dict[int, float]] = {}
    for name, _, _, used in groups:
        for one, kwh in used.items():
            total.setdefault(name, {})[one] = total.get(name, {}).get(one, 0.0) + kwh
    made.groups.write_text(
        "Gruppe;Straße;Nr;Gasverbrauch 2022;Gasverbrauch 2023;Gasverbrauch 2024\n"
        + "\n".join(
            f"{name};{street};{number};" + ";".join(f"{total[name][one]:.0f}" for one in weather)
            for name, street, number, _ in groups
        )
    )
    made.degree_days.write_text(
        "Jahr;GTZ\n" + "\n".join(f"{one};{kd:.0f}" for one, kd in weather.items())
        + "\nnormal;3400\n"
    )  # fmt: skip
    made.blocks.write_text(
        "Baublock;Fläche ha\n" + "\n".join(f"{one};1,5" for one in sorted(blocks)) + "\n"
    )
    made.sections.write_text(
        "Straßenabschnitt;Länge m\n" + "\n".join(f"{one};180" for one in sorted(sections)) + "\n"
    )
    return made

"""A household's own house beside the operator's typology; nothing is kept, no other is read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from edge.cadastre.household import Home
from edge.heat import typology
from edge.heat.alike import Comparison, House, compare
from edge.heat.bill import UNITS
from edge.heat.building import AGE_CLASSES, Area, BuildingType, Carrier, Heating, age_class
from edge.heat.errors import CadastreError
from edge.heat.typology import Typology
from edge.store.village_heat_years import NORMAL

FILE = "typology.toml"  # beside hub.toml


def typology_in(folder: Path) -> Typology | None:
    """Return the typology that lies in a folder, None if none does.

    :raises CadastreError: if it cannot be read, or is none.
    """
    text = typology_text(folder)
    return None if text is None else typology.loads(text)


def typology_text(folder: Path) -> str | None:
    """Return the text of the typology that lies in a folder, None if none does.

    :raises CadastreError: if it cannot be read.
    """
    try:
        return (folder / FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise CadastreError(str(error), hint=f"Die Typologie ist nicht lesbar: {FILE}") from None


def beside(home: Home, values: Typology, degree_days: Mapping[int, float]) -> Comparison:
    """Return what somebody said of their house beside houses like it.

    ``degree_days`` in K d by year, `NORMAL` among them if it is known.
    """
    gtz = {year: kd for year, kd in degree_days.items() if year != NORMAL}
    return compare(house_of(home), values, gtz, degree_days.get(NORMAL))


def has_power(home: Home) -> bool:
    """Tell whether somebody heats by electricity, or has a bill of it."""
    carrier = home.facts.get("carrier")
    return (carrier is not None and carrier.value == Carrier.ELECTRICITY) or any(
        UNITS[one.unit].carrier is Carrier.ELECTRICITY for one in home.bills
    )


def house_of(home: Home) -> House:
    """Return what somebody said of their house, as the comparison needs it.

    Electricity is heat in what is known to be no heat pump alone.
    """
    words = {name: said.value for name, said in home.facts.items() if isinstance(said.value, str)}
    numbers = {name: said.number for name, said in home.facts.items() if name not in words}
    kind, heating = words.get("type"), words.get("heating")
    age = words.get("age_class")
    if "year_built" in numbers:
        age = age_class(int(numbers["year_built"]))
    return House(
        type=None if kind is None else BuildingType(kind),
        age=age if age in AGE_CLASSES else None,
        state=words.get("refurbishment"),
        area=numbers.get("area"),
        years=home.years,
        area_kind=words.get("area_kind", Area.LIVING.value),
        hot_water=words.get("hot_water") != "no",
        electric=heating == Heating.HEAT_PUMP or (heating is None and has_power(home)),
    )

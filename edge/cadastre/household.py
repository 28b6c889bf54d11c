"""A household's own home: finding it, agreeing, keeping what they say of it, taking it back.

Everything lies in personal.db under consent and is read for the person alone, who shows their card.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from edge.care.consent import HEAT_BILLS, HEAT_CADASTRE, HEAT_SUMS, standing
from edge.heat.address import Streets, plain, street_key
from edge.heat.bill import SELF, Bill, by_year, year_kwh
from edge.heat.bill import read as read_bill
from edge.heat.said import Method, Said
from edge.store.personal_homes import ADDRESS, NEW, YEAR
from edge.store.village import VillageStore

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore

HOW = "selbst am Terminal, mit der eigenen Karte"
BILL = "bill:"  # the field's name is `bill:1` for the first bill as it was written
NUMBERS = ("year_built", "area", "units", "generator_year", "generator_kw")
WORDS = ("type", "age_class", "refurbishment", "heating", "carrier", "hot_water")


@dataclass(frozen=True, slots=True)
class Found:
    """A building at an address that was looked for."""

    building: int
    address: str
    municipality: str


@dataclass(frozen=True, slots=True)
class Home:
    """A person's home and what they said of it; ``building`` is `NEW` for one yet to be placed."""

    building: int
    address: str = field(repr=False)
    facts: Mapping[str, Said] = field(repr=False)

    @property
    def bills(self) -> list[Bill]:
        """The bills as they were written."""
        names = sorted(name for name in self.facts if name.startswith(BILL))
        return [read_bill(str(self.facts[name].value)) for name in names]

    @property
    def years(self) -> dict[int, float]:
        """Consumption in kWh by calendar year."""
        found = {name: said for name, said in self.facts.items() if name.startswith(YEAR)}
        return {int(name.removeprefix(YEAR)): said.number for name, said in found.items()}


@dataclass(frozen=True, slots=True)
class Answers:
    """What somebody said of their home: codes of `WORDS`, amounts of `NUMBERS`, and the bills."""

    words: Mapping[str, str]
    numbers: Mapping[str, float]
    bills: Sequence[Bill]
    day: date

    def facts(self) -> dict[str, Said]:
        """Return them as values with who says so."""
        said: dict[str, float | str] = {**self.words, **self.numbers}
        facts = {name: Said(value, SELF, self.day, Method.SURVEY) for name, value in said.items()}
        if "area" in facts:
            facts["area_kind"] = Said("living", SELF, self.day, Method.SURVEY)
        for number, one in enumerate(self.bills, 1):
            facts[f"{BILL}{number}"] = Said(one.text, one.source, one.last, Method.BILL)
        for year, several in by_year(self.bills).items():
            last = several[-1]
            total = year_kwh(several)
            count = len(several)
            source = last.source if count == 1 else f"{SELF}: {count} Rechnungen zusammen"
            facts[f"{YEAR}{year}"] = Said(total, source, last.last, Method.BILL)
        return facts


def buildings_at(village: VillageStore, street: str, number: str) -> list[Found]:
    """Return the buildings that stand at an address, in whichever municipality.

    :raises CadastreError: if that is no street, or no house number.
    """
    renamed = village.renamed_streets()
    streets, key = Streets(renamed), street_key(street)
    places = set(village.municipalities_with(key))
    places |= {old.partition("/")[0] for old in renamed if old.partition("/")[2] == key}
    found: list[Found] = []
    for place in sorted(places):
        for one in village.buildings_at(streets.key(plain(place), street, number)):
            building = village.heat_building(one)
            if building is not None:
                found.append(Found(one, building.address, building.municipality))
    return found


def homes_of(personal: PersonalStore, village: VillageStore, person: int) -> list[Home]:
    """Return a person's homes, with all that they said of them."""
    found: list[Home] = []
    for number in personal.homes_of(person):
        facts = personal.home_facts_of(person, number)
        if number == NEW:
            address = str(facts[ADDRESS].value) if ADDRESS in facts else ""
        else:
            building = village.heat_building(number)
            address = "" if building is None else building.address
        found.append(Home(number, address, facts))
    return found


@dataclass(frozen=True, slots=True)
class Agreed:
    """What somebody agreed to: ``sentence`` as they read it, about a building or a new address."""

    building: int
    address: str = field(repr=False)
    sentence: str = field(repr=False)


def keep(personal: PersonalStore, person: int, agreed: Agreed, answers: Answers, at: int) -> None:
    """Keep what a person says of their home, as they agree.

    Their consent has a new version if its sentence differs from the one that holds. What they
    entered of this home before goes.

    :raises StoreError: if the store fails.
    """
    holds = standing(personal.consents(person), HEAT_CADASTRE, HEAT_BILLS)
    if holds is None or holds.sentence != agreed.sentence.strip():
        personal.give_consent(
            person,
            purpose=HEAT_CADASTRE,
            data_kind=HEAT_BILLS,
            sentence=agreed.sentence,
            given_how=HOW,
            at=at,
        )
    personal.add_home(agreed.building, person, at)
    facts = answers.facts()
    if agreed.building == NEW:
        facts[ADDRESS] = Said(agreed.address, SELF, answers.day, Method.SURVEY)
    personal.keep_home_facts(person, agreed.building, facts, at, instead=SELF)


def take_back(personal: PersonalStore, person: int, at: int) -> int:
    """Withdraw what a person agreed to of their home; all they said of it is erased with it."""
    leave_sums(personal, person, at)
    return personal.withdraw_consent(
        person, at, purpose=HEAT_CADASTRE, data_kind=HEAT_BILLS, how=HOW
    )


@dataclass(frozen=True, slots=True)
class InSums:
    """Whether somebody agrees to sums of households for a home, and whether they are in one."""

    agrees: bool
    counted: bool


def in_sums(personal: PersonalStore, person: int) -> InSums:
    """Return how it stands between a person and the sums of households."""
    return InSums(personal.agrees_to_sums(person), personal.is_in_sum(person))


def join_sums(personal: PersonalStore, person: int, sentence: str, at: int) -> None:
    """Keep that a person agrees to sums of households, of what they entered so far.

    Their consent has a new version if its sentence differs from the one that holds, or if they
    entered a home since.

    :raises StoreError: if the store fails.
    """
    holds = standing(personal.consents(person), HEAT_CADASTRE, HEAT_SUMS)
    is_said = holds is not None and holds.sentence == sentence.strip()
    if not (is_said and personal.agrees_to_sums(person)):
        personal.give_consent(
            person,
            purpose=HEAT_CADASTRE,
            data_kind=HEAT_SUMS,
            sentence=sentence,
            given_how=HOW,
            at=at,
        )


def leave_sums(personal: PersonalStore, person: int, at: int) -> int:
    """Withdraw that: they are in no further sum. One that there is stays, and is nobody's."""
    return personal.withdraw_consent(
        person, at, purpose=HEAT_CADASTRE, data_kind=HEAT_SUMS, how=HOW
    )

"""Looking at the demo's world from outside: its pages and its stores, never changing them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping

from edge.care.rules.words import RULES
from edge.config import Config
from edge.store.errors import StoreError
from edge.store.journal import Journal
from edge.store.personal import PersonalStore
from edge.store.village import VillageStore

ANSWER_S = 10.0
MAX_ANSWER = 4 << 20  # a page of the demo is some ten kilobytes


def page(url: str) -> str:
    """Return the page's text, or `""` while nobody answers with one."""
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_S) as answer:  # noqa: S310 - our own address
            text: bytes = answer.read(MAX_ANSWER)
    except (urllib.error.URLError, OSError):
        return ""
    return text.decode()


def rows(url: str) -> list[Mapping[str, object]]:
    """Return the rows of a Datasette table, empty while it is not there."""
    text = page(url)
    found = json.loads(text).get("rows") if text.startswith("{") else None
    return found if isinstance(found, list) else []


def meter_rows(config: Config, meter_id: str) -> list[float]:
    """Return the energies in kWh that the meter gave so far, in time order."""
    with VillageStore(config.hub.village_db) as village:
        device = village.device_of_meter(meter_id)
        found = [] if device is None else village.series(device, 0)
    return [row.energy_kwh or 0.0 for row in found]


def journal_counts(config: Config) -> dict[str, int]:
    """Return how many raw entries of meters are in each state."""
    with Journal(config.hub.journal_db) as journal:
        counts = journal.counts()
    return {str(state): count for (lane, state), count in counts.items() if lane == "village"}


def blood_pressures(config: Config) -> list[tuple[float, float]]:
    """Return systolic and diastolic pressure in mm[Hg] of everybody's readings, in time order."""
    try:
        with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
            found = [
                row for person in personal.persons() for row in personal.care_rows(person.person, 0)
            ]
    except StoreError:
        return []
    return [(row.systolic_mmhg or 0.0, row.diastolic_mmhg or 0.0) for row in found]


def alarms(config: Config) -> list[str]:
    """Return what the open alerts about people are called, the most urgent first."""
    try:
        with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
            return [RULES.get(one.rule, one.rule) for one in personal.alerts() if one.person]
    except StoreError:
        return []

"""Withdrawing a consent, whole: from now on nothing of it is taken in, read or sent.

Reading, the worker and what leaves the village look at the consents each time. What is done here
besides is what the collector knows by other means: codes of scales, meters that are let in, and
bytes that still lie sealed in the journal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.care.consent import BLOOD_PRESSURE, CARE, COUNTY, HUB, standing
from edge.care.kinds import BODY_COMPOSITION, BUTTON, WEIGHT, sources_of
from edge.config import Config
from edge.store.errors import StoreError
from edge.store.household_gate import settle
from edge.store.journal import Journal
from edge.store.personal_rows import Assignment
from edge.store.scale_users import ScaleUsers
from edge.store.village import VillageStore
from edge.store.village_alarms import ALERT
from edge.store.village_alarms import BUTTON as BUTTON_LINE

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a withdrawal did. ``codes`` are users of scales (sensor, number) that were forgotten.

    ``erased`` entries of the journal lost their bytes; ``kept`` readings stay in personal.db;
    ``sent``: something of it is with the county, and is called back.
    """

    consents: int
    codes: tuple[tuple[str, int], ...]
    erased: int
    kept: int
    sent: bool


def withdraw(
    config: Config,
    personal: PersonalStore,
    person: int,
    at: int,
    *,
    kind: str | None = None,
    recipient: str | None = None,
    how: str = "",
) -> Withdrawn:
    """Withdraw a person's consents, all, or those of one kind or recipient; again changes nothing.

    What the hub may not keep nobody may read: its consent goes with those of all recipients.

    :raises StoreError: if a store fails; the consents are withdrawn then, call again for the rest.
    """
    of_hub = recipient in {None, HUB}
    before = _alerts(personal, person)
    count = personal.withdraw_consent(
        person,
        at,
        purpose=CARE if kind or not of_hub else None,
        data_kind=kind,
        recipient=None if of_hub else recipient,
        how=how,
    )
    sent = any(
        one.recipient == COUNTY and kind in {None, one.data_kind}
        for one in personal.consents(person)
        if of_hub or recipient == COUNTY
    )
    if not of_hub:
        return Withdrawn(count, (), 0, kept(personal, person, kind), sent)
    _clear_board(config, personal, person, before - _alerts(personal, person), kind)
    erased = _erase_from_journal(config, personal, person, kind, at)
    codes = _forget_codes(config, personal, person)
    return Withdrawn(count, codes, erased, kept(personal, person, kind), sent)


def kept(personal: PersonalStore, person: int, kind: str | None) -> int:
    """Return how many readings of a person stay, of one kind or all, their home's included."""
    pressures = personal.care_count(person) if kind in {None, BLOOD_PRESSURE} else 0
    home = 0 if kind else personal.household_count(person)
    return pressures + personal.observation_count(person, kind) + home


def forget_codes(
    users: ScaleUsers, ended: Iterable[Assignment], held: Iterable[Assignment]
) -> tuple[tuple[str, int], ...]:
    """Forget the codes of the users that ``ended`` are about; return their sensors and numbers.

    Who has a whole scale has each of its users that no one in ``held`` has by number.

    :raises StoreError: if the file with the codes cannot be read or written.
    """
    numbered = {(one.device_id, one.user_index) for one in held if one.user_index is not None}
    scales = {f"ble:{one.replace(':', '')}": one for one in users.devices()}
    done: list[tuple[str, int]] = []
    for one in ended:
        address = scales.get(one.device_id)
        if address is None:
            continue
        for user in users.users(address):
            whole = one.user_index is None and (one.device_id, user.index) not in numbered
            if user.index is not None and (whole or user.index == one.user_index):
                users.forget(address, user.index)
                done.append((one.device_id, user.index))
    return tuple(done)


def _alerts(personal: PersonalStore, person: int) -> set[int]:
    return {one.number for one in personal.alerts(person=person)}


def _clear_board(
    config: Config, personal: PersonalStore, person: int, gone: Iterable[int], kind: str | None
) -> None:
    """Take down what the hall is told of alerts that are gone, and of the person's buttons."""
    sources = {f"{ALERT}{number}" for number in gone}
    if kind in {None, BUTTON}:
        held = personal.assignments()
        theirs = {one.device_id for one in held if one.person == person}
        others = {one.device_id for one in held if one.person != person}
        sources |= {f"{BUTTON_LINE}{device}" for device in theirs - others}
    with VillageStore(config.hub.village_db) as village:
        village.hide_alarms([one for one in village.hall_alarms() if one.source in sources])


def _forget_codes(
    config: Config, personal: PersonalStore, person: int
) -> tuple[tuple[str, int], ...]:
    consents = personal.consents(person)
    if any(standing(consents, CARE, one) for one in (WEIGHT, BODY_COMPOSITION)):
        return ()
    held = personal.assignments()
    theirs = [one for one in held if one.person == person]
    try:
        return forget_codes(ScaleUsers(config.hub.scale_users), theirs, held)
    except StoreError as error:
        raise StoreError(
            str(error),
            hint="Die Einwilligung ist widerrufen, aber die Codes der Waagen konnten nicht "
            f"vergessen werden. {error.hint} Danach bitte dasselbe noch einmal.",
        ) from error


def _erase_from_journal(
    config: Config, personal: PersonalStore, person: int, kind: str | None, at: int
) -> int:
    """Erase what the person's sensors sent, of one kind or all.

    With all go their meters' telegrams, and the meters are let in no longer.
    """
    sensors = sorted({a.device_id for a in personal.assignments_ever() if a.person == person})
    with Journal(config.hub.journal_db) as journal, VillageStore(config.hub.village_db) as village:
        if kind is not None:
            kinds = tuple(f"ble:{source}" for source in sources_of(kind))
            return journal.erase_decoded(sensors, kinds)
        for home in personal.households():
            if home.person == person:
                personal.remove_household(home.device, at)
        erased = settle(personal, village, journal, at).erased
        return erased + journal.erase_decoded(sensors)

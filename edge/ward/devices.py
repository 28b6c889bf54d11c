"""Devices that are handed out to people in care, and taken back. No Flask here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edge.care.consent import CARE, standing
from edge.care.kinds import BUTTON, kind_of_source
from edge.clock import Clock
from edge.collect.ble.profile import SOS, kind_word, profile_named
from edge.config import Config
from edge.desk.vault import Vault
from edge.learning.errors import Refused
from edge.store.personal_rows import Assignment
from edge.store.village_reader import VillageReader
from edge.store.village_rows import BleDevice

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a device since when; ``user`` is the number of its key, None for whoever uses it.

    ``confirmed``: somebody said that it is right, having measured.
    """

    person: int
    name: str = field(repr=False)
    user: int | None
    since: int
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Handed:
    """A paired device with who has it. ``kinds`` are what it measures, empty if that varies."""

    address: str
    device_id: str
    name: str
    kind: str
    ending: str
    kinds: tuple[str, ...]
    holders: tuple[Holder, ...]


class Devices:
    """The devices of a hub and whose they are. Threads may share one.

    :raises Locked: from every method, while personal.db is locked.
    """

    def __init__(self, config: Config, vault: Vault, clock: Clock) -> None:
        self._config = config
        self._vault = vault
        self._clock = clock

    def all(self) -> list[Handed]:
        """Return the paired devices, those that nobody has first."""
        with self._vault.open() as personal:
            names = {one.person: one.name for one in personal.persons()}
            by_device: dict[str, list[Assignment]] = {}
            for one in personal.assignments():
                by_device.setdefault(one.device_id, []).append(one)
        found = [_handed(one, by_device.get(one.device_id, []), names) for one in self._paired()]
        return sorted(found, key=lambda one: (bool(one.holders), one.name.lower(), one.address))

    def one(self, address: str) -> Handed:
        """Return a device.

        :raises Refused: if none of that address is paired.
        """
        found = next((each for each in self.all() if each.address == address), None)
        if found is None:
            raise Refused("no such device", hint="Dieses Gerät ist hier nicht gekoppelt.")
        return found

    def hand_out(self, address: str, person: int) -> None:
        """Give a device to somebody, for all of its values from now on.

        :raises Refused: if somebody has it, or the person did not agree to what it measures: what
            it sends would be erased.
        """
        device = self.one(address)
        with self._vault.open() as personal:
            found = personal.find_person(str(person))
            if found is None or found.person != person or not personal.is_here(person):
                raise Refused("nobody of that number", hint=_NOBODY, field="person")
            if any(one.user is None and one.person != person for one in device.holders):
                raise Refused("somebody has it", hint=_TAKEN, field="person")
            if _missing(personal, person, device.kinds):
                raise Refused("no consent", hint=_NO_CONSENT, field="person")
            if not any(one.user is None for one in device.holders):  # pressed twice
                personal.assign(device.device_id, person, self._clock.stamp().wall_ms)

    def confirm(self, address: str, person: int, by: str) -> None:
        """Note that the person measured with it, and that nobody else does.

        :raises StoreError: if they do not have it.
        """
        device = self.one(address)
        with self._vault.open() as personal:
            now_ms = self._clock.stamp().wall_ms
            personal.confirm(device.device_id, person, f"gemessen, vermerkt von {by}", now_ms)

    def take_back(self, address: str, person: int) -> None:
        """Take a device back from somebody; once more changes nothing."""
        device = self.one(address)
        with self._vault.open() as personal:
            now_ms = self._clock.stamp().wall_ms
            for one in device.holders:
                if one.person == person:
                    personal.end_assignment(device.device_id, now_ms, one.user)

    def _paired(self) -> list[BleDevice]:
        with VillageReader(self._config.hub.village_db) as village:
            return village.ble_devices()


def kinds_measured(profile: str) -> tuple[str, ...]:
    """Return what a device of a profile measures, empty where that is not known before."""
    if profile == SOS:
        return (BUTTON,)
    found = profile_named(profile)
    if found is None:
        return ()
    kinds = (kind_of_source(one) for one in found.values)
    return tuple(dict.fromkeys(one for one in kinds if one is not None))


def _handed(one: BleDevice, held: list[Assignment], names: dict[int, str]) -> Handed:
    kind = kind_word(one.profile)
    return Handed(
        one.address,
        one.device_id,
        one.name or kind,
        kind,
        one.address[-5:],
        kinds_measured(one.profile),
        tuple(
            Holder(
                each.person,
                names.get(each.person, ""),
                each.user_index,
                each.valid_from,
                each.confirmed_at is not None,
            )
            for each in held
        ),
    )


def _missing(personal: PersonalStore, person: int, kinds: tuple[str, ...]) -> bool:
    """Tell whether a person did not agree that the hub keeps what a device measures first."""
    consents = personal.consents(person)
    return any(standing(consents, CARE, one) is None for one in kinds[:1])


_NOBODY = "Diese Person gibt es hier nicht (mehr). Bitte die Liste neu laden."
_TAKEN = "Dieses Gerät hat schon jemand. Bitte nehmen Sie es zuerst zurück."
_NO_CONSENT = (
    "Diese Person hat noch nicht eingewilligt, dass der Hub diese Werte aufbewahrt. Ohne "
    "Einwilligung löscht er, was das Gerät schickt. Bitte zuerst die Einwilligung unter „Menschen "
    "und Einwilligungen“ aufnehmen."
)

"""Whom a person has around them: relatives, helpers, carers, practices; and who is asked first.

A contact is one such somebody; a circle are a person's contacts in the order in which they are
asked. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

DAY_MINUTES = 24 * 60
_PHONE = re.compile(r"\+?[0-9]{3,20}")
_BETWEEN = str.maketrans("", "", " /-()")  # how people write one; the modem leaves them out, too


class ContactRole(StrEnum):
    """What somebody is to the people in care."""

    RELATIVE = "relative"
    RESPONDER = "responder"
    NURSE = "nurse"
    CARER = "carer"
    PRACTICE = "practice"
    DOCTOR = "doctor"


ROLE_WORDS: Mapping[ContactRole, str] = MappingProxyType(
    {
        ContactRole.RELATIVE: "Angehörige",
        ContactRole.RESPONDER: "Helfer im Dorf",
        ContactRole.NURSE: "Pflegefachkraft",
        ContactRole.CARER: "Betreuung",
        ContactRole.PRACTICE: "Praxis",
        ContactRole.DOCTOR: "Ärztin oder Arzt",
    }
)


def can_be_rung(phone: str) -> bool:
    """Tell whether a short message can be sent to what was typed in as a telephone number.

    The 0 in ``+49 (0)170`` is not dialled: nobody knows whether it is meant to be.
    """
    return "(0)" not in phone and _PHONE.fullmatch(phone.translate(_BETWEEN)) is not None


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who may be asked or may read, as far as role and consent go.

    ``account`` is the number of the account by which they sign in here, None without one.
    ``created_at`` is ms since 1970, UTC. The `repr` names nobody.
    """

    contact: int
    name: str = field(repr=False)
    role: ContactRole
    phone: str = field(repr=False, default="")
    account: int | None = None
    created_at: int = 0

    @property
    def recipient(self) -> str:
        """What a consent calls them."""
        return recipient_of(self.contact)


class Owner:
    """The person whose values they are, reading them by themselves. There is one: `OWNER`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "OWNER"


OWNER = Owner()
Reader = Contact | Owner


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When somebody is not woken: minutes of the village's day, also past midnight."""

    begin: int
    end: int

    def __post_init__(self) -> None:
        """Refuse what is no time of day.

        :raises ValueError: then, and if both are the same, which could be all day or never.
        """
        if not (0 <= self.begin < DAY_MINUTES and 0 <= self.end < DAY_MINUTES):
            raise ValueError("a minute of the day is 0 to 1439")
        if self.begin == self.end:
            raise ValueError("quiet hours end at another minute than they begin")

    def holds_at(self, minute: int) -> bool:
        """Tell whether it is quiet at a minute of the day."""
        if self.begin < self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end


@dataclass(frozen=True, slots=True)
class Member:
    """A contact in a person's circle: asked as number ``position``, 1 first.

    ``relation`` is what they are to the person in the person's own words ("Tochter").
    ``may_name``: what is sent to them may say whose alert it is, so the person said.
    """

    person: int
    contact: Contact
    position: int
    since: int
    relation: str = field(repr=False, default="")
    quiet: QuietHours | None = None
    may_name: bool = False


def recipient_of(contact: int) -> str:
    """Return what a consent calls the contact of that number."""
    return f"contact:{contact}"


def contact_of(recipient: str) -> int | None:
    """Return the number of the contact that a recipient of a consent is; None if it is none."""
    kind, _, number = recipient.partition(":")
    fits = kind == "contact" and number.isascii() and number.isdecimal()
    return int(number) if fits and 0 < len(number) <= 18 else None


def moved(members: Iterable[Member], contact: int, position: int) -> tuple[int, ...]:
    """Return the contacts' numbers in their order once one was put at a position (1 is first).

    A position past the ends is the nearest one; who is not in the circle moves nobody.
    """
    order = [one.contact.contact for one in sorted(members, key=lambda one: one.position)]
    if contact in order:
        order.remove(contact)
        order.insert(max(0, position - 1), contact)
    return tuple(order)

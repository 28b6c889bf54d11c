"""Roles, ways to sign in, and what a way is good for. Pure.

An account is of this hub, and a hub is of one village: a role holds in that village alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """What somebody is to the hub. Everybody is a villager."""

    VILLAGER = "villager"
    VOLUNTEER = "volunteer"
    CARER = "carer"
    OFFICIAL = "official"
    ADMINISTRATOR = "administrator"


class Way(StrEnum):
    """How somebody showed who they are."""

    CARD = "card"
    PICTURES = "pictures"
    PASSWORD = "password"  # noqa: S105  # a way, not a secret
    START = "start"  # a password that somebody else knows: to be changed first


# What a role may besides its own. Not care: who administrates a hub does not read what sensors say.
_ALSO = {Role.ADMINISTRATOR: frozenset({Role.VOLUNTEER})}
# A card can be found and three pictures be watched: what does more harm wants a password.
WITH_PASSWORD = frozenset({Role.CARER, Role.OFFICIAL, Role.ADMINISTRATOR})


def granted(held: Iterable[Role], way: Way | None) -> frozenset[Role]:
    """Return what an account with the roles ``held`` may after it signed in by ``way``."""
    roles = {Role.VILLAGER}
    if way is None or way is Way.START:
        return frozenset(roles)
    for role in held:
        roles |= {role} | _ALSO.get(role, frozenset())
    return frozenset(roles if way is Way.PASSWORD else roles - WITH_PASSWORD)


def highest(roles: Iterable[Role]) -> Role:
    """Return the role that says most of somebody."""
    found = set(roles)
    return next((one for one in reversed(Role) if one in found), Role.VILLAGER)

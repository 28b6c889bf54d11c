"""What every carers' page does alike: who asks, and what is in the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, render_template

from edge.care.people import Contact
from edge.care.rules.ruleset import RuleSet, readable
from edge.clock import Clock
from edge.config import Config
from edge.desk.vault import Vault
from edge.store.errors import StoreError
from edge.ward.client import Client, Clients
from edge.ward.reading import NotAllowed
from edge.web.access import Role, visit
from edge.web.staff import staff_blueprint, trouble


class NobodyYet(StoreError):
    """Whoever is signed in is around nobody: their account is no contact's."""


@dataclass(frozen=True, slots=True)
class Point:
    """personal.db, opened for one request, and the services of care."""

    config: Config
    vault: Vault
    clients: Clients
    clock: Clock

    @property
    def now_ms(self) -> int:
        """What time it is."""
        return self.clock.stamp().wall_ms

    def reader(self) -> Contact:
        """Return the contact who is signed in.

        :raises NobodyYet: if the account is no contact's.
        :raises Locked: while personal.db is locked.
        """
        account = visit().account
        with self.vault.open() as personal:
            found = None if account is None else personal.contact_of_account(account)
        if found is None:
            raise NobodyYet("the account is no contact's")
        return found

    def client(self, person: int) -> Client:
        """Return somebody of whom the contact who is signed in may read something.

        :raises NotAllowed: if that is nobody. Reads no value, so it is not noted.
        """
        found = next(
            (one for one in self.clients.people(self.reader()) if one.person == person), None
        )
        if found is None:
            raise NotAllowed("no role, or no consent")
        return found


class Opener:
    """Opens personal.db for one request; the views of a blueprint share one."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self.config = config
        self.clock = clock

    @contextmanager
    def opened(self) -> Iterator[Point]:
        """Give the services. personal.db is opened by who needs it."""
        with Vault.of(self.config) as vault:
            yield Point(self.config, vault, Clients(vault, self.clock), self.clock)


def rules_of(config: Config) -> RuleSet:
    """Return the rule set of this hub, the shipped one where its own cannot be read."""
    return readable(config.personal.rules)


def care_blueprint(name: str, prefix: str) -> Blueprint:
    """Return a blueprint of carers' pages: German, for carers, with errors that say what to do."""
    unreadable = "Die Daten der Pflege sind gerade nicht lesbar."
    pages = staff_blueprint(name, prefix, Role.CARER, "care", unreadable)
    pages.register_error_handler(NobodyYet, _nobody_yet)
    pages.register_error_handler(NotAllowed, _not_allowed)
    return pages


def _nobody_yet(_: NobodyYet) -> tuple[str, int]:
    return render_template("care/nobody_yet.html"), HTTPStatus.CONFLICT


def _not_allowed(_: NotAllowed) -> tuple[str, int]:
    # not told apart: who may not see somebody is not told that they are here
    return trouble("care", "Hier gibt es nichts zu sehen", NotAllowed.hint, HTTPStatus.NOT_FOUND)

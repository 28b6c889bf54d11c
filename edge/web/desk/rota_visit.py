"""Who the visitor is on the rota, and whether they may do more than their own shifts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, abort

from edge.desk.rota import RotaDesk
from edge.desk.volunteers import VolunteerDesk
from edge.learning.course import Session
from edge.store.errors import Locked
from edge.store.personal_volunteers import NoSuchVolunteer, Volunteer
from edge.store.village_shifts import NoSuchShift
from edge.volunteers.rota import Shift
from edge.web.access import Role, visit
from edge.web.desk import said
from edge.web.desk.point import Opener, Point
from edge.web.staff import trouble


@dataclass(frozen=True, slots=True)
class Rota:
    """The rota for one request. ``me`` is the visitor, None before they said who they are."""

    point: Point
    rota: RotaDesk
    people: VolunteerDesk

    @property
    def me(self) -> Volunteer | None:
        """Who the visitor is on the rota.

        :raises Locked: while names are locked.
        """
        account = visit().account
        return None if account is None else self.people.of_account(account)

    @property
    def number(self) -> int | None:
        """The visitor's number on the rota, None while nobody can say."""
        try:
            me = self.me
        except Locked:
            return None
        return me.volunteer if me else None

    @property
    def coordinates(self) -> bool:
        """Whether the visitor may put others in and confirm hours."""
        if Role.ADMINISTRATOR in visit().roles:
            return True
        me = self.me
        return me is not None and me.coordinates


class RotaOpener(Opener):
    """Opens the rota for one request."""

    @contextmanager
    def rota_opened(self) -> Iterator[Rota]:
        """Give the rota."""
        with self.opened() as point:
            yield Rota(
                point,
                RotaDesk(point.village, point.vault, self.clock),
                VolunteerDesk(point.village, point.vault, self.clock),
            )

    @contextmanager
    def coordinating(self) -> Iterator[Rota]:
        """Give the rota to who coordinates it; others are told so (403)."""
        with self.rota_opened() as found:
            if not found.coordinates:
                abort(HTTPStatus.FORBIDDEN)
            yield found


def add_rota_errors(pages: Blueprint) -> None:
    """Say in words what is not there, and who may."""
    pages.register_error_handler(NoSuchShift, _no_shift)
    pages.register_error_handler(NoSuchVolunteer, _no_volunteer)
    pages.register_error_handler(HTTPStatus.FORBIDDEN, _not_yours)


def when(shift: Shift) -> str:
    """Return when a shift is, as the desk says it."""
    return said.span(Session(shift.starts_at, shift.ends_at))


def _no_shift(_: NoSuchShift) -> tuple[str, int]:
    text = "Diesen Dienst gibt es nicht (mehr). Alle stehen unter „Dienste“."
    return trouble("desk", "Den Dienst gibt es nicht", text, HTTPStatus.NOT_FOUND)


def _no_volunteer(_: NoSuchVolunteer) -> tuple[str, int]:
    text = "Diese Person steht nicht (mehr) bei den Ehrenamtlichen."
    return trouble("desk", "Die Person gibt es nicht", text, HTTPStatus.NOT_FOUND)


def _not_yours(_: object) -> tuple[str, int]:
    text = (
        "Das macht die Koordination: Leute, denen das beim Einrichten erlaubt wurde. Fragen Sie "
        "jemanden davon, oder wen, der den Hub betreut."
    )
    return trouble("desk", "Das darf die Koordination", text, HTTPStatus.FORBIDDEN)

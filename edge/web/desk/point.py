"""What every page of the desk does alike: open the learning point, and say what is in the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint

from edge.clock import Clock
from edge.config import Config
from edge.desk import CourseDesk, Register, SignupDesk, Vault
from edge.store.village import VillageStore
from edge.store.village_courses import NoSuchCourse
from edge.web.access import Role
from edge.web.staff import staff_blueprint, trouble


@dataclass(frozen=True, slots=True)
class Point:
    """The learning point of one hub, opened for one request."""

    village: VillageStore
    vault: Vault
    courses: CourseDesk
    signups: SignupDesk
    register: Register
    clock: Clock

    @property
    def now_ms(self) -> int:
        """What time it is."""
        return self.clock.stamp().wall_ms


class Opener:
    """Opens the learning point; the views of a blueprint share one."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self.config = config
        self.clock = clock

    @contextmanager
    def opened(self) -> Iterator[Point]:
        """Give the learning point. personal.db is opened by who needs it.

        :raises StoreError: if village.db cannot be read.
        """
        config, clock = self.config, self.clock
        with VillageStore(config.hub.village_db) as village, Vault.of(config) as vault:
            yield Point(
                village,
                vault,
                CourseDesk(village, vault, clock),
                SignupDesk.of(config, village, vault, clock),
                Register(village, vault, clock),
                clock,
            )


def desk_blueprint(name: str, prefix: str) -> Blueprint:
    """Return a blueprint of the desk: German, for volunteers, with errors that say what to do."""
    unreadable = "Die Daten des Dorfes sind gerade nicht lesbar."
    pages = staff_blueprint(name, prefix, Role.VOLUNTEER, "desk", unreadable)
    pages.register_error_handler(NoSuchCourse, _no_course)
    return pages


def _no_course(_: NoSuchCourse) -> tuple[str, int]:
    text = "Diesen Kurs gibt es nicht (mehr). Alle Kurse stehen unter „Kurse“."
    return trouble("desk", "Den Kurs gibt es nicht", text, HTTPStatus.NOT_FOUND)

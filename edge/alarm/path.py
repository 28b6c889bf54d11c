"""What every path of an alarm promises. One suite of tests runs over each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from edge.care.ladder.rung import Rung


class AlarmError(Exception):
    """A path did not take a notice. ``hint`` says what a person can do; neither names anybody.

    ``for_good``: trying again is of no use, such as with a number that does not exist.
    """

    def __init__(self, message: str, *, hint: str = "", for_good: bool = False) -> None:
        super().__init__(message)
        self.hint = hint
        self.for_good = for_good


@dataclass(frozen=True, slots=True)
class Notice:
    """What is to be told. ``phone`` is empty where nobody is to be rung up.

    ``key`` is the same for the same notice: a path that is given it twice tells it once, if it can
    know.
    """

    key: str
    alert: int
    rung: Rung
    text: str
    phone: str = ""
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A path has it. ``reference`` is what its report will name, None if it sends none."""

    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a path says of a notice that it took."""

    reference: str
    did_arrive: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """Somebody answered over a path."""

    phone: str
    text: str


class AlarmPath(Protocol):
    """One way to tell of an alarm. One thread at a time uses it.

    :raises AlarmError: from any method but :meth:`close`.
    """

    @property
    def name(self) -> str:
        """What it is called in hub.toml and in personal.db."""

    def tell(self, notice: Notice) -> Taken:
        """Tell; returns once the path has it, within a minute."""

    def hear(self) -> list[Report | Reply]:
        """Return what came back since the last time."""

    def check(self) -> str:
        """Ask the device whether it is there; return what it says of itself, in German."""

    def close(self) -> None:
        """Give back what is held. Closing twice does nothing."""

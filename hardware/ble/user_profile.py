"""What a scale must know of a user before it can tell fat from muscle.

It is written with the user's consent, and then counted: who changes a user's data raises the
Database Change Increment, so that every other collector learns of the change.

Source: Bluetooth User Data Service 1.1, 3.1 (characteristics) and Database Change Increment; GATT
Specification Supplement, Age, Date of Birth, Gender, Height.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from hardware.ble.clock import FIRST_YEAR
from hardware.ble.control import Write
from hardware.ble.user_data import UserDate, encode_date

HEIGHTS_CM = range(50, 251)
_OLDEST = 254  # years; one byte
_INCREMENTS = 1 << 32


class Sex(IntEnum):
    """As scales count it; they know of two kinds of bodies only."""

    MALE = 0
    FEMALE = 1


@dataclass(frozen=True, slots=True)
class UserProfile:
    """What one person told; None is not told.

    :raises ValueError: if it is no person's.
    """

    born: date | None = None
    sex: Sex | None = None
    height_cm: int | None = None

    def __post_init__(self) -> None:
        if self.born is not None and self.born.year < FIRST_YEAR:
            raise ValueError("born too early")
        if self.height_cm is not None and self.height_cm not in HEIGHTS_CM:
            raise ValueError(f"a height is from {HEIGHTS_CM[0]} to {HEIGHTS_CM[-1]} cm")

    def writes(self, today: date) -> list[Write]:
        """Return what to write, in order; the age too, which some scales take instead.

        :raises ValueError: if the person is not born yet on ``today``, or older than any scale
            can be told.
        """
        found: list[Write] = []
        if self.born is not None:
            born = UserDate(self.born.year, self.born.month, self.born.day)
            found.append(Write("2A85", encode_date(born)))
            found.append(Write("2A80", bytes((self._age(today),))))
        if self.sex is not None:
            found.append(Write("2A8C", bytes((self.sex,))))
        if self.height_cm is not None:
            found.append(Write("2A8E", self.height_cm.to_bytes(2, "little")))
        return found

    def _age(self, today: date) -> int:
        assert self.born is not None  # noqa: S101  # its caller looked
        age = today.year - self.born.year
        age -= (today.month, today.day) < (self.born.month, self.born.day)
        if not 0 <= age <= _OLDEST:
            raise ValueError("nobody is that old")
        return age


def next_increment(increment: int) -> bytes:
    """Return the Database Change Increment to write after a change; it begins anew at its end."""
    return ((increment + 1) % _INCREMENTS).to_bytes(4, "little")


def write_profile(profile: UserProfile) -> dict[str, object]:
    """Return it ready for JSON."""
    return {
        "born": None if profile.born is None else profile.born.isoformat(),
        "sex": None if profile.sex is None else int(profile.sex),
        "height_cm": profile.height_cm,
    }


def read_profile(stored: Mapping[str, object]) -> UserProfile:
    """Return what :func:`write_profile` gave.

    :raises ValueError, KeyError, TypeError: if it is nothing of that kind.
    """
    born, sex, height = stored["born"], stored["sex"], stored["height_cm"]
    return UserProfile(
        None if born is None else date.fromisoformat(str(born)),
        None if sex is None else Sex(int(str(sex))),
        None if height is None else int(str(height)),
    )

"""What a decoder says, put together field by field.

Conventions of ``flags``, for every characteristic: a bit is a bool under its name; a code is its
name under the field's name and its number under ``<field>_code`` (a code that the standard does
not define is called ``reserved``); a field that the device marked as no number is its
:class:`Special` under the quantity's name; ``features`` is a feature field as sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from hardware.ble.clock import DateTime, timestamp_fields
from hardware.ble.measurement import Measurement
from hardware.ble.medfloat import MedFloat, Special
from hardware.reading import CANONICAL_UNIT, Mark, Quantity, Record, Unit

UNKNOWN_USER = 0xFF

KG_PER_LB = Fraction(45_359_237, 100_000_000)  # exact: the international pound
CM_PER_INCH = Fraction(254, 100)


class Answer:
    """One measurement in the making.

    After :meth:`set_aside` every number is given as ``other`` under the quantity's name: it
    is shown, and no store can take it for a value of the person.
    """

    __slots__ = ("_aside", "_device", "_flags", "_records", "_timestamp")

    def __init__(self, device: str) -> None:
        self._device = device
        self._records: list[Record] = []
        self._flags: dict[str, bool | int | str] = {}
        self._timestamp: str | None = None
        self._aside = False

    def set_aside(self) -> None:
        """Say that the numbers, those before included, are none of the person's."""
        self._aside = True

    def number(
        self,
        quantity: Quantity,
        value: Fraction | int,
        *,
        name: str = "",
        mark: Mark = Mark.NONE,
    ) -> None:
        """Add a number in the quantity's canonical unit; it is rounded once, to a float."""
        unit = CANONICAL_UNIT[quantity]
        self._records.append(
            Record(quantity, float(value), unit, name=name or quantity.value, mark=mark)
        )

    def decimal(
        self,
        quantity: Quantity,
        field: MedFloat | Special,
        scale: Fraction | int = 1,
        *,
        name: str = "",
    ) -> None:
        """Add a medical float times ``scale``, or a flag that says what it is instead."""
        if isinstance(field, Special):
            self._flags[name or quantity.value] = field.value
        else:
            self.number(quantity, field.fraction() * scale, name=name)

    def setting(self, name: str, field: MedFloat | Special, unit: Unit) -> None:
        """Add a number that was set, not measured: as ``other``, under its name."""
        if isinstance(field, Special):
            self._flags[name] = field.value
        else:
            self._records.append(Record(Quantity.OTHER, float(field), unit, name=name))

    def flag(self, name: str, value: bool | int | str) -> None:  # noqa: FBT001  # a flag's value
        """Add a flag."""
        self._flags[name] = value

    def bits(self, raw: int, names: Sequence[str]) -> None:
        """Add a flag for each bit, the lowest first; an empty name is a bit for a future use."""
        self._flags.update({name: bool(raw >> bit & 1) for bit, name in enumerate(names) if name})

    def choice(self, name: str, code: int, names: Mapping[int, str]) -> None:
        """Add a code, by name and by number."""
        self._flags[name] = names.get(code, "reserved")
        self._flags[f"{name}_code"] = code

    def user(self, user_id: int | None) -> None:
        """Add the user whose reading it is, if the value carries one."""
        if user_id is not None:
            self._flags["user_id"] = "unknown" if user_id == UNKNOWN_USER else user_id

    def clock(self, read: DateTime | None) -> None:
        """Add the device's time, if the value carries one."""
        if read is not None:
            self._timestamp, more = timestamp_fields(read)
            self._flags.update(more)

    def time(self, timestamp: str) -> None:
        """Set the device's time as ISO 8601 without offset."""
        self._timestamp = timestamp

    def measurement(self) -> Measurement:
        """Return what was put together."""
        records = self._records
        if self._aside:
            records = [
                Record(Quantity.OTHER, record.value, record.unit, name=record.name)
                for record in records
            ]
        return Measurement(self._device, tuple(records), self._flags, self._timestamp)


def coded(names: Sequence[str], first: int = 0) -> dict[int, str]:
    """Return names under their codes, counted from ``first``."""
    return dict(enumerate(names, first))

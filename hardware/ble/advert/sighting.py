"""What an advertisement says, and how its words are put together."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from hardware.ble.answer import Answer
from hardware.ble.measurement import Measurement
from hardware.errors import DecodeError
from hardware.reading import ButtonPress, Quantity, Record, Unit

# What no sensor of these families can measure: such a number is noise or another maker's frame.
BOUNDS: dict[Quantity, tuple[int, int]] = {
    Quantity.BATTERY_LEVEL: (0, 100),
    Quantity.RELATIVE_HUMIDITY: (0, 100),
    Quantity.SOIL_MOISTURE: (0, 100),
    Quantity.AIR_TEMPERATURE: (-100, 200),
    Quantity.AIR_PRESSURE: (200, 1300),
    Quantity.HEART_RATE: (20, 250),
}


@dataclass(frozen=True, slots=True)
class Sequence:
    """The number that a device counts its messages with.

    ``bits`` says after how many it starts again. ``authentic`` numbers are covered by the
    check of an encrypted message, so nobody but the device can have sent a new one.
    """

    number: int
    bits: int
    authentic: bool = False


@dataclass(frozen=True, slots=True)
class Sighting:
    """One advertisement, decoded.

    ``family`` is the format's name, ``measurement.device`` the model's. A device that is only
    present (a tag, an idle sensor) has no records. ``sequence`` is ``None`` where the format
    counts nothing.
    """

    family: str
    measurement: Measurement
    sequence: Sequence | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an encrypted message shows without its key.

    ``sealed`` is all of it, the counter included: the same bytes are the same message.
    ``tells_event`` is false only if the sensor measures at intervals: what it says next makes up
    for what is lost.
    """

    sealed: bytes
    tells_event: bool


class Findings(Answer):
    """An answer that knows the states and events of sensors in a home."""

    __slots__ = ()

    def bounded(self, quantity: Quantity, value: Fraction | int, *, name: str = "") -> None:
        """Add a number, unless no sensor can have measured it.

        :raises DecodeError: if the value is outside :data:`BOUNDS`.
        """
        least, most = BOUNDS.get(quantity, (None, None))
        if least is not None and most is not None and not least <= value <= most:
            raise DecodeError(f"{quantity} of {float(value):g} is out of range")
        self.number(quantity, value, name=name)

    def state(self, quantity: Quantity, value: bool, name: str = "") -> None:  # noqa: FBT001  # a state
        """Add yes (1) or no (0)."""
        self.number(quantity, int(value), name=name)

    def press(self, press: ButtonPress, name: str = "button") -> None:
        """Add how a button was pressed: the code as a record, the word as a flag."""
        self.number(Quantity.BUTTON_PRESS, press, name=name)
        self.flag(name, press.name.lower())

    def other(self, name: str, value: Fraction | float, unit: Unit) -> None:
        """Add a number that no store takes, under its name."""
        self._records.append(Record(Quantity.OTHER, float(value), unit, name=name))

    def __len__(self) -> int:
        """Count the records."""
        return len(self._records)

    def number_names(self) -> None:
        """Tell records of one name apart: ``_1``, ``_2`` and so on behind it."""
        names = [record.name for record in self._records]
        counted: dict[str, int] = {}
        for index, record in enumerate(self._records):
            if names.count(record.name) > 1:
                counted[record.name] = counted.get(record.name, 0) + 1
                name = f"{record.name}_{counted[record.name]}"
                self._records[index] = Record(
                    record.quantity, record.value, record.unit, record.register, name
                )

    def sighting(self, family: str, sequence: Sequence | None = None) -> Sighting:
        """Return what was put together."""
        return Sighting(family, self.measurement(), sequence)

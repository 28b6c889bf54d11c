"""What a meter said over its optical head, marked where no such meter can have measured it."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from hardware.optical.session import Readout
from hardware.profiles.plausible import mark, marked_total
from hardware.reading import Mark, Quantity, Record

# Over a head only a building's meter is read: eight digits, of ten cubic metres each at the most.
# Above is what a register of four bytes holds when nothing was measured.
_HIGHEST = MappingProxyType({Quantity.VOLUME: 1e9})
_HEAT = 0x04  # no meter of cold alone has a head that is read here


def checked(readout: Readout) -> Readout:
    """Return the readout, its records marked as those of a telegram are."""
    return replace(readout, records=tuple(map(_marked, readout.records)))


def _marked(record: Record) -> Record:
    if record.mark is not Mark.NONE:
        return record
    highest = _HIGHEST.get(record.quantity)
    found = mark(record.quantity, record.value, record.register.function, highest=highest)
    return marked_total(record.name, replace(record, mark=found), _HEAT)

"""What the meters that `dorfhub meter listen` hears say, with keys that stay in its memory.

Keys come from a prompt, standard input or a file, never from the command line, where other users
of the machine see them, and they are never shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import click

from edge.commands.meter_json import error, message
from edge.commands.meter_key import secret
from edge.keyring.file import MOST_BYTES, read_keys
from edge.keyring.words import KeyFileError, MeterName, key_bytes, meter_name
from hardware.errors import DecodeError, KeyRequired, WrongKey
from hardware.profiles import Interpreted, Registry, interpret, shipped
from hardware.reading import Function
from hardware.wmbus import layers
from hardware.wmbus.formats import FormatStore
from hardware.wmbus.link import LinkFrame
from hardware.wmbus.telegram import decode_frames

MOST_SHOWN = 2  # values in a line of the table

_WHY = {KeyRequired: "Schlüssel fehlt", WrongKey: "Schlüssel passt nicht"}
_UNREADABLE = "nicht lesbar"

Keys = dict[MeterName, bytes]


def asked(meters: Iterable[str]) -> Keys:
    """Ask for the key of each of ``meters``, without echo, or read one line of input each.

    :raises click.ClickException: if one is no meter's number, or its key none.
    """
    found: Keys = {}
    for text in meters:
        try:
            name = meter_name(text)
            found[name] = key_bytes(secret(f"Schlüssel von {name} (32 Zeichen)"))
        except KeyFileError as wrong:
            raise click.ClickException(f"{wrong}.") from None
    return found


def from_file(path: Path) -> Keys:
    """Return the keys in a supplier's file, or one that `meter simulate --keys` wrote.

    Lines that give none are told on standard error.

    :raises click.ClickException: if there is no key in it.
    """
    try:
        with path.open("rb") as opened:
            found = read_keys(opened.read(MOST_BYTES + 1))
    except OSError as wrong:
        raise click.ClickException(f"{path} ist nicht lesbar: {wrong.strerror}") from None
    except KeyFileError as wrong:
        raise click.ClickException(f"{path.name}: {wrong}.") from None
    for line in found.wrong:
        click.echo(f"Zeile {line.line}: NICHT eingelesen: {line.text}", err=True)
    if not found.keys:
        raise click.ClickException(f"{path.name}: keine Schlüssel gefunden.")
    return {one.meter: one.key for one in found.keys}


@dataclass(frozen=True, slots=True)
class Said:
    """What one telegram says, or why it cannot be read."""

    frame: LinkFrame
    found: Interpreted | DecodeError

    @property
    def is_read(self) -> bool:
        """Whether it could be read."""
        return not isinstance(self.found, DecodeError)

    def as_json(self) -> dict[str, object]:
        """Return the object that `dorfhub meter decode` writes for it."""
        if isinstance(self.found, DecodeError):
            return error(self.found, layers.read_header(self.frame))
        return message((self.found,))

    def in_short(self) -> str:
        """Return the first counters of now, `5249.0 kWh, 0.799 m3`, or why there are none."""
        if isinstance(self.found, DecodeError):
            return _WHY.get(type(self.found), _UNREADABLE)
        return ", ".join(
            [
                f"{record.value} {record.unit.value}{' (!)' if record.mark else ''}"
                for record in self.found.records
                if record.register.storage == 0
                and record.register.function is Function.INSTANTANEOUS
                and not isinstance(record.value, str)
            ][:MOST_SHOWN]
        )


class Values:
    """Reads telegrams with keys at hand, and learns the formats of compact ones."""

    def __init__(self, keys: Keys, registry: Registry | None = None) -> None:
        self._keys = keys
        self._registry = registry or shipped()
        self._formats = FormatStore()

    def read(self, frame: LinkFrame) -> Said:
        """Return what ``frame`` says; never raises because of what it holds."""
        try:
            telegram = decode_frames(
                [frame], self._key(frame), self._formats, is_own=self._registry.is_own
            )
        except DecodeError as wrong:
            return Said(frame, wrong)
        return Said(frame, interpret(telegram, self._registry))

    def _key(self, frame: LinkFrame) -> bytes | None:
        """Return the key of the meter itself, or else of the radio module that speaks for it.

        A key without manufacturer is of any meter with that number.
        """
        for header in (layers.read_header(frame), frame.header):
            for letters in (header.manufacturer or "", ""):
                key = self._keys.get(MeterName(letters, header.identification or ""))
                if key is not None:
                    return key
        return None

"""What is known around a value: the meter, its profile, and what both make of it."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.explain.span import Phrase, phrase
from hardware.mbus.header import Header
from hardware.mbus.telegram import Telegram
from hardware.profiles.interpret import Interpreted, interpret
from hardware.profiles.model import Profile
from hardware.profiles.registry import STANDARD, Registry
from hardware.reading import Record, Unit


@dataclass(frozen=True, slots=True)
class Context:
    """What is known around the records.

    ``is_valid`` says that the decoder takes the telegram as a whole; of one that it refuses no
    value is shown.
    """

    registry: Registry
    header: Header
    is_valid: bool = True
    msb_first: bool = False

    @property
    def profile(self) -> Profile | None:
        """The profile for the meter."""
        return self.registry.profile(self.header)

    @property
    def model(self) -> Header:
        """Of the header, what tells the model."""
        return Header(
            manufacturer=self.header.manufacturer,
            version=self.header.version,
            medium_code=self.header.medium_code,
        )


def names(record: Record, context: Context) -> tuple[Phrase, ...]:
    """Return a record's name by the standard and what the profile says to it."""
    return (phrase("record.standard", record.name), *_rule(record.name, context))


def meant(record: Record, context: Context) -> Interpreted:
    """Return what the profile makes of a record, whatever the meter's status is."""
    return interpret(Telegram(context.model, (record,)), context.registry)


def amount(value_: float | str, unit: Unit) -> str:
    """Return a value with its unit, in the digits that `decode` prints."""
    shown = value_ if isinstance(value_, str) else number_text(value_)
    return shown if unit in (Unit.TEXT, Unit.DATE, Unit.DATETIME, Unit.ONE) else f"{shown} {unit}"


def number_text(number: float) -> str:
    """Return a number without a needless ".0"."""
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _rule(name: str, context: Context) -> tuple[Phrase, ...]:
    profile, medium = context.profile, context.header.medium_code
    rule = context.registry.rule(profile, name, medium)
    source = context.registry.origin(profile, name, medium)
    if rule is None or source is None:
        return (phrase("rule.none", STANDARD if profile is None else profile.name),)
    if rule.ignore:
        return (phrase("rule.ignored", source),)
    return (phrase("rule.named", source, rule.name or name),)

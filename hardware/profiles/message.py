"""A message, of one telegram or several, to what it means: decoder and profiles in one step."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from hardware.errors import DecodeError
from hardware.mbus.header import Header
from hardware.mbus.telegram import Open, is_wireless
from hardware.mbus.telegram import decode as decode_wired
from hardware.mbus.telegram import read_header as read_wired_header
from hardware.profiles.interpret import Interpreted, interpret
from hardware.profiles.registry import Registry
from hardware.wmbus import telegram as wireless
from hardware.wmbus.formats import FormatStore
from hardware.wmbus.security import open_mode_5


def decode_message(
    messages: Sequence[bytes], key: bytes | None, formats: FormatStore, registry: Registry
) -> tuple[Interpreted, ...]:
    """Return what the telegrams of one meter mean; at least one.

    One telegram by radio among ``messages`` makes all of them be read as such. Those of a wired
    meter are given one by one, those of a radio as one.

    :raises FrameError: if one is no whole frame.
    :raises DecodeError: if one cannot be read, or they are of several meters.
    """
    if is_by_radio(messages):
        found = [wireless.decode(messages, key, formats, is_own=registry.is_own)]
    else:
        found = [decode_wired(raw, opener(key)) for raw in messages]
    last = found[-1]
    for telegram in found[:-1]:
        if telegram.device_id != last.device_id:
            raise DecodeError(
                f"telegrams of {telegram.device_id} and {last.device_id} are no one message",
                hint="Telegramme verschiedener Zähler in getrennte Zeilen schreiben.",
            )
    return tuple([interpret(telegram, registry) for telegram in found])


def is_by_radio(messages: Sequence[bytes]) -> bool:
    """Tell whether ``messages`` are to be read as telegrams by radio."""
    if len(messages) == 1:  # nearly all
        return is_wireless(messages[0])
    return any(is_wireless(raw) for raw in messages)


def header_of(messages: Sequence[bytes]) -> Header:
    """Return what can be said without a key of who sent ``messages``; never raises."""
    for raw in messages:
        header = wireless.read_header(raw) if is_wireless(raw) else read_wired_header(raw)
        if header != Header():
            return header
    return Header()


def opener(key: bytes | None) -> Open | None:
    """Return what opens a wired telegram with ``key``, None without one."""
    return None if key is None else partial(open_mode_5, key)

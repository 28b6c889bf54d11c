"""A ward in operation: devices on one air, and words that make something happen to one of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from hardware.sim.air import Air
from hardware.sim.beacon import DOUBLE_PRESS, LONG_PRESS, PRESS, Beacon
from hardware.sim.body import Illness
from hardware.sim.peripheral import Peripheral
from hardware.sim.scale import Scale, consent_code
from hardware.sim.ward import Device, Member, WardError

USAGE = {
    "measure": "NUMMER",
    "ill": "NUMMER KRANKHEIT [SEKUNDEN]",
    "forget": "NUMMER",
    "unuser": "NUMMER BENUTZER",
    "unlock": "NUMMER",
    "heat": "NUMMER GRAD [SEKUNDEN [SEKUNDEN LANG]]",
    "press": "NUMMER",
    "press2": "NUMMER",
    "hold": "NUMMER",
    "on": "NUMMER",
    "off": "NUMMER",
}  # every word and what follows it
WORDS = tuple(USAGE)
_PRESSES = {"press": PRESS, "press2": DOUBLE_PRESS, "hold": LONG_PRESS}
_CHANGES = {"on": True, "off": False}


class Ward:
    """The devices, in the order they were written down."""

    def __init__(self, air: Air, members: tuple[Member, ...]) -> None:
        self.members = members
        self.devices: list[Device] = [member.make(air) for member in members]

    async def start(self) -> None:
        """Switch every device on."""
        for device in self.devices:
            await device.start()

    async def stop(self) -> None:
        """Switch every device off."""
        for device in self.devices:
            await device.stop()

    def describe(self) -> list[dict[str, object]]:
        """Return what a person must know of each device to use it, ready for JSON."""
        return [_told(*pair) for pair in zip(self.members, self.devices, strict=True)]

    async def command(self, line: str) -> None:
        """Do `WORD PLACE ...`, place from 1: `measure 3`, `ill 3 infection 60`, `heat 8 35 60`.

        :raises WardError: if that cannot be done.
        """
        word, *rest = line.split() or [""]
        if word not in WORDS:
            raise WardError(f"Unbekannt: {word!r}. Es gibt: {', '.join(WORDS)}.")
        if not rest or not rest[0].isdecimal() or not 1 <= int(rest[0]) <= len(self.devices):
            raise WardError(f"{word} braucht die Nummer eines Geräts, 1 bis {len(self.devices)}.")
        work = _work(word, self.devices[int(rest[0]) - 1], rest[1:])
        if work is None:
            raise WardError(f"{word} geht mit diesem Gerät nicht.")
        await work()


def _work(word: str, device: Device, rest: list[str]) -> Callable[[], Awaitable[None]] | None:
    can: dict[str, Callable[[], Awaitable[None]]] = {}
    if isinstance(device, Beacon):
        for name, event in _PRESSES.items():
            can[name] = partial(_refused, device.press, event)
        for name, state in _CHANGES.items():
            can[name] = partial(_refused, partial(device.change, to=state))
        can["heat"] = partial(_warm_up, device, rest)
    else:
        can = {
            "measure": device.measure,
            "forget": device.forget_bonds,
            "ill": partial(_fall_ill, device, rest),
        }
    if isinstance(device, Scale):
        can["unuser"] = partial(_delete_user, device, rest)
        can["unlock"] = partial(_unlock, device)
    return can.get(word)


async def _refused(work: Callable[..., Awaitable[None]], *arguments: int) -> None:
    try:
        await work(*arguments)
    except ValueError as error:
        raise WardError(f"Das geht mit diesem Gerät nicht: {error}.") from None


async def _fall_ill(device: Peripheral, rest: list[str]) -> None:
    try:
        device.fall_ill(Illness(rest[0]), float(rest[1]) if len(rest) > 1 else 60.0)
    except (IndexError, ValueError):
        names = ", ".join(Illness)
        raise WardError(f"ill {USAGE['ill']}, Krankheit: {names}.") from None


async def _warm_up(device: Beacon, rest: list[str]) -> None:
    try:
        degrees, over_s = float(rest[0]), float(rest[1]) if len(rest) > 1 else 60.0
        device.warm_up(degrees, over_s, float(rest[2]) if len(rest) > 2 else None)
    except (IndexError, ValueError):
        raise WardError(f"heat {USAGE['heat']}, nur mit Raumsensoren.") from None


async def _delete_user(device: Scale, rest: list[str]) -> None:
    index = int(rest[0]) if rest and rest[0].isdecimal() else -1
    if index not in device.users.codes:
        raise WardError(f"unuser {USAGE['unuser']}; Benutzer: {[*device.users.codes]}.")
    device.delete_user(index)


async def _unlock(device: Scale) -> None:
    device.users.unlock()


def _told(member: Member, device: Device) -> dict[str, object]:
    answer: dict[str, object] = {
        "kind": member.kind,
        "name": member.options.name,
        "address": device.address_text,
        "seed": member.options.seed,
    }
    if isinstance(device, Beacon):
        if device.options.key is not None:
            answer["bindkey"] = device.options.key.hex()
        return answer
    answer["stored"] = len(device.stored)
    if device.options.label_passkey is not None:
        answer["passkey"] = f"{device.options.label_passkey:06}"
    if isinstance(device, Scale):
        answer["consent_codes"] = {str(n): consent_code(n) for n in device.users.codes}
    return answer

"""A scale on the virtual air: weight, body composition, and users who must consent.

A reading belongs to a user of the scale, and only a hub that gave the user's consent code on
this connection gets it. Somebody whom the scale does not know yet is "unknown" (255) until a
hub registers as a new user; readings of an unknown person are given to any hub.

Source: Bluetooth Weight Scale Service 1.0, Body Composition Service 1.0, User Data Service 1.1
(User Control Point, Database Change Increment, User Index).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from bumble import att
from bumble.device import Connection
from bumble.gatt import Service
from bumble.link import LocalLink

from hardware.ble.body_composition import BodyComposition, Part, encode_body_composition
from hardware.ble.clock import date_time_of
from hardware.ble.user_control import MAX_CONSENT_CODE, Op
from hardware.ble.weight import Weight, encode_weight
from hardware.sim.body import Sign
from hardware.sim.options import Options
from hardware.sim.storing import Kept, Storing
from hardware.sim.user_store import UserStore

UNKNOWN_USER = 0xFF
CONSENT, SUBSCRIPTION, ONCE = LOOKS = ("consent", "subscription", "once")
_NOT_PERMITTED = 0x80  # User Data Access Not Permitted
_WEIGHT, _COMPOSITION, _CONTROL = "2A9D", "2A9C", "2A9F"
_REQUEST_BYTES: dict[int, int] = {Op.REGISTER: 3, Op.CONSENT: 4}
_USER_DATA = {"2A80": 1, "2A85": 4, "2A8C": 1, "2A8E": 2}  # and the size of each
_FIELDS_OF_ONE_PACKET = 4  # what is left of 20 bytes behind fat, time and user


@dataclass(frozen=True, slots=True)
class ScaleOptions(Options):
    """``users`` people share the scale, the first ``registered`` of them known to it.

    User ``n`` (from 0) has the consent code ``1000 + n``. ``two_packets``: body composition
    comes with weight and height, in a second packet. ``places``: so many users fit in (0: all
    who share it, at least four). ``tries``: so many wrong codes lock it (0: it never is).
    ``looks``: when it looks for what it may hand over: at each ``consent``, at each
    ``subscription``, or ``once`` on a connection, when that was subscribed to first.
    """

    name: str = "Waage Sim"
    users: int = 1
    registered: int = 0
    two_packets: bool = False
    places: int = 0
    tries: int = 0
    looks: str = CONSENT

    def __post_init__(self) -> None:
        if self.looks not in LOOKS:
            raise ValueError(f"looks ist eines von {', '.join(LOOKS)}")


class Scale(Storing):
    """The device."""

    model = "SCL-Sim"
    advertised = (0x181D, 0x181B)

    def __init__(
        self, link: LocalLink, options: ScaleOptions, elapsed_s: Callable[[], float]
    ) -> None:
        self._scale = options
        self._looked_for: tuple[int | None, ...] = ()  # one, once it has looked
        self.users = UserStore(
            capacity=options.places or max(4, options.users),
            tries=options.tries,
            codes={number: consent_code(number) for number in range(options.registered)},
            changes=dict.fromkeys(range(options.registered), 0),
        )
        super().__init__(link, options, elapsed_s)

    def services(self) -> list[Service]:
        """Return the services of weight, body composition and user data."""
        people = range(self._scale.users)
        self._people = [self.new_body(number) for number in people]
        self._heights_mm = [self.rng.randint(1550, 1900) for _ in people]
        weight = self.outlet(_WEIGHT, indicate=True)
        composition = self.outlet(_COMPOSITION, indicate=True)
        control = self.control_point(_CONTROL, self._asked)
        return [
            Service(
                "181D",
                [weight.characteristic, self.readable("2A9E", lambda: bytes((0x3B, 0, 0, 0)))],
            ),
            Service(
                "181B",
                [
                    composition.characteristic,
                    self.readable("2A9B", lambda: (0x3B0F).to_bytes(4, "little")),
                ],
            ),
            Service(
                "181C",
                [
                    self.writable("2A99", self._count, self._increment),
                    *(self.writable(uuid, self._take_data(uuid)) for uuid in _USER_DATA),
                    self.readable("2A9A", self._index),
                    control.characteristic,
                ],
            ),
        ]

    def values_at(self, when: datetime, severity: float) -> list[Kept]:
        """Weigh one of the people."""
        person = self.rng.choice(self._people)
        user = person.user_id if person.user_id in self.users.codes else None
        if user is not None:
            self.users.changes[user] += 1
        signs = person.look(when, severity)
        steps = round(signs[Sign.WEIGHT] * 200)
        height_mm = self._heights_mm[person.user_id]
        index = UNKNOWN_USER if user is None else user
        bmi = round(10 * signs[Sign.WEIGHT] / (height_mm / 1000) ** 2)
        weight = Weight(
            steps, timestamp=date_time_of(when), user_id=index, bmi_and_height=(bmi, height_mm)
        )
        fat = round(10 * signs[Sign.FAT])
        lean = steps * (1000 - fat) // 1000
        fields = {
            Part.BASAL_METABOLISM: 7000 - 10 * fat,
            Part.MUSCLE_PERCENTAGE: (1000 - fat) * 55 // 100,
            Part.BODY_WATER_MASS: lean * 73 // 100,
            Part.IMPEDANCE: 5200 + 2 * fat,
            Part.WEIGHT: steps,
            Part.HEIGHT: height_mm,
        }
        packets = [Kept(_WEIGHT, encode_weight(weight), user)]
        groups = [list(fields.items())[:_FIELDS_OF_ONE_PACKET]]
        if self._scale.two_packets:
            groups.append(list(fields.items())[_FIELDS_OF_ONE_PACKET:])
        for number, group in enumerate(groups):
            composition = BodyComposition(
                fat if number == 0 else 0xFFFF,
                timestamp=date_time_of(when) if number == 0 else None,
                user_id=index,
                fields=MappingProxyType(dict(group)),
                multiple=self._scale.two_packets,
            )
            packets.append(Kept(_COMPOSITION, encode_body_composition(composition), user))
        return packets

    def may_have(self, kept: Kept) -> bool:
        """Whether the reading is nobody's, or the consented user's."""
        user = self._looked_for[0] if self._looked_for else self.users.current
        return kept.user is None or kept.user == user

    def deliver_soon(self) -> None:
        """Look for what may be handed over now; by options, once for all of this connection."""
        listening = self.outlets[_WEIGHT].subscribed and self.outlets[_COMPOSITION].subscribed
        if self._scale.looks == ONCE and listening and not self._looked_for:
            self._looked_for = (self.users.current,)
        super().deliver_soon()

    def on_gone(self) -> None:
        """Forget the consent."""
        self._looked_for = ()
        self.users.disconnect()

    def delete_user(self, index: int) -> None:
        """Delete a user at the device itself; what was stored of them is gone."""
        self.users.delete(index)
        self._drop(index)

    def _drop(self, index: int) -> None:
        for kept in [one for one in self._queue if one.user == index]:
            self._queue.remove(kept)

    async def _asked(self, connection: Connection, request: bytes) -> None:
        if len(request) < _REQUEST_BYTES.get(request[0], 1):
            raise att.ATT_Error(att.ErrorCode.INVALID_ATTRIBUTE_LENGTH)
        answer = self.users.written(request)
        for index in self.users.deleted:
            self._drop(index)
        self.users.deleted.clear()
        self.later(self._answer(connection, answer))

    async def _answer(self, connection: Connection, answer: bytes) -> None:
        await self.say(connection, _CONTROL, answer)
        if self._scale.looks == CONSENT:
            self.deliver_soon()

    def _count(self, _: Connection, value: bytes) -> None:
        if len(value) != 4:
            raise att.ATT_Error(att.ErrorCode.INVALID_ATTRIBUTE_LENGTH)
        if not self.users.count(value):
            raise att.ATT_Error(_NOT_PERMITTED)

    def _take_data(self, uuid: str) -> Callable[[Connection, bytes], None]:
        def take(_: Connection, value: bytes) -> None:
            if len(value) != _USER_DATA[uuid]:
                raise att.ATT_Error(att.ErrorCode.INVALID_ATTRIBUTE_LENGTH)
            if not self.users.write(uuid, value):
                raise att.ATT_Error(_NOT_PERMITTED)

        return take

    def _increment(self) -> bytes:
        value = self.users.increment()
        if value is None:
            raise att.ATT_Error(_NOT_PERMITTED)
        return value

    def _index(self) -> bytes:
        return bytes((UNKNOWN_USER if self.users.current is None else self.users.current,))


def consent_code(user: int) -> int:
    """Return the code of a user who was registered at the scale itself."""
    return min(1000 + user, MAX_CONSENT_CODE)

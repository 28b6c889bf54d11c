"""What each device of a recording said to whoever connected, so that it can be said again.

A session is one connection: what the device said by itself, and each request (a write to a
control point) with what it said then. Values whose discovery was not recorded cannot be said
again, nor can those of a connection that began before the recording: nobody knows whose they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from hardware.errors import DecodeError
from hardware.hci.advertising import content
from hardware.hci.att import How, Value
from hardware.hci.btsnoop import Reader
from hardware.hci.listen import Event, Heard, Listener, Met, Passed

MAX_VALUES = 200_000  # of one recording: some 60 MB, a week of a ward
MAX_ADVERTS = 8  # different ones of a device: one, its scan response, and some that change
READ, COMMAND, WRITE, NOTIFY, INDICATE = 0x02, 0x04, 0x08, 0x10, 0x20
_PROPERTY = {How.NOTIFIED: NOTIFY, How.INDICATED: INDICATE, How.READ: READ, How.WRITTEN: WRITE}


@dataclass(frozen=True, slots=True)
class Said:
    """One value that a device sent, ``after_s`` what was before it: a value or a request."""

    uuid: str
    value: bytes
    indicated: bool
    after_s: float


@dataclass(slots=True)
class Request:
    """What a hub wrote to a control point, and what the device said until the next request."""

    uuid: str
    value: bytes
    answers: list[Said] = field(default_factory=list)


@dataclass(slots=True)
class Session:
    """One connection."""

    unasked: list[Said] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said in it."""
        return not self.unasked and not any(one.answers for one in self.requests)


@dataclass(slots=True)
class Device:
    """One device. ``adverts`` are the different ones it was heard with, in order.

    ``properties`` are those of each characteristic, by UUID, declared or seen in use; ``reads``
    what it answered when it was read, in order.
    """

    address: str
    public: bool = False
    adverts: list[bytes] = field(default_factory=list)
    properties: dict[str, int] = field(default_factory=dict)
    reads: dict[str, list[bytes]] = field(default_factory=dict)
    sessions: list[Session] = field(default_factory=list)

    @property
    def services(self) -> list[str]:
        """The services it advertised."""
        return list(dict.fromkeys(one for data in self.adverts for one in content(data).services))

    @property
    def name(self) -> str:
        """The name it advertised, empty if none."""
        names = (content(data).name for data in self.adverts)
        return next((name for name in names if name), "")


@dataclass(frozen=True, slots=True)
class _Step:
    at: datetime
    uuid: str
    value: Value


class Sessions:
    """Takes the pieces of a recording; :meth:`devices` gives who was connected to."""

    def __init__(self) -> None:
        self._reader, self._listener = Reader(), Listener()
        self._devices: dict[str, Device] = {}
        self._steps: dict[str, list[list[_Step]]] = {}
        self._count = 0

    def feed(self, data: bytes) -> None:
        """Take a piece of the file.

        :raises DecodeError: if this is no recording, or holds more than is taken.
        """
        for packet in self._reader.feed(data):
            self._take(self._listener.packet(packet))

    def devices(self) -> list[Device]:
        """Say that the recording is over; return the devices that said something when connected."""
        self._take(self._listener.end())
        found = []
        for address, connections in self._steps.items():
            device = self._devices[address]
            for one in self._listener.declared(address):
                device.properties[one.uuid] = device.properties.get(one.uuid, 0) | one.properties
            sessions = [_session(steps, _control_points(connections)) for steps in connections]
            device.sessions = [one for one in sessions if not one.is_empty]
            if device.sessions:
                found.append(device)
        return found

    def _take(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, Heard) and event.report.complete:
                device = self._device(event.report.address)
                device.public = event.report.public
                if event.report.data not in device.adverts:
                    device.adverts = [*device.adverts[-MAX_ADVERTS + 1 :], event.report.data]
            elif isinstance(event, Met):
                self._device(event.address)
                self._steps.setdefault(event.address, []).append([])
            elif isinstance(event, Passed) and event.address and event.value.uuid:
                self._passed(event.address, event.value.uuid, event.value, event.at)

    def _passed(self, address: str, uuid: str, value: Value, at: datetime) -> None:
        self._count += 1
        if self._count > MAX_VALUES:
            raise DecodeError(f"the recording holds more than {MAX_VALUES} values of devices")
        device = self._devices[address]
        device.properties[uuid] = device.properties.get(uuid, 0) | _PROPERTY[value.how]
        if value.how is How.READ:
            device.reads.setdefault(uuid, []).append(value.value)
        else:
            self._steps[address][-1].append(_Step(at, uuid, value))

    def _device(self, address: str) -> Device:
        return self._devices.setdefault(address, Device(address))


def _control_points(connections: Iterable[Iterable[_Step]]) -> set[str]:
    """Return what was written and answered through: the time, which is written too, is none."""
    steps = [step for steps in connections for step in steps]
    written = {step.uuid for step in steps if step.value.how is How.WRITTEN}
    return written & {step.uuid for step in steps if step.value.how is not How.WRITTEN}


def _session(steps: Iterable[_Step], control_points: set[str]) -> Session:
    session = Session()
    last: datetime | None = None
    for step in steps:
        value, is_request = step.value, step.uuid in control_points
        if value.how is How.WRITTEN and not is_request:
            continue
        if value.how is How.WRITTEN:
            session.requests.append(Request(step.uuid, value.value))
        else:
            after_s = max(0.0, (step.at - last).total_seconds()) if last is not None else 0.0
            said = Said(step.uuid, value.value, value.how is How.INDICATED, after_s)
            (session.requests[-1].answers if session.requests else session.unasked).append(said)
        last = step.at
    return session

"""Messages that were heard before: repeated by the device, or replayed by somebody else.

A counter that the encryption covers may only rise. It is refused when it falls, also after a
change of batteries: a person has to forget the device's counter then, because a recorded
message with a small counter looks exactly like a device that has started again.
A counter in the open protects against nothing; it only tells one press from its repetitions.

Source: BTHome format v2, encryption counter, packet id; Mi BLE MiBeacon, extended counter.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hardware.ble.advert.sighting import Sequence

# Devices in the open that are remembered: a busy house shows some hundred tags, phones and
# sensors an hour, and 4,096 of them are about 1 MB.
MAX_OPEN_DEVICES = 4096
# A press is repeated for some seconds, a state until the next one: the same number this long
# after it was last heard is a device that has started again.
SAME_NUMBER_S = 300
# Without a number, the same words are the same message for as long as buttons repeat theirs.
SAME_WORDS_S = 10


class Kind(StrEnum):
    """What a message is to the hub."""

    NEW = "new"
    REPEATED = "repeated"  # heard before from the device itself: a sign of life, no reading
    REPLAYED = "replayed"  # a counter that went back: recorded and sent again by somebody
    FOREIGN = "foreign"  # of no family that is known here
    UNREADABLE = "unreadable"  # encrypted without a key, or broken


@dataclass(frozen=True, slots=True)
class Seen:
    """The last new message of a device in the open; ``at`` is when it was last heard."""

    sequence: Sequence | None
    digest: bytes
    since: float
    at: float


class ReplayGuard:
    """Tells new messages from old ones, by device.

    ``counters`` are those that :meth:`counters` gave at the last stop. They have to be kept: a
    hub without them takes the first message it hears, whatever its counter.
    """

    def __init__(self, counters: Mapping[str, int] | None = None) -> None:
        self._counters = dict(counters or {})
        self._digests: dict[str, bytes] = {}
        self._open: OrderedDict[str, Seen] = OrderedDict()

    def counters(self) -> dict[str, int]:
        """Return the highest authentic counter of each device, to be kept."""
        return dict(self._counters)

    def forget(self, device: str) -> None:
        """Take the device's next counter whatever it is: its batteries were changed."""
        self._counters.pop(device, None)
        self._digests.pop(device, None)
        self._open.pop(device, None)

    def check(self, device: str, sequence: Sequence | None, digest: bytes, now: float) -> Kind:
        """Say what the message is, and remember it. ``now`` is in seconds and never falls."""
        if sequence is not None and sequence.authentic:
            return self._check_counter(device, sequence.number, digest)
        return self._check_open(device, sequence, digest, now)

    def _check_counter(self, device: str, number: int, digest: bytes) -> Kind:
        last = self._counters.get(device)
        if last is not None and number < last:
            return Kind.REPLAYED
        if number == last:
            # After a restart only the counter is known: the same one is old in any case.
            same = self._digests.get(device, digest) == digest
            return Kind.REPEATED if same else Kind.REPLAYED
        self._counters[device] = number
        self._digests[device] = digest
        return Kind.NEW

    def _check_open(
        self, device: str, sequence: Sequence | None, digest: bytes, now: float
    ) -> Kind:
        last = self._open.get(device)
        kind = Kind.NEW
        since = now
        if last is not None and (last.sequence, last.digest) == (sequence, digest):
            recent = now - last.since < SAME_WORDS_S
            if sequence is not None:
                recent = now - last.at < SAME_NUMBER_S
            if recent:
                kind, since = Kind.REPEATED, last.since
        self._open[device] = Seen(sequence, digest, since, now)
        self._open.move_to_end(device)
        if len(self._open) > MAX_OPEN_DEVICES:
            self._open.popitem(last=False)
        return kind

"""A hub's pull interface without a line: for a county on the hub's own machine, and for tests."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from sync import custody
from sync.bundle import Manifest
from sync.carrier.base import CarrierError, Kind, Reason, Run
from sync.carrier.partial import PartialFile

_CHUNK = 64 * 1024


class MemoryCarrier:
    """Calls the other side's functions; they give bytes as a server would.

    ``segments`` takes epoch (hex), after, until and gives a bundle, or raises LookupError.
    """

    def __init__(
        self,
        head: Callable[[bytes], bytes],
        segments: Callable[[str, int, int], bytes],
        acknowledge: Callable[[bytes], None],
        *,
        keys: Callable[[], bytes | None] = lambda: None,
        tell: Callable[[Kind, bytes], None] = lambda _kind, _message: None,
        got: Callable[[bytes], bytes | None] = lambda _county: None,
        deliver: Callable[[bytes], None] = lambda _data: None,
        receipts: Callable[[int], custody.Batch | None] = lambda _after: None,
        hand_receipts: Callable[[Sequence[bytes]], None] = lambda _receipts: None,
    ) -> None:
        self._head = head
        self._segments = segments
        self._acknowledge = acknowledge
        self._keys = keys
        self._tell = tell
        self._got = got
        self._deliver = deliver
        self._receipts = receipts
        self._hand_receipts = hand_receipts

    def describe(self) -> str:
        """Say that there is no line."""
        return "memory"

    def head(self, nonce: bytes) -> bytes | None:
        """Ask the other side."""
        return self._head(nonce)

    def runs(self) -> Sequence[Run]:
        """Return nothing: the head says it all."""
        return ()

    def fetch(self, epoch: str, after: int, until: int, into: Path) -> None:
        """Copy the bundle; a beginning of the same bytes is continued."""
        try:
            bundle = self._segments(epoch, after, until)
        except LookupError as error:
            raise CarrierError(
                Reason.ABSENT, f"no bundle {epoch}, {after + 1} to {until}"
            ) from error
        mark = hashlib.sha256(bundle).hexdigest()
        with PartialFile(into) as part:
            if part.mark != mark or part.size > len(bundle):
                part.restart(mark)
            for start in range(part.size, len(bundle), _CHUNK):
                part.append(bundle[start : start + _CHUNK])
            part.finish()

    def acknowledge(self, ack: bytes, label: str) -> None:  # noqa: ARG002 - nothing lies waiting
        """Hand it over."""
        self._acknowledge(ack)

    def keys(self) -> bytes | None:
        """Ask the other side."""
        return self._keys()

    def tell(self, kind: Kind, message: bytes, label: str) -> None:  # noqa: ARG002 - likewise
        """Hand it over."""
        self._tell(kind, message)

    def got(self, county: bytes) -> bytes | None:
        """Ask the other side."""
        return self._got(county)

    def deliver(self, manifest: Manifest, data: bytes, to: bytes) -> None:  # noqa: ARG002 - likewise
        """Hand it over."""
        self._deliver(data)

    def receipts(self, after: int) -> custody.Batch | None:
        """Ask the other side."""
        return self._receipts(after)

    def hand_receipts(self, receipts: Sequence[bytes]) -> None:
        """Hand them over."""
        self._hand_receipts(receipts)

    def close(self) -> None:
        """Nothing is held open."""

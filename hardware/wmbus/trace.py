"""How far a radio frame's payload is understood, layer by layer, whether or not to its end.

Source: as :mod:`hardware.wmbus.layers`, which this follows.
"""

from __future__ import annotations

from dataclasses import dataclass

from hardware.errors import DecodeError
from hardware.mbus.header import Header
from hardware.wmbus.afl import Authentication, FragmentMissing
from hardware.wmbus.layers import Body, Content, Extension, Walk
from hardware.wmbus.link import LinkFrame


@dataclass(frozen=True, slots=True)
class Step:
    """One layer: ``start`` is its CI field's place in the payload, ``end`` lies behind it."""

    layer: str  # ell, afl, tpl
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Trace:
    """How far a payload was understood, whether or not it was to its end.

    ``data`` is the payload, an encrypted session opened if it could be. ``error`` is what
    `layers.unwrap` raises; ``content`` is None then.
    """

    header: Header
    data: bytes
    steps: tuple[Step, ...]
    content: Content | None
    error: DecodeError | None


def trace(frame: LinkFrame, key: bytes | None) -> Trace:
    """Return what `layers.unwrap` does with ``frame``, step by step; never raises."""
    walk = _TracedWalk(frame, key)
    content: Content | None = None
    error: DecodeError | None = None
    try:
        content = walk.content()
    except DecodeError as found:
        error = found
    return Trace(walk.header, walk.data, tuple(walk.steps), content, error)


class _TracedWalk(Walk):
    """A walk that notes where its layers lie."""

    def __init__(self, frame: LinkFrame, key: bytes | None) -> None:
        super().__init__(frame, key)
        self.steps: list[Step] = []

    @property
    def data(self) -> bytes:
        return self._data

    def _session(self, control: int, session: bytes) -> None:
        self.steps.append(Step("ell", 0, self._at))
        super()._session(control, session)

    def _extended(self, extension: Extension) -> None:
        super()._extended(extension)
        if not extension.session:
            self.steps.append(Step("ell", 0, self._at))

    def _authentication(self) -> Authentication:
        start = self._at
        try:
            found = super()._authentication()
        except FragmentMissing:
            self.steps.append(Step("afl", start, self._at))
            raise
        self.steps.append(Step("afl", start, self._at))
        return found

    def _open(self, authentication: Authentication, start: int) -> bytes:
        self.steps.append(Step("tpl", start, self._at))
        return super()._open(authentication, start)

    def _real_data(self, body: Body, ci: int) -> Content:
        self.steps.append(Step("tpl", 0, self._at))
        return super()._real_data(body, ci)

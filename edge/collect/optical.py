"""One readout over an open line with an optical head on it."""

from __future__ import annotations

import time

from hardware.errors import TransportError
from hardware.optical.session import LineSetting, Session, Step
from hardware.transport.base import FIXED_SPEED, Transport, TunableTransport

_CHUNK = 1024  # bytes taken at once; no answer needs more than a few


def read_out(line: Transport, session: Session) -> None:
    """Lead ``session`` to its end; its readout is there afterwards.

    ``line`` was opened with ``session.setting``; only its speed is changed.

    :raises NoAnswer: if the meter gave no whole answer.
    :raises Unsupported: if the meter wants to be talked to in another way.
    :raises TransportError: if the line failed, or its speed cannot be changed and has to be.
    """
    setting = session.setting
    while (step := session.step()) is not None:
        if step.setting != setting:
            _set(line, step.setting)
            setting = step.setting
        if step.send:
            line.discard()
            line.write(step.send)
        _listen(line, session, step)


def _set(line: Transport, setting: LineSetting) -> None:
    if not isinstance(line, TunableTransport):
        raise TransportError(f"{line.moniker} has no speed to change", hint=FIXED_SPEED)
    line.set_baud(setting.baud)


def _listen(line: Transport, session: Session, step: Step) -> None:
    now_s = time.monotonic()
    end_s = now_s + step.longest_s
    silent_s = now_s + step.patience_s
    while now_s < min(end_s, silent_s):
        data = line.read(_CHUNK, min(end_s, silent_s) - now_s)
        now_s = time.monotonic()
        if data:
            if session.feed(data):
                return
            silent_s = now_s + step.gap_s
    session.silence()

"""One readout over an open line with an optical head on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from hardware.errors import TransportError
from hardware.optical.iec62056 import Iec62056Session
from hardware.optical.kmp import KmpSession
from hardware.optical.session import LineSetting, Session, Step
from hardware.transport import Moniker
from hardware.transport.base import FIXED_SPEED, Transport, TunableTransport
from hardware.transport.moniker import RecordName, SerialName

SESSIONS: Mapping[str, Callable[[float | None], Session]] = MappingProxyType(
    {
        "iec62056": lambda patience_s: (
            Iec62056Session() if patience_s is None else Iec62056Session(patience_s=patience_s)
        ),
        "kmp": lambda patience_s: (
            KmpSession() if patience_s is None else KmpSession(patience_s=patience_s)
        ),
    }
)

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


def optical_setting(name: Moniker, setting: LineSetting) -> Moniker:
    """Return ``name`` with the serial line in it set as the protocol demands."""
    line = name.line
    if isinstance(line, SerialName):
        line = replace(
            line,
            baud=setting.baud,
            parity=setting.parity,
            byte_size=setting.byte_size,
            stop_bits=setting.stop_bits,
        )
    elif isinstance(line, RecordName):
        line = replace(line, inner=optical_setting(line.inner, setting))
    return replace(name, line=line)


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

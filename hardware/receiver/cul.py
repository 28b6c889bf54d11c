"""CUL and its kin (nanoCUL) with culfw: lines of hex.

A telegram is a line ``b`` and its bytes in hex with the CRCs of the blocks, frame format A, or
``bY`` for frame format B. With ``X21`` two bytes follow, link quality and signal strength; they
are told from the telegram by its L field. The firmware sends telegrams only whose CRCs it
found right, but nothing protects the line itself, so they are to be checked again.

Commands are lines too: ``V`` asks for the version, ``brt``, ``brc`` and ``brs`` start the
reception and are answered by ``TMODE``, ``CMODE`` and ``SMODE``; a firmware without mode C
answers ``OFF`` to ``brc``.

Built from the firmware's sources, without a stick at hand; checked against lines that users of
such sticks published. Some firmwares give at most 148 bytes a line: the rest of a longer telegram
is lost and the line counted as damaged. One mode at a time: some firmwares hear T1 in mode C
too, which is not relied upon.

Source: culfw, clib/rf_mbus.c and the command reference (b, V, X); TI CC1101 data sheet
SWRS061, 17.3 (signal strength); EN 13757-4 (frame formats A and B).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hardware.errors import DeviceRefused
from hardware.receiver.base import (
    SHORTEST_TELEGRAM,
    Answer,
    Command,
    Damage,
    FrameFormat,
    Heard,
    LinkMode,
    ModeUnsupported,
    Setup,
)
from hardware.receiver.lines import LineFraming

REPORT_WITH_RSSI = "X21"

_MODES: Mapping[LinkMode, tuple[str, str]] = MappingProxyType(
    {
        LinkMode.T1: ("brt", "TMODE"),
        LinkMode.C1: ("brc", "CMODE"),
        LinkMode.S1: ("brs", "SMODE"),
    }
)
_STATES = ("TMODE", "CMODE", "SMODE", "OFF")


class Cul(LineFraming):
    """The stick's side of its line, 38,400 Bd 8N1."""

    kind = "cul"
    serial_options = "baud=38400&parity=N"
    modes = frozenset(_MODES)

    def configure(self, mode: LinkMode) -> Setup:
        """Return the commands that make the stick listen to ``mode`` until it loses power.

        :raises ModeUnsupported: for ``C1+T1``.
        :raises DeviceRefused: from the generator, if it is no culfw or lacks the mode.
        """
        if mode not in self.modes:
            raise ModeUnsupported(
                f"{self.kind} cannot listen to {mode}",
                hint=f"Eine andere Betriebsart wählen: {', '.join(sorted(self.modes))}.",
            )
        return _setup(mode)

    def _take(self, line: str) -> Heard | None:
        if not line.startswith("b"):
            self._answers.append(Answer(0, line.encode("ascii")))
            return None
        form: FrameFormat = "B" if line.startswith("bY") else "A"
        data = self._hex(line[2:] if form == "B" else line[1:])
        if data is None:
            return None
        size = framed_size(data[0], form) if data else 0
        if size < SHORTEST_TELEGRAM or len(data) - size not in (0, 2):
            self._damage[Damage.LENGTH] += 1
            return None
        rssi_dbm = _dbm(data[-1]) if len(data) > size else None
        return Heard(data[:size], "present", rssi_dbm, frame_format=form)


def framed_size(length_field: int, frame_format: FrameFormat) -> int:
    """Return the bytes of a telegram with its CRCs, 0 if the L field is too small for any.

    The L field counts the CRCs in frame format B and does not in A, where the first block has
    ten bytes with the L field and each further one up to sixteen.
    """
    if length_field < SHORTEST_TELEGRAM - 1:
        return 0
    if frame_format == "B":
        return length_field + 1
    blocks = 1 + -(-(length_field - 9) // 16)
    return length_field + 1 + 2 * blocks


def _setup(mode: LinkMode) -> Setup:
    yield Command(_line("V"), lambda answer: answer.payload.startswith(b"V "))
    start, state = _MODES[mode]
    answer = yield Command(_line(start), lambda answer: answer.payload.decode() in _STATES)
    if answer.payload.decode() != state:
        raise DeviceRefused(
            f"the stick does not go to mode {mode}",
            hint="Eine culfw mit dieser Betriebsart aufspielen oder T1 einstellen.",
        )
    yield Command(_line(REPORT_WITH_RSSI), None)


def _line(text: str) -> bytes:
    return text.encode("ascii") + b"\r\n"


def _dbm(raw: int) -> float:
    return (raw - 256 if raw >= 128 else raw) / 2 - 74

"""Meters behind an optical head on a pseudo-terminal: an Ultraheat UH50 and a MULTICAL.

A pseudo-terminal has no bits, but it keeps the speed it was set to: a meter here hears nothing
that was sent at another speed than its own, and what it sends to a reader at another speed arrives
as noise, as over a real head. Where the kernel keeps no speed, any will do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, Self

from hardware.errors import FrameError
from hardware.optical import kmp
from hardware.optical.iec62056 import REQUEST, WAKE_UP, encode_block
from hardware.optical.kmp_registers import encode_number
from hardware.resume import accepted
from hardware.sim.heat import HeatModel, HeatState
from hardware.sim.telegrams import INSTALLED
from hardware.sim.terminal import POLL_S, Terminal, as_noise

REACTION_S = 1.5  # IEC 62056-21: the longest a meter takes to go on at the new speed

_ASLEEP_S = 0.2  # bytes that pause for longer are forgotten
_MOST_HEARD = 1024  # bytes kept of what may become a request


@dataclass(frozen=True, slots=True)
class Burst:
    """What a meter sends in one go, and at which speed."""

    baud: int
    data: bytes


class OpticalMeter(Protocol):
    """A meter as its optical head shows it. ``baud`` is the speed at which it listens."""

    baud: int

    def feed(self, data: bytes, at: datetime) -> Sequence[Burst]:
        """Take bytes that came at ``baud`` and return what is sent in answer."""

    def silence(self) -> None:
        """Say that the light went out: what came in part was no request."""


class UltraheatMeter:
    """A Landis+Gyr UH50: asleep until 40 NUL characters, then one block for one request."""

    baud = 300

    def __init__(self, seed: int, *, installed: datetime = INSTALLED) -> None:
        self._model = HeatModel(seed, installed)
        self._number = f"{66_000_000 + seed % 1_000_000:08d}"
        self._heard = b""

    def feed(self, data: bytes, at: datetime) -> Sequence[Burst]:
        """Answer a request that was preceded by the wake-up."""
        self._model.at(at)  # a model of years may take longer than a reader waits
        self._heard = (self._heard + data)[-_MOST_HEARD:]
        if WAKE_UP + REQUEST not in self._heard:
            return ()
        self._heard = b""
        return (Burst(300, b"/LUGCUH50\r\n"), Burst(2400, encode_block(self.text(at))))

    def silence(self) -> None:
        """Fall asleep again."""
        self._heard = b""

    def text(self, at: datetime) -> bytes:
        """Return the lines of the block at ``at``, in the layout of a UH50."""
        state = self._model.at(at)
        number = self._number
        energy, due_energy = (
            f"{kwh / 1000:08.3f}" for kwh in (state.energy_kwh, state.due_energy_kwh)
        )
        volume, due_volume = (f"{m3:08.2f}" for m3 in (state.volume_m3, state.due_volume_m3))
        flow, back = (
            f"{degc:05.1f}" for degc in (state.flow_temperature_degc, state.return_temperature_degc)
        )
        lines = (
            f"6.8({energy}*MWh)6.26({volume}*m3)9.21({number})",
            f"6.26*01({due_volume}*m3)6.8*01({due_energy}*MWh)",
            f"F(0)9.20({number})6.35(60*m)",
            f"6.6({state.power_kw:06.1f}*kW)6.33({state.volume_flow_m3_h:07.3f}*m3ph)",
            f"9.4({flow}*C&{back}*C)",
            f"6.31({state.operating_hours:07d}*h)6.32(0000000*h)9.22(R)9.7(20000)",
            f"6.36(01-01&00:00)9.36({state.at:%Y-%m-%d&%H:%M:%S})9.24(1.5*m3ph)",
            "6.8.1()6.8.2()6.8.1*01()6.8.2*01()9.2(&&)",
            "!",
        )
        return "".join(f"{line}\r\n" for line in lines).encode("ascii")


class MulticalMeter:
    """A Kamstrup MULTICAL: answers GetType, GetSerialNo and GetRegister over KMP."""

    baud = kmp.SETTING.baud

    def __init__(self, seed: int, *, installed: datetime = INSTALLED) -> None:
        self._model = HeatModel(seed, installed)
        self._serial = 76_000_000 + seed % 1_000_000
        self._receiver = kmp.Receiver()

    def feed(self, data: bytes, at: datetime) -> Sequence[Burst]:
        """Answer every whole request; what is damaged gets none."""
        self._model.at(at)  # a model of years may take longer than a reader waits
        bursts: list[Burst] = []
        for frame in accepted(self._receiver.feed(data), _not_answered):
            answer = self._answer(frame, at)
            if answer is not None:
                raw = kmp.Frame(
                    to_meter=False,
                    destination=frame.destination,
                    command=frame.command,
                    data=answer,
                ).raw
                bursts.append(Burst(self.baud, raw))
        return bursts

    def silence(self) -> None:
        """Forget a request in part."""
        try:
            self._receiver.idle()
        except FrameError:
            return

    def _answer(self, frame: kmp.Frame, at: datetime) -> bytes | None:
        if not frame.to_meter or frame.destination != kmp.HEAT_METER:
            return None
        if frame.command == kmp.GET_TYPE:
            return b"\x00\x04\x06\x01"
        if frame.command == kmp.GET_SERIAL_NUMBER:
            return self._serial.to_bytes(4, "big")
        if frame.command != kmp.GET_REGISTER or len(frame.data) != 1 + 2 * frame.data[0]:
            return None
        known = self._registers(self._model.at(at))
        asked = frame.data[1:]
        numbers = [
            int.from_bytes(asked[index : index + 2], "big") for index in range(0, len(asked), 2)
        ]
        return b"".join(
            number.to_bytes(2, "big") + known[number] for number in numbers if number in known
        )

    def _registers(self, state: HeatState) -> dict[int, bytes]:
        """Return unit, length, exponent and mantissa of each register; others do not exist."""
        return {
            60: _value(3, state.energy_kwh, -3),
            68: _value(40, round(state.volume_m3 * 100), -2),
            74: _value(41, round(state.volume_flow_m3_h * 1000), 0),
            80: _value(22, round(state.power_kw * 10), -1),
            86: _value(37, round(state.flow_temperature_degc * 100), -2),
            87: _value(37, round(state.return_temperature_degc * 100), -2),
            89: _value(38, round(state.temperature_difference_k * 100), -2),
            99: _value(51, 0, 0),
            112: _value(51, 0, 0),
            1001: _value(51, self._serial, 0),
            1003: _value(48, int(f"{state.at:%y%m%d}"), 0),
            1004: _value(46, state.operating_hours, 0),
            1010: _value(51, self._serial, 0),
        }


class VirtualHead:
    """An optical head and its meter on a pseudo-terminal, until closed.

    ``port`` is the terminal's name. With ``echo`` the head returns what is sent to it, as many do;
    ``spoil`` is done to what the meter sends. ``keeps_speed`` tells if the kernel keeps a
    terminal's speed; ``failure`` is what ended the thread, if anything did.
    """

    def __init__(
        self,
        meter: OpticalMeter,
        *,
        link: Path | None = None,
        echo: bool = False,
        spoil: Callable[[bytes], bytes] = bytes,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._meter = meter
        self._echo = echo
        self._spoil = spoil
        self._now = now
        meter.feed(b"", now())
        self._terminal = Terminal(link)
        self.port = self._terminal.port
        self.keeps_speed = self._terminal.keeps_speed
        self._terminal.play(self, "head")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def failure(self) -> BaseException | None:
        """What ended the meter's thread, if anything did."""
        return self._terminal.failure

    def close(self) -> None:
        """Take the head off. Closing twice does nothing.

        :raises Exception: whatever ended the meter's thread before.
        """
        self._terminal.close()

    def wait_s(self) -> float:
        """Return for how long bytes may pause."""
        return _ASLEEP_S

    def received(self, data: bytes) -> None:
        """Answer what the reader sent, at the speeds at which the meter does."""
        if self._echo:
            self._terminal.send(data)
        if not self._terminal.is_at(self._meter.baud):
            return
        for burst in self._meter.feed(data, self._now()):
            if not self._wait_for(burst.baud):
                return
            sent = self._spoil(burst.data)
            self._terminal.send(sent if self._terminal.is_at(burst.baud) else as_noise(sent))

    def idle(self) -> None:
        """Let the meter fall asleep."""
        self._meter.silence()

    def _wait_for(self, baud: int) -> bool:
        """Give the reader time to change its speed; False if the head is taken off meanwhile."""
        end_s = time.monotonic() + REACTION_S
        while not self._terminal.is_at(baud) and time.monotonic() < end_s:
            if self._terminal.closing(POLL_S):
                return False
        return True


def _not_answered(_damage: FrameError) -> None:
    """Do nothing: a meter does not answer what it cannot read."""


def _value(unit: int, mantissa: int, exponent: int) -> bytes:
    return bytes((unit,)) + encode_number(mantissa, exponent)

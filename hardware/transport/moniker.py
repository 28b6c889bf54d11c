"""Names of lines, and the one function that opens them.

===================  ======================================  ===================================
moniker              example                                 options, with defaults
===================  ======================================  ===================================
``serial:DEVICE``    ``serial:/dev/ttyUSB0?baud=2400``       ``baud=2400 parity=E bytesize=8
                                                             stopbits=1``
``tcp:HOST:PORT``    ``tcp:[fe80::1%eth0]:10001``            ``connect_timeout_s=3``
``pipe:FILE``        ``pipe:/run/rtl_wmbus``                 none; ``pipe:/dev/stdin``
``replay:FILE``      ``replay:hall.rec?speed=60``            ``speed=0`` (as fast as it is read)
``record:FILE+...``  ``record:hall.rec+tcp:10.0.0.5:10001``  those of the inner moniker
===================  ======================================  ===================================

Everything up to the first ``?`` is taken as it stands; file names therefore hold no ``?``. In
``record:`` the inner moniker begins at the first ``+`` that a live scheme follows; the
recording is appended to, see `hardware.transport.recording` for its lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import assert_never

from hardware.errors import MonikerError
from hardware.transport.base import Transport
from hardware.transport.pipe import PipeTransport
from hardware.transport.record import RecordTransport
from hardware.transport.replay import ReplayTransport
from hardware.transport.serial_line import SerialTransport
from hardware.transport.tcp import TcpTransport

SCHEMES = ("serial", "tcp", "pipe", "replay", "record")
LIVE_SCHEMES = ("serial", "tcp", "pipe")  # what can be recorded

_RECORD = re.compile(rf"(?P<file>.+?)\+(?P<inner>(?:{'|'.join(LIVE_SCHEMES)}):.*)", re.DOTALL)
_TCP = re.compile(r"(?:\[(?P<six>[^\[\]]+)\]|(?P<host>[^:\[\]]+)):(?P<port>[0-9]{1,5})")

_PARITIES = ("N", "E", "O")
_BYTE_SIZES = ("7", "8")
_STOP_BITS = ("1", "1.5", "2")
_MAX_BAUD = 4_000_000  # beyond what any UART driver offers
_MAX_SPEED = 1e6
_MAX_CONNECT_TIMEOUT_S = 120.0  # a line that is not there must not hold its thread longer
_MAX_PORT = 65535


@dataclass(frozen=True, slots=True)
class SerialName:
    """``serial:``: a device file and how its UART is set."""

    device: str
    baud: int = 2400
    parity: str = "E"
    byte_size: int = 8
    stop_bits: float = 1.0


@dataclass(frozen=True, slots=True)
class TcpName:
    """``tcp:``: a host name or address and a port."""

    host: str
    port: int
    connect_timeout_s: float = 3.0


@dataclass(frozen=True, slots=True)
class PipeName:
    """``pipe:``: what another program writes."""

    file: Path


@dataclass(frozen=True, slots=True)
class ReplayName:
    """``replay:``: a recording and how fast it runs; 0 is as fast as it is read."""

    file: Path
    speed: float = 0.0


@dataclass(frozen=True, slots=True)
class RecordName:
    """``record:``: where to write what goes over the inner line."""

    file: Path
    inner: Moniker


@dataclass(frozen=True, slots=True)
class Moniker:
    """A line's name, understood: ``text`` as it was given and ``line`` as it was meant."""

    text: str
    line: SerialName | TcpName | PipeName | ReplayName | RecordName

    @classmethod
    def parse(cls, text: str) -> Moniker:
        """Understand ``text`` without touching the line it names.

        :raises MonikerError: for an unknown scheme, option or value; ``hint`` says what is allowed.
        """
        scheme, colon, rest = text.partition(":")
        if not colon or scheme not in SCHEMES:
            raise MonikerError(
                f"{text!r} names no line",
                hint=f"Mit einem von {', '.join(f'{name}:' for name in SCHEMES)} beginnen, "
                f"zum Beispiel {_EXAMPLES['serial']}",
            )
        if scheme == "record":
            return cls(text, _record(text, rest))
        target, _, query = rest.partition("?")
        if not target:
            raise MonikerError(
                f"{text!r} names no line after the colon", hint=f"Zum Beispiel {_EXAMPLES[scheme]}"
            )
        options = _Options(text, query, _ALLOWED[scheme])
        if scheme == "serial":
            return cls(text, _serial(target, options))
        if scheme == "tcp":
            return cls(text, _tcp(text, target, options))
        if scheme == "pipe":
            return cls(text, PipeName(Path(target)))
        return cls(text, ReplayName(Path(target), options.number("speed", 0.0, _MAX_SPEED)))

    def open(self) -> Transport:
        """Open the line.

        :raises TransportError: if the line is absent, taken or refused.
        """
        line = self.line
        if isinstance(line, SerialName):
            return SerialTransport(
                self.text,
                line.device,
                baud=line.baud,
                parity=line.parity,
                byte_size=line.byte_size,
                stop_bits=line.stop_bits,
            )
        if isinstance(line, TcpName):
            return TcpTransport(
                self.text, line.host, line.port, connect_timeout_s=line.connect_timeout_s
            )
        if isinstance(line, PipeName):
            return PipeTransport(self.text, line.file)
        if isinstance(line, ReplayName):
            return ReplayTransport(self.text, line.file, speed=line.speed)
        if isinstance(line, RecordName):
            return RecordTransport(self.text, line.inner.open(), line.file)
        assert_never(line)


def open_transport(moniker: str) -> Transport:
    """Open the line that ``moniker`` names.

    :raises MonikerError: if the name cannot be understood.
    :raises TransportError: if the line is absent, taken or refused.
    """
    return Moniker.parse(moniker).open()


_EXAMPLES: Mapping[str, str] = MappingProxyType(
    {
        "serial": "serial:/dev/ttyUSB0?baud=2400&parity=E",
        "tcp": "tcp:192.168.1.20:10001",
        "pipe": "pipe:/run/rtl_wmbus",
        "replay": "replay:recording.log",
        "record": "record:recording.log+serial:/dev/ttyUSB0",
    }
)
_ALLOWED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "serial": ("baud", "parity", "bytesize", "stopbits"),
        "tcp": ("connect_timeout_s",),
        "pipe": (),
        "replay": ("speed",),
    }
)


class _Options:
    """The ``key=value&...`` of one moniker, each key allowed and given once."""

    def __init__(self, moniker: str, query: str, allowed: tuple[str, ...]) -> None:
        self._moniker = moniker
        self._values: dict[str, str] = {}
        for pair in query.split("&") if query else ():
            key, equals, value = pair.partition("=")
            if not equals or key not in allowed or key in self._values:
                able = ", ".join(f"{name}=..." for name in allowed)
                raise MonikerError(
                    f"option {pair!r} in {moniker!r} is unknown, repeated or has no value",
                    hint=f"Erlaubt, je einmal: {able or 'nichts, hier gibt es keine'}",
                )
            self._values[key] = value

    def choice(self, key: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self._values.get(key, default)
        if value not in allowed:
            raise self._wrong(key, value, " oder ".join(allowed))
        return value

    def whole(self, key: str, default: int, maximum: int) -> int:
        value = self._values.get(key, str(default))
        if not re.fullmatch("[0-9]{1,9}", value) or not 0 < int(value) <= maximum:
            raise self._wrong(key, value, f"eine ganze Zahl von 1 bis {maximum}")
        return int(value)

    def number(self, key: str, default: float, maximum: float, *, positive: bool = False) -> float:
        value = self._values.get(key, str(default))
        wanted = f"eine Zahl {'über' if positive else 'ab'} 0 bis {maximum:g}"
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value):
            raise self._wrong(key, value, wanted)
        number = float(value)
        if number > maximum or (positive and number == 0):
            raise self._wrong(key, value, wanted)
        return number

    def _wrong(self, key: str, value: str, wanted: str) -> MonikerError:
        return MonikerError(
            f"{key}={value} in {self._moniker!r} cannot be set", hint=f"{key} ist {wanted}."
        )


def _record(text: str, rest: str) -> RecordName:
    parts = _RECORD.fullmatch(rest)
    if parts is None:
        raise MonikerError(
            f"{text!r} lacks the file or the line to record",
            hint=f"Zum Beispiel {_EXAMPLES['record']}",
        )
    return RecordName(Path(parts["file"]), Moniker.parse(parts["inner"]))


def _serial(target: str, options: _Options) -> SerialName:
    return SerialName(
        target,
        baud=options.whole("baud", 2400, _MAX_BAUD),
        parity=options.choice("parity", "E", _PARITIES),
        byte_size=int(options.choice("bytesize", "8", _BYTE_SIZES)),
        stop_bits=float(options.choice("stopbits", "1", _STOP_BITS)),
    )


def _tcp(text: str, target: str, options: _Options) -> TcpName:
    parts = _TCP.fullmatch(target)
    if parts is None or not 0 < int(parts["port"]) <= _MAX_PORT:
        raise MonikerError(
            f"{text!r} lacks a host and a port from 1 to {_MAX_PORT}",
            hint=f"Zum Beispiel {_EXAMPLES['tcp']}; IPv6 in Klammern: tcp:[fe80::1]:10001",
        )
    return TcpName(
        parts["six"] or parts["host"],
        int(parts["port"]),
        options.number("connect_timeout_s", 3.0, _MAX_CONNECT_TIMEOUT_S, positive=True),
    )

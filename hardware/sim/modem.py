"""A GSM modem with its network on a pseudo-terminal: PIN, registration, messages both ways, errors.

It speaks PDU mode and text mode; what it was given to send is in its book, as a telephone shows it.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from hardware.errors import DecodeError
from hardware.modem import gsm7, pdu
from hardware.sim.terminal import Terminal

_PROMPT = b"\r\n> "


@dataclass(frozen=True, slots=True)
class Sent:
    """A part that was handed over to the network."""

    reference: int
    number: str
    text: str
    wants_report: bool


@dataclass(slots=True)
class ModemOptions:
    """How it behaves. ``looks``: registered after so many questions; ``send_error`` a CMS number.

    ``reports``: whether the network reports that a message arrived, and ``arrives`` what.
    """

    pin: str = ""
    looks: int = 0
    is_denied: bool = False
    has_pdu_mode: bool = True
    send_error: int | None = None
    reports: bool = True
    arrives: bool = True
    is_dead: bool = False
    echo: bool = True
    sent: list[Sent] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


class VirtualModem:
    """A modem at ``port``, for as long as the block lasts.

    :raises TransportError: if ``link`` cannot be made.
    """

    def __init__(self, options: ModemOptions | None = None, link: Path | None = None) -> None:
        self.options = options or ModemOptions()
        self._terminal = Terminal(link)
        self._device = _Device(self.options, self._terminal)
        self._terminal.play(self._device, "modem")

    @property
    def port(self) -> str:
        """The name of the serial port."""
        return self._terminal.port

    @property
    def moniker(self) -> str:
        """The name of the line."""
        return f"serial:{self.port}?baud=115200&parity=N"

    def receive(self, sender: str, text: str) -> None:
        """Let a message come."""
        self._device.receive(sender, text)

    def close(self) -> None:
        """Switch it off."""
        self._terminal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Device:
    def __init__(self, options: ModemOptions, terminal: Terminal) -> None:
        self._options = options
        self._terminal = terminal
        self._echo = options.echo
        self._buffer = b""
        self._is_open = not options.pin
        self._tries = 3
        self._text_mode = False
        self._wide = False
        self._awaits: str | None = None
        self._reference = 0
        self._lock = threading.Lock()
        self._stored: dict[int, tuple[str, str]] = {}
        self._next = 1

    def wait_s(self) -> float | None:
        return None

    def idle(self) -> None:
        return None

    def received(self, data: bytes) -> None:
        if self._options.is_dead:
            return
        if self._echo:
            self._terminal.send(data)
        self._buffer += data
        while self._buffer:
            if self._awaits is not None:
                found = re.search(rb"[\x1a\x1b]", self._buffer)
                if found is None:
                    return
                body, self._buffer = self._buffer[: found.start()], self._buffer[found.end() :]
                self._body(body, is_sent=found[0] == b"\x1a")
                continue
            self._buffer = self._buffer.lstrip(b"\x1b\n")
            line, cr, rest = self._buffer.partition(b"\r")
            if not cr:
                return
            self._buffer = rest
            if line.strip():
                self._command(line.decode("latin-1").strip())

    def receive(self, sender: str, text: str) -> None:
        with self._lock:
            index, self._next = self._next, self._next + 1
            self._stored[index] = (sender, text)
        self._terminal.send(f'\r\n+CMTI: "SM",{index}\r\n'.encode())

    def _say(self, *lines: str) -> None:
        self._terminal.send("".join(f"\r\n{line}\r\n" for line in lines).encode("latin-1"))

    def _command(self, line: str) -> None:  # noqa: C901, PLR0912  # a table of commands
        self._options.asked.append(line)
        name, equals, value = line[2:].partition("=") if line[:2] == "AT" else ("?", "", "")
        if line in ("AT", "AT+CMEE=1") or name.startswith("+CNMI"):
            self._say("OK")
        elif line == "ATE0":
            self._echo = False
            self._say("OK")
        elif name == "+CPIN?":
            state = "READY" if self._is_open else "SIM PIN" if self._tries else "SIM PUK"
            self._say(f"+CPIN: {state}", "OK")
        elif name == "+CPIN" and equals:
            self._enter(value.strip('"'))
        elif name in ("+CREG?", "+CEREG?"):
            self._registered(name[1:-1])
        elif not self._is_open:
            self._say("+CME ERROR: 11")
        elif name == "+CSQ":
            self._say("+CSQ: 21,99", "OK")
        elif name == "+COPS?":
            self._say('+COPS: 0,0,"Dorfnetz",2', "OK")
        elif name == "+CMGF":
            if value == "0" and not self._options.has_pdu_mode:
                self._say("ERROR")
            else:
                self._text_mode = value == "1"
                self._say("OK")
        elif name == "+CSCS":
            self._wide = value.strip('"') == "UCS2"
            self._say("OK")
        elif name == "+CSMP":
            self._say("OK")
        elif name == "+CMGS":
            self._awaits = value
            self._terminal.send(_PROMPT)
        elif name == "+CMGL":
            self._list()
        elif name == "+CMGD":
            with self._lock:
                self._stored.pop(int(value), None)
            self._say("OK")
        else:
            self._say("ERROR")

    def _enter(self, pin: str) -> None:
        if self._tries and pin == self._options.pin:
            self._is_open = True
            self._say("OK")
        else:
            self._tries = max(0, self._tries - 1)
            self._say("+CME ERROR: 16")

    def _registered(self, name: str) -> None:
        self._options.looks -= 1
        state = 3 if self._options.is_denied else 1 if self._options.looks < 0 else 2
        self._say(f"+{name}: 0,{state}", "OK")

    def _body(self, body: bytes, *, is_sent: bool) -> None:
        head, self._awaits = self._awaits or "", None
        if not is_sent:
            self._say("OK")
            return
        if self._options.send_error is not None:
            self._say(f"+CMS ERROR: {self._options.send_error}")
            return
        try:
            number, text, wants = self._read(head, body)
        except (DecodeError, ValueError):
            self._say("+CMS ERROR: 304")
            return
        self._reference = self._reference % 255 + 1
        self._options.sent.append(Sent(self._reference, number, text, wants))
        self._say(f"+CMGS: {self._reference}", "OK")
        if wants and self._options.reports:
            self._tell(number)

    def _read(self, head: str, body: bytes) -> tuple[str, str, bool]:
        if not self._text_mode:
            digits = body.decode("ascii").strip()
            if len(digits) // 2 - 1 != int(head):
                raise ValueError("the length is wrong")
            return pdu.read_submit(digits)
        number = head.strip('"')
        if self._wide:
            return (
                bytes.fromhex(number).decode("utf-16-be"),
                bytes.fromhex(body.decode("ascii")).decode("utf-16-be"),
                True,
            )
        return number, gsm7.decode(body), True

    def _tell(self, number: str) -> None:
        status = 0x00 if self._options.arrives else 0x45
        if self._text_mode:
            stamp = '"26/11/26,12:00:00+04"'
            self._say(f'+CDS: 6,{self._reference},"{number}",145,{stamp},{stamp},{status}')
            return
        told = pdu.status_report(self._reference, number, status)
        self._terminal.send(f"\r\n+CDS: {len(told) // 2 - 1}\r\n{told}\r\n".encode())

    def _list(self) -> None:
        with self._lock:
            stored = dict(self._stored)
        lines = []
        for index, (sender, text) in stored.items():
            if self._text_mode:
                body = text.encode("utf-16-be").hex().upper() if self._wide else text
                who = sender.encode("utf-16-be").hex().upper() if self._wide else sender
                lines.append(f'+CMGL: {index},"REC UNREAD","{who}",,"26/11/26"\r\n{body}')
            else:
                told = pdu.deliver(sender, text)
                lines.append(f"+CMGL: {index},0,,{len(told) // 2 - 1}\r\n{told}")
        self._say(*lines, "OK")

"""A modem made ready, messages sent and heard, over a line that is given.

PDU mode, in which every text arrives as it was written and a report names its message; a modem that
refuses it is used in text mode.

Source: 3GPP TS 27.005, 3.1 to 3.5 (messages); TS 27.007, 7.2 (+CREG), 8.3 (+CPIN), 8.5 (+CSQ).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from itertools import pairwise

from hardware.errors import DecodeError
from hardware.modem import gsm7, pdu
from hardware.modem.errors import (
    LOCKED_HINT,
    NO_NETWORK_HINT,
    WRONG_PIN_HINT,
    ModemError,
    refused,
)
from hardware.modem.lines import Kind, Line, Lines, error_of
from hardware.modem.pdu import Deliver, StatusReport
from hardware.transport.base import Transport

ANSWER_S = 5.0  # 27.007 names none; 5 s is what makers give for commands without the network
SEND_S = 45.0  # the network's own timers end after about 30 s
REGISTER_S = 30.0
_PAUSE_S = 0.5
_TRIES = 3
_CTRL_Z, _ESCAPE = b"\x1a", b"\x1b"
_HOME, _DENIED, _ROAMING = 1, 3, 5
_TEXT_STATUS = re.compile(r'\+CMGL: *(\d+),"[^"]*","([^"]*)"')


class Session:
    """One modem. One thread at a time; ``now`` counts seconds and is given by tests.

    :raises ModemError: if modem or network say no.
    :raises TransportError: if the line fails; open it anew then.
    """

    def __init__(
        self,
        line: Transport,
        *,
        pin: str = "",
        now: Callable[[], float] = time.monotonic,
        register_s: float = REGISTER_S,
    ) -> None:
        self._line = line
        self._pin = pin
        self._now = now
        self._register_s = register_s
        self._lines = Lines()
        self._unasked: list[Line] = []
        self._reference = 0
        self.is_text_mode = False

    def set_up(self) -> None:
        """Make the modem ready: echo off, PIN, network, how messages come."""
        self._wake()
        self._ask("AT+CMEE=1", may_fail=True)
        self._unlock()
        self._wait_for_network()
        self.is_text_mode = not self._does("AT+CMGF=0")
        if self.is_text_mode:
            self._ask("AT+CMGF=1")
        # messages that come are stored, reports are handed over at once
        self._does("AT+CNMI=2,1,0,1,0") or self._does("AT+CNMI=1,1,0,1,0")

    def strength_percent(self) -> int | None:
        """Return how strong the network is, None if the modem does not know."""
        for line in self._ask("AT+CSQ"):
            if (found := re.match(r"\+CSQ: *(\d+)", line)) and int(found[1]) <= 31:
                return round(int(found[1]) / 31 * 100)
        return None

    def network(self) -> str:
        """Return the network's name, empty if the modem does not say."""
        for line in self._ask("AT+COPS?", may_fail=True):
            if found := re.match(r'\+COPS: *\d+,\d+,"([^"]*)"', line):
                return found[1]
        return ""

    def send(self, number: str, text: str, *, report: bool = True) -> list[int]:
        """Send a message; return the network's number of each part, which its report names.

        :raises ValueError: if the number is none or the text is too long.
        """
        if self.is_text_mode:
            return [self._send_text(number, text, report=report)]
        self._reference = self._reference % 255 + 1
        parts = pdu.submit(number, text, self._reference, report=report)
        return [self._hand_over(f"AT+CMGS={part.length}", part.pdu) for part in parts]

    def hear(self) -> list[Deliver | StatusReport]:
        """Return messages and reports that came. Messages are deleted from the modem."""
        self._read(0.0)
        found: list[Deliver | StatusReport] = []
        listed = self._ask('AT+CMGL="ALL"' if self.is_text_mode else "AT+CMGL=4")
        for index, message in self._listed(listed):
            if message is not None:
                found.append(message)
            self._ask(f"AT+CMGD={index}")
        unasked, self._unasked = self._unasked, []
        for line in unasked:
            if line.text.startswith("+CDS:"):
                report = self._report(line)
                if report is not None:
                    found.append(report)
        return found

    def _wake(self) -> None:
        """Get an answer at all: what an earlier program left half said is ended first."""
        for _ in range(_TRIES):
            self._line.write(_ESCAPE + b"\r")
            self._line.discard()
            try:
                self._ask("ATE0", timeout_s=1.5)
            except ModemError:
                continue
            return
        raise ModemError("the modem does not answer")

    def _unlock(self) -> None:
        state = self._sim_state()
        if state == "SIM PIN":
            if not re.fullmatch("[0-9]{4,8}", self._pin):
                raise ModemError("the SIM wants a PIN", hint=WRONG_PIN_HINT, for_good=True)
            try:
                self._ask(f'AT+CPIN="{self._pin}"', secret=True)
            except ModemError as error:  # never again: the third wrong one locks the card
                self._pin = ""
                message = "the SIM refuses the PIN"
                raise ModemError(message, hint=WRONG_PIN_HINT, for_good=True) from error
            deadline = self._now() + 10
            while (state := self._sim_state()) != "READY" and self._now() < deadline:
                time.sleep(_PAUSE_S)
        if state.startswith("SIM PUK"):
            raise ModemError("the SIM is locked", hint=LOCKED_HINT, for_good=True)
        if state != "READY":
            raise ModemError(f"the SIM is not ready: {state}")

    def _sim_state(self) -> str:
        for line in self._ask("AT+CPIN?"):
            if line.startswith("+CPIN:"):
                return line[6:].strip()
        return ""

    def _wait_for_network(self) -> None:
        deadline = self._now() + self._register_s
        while True:
            states = {self._registered("CREG"), self._registered("CEREG")}
            if states & {_HOME, _ROAMING}:
                return
            if self._now() >= deadline:
                denied = " (denied)" if _DENIED in states else ""
                raise ModemError(f"no network{denied}", hint=NO_NETWORK_HINT)
            time.sleep(_PAUSE_S)

    def _registered(self, command: str) -> int | None:
        for line in self._ask(f"AT+{command}?", may_fail=True):
            if found := re.match(rf"\+{command}: *\d+, *(\d+)", line):
                return int(found[1])
        return None

    def _send_text(self, number: str, text: str, *, report: bool) -> int:
        wide = not gsm7.fits(text)
        first = 49 if report else 17
        self._ask(f"AT+CSMP={first},167,0,{8 if wide else 0}")
        self._ask(f'AT+CSCS="{"UCS2" if wide else "GSM"}"')
        if wide:
            if len(text.encode("utf-16-be")) > 140:
                raise ValueError("in text mode a message with such letters has 70 characters")
            number = number.encode("utf-16-be").hex().upper()
            return self._hand_over(f'AT+CMGS="{number}"', text.encode("utf-16-be").hex().upper())
        if len(gsm7.encode(text)) > 160:
            raise ValueError("in text mode a message has 160 characters")
        return self._hand_over(f'AT+CMGS="{number}"', gsm7.encode(text))

    def _hand_over(self, command: str, body: str | bytes) -> int:
        self._line.write(command.encode() + b"\r")
        self._wait(command, ANSWER_S, prompt=True)
        data = body.encode() if isinstance(body, str) else body
        self._line.write(data + _CTRL_Z)
        for line in self._wait("AT+CMGS", SEND_S):
            if found := re.match(r"\+CMGS: *(\d+)", line):
                return int(found[1])
        raise ModemError("the modem took the message and named no number for it")

    def _listed(self, lines: list[str]) -> list[tuple[int, Deliver | StatusReport | None]]:
        found: list[tuple[int, Deliver | StatusReport | None]] = []
        for head, body in pairwise(lines):
            if not head.startswith("+CMGL:"):
                continue
            if self.is_text_mode:
                if parts := _TEXT_STATUS.match(head):
                    found.append((int(parts[1]), Deliver(_plain(parts[2]), _plain(body))))
            elif index := re.match(r"\+CMGL: *(\d+)", head):
                try:
                    found.append((int(index[1]), pdu.read(body)))
                except DecodeError:  # a picture or a service message: nobody's answer
                    found.append((int(index[1]), None))
        return found

    def _report(self, line: Line) -> StatusReport | None:
        if self.is_text_mode:
            found = re.fullmatch(r'\+CDS: *\d+,(\d+),"([^"]*)".*,(\d+)', line.text)
            if found is None:
                return None
            status = int(found[3])
            arrived = None if 0x1F < status <= 0x3F else status <= 0x1F
            return StatusReport(int(found[1]), _plain(found[2]), arrived)
        try:
            read = pdu.read(line.body)
        except DecodeError:
            return None
        return read if isinstance(read, StatusReport) else None

    def _does(self, command: str) -> bool:
        try:
            self._ask(command)
        except ModemError:
            return False
        return True

    def _ask(
        self,
        command: str,
        *,
        timeout_s: float = ANSWER_S,
        may_fail: bool = False,
        secret: bool = False,
    ) -> list[str]:
        self._line.write(command.encode() + b"\r")
        try:
            return self._wait(command.partition("=")[0] if secret else command, timeout_s)
        except ModemError:
            if may_fail:
                return []
            raise

    def _wait(self, command: str, timeout_s: float, *, prompt: bool = False) -> list[str]:
        """Return the lines up to the end of an answer, or up to the prompt."""
        deadline = self._now() + timeout_s
        answer: list[str] = []
        while (left_s := deadline - self._now()) > 0:
            for line in self._read(min(left_s, 1.0)):
                if line.kind is Kind.ERROR:
                    raise refused(command, *error_of(line.text))
                if line.kind is Kind.OK and not prompt:
                    return answer
                if line.kind is Kind.PROMPT and prompt:
                    return answer
                answer.append(line.text)
        raise ModemError(f"{command}: no answer within {timeout_s:.0f} s")

    def _read(self, timeout_s: float) -> list[Line]:
        found = []
        for line in self._lines.feed(self._line.read(4096, timeout_s)):
            if line.kind is Kind.UNASKED:
                self._unasked.append(line)
            else:
                found.append(line)
        return found


def _plain(text: str) -> str:
    """Return a text of text mode: hexadecimal of UTF-16 where the modem is set to UCS2."""
    if re.fullmatch("(?:[0-9A-Fa-f]{4})+", text):
        return bytes.fromhex(text).decode("utf-16-be", "replace")
    return text

"""Short messages through a GSM modem on a serial port."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from edge.alarm.path import AlarmError, Notice, Reply, Report, Taken
from edge.config.alarm import Modem
from hardware.errors import TransportError
from hardware.modem.errors import WRONG_PIN_HINT, ModemError
from hardware.modem.pdu import StatusReport
from hardware.modem.session import REGISTER_S, Session
from hardware.transport import Transport, open_transport

_T = TypeVar("_T")


class SmsPath:
    """Holds the modem from the first message on, so that answers are heard.

    ``refused`` is a file: a PIN that the card refused stands there and is never tried again, by no
    process and after no reboot. The third wrong one would lock the card.

    :raises AlarmError: if modem or network do not take a message.
    """

    name = "sms"

    def __init__(self, modem: Modem, refused: Path, *, register_s: float = REGISTER_S) -> None:
        self._modem = modem
        self._refused = refused
        self._register_s = register_s
        self._line: Transport | None = None
        self._session: Session | None = None

    def tell(self, notice: Notice) -> Taken:
        """Send a message; a report comes later."""
        if not notice.phone:
            raise AlarmError("no telephone number", hint="Eine Nummer eintragen.", for_good=True)
        phone = "".join(one for one in notice.phone if one not in " /-()")
        try:
            references = self._do(lambda one: one.send(phone, notice.text))
        except ValueError as error:
            hint = "Die Telefonnummer des Kontakts prüfen: Ziffern, davor höchstens ein +."
            raise AlarmError(str(error), hint=hint, for_good=True) from error
        return Taken(str(references[-1]))  # of several parts the last one tells

    def hear(self) -> list[Report | Reply]:
        """Return reports and answers."""
        found: list[Report | Reply] = []
        for one in self._do(lambda session: session.hear()):
            if not isinstance(one, StatusReport):
                found.append(Reply(one.sender, one.text))
            elif one.did_arrive is not None:
                found.append(Report(str(one.reference), one.did_arrive))
        return found

    def check(self) -> str:
        """Ask for network and strength."""
        name, percent = self._do(lambda one: (one.network(), one.strength_percent()))
        strength = "Stärke unbekannt" if percent is None else f"Stärke {percent} %"
        return f"Modem im Netz {name or '(ohne Namen)'}, {strength}"

    def close(self) -> None:
        """Give the port back."""
        if self._line is not None:
            self._line.close()
        self._line = self._session = None

    def _do(self, act: Callable[[Session], _T]) -> _T:
        try:
            if self._session is None:
                self._session = self._open()
            return act(self._session)
        except ModemError as error:
            self.close()
            if error.hint == WRONG_PIN_HINT and self._modem.pin:
                self._remember()
            # a PIN may be mended in hub.toml: what waits is tried again then
            for_good = error.for_good and error.hint != WRONG_PIN_HINT
            raise AlarmError(str(error), hint=error.hint, for_good=for_good) from error
        except TransportError as error:
            self.close()
            raise AlarmError(str(error), hint=error.hint) from error

    def _open(self) -> Session:
        if self._modem.pin and self._was_refused():
            raise ModemError("the SIM refused this PIN before", hint=WRONG_PIN_HINT, for_good=True)
        self._line = open_transport(self._modem.line)
        session = Session(self._line, pin=self._modem.pin, register_s=self._register_s)
        session.set_up()
        return session

    def _was_refused(self) -> bool:
        try:
            return self._refused.read_text() == self._modem.pin
        except OSError:
            return False

    def _remember(self) -> None:
        descriptor = os.open(self._refused, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(self._modem.pin)

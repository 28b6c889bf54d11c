"""A serial port, or a pseudo-terminal in its place.

The port is locked exclusively (``flock``), so that a second program of ours sees it taken
instead of stealing every other byte.
"""

from __future__ import annotations

import errno
import os
import select
import stat

import serial

from hardware.errors import TransportError

WRITE_TIMEOUT_S = (
    10.0  # a port that takes no byte for so long is dead, not slow (300 Bd: 300 bytes)
)
DISCARD_LIMIT = 1 << 20  # a line that babbles without pause must not hold its reader for ever

# Documentation/admin-guide/devices.txt: the slaves of Unix98 pseudo-terminals
_PTY_MAJORS = range(136, 144)

_FORBIDDEN = "Den Benutzer zulassen: `sudo usermod -aG dialout $USER`, dann neu anmelden."
_IN_USE = "Ein anderes Programm benutzt den Anschluss; `sudo fuser -v DEVICE` zeigt, welches."
_LOST = "Kabel und Netzteil des Pegelwandlers prüfen; die Leitung wird von selbst wieder geöffnet."
_HINTS = {
    errno.ENOENT: "Kabel einstecken und mit `ls /dev/serial/by-id` nachsehen, wie es heißt.",
    errno.ENXIO: "Kabel einstecken: hinter diesem Anschluss ist kein Gerät.",
    errno.ENODEV: "Kabel einstecken: hinter diesem Anschluss ist kein Gerät.",
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EAGAIN: _IN_USE,
    errno.EBUSY: _IN_USE,
    errno.ENOTTY: "Das ist kein serieller Anschluss: den Namen in hub.toml prüfen.",
    errno.EINVAL: "Diese Einstellung kann der Anschluss nicht: baud, parity, bytesize prüfen.",
}


class SerialTransport:
    """A :class:`~hardware.transport.base.Transport` over a serial port.

    On a pseudo-terminal the parity and size are not set: the kernel refuses them there and
    no bit is sent one by one anyway.

    :raises TransportError: if the port is absent, taken, forbidden or refuses the settings.
    """

    def __init__(
        self,
        moniker: str,
        device: str,
        *,
        baud: int = 2400,
        parity: str = "E",
        byte_size: int = 8,
        stop_bits: float = 1.0,
    ) -> None:
        self.moniker = moniker
        self._device = device
        self._pseudo = pseudo = _is_pseudo_terminal(device)
        try:
            self._port = serial.Serial(
                device,
                baudrate=baud,
                parity=serial.PARITY_NONE if pseudo else parity,
                bytesize=serial.EIGHTBITS if pseudo else byte_size,
                stopbits=serial.STOPBITS_ONE if pseudo else stop_bits,
                timeout=0,
                write_timeout=WRITE_TIMEOUT_S,
                exclusive=True,
            )
        except (OSError, ValueError) as error:  # SerialException is an OSError
            raise _opening_failed(device, error) from error
        except Exception as error:  # termios.error derives from Exception alone
            if type(error).__module__ != "termios":
                raise
            raise _opening_failed(device, OSError(*error.args)) from error
        self._poll = select.poll()
        self._poll.register(self._port.fileno(), select.POLLIN)

    def read(self, size: int, timeout_s: float) -> bytes:
        """Return 1 to ``size`` bytes, or ``b""`` if none came within ``timeout_s`` seconds."""
        if not self._port.is_open:
            raise self._closed()
        try:
            if not self._poll.poll(max(0.0, timeout_s) * 1000):
                return b""
            data = os.read(self._port.fileno(), size)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._lost(error) from error
        if not data:
            raise self._lost(None)
        return data

    def write(self, data: bytes) -> None:
        """Send all of ``data`` and wait until the driver has taken it."""
        if not self._port.is_open:
            raise self._closed()
        try:
            self._port.write(data)
            self._port.flush()
        except OSError as error:
            raise self._lost(error) from error
        except Exception as error:
            if type(error).__module__ != "termios":
                raise
            raise self._lost(error) from error

    def discard(self) -> None:
        """Throw away what has arrived and was not read, at most :data:`DISCARD_LIMIT` bytes."""
        thrown = 0
        while thrown < DISCARD_LIMIT and (data := self.read(4096, 0)):
            thrown += len(data)

    def set_baud(self, baud: int) -> None:
        """Go on at ``baud``. A pseudo-terminal that refuses goes on as it was: it has no bits."""
        if not self._port.is_open:
            raise self._closed()
        try:
            self._port.baudrate = baud
        except (OSError, ValueError) as error:
            if not self._pseudo:
                raise _opening_failed(self._device, error) from error
        except Exception as error:
            if type(error).__module__ != "termios":
                raise
            if not self._pseudo:
                raise _opening_failed(self._device, OSError(*error.args)) from error

    def close(self) -> None:
        """Give the port back. Closing twice does nothing."""
        self._port.close()

    def _lost(self, error: Exception | None) -> TransportError:
        reason = f": {error}" if error else ": the other end is gone"
        return TransportError(f"{self._device} failed{reason}", hint=_LOST)

    def _closed(self) -> TransportError:
        return TransportError(f"{self._device} is closed", hint=_LOST)


def _is_pseudo_terminal(device: str) -> bool:
    try:
        status = os.stat(device)  # noqa: PTH116 - a device name, followed through its link
    except OSError:
        return False  # opening it gives the better message
    return stat.S_ISCHR(status.st_mode) and os.major(status.st_rdev) in _PTY_MAJORS


def _opening_failed(device: str, error: OSError | ValueError) -> TransportError:
    # pyserial words some errors anew; the number is then in what it caught (OSError, termios.error)
    numbers = [
        argument
        for cause in (error, error.__context__)
        if cause is not None
        for argument in cause.args[:1]
        if isinstance(argument, int)
    ]
    number = numbers[0] if numbers else 0
    hint = _HINTS.get(number, _LOST).replace("DEVICE", device)
    return TransportError(
        f"cannot open {device}: {os.strerror(number) if number else error}", hint=hint
    )

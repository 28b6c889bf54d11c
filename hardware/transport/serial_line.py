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

_HINTS = {
    errno.ENOENT: "plug the cable in and look with `ls /dev/serial/by-id` which name it has",
    errno.ENXIO: "plug the cable in: the port's driver finds no device behind it",
    errno.ENODEV: "plug the cable in: the port's driver finds no device behind it",
    errno.EACCES: "let the user read the port: `sudo usermod -aG dialout $USER`, then log in anew",
    errno.EPERM: "let the user read the port: `sudo usermod -aG dialout $USER`, then log in anew",
    errno.EAGAIN: "another program uses the port: stop it (`sudo fuser -v DEVICE` names it)",
    errno.EBUSY: "another program uses the port: stop it (`sudo fuser -v DEVICE` names it)",
    errno.ENOTTY: "this is no serial port: check the name in the configuration",
    errno.EINVAL: "the port refuses this baud rate, parity or size: check the moniker's options",
}
_LOST = "check the cable and the level converter's supply; the line is opened again by itself"


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
        pseudo = _is_pseudo_terminal(device)
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

    def close(self) -> None:
        """Give the port back. Closing twice does nothing."""
        self._port.close()

    def _lost(self, error: Exception | None) -> TransportError:
        reason = f": {error}" if error else ": the other end is gone"
        return TransportError(f"{self._device} failed{reason}", hint=_LOST)

    def _closed(self) -> TransportError:
        return TransportError(f"{self._device} is closed", hint="open the moniker anew")


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
    hint = _HINTS.get(numbers[0] if numbers else 0, "").replace("DEVICE", device)
    return TransportError(f"cannot open {device}: {error}", hint=hint or _LOST)

"""One output pin of the computer, through the kernel's character device (libgpiod's own library).

The kernel gives a pin back when it is closed, so it is held as long as it is on.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from hardware.errors import TransportError

if TYPE_CHECKING:
    import gpiod

_NO_LIBRARY = "Die Bibliothek fehlt: `pip install dorfhub[gpio]`."
_NO_CHIP = "Diesen Baustein gibt es hier nicht: mit `gpiodetect` nachsehen, wie er heißt."
_NO_PIN = (
    "Den Pin hat ein anderes Programm, oder er gehört nicht dem Benutzer:"
    " `sudo usermod -aG gpio $USER`, dann neu anmelden."
)


class OutputPin:
    """``chip`` is `/dev/gpiochip0`, ``line`` its offset; ``active_low`` for relays that want 0 V.

    :raises TransportError: from :meth:`set` and :meth:`check`.
    """

    def __init__(self, chip: Path, line: int, *, active_low: bool = False) -> None:
        self._chip = chip
        self._line = line
        self._active_low = active_low
        self._held: gpiod.LineRequest | None = None

    def set(self, *, on: bool) -> None:
        """Switch; off gives the pin back."""
        if on and self._held is None:
            self._held = self._request()
        elif not on and self._held is not None:
            from gpiod.line import Value  # noqa: PLC0415 - there by now

            try:
                self._held.set_value(self._line, Value.INACTIVE)
            finally:
                self._held.release()
                self._held = None

    def check(self) -> str:
        """Say what the pin is, without switching it."""
        _library()
        import gpiod  # noqa: PLC0415 - only where a pin is used

        try:
            with gpiod.Chip(str(self._chip)) as chip:
                found = chip.get_line_info(self._line)
        except OSError as error:
            raise TransportError(f"{self._chip}: {error.strerror}", hint=_NO_CHIP) from error
        return f"Pin {self._line} ({found.name or 'ohne Namen'}) an {self._chip.name}"

    def close(self) -> None:
        """Switch off and give back. Closing twice does nothing."""
        self.set(on=False)

    def _request(self) -> gpiod.LineRequest:
        _library()
        import gpiod  # noqa: PLC0415 - only where a pin is used
        from gpiod.line import Direction, Value  # noqa: PLC0415 - there by now

        settings = gpiod.LineSettings(
            direction=Direction.OUTPUT, output_value=Value.ACTIVE, active_low=self._active_low
        )
        try:
            return gpiod.request_lines(
                str(self._chip), consumer="dorfhub", config={self._line: settings}
            )
        except OSError as error:
            hint = _NO_CHIP if not self._chip.exists() else _NO_PIN
            raise TransportError(f"{self._chip}: {error.strerror}", hint=hint) from error


def _library() -> None:
    """Refuse to go on without the library.

    :raises TransportError: then.
    """
    if importlib.util.find_spec("gpiod") is None:
        raise TransportError("gpiod is not installed", hint=_NO_LIBRARY)

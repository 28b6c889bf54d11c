from __future__ import annotations

import pytest

from edge.process.words import said
from hardware.errors import TransportError

UNKNOWN = "Unbekannte Störung; im Protokoll des Hubs steht mehr."


@pytest.mark.parametrize(
    ("error", "words", "told"),
    [
        (
            TransportError("cannot open /dev/ttyUSB9: No such file", hint="Kabel einstecken."),
            "",
            "Kabel einstecken. (cannot open /dev/ttyUSB9: No such file)",
        ),
        (TransportError("gone.", hint="Noch einmal."), "X: gone.", "Noch einmal. (X: gone)"),
        (TransportError("", hint="Noch einmal."), "", "Noch einmal."),
        (
            TransportError("the radio is not started"),
            "",
            f"{UNKNOWN} (TransportError: the radio is not started)",
        ),
        (KeyError(), "", f"{UNKNOWN} (KeyError)"),
    ],
)
def test_what_to_do_comes_first(error: Exception, words: str, told: str) -> None:
    assert said(error, words) == told
